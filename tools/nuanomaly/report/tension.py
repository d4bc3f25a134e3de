"""Sides of a page tested against each other: the parameter goodness of fit, its record and its table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.compatibility_result import Compatibility, Part
from nuanomaly.inference.grid import Grid
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.report import verdicts
from nuanomaly.report.answered import Answers
from nuanomaly.report.printed import Cell
from nuanomaly.report.sides import Side, heading


@dataclass(frozen=True, eq=False)
class Tension:
    """The test of some sides against each other.

    Attributes
    ----------
    title : str
        What is tested, as a table says it.
    sides : tuple of Side
    result : Compatibility
    """

    title: str
    sides: tuple[Side, ...]
    result: Compatibility

    def titled(self, title: str) -> "Tension":
        """Return the same test with another title in tables."""
        return replace(self, title=title)

    @property
    def pg(self) -> Significance:
        """The parameter goodness of fit."""
        return self.result.pg

    @property
    def best_fit(self) -> Mapping[str, float]:
        """The common best fit."""
        return self.result.best_fit

    @property
    def parts(self) -> dict[str, Part]:
        """What became of each side, by its key; ``prior`` is that of nuisances that sides share."""
        keys = [side.key for side in self.sides]
        names = [*keys, *(part.name for part in self.result.parts[len(keys) :])]
        return dict(zip(names, self.result.parts, strict=True))

    @property
    def pulls(self) -> dict[str, float]:
        """What the common fit costs each side, by its key."""
        return {key: part.pull for key, part in self.parts.items()}


def made(
    side: Callable[..., Side],
    answers: Answers,
    data: "Sequence[str | Likelihood | Side]",
    title: str = "",
    grid: Grid | None = None,
    allow_overlap: bool = False,
) -> Tension:
    """Return the test of data of a page; see :meth:`nuanomaly.report.questions.Questions.test`.

    Parameters
    ----------
    side : callable
        Makes a side of data.
    answers : Answers
        What is stored.
    """
    sides = tuple(one if isinstance(one, Side) else side(one, grid=grid) for one in data)
    declared = side(*sides, allow_overlap=allow_overlap)
    members = [side.likelihood for side in sides]
    chosen = declared.grid if grid is None else grid
    asked = Analysis(
        members,
        declared.analysis.model,
        fixed=declared.analysis.fixed,
        grid=chosen,
        allow_overlap=allow_overlap,
    )
    return Tension(title or declared.title, sides, answers.answer(asked, "comparison", asked.compare))


def goodness(test: Significance) -> dict[str, Any]:
    """Return what is recorded of a parameter goodness of fit.

    Examples
    --------
    >>> goodness(Significance(6.0, 2))["chi2"]
    6.0
    """
    return {"chi2": test.delta, "dof": test.dof, "p_value": test.p_value, "sigma": test.sigma}


def header(tensions: Sequence[Tension], first: str = "data") -> list[str]:
    """Return the header of a table of tests: the test, what it costs each side, the common best fit."""
    head = [
        first,
        "$\\chi^2_\\mathrm{PG}$",
        "dof",
        "p",
        "σ",
        *(f"cost to {t}" for t in _titles(tensions).values()),
    ]
    parameters = {name: t.result for t in tensions for name in t.best_fit}
    units = {name: r.question.units if r.question else {} for name, r in parameters.items()}
    return [*head, *(heading(name, units[name]) for name in parameters)]


def rows(tensions: Sequence[Tension]) -> list[list[Cell]]:
    """Return the rows under :func:`header`."""
    keys = _titles(tensions)
    parameters = list(dict.fromkeys(name for t in tensions for name in t.best_fit))
    return [
        [
            t.title,
            f"{t.pg.delta:.2f}",
            t.pg.dof,
            verdicts.probability(t.pg.p_value),
            "–" if t.pg.sigma is None else f"{t.pg.sigma:.1f}",
            *(f"{t.pulls[key]:.2f}" if key in t.pulls else "–" for key in keys),
            *(t.best_fit.get(name) for name in parameters),
        ]
        for t in tensions
    ]


def note(tensions: Sequence[Tension]) -> str:
    """Return what stands below the table: how the tests were made, and where degrees of freedom come from."""
    first = tensions[0]
    ranks = " + ".join(str(part.rank) for part in first.result.parts)
    open_ones = [t.title for t in tensions if not t.result.converged]
    unsure = (
        f" Searches begun in different places do not agree on a lowest point of {'; '.join(open_ones)}: "
        "a lower one may exist, and χ²PG may differ."
        if open_ones
        else ""
    )
    how = first.result.how
    return (
        f"{how[:1].upper()}{how[1:]}; its degrees of freedom are the ranks of the sides less that of all "
        f"together ({ranks} − {first.result.rank}). χ²PG is the sum of the costs.{unsure}"
    )


def _titles(tensions: Sequence[Tension]) -> dict[str, str]:
    """Return the sides of some tests by key, with their titles."""
    named = {side.key: side.title for t in tensions for side in t.sides}
    priors = {key: "shared priors" for t in tensions for key in t.parts if key not in named}
    return named | priors
