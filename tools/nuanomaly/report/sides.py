"""A side of a comparison, and what every page asks of it: best fit, significance, scan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypedDict, Unpack

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.ablation import Row
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.fit import Fit
from nuanomaly.inference.grid import Grid, known_parameters
from nuanomaly.inference.rank import rank
from nuanomaly.inference.result import SYMBOLS
from nuanomaly.inference.scan import Scan
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import model as make_model
from nuanomaly.report import verdicts
from nuanomaly.report.answered import Answers
from nuanomaly.report.figures.canvas import LABELS
from nuanomaly.report.printed import Cell
from nuanomaly.report.sheet import Sheet
from nuanomaly.report.words import number, parameter, unit

#: What can be recorded of a side, in the order in which it is.
NUMBERS = ("best_fit", "minimum", "null", "significance")


@dataclass(frozen=True, eq=False)
class Side:
    """Data sets that are read together, under the model of a page; everything is computed when it is asked.

    Attributes
    ----------
    key : str
        Below which its numbers are recorded.
    title : str
        Its name in figures and tables.
    analysis : Analysis
        The question that its fit answers.
    grid : mapping
        The grid of its scan.
    answers : Answers
        The stored fits and scans of the page.
    untested : str
        Why its value without oscillation is not known; empty if it is.
    """

    key: str
    title: str
    analysis: Analysis
    grid: Mapping[str, Any]
    answers: Answers
    untested: str = ""

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood of all its data."""
        return self.analysis.likelihood

    @cached_property
    def fit(self) -> Fit:
        """The best fit."""
        return self.answers.answer(self.analysis, "fit", self.analysis.fit)

    @property
    def point(self) -> Mapping[str, float]:
        """The parameters of the best fit."""
        return self.fit.parameters

    @property
    def against_none(self) -> Significance | None:
        """The significance against no oscillation by Wilks' theorem; None where there is none."""
        return None if self.untested else self.fit.against_none

    @property
    def significance(self) -> Significance:
        """The significance against no oscillation, by Wilks' theorem.

        Raises
        ------
        NuanomalyError
            If the model has no point without oscillation, or the value there is not known.
        """
        test = self.against_none
        if test is None:
            reason = self.untested or (
                f"model {self.analysis.model.name!r} does not say where oscillation vanishes (`null` of a "
                "parameter)"
            )
            raise NuanomalyError(f"{self.title}: there is no significance: {reason}")
        return test

    def excess_at(self, **parameters: float) -> Significance:
        """Return the test of a point: by how much it is worse than the best fit, and Wilks' theorem on it.

        Its degrees of freedom are how many of the free parameters the data constrain.

        Examples
        --------
        >>> from pathlib import Path
        >>> from nuanomaly.inference.analysis import Analysis
        >>> from nuanomaly.report.answered import Answers
        >>> asked = Analysis("karmen", "2nu-mue", fixed={"dm2_41": 100.0})
        >>> karmen = Side("karmen", "KARMEN", asked, {}, Answers(Path("no runs")))
        >>> karmen.excess_at(sin2_2theta_mue=0.002).how
        'Wilks, dof 1, two-sided'
        """
        asked = self.analysis
        dof = rank(asked.objective, asked.axes, near=[self.fit.parameters]).constrained
        above = float(asked.chi2(**parameters)) - self.fit.value
        return Significance(above, dof, against=in_words(parameters, asked.units))

    @cached_property
    def scan(self) -> Scan:
        """The statistic on the declared grid."""
        asked = self.analysis.given(grid=self.grid)
        return self.answers.answer(asked, "scan", asked.scan)

    @cached_property
    def definitions(self) -> list[Row]:
        """What other definitions of χ² would give, the release's own first."""
        return self.answers.answer(self.analysis, "ablation", self.analysis.ablation)

    def predict(self, **parameters: float) -> Any:
        """Return the prediction of its only data set at a point, the best fit if none is given."""
        return self.likelihood.predict(self.analysis.model, **(parameters or self.point))

    def numbers(self, names: Sequence[str] = ()) -> dict[str, tuple[Any, str]]:
        """Return numbers of the side with how each was obtained, by name: those of :data:`NUMBERS` there are.

        Raises
        ------
        NuanomalyError
            For a significance that was asked for and that there is not.
        """
        entries: dict[str, tuple[Any, str]] = {}
        for name in names or (NUMBERS if self.against_none else NUMBERS[:2]):
            if name == "best_fit":
                entries[name] = (dict(self.point), "")
            elif name == "minimum":
                entries[name] = (self.fit.value, "")
            elif name == "null":
                entries[name] = (self.fit.value + self.significance.delta, "")
            else:
                entries[name] = (self.significance.to_dict(), self.significance.how)
        return entries

    def row(self) -> list[Cell]:
        """Return the cells of :func:`header`."""
        fit, test = self.fit, self.against_none
        least = f"{fit.value:.2f}" + ("" if fit.n_bins is None else f" / {fit.n_bins}")
        shown: list[Cell] = ["–", "–"] if test is None else [f"{test.delta:.2f}", verdicts.sigmas(test)]
        return [self.title, *self.point.values(), least, *shown]


