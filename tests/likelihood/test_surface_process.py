"""A released map that makes toys: on its data it is the map, and its toys are like the released ones."""

import numpy as np
import pytest

from nuanomaly.archive.release import load
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import NotApplicableError
from nuanomaly.model.registry import model

TWO = model("2nu-ee")


@pytest.fixture(scope="module")
def process():
    return likelihood("stereo-process")


def test_the_data_are_the_map(process):
    released = load("stereo").table("surface")
    near = released[released["delta"] < 20]
    own = process.chi2(
        "2nu-ee", dm2_41=near["dm2_41"].to_numpy(), sin2_2theta_ee=near["sin2_2theta_ee"].to_numpy()
    )
    assert np.sqrt(np.mean((own - near["delta"]) ** 2)) < 0.1
    assert process.chi2("2nu-ee", dm2_41=2.0, sin2_2theta_ee=0.0) == 9.0


def critical(process, index, amplitude, toys=4000):
    """Return what 95 and 99 % of toys of a point stay below, on a Δm² axis six times finer than the map."""
    dm2 = np.exp(np.interp(np.linspace(0, 89, 535), np.arange(90), np.log(process.dm2)))
    one = process.points(TWO, {"dm2_41": dm2, "sin2_2theta_ee": np.ones(535)})
    bend = np.interp(np.log(dm2), np.log(process.dm2), process.bend)
    templates = process.observables(TWO, one) * (1.0 - bend)[:, None]
    truth = process.points(TWO, {"dm2_41": process.dm2[[index]], "sin2_2theta_ee": np.array([amplitude])})
    x = process.toys(TWO, truth, toys, np.random.default_rng(3))
    mu = process.observables(TWO, truth)[0]
    size = (templates**2).sum(axis=1)
    product = x @ templates.T
    u = np.clip(product / size, 0.0, 1.0 / (1.0 - bend))
    lowest = (u * (u * size - 2.0 * product)).min(axis=1)
    return np.quantile(mu @ mu - 2.0 * (x @ mu) - lowest, [0.95, 0.99])


def test_toys_near_no_oscillation_have_the_released_critical_values(process):
    released = load("stereo").table("surface")
    smallest = released[released["sin2_2theta_ee"] == released["sin2_2theta_ee"].min()]
    expected = smallest[["critical_95", "critical_99"]].mean().to_numpy()
    assert np.abs(critical(process, 40, 0.01) - expected).max() < 0.5


def test_toys_of_a_clear_signal_have_wilks_critical_value(process):
    # at 1.2 eV² and full mixing the released map has 5.95 (95 %), as for two parameters
    assert abs(critical(process, 48, 0.5)[0] - 6.0) < 0.7


def test_beyond_the_map_nothing_is_seen(process):
    assert process.chi2("2nu-ee", dm2_41=30.0, sin2_2theta_ee=0.2) == 9.0
    assert process.chi2("2nu-ee", dm2_41=0.05, sin2_2theta_ee=0.2) == 9.0


def test_a_map_that_does_not_say_what_is_beyond_refuses(process):
    from dataclasses import replace

    with pytest.raises(NotApplicableError, match="keep to that range"):
        replace(process, beyond=False).chi2("2nu-ee", dm2_41=30.0, sin2_2theta_ee=0.2)


def test_effective_counts_of_lsnd_follow_its_table_and_make_whole_toys():
    counts, table = likelihood("lsnd-counts"), likelihood("lsnd")
    at = [(0.3, 0.03), (1.2, 0.003), (7.5, 0.003), (50.0, 0.003)]
    own = [counts.chi2("2nu-mue", dm2_41=d, sin2_2theta_mue=s) for d, s in at]
    none = counts.chi2("2nu-mue", dm2_41=1.0, sin2_2theta_mue=0.0)
    official = [table.chi2("2nu-mue", dm2_41=d, sin2_2theta_mue=s) for d, s in at]
    assert np.abs(np.array(own) - none + 29.0 - official).max() < 1.0
    points = counts.points(model("2nu-mue"), {"dm2_41": 1.2, "sin2_2theta_mue": 0.003})
    toys = counts.toys(model("2nu-mue"), points, 500, np.random.default_rng(1))
    assert (toys == np.round(toys)).all()
    # what was observed is what the model could have drawn
    mean = counts.predict("2nu-mue", dm2_41=1.2, sin2_2theta_mue=0.003)
    assert ((counts.data - mean) ** 2 / mean).sum() < 15.0
