"""Tests by toys of one plane: no oscillation, another hypothesis, goodness of fit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.engine import Plane, kept_engine, make_engine
from nuanomaly.inference.feldman_cousins import fingerprint
from nuanomaly.inference.grid import free_names
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.significance import Sided
from nuanomaly.inference.toy_planes import anchored, plane_of, shared_out
from nuanomaly.inference.toys import ToyTest, toy_test
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def toy_significance(
    data: Data,
    model: AnyModel,
    *,
    toys: int = 10_000,
    seed: int = 0,
    sided: Sided = "two-sided",
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> ToyTest:
    """Return the significance of oscillation by toys without it: how often they fit as much better with it.

    Data and toys are minimised in the same way, no oscillation included; see
    :func:`nuanomaly.inference.feldman_cousins.feldman_cousins`, for the arguments too.

    Raises
    ------
    NotApplicableError
        For a surface, which generates no toys.
    """
    what = Question(data, model, **settings)
    return toy_significance_of(
        what, toys=toys, seed=seed, sided=sided, placement=placement, progress=progress
    )


def toy_significance_of(
    what: Question,
    *,
    toys: int = 10_000,
    seed: int = 0,
    sided: Sided = "two-sided",
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the test that answers a question; see :func:`toy_significance`."""
    plane = plane_of(what)
    engine = make_engine(plane, seed)
    values, smallest = engine.observed()
    observed = float(values[plane.null]) - min(smallest, float(values.min()))
    deltas = shared_out(null_deltas, (plane, seed), fingerprint(engine), toys, placement, progress)
    return toy_test(observed, deltas, sided, "no oscillation", "no oscillation")


@named_after(2, "grid", "fixed", hints={dict: "at"})
def toy_hypothesis(
    data: Data,
    model: AnyModel,
    *,
    at: Mapping[str, float],
    toys: int = 10_000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> ToyTest:
    """Return the test of one point by its own toys: how often it is as much worse than their best fit.

    Parameters
    ----------
    at : mapping of str to float
        The free parameters of the hypothesis.

    Raises
    ------
    NotApplicableError
        For a surface, which generates no toys.
    """
    what = Question(data, model, **settings)
    return toy_hypothesis_of(what, at, toys=toys, seed=seed, placement=placement, progress=progress)


def toy_hypothesis_of(
    what: Question,
    at: Mapping[str, float],
    *,
    toys: int = 10_000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the test that answers a question; see :func:`toy_hypothesis`."""
    plane = anchored(plane_of(what))
    free_names(plane.known, at, [])  # an unknown name is an error
    names = [axis.name for axis in plane.axes]
    if set(at) != set(names):
        raise NuanomalyError(f"a hypothesis needs every free parameter: {', '.join(names)}")
    plane = replace(plane, extra={name: np.array([float(at[name])]) for name in names})
    engine, index = make_engine(plane, seed), plane.size
    values, smallest = engine.observed()
    observed = float(values[index]) - min(smallest, float(values.min()))
    key = f"hypothesis {fingerprint(engine)}"
    deltas = shared_out(point_deltas, (plane, seed, index), key, toys, placement, progress)
    said = ", ".join(f"{name} = {value:g}" for name, value in at.items())
    return toy_test(observed, deltas, "two-sided", said, said)


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def toy_goodness(
    data: Data,
    model: AnyModel,
    *,
    toys: int = 10_000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> ToyTest:
    """Return the goodness of fit by toys of the best fit (a predictive check of the smallest value).

    How often the smallest value of a toy of the best grid point reaches that of the data: meaningful for
    any statistic, with ln det or a constant in it too.
    """
    what = Question(data, model, **settings)
    return toy_goodness_of(what, toys=toys, seed=seed, placement=placement, progress=progress)


def toy_goodness_of(
    what: Question,
    *,
    toys: int = 10_000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the test that answers a question; see :func:`toy_goodness`."""
    plane = plane_of(what)
    engine = make_engine(plane, seed)
    values, smallest = engine.observed()
    payload = (plane, seed, int(np.argmin(values)))
    minima = shared_out(best_minima, payload, f"goodness {fingerprint(engine)}", toys, placement, progress)
    return toy_test(
        min(smallest, float(values.min())), minima, "one-sided", "the best fit", "the best fit on the grid"
    )


def null_deltas(payload: tuple[Plane, int], argument: tuple[int, int]) -> Array:
    """Return Δ of toys without oscillation: a piece of work."""
    engine = kept_engine(*payload)
    return engine.many(engine.plane.null, argument[1], argument[0])


def point_deltas(payload: tuple[Plane, int, int], argument: tuple[int, int]) -> Array:
    """Return Δ of toys of one hypothesis: a piece of work."""
    plane, seed, index = payload
    return kept_engine(plane, seed).many(index, argument[1], argument[0])


def best_minima(payload: tuple[Plane, int, int], argument: tuple[int, int]) -> Array:
    """Return the smallest values of toys of one hypothesis: a piece of work."""
    plane, seed, index = payload
    engine = kept_engine(plane, seed)
    first, count = argument
    return np.concatenate([engine.minimum(engine.generate(index, b)) for b in range(first, first + count)])
