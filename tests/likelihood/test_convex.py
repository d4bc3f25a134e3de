"""Nuisances of many points at once, where the value is no quadratic form in them."""

import numpy as np
import pytest

from nuanomaly.likelihood.algebra.convex import Index, profile
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.likelihood.statistic.poisson import Poisson

#: Without much of a prior: from far away Newton's steps overshoot, and are halved again and again.
NORM = Nuisances((Nuisance("norm", "", 1e3, 1e3), Nuisance("tilt", "", 1.0, 1.0)))


def of_counts(scales: list[float], sets: bool) -> tuple[Poisson, Prediction]:
    """Points that expect so many times what was counted; data of one set, or of one for each point."""
    random = np.random.default_rng(3)
    mu = np.array(scales)[:, None] * random.uniform(5.0, 10.0, (len(scales), 12))
    jacobian = np.stack([mu, 0.1 * mu * np.linspace(-1.0, 1.0, 12)], axis=2)
    counts = random.poisson(7.0, (len(scales), 12)).astype(float)
    return Poisson(counts if sets else counts[0], NORM, "-2lnL"), Prediction(mu, jacobian)


@pytest.mark.parametrize("sets", [False, True])
def test_a_point_costs_among_many_what_it_costs_alone(sets: bool) -> None:
    """A point that needs many steps does not have the others evaluated again."""
    scales = [*np.linspace(0.8, 1.2, 30), 1e3]
    measure, prediction = of_counts(scales, sets)
    evaluated: list[int] = []

    def minimum(points: list[int]) -> np.ndarray:
        own, local = np.array(points), measure.local(prediction)

        def counted(xi: np.ndarray, rows: Index) -> Quadratic:
            evaluated.append(rows.size)
            return local(xi, own[rows])

        return profile(counted, own.size, NORM.ids, NORM)[0]

    together = minimum(list(range(len(scales))))
    among_many = sum(evaluated)
    each = []
    for point in range(len(scales)):
        evaluated.clear()
        value = minimum([point])
        assert value == pytest.approx(together[[point]], rel=1e-12)
        each.append(sum(evaluated))
    assert each[-1] > 4 * max(each[:-1])
    assert among_many == sum(each)
