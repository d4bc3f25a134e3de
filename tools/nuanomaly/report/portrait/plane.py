"""The region of a release in the plane of two parameters, beside what was published."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive import names
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release, folders, read
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.scan import Scan
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model import registry
from nuanomaly.report import declaration, figures
from nuanomaly.report.portrait.picture import Drawn, drawn
from nuanomaly.report.published import INDEX, TABLES, label_of

if TYPE_CHECKING:
    import pandas as pd

#: The two-flavour model of a channel, its amplitude, and from where to where that is scanned.
MODELS = {channel: (view.name, view.amplitude, view.scan) for channel, view in registry.TWO_FLAVOUR.items()}
LEVELS = (0.90, 0.99)
#: Two flavours without oscillation must say what three neutrinos do, up to this much of the statistic: at
#: longer distances the known waves are what is measured.
_SAME = 0.5
#: L/E in m/MeV beyond which that need not be tried.
_FAR = 800.0
_SPLITTINGS = (0.01, 100.0)
_POINTS = (81, 61)
#: A scan in which nothing differs by this much says nothing of its plane.
_FLAT = 0.5


@dataclass(frozen=True, eq=False)
class Scanned:
    """A scan of a release over a plane, and its model."""

    model: str
    scan: Scan


def scanned(release: Release, likelihood: Likelihood) -> Scanned | None:
    """Return the scan of a release over the plane of its channel, or of its table; None if there is none."""
    for model, axes in _planes(release, likelihood):
        try:
            result = Analysis(release.id, model, grid=axes).scan()
        except NuanomalyError:
            continue
        if float(result.delta().max()) > _FLAT:
            return Scanned(model, result)
    return None


def _planes(release: Release, likelihood: Likelihood) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield models and grids that may do, two flavours first."""
    for channel in release.metadata["channels"]:
        ends = tuple(re.sub("^nu|bar$", "", end) for end in channel.split("->"))
        if ends in MODELS:
            model, amplitude, span = MODELS[ends]
            known = likelihood.ranges(registry.model(model))
            if known or _short(likelihood, model, amplitude):
                yield model, _grid({"dm2_41": _SPLITTINGS, amplitude: span} | known)
    for model in (registry.THREE_NEUTRINOS, registry.FOUR_NEUTRINOS):
        known = likelihood.ranges(registry.model(model))
        if len(known) == 2:
            yield model, _grid(known)


def _short(likelihood: Likelihood, model: str, amplitude: str) -> bool:
    """Say whether two flavours without oscillation are what three neutrinos are, and bear full mixing."""
    far = likelihood.max_L_over_E
    if far is not None and far > _FAR:
        return False
    try:
        alone = likelihood.chi2(model, **{"dm2_41": 1.0, amplitude: 0.0})
        likelihood.chi2(model, **{"dm2_41": 1.0, amplitude: 1.0})
        return bool(abs(alone - likelihood.chi2(registry.THREE_NEUTRINOS)) < _SAME)
    except NuanomalyError:
        return False


