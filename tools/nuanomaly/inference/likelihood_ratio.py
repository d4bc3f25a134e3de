"""One point against another by toys: the simple-versus-simple test of Neyman and Pearson.

The statistic is T = value(tested) − value(other), and the question has a side: the p-value is how often toys
of the tested point give at least the T of the data, that is, look at least as much like the other point.
Nothing is minimised, so that a best fit elsewhere, or one that grows with the strength of a signal, plays no
part.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal, Unpack, get_args

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.engine import Engine, Plane, kept_engine
from nuanomaly.inference.feldman_cousins import fingerprint
from nuanomaly.inference.grid import free_names
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.toy_planes import anchored, plane_of, shared_out
from nuanomaly.inference.toys import BLOCK, ToyTest, generator, toy_test
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import Array

Draw = Literal["data", "gaussian"]


@named_after(2, "at", "against")
def toy_likelihood_ratio(
    data: Data,
    model: AnyModel,
    *,
    at: Mapping[str, float],
    against: Mapping[str, float],
    draw: Draw = "data",
    toys: int = 10_000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> ToyTest:
    """Return the test of one point against another, one-sided, by toys of the first.

    Parameters
    ----------
    at, against : mapping of str to float
        The free parameters of the tested point, and of the other one.
    grid : mapping, optional
        Only names what is free; nothing is minimised.
    draw : {"data", "gaussian"}
        Toys as the data fluctuate (counts are Poisson), or Gaussian ones of the covariance of the statistic
        at expected data. Far in a tail the two differ.

    Raises
    ------
    NuanomalyError
        If a point lacks a free parameter, or both are the same; if a statistic without a covariance of its
        prediction is to be drawn as a Gaussian.
    NotApplicableError
        For a surface, which generates no toys.

    Examples
    --------
    >>> at, against = {"sin2_2theta_ee": 0.6}, {"sin2_2theta_ee": 0.0}
    >>> fixed = {"dm2_41": 1.0}
    >>> toy_likelihood_ratio("best", "2nu-ee", at=at, against=against, fixed=fixed, toys=500).sided
    'one-sided'
    """
    what = Question(data, model, **settings)
    return toy_likelihood_ratio_of(
        what, at, against, draw=draw, toys=toys, seed=seed, placement=placement, progress=progress
    )


def toy_likelihood_ratio_of(
    what: Question,
    at: Mapping[str, float],
    against: Mapping[str, float],
    *,
    draw: Draw = "data",
    toys: int = 10_000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the test that answers a question; see :func:`toy_likelihood_ratio`."""
    plane = anchored(plane_of(what))
    names = [axis.name for axis in plane.axes]
    for point in (at, against):
        free_names(plane.known, point, [])  # an unknown name is an error
        if set(point) != set(names):
            raise NuanomalyError(f"a point needs every free parameter: {', '.join(names)}")
    if dict(at) == dict(against):
        raise NuanomalyError("a point cannot be tested against itself: name another one")
    pair = {name: np.array([float(at[name]), float(against[name])]) for name in names}
    few = {axis.name: np.array([axis.low, axis.high]) for axis in plane.axes}  # nothing is minimised
    asked = what.given(grid=few)
    plane = anchored(Plane(asked.objective, asked.axes, asked.parameters, pair))
    engine = kept_engine(plane, seed)
    observed = float(_ratio(engine, engine.data[None])[0])
    if draw not in get_args(Draw):
        raise UnknownNameError("way to draw toys", draw, get_args(Draw))
    key = f"likelihood ratio {draw} {fingerprint(engine)}"
    values = shared_out(ratios, (plane, seed, draw), key, toys, placement, progress)
    said = " against ".join(", ".join(f"{n} = {v:g}" for n, v in point.items()) for point in (at, against))
    return toy_test(observed, values, "one-sided", said)


def ratios(payload: tuple[Plane, int, Draw], argument: tuple[int, int]) -> Array:
    """Return T of toys of the tested point: a piece of work."""
    plane, seed, draw = payload
    engine = kept_engine(plane, seed)
    first, count = argument
    made = gaussian(engine) if draw == "gaussian" else partial(engine.generate, plane.size)
    return np.concatenate([_ratio(engine, made(block)) for block in range(first, first + count)])


def gaussian(engine: Engine) -> Callable[[int], Array]:
    """Return what draws a block of Gaussian toys of the tested point, none of them negative.

    Raises
    ------
    NuanomalyError
        If the statistic has no covariance of its prediction.
    """
    objective, point = engine.plane.objective, engine.plane.point(engine.plane.size)
    likelihood = objective.likelihood
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(
        likelihood.measure, FollowingCovariance
    ):
        raise NuanomalyError(f"{likelihood.release}: has no covariance to draw from: draw toys as data")
    prediction = likelihood.prediction(objective.model, point)
    mean = prediction.mu[0]
    covariance = replace(likelihood.measure, data=mean).covariance(prediction)[0]
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))

    def block(number: int) -> Array:
        random = generator(engine.seed, 1, number)
        drawn = random.standard_normal((BLOCK, mean.size)) @ root.T
        return np.asarray(np.maximum(mean + drawn, 0.0))

    return block


def _ratio(engine: Engine, data: Array) -> Array:
    """Return T of data sets (T, n), shape (T,)."""
    plane = engine.plane
    rows = slice(plane.size, plane.size + 2)
    pair = {name: value[rows] for name, value in plane.complete.items()}
    values = plane.objective.likelihood.tabulate(plane.objective.model, pair)(data)
    return np.asarray(values[:, 0] - values[:, 1])
