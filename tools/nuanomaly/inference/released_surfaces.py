"""A surface in a release is compared with its likelihood, whether a benchmark asks for it or not."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import Array, NotApplicableError
from nuanomaly.model.registry import TWO_FLAVOUR
from nuanomaly.model.vacuum import DM2_41

#: Columns that are amplitudes, by the two-flavour model that they are of, and names of values.
AMPLITUDES = {view.amplitude: view.name for view in TWO_FLAVOUR.values()}
VALUES = ("delta", "chi2", "delta_chi2", "minus_2lnL", "minus_2lnl")
SPLITTINGS = (DM2_41.name, "dm2")
#: Points that are compared, and how far above the smallest value.
_POINTS, _BELOW = 400, 30.0
#: So far may the two be apart, in units of one and of a tenth of the distance from the median.
AGREES, RELATIVE = 1.0, 0.1


def doubts(result: Release) -> Iterator[tuple[str, str]]:
    """Yield a doubt for each surface that no benchmark compares and the likelihood does not agree with.

    Parameters
    ----------
    result : Release
    """
    declared = result.metadata.get("likelihood") or {}
    asked = {str(b["compute"].get("table")) for b in result.metadata.get("benchmarks", ())}
    read = {str(m.get("surface", {}).get("table")) for m in (declared, *declared.get("modes", {}).values())}
    modes = [m for m, entry in declared.get("modes", {}).items() if "surface" not in {**declared, **entry}]
    for table in result.tables if modes else ():
        if result.declared(table).get("kind") != "surface" or table in asked | read:
            continue
        columns = _columns([str(c["name"]) for c in result.declared(table)["columns"]])
        if columns is None:
            yield (
                "SURFACE_NOT_COMPARED",
                f"{table}: it is not clear which columns are Δm², sin²2θ and the value",
            )
            continue
        differences = dict(_differences(result, modes, table, columns))
        if not differences:
            yield "SURFACE_NOT_COMPARED", f"{table}: no mode can be evaluated where it was made"
        elif min(differences.values()) > AGREES:
            mode = min(differences, key=lambda name: differences[name])
            message = (
                f"{table}: mode {mode} is nearest, and off by {differences[mode]:.3g} (root mean square)"
            )
            yield "SURFACE_DISAGREES", message


def _columns(names: list[str]) -> tuple[str, str, str, str] | None:
    """Return model, splitting, amplitude and value of a surface by its columns; None if it is not clear."""
    amplitudes = [name for name in names if name in AMPLITUDES]
    splittings = [name for name in names if name in SPLITTINGS]
    values = [name for name in names if name in VALUES]
    if len(amplitudes) != 1 or len(splittings) != 1 or len(values) != 1:
        return None
    return AMPLITUDES[amplitudes[0]], splittings[0], amplitudes[0], values[0]


def _differences(
    result: Release, modes: list[str], table: str, columns: tuple[str, str, str, str]
) -> Iterator[tuple[str, float]]:
    """Yield modes that can be evaluated, and how far their shape is from that of a surface."""
    model, splitting, amplitude, value = columns
    frame = result.table(table)
    released = frame[value].to_numpy(float)
    near = np.flatnonzero(released < released.min() + _BELOW)
    chosen = near[np.unique(np.linspace(0, near.size - 1, _POINTS).astype(int))]
    wanted = released[chosen]
    points: Mapping[str, Any] = {
        DM2_41.name: frame[splitting].to_numpy(float)[chosen],
        amplitude: frame[amplitude].to_numpy(float)[chosen],
    }
    for mode in modes:
        try:
            made = likelihood(result, mode)
            if isinstance(made, ResponseLikelihood):
                yield mode, _distance(np.asarray(made.chi2(model, **points), float), wanted)
        except (NotApplicableError, NuanomalyError):
            continue  # of a mode that cannot be evaluated there is a finding of its own


def _distance(own: Array, released: Array) -> float:
    """Return how far two surfaces are apart, in units of what may be, each counted from its median.

    Examples
    --------
    >>> _distance(np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0]))
    0.0
    """
    left, right = own - np.median(own), released - np.median(released)
    allowed = np.maximum(1.0, RELATIVE * np.abs(right))
    return float(np.sqrt(np.mean(((left - right) / allowed) ** 2)))
