"""The parameter goodness of fit by toys."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Unpack

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.compatibility import check_sides, held_nuisances, named_nuisances, prior_minimum
from nuanomaly.inference.engine import Engine, Plane, make_engine
from nuanomaly.inference.feldman_cousins import fingerprint
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.toy_planes import anchored, plane_of, shared_out
from nuanomaly.inference.toys import ToyTest, toy_test
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.likelihood.wrappers.variants import without_prior
from nuanomaly.model.probabilities import Array, NotApplicableError

#: Where toys of a test of compatibility are drawn.
Truth = Literal["joint", "null", "first", "second"]


@dataclass(frozen=True, eq=False)
class Tension:
    """What toys of the parameter goodness of fit need: the joint plane, and each data set's own.

    Attributes
    ----------
    joint : Plane
    parts : tuple of Plane
        Without the prior of the shared nuisances, which counts as a data set of its own.
    held : tuple of str
        Shared nuisances that have a prior.
    seed : int
    names : tuple of str
    prior : float
        The smallest value of the shared priors: not zero if one of the nuisances is fixed.
    """

    joint: Plane
    parts: tuple[Plane, ...]
    held: tuple[str, ...]
    seed: int
    names: tuple[str, ...]
    prior: float = 0.0
    truth: Truth = "joint"

    @cached_property
    def engines(self) -> tuple[Engine, tuple[Engine, ...]]:
        """The joint engine and those of the parts."""
        return make_engine(self.joint, self.seed), tuple(make_engine(p, self.seed) for p in self.parts)

    def value(self, data: Array) -> Array:
        """Return χ²_PG of data sets (T, n), the members' side by side; shape (T,)."""
        joint, parts = self.engines
        total = joint.minimum(data) - self.prior
        start = 0
        for engine in parts:
            width = engine.data.size
            total = total - engine.minimum(data[:, start : start + width])
            start += width
        return np.asarray(total)

    @cached_property
    def best(self) -> int:
        """The hypothesis with the smallest joint value."""
        return int(np.argmin(self.engines[0].observed()[0]))

    @cached_property
    def drawn(self) -> int:
        """The joint hypothesis that toys are drawn at.

        That of one side alone is its own lowest point; what that side does not depend on stays where both
        sides fit best.
        """
        if self.truth == "joint":
            return self.best
        if self.truth == "null":
            return self.joint.null
        k = 0 if self.truth == "first" else 1
        own, engine = self.parts[k], self.engines[1][k]
        lowest = own.point(int(np.argmin(engine.observed()[0])))
        place = [int(k) for k in np.unravel_index(min(self.best, self.joint.size - 1), self.joint.shape)]
        names = {axis.name for axis in own.axes}
        for j, axis in enumerate(self.joint.axes):
            if axis.name in names:
                place[j] = int(np.abs(axis.values - float(lowest[axis.name][0])).argmin())
        return int(np.ravel_multi_index(place, self.joint.shape))

    @property
    def said(self) -> str:
        """The truth in words."""
        words = {"joint": "the joint best fit", "null": "no oscillation"}
        k = 0 if self.truth == "first" else 1
        return words.get(self.truth, f"the best fit of {self.names[k]} alone")


def tension_of(what: Question, seed: int = 0, truth: Truth = "joint") -> Tension:
    """Return what is tested by :func:`toy_compatibility`.

    Raises
    ------
    NuanomalyError
        If toys without oscillation are wanted of a model that always has it.
    """
    check_sides(what)
    for member in what.sides:
        if member.data is None:
            raise NotApplicableError(f"not applicable: no toys can be made of {member.release}")
    held, named = held_nuisances(what), named_nuisances(what)
    apart = [what.side(k).of(without_prior(side, (*held, *named))) for k, side in enumerate(what.sides)]
    planes = [anchored(plane_of(q)) for q in (what, *apart)]
    least = prior_minimum(what) if named else 0.0
    if truth == "null" and all(what.parameters[axis.name].null is None for axis in what.axes):
        raise NuanomalyError(f"{what.model.name} has no point without oscillation: give another truth")
    return Tension(planes[0], tuple(planes[1:]), held, seed, what.names, least, truth)


@named_after(2, "mode", "fixed", "grid", hints={dict: "fixed"})
def toy_compatibility(
    data: Data,
    model: AnyModel,
    *,
    toys: int = 10_000,
    seed: int = 0,
    truth: Truth = "joint",
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> ToyTest:
    """Return the parameter goodness of fit by toys of one truth.

    Parameters
    ----------
    truth : {"joint", "null", "first", "second"}
        Where the toys are drawn: at the joint best fit, without oscillation, or at the best fit of one side
        alone. The p-value depends on it.

    Data and toys are minimised in the same way, boundaries included; see
    :func:`nuanomaly.inference.feldman_cousins.feldman_cousins`.

    Raises
    ------
    NotApplicableError
        If a data set generates no toys.
    """
    what = Question(data, model, **settings)
    return toy_compatibility_of(
        what, toys=toys, seed=seed, truth=truth, placement=placement, progress=progress
    )


def toy_compatibility_of(
    what: Question,
    *,
    toys: int = 10_000,
    seed: int = 0,
    truth: Truth = "joint",
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the test that answers a question; see :func:`toy_compatibility`."""
    sides = tension_of(what, seed, truth)
    joint = sides.engines[0]
    observed = float(sides.value(joint.data[None])[0])
    key = f"tension {' '.join(sides.names)} {observed!r} {fingerprint(joint)}"
    key += "" if truth == "joint" else f" {truth}"
    # a fresh copy: engines are made anew where the work is done
    values = shared_out(tensions, replace(sides), key, toys, placement, progress)
    return toy_test(observed, values, "two-sided", "compatibility", sides.said)


def tensions(what: Tension, argument: tuple[int, int]) -> Array:
    """Return χ²_PG of toys of the truth: a piece of work."""
    first, count = argument
    joint = what.engines[0]
    return np.concatenate([what.value(joint.generate(what.drawn, b)) for b in range(first, first + count)])
