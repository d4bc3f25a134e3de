"""STEREO: Δχ² with critical values of its own."""

from pathlib import Path

import pytest
from importers import stereo

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import NotApplicableError

NAMES = '"$\\sin^{2}(2\\theta_{ee})$,$\\Delta m^{2}_{41}$ [eV$^2$],value"'


def write(folder: Path, delta: str = "0.01,0.1,9", critical: str = "0.01,0.1,10.05") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    header = "#: name: a map of $\\sin^{2}(2\\theta)$"
    (folder / "Stereo_Chi2Map.csv").write_text("\n".join([header, NAMES.strip('"'), delta, ""]), "utf-8")
    lines = [header, "#: ,at 95%", NAMES, critical, "", "#: ,at 99%", NAMES, "0.01,0.1,13.05"]
    (folder / "Stereo_Chi2CritMap.csv").write_text("\n".join(lines), "utf-8")


def test_three_maps_become_columns_of_one_table(tmp_path: Path) -> None:
    write(tmp_path / stereo.FOLDER)
    found = stereo.tables(tmp_path)["surface"]
    assert found.iloc[0].tolist() == [0.1, 0.01, 9.0, 10.05, 13.05]
    assert found.columns.tolist() == ["dm2_41", "sin2_2theta_ee", "delta", "critical_95", "critical_99"]


def test_maps_at_different_points_are_refused(tmp_path: Path) -> None:
    write(tmp_path / stereo.FOLDER, critical="0.02,0.1,10.05")
    with pytest.raises(NuanomalyError, match="critical_95 is not at the points"):
        stereo.tables(tmp_path)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    write(tmp_path / stereo.FOLDER, delta="0.01,0.1")
    with pytest.raises(NuanomalyError, match=r"Chi2Map\.csv, line 3: '0.01,0.1' is not three numbers"):
        stereo.tables(tmp_path)


def test_the_likelihood_is_a_difference_that_goes_to_nine_without_oscillation() -> None:
    own = likelihood("stereo@2019-r1")
    assert own.statistic == "delta"
    assert own.chi2("2nu-ee", dm2_41=2.4484, sin2_2theta_ee=0.1417) == pytest.approx(20.0)
    assert own.chi2("2nu-ee", dm2_41=5.0, sin2_2theta_ee=0.0) == 9.0
    assert own.chi2("3nu") == 9.0


def test_critical_values_are_not_those_of_wilks() -> None:
    table = load("stereo@2019-r1").table("surface")
    assert (table["critical_95"] < table["critical_99"]).all()
    # two degrees of freedom would have 5.99 and 9.21 everywhere
    assert table["critical_95"].median() > 5.99
    assert table["critical_99"].max() > 13.0


def test_the_best_fit_of_the_reactor_anomaly_is_excluded_and_no_oscillation_is_not() -> None:
    table = load("stereo@2019-r1").table("surface")
    point = (table["dm2_41"] == 2.4484) & (table["sin2_2theta_ee"] == 0.1417)
    (row,) = table[point].to_dict("records")
    assert row["delta"] > row["critical_99"] == 12.35
    assert table["critical_95"].iloc[0] > 9.0


def test_outside_the_table_there_is_no_likelihood() -> None:
    with pytest.raises(NotApplicableError, match="outside"):
        likelihood("stereo@2019-r1").chi2("2nu-ee", dm2_41=20.0, sin2_2theta_ee=0.1)