def _grid(ranges: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Return a grid over ranges, logarithmic where they span a decade; an edge at zero is moved inside."""
    grid: dict[str, Any] = {}
    for (name, (low, high)), count in zip(ranges.items(), _POINTS, strict=False):
        start = low if low > 0.0 else 1e-3 * high
        wide = low <= 0.0 or high > 8.0 * low
        grid[name] = (start if wide else low, high, count, "log" if wide else "lin")
    return grid


def region(release: Release, result: Scanned) -> Drawn:
    """Draw the region of a scan, with contours of the release and of the compilations beside it."""
    x, y, _ = figures.planes.upright(result.scan.axes)
    figure, axes = figures.new(5.6, 5.0)
    if x.log and y.log:
        figures.plane(axes, x.name, y.name, (x.low, x.high), (y.low, y.high))
    else:
        axes.set(xlabel=figures.LABELS.get(x.name, x.name), ylabel=figures.LABELS.get(y.name, y.name))
    kind = figures.planes.scan(axes, result.scan, LEVELS, "this archive", "blue")
    if kind == "allowed":
        figures.best_fit(
            axes, result.scan.best[x.name], result.scan.best[y.name], "lowest point of the scan", "blue"
        )
    shown = []
    tones, dashes = ("vermillion", "black", "green", "purple"), ("dashed", "dashdot", "dotted", "solid")
    for k, (name, pieces) in enumerate(_published(release, x.name)):
        if k < len(tones):
            figures.published(axes, pieces, name, tones[k], dashes[k])
            shown.append(name)
    if x.log and y.log:
        axes.set(xlim=(x.low, x.high), ylim=(y.low, y.high))
    figures.legend(figure, axes, columns=2)
    inside = all(a.low < result.scan.best[a.name] < a.high for a in (x, y))
    edge = "" if inside or kind != "allowed" else " The lowest point lies at the edge of the range."
    shaded = "" if kind == "allowed" else " The shaded side is excluded."
    beside = f" Beside it stands what was published: {'; '.join(shown)}." if shown else ""
    caption = (
        f"What {release.metadata['experiment']} {'allows' if kind == 'allowed' else 'leaves'} in the plane "
        f"of `{result.model}` at 90 and 99 % by Wilks' theorem (two degrees of freedom), from a scan of "
        f"{x.values.size} × {y.values.size} points.{shaded}{edge}{beside}"
    )
    alt = f"Region of {release.id} in the plane of {x.name} and {y.name}"
    return drawn(figure, "region", alt, caption, frame_of(result.scan))


def frame_of(scan: Scan) -> "pd.DataFrame":
    """Return a scan as a table: its parameters and Δ."""
    import pandas as pd

    mesh = np.meshgrid(*(a.values for a in scan.axes), indexing="ij")
    columns = {a.name: m.ravel() for a, m in zip(scan.axes, mesh, strict=True)}
    return pd.DataFrame({**columns, "delta": scan.delta().ravel()})


def _published(release: Release, amplitude: str) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yield published contours of a release: its own tables, then those of the compilations by its name."""
    for name, table in release.metadata["tables"].items():
        columns = {c["name"] for c in table["columns"]}
        if table["kind"] == "contour" and {amplitude, "dm2_41"} <= columns:
            yield from pieces_of(release.table(name), amplitude, str(table["title"]))
    if amplitude not in TABLES:
        return
    for version in sorted(folders(declaration.root()).get("contours", {}), key=names.sort_key):
        compiled = read(folders(declaration.root())["contours"][version])
        if TABLES[amplitude] not in compiled.metadata["tables"]:
            continue
        about = compiled.table(INDEX).set_index("contour")
        for contour, pieces in pieces_of(compiled.table(TABLES[amplitude]), "sin2_2theta", ""):
            if belongs(contour, release.name, release.version.partition("-")[0]):
                row = {str(k): v for k, v in about.loc[contour].fillna("").items()}
                yield label_of(row), pieces


def pieces_of(
    frame: "pd.DataFrame", amplitude: str, name: str
) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yield the contours of a table and the pieces of each."""
    groups = frame.groupby("contour", sort=False) if "contour" in frame else [(name, frame)]
    for title, part in groups:
        split = part.groupby("piece", sort=False) if "piece" in part else [(0, part)]
        yield str(title), [(piece[amplitude], piece["dm2_41"]) for _, piece in split]


def belongs(contour: str, name: str, label: str) -> bool:
    """Say whether a contour of a compilation is of a data set: by its name, and its year if it has one.

    Examples
    --------
    >>> belongs("karmen-95", "karmen", "2002"), belongs("miniboone-2018-90", "miniboone-nue", "2020")
    (True, False)
    >>> belongs("miniboone-numu-90", "miniboone-nue", "2020"), belongs("neos-90", "reno-neos", "2020")
    (False, False)
    """
    words = contour.split("-")
    if words[0] != name.split("-")[0] or "sensitivity" in words or "other" in words:
        return False
    years = [w for w in words if re.fullmatch(r"(19|20)\d\d", w)]
    if years and label not in years:
        return False
    kinds = {w for w in words[1:] if w in ("nue", "numu", "numubar", "plus", "background")}
    return kinds <= set(name.split("-")) | {"plus"}
