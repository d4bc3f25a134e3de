"""The importer of Daya Bay's spectra, on files invented in the formats of the supplements."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from importers import daya_bay
from importers._daya_bay_pulls import scale_effect

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

EDGES = (0.70, 1.30, 1.55, 12.00)
BINS = len(EDGES) - 1


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    recent, first = tmp_path / daya_bay.RECENT, tmp_path / daya_bay.FIRST
    bins = [f"{low} {high} 1.0" for low, high in pairwise(EDGES)]
    for hall in daya_bay.HALLS:
        spectrum = [f"{b} 101 102 103 91 92 93" for b in bins]
        write(recent / f"DayaBay_IBDPromptSpectrum_{hall}_3158days.txt", "# header", *spectrum)
        backgrounds = [f"{b} {10 + k} 6 1 1 1 1" for k in range(3) for b in bins]
        write(recent / f"DayaBay_BackgroundSpectrum_{hall}_3158days.txt", "# header", *backgrounds)
        write(first / f"Data{hall}.dat", *(f"{b.replace(' ', ',')},101,99,103,10,6,1,1,1,1" for b in bins))
    correlation = [f"1.8 2.0 2.2 0.05 {' '.join(['0.5'] * 26)}"] * 26
    write(recent / "DayaBay_CorrMat_arXiv_1607.05378.txt", "names of columns", *correlation)
    write(first / "NeutrinoCovMatrix.dat", *[",".join(["2.0"] * 26)] * 26)
    write(first / "ReconstructMatrix.dat", *(",".join(map(str, row)) for row in np.eye(240)))
    write(tmp_path / daya_bay.EVOLUTION, "0.3 1 0.34 0.51 0.08 0.07 5.8", "0 0.3 0.26 0.63 0.08 0.05 6.0")
    distances = ",".join(f"L_{core}_m" for core in daya_bay.CORES)
    rows = [
        f"AD{k},{hall},20000,0.8,{int(k != 4)},1,1,{','.join([f'{500 * k}'] * 6)}"
        for k, hall in enumerate(("EH1", "EH2", "EH3", "EH3"), 1)
    ]
    header = f"detector,hall,target_kg,efficiency_mu_x_mult,in_6AD,in_8AD,in_7AD,{distances}"
    write(tmp_path / daya_bay.GEOMETRY, header, *rows)
    exposures = [f"EH,AD{k},500,{1.0 if k == 4 else 1.1},0.9,20,1" for k in range(1, 5)]
    write(tmp_path / daya_bay.EXPOSURES, "hall,detector,L_m,power,norm,target_mass_t,time", *exposures)
    fluxes = tmp_path / "reactor/globesfit_fluxes"
    for isotope in ("U235", "U238", "Pu239", "Pu241"):
        write(fluxes / f"Pure_{isotope}.dat", "0.0018 0 0 0 2. 0 0", "0.01 0 0 0 1. 0 0")
    write(fluxes / "IBDnew.dat", "-2.744 0 0 0 0.0 0 0", "-2.0 0 0 0 1.0 0 0")
    return tmp_path


def test_periods_become_sites_with_their_backgrounds(originals: Path) -> None:
    spectra = daya_bay.tables(originals, "3158")["spectra"]
    assert spectra["site"].unique().tolist()[:4] == ["EH1-6AD", "EH1-8AD", "EH1-7AD", "EH2-6AD"]
    own = spectra[spectra["site"] == "EH2-7AD"]
    assert own["observed"].tolist() == [103.0] * BINS
    assert own["background"].tolist() == [12.0] * BINS


def test_detectors_that_were_not_there_are_left_out(originals: Path) -> None:
    baselines = daya_bay.tables(originals, "3158")["baselines"]
    far = baselines[baselines["site"] == "EH3-6AD"]
    assert far["detector"].unique().tolist() == ["AD3"]
    assert baselines.loc[baselines["site"] == "EH3-8AD", "detector"].unique().tolist() == ["AD3", "AD4"]


def test_backgrounds_are_taken_out_of_the_predictions_of_1230_days(originals: Path) -> None:
    spectra = daya_bay.tables(originals, "1230")["spectra"]
    assert spectra[["observed", "predicted", "unoscillated"]].iloc[0].tolist() == [101.0, 89.0, 93.0]


def test_rows_of_the_matrix_are_summed_into_bins(originals: Path) -> None:
    migration = daya_bay.tables(originals, "1230")["migration"].to_numpy()
    assert migration.shape == (BINS, 240)
    assert migration.sum(axis=1).tolist() == [12.0, 5.0, 209.0]  # columns of 50 keV
    assert migration[0, 14:26].all()


def test_bins_that_cut_columns_are_refused(originals: Path) -> None:
    for hall in daya_bay.HALLS:
        write(originals / daya_bay.FIRST / f"Data{hall}.dat", "0.7,1.32,1,101,99,103,10,6,1,1,1,1")
    with pytest.raises(NuanomalyError, match="not sums of those of the matrix"):
        daya_bay.tables(originals, "1230")


def test_pulls_have_an_effect_each(originals: Path) -> None:
    found = daya_bay.tables(originals, "3158")
    pulls, effects = found["pulls"], found["pull-effects"]
    assert effects.columns.tolist() == pulls["pull"].tolist()
    assert len(effects) == 9 * BINS
    assert pulls["sigma"].isna().sum() == BINS
    cores = effects[[name for name in effects if str(name).startswith("core-")]]
    np.testing.assert_allclose(cores.sum(axis=1), 1.0)
    detectors = effects[[name for name in effects if str(name).startswith("efficiency-")]]
    np.testing.assert_allclose(detectors.sum(axis=1), 1.0)
    assert pulls["acts_on"].tolist()[-3:] == ["background"] * 3


def test_a_scale_moves_events_and_makes_none() -> None:
    random = np.random.default_rng(0)
    spectrum = np.concatenate([[0.0], random.uniform(1.0, 2.0, 98), [0.0]])
    edges = np.array([0.0, 1.0, 2.5, 5.0])
    content = np.add.reduceat(spectrum, [0, 20, 50])
    effect = scale_effect(content, edges, spectrum, 0.05)
    assert (effect * content).sum() == pytest.approx(0.0, abs=1e-9)


def test_an_unknown_measurement_is_named(originals: Path) -> None:
    with pytest.raises(UnknownNameError, match="1958"):
        daya_bay.tables(originals, "1958")


def test_a_background_without_its_periods_is_refused(originals: Path) -> None:
    path = originals / daya_bay.RECENT / "DayaBay_BackgroundSpectrum_EH1_3158days.txt"
    write(path, "0.7 1.3 1.0 10 6 1 1 1 1")
    with pytest.raises(NuanomalyError, match="has 1 rows for 3 bins"):
        daya_bay.tables(originals, "3158")
