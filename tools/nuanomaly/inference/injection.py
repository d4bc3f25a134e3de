"""Data that a hypothesis expects, or a toy of it, in place of what was observed.

A fit of injected data says what an experiment could have seen. Whatever is computed of them says so, as an
approximation would be said: nothing of it was observed.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import joint
from nuanomaly.inference.question import Question
from nuanomaly.inference.result import point_text
from nuanomaly.inference.toys import generator
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.model.probabilities import Array, Model, NotApplicableError
from nuanomaly.model.registry import model as make_model

Asked = TypeVar("Asked", bound=Question)


def expected_data(likelihood: Likelihood, model: Model, points: Mapping[str, Array]) -> Array:
    """Return the data that are expected at one complete point, shape (n,).

    Nuisances with a prior are at its centre, those without where the observed data want them.
    """
    means: Array = likelihood.means(model, points, true_nuisances(likelihood, model, points))[0]
    return means


def true_nuisances(likelihood: Likelihood, model: Model, points: Mapping[str, Array]) -> dict[str, Array]:
    """Return the nuisances that hypotheses stand for, shape (P,) each: those of :func:`expected_data`."""
    constrained = likelihood.nuisances.with_prior()
    free = [name for name in likelihood.nuisances.ids if name not in constrained]
    places = likelihood.profiled(model, points)[1] if free else {}
    count = max((value.size for value in points.values()), default=1)
    return {n: places[n] if n in free else np.zeros(count) for n in likelihood.nuisances.ids}


def injected(
    what: Asked, at: Mapping[str, float], model: AnyModel | None = None, seed: int | None = None
) -> Asked:
    """Return a question of what a hypothesis expects; see :meth:`nuanomaly.Analysis.injected`."""
    chosen = what.model if model is None else make_model(model)
    together = joint(what.sides)
    if together.data is None:
        raise NotApplicableError(
            f"not applicable: nothing can be injected into {together.release}: it is, or contains, a "
            "tabulated surface, which holds no data"
        )
    ids = together.nuisances.ids
    values = {**(what.fixed if model is None else {}), **at}
    points = together.points(chosen, {n: v for n, v in values.items() if n not in ids})
    true = true_nuisances(together, chosen, points)
    true |= {n: np.array([float(v)]) for n, v in values.items() if n in ids}
    if seed is None:
        data = together.means(chosen, points, true)[0]
    else:
        random = generator(seed)
        drawn = together.nuisances.draw(1, random, {n: float(true[n][0]) for n in ids})
        drawn |= {n: true[n] for n in ids if n in values}
        data = together.toys(chosen, points, 1, random, drawn)[0]
    said = f"{'expected by' if seed is None else f'toy {seed} of'} {chosen.name}"
    reason = f"not observed: the data are {said} at {point_text(at, what.units) or 'its defaults'}"
    return what.of_sides(_split(what.sides, data, reason))


def _split(sides: tuple[Likelihood, ...], data: Array, reason: str) -> tuple[Likelihood, ...]:
    """Return the sides with their parts of the data."""
    parts, start = [], 0
    for side in sides:
        if side.data is None:
            raise NuanomalyError(f"{side.release} holds no data")
        stop = start + side.data.size
        said = "; ".join(filter(None, (reason, side.approximate)))
        parts.append(replace(side.given(data[start:stop]), approximate=said))
        start = stop
    return tuple(parts)
