"""The picture of an anomaly: what its data allow, and the borders of what tests it, in one plane."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nuanomaly.archive.release import Release
from nuanomaly.inference.analysis import Analysis
from nuanomaly.report import figures, provenance
from nuanomaly.report.portrait import store as kept
from nuanomaly.report.portrait.picture import Drawn, drawn
from nuanomaly.report.portrait.plane import LEVELS, MODELS, frame_of
from nuanomaly.report.words import word_list

if TYPE_CHECKING:
    import pandas as pd

_TABLE = "region.csv"
_ALLOWED, _LINES = ("blue", "sky", "purple"), ("vermillion", "black", "green", "orange", "grey")


def pictures(
    name: str, groups: Sequence[str], carry: Sequence[Release], test: Sequence[Release], store: Path
) -> list[Drawn]:
    """Return the picture of an anomaly, drawn anew only if a region has changed; none without a region.

    Parameters
    ----------
    name : str
        Of the anomaly.
    groups : sequence of str
        Names of data sets that are fitted together, such as ``gallium``.
    carry, test : sequence of Release
        What the claim rests on, and what tests it.
    store : pathlib.Path
        The pictures of releases.
    """
    held = [r for r in carry if (store / r.id / _TABLE).is_file()][: len(_ALLOWED)]
    tested = [r for r in test if (store / r.id / _TABLE).is_file()]
    if not held:
        return []
    tables = [store / r.id / _TABLE for r in (*held, *tested)]
    code = provenance.sha256(Path(__file__).resolve())
    inputs = provenance.fingerprint([name, code, list(groups), [provenance.sha256(file) for file in tables]])
    folder = store / f"anomaly-{name}"
    items = kept.read_kept(folder, inputs)
    if items is None:
        kept.keep(folder, inputs, [_draw(name, groups, held, tested, store)])
        items = kept.read_kept(folder, inputs)
    return items or []


def _draw(
    name: str, groups: Sequence[str], held: Sequence[Release], tested: Iterable[Release], store: Path
) -> Drawn:
    import pandas as pd

    frames = {r.id: pd.read_csv(store / r.id / _TABLE) for r in (*held, *tested)}
    first = frames[held[0].id]
    amplitude = next(c for c in first.columns if c not in ("dm2_41", "delta"))
    same = [r for r in tested if amplitude in frames[r.id]][: len(_LINES)]
    figure, axes = figures.new(6.2, 5.2)
    x, y = first[amplitude], first["dm2_41"]
    figures.plane(
        axes, amplitude, "dm2_41", (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))
    )
    sides = {group: _together(group, first, amplitude) for group in groups}
    sides = sides or {r.metadata["experiment"]: frames[r.id] for r in held}
    for (title, frame), colour in zip(sides.items(), _ALLOWED, strict=False):
        _region(axes, frame, amplitude, LEVELS, title, colour, True)
    names = [r.metadata["experiment"] for r in (*held, *same)]
    for release, colour in zip(same, _LINES, strict=False):
        title = release.metadata["experiment"]
        title = title if names.count(title) == 1 else f"{title} ({release.name})"
        _region(axes, frames[release.id], amplitude, LEVELS[1:], title, colour, False)
    figures.legend(figure, axes, columns=2)
    of, by = (word_list([r.metadata["experiment"] for r in side]) for side in (held, same))
    together = f", which is {of} fitted together" if groups else ""
    lines = f", and lines are the borders of what others allow at 99 %: {by}" if by else ""
    caption = (
        f"Filled is what {word_list(list(sides))} allows at 90 and 99 %{together}{lines}. Each is by itself, "
        "by Wilks' theorem with two degrees of freedom; what data say together is tested by the comparisons."
    )
    shown = sides | {r.id: frames[r.id] for r in same}
    table = pd.concat([frame.assign(data=title) for title, frame in shown.items()], ignore_index=True)
    return drawn(figure, "regions", f"Regions that bear on the anomaly {name}", caption, table)


def _together(group: str, grid: "pd.DataFrame", amplitude: str) -> "pd.DataFrame":
    """Return the scan of data sets that are fitted together, over the plane of one of them."""
    axes = {}
    for name, count in (("dm2_41", grid["dm2_41"].nunique()), (amplitude, grid[amplitude].nunique())):
        axes[name] = (float(grid[name].min()), float(grid[name].max()), count, "log")
    model = next(model for model, parameter, _ in MODELS.values() if parameter == amplitude)
    return frame_of(Analysis(group, model, grid=axes).scan())


def _region(
    axes: object,
    frame: "pd.DataFrame",
    x: str,
    levels: Sequence[float],
    title: str,
    colour: str,
    filled: bool,
) -> None:
    grid = frame.pivot_table(index="dm2_41", columns=x, values="delta")
    figures.region(
        axes,  # type: ignore[arg-type]
        grid.columns.to_numpy(float),
        grid.index.to_numpy(float),
        grid.to_numpy(float),
        levels,
        title,
        colour,
        "allowed" if filled else "lines",
    )
