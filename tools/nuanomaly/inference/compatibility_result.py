"""What a comparison of data sets gives: the test, and what became of each data set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nuanomaly.inference.datasets import FoundOverlap
from nuanomaly.inference.question import Question
from nuanomaly.inference.result import Test, point_text, test_rows
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.parts import StatisticKind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Part:
    """One data set of a comparison.

    Attributes
    ----------
    name : str
        Release or group, or ``prior`` for the prior of shared nuisances.
    statistic : {"chi2", "-2lnL", "delta"}
    n_bins : int or None
    minimum : float
        Its own smallest value, the shared prior left out.
    parameters : mapping
        The free parameters there; those that it does not depend on are left out.
    at_boundary : tuple of str
    joint : float
        Its value at the joint best fit.
    rank : int
        How many parameters (and shared nuisances) it constrains.
    converged : bool
        Whether enough searches agree on its own minimum.
    """

    name: str
    statistic: StatisticKind
    n_bins: int | None
    minimum: float
    parameters: Mapping[str, float]
    at_boundary: tuple[str, ...]
    joint: float
    rank: int
    converged: bool = True

    @property
    def pull(self) -> float:
        """What the joint fit costs this data set: its share of χ²_PG."""
        return self.joint - self.minimum

    def to_dict(self) -> dict[str, Any]:
        """Return the part for a result file."""
        return {
            "statistic": self.statistic,
            "value": self.minimum,
            "n_bins": self.n_bins,
            "parameters": dict(self.parameters),
            "at_boundary": list(self.at_boundary),
            "at_joint_best_fit": self.joint,
            "pull": self.pull,
            "rank": self.rank,
            "converged": self.converged,
        }


@dataclass(frozen=True, repr=False)
class Compatibility(Test):
    """The result of a comparison; as a test, the parameter goodness of fit.

    Attributes
    ----------
    datasets : tuple of str
    model : str
    parts : tuple of Part
        One per data set, in order, and one for the prior of shared nuisances if there is any.
    value : float
        The smallest value of the sum, priors included.
    best_fit : mapping
        The free parameters there.
    at_boundary : tuple of str
    rank : int
        How many parameters (and shared nuisances) all data sets together constrain.
    pg : Significance
        The parameter goodness of fit.
    goodness_of_fit : Significance or None
        Of the joint best fit, if every data set is a χ².
    shared : mapping
        Shared nuisances and their values at the joint best fit.
    fixed, modes : mapping
    overlaps : tuple of FoundOverlap
        Shared data, if that was allowed.
    approximate : str
    left_out : mapping of str to str
        Releases that cannot take the model, and why.
    private : tuple of str
        Releases of one's own folders.
    ranges : mapping of str to (float, float)
        Where each parameter was looked for.
    converged : bool
        Whether enough searches agree, on the joint best fit and on each side's own.
    searches, agreeing : int
        How many searches there were for the joint best fit, and how many ended there.
    """

    datasets: tuple[str, ...]
    model: str
    parts: tuple[Part, ...]
    value: float
    best_fit: Mapping[str, float]
    at_boundary: tuple[str, ...]
    rank: int
    pg: Significance
    goodness_of_fit: Significance | None
    shared: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    overlaps: tuple[FoundOverlap, ...] = ()
    approximate: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    converged: bool = True
    searches: int = 1
    agreeing: int = 1
    question: Question | None = field(default=None, repr=False, compare=False)

    @property
    def delta(self) -> float:
        """χ² of the parameter goodness of fit."""
        return self.pg.delta

    @property
    def dof(self) -> int:
        """Its degrees of freedom."""
        return self.pg.dof

    @property
    def p_value(self) -> float | None:
        """Its p-value."""
        return self.pg.p_value

    @property
    def sigma(self) -> float | None:
        """The number of σ of that."""
        return self.pg.sigma

    @property
    def how(self) -> str:
        """How the p-value was obtained."""
        return f"parameter goodness of fit, {self.pg.how}"

    def __str__(self) -> str:
        return f"{' against '.join(self.datasets)}, {self.model}: {self.pg}"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        units = {} if self.question is None else self.question.units
        entries = {"data": " against ".join(self.datasets), "model": self.model} | test_rows(self)
        entries["joint best fit"] = point_text(self.best_fit, units)
        return entries | {f"pull of {p.name}": f"{p.pull:.2f}" for p in self.parts}

    def part(self, name: str) -> Part:
        """Return a data set's part."""
        return next(p for p in self.parts if p.name == name)

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return what becomes of each side, as it is stored."""
        import pandas as pd

        rows = [(p.name, p.minimum, p.joint, p.pull, p.rank) for p in self.parts]
        return {"sides": pd.DataFrame(rows, columns=["side", "minimum", "joint", "pull", "rank"])}

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison for a result file."""
        fit = self.goodness_of_fit
        return {
            "datasets": list(self.datasets),
            "modes": dict(self.modes),
            "model": self.model,
            "fixed": dict(self.fixed),
            "minimum": {p.name: p.to_dict() for p in self.parts},
            "best_fit": dict(self.best_fit),
            "at_boundary": list(self.at_boundary),
            "joint": {
                "value": self.value,
                "rank": self.rank,
                "searches": self.searches,
                "agreeing": self.agreeing,
            },
            "converged": self.converged,
            "pg": {
                "chi2": self.pg.delta,
                "dof": self.pg.dof,
                "p_value": self.pg.p_value,
                "sigma": self.pg.sigma,
                "how": self.pg.how,
            },
            "goodness_of_fit": None if fit is None else fit.to_dict(),
            "shared_nuisances": dict(self.shared),
            "overlaps": [o.to_dict() for o in self.overlaps],
            "ranges": {name: list(both) for name, both in self.ranges.items()},
            "approximate": self.approximate,
            "left_out": dict(self.left_out),
            "private": list(self.private),
        }
