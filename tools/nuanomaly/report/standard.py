"""The standard page of a comparison, from its declaration alone: what is asked of every pair of data sets.

Regions of each side and of all together, best fits, the parameter goodness of fit, the same tests by stored
toys, and a verdict. A report calls :meth:`nuanomaly.report.context.Page.standard` and adds what is special.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nuanomaly.archive.comparisons import tested
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.datasets import atoms
from nuanomaly.inference.significance import Significance
from nuanomaly.report import figures, verdicts
from nuanomaly.report.calibration import NOT_MADE, Calibrated, calibrated
from nuanomaly.report.questions import Questions
from nuanomaly.report.sides import Side, in_words
from nuanomaly.report.tension import Tension
from nuanomaly.report.words import hypothesis

#: Colours of sides in the order of the declaration, and of all of them together.
TONES, JOINT = ("vermillion", "blue", "green", "orange", "purple", "sky"), "black"
#: The run of toys of the compatibility in ``runs.yaml``; that of a side is called as the side.
COMPATIBILITY = "compatibility"
#: The figure of a standard page, for ``thumbnail`` in ``comparison.yaml``.
FIGURE = "regions"
_ALONE = "nothing is tested here: comparison.yaml declares one side, or none in `tested`"


@dataclass(frozen=True, eq=False)
class Standard:
    """What a standard page has computed.

    Attributes
    ----------
    sides : mapping of str to Side
        The sides that are tested against each other; all that are declared if none are.
    tested : Tension or None
        None where nothing is tested.
    together : Side or None
        All sides together, where they are tested.
    calibrated : mapping of str to Calibrated
        The tests by Wilks' theorem and by toys: by key of a side, and ``compatibility``.
    word, sentence : str
        The verdict.
    """

    sides: Mapping[str, Side]
    tested: Tension | None
    together: Side | None
    calibrated: Mapping[str, Calibrated] = field(default_factory=dict)
    word: str = ""
    sentence: str = ""

    @property
    def tension(self) -> Tension:
        """The test of the sides against each other.

        Raises
        ------
        NuanomalyError
            If nothing is tested.
        """
        if self.tested is None:
            raise NuanomalyError(_ALONE)
        return self.tested

    @property
    def joint(self) -> Side:
        """All sides together.

        Raises
        ------
        NuanomalyError
            If nothing is tested.
        """
        if self.together is None:
            raise NuanomalyError(_ALONE)
        return self.together


def write(
    page: Questions,
    *,
    contours: Sequence[str] = (),
    lines: Sequence[Side] = (),
    toys: Mapping[str, str] | None = None,
    untested: Mapping[str, str] | None = None,
    allow_overlap: bool = False,
    verdict: bool = True,
) -> Standard:
    """Write the standard page; see :meth:`nuanomaly.report.context.Page.standard`."""
    sides = grouped(page, untested or {}, allow_overlap)
    several = len(sides) > 1 and bool(tested(page.comparison.metadata))
    tension = page.test(*sides.values(), allow_overlap=allow_overlap) if several else None
    joint = (
        page.side(*sides.values(), key="joint", title="all together", allow_overlap=allow_overlap)
        if several
        else None
    )
    page.text("## Where each data set wants to be")
    draw(page, sides, joint, tension, contours, lines)
    page.best_fits("Best fits, and significance against no oscillation.", [*sides.values()])
    if tension is not None:
        page.text("## Do they agree?")
        page.tensions(
            "Parameter goodness of fit, what it costs each side, and the common best fit.", [tension]
        )
    both = calibrate(page, sides, tension, toys or {})
    word, sentence = said(page, sides, tension, both)
    page.result("verdict", word, method=both[COMPATIBILITY].method if tension else "")
    if tension is not None:
        page.text(f"## How the verdict is worded\n\n{verdicts.THRESHOLDS}")
    if verdict:
        page.verdict(word, sentence)
    return Standard(sides, tension, joint, both, word, sentence)


def grouped(page: Questions, untested: Mapping[str, str], allow_overlap: bool = False) -> dict[str, Side]:
    """Return the sides that are tested against each other, by name; every declared one if none are."""
    groups = tested(page.comparison.metadata) or {key: (key,) for key in page.comparison.datasets}
    return {
        name: page.side(
            *keys,
            key=name,
            title=page.title(name) if name in page.comparison.datasets else name,
            allow_overlap=allow_overlap,
            untested=untested.get(name, ""),
        )
        for name, keys in groups.items()
    }


# --- figures ----------------------------------------------------------------------------------------------


def draw(
    page: Questions,
    sides: Mapping[str, Side],
    joint: Side | None,
    tension: Tension | None,
    contours: Sequence[str] = (),
    lines: Sequence[Side] = (),
) -> None:
    """Draw regions where two parameters are declared, else the profile of the first one."""
    every = [*sides.values()] if joint is None else [*sides.values(), joint]
    flat = all(len(side.analysis.given(grid=side.grid).axes) == 2 for side in every)
    _regions(page, sides, joint, tension, contours, lines) if flat else _profiles(page, [*lines, *every])


def _regions(
    page: Questions,
    sides: Mapping[str, Side],
    joint: Side | None,
    tension: Tension | None,
    contours: Sequence[str],
    lines: Sequence[Side],
) -> None:
    figure, axes = figures.new(7.3, 6.2)
    x, y, _ = figures.upright(next(iter(sides.values())).scan.axes)
    figures.plane(axes, x.name, y.name, (x.low, x.high), (y.low, y.high))
    drawn = {}
    for tone, side in zip(_tones(len(sides)), sides.values(), strict=True):
        drawn[side.title] = figures.scan(axes, side.scan, page.levels, side.title, tone, None, side.fit.value)
        if drawn[side.title] == "allowed":
            figures.best_fit(axes, side.point[x.name], side.point[y.name], f"best fit, {side.title}", tone)
    for tone, side in zip(_tones(len(lines), len(sides)), lines, strict=True):
        figures.scan(axes, side.scan, page.levels, side.title, tone, "lines", side.fit.value)
    if joint is not None and tension is not None:
        least = tension.result.value
        figures.scan(axes, joint.scan, page.levels, joint.title, JOINT, "lines", least)
        at = tension.best_fit
        figures.best_fit(axes, at[x.name], at[y.name], "best fit, all together", JOINT, "o")
    for line, name in zip(("dashed", "dotted", "dashdot") * len(contours), contours, strict=False):
        curve = page.contour(name)
        figures.published(axes, curve.pieces, curve.label, "grey", line)
    figures.legend(figure, axes, columns=2)
    page.figure(
        figure, FIGURE, _caption(page, drawn, joint), alt=_alt(drawn), shows=_shows(page), regions=True
    )


def _profiles(page: Questions, sides: Sequence[Side]) -> None:
    name = next(iter(page.grid))
    figure, axes = figures.new(7.3, 4.4)
    top = figures.wilks(max(page.levels), 1)
    for tone, side in zip((*_tones(len(sides) - 1), JOINT), sides, strict=True):
        line = side.analysis.given(grid=side.grid).profile(name)
        figures.curve(axes, line.axes[0].values, line.delta(), side.title, tone)
    for level in page.levels:
        axes.axhline(figures.wilks(level, 1), color="#767676", linewidth=0.8, linestyle="dotted")
    axes.set(xlabel=figures.LABELS.get(name, name), ylabel="Δ above the minimum", ylim=(0.0, 2.5 * top))
    axes.set_xscale("log" if page.grid[name][3] == "log" else "linear")
    figures.legend(figure, axes)
    page.figure(
        figure,
        FIGURE,
        f"Smallest value above each minimum at every {name}, all other parameters fitted. Dotted: "
        f"{_levels(page)} of one parameter by Wilks' theorem.",
        alt=f"One curve for each data set against {name}.",
        shows=_shows(page),
    )


def _tones(count: int, first: int = 0) -> list[str]:
    return [TONES[k % len(TONES)] for k in range(first, first + count)]


def _levels(page: Questions) -> str:
    return " and ".join(figures.percent(level) for level in sorted(page.levels))


def _caption(page: Questions, drawn: Mapping[str, str], joint: Side | None) -> str:
    """Return what is seen: which regions are allowed and which excluded, and at which levels."""
    allowed = [title for title, kind in drawn.items() if kind == "allowed"]
    excluded = [title for title, kind in drawn.items() if kind == "excluded"]
    parts = [f"Filled: what {' and '.join(allowed)} allow{'s' * (len(allowed) == 1)}"] if allowed else []
    if excluded:
        verb = "exclude" if len(excluded) > 1 else "excludes"
        parts.append(f"{'shaded' if parts else 'Shaded'}: what {' and '.join(excluded)} {verb}")
    if joint is not None:
        parts.append("black lines: what all allow together")
    return f"{'; '.join(parts)} ({_levels(page)} CL)."


def _alt(drawn: Mapping[str, str]) -> str:
    return f"Regions of {' and '.join(drawn)} in the plane of mixing and mass splitting."


def _shows(page: Questions) -> list[str]:
    return list(page.comparison.datasets)


# --- toys and words -----------------------------------------------------------------------------------------


def calibrate(
    page: Questions, sides: Mapping[str, Side], tension: Tension | None, toys: Mapping[str, str]
) -> dict[str, Calibrated]:
    """Write the tests by Wilks' theorem and by toys; stored runs are those called as the sides.

    Parameters
    ----------
    toys : mapping
        Another stored run, or why there is none, by key of a side or ``compatibility``.
    """
    declared = declared_runs(page.comparison.folder)
    tests: dict[str, tuple[str, Significance | int | None]] = {}
    keys, without = {}, {}
    for key, (title, test, members) in _tested(sides, tension).items():
        run = toys.get(key, key)
        reason = run if " " in run else "" if key in toys or run in declared else _why(page, members)
        keys[key] = key if reason else run
        tests[keys[key]] = (title, test)
        if reason:
            without[key] = reason
    if not declared and not toys:
        return {key: calibrated(title, test, None, without[key]) for key, (title, test) in tests.items()}
    page.text("## Wilks' theorem and Monte Carlo")
    both = page.side_by_side(tests, **without)
    return {key: both[run] for key, run in keys.items()}


def _tested(
    sides: Mapping[str, Side], tension: Tension | None
) -> dict[str, tuple[str, Significance | None, Sequence[Side]]]:
    """Return title, test by Wilks' theorem and data of everything that is tested."""
    entries: dict[str, tuple[str, Significance | None, Sequence[Side]]] = {
        key: (f"{side.title} against no oscillation", side.against_none, [side])
        for key, side in sides.items()
        if side.against_none is not None
    }
    if tension is not None:
        entries[COMPATIBILITY] = (f"{tension.title}, compatibility", tension.pg, tension.sides)
    return entries


