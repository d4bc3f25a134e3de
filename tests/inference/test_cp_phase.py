"""A CP phase of 3+2 is found back in data that it made, and 3+1 cannot make them."""

import numpy as np
import pytest

from nuanomaly.inference.fit import fit
from nuanomaly.inference.minuit import local_fit
from nuanomaly.inference.question import Question
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.wrappers.joint import JointLikelihood, combine
from nuanomaly.likelihood.wrappers.variants import with_covariance_of
from nuanomaly.model.registry import model

TRUTH = {
    **{"dm2_41": 0.5, "Ue4_sq": 0.02, "Umu4_sq": 0.03},
    **{"dm2_51": 0.9, "Ue5_sq": 0.02, "Umu5_sq": 0.03, "delta_25": np.pi / 2.0},
}


@pytest.fixture(scope="module")
def expected() -> JointLikelihood:
    """KARMEN and MiniBooNE, neutrinos and antineutrinos, with the data of the true point.

    MiniBooNE's covariance is that of the truth: with ln det V, which its own statistic has, the lowest value
    of data without fluctuations is not at the truth but 0.2 below it.
    """
    two = model("3+2")
    karmen, miniboone = likelihood("karmen"), likelihood("miniboone-nue", "combined")
    points = miniboone.points(two, TRUTH)
    fixed = with_covariance_of(miniboone.given(miniboone.means(two, points, {})[0]), two, points)
    return combine([karmen.given(karmen.means(two, karmen.points(two, TRUTH), {})[0]), fixed])


def test_the_phase_is_found_back_from_where_one_begins(expected) -> None:
    asked = Question([expected], "3+2")
    random, found = np.random.default_rng(3), []
    for _ in range(3):
        start = np.array([float(a.internal(TRUTH[a.name])) for a in asked.axes]) + random.normal(0.0, 0.25, 7)
        value = asked.objective({a.name: a.external(u)[None] for a, u in zip(asked.axes, start, strict=True)})
        found.append(local_fit(asked.objective, asked.axes, asked.parameters, start, float(value[0])))
    assert expected.chi2("3+2", **TRUTH) == pytest.approx(0.0, abs=1e-9)
    assert min(minimum.value for minimum in found) < 0.01
    best = min(found, key=lambda minimum: minimum.value)
    assert best.parameters["delta_25"] == pytest.approx(np.pi / 2.0, abs=0.7)


def test_without_a_phase_neutrinos_and_antineutrinos_do_not_fit(expected) -> None:
    axes = {"dm2_41": (0.05, 20.0, 40, "log"), "Ue4_sq": (1e-3, 0.3, 12, "log")}
    best = fit([expected], "3+1", grid={**axes, "Umu4_sq": (1e-3, 0.3, 12, "log")})
    assert best.value > 1.0
