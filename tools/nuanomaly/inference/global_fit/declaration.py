"""The data sets, axes and points of a declared run of a global fit, and what its data give."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference import dependence
from nuanomaly.inference.dependence import Dependence, Names
from nuanomaly.inference.global_fit import draws
from nuanomaly.inference.global_fit.assembly import Assembly
from nuanomaly.inference.global_fit.part import OwnParameters, Part
from nuanomaly.inference.global_fit.toys import Fitted, GlobalFit
from nuanomaly.likelihood.build import join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.relative_covariance import RelativeCovariance
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.model.registry import FOUR_NEUTRINOS, model, short

#: A point (splitting, first mixing, second mixing), such as (Δm²41, |Ue4|², |Uμ4|²).
Truth = tuple[float, float, float]


class Own(TypedDict):
    """Parameters that a data set has for itself, fitted in every toy."""

    names: Annotated[list[str], "The last one may sit at its lower limit."]
    starts: Annotated[list[list[float]], "Points of expansion."]
    steps: Annotated[list[float], "Of differences."]
    limits: Annotated[list[tuple[float, float]], "Of each."]
    fixed: NotRequired[Annotated[dict[str, float], "Other parameters of the model."]]
    coarse: NotRequired[
        Annotated[
            tuple[int, int],
            "Points of splitting and mixing at which it is evaluated what fitting gains over holding.",
        ]
    ]
    highest: NotRequired[Annotated[float, "The largest mixing of these points."]]


class DataSet(TypedDict):
    """A data set of the fit."""

    name: Annotated[str, "What it is called."]
    release: Annotated[str | list[str], "NAME@VERSION[:MODE], a group, or releases that are one data set."]
    depends: NotRequired[
        Annotated[
            Dependence,
            "What it is read over: the first mixing (e), the second (mu) or the product; found by probing if "
            "left out, and needed of data that know both.",
        ]
    ]
    model: NotRequired[Annotated[str, "The limit of short baselines of the run's model, if left out."]]
    skeleton: NotRequired[
        Annotated[
            tuple[int, int],
            "Hypotheses and training toys, where the statistic is no form of few features.",
        ]
    ]
    own: NotRequired[Annotated[Own, "Its own parameters."]]
    fixed: NotRequired[Annotated[dict[str, float], "Own parameters that are held."]]
    coarse: NotRequired[Annotated[tuple[int, int], "Points of coarse axes of splitting and mixing."]]


class SplittingAxis(TypedDict):
    """An axis whose steps follow the waves of the experiments."""

    low: Annotated[float, "Where it begins, in eV²."]
    high: Annotated[float, "Where it ends."]
    largest: Annotated[float, "The largest step of its logarithm."]
    phase: Annotated[float, "A step is at most this over the splitting."]
    smallest: Annotated[float, "The smallest step."]


class FitOptions(TypedDict):
    """What a declaration says of the fit itself, whatever is then asked of its toys."""

    datasets: Annotated[list[DataSet], {"minItems": 1}, "The data sets."]
    dm2: Annotated[SplittingAxis, "The axis of the splitting."]
    mixing: Annotated[tuple[float, float, int], "The axis of both mixings: low, high, number."]
    typical: Annotated[
        list[tuple[float, float, float]],
        "Points whose toys say how large features are, the first of them usual.",
    ]
    without: NotRequired[Annotated[list[str], "Data sets that are left out."]]
    determinant: NotRequired[
        Annotated[list[str], "Data sets whose χ² gets the ln det V that its release leaves out."]
    ]
    model: NotRequired[Annotated[str, "A splitting and two mixings, 3+1 if left out."]]
    parameters: NotRequired[
        Annotated[
            tuple[str, str, str],
            "Which parameters of the model these are; found by the ranges of their scans if left out.",
        ]
    ]


#: The same by name; finished pieces are kept under them in this order.
FIT = tuple(FitOptions.__annotations__)


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


def whole(declared: Mapping[str, Any]) -> Model:
    """Return the model of a declared run."""
    return model(declared.get("model", FOUR_NEUTRINOS))


def names_of(declared: Mapping[str, Any]) -> Names:
    """Return what the splitting and both mixings of a declared run are called.

    Raises
    ------
    UnknownNameError
        For a parameter that its model does not have.
    NuanomalyError
        If they are not declared, and the model has no three such parameters.

    Examples
    --------
    >>> names_of({}), names_of({"model": "3+2", "parameters": ["dm2_51", "Ue5_sq", "Umu5_sq"]})
    (('dm2_41', 'Ue4_sq', 'Umu4_sq'), ('dm2_51', 'Ue5_sq', 'Umu5_sq'))
    """
    read = whole(declared)
    if "parameters" not in declared:
        return dependence.roles(read)
    first, second, third = (str(name) for name in declared["parameters"])
    known = [p.name for p in read.parameters]
    for name in (first, second, third):
        if name not in known:
            raise UnknownNameError("parameter", name, known, f"model {read.name}")
    return first, second, third


def assembly(declared: Mapping[str, Any]) -> Assembly:
    """Return the data sets and axes of a declared run."""
    own = names_of(declared)
    truths = tuple(dict(zip(own, point, strict=True)) for point in declared["typical"])
    low, high, number = declared["mixing"]
    axis = declared["dm2"]
    names = [entry["name"] for entry in declared["datasets"]]
    without, changed = declared.get("without", ()), declared.get("determinant", ())
    for name in (*without, *changed):
        if name not in names:
            raise UnknownNameError("data set of the run", name, names)
    parts = tuple(
        _part(entry, whole(declared), own, entry["name"] in changed)
        for entry in declared["datasets"]
        if entry["name"] not in without
    )
    return Assembly(
        parts,
        dm2_axis(axis["low"], axis["high"], axis["largest"], axis["phase"], axis["smallest"]),
        np.geomspace(low, high, int(number)),
        truths,
    )


def _part(entry: Mapping[str, Any], run: Model, names: Names, determinant: bool = False) -> Part:
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
    read, depends = _read(entry, own_likelihood, run, names)
    return Part(
        entry["name"],
        _with_determinant(own_likelihood) if determinant else own_likelihood,
        read,
        depends,
        names,
        tuple(entry["skeleton"]) if "skeleton" in entry else None,
        parameters,
        dict(entry.get("fixed", {})),
        tuple(entry["coarse"]) if "coarse" in entry else None,
    )


def _read(entry: Mapping[str, Any], own: Likelihood, run: Model, names: Names) -> tuple[Model, Dependence]:
    """Return the model that a data set is read in, and what it depends on, found by probing if not declared.

    Raises
    ------
    NuanomalyError
        If it knows both mixings, and it is not said which of them it is read over.
    """
    named = model(entry["model"]) if "model" in entry else None
    if "depends" in entry:
        return named or short(run), entry["depends"]
    probed = dependence.member(entry["name"], own, named or run, names)
    if probed.depends == "both":
        raise NuanomalyError(
            f"{entry['name']} depends on both mixings in model {probed.model!r}: say with `depends` over "
            "which of them it is read"
        )
    return named or (run if probed.model == run.name else short(run)), probed.depends


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
            splitting, *mixings = self.sets.names
            own = ["product"] if name == "appearance" else mixings
            values = [float(mixing[k]) for k in place[1:]]
            points[name] = {splitting: float(self.sets.dm2[place[0]]), **dict(zip(own, values, strict=True))}
        return points

    def truth(self, wanted: Any) -> Truth:
        """Return the point a declaration draws toys at: ``joint``, or its three numbers."""
        if isinstance(wanted, str):
            if wanted != "joint":
                raise UnknownNameError("truth", wanted, ("joint", f"[{', '.join(self.sets.names)}]"))
            wanted = self.points["joint"].values()
        first, second, third = (float(value) for value in wanted)
        return first, second, third

    def draw(self, truth: Truth) -> draws.Draw:
        """Return how toys at a point follow from normal numbers."""
        return self.sets.draw(dict(zip(self.sets.names, truth, strict=True)))


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