def _why(page: Questions, sides: Sequence[Side]) -> str:
    """Return why there are no toys of some data sets."""
    tables = [m.release for side in sides for m in atoms(side.likelihood) if m.data is None]
    if tables:
        return f"{' and '.join(tables)}: a table of its likelihood, which says nothing of other data"
    return f"{NOT_MADE}: declare a run of this name in `runs.yaml`"


def said(
    page: Questions, sides: Mapping[str, Side], tension: Tension | None, both: Mapping[str, Calibrated]
) -> tuple[str, str]:
    """Return the verdict of a standard page: its word and its sentence."""
    first = next(iter(sides.values()))
    units = first.analysis.units
    if tension is None:
        words = {key: verdicts.evidence(both[key]) if key in both else "not tested" for key in sides}
        each = [
            f"{side.title}: {words[key]}{f', {both[key].said}' if key in both else ''}; best fit "
            f"{in_words(side.point, units)}"
            for key, side in sides.items()
        ]
        return words[first.key] if len(sides) == 1 else "not tested", f"{'. '.join(each)}."
    word = verdicts.compatibility(both[COMPATIBILITY])
    return word, (
        f"{tension.title} are {word} {hypothesis(page.comparison.metadata['model'])} (χ²PG = "
        f"{tension.pg.delta:.1f} for {tension.pg.dof} degree{'s' * (tension.pg.dof != 1)} of freedom, "
        f"{both[COMPATIBILITY].said}). Their common best fit "
        f"is {in_words(tension.best_fit, units)}."
    )
