"""The importers on files made up for the purpose."""

from pathlib import Path

import numpy as np
import pytest
from importers import (
    coherent_csi_2017,
    coherent_csi_2021,
    coherent_csi_quenching,
    coherent_lar_2020,
    sns_flux,
)

from nuanomaly.archive.errors import NuanomalyError

PARAMETERS = """
beamExposure: {name: exposure, value: 2.0, units: GW*hr, uncertainty: negligible}
acceptanceEfficiency:
  name: acceptance
  parameters:
    - {name: a, value: 1.0, error_hi: 0.1, error_lo: 0.2}
    - {name: k, value: 50.0, error_hi: 0.1, error_lo: 0.2}
    - {name: x_0, value: 1.0, error_hi: 0.1, error_lo: 0.2}
  comment: f(x)
"""
TIMES = [0.25, 5.75, 6.25]
PLACES = [1.0, 7.0, 29.0, 31.0]


@pytest.fixture
def csi(tmp_path: Path) -> Path:
    folder = tmp_path / coherent_csi_2017.FOLDER
    folder.mkdir(parents=True)
    for number, file in enumerate(coherent_csi_2017._COUNTS.values()):
        lines = [f"{p}, {t}, {number + i}" for i, (p, t) in enumerate((p, t) for p in PLACES for t in TIMES)]
        header = [coherent_csi_2017._HEADER] if "Off" in file else []
        (folder / file).write_text("\n".join([*header, *lines]))
    for file in coherent_csi_2017._ARRIVAL.values():
        (folder / file).write_text("0.25, 0.5\n5.75, 0.25\n6.25, 0.25\n")
    (folder / "promptPDF.txt").write_text("# comment\n6.5, 3.0\n7.5, 1.0\n8.5, 9.0\n29.5, 2.0\n")
    (folder / "coherent_parameters.yaml").write_text(PARAMETERS)
    return tmp_path


def test_csi_2017_keeps_every_count_and_fits_those_in_the_window(csi: Path) -> None:
    found = coherent_csi_2017.tables(csi)
    assert len(found["counts"]) == 12
    assert found["counts"]["anticoincidence_off"].tolist() == list(range(3, 15))
    cells = found["cells"]
    assert cells["photoelectrons_low"].tolist() == [6.0, 6.0, 28.0, 28.0]
    assert cells["time_high"].tolist() == [0.5, 6.0, 0.5, 6.0]
    assert cells["observed"].tolist() == [3, 4, 6, 7]
    # rate × exposure × arrival, the acceptance being one here
    assert cells["neutrons"].tolist() == [4.0, 2.0, 2.0, 1.0]


def test_csi_2017_steady_states_are_products_of_light_and_time(csi: Path) -> None:
    plain, found = (coherent_csi_2017.tables(csi, steady_states=more)["cells"] for more in (False, True))
    assert list(found)[: len(plain.columns)] == list(plain)
    long, every = (found[name].to_numpy().reshape(2, 2) for name in ("steady_long", "steady_every"))
    for cells in (long, every):
        assert cells[0, 0] * cells[1, 1] == pytest.approx(cells[0, 1] * cells[1, 0])
    # before the pulse, beam on: 5, 6, 7 and 8, 9, 10 counts at 0.25, 5.75 and 6.25 µs; 13, 15 and 17 in all
    rate = np.log(long[0, 0] / long[0, 1]) / 5.5
    weight = np.exp(-rate * np.array(TIMES))
    assert (weight * TIMES).sum() / weight.sum() == pytest.approx((13 * 0.25 + 15 * 5.75 + 17 * 6.25) / 45)
    assert long.sum() == pytest.approx(45.0 * weight[:2].sum() / weight.sum())
    # at 0.25 and 5.75 µs 5, 6, 8, 9 counts, one less in coincidence and one more before, beam off
    assert every.sum() == pytest.approx(3 * (5 + 6 + 8 + 9) * 308.1 / 615.1)


def test_errors_that_are_negligible_are_zero(csi: Path) -> None:
    found = coherent_csi_2017.tables(csi)["parameters"]
    assert found["name"].tolist()[:2] == ["beamExposure", "acceptanceEfficiency_a"]
    assert found[["plus", "minus"]].to_numpy()[:2].tolist() == [[0.0, 0.0], [0.1, 0.2]]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("data_coincidence_beamOn.txt", "1.0, 0.25, 1.5\n", "whole numbers"),
        ("data_coincidence_beamOff.txt", "1.0, 0.25, 1\n", "other bins"),
        ("promptPDF.txt", "6.5; 3.0\n", "line 1"),
        ("coherent_parameters.yaml", "exposure: {name: x}\n", "neither value nor parameters"),
    ],
)
def test_a_file_that_looks_different_is_refused(csi: Path, file: str, text: str, message: str) -> None:
    (csi / coherent_csi_2017.FOLDER / file).write_text(text)
    with pytest.raises(NuanomalyError, match=message):
        coherent_csi_2017.tables(csi)


def test_a_missing_file_is_named(csi: Path) -> None:
    (csi / coherent_csi_2017.FOLDER / "promptPDF.txt").unlink()
    with pytest.raises(NuanomalyError, match=r"promptPDF\.txt"):
        coherent_csi_2017.tables(csi)


