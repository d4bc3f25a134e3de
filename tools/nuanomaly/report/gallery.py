"""What data say of a model whose fit is a stored comparison: gain, tension, goodness of fit, objections.

Of each model ``RUN`` three runs are read: the comparison ``RUN``, what data say of its best fit
(``RUN-point``, kind ``point``), and, where it is declared, its gain by toys without it (``RUN-toys``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import chi2, norm

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.toys import ToyTest
from nuanomaly.model.probabilities import Model
from nuanomaly.model.registry import model

if TYPE_CHECKING:
    from nuanomaly.report.context import Page

#: The p-value below which data disagree or a fit is bad: 3σ, two-sided.
LIMIT = 2.0 * float(norm.sf(3.0))
#: A model may fit by so much worse than one that is a point of it: to this, searches are said to agree.
_AGREE = 0.05
#: Data that were not fitted object to a model if it is worse there than three neutrinos by more than this.
WORSE = 9.0


@dataclass(frozen=True)
class Entry:
    """A model of a gallery.

    Attributes
    ----------
    run : str
        Its stored fit, a run of kind ``comparison``.
    title : str
    source : str
        Where it is proposed or tested, as a citation of the page.
    elsewhere : str
        What tests it and is not in the archive.
    contains : tuple of str
        Stored fits of models to the same data that are points of this one.
    """

    run: str
    title: str
    source: str
    elsewhere: str
    contains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What data say of a model.

    Attributes
    ----------
    entry : Entry
    stored : StoredRun
    model : Model
    reference : mapping
        The statistic of three neutrinos, by side of the fit.
    goodness : float
        The part of toys at the best fit that is worse than the data; as they are not fitted again, it is
        somewhat too large.
    unfitted : mapping
        The difference to three neutrinos at the best fit of data that were not fitted; None where the model
        is not applicable.
    toys : int
        Of the goodness of fit.
    by_toys : ToyTest or None
        The gain by toys of three neutrinos, fitted over the ranges of the stored fit.
    """

    entry: Entry
    stored: StoredRun
    model: Model
    reference: Mapping[str, float]
    goodness: float
    unfitted: Mapping[str, float | None] = field(default_factory=dict)
    toys: int = 0
    by_toys: ToyTest | None = None

    @property
    def best_fit(self) -> Mapping[str, float]:
        """The joint best fit."""
        found: Mapping[str, float] = self.stored.result["best_fit"]
        return found

    @property
    def joint(self) -> Mapping[str, Any]:
        """Value, rank and searches of the joint fit."""
        found: Mapping[str, Any] = self.stored.result["joint"]
        return found

    @property
    def pg(self) -> Significance:
        """The parameter goodness of fit of the sides."""
        found = self.stored.result["pg"]
        return Significance(found["chi2"], found["dof"], against="compatibility")

    @property
    def gain(self) -> Significance:
        """The improvement over three neutrinos, Wilks, as many degrees of freedom as the data constrain."""
        delta = sum(self.reference.values()) - self.joint["value"]
        return Significance(max(delta, 0.0), self.joint["rank"], against="three neutrinos")

    @property
    def sides(self) -> dict[str, float]:
        """The difference to three neutrinos at the joint best fit, by side."""
        parts = self.stored.result["minimum"]
        return {name: parts[name]["at_joint_best_fit"] - value for name, value in self.reference.items()}

    @property
    def objections(self) -> dict[str, float]:
        """The data that were not fitted and object."""
        return {name: delta for name, delta in self.unfitted.items() if delta is not None and delta > WORSE}

    @property
    def agrees(self) -> bool:
        """Whether the data that were fitted agree under the model."""
        return self.pg.p_value is None or self.pg.p_value >= LIMIT

    @property
    def survives(self) -> bool:
        """Whether its data agree, its fit is good and nobody objects."""
        return self.agrees and self.goodness >= LIMIT and not self.objections


def counted(gain: Significance, tries: int) -> float:
    """Return the p-value of the best of so many independent tries.

    Examples
    --------
    >>> gain = Significance(12.0, 2)
    >>> round(counted(gain, 1), 5), round(counted(gain, 10), 4)
    (0.00248, 0.0245)
    """
    if not gain.dof:
        return 1.0
    p = float(chi2.sf(gain.delta, gain.dof))
    return 1.0 if p >= 1.0 else float(-np.expm1(tries * np.log1p(-p)))


def check_contained(values: Mapping[str, float], contains: Mapping[str, Sequence[str]]) -> None:
    """Refuse a fit that is worse than that of a model which is a point of it: it was not searched enough.

    Parameters
    ----------
    values : mapping of str to float
        The joint minimum of each fit.
    contains : mapping of str to sequence of str
        The fits of models to the same data that are points of each.

    Raises
    ------
    NuanomalyError

    Examples
    --------
    >>> check_contained({"3+1": 8.0, "3+2": 7.0}, {"3+2": ["3+1"]})
    >>> check_contained({"3+1": 8.0, "3+2": 9.0}, {"3+2": ["3+1"]})
    Traceback (most recent call last):
    nuanomaly.archive.errors.NuanomalyError: 3+2 ends at 9.00, and 3+1, a point of it, at 8.00: more searches
    """
    for rich, poor in ((rich, poor) for rich, inside in contains.items() for poor in inside):
        if values[rich] > values[poor] + _AGREE:
            raise NuanomalyError(
                f"{rich} ends at {values[rich]:.2f}, and {poor}, a point of it, at {values[poor]:.2f}: "
                "more searches"
            )


def answered(page: "Page", entry: Entry) -> Answer:
    """Return what the stored runs of a page say of a model.

    Raises
    ------
    NuanomalyError
        If data were asked at another point than the best fit.
    """
    stored, asked = page.toys(entry.run), page.toys(f"{entry.run}-point")
    best, at = stored.result["best_fit"], asked.declared["at"]
    if set(best) != set(at) or any(not np.isclose(at[name], best[name], rtol=1e-6) for name in best):
        raise NuanomalyError(f"run {asked.name}: data were asked at {at}, and the best fit is at {best}")
    chosen = model(page.comparison.model_reference(str(stored.declared["model"])))
    rows, fitted = asked.tables["verdicts"].to_dict("records"), asked.result["fitted"]
    names = list(stored.result["minimum"])[:fitted]  # a shared prior comes after the sides
    reference = {n: float(row["three_neutrinos"]) for n, row in zip(names, rows, strict=False)}
    unfitted = {
        titled(row["release"], row["mode"]): None if np.isnan(row["delta"]) else float(row["delta"])
        for row in rows[fitted:]
    }
    toys = asked.result["toys"]
    goodness = (1 + asked.result["worse"]) / (1 + toys)
    own = f"{entry.run}-toys"
    by_toys = page.toys(own).test if own in declared_runs(page.comparison.folder) else None
    return Answer(entry, stored, chosen, reference, goodness, unfitted, toys, by_toys)


def titled(release: str, mode: str | None = None) -> str:
    """Return what a release is called in a table, with its beam if it is the mode.

    Examples
    --------
    >>> titled("miniboone-nue@2020-r1", "nubar"), titled("danss@2018-r1", "default")
    ('miniboone-nue, nubar', 'danss')
    """
    return release.partition("@")[0] + (f", {mode}" if mode in ("nu", "nubar") else "")
