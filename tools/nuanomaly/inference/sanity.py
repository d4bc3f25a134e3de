"""What a physicist sees at a glance: predictions beside data, χ² per bin, distances, flavours, fractions.

Validation reads declarations and tables; a wrong unit, an order turned round or two columns swapped are
sound there. Here each mode is evaluated where nothing oscillates, and what comes out is compared with what
comes out of every release of the archive: limits are a factor beyond the extremes that were found there. So
these checks need no benchmark of the release. They are errors for releases that the ledger does not know, and
notes for the others, whose pages say more.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive import catalog_content, release
from nuanomaly.archive.bounded import STUMBLES, at
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.archive.validate.findings import Finding, Report, finding, report
from nuanomaly.inference import benchmarks, lookalikes, released_surfaces
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import Array, NotApplicableError
from nuanomaly.model.registry import model

#: Of all releases, Σ predicted / Σ observed without oscillation lies between 0.95 and 1.41.
PREDICTED = (0.5, 2.0)
#: χ² per bin without oscillation lies between 0.33 and 19 (BEST, whose six numbers are 4σ from it).
CHI2_PER_BIN = (0.1, 60.0)
#: Baselines in m and energies in MeV by sector, a factor of a few beyond those of the archive.
PLACES: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "source": ((1e-4, 30.0), (0.05, 5.0)),
    "reactor": ((1.0, 3e5), (0.5, 40.0)),
    "decay-at-rest": ((1.0, 1e3), (1.0, 240.0)),
    "decay-in-flight": ((10.0, 2e6), (20.0, 5e5)),
}
#: Flavours that a source of each sector makes.
SOURCES = {
    "source": ("e",),
    "reactor": ("e",),
    "decay-at-rest": ("e", "mu"),
    "decay-in-flight": ("e", "mu"),
}
#: Kinds of benchmarks that show a likelihood to be right: sums of a release's own columns do not.
EVALUATING = {
    "best-fit",
    "compatibility",
    "contour-level",
    "estimate",
    "fitted-parameter",
    "interval",
    "surface-agreement",
    "surface-minimum",
    "value",
}
#: Statistics whose data are counts.
COUNTING = {"poisson", "scaled-covariance", "counts-covariance"}
#: A tolerance may be so much of the expected value; above, it must be within a quoted error.
LARGEST_TOLERANCE = 0.25
#: More digits than any paper prints: a number that was computed.
MOST_DIGITS = 9
#: A number of so many digits that is recomputed in all of them was copied from there.
FEWEST_DIGITS = 7
_FRACTION = re.compile(r"(^|_)(efficiency|acceptance|fraction|probability|purity|livetime_fraction)(_|$)")
#: In no release are a fifth of the bins with more than 20 events off by a factor of three.
_FAR, _FILLED = 3.0, 20.0
#: How far a median L/E, or distance, may be from those of other experiments with the same channel. Of the
#: releases of the archive only MINOS (735 km) and NOMAD are further from all others.
_FACTOR = 5.0


def unoscillated(
    initial: str, final: str, antineutrino: bool, L: Array, E: Array, *, nothing: float = 0.0
) -> Array:
    """Return the probability without oscillation; ``nothing`` is a parameter because a model has one."""
    return np.full(np.shape(E), float(initial == final or final == "active"))


def findings(
    result: Release,
    root: Path,
    modes: Collection[str] | None = None,
    known: Collection[str] | None = None,
) -> list[Finding]:
    """Return what a physicist would doubt of a release.

    Parameters
    ----------
    result : Release
        Sound to validation.
    root : pathlib.Path
        The archive, whose other releases it is compared with.
    modes : collection of str, optional
        The modes of the likelihood that are evaluated, all of them if left out; where some are named, the
        release is not searched for data that others have already.
    known : collection of str, optional
        The releases of which this finds notes and no errors; those of the archive's ledger if left out. A
        contribution may write into that.
    """
    noted = result.id in (catalog_content.ledger(root / "catalog.yaml") if known is None else known)
    file = f"datasets/{result.name}/{result.version}/release.yaml"
    place: dict[str, Any] = {"file": file, "release": result.id, "note": noted}
    doubts = [*_benchmarks(result), *_fractions(result)]
    if modes is None:
        doubts += [*(() if noted else lookalikes.doubts(result, root)), *released_surfaces.doubts(result)]
    for mode in (result.metadata.get("likelihood") or {}).get("modes", ()):
        if modes is not None and mode not in modes:
            continue
        at(f"{file}, mode {mode}")
        doubts += _mode(result, str(mode), None if noted else root)
    return [finding(code, message, **place) for code, message in dict.fromkeys(doubts)]


def with_physics(checked: Report, root: Path) -> Report:
    """Return a report of validation with what a physicist would doubt of the new releases in it.

    Those with errors are left out: nothing of them can be evaluated.
    """
    broken = {result.release for result in checked.errors}
    doubted: list[Finding] = []
    for result in release.new_releases(root):
        if result.id in checked.releases and result.id not in broken:
            doubted += findings(result, root)
    return report([*checked.findings, *doubted], checked.releases, checked.notes) if doubted else checked


Doubt = tuple[str, str]


def _benchmarks(result: Release) -> Iterator[Doubt]:
    """Yield what is doubtful about the proofs of a release."""
    entries = result.metadata.get("benchmarks", ())
    kinds = {str(entry["compute"].get("kind")) for entry in entries}
    if result.metadata.get("likelihood") and not kinds & EVALUATING:
        yield (
            "LIKELIHOOD_NOT_PROVEN",
            f"{len(entries)} benchmarks, and none is a value, an interval or a surface of the likelihood",
        )
    for entry in entries:
        expected, tolerance, error = (entry.get(k) for k in ("expected", "tolerance", "uncertainty"))
        if isinstance(expected, bool) or not isinstance(expected, int | float) or not tolerance:
            continue
        if isinstance(tolerance, str) or isinstance(error, str):
            continue  # of a draft, to be filled in
        wide = expected and tolerance > LARGEST_TOLERANCE * abs(expected)
        if wide and not (error and tolerance <= error):
            yield (
                "TOLERANCE_WIDE",
                f"benchmark {entry['id']}: {tolerance:g} on {expected:g} would let almost anything pass",
            )
        # a node of a released grid is there digit by digit
        if entry["kind"] == "published" and entry["compute"].get("kind") != "surface-minimum":
            yield from _copied(entry, expected, result)


def _copied(entry: Mapping[str, Any], expected: float, result: Release) -> Iterator[Doubt]:
    """Yield the doubt of a published number that was computed: by its digits, or by what is recomputed.

    Of all published numbers of the archive with seven digits none is reproduced in all of them.
    """
    mantissa, _, power = f"{expected!r}".lower().partition("e")
    digits = mantissa.replace(".", "").strip("-0")
    if len(digits) > MOST_DIGITS:
        yield "EXPECTED_COMPUTED", f"benchmark {entry['id']}: no paper prints {expected!r}"
        return
    if len(digits) < FEWEST_DIGITS or entry["compute"].get("kind") not in EVALUATING:
        return
    last = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
    recomputed = benchmarks.row(entry, result)["recomputed"]
    if recomputed is not None and abs(recomputed - expected) <= 0.5 * last * (1 + 1e-9):
        message = (
            f"benchmark {entry['id']}: all {len(digits)} digits of {expected!r} are those that come out here"
        )
        yield "EXPECTED_COMPUTED", message


def _fractions(result: Release) -> Iterator[Doubt]:
    """Yield columns that are called fractions and are none."""
    for table in result.tables:
        columns = [c for c in result.declared(table)["columns"] if _FRACTION.search(str(c["name"]).lower())]
        if not columns or any("count" in c for c in columns):
            continue
        frame = result.table(table)
        for column in columns:
            most = {"percent": 100.0, "1": 1.0}.get(str(column["unit"]))
            if most is None or column.get("type", "float64") not in ("float64", "int64"):
                continue
            values = frame[column["name"]].to_numpy(float)
            wrong = np.flatnonzero((values < 0) | (values > most * (1 + 1e-9)))
            if wrong.size:
                yield (
                    "FRACTION_OUT_OF_RANGE",
                    f"{table}.{column['name']}, row {wrong[0]}: {values[wrong[0]]:g} of {most:g}",
                )


def _mode(result: Release, mode: str, root: Path | None) -> Iterator[Doubt]:
    """Yield what is doubtful about one mode, also beside the other releases of an archive if given."""
    try:
        made = likelihood(result, mode)
        if not isinstance(made, ResponseLikelihood):
            return
        yield from _nodes(result, made, root)
        chosen = model(unoscillated)
        points = made.points(chosen, {p.name: _nominal(p) for p in made.interaction_parameters})
        value = float(made.value(chosen, points)[0])
        predicted = np.asarray(made.prediction(chosen, points).mu[0], float)
    except NotApplicableError:
        return  # it says itself why nothing can be said of no oscillation
    except (NuanomalyError, *STUMBLES) as error:
        yield "MODE_NOT_EVALUATED", f"mode {mode}: {type(error).__name__}: {error}"[:300]
        return
    if not np.isfinite(value) or not np.isfinite(predicted).all():
        yield "MODE_NOT_EVALUATED", f"mode {mode}: the statistic without oscillation is {value}"
        return
    yield from _against_data(result, made, mode, predicted, value)


def _nominal(parameter: Any) -> float:
    """Return a value of an interaction parameter: its null, else the middle of its range."""
    if parameter.null is not None:
        return float(parameter.null)
    return float(np.sqrt(parameter.low * parameter.high) if parameter.log else parameter.low)


def _against_data(
    result: Release, made: ResponseLikelihood, mode: str, predicted: Array, value: float
) -> Iterator[Doubt]:
    observed = np.asarray(made.data, float)
    total, expected = float(observed.sum()), float(predicted.sum())
    if total > 0 and expected > 0 and observed.shape == predicted.shape:
        ratio = expected / total
        if not PREDICTED[0] <= ratio <= PREDICTED[1]:
            yield "PREDICTION_FAR", f"mode {mode}: {expected:.4g} predicted, {total:.4g} observed"
    if observed.shape == predicted.shape:
        filled = observed > _FILLED
        ratios = predicted[filled] / observed[filled]
        far = (ratios < 1.0 / _FAR) | (ratios > _FAR)
        if filled.any() and far.mean() > 0.2:
            yield (
                "PREDICTION_FAR",
                f"mode {mode}: {far.sum()} of {far.size} bins are off by a factor of {_FAR:g}",
            )
    if made.statistic == "chi2" and made.n_bins and made.n_bins > 2:
        each = value / made.n_bins
        if not CHI2_PER_BIN[0] <= each <= CHI2_PER_BIN[1]:
            yield (
                "CHI2_IMPOSSIBLE",
                f"mode {mode}: χ² without oscillation is {value:.4g} in {made.n_bins} bins",
            )
    config = {**result.metadata["likelihood"], **result.metadata["likelihood"]["modes"][mode]}
    kind = str((config.get("statistic") or {}).get("kind"))
    if kind in COUNTING and not np.array_equal(observed, np.round(observed)):
        part = float(observed[observed != np.round(observed)][0])
        yield "DATA_NOT_COUNTS", f"mode {mode}: the data of a {kind} statistic hold {part:g}"
    yield from _errors(made, mode, observed)


def _errors(made: ResponseLikelihood, mode: str, observed: Array) -> Iterator[Doubt]:
    """Yield doubts of the covariance: errors that nobody has, in most bins."""
    chosen = model(unoscillated)
    points = made.points(chosen, {p.name: _nominal(p) for p in made.interaction_parameters})
    moments = made.moments(chosen, points)
    if moments is None:
        return
    sizes = [np.sqrt(np.maximum(np.diagonal(c[0]), 0.0)) for c in moments.covariances]
    fractions = np.concatenate(sizes) / np.maximum(np.abs(moments.mean[0]), 1e-300)
    middle = float(np.median(fractions))
    if not 1e-4 <= middle <= 1.0:
        yield "ERRORS_IMPOSSIBLE", f"mode {mode}: half of the bins have errors above or below {middle:.2%}"
    residual = observed - moments.mean[0]
    parts = (
        float(residual[b] @ np.linalg.solve(c[0], residual[b]))
        for b, c in zip(moments.blocks, moments.covariances, strict=True)
    )
    each = sum(parts) / max(1, residual.size)
    if residual.size > 2 and not CHI2_PER_BIN[0] <= each <= CHI2_PER_BIN[1]:
        yield "CHI2_IMPOSSIBLE", f"mode {mode}: χ² per bin without oscillation is {each:.3g}"


def _nodes(result: Release, made: ResponseLikelihood, root: Path | None) -> Iterator[Doubt]:
    """Yield doubts of distances, energies and flavours of the response."""
    sector = str(result.metadata["sector"])
    for channel in made.response.channels:
        if sector in SOURCES and channel.initial not in SOURCES[sector]:
            yield "CHANNEL_UNLIKELY", f"a {sector} experiment makes no {channel.initial} neutrinos"
        if sector == "decay-in-flight" and (channel.initial, channel.final) == ("e", "mu"):
            yield "CHANNEL_UNLIKELY", "no beam is used for νe → νμ: is it νμ → νe?"
        if sector in PLACES:
            for name, unit, values, limits in (
                ("baseline", "m", channel.L, PLACES[sector][0]),
                ("energy", "MeV", channel.E, PLACES[sector][1]),
            ):
                low, high = float(np.min(values)), float(np.max(values))
                if low < limits[0] or high > limits[1]:
                    yield (
                        "PLACE_UNLIKELY",
                        f"{name} from {low:.4g} to {high:.4g} {unit}; a {sector} experiment has "
                        f"{limits[0]:g} to {limits[1]:g}",
                    )
        if root is not None:
            yield from _beside_others(result, channel, sector, root)


def _beside_others(result: Release, channel: Any, sector: str, root: Path) -> Iterator[Doubt]:
    """Yield the doubt of an L/E, or a distance, that no experiment with the same channel has.

    Between beams of a kilometre and of hundreds every L/E has been measured; no distance between them has.
    """
    others = np.array(lookalikes.places(root, sector, channel.initial, channel.final, result.name))
    if not others.size:
        return
    far, ratio = float(np.median(channel.L)), float(np.median(channel.L / channel.E))
    low, high = others[:, 1].min(), others[:, 1].max()
    if not low / _FACTOR <= ratio <= high * _FACTOR:
        yield (
            "PLACE_UNLIKELY",
            f"half of the nodes have L/E above {ratio:.3g} m/MeV; other {sector} experiments have "
            f"{low:.3g} to {high:.3g}",
        )
    nearest = others[np.argmin(np.abs(np.log(others[:, 0] / far))), 0]
    if not far / _FACTOR <= nearest <= far * _FACTOR:
        yield (
            "PLACE_UNLIKELY",
            f"half of the nodes are beyond {far:.4g} m; of other {sector} experiments with this channel the "
            f"nearest to that is at {nearest:.4g} m",
        )
