"""What data say of a model whose fit is a stored comparison: gain, tension, goodness of fit, objections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import chi2, norm

from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.survey import survey
from nuanomaly.inference.toys import generator
from nuanomaly.likelihood.build import join
from nuanomaly.model.probabilities import Model
from nuanomaly.model.registry import model

if TYPE_CHECKING:
    from nuanomaly.report.context import Page

#: The p-value below which data disagree or a fit is bad: 3σ, two-sided.
LIMIT = 2.0 * float(norm.sf(3.0))
#: Data that were not fitted object to a model if it is worse there than three neutrinos by more than this.
WORSE = 9.0
#: Toys of the goodness of fit.
TOYS = 400
_THREE = {parameter.name for parameter in model("3nu").parameters}


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
    others : tuple of str
        Data that are not fitted and are asked at the best fit.
    """

    run: str
    title: str
    source: str
    elsewhere: str
    others: tuple[str, ...] = ()


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
    """

    entry: Entry
    stored: StoredRun
    model: Model
    reference: Mapping[str, float]
    goodness: float
    unfitted: Mapping[str, float | None] = field(default_factory=dict)

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


def answered(page: "Page", entry: Entry) -> Answer:
    """Return what data say of a model: its stored fit, toys at its best fit, data that were not fitted."""
    stored = page.toys(entry.run)
    chosen = model(page.comparison.model_reference(str(stored.declared["model"])))
    fixed: Mapping[str, float] = stored.declared.get("fixed", {})
    members = [members_of(side) for side in stored.declared["datasets"]]
    names = list(stored.result["minimum"])[: len(members)]  # a shared prior comes after the sides
    three = {name: value for name, value in fixed.items() if name in _THREE}
    sides = dict(zip(names, members, strict=True))
    reference = {name: float(join(name, own).chi2("3nu", **three)) for name, own in sides.items()}
    point = {**fixed, **stored.result["best_fit"]}
    everything = join(entry.title, [release for own in members for release in own])
    at = everything.points(chosen, point)
    table = everything.tabulate(chosen, at)
    values = table(everything.toys(chosen, at, TOYS, generator(1)))[:, 0]
    assert everything.data is not None  # toys were made of it
    worse = int((values >= table(everything.data[None])[0, 0]).sum())
    verdicts = survey(chosen, point, list(entry.others)) if entry.others else ()
    unfitted = {titled(verdict.release, verdict.mode): verdict.delta for verdict in verdicts}
    return Answer(entry, stored, chosen, reference, (1 + worse) / (1 + TOYS), unfitted)


def members_of(side: str | Sequence[str]) -> list[str]:
    """Return the releases of a side of a declared comparison, which may be one."""
    return [side] if isinstance(side, str) else list(side)


def titled(release: str, mode: str | None = None) -> str:
    """Return what a release is called in a table, with its beam if it is the mode.

    Examples
    --------
    >>> titled("miniboone-nue@2020-r1", "nubar"), titled("danss@2018-r1", "default")
    ('miniboone-nue, nubar', 'danss')
    """
    return release.partition("@")[0] + (f", {mode}" if mode in ("nu", "nubar") else "")
