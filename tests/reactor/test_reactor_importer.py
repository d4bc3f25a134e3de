"""The importer of the reactor rates, on a compilation invented in the originals' formats."""

from pathlib import Path

import numpy as np
import pytest
from importers import reactor_rates

from nuanomaly.archive.errors import NuanomalyError

EXPERIMENTS = [*(f"Bugey-{k}" for k in range(20)), "Nucifer", "PaloVerde", "DoubleChooz", "Chooz"]
QUANTITIES = "f_U235,f_U238,f_Pu239,f_Pu241,R_HM,R_EF_summation,R_HKSS"
VALUES = "0.5,0.1,0.3,0.1,0.941,0.979,0.9327"
ISOTOPES = "U235,U238,Pu239,Pu241"


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def matrix(path: Path, n: int, corner: float = 0.0) -> None:
    values = np.eye(n)
    values[0, -1] = values[-1, 0] = corner
    header = ",".join(f"c{k}" for k in range(n))
    write(path, header, *(",".join(repr(float(v)) for v in row) for row in values))


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    rates, common = tmp_path / "reactor/globesfit_rates", tmp_path / "reactor/globesfit_spectra_common"
    lengths = [*(["15"] * 21), "750;890", "355;469", "998;1115"]
    lines = [f"{k},{e},{L},{VALUES}" for k, (e, L) in enumerate(zip(EXPERIMENTS, lengths, strict=True))]
    write(rates / "integrated_rates.csv", f"index,experiment,baseline_m,{QUANTITIES}", *lines)
    matrix(rates / "integrated_rates_inverse_covariance.csv", 24)
    for name in ("dayabay", "reno"):
        write(rates / f"{name}_evolution.csv", f"bin,{QUANTITIES}", f"0,{VALUES}", f"1,{VALUES}")
        matrix(rates / f"{name}_evolution_inverse_covariance.csv", 2)
    for model in ("HM", "SM", "HKSS"):
        write(rates / f"flux_norm_uncertainties_{model}.csv", ISOTOPES, "0.02,0.1,0.03,0.04")
        write(rates / f"flux_norm_inverse_correlation_{model}.csv", ISOTOPES, *["1,0,0,0"] * 4)
    fluxes = tmp_path / "reactor/globesfit_fluxes"
    for isotope in ISOTOPES.split(","):
        for suffix in ("", "_SM", "_HKSS"):
            write(fluxes / f"Pure_{isotope}{suffix}.dat", "0.00207 0. 0. 0. 1.3 0. 0.", "0.003 0 0 0 0.7 0 0")
    write(fluxes / "IBDnew.dat", "# comment", "-2.5 0. 0. 0. 0.01 0. 0.", "-2.4 0 0 0 0.02 0 0")
    write(common / "detector_setup.csv", "experiment,detector,L_m", "RENO,ND,433.135,2.08,22 x1, 2 x2")
    detectors = [f"EH1,{name},560,1.0,0.8,19.9,1" for name in ("AD1", "AD2", "AD3", "AD8")]
    write(common / "dayabay_detectors.csv", "hall,detector,L_m,power,norm,target_mass_t,time", *detectors)
    cores = ",".join(f"L_{core}_m" for core in reactor_rates.CORES)
    distances = [f"{name},360.5,370,900,800,1300,1200" for name in ("AD1", "AD2", "AD3", "AD8")]
    write(tmp_path / "reactor/dayabay_geometry/dayabay_ad_reactor.csv", f"detector,{cores}", *distances)
    return tmp_path


def test_rates_are_split_where_three_flavours_begin_to_matter(originals: Path) -> None:
    found = reactor_rates.tables(originals)
    assert len(found["short-baseline-rates"]) == 21
    assert found["long-baseline-rates"]["site"].tolist() == ["palo-verde", "double-chooz-near", "chooz"]
    assert found["long-baseline-rates-inverse-covariance"].columns.tolist() == ["c0", "c1", "c2"]
    assert found["short-baseline-rates"]["ratio_summation"].tolist() == [0.979] * 21


def test_correlated_short_and_long_baselines_are_refused(originals: Path) -> None:
    matrix(originals / "reactor/globesfit_rates/integrated_rates_inverse_covariance.csv", 24, corner=0.5)
    with pytest.raises(NuanomalyError, match="correlated with later ones"):
        reactor_rates.tables(originals)


def test_units_are_converted_without_rounding_errors(originals: Path) -> None:
    found = reactor_rates.tables(originals)
    assert found["flux-hkss"]["energy"].tolist() == [2.07, 3.0]
    section = found["cross-section"]
    np.testing.assert_allclose(section["energy"], [10**0.5, 10**0.6], rtol=1e-15)
    np.testing.assert_allclose(section["cross_section"], [10**-2.5 * 1e-40, 2 * 10**-2.4 * 1e-40], rtol=1e-15)


def test_each_near_detector_of_daya_bay_sees_six_cores(originals: Path) -> None:
    baselines = reactor_rates.tables(originals)["long-baselines"].set_index("site")
    daya_bay = baselines.loc["daya-bay-near"]
    assert len(daya_bay) == 24
    assert daya_bay["strength"].iloc[0] == 69031.6672  # 19.9 t × 0.8 × 4336.16
    assert baselines.loc["reno-near", "baseline"] == 433.135


def test_a_broken_line_of_a_flux_is_named_with_its_number(originals: Path) -> None:
    write(originals / "reactor/globesfit_fluxes/Pure_U238.dat", "0.00207 0. 0. 0. 1.3 0. 0.", "0.003 0 0")
    with pytest.raises(NuanomalyError, match=r"Pure_U238\.dat, line 2: has 3 columns"):
        reactor_rates.tables(originals)


def test_fluxes_at_different_energies_are_refused(originals: Path) -> None:
    write(originals / "reactor/globesfit_fluxes/Pure_Pu239.dat", "0.002 0. 0. 0. 1.3 0. 0.")
    with pytest.raises(NuanomalyError, match="energies are not those of U235"):
        reactor_rates.tables(originals)


def test_a_missing_original_is_named(originals: Path) -> None:
    (originals / "reactor/globesfit_rates/reno_evolution.csv").unlink()
    with pytest.raises(NuanomalyError, match=r"reno_evolution\.csv: the original is missing"):
        reactor_rates.tables(originals)