class Asked(TypedDict, total=False):
    """What is said of a side besides its data.

    Attributes
    ----------
    key, title : str
        Below which its numbers are recorded, and its name; those of the data if left out.
    mode : str
        The analysis variant of data named by text, if not the declared one.
    grid : mapping
        Of the fit; the declared one if left out. A scan is always over the declared one.
    fixed : mapping
        Parameters of the model that are not fitted, and stay so in sides and tests made of this side.
    allow_overlap : bool
        Add up data that share some, and say so.
    """

    key: str
    title: str
    mode: str | None
    grid: Grid | None
    fixed: Mapping[str, float] | None
    allow_overlap: bool


def made(page: Sheet, data: "Sequence[str | Likelihood | Side]", **asked: Unpack[Asked]) -> Side:
    """Return a side of a page; see :meth:`nuanomaly.report.questions.Questions.side`.

    Raises
    ------
    NuanomalyError
        If no data are named.
    UnknownNameError
        For data that the page does not pin.
    """
    if not data:
        raise NuanomalyError("name the data of the side: keys of `datasets`, or pinned releases")
    mode, grid = asked.get("mode"), asked.get("grid")
    members = [one.likelihood if isinstance(one, Side) else _member(page, one, mode) for one in data]
    names, titles = zip(*(_named(page, one) for one in data), strict=True)
    model = _model(page, data)
    chosen = make_model(model)
    held = {n: v for one in data if isinstance(one, Side) for n, v in one.analysis.fixed.items()}
    held |= asked.get("fixed") or {}
    declared = {
        n: v
        for n, v in page.grid.items()
        if n not in held and all(n in known_parameters(m, chosen) for m in members)
    }
    own = declared if grid is None else grid
    analysis = Analysis(
        members, chosen, fixed=held, grid=own, allow_overlap=asked.get("allow_overlap", False)
    )
    key, title = asked.get("key") or "-".join(names), asked.get("title") or _listed(titles)
    return Side(key, title, analysis, declared, page.answers)


def _member(page: Sheet, data: str | Likelihood, mode: str | None) -> Likelihood:
    return page.likelihood(data, mode) if isinstance(data, str) else data


def _named(page: Sheet, data: str | Likelihood | Side) -> tuple[str, str]:
    """Return key and title of one of the data of a side."""
    if isinstance(data, Side):
        return data.key, data.title
    if isinstance(data, Likelihood):
        return data.name, data.release
    if data in page.comparison.datasets:
        return data, page.title(data)
    return data.partition("@")[0], str(page.release(data).metadata["experiment"])


def _model(page: Sheet, data: "Sequence[str | Likelihood | Side]") -> str:
    """Return the model of a side: its own, if the declaration gives it one."""
    own = [
        page.comparison.dataset(one).model
        for one in data
        if isinstance(one, str) and one in page.comparison.datasets
    ]
    return page.comparison.model_reference(own[0]) if own else page.model


def _listed(titles: Sequence[str]) -> str:
    """Return titles as a list in words.

    Examples
    --------
    >>> _listed(["LSND", "KARMEN", "MiniBooNE"])
    'LSND, KARMEN and MiniBooNE'
    """
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


def in_words(point: Mapping[str, float], units: Mapping[str, str]) -> str:
    """Return a point as it stands in a sentence.

    Examples
    --------
    >>> in_words({"dm2_41": 1.2345, "sin2_2theta_ee": 0.34}, {"dm2_41": "eV**2"})
    'Δm²41 = 1.23 eV², sin²2θee = 0.340'
    """
    return ", ".join(
        f"{parameter(name)} = {number(value)} {unit(units.get(name, '1'))}".rstrip()
        for name, value in point.items()
    )


def heading(name: str, units: Mapping[str, str]) -> str:
    """Return what stands over a column of a parameter.

    Examples
    --------
    >>> heading("dm2_41", {}), heading("length", {"length": "m"})
    ('$\\\\Delta m^2_{41}$ (eV²)', 'length (m)')
    """
    own = unit(units.get(name, "1"))
    return LABELS.get(name, f"{name} ({own})" if own else name)


def header(sides: Sequence[Side]) -> list[str]:
    """Return the header of a table of best fits."""
    first = sides[0]
    symbols = {SYMBOLS[side.fit.statistic] for side in sides}
    symbol = symbols.pop() if len(symbols) == 1 else "statistic"
    parameters = [heading(name, first.analysis.units) for name in first.point]
    return ["data", *parameters, f"{symbol} / data", f"Δ({symbol}) of none", "significance"]