def test_argon_cells_have_edges_around_their_middles(tmp_path: Path) -> None:
    for number, file in enumerate(coherent_lar_2020.CELLS.values()):
        (tmp_path / file).write_text(f"5 0.525 0.15 {number}\n15 0.575 0.65 {number + 1}\n")
    found = coherent_lar_2020.cells(tmp_path)
    assert found.iloc[0, :6].tolist() == [0.0, 10.0, 0.5, 0.55, -0.1, 0.4]
    assert found.iloc[1, :6].tolist() == [10.0, 20.0, 0.55, 0.6, 0.4, 0.9]
    assert found["observed"].tolist() == [0, 1]
    assert found["steady_state"].tolist() == [12.0, 13.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [("5 0.525 0.15 1\n15 0.575 0.66 2\n", "other bins"), ("5 0.525 0.15\n", "has 3 numbers")],
)
def test_argon_templates_must_have_the_same_cells(tmp_path: Path, text: str, message: str) -> None:
    for file in coherent_lar_2020.CELLS.values():
        (tmp_path / file).write_text("5 0.525 0.15 1\n15 0.575 0.65 2\n")
    (tmp_path / "brnpdf.txt").write_text(text)
    with pytest.raises(NuanomalyError, match=message):
        coherent_lar_2020.cells(tmp_path)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    folder = tmp_path / coherent_csi_2021.FOLDER
    folder.mkdir(parents=True)
    for file in coherent_csi_2021._EVENTS.values():
        # inside; on the upper edges of photo-electrons and of time, which are outside; on an inner edge
        (folder / file).write_text("# PE, time\n9.5 0.1\n60.0 0.1\n9.5 6.0\n12.0 1.0\n")
    for name in ("brn", "nin"):
        (folder / f"{name}PE.txt").write_text("9.5 0.25\n100.5 0.75\n")
        (folder / f"{name}Trec.txt").write_text("-0.005 1\n0.115 2\n0.995 3\n")
    (folder / "scintRespCoefficients.txt").write_text("".join(f"{i} 2 3 4\n" for i in range(5)))
    (folder / "effCoefficients.txt").write_text("1 2 3 4\n2 2 3 4\n3 2 3 4\n")
    return tmp_path


def test_csi_2021_counts_events_between_the_edges(full: Path) -> None:
    found = coherent_csi_2021.tables(full)
    assert len(found["coincidence"]) == 4
    cells = found["cells"]
    assert len(cells) == 99
    filled = cells[cells["observed"] > 0]
    assert filled["photoelectrons_low"].tolist() == [8.0, 12.0]
    assert filled["time_low"].tolist() == [0.0, 1.0]
    assert cells["beam_neutrons"].sum() == pytest.approx(0.25 * 5.0)


def test_coefficients_stand_by_power(full: Path) -> None:
    found = coherent_csi_2021.tables(full)
    assert found["scintillation"]["power"].tolist() == [1, 2, 3, 4]
    assert found["scintillation"]["component1_minus"].tolist() == [4.0, 2.0, 3.0, 4.0]
    assert found["efficiency"]["minus"].tolist() == [3.0, 2.0, 3.0, 4.0]


def test_a_set_of_coefficients_too_few_is_refused(full: Path) -> None:
    (full / coherent_csi_2021.FOLDER / "effCoefficients.txt").write_text("1 2 3 4\n")
    with pytest.raises(NuanomalyError, match="1 sets of coefficients, expected 3"):
        coherent_csi_2021.tables(full)


def test_quenching_factors_are_put_in_order(full: Path) -> None:
    folder = full / coherent_csi_2017.FOLDER
    folder.mkdir()
    (folder / "qfData_chicago.txt").write_text("# x\n2.87, 0.56, 0.0521, 0.017\n")
    (folder / "qfData_tunl.txt").write_text(
        "41.6, 2.5, 2.9, 0.099, 0.001, 0.002\n5.4, 0.5, 0.5, 0.085, 0.001, 0.001\n"
    )
    found = coherent_csi_quenching.tables(full)
    assert found["tunl"]["energy"].tolist() == [5.4, 41.6]
    assert found["tunl"]["factor_minus"].tolist() == [0.001, 0.002]


def flux(tmp_path: Path, lines: list[str]) -> Path:
    path = tmp_path / sns_flux.FILE
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines))
    return tmp_path


def test_the_flux_ends_with_its_last_neutrino(tmp_path: Path) -> None:
    originals = flux(tmp_path, ["0.00075 1 0 0 0 2 0", "0.0296 0 7 0 0 0 0", "0.06 0 0 0 0 0 0"])
    spectrum = sns_flux.tables(originals)["spectrum"]
    assert spectrum["energy"].tolist() == [0.75, 29.6]
    assert np.asarray(spectrum[["numu", "nue", "numubar"]]).tolist() == [[0.0, 1.0, 2.0], [7.0, 0.0, 0.0]]


def test_flavours_that_stopped_pions_do_not_give_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match="ν_τ"):
        sns_flux.tables(flux(tmp_path, ["0.00075 1 0 1 0 2 0"]))
