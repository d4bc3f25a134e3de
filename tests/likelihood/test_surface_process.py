"""A released map that makes toys: on its data it is the map, and its toys are like the released ones."""

from dataclasses import replace

import numpy as np
import pytest

from nuanomaly.archive.loading import load
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


# --- several waves ------------------------------------------------------------------------------------------

POINT = {"dm2_41": 1.7, "Ue4_sq": 0.02, "Umu4_sq": 0.0}
SECOND = {"dm2_51": 0.9, "Ue5_sq": 0.03, "Umu5_sq": 0.0, "delta_25": 0.0}


def test_a_second_neutrino_that_does_not_mix_changes_nothing(process):
    none = {**POINT, **SECOND, "Ue5_sq": 0.0}
    assert process.chi2("3+2", **none) == pytest.approx(process.chi2("3+1", **POINT), abs=0.01)


def test_two_waves_of_one_splitting_are_one_of_the_sum_of_their_amplitudes(process):
    # 4 |Ue4|² |Ue5|² sin² of a splitting that vanishes is left out
    both = {**POINT, **SECOND, "dm2_51": 1.7}
    together = process.chi2("3+1", **{**POINT, "Ue4_sq": 0.05})
    assert process.chi2("3+2", **both) == pytest.approx(together, abs=0.05)


def shape(dm2, amplitude):
    """Return the events of 6 cells × 22 bins over those without oscillation, and of each wave its part."""
    length, energy = places()
    waves = np.sin(1.266933 * np.atleast_1d(dm2)[:, None] * length / energy) ** 2
    return 1.0 - np.atleast_1d(amplitude) @ waves


def least(data, events, error):
    """Return χ² with a free normalisation."""
    return ((data**2).sum() - (data @ events) ** 2 / (events @ events)) / error**2


def test_templates_of_several_waves_add_up_as_in_the_spectra_themselves(process):
    """A made-up experiment, of which only parabolas at each Δm² and their correlation are kept."""
    error, random = 0.01, np.random.default_rng(7)
    nodes = np.geomspace(0.3, 8.0, 40)
    signal = shape([0.9, 1.7], [0.06, 0.05])
    data = signal + error * random.standard_normal(signal.size)
    templates = np.array([1.0 - shape(d, 1.0) for d in nodes])
    mean = templates.mean(axis=1)
    own = error / data.mean()
    apart = (mean[:, None] - templates) / own
    slope = apart @ (data / data.mean()) / own
    size = np.sqrt((apart**2).sum(axis=1))
    correlation = apart @ apart.T / np.outer(size, size) + 1e-6 * np.eye(nodes.size)
    units = np.linalg.cholesky(correlation / (1.0 + 1e-6))
    made = replace(
        process,
        dm2=nodes,
        curvature=size**2,
        bend=mean,
        units=units,
        observed=np.linalg.solve(units, slope / size),
        null=0.0,
    )
    none = least(data, np.ones(signal.size), error)
    for mixings in ((0.012, 0.015), (0.03, 0.0), (0.0, 0.03), (0.02, 0.02)):
        point = {**POINT, **SECOND, "Ue4_sq": mixings[0], "Ue5_sq": mixings[1]}
        p = model("3+2").probability("e", "e", True, *places(), **point)[0]
        exact = least(data, p, error) - none
        assert made.chi2("3+2", **point) == pytest.approx(exact, abs=0.05 * abs(exact) + 0.5)


def places():
    length, energy = np.meshgrid(np.linspace(9.4, 11.2, 6), np.linspace(2.4, 7.9, 22))
    return length.ravel(), energy.ravel()


def test_what_has_no_waves_is_refused(process):
    with pytest.raises(NotApplicableError, match="tabulated surface"):
        process.chi2(lambda initial, final, antineutrino, L, E, *, a: np.ones_like(E), a=0.1)
    with pytest.raises(NotApplicableError, match="tabulated surface"):
        process.chi2("3+2/decay", **POINT, **SECOND, alpha_4=0.1, alpha_5=0.1)
