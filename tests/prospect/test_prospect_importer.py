"""The importer of PROSPECT, on two segments invented in the formats of the ancillary files."""

from pathlib import Path

import numpy as np
import pytest
from importers import prospect

from nuanomaly.archive.errors import NuanomalyError


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def rows(n: int, width: int, value: str = "0.5") -> list[str]:
    return [",".join([value] * width)] * n


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / prospect.FOLDER
    write(folder / "1.1_Osc_SegmentMap.txt", "1,6.75,0,0,0", "1,6.86,1,1,0", "2,7.43,6,6,0")
    write(folder / "1.5_Osc_RelativeEfficiencies.txt", "0,0,0", "1,0,0.75", "6,0,1")
    write(folder / "1.2_Osc_CovarianceMatrix.txt", *rows(160, 160))
    for number in (1, 6):
        write(folder / f"1.3_Osc_DetResponse{number}.txt", *rows(16, 82, "0.001"))
        spectrum = [f"{1 + 0.4 * k:g},{10 * number + k},1,2,3" for k in range(16)]
        write(folder / f"1.4_Osc_Prompt{number}.txt", *spectrum)
    for baseline in range(1, 11):
        prediction = [f"{1 + 0.4 * k:g},{baseline}.5" for k in range(16)]
        write(folder / f"1.6_Osc_NullOscPred{baseline}.txt", *prediction)
    write(folder / "2.1_SpectrumData.txt", "# header", *(f"{0.9 + 0.2 * k:g}, 4, 1, 2, 1" for k in range(32)))
    write(
        folder / "2.3_HFIRSpectrumPrediction.txt",
        "#",
        *(f"{0.9 + 0.2 * k:g}, 4, 3, 1, 0, 0" for k in range(32)),
    )
    write(folder / "2.4_CovarianceMatrix.txt", "#", *rows(32, 32))
    write(folder / "2.2_ResponseMatrix.txt", "#", *rows(200, 200, "0.0"))
    fluxes = tmp_path / "reactor/globesfit_fluxes"
    for isotope in ("U235", "U238", "Pu239", "Pu241"):
        write(fluxes / f"Pure_{isotope}.dat", "0.0018 0 0 0 2. 0 0", "0.01 0 0 0 1. 0 0")
    write(fluxes / "IBDnew.dat", "-2.744 0 0 0 0.0 0 0", "-2.0 0 0 0 1.0 0 0")
    return tmp_path


def test_only_segments_with_an_efficiency_are_used(originals: Path) -> None:
    found = prospect.tables(originals)
    assert len(found["segments"]) == 3
    assert found["baselines"]["detector"].tolist() == ["segment-1", "segment-6"]
    assert found["baselines"]["strength"].tolist() == [0.75, 1.0]
    assert found["segment-response"]["detector"].unique().tolist() == ["segment-1", "segment-6"]


def test_counts_of_a_baseline_are_those_of_its_segments(originals: Path) -> None:
    spectra = prospect.tables(originals)["spectra"]
    counts = {site: part["counts"].tolist() for site, part in spectra.groupby("site")}
    assert counts["baseline-1"] == [10.0 + k for k in range(16)]
    assert counts["baseline-2"][0] == 60.0
    assert sum(counts["baseline-3"]) == 0.0
    assert spectra["predicted"].iloc[-1] == 10.5
    assert spectra["energy_low"].iloc[0] == 0.8


def test_the_detected_spectrum_is_flux_times_cross_section(originals: Path) -> None:
    found = prospect.tables(originals)["antineutrino-energies"]
    assert found["energy_low"].iloc[0] == 1.8
    assert found["energy_high"].iloc[-1] == 10.0
    # the flux falls linearly from 2 to 1, the cross section rises linearly from the threshold: a parabola
    expected = (2.0 - (9.95 - 1.8) / 8.2) * 1e-40 * (9.95 - 10**0.256) / (10 - 10**0.256)
    assert found["u235"].iloc[-1] == pytest.approx(expected, rel=1e-3)


def test_a_missing_row_is_found(originals: Path) -> None:
    write(originals / prospect.FOLDER / "1.4_Osc_Prompt6.txt", "1,1,1,1,1")
    with pytest.raises(NuanomalyError, match=r"Prompt6\.txt: has 1 rows, expected 16"):
        prospect.tables(originals)


def test_a_segment_without_efficiency_is_found(originals: Path) -> None:
    write(originals / prospect.FOLDER / "1.5_Osc_RelativeEfficiencies.txt", "0,0,0", "1,0,0.75")
    with pytest.raises(NuanomalyError, match=r"no efficiency in file 1\.5"):
        prospect.tables(originals)


def test_the_covariance_is_read_row_by_row(originals: Path) -> None:
    assert np.all(prospect.tables(originals)["covariance"].to_numpy() == 0.5)
