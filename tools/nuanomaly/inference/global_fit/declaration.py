"""The data sets, axes and points of a declared run of a global fit, and what its data give.

runs:
  NAME:
    datasets: list of {name, release, depends, model, skeleton}
        ``release`` as NAME@VERSION[:MODE], a group, or a list of releases that are one; ``depends`` is e, mu
        or product; ``skeleton`` is [hypotheses, training toys] where the statistic is no form of few
        features; one may have ``own`` parameters, fitted in every toy: {names, starts, steps, limits, fixed},
        or ``fixed`` ones, and ``coarse`` axes: [Δm², mixing]. With both, ``own`` has ``coarse`` axes of its
        own, up to the mixing ``highest``, for what fitting gains over holding.
    dm2: {low, high, largest, phase, smallest}
        The axis of Δm²: steps of its logarithm between ``smallest`` and ``largest``, such that one is at most
        ``phase``/Δm².
    mixing: [low, high, number]
    typical: list of [Δm², |Ue4|², |Uμ4|²]
        Points whose toys say how large features are.
    without: names of data sets that are left out, optional
    determinant: names of data sets whose χ² gets the ln det V that its release leaves out, optional
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.global_fit import draws
from nuanomaly.inference.global_fit.assembly import Assembly
from nuanomaly.inference.global_fit.part import OwnParameters, Part
from nuanomaly.inference.global_fit.toys import Fitted, GlobalFit
from nuanomaly.likelihood.build import join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.relative_covariance import RelativeCovariance
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model

#: The three parameters.
NAMES = ("dm2_41", "Ue4_sq", "Umu4_sq")
#: A point (Δm², |Ue4|², |Uμ4|²).
Truth = tuple[float, float, float]
#: What a declaration says of the fit itself, whatever is then asked of its toys.
FIT = ("datasets", "dm2", "mixing", "typical", "without", "determinant")


def dm2_axis(low: float, high: float, largest: float, phase: float, smallest: float) -> Array:
    """Return an axis of Δm² with steps that follow the waves of the experiments.

    Examples
    --------
    >>> axis = dm2_axis(0.01, 100.0, 0.035, 0.055, 0.012)
    >>> axis.size, round(float(axis[-1]), 9)
    (457, 100.0)
    """
    steps = [0.0]
    while steps[-1] < np.log(high / low):
        here = low * float(np.exp(steps[-1]))
        steps.append(steps[-1] + min(largest, max(phase / here, smallest)))
    return np.asarray(low * np.exp(np.array(steps) * np.log(high / low) / steps[-1]))


def assembly(declared: Mapping[str, Any]) -> Assembly:
    """Return the data sets and axes of a declared run."""
    truths = tuple(dict(zip(NAMES, point, strict=True)) for point in declared["typical"])
    low, high, number = declared["mixing"]
    names = [entry["name"] for entry in declared["datasets"]]
    without, changed = declared.get("without", ()), declared.get("determinant", ())
    for name in (*without, *changed):
        if name not in names:
            raise UnknownNameError("data set of the run", name, names)
    parts = tuple(
        _part(entry, entry["name"] in changed)
        for entry in declared["datasets"]
        if entry["name"] not in without
    )
    return Assembly(parts, dm2_axis(**declared["dm2"]), np.geomspace(low, high, int(number)), truths)


def _part(entry: Mapping[str, Any], determinant: bool = False) -> Part:
    own = entry.get("own")
    parameters = None
    if own:
        parameters = OwnParameters(
            tuple(own["names"]),
            tuple(tuple(start) for start in own["starts"]),
            tuple(own["steps"]),
            tuple((low, high) for low, high in own["limits"]),
            dict(own.get("fixed", {})),
            tuple(own["coarse"]) if "coarse" in own else None,
            own.get("highest"),
        )
    named = entry["release"]
    own_likelihood = likelihood(named) if isinstance(named, str) else join(entry["name"], named)
    return Part(
        entry["name"],
        _with_determinant(own_likelihood) if determinant else own_likelihood,
        model(entry.get("model", "3+1-sbl")),
        entry["depends"],
        tuple(entry["skeleton"]) if "skeleton" in entry else None,
        parameters,
        dict(entry.get("fixed", {})),
        tuple(entry["coarse"]) if "coarse" in entry else None,
    )


def _with_determinant(own: Likelihood) -> Likelihood:
    """Return a likelihood with the ln det V that its release leaves out."""
    if not isinstance(own, ResponseLikelihood) or not isinstance(own.measure, RelativeCovariance):
        raise NuanomalyError(
            f"{own.release}: ln det V can be added where a relative covariance follows the prediction"
        )
    return replace(own, measure=replace(own.measure, determinant=True))


@dataclass(frozen=True, eq=False)
class Prepared:
    """A global fit that is ready for toys, and what it gives for the data."""

    sets: Assembly
    fit: GlobalFit

    @cached_property
    def data(self) -> Fitted:
        """The fit of the observed data, by the rule of toys."""
        return self.fit(self.sets.data[None])

    @property
    def observed(self) -> float:
        """χ²PG of the data."""
        return float(self.data.chi2[0])

    @cached_property
    def points(self) -> dict[str, dict[str, float]]:
        """Where the three minima of the data are on the grid."""
        places = {
            "joint": (self.sets.mixing, self.data.joint.place[0]),
            "disappearance": (self.sets.mixing, self.data.disappearance.place[0]),
            "appearance": (self.sets.axes("product").mixing, self.data.appearance.place[0]),
        }
        points = {}
        for name, (mixing, place) in places.items():
            own = ("product",) if name == "appearance" else NAMES[1:]
            values = [float(mixing[k]) for k in place[1:]]
            points[name] = {"dm2_41": float(self.sets.dm2[place[0]]), **dict(zip(own, values, strict=True))}
        return points

    def truth(self, wanted: Any) -> Truth:
        """Return the point a declaration draws toys at: ``joint``, or its three numbers."""
        if isinstance(wanted, str):
            if wanted != "joint":
                raise UnknownNameError("truth", wanted, ("joint", "[Δm², |Ue4|², |Uμ4|²]"))
            wanted = self.points["joint"].values()
        first, second, third = (float(value) for value in wanted)
        return first, second, third

    def draw(self, truth: Truth) -> draws.Draw:
        """Return how toys at a point follow from normal numbers."""
        return self.sets.draw(dict(zip(NAMES, truth, strict=True)))


def essence(declared: Mapping[str, Any]) -> str:
    """Return what a declaration says of the fit itself, as text: workers make the fit of it, once each."""
    return json.dumps({key: declared[key] for key in FIT if key in declared})


@lru_cache(maxsize=1)
def prepared(text: str) -> Prepared:
    """Return the fit of a declaration's :func:`essence`."""
    sets = assembly(json.loads(text))
    return Prepared(sets, sets.fit())


@lru_cache(maxsize=1)
def _of_all(text: str) -> Assembly:
    sets = assembly(json.loads(text))
    return sets.only([part.name for part in sets.parts])


@lru_cache(maxsize=1)
def prepared_choice(text: str, names: tuple[str, ...]) -> Prepared:
    """Return the fit of some data sets of an :func:`essence`; choices share what they have in common."""
    sets = _of_all(text).only(names)
    return Prepared(sets, sets.fit())
