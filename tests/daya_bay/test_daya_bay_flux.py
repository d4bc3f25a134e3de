"""Daya Bay's yields of 2025: the ancillary files become tables, and the published numbers come out."""

from pathlib import Path

import numpy as np
import pytest
from importers import _inverse_beta_decay, daya_bay_flux

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import straight_line
from nuanomaly.likelihood.build import likelihood

GROUPS = daya_bay_flux.GROUPS
CONSTANTS = _inverse_beta_decay.Constants(
    939.5654205, 938.27208816, 0.51099895, 878.4, 1.71465, 1.2701, 1.0, 3.706
)
THREE = {"sin2_theta13": 0.02174797, "dm2_31": 2.5413e-3, "dm2_21": 7.53e-5}


def rates(without: str = "") -> str:
    """Three blocks as they stand in the file: a number of the group first, comments between."""
    own = [f"{k}  0.6  0.07  {0.23 + 0.01 * k:.2f}  0.05  {6.0 - 0.02 * k:.2f}" for k in range(GROUPS)]
    matrix = [" ".join([str(k), *(str(float(j == k)) for j in range(GROUPS))]) for k in range(GROUPS)]
    lines = ["# yields", *own, "", "# statistical", *matrix, "A line of words", *matrix]
    return "\n".join(line for line in lines if not (without and line.startswith(without)))


def test_groups_and_covariances_are_told_apart_by_the_length_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "DYB_flux.txt"
    path.write_text(rates(), "utf-8")
    yields, statistical, systematic = daya_bay_flux._rates(path)
    assert yields.iloc[3].tolist() == [3, 0.6, 0.07, 0.26, 0.05, 5.94]
    assert (statistical.to_numpy() == np.eye(GROUPS)).all()
    assert systematic.equals(statistical)


def test_a_missing_group_is_named(tmp_path: Path) -> None:
    path = tmp_path / "DYB_flux.txt"
    path.write_text(rates(without="7  "), "utf-8")
    with pytest.raises(NuanomalyError, match=r"59 lines of numbers, expected 60; line 20 of them"):
        daya_bay_flux._rates(path)


def test_a_constant_needs_errors_in_proportion_to_itself() -> None:
    """In proportion to the data it lies below all of them; to the constant, it is the published mean."""
    release = load("daya-bay-flux@2025-r1")
    data = release.table("yields")["yield"].to_numpy(float)
    statistical, systematic = (release.matrix(f"{k}-covariance") for k in ("statistical", "systematic"))

    def mean(covariance: np.ndarray) -> float:
        weight = np.linalg.inv(covariance)
        return float((weight @ data).sum() / weight.sum())

    assert mean(statistical + systematic) == pytest.approx(5.617, abs=5e-4)
    assert mean(statistical + systematic) < data.min()
    level = 1.0
    for _ in range(50):
        level = mean(statistical + systematic / np.outer(data, data) * level**2)
    assert round(level, 2) == 5.84


def test_published_slope_and_mean_come_out_to_their_printed_digits() -> None:
    release = load("daya-bay-flux@2025-r1")
    config = {"data": {"table": "yields", "x": "f_pu239", "y": "yield"}, "covariance": "covariance"}
    found = {
        which: straight_line.compute({**config, "pivot": 0.304, "which": which}, release)
        for which in ("intercept", "intercept-error", "slope")
    }
    assert round(found["intercept-error"], 2) == 0.07
    assert round(found["slope"], 2) == -1.96
    assert found["intercept"] == pytest.approx(5.84, abs=0.0055)


def test_one_isotope_off_describes_the_evolution_better_than_a_common_deficit() -> None:
    values = {
        mode: float(likelihood("daya-bay-flux@2025-r1", mode).chi2("3nu", **THREE))
        for mode in ("only-u235", "only-pu239", "equal-deficit", "free-isotopes")
    }
    assert values["free-isotopes"] < values["only-u235"] < values["equal-deficit"] < values["only-pu239"]


def test_cross_section_has_its_threshold_and_its_leading_order() -> None:
    """9.52e-44 cm² p E of the positron, in MeV², less the recoil of some per cent (hep-ph/9903554)."""
    energies = np.array([1.80, 1.81, 2.5, 4.0])
    found = _inverse_beta_decay.total(energies, CONSTANTS)
    assert found[0] == 0.0 < found[1]
    positron = energies[2:] - 1.2933
    leading = 9.52e-44 * positron * np.sqrt(positron**2 - 0.511**2)
    np.testing.assert_allclose(found[2:] / leading, 1.0, atol=0.05)
    assert (found[2:] < 1.02 * leading).all()


def test_huber_mueller_predicts_the_printed_yield_of_the_mean_fuel() -> None:
    """6.15 in the paper; that the spectrum ends at 8 or at 10 MeV, which is not printed, makes 0.03."""
    own = likelihood("daya-bay-flux@2025-r1")
    shares = np.array([0.564, 0.076, 0.304, 0.056])
    assert own.response.unoscillated[0] @ shares == pytest.approx(6.15, abs=0.015)  # type: ignore[attr-defined]
