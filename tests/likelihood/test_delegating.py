"""Likelihoods made from others answer what they do not change as the others do."""

import numpy as np
import pytest

from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.wrappers.named import with_named
from nuanomaly.likelihood.wrappers.variants import with_fixed_covariance, without_prior
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.registry import model


def oscillation(initial, final, antineutrino, L, E, *, dm2):
    return 1.0 - 0.1 * np.sin(1.267 * dm2 * L / E) ** 2 if initial == final else 0.0


def made(base: Likelihood) -> list[Likelihood]:
    name = base.nuisances.ids[0]
    built_in = model("2nu-ee")
    point = base.points(built_in, {"dm2_41": 1.0, "sin2_2theta_ee": 0.1})
    return [
        with_named(base, [name]),
        without_prior(base, [name]),
        with_fixed_covariance(base, built_in, point),
    ]


@pytest.mark.parametrize("k", range(3))
def test_the_stated_error_of_averages_and_the_reach_are_those_of_the_base(k: int) -> None:
    base, own = likelihood("best"), FunctionModel(oscillation)
    wrapped = made(base)[k]
    points = wrapped.points(own, {"dm2": np.array([1.0, 10.0])})
    inner = {"dm2": points["dm2"]}
    assert (base.averaging_error(own, inner) > 0.0).all()
    np.testing.assert_array_equal(wrapped.averaging_error(own, points), base.averaging_error(own, inner))
    assert wrapped.max_L_over_E == base.max_L_over_E


def test_a_named_nuisance_at_zero_and_the_rest_profiled_is_never_below_all_profiled() -> None:
    base, built_in = likelihood("best"), model("2nu-ee")
    name = base.nuisances.ids[0]
    named = with_named(base, [name])
    point = {"dm2_41": 1.0, "sin2_2theta_ee": np.array([0.1, 0.3])}
    profiled, places = base.profiled(built_in, base.points(built_in, point))
    at = named.points(built_in, {**point, name: places[name]})
    np.testing.assert_allclose(named.value(built_in, at), profiled, atol=1e-9)
    assert (named.value(built_in, named.points(built_in, {**point, name: 0.0})) >= profiled).all()
