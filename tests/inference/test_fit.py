"""Best fits."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.fit import fit, significance
from nuanomaly.inference.lattice import valleys
from nuanomaly.likelihood.surface import SurfaceLikelihood
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import NotApplicableError

SPLITTINGS = (0.05, 5.0, 401, "log")


def test_the_fit_is_as_low_as_a_fine_grid(near_and_far) -> None:
    best = fit(near_and_far, "2nu-ee", grid={"dm2_41": SPLITTINGS})
    dm2, amplitude = np.meshgrid(np.linspace(0.6, 1.0, 801), np.linspace(0.1, 0.2, 401), indexing="ij")
    fine = near_and_far.chi2("2nu-ee", dm2_41=dm2, sin2_2theta_ee=amplitude).min()
    assert fine - 0.01 < best.value <= fine
    assert near_and_far.chi2("2nu-ee", **best.parameters) == pytest.approx(best.value, rel=1e-12)
    assert best.converged
    assert best.at_boundary == ()


def test_a_linear_parameter_has_its_closed_form(counting) -> None:
    # χ² = Σ (d − 1 + s·k)²/σ²: s = Σ k (1 − d) / Σ k², error σ/√Σk²
    L, data, error = np.linspace(1.0, 10.0, 8), np.linspace(0.95, 0.6, 8), 0.05
    k = np.sin(PHASE * L / 3.0) ** 2
    expected, width = (k @ (1.0 - data)) / (k @ k), error / np.sqrt(k @ k)
    found = fit(
        counting("a@1-r1", L, data, error**2),
        "2nu-ee",
        fixed={"dm2_41": 1.0},
        grid={"sin2_2theta_ee": (0.0, 1.0, 51, "lin")},
        errors="minos",
    )
    assert found.parameters["sin2_2theta_ee"] == pytest.approx(expected, rel=1e-5)
    assert found.errors["sin2_2theta_ee"] == pytest.approx((-width, width), rel=1e-3)
    assert found.value == pytest.approx(np.sum((data - 1.0 + expected * k) ** 2) / error**2, rel=1e-9)


@pytest.mark.parametrize("how", ["hesse", "minos"])
def test_errors_bracket_the_best_fit_in_the_parameters_units(near_and_far, how: str) -> None:
    best = fit(near_and_far, "2nu-ee", grid={"dm2_41": SPLITTINGS}, errors=how)
    for name, value in best.parameters.items():
        low, high = best.errors[name]
        assert low < 0.0 < high
        ends = [near_and_far.chi2("2nu-ee", **{**best.parameters, name: value + e}) for e in (low, high)]
        assert min(ends) > best.value + 0.9


def test_a_fit_without_signal_is_the_null(counting) -> None:
    above = counting("a@1-r1", [3.0, 6.0, 9.0], [1.02, 1.01, 1.03], 0.01**2)
    best = fit(above, "2nu-ee")
    assert best.parameters["sin2_2theta_ee"] == 0.0
    assert best.at_boundary == ("sin2_2theta_ee",)
    assert significance(above, "2nu-ee").delta == 0.0


def test_small_amplitudes_below_the_grid_are_reached(counting) -> None:
    L = np.pi / 2.0 / PHASE * 3.0
    faint = counting("a@1-r1", [L], [1.0 - 2e-4], 1e-5**2)
    best = fit(faint, "2nu-ee", fixed={"dm2_41": 1.0})
    assert best.parameters["sin2_2theta_ee"] == pytest.approx(2e-4, rel=1e-3)


def test_the_edge_of_the_range_is_said(counting) -> None:
    L = np.pi / 2.0 / PHASE * 3.0
    too_much = counting("a@1-r1", [L], [-0.2], 0.1**2)
    best = fit(too_much, "2nu-ee", fixed={"dm2_41": 1.0})
    assert best.parameters["sin2_2theta_ee"] == pytest.approx(1.0, rel=1e-6)
    assert best.at_boundary == ("sin2_2theta_ee",)


def test_the_lowest_of_many_valleys_is_found(counting) -> None:
    # one sharp ratio: valleys at φ = π/2 + nπ; a far second datum picks the third
    truth, energy = 2.5 * np.pi / PHASE * 3.0 / 8.0, 3.0
    L = [8.0, 23.0, 31.0]
    data = 1.0 - 0.5 * np.sin(PHASE * truth * np.array(L) / energy) ** 2
    best = fit(counting("a@1-r1", L, data, 0.02**2), "2nu-ee", grid={"dm2_41": (0.1, 4.0, 401, "log")})
    assert best.parameters["dm2_41"] == pytest.approx(truth, rel=1e-3)
    assert best.value < 1e-4


def test_valleys_are_separate_and_in_order() -> None:
    x = np.linspace(0.0, 6.0 * np.pi, 400)
    found = valleys(np.cos(x) + 0.05 * x, count=3)
    assert [round(x[k] / np.pi) for (k,) in found] == [1, 3, 5]
    assert valleys(np.full((3, 3), np.inf)) == []


def test_impossible_ranges_are_refused(near_and_far) -> None:
    grid = {name: (0.6, 0.9, 4, "lin") for name in ("Ue4_sq", "Umu4_sq")}
    with pytest.raises(NuanomalyError, match="infinite on the whole grid"):
        fit(near_and_far, "3+1-sbl", fixed={"dm2_41": 1.0}, grid=grid)


def test_everything_fixed_is_a_value(near_and_far) -> None:
    found = fit(near_and_far, "2nu-ee", fixed={"dm2_41": 1.0, "sin2_2theta_ee": 0.1})
    assert found.value == near_and_far.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.1)
    assert found.parameters == {}


def surface(null: float | None) -> SurfaceLikelihood:
    dm2, amplitude = np.geomspace(0.01, 100.0, 41), np.geomspace(1e-3, 1.0, 31)
    u, v = np.log(dm2)[:, None], np.log(amplitude)
    table = 8.0 * np.abs(u - np.log(dm2[25])) + 5.0 * np.abs(v - np.log(amplitude[17]))
    return SurfaceLikelihood(
        release="map@1-r1",
        mode=None,
        statistic="delta",
        n_bins=None,
        channel=("e", "e"),
        dm2=dm2,
        amplitude=amplitude,
        table=table,
        null=null,
    )


@pytest.mark.parametrize("null", [40.0, None])
def test_the_kink_of_a_surface_is_found_whether_or_not_it_knows_no_oscillation(null) -> None:
    best = fit(surface(null), "2nu-ee")
    assert best.value == pytest.approx(0.0, abs=1e-6)
    assert best.n_bins is None
    assert best.statistic == "delta"


def test_a_surface_refuses_a_range_it_does_not_cover() -> None:
    with pytest.raises(NotApplicableError, match="tabulated for Δm²"):
        fit(surface(40.0), "2nu-ee", grid={"dm2_41": (0.01, 1000.0, 21, "log")})


def test_a_result_can_be_written_down(near_and_far) -> None:
    said = fit(near_and_far, "2nu-ee", grid={"dm2_41": SPLITTINGS}).to_dict()
    assert said["datasets"] == ["near-far@2000-r1"]
    assert said["statistic"] == "chi2"
    assert said["n_bins"] == 12
    assert set(said["parameters"]) == {"dm2_41", "sin2_2theta_ee"}
