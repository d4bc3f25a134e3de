"""The importer of reactor spectra, on a compilation invented in the originals' formats."""

from pathlib import Path

import numpy as np
import pytest
from importers import reactor_spectra
from importers.reactor_spectra import mean_sin2

from nuanomaly.archive.errors import NuanomalyError

ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
SETUP = (
    "experiment,detector,L_m,Enu_min_MeV,Enu_max_MeV,n_glb_bins,analysis_bins,sigma_alpha,"
    "sigma_beta_sqrtGeV,sigma_gamma_GeV,avg_sin2_table",
    "DANSS,top,10.5,1.8,9.8,32,4..27,0.08,0.006,0,up",
    "DANSS,bottom,12.5,1.8,9.8,32,4..27,0.08,0.006,0,down",
    "RENO,ND,433.1,2.08,7.78,29,22 x1, 2 x2, 1 x3,0,0,0.0004,near",
    "RENO,FD,1446.8,2.08,7.78,29,22 x1, 2 x2, 1 x3,0,0,0.0004,far",
    "DoubleChooz,ND,400.0,1.78,8.28,26,all,0,0.0025,0,near",
    "DoubleChooz,FD,1050.0,1.78,8.28,26,all,0,0.0025,0,far",
)


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def averages(path: Path, *lengths: float) -> None:
    """Write averages of sin²(qL) over intervals of 0.3 m, seen with equal shares."""
    log_q = np.arange(1.0, 3.5, 0.01)
    found = np.mean([mean_sin2(10.0**log_q / 1000.0, L, 0.15) for L in lengths], axis=0)
    lines = (f"{a:.2f},{float(b)!r}" for a, b in zip(log_q, found, strict=True))
    write(path, "log10_q,avg_sin2", *lines)


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    common = tmp_path / "reactor" / "globesfit_spectra_common"
    write(common / "detector_setup.csv", *SETUP)
    names = ("DANSSF", "RENO_ND_F", "RENO_FD_F", "DCF")
    write(
        common / "fission_fractions.csv",
        "detector,f_U235,f_U238,f_Pu239,f_Pu241",
        *(f"{name},0.56,0.07,0.31,0.06" for name in names),
    )
    # middles of intervals of the histograms, which begin 2.4 m below 10.5 m and 12.5 m
    averages(common / "avg_sin2_table_up.csv", 9.45, 10.35, 11.25)
    averages(common / "avg_sin2_table_down.csv", 12.05, 13.25)
    averages(common / "avg_sin2_table_near.csv", 433.0)
    averages(common / "avg_sin2_table_far.csv", 1446.0)
    for folder, column in (
        ("danss", "ratio_bottom_over_top"),
        ("reno", "ratio_FD_over_ND"),
        ("doublechooz", "ratio_FD_over_ND"),
    ):
        data = tmp_path / "reactor" / f"globesfit_{folder}"
        header = f"bin,Eprompt_lo_MeV,Eprompt_hi_MeV,{column}"
        write(data / "ratio.csv", header, "0,1.0,1.25,0.7175", "1,1.25,1.5,0.7193")
        write(data / "inverse_covariance.csv", "c0,c1", "6219.03,-272.466", "-272.466,9201.46")
    write(tmp_path / "reactor" / "contours_numudisapp" / "danss_95.csv", "0.74564, 7.02776", "0.1, 1.5")
    write(
        tmp_path / "reactor" / "globesfit_rates" / "integrated_rates.csv",
        "experiment,baseline_m",
        "DoubleChooz,355;469",
        "Chooz,998;1115",
    )
    fluxes = tmp_path / "reactor" / "globesfit_fluxes"
    for isotope in ISOTOPES:
        write(fluxes / f"Pure_{isotope}_SM.dat", "0.00205 0 0 0 1.3 0 0", "0.003 0 0 0 0.7 0 0")
    write(fluxes / "IBDnew.dat", "-2.5 0. 0. 0. 0.01 0. 0.", "-2.4 0 0 0 0.02 0 0")
    return tmp_path


def test_distances_are_found_from_averages_of_sin2(originals: Path) -> None:
    found = reactor_spectra.tables(originals, "danss")["short-baselines"]
    top = found[found["detector"] == "top"]
    assert top["baseline"].tolist() == pytest.approx([9.45, 10.35, 11.25])
    share = top["strength"] / (top["baseline"] ** 2 - top["half_length"] ** 2)
    np.testing.assert_allclose(share * 10.5**2, 1.0 / 3.0, rtol=1e-4)
    bottom = found[found["detector"] == "bottom"]
    assert bottom["baseline"].tolist() == pytest.approx([12.05, 13.25])


def test_averages_of_distances_elsewhere_are_refused(originals: Path) -> None:
    averages(originals / reactor_spectra.COMMON / "avg_sin2_table_up.csv", 25.0)
    with pytest.raises(NuanomalyError, match="top: the averages are those of no distribution"):
        reactor_spectra.tables(originals, "danss")


def test_distances_to_the_cores_are_taken_where_they_are_known(originals: Path) -> None:
    found = reactor_spectra.tables(originals, "double-chooz")["long-baselines"]
    assert found["baseline"].tolist() == [355.0, 469.0, 998.0, 1115.0]
    assert found["half_length"].tolist() == [1.5] * 4
    near, far = found.groupby("detector", sort=False)["strength"].sum()
    assert near == pytest.approx(258 * 0.8547 * 1.0045)
    assert far == pytest.approx(818 * 0.8678)


def test_bare_commas_in_the_list_of_detectors_do_not_shift_columns(originals: Path) -> None:
    found = reactor_spectra.tables(originals, "reno")
    assert set(found) == {"ratio", "inverse-covariance", "detectors", "average-sin2"}
    assert found["detectors"]["resolution_constant"].tolist() == [0.0004, 0.0004]
    assert found["detectors"]["effective_baseline"].tolist() == [433.1, 1446.8]


def test_ratio_and_contour_are_the_originals(originals: Path) -> None:
    found = reactor_spectra.tables(originals, "danss")
    assert found["ratio"].to_numpy().tolist() == [[0, 1.0, 1.25, 0.7175], [1, 1.25, 1.5, 0.7193]]
    assert found["inverse-covariance"].to_numpy().tolist() == [[6219.03, -272.466], [-272.466, 9201.46]]
    assert found["contour-95"]["dm2_41"].tolist() == [7.02776, 1.5]
    assert found["average-sin2"].columns.tolist() == ["detector", "log10_q", "average"]
