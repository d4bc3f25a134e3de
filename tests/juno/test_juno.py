"""JUNO's first data: files become tables, and Δχ² is read at θ12 and Δm²21 of any model that has them."""

from pathlib import Path

import numpy as np
import pytest
from importers import juno

from nuanomaly.inference.applicable import refusal
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.extra_events import ExtraEvents
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Model, NotApplicableError
from nuanomaly.model.registry import model

FILES = {
    "fig3_panel_a_data.csv": (
        "# comment\nEc,Ewid,Nobs,Nobs_err,Npred_best_fit,Npred_signal,Npred_9Li8He,Npred_Geonu,"
        "Npred_WorldRea,Npred_Bipo,Npred_OtherBkg\n0.85,0.30,6.70,1.49,6.60,4.14,0.45,1.36,0.05,0.11,0.48\n"
    ),
    "fig3_panel_c_data.csv": "Ec,Ewid,Pee_meas,Pee_err_meas\n0.850,0.300,0.752,0.266\n",
    "fig4_JUNO_DeltaChi2_59.1days.csv": (
        "Delta m^2_21 [x 10^{-5} eV^2],sin^2(theta_12),Delta chi^2\n6.90000,0.26000,64.50600\n"
    ),
    "edfig2_positron_FullNL.csv": (
        "True E (MeV),Full NL,Error Low,Error High\r\n1.022,0.8948 ,-0.0036 ,0.0037 \r\n"
    ),
}


def test_numbers_per_energy_become_counts_of_bins(tmp_path: Path) -> None:
    folder = tmp_path / juno.FOLDER
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    found = juno.tables(tmp_path)
    row = found["spectrum"].iloc[0]
    assert (row["energy_low"], row["energy_high"]) == (0.7, 1.0)
    assert row["observed"] == 20
    assert row["best_fit"] == pytest.approx(19.8)
    assert found["surface"].iloc[0].tolist() == [6.9e-05, 0.26, 64.506]
    assert found["survival"].iloc[0].tolist() == [0.7, 1.0, 0.752, 0.266]


def test_a_fourth_neutrino_is_read_at_its_theta12() -> None:
    own = likelihood("juno")
    three = own.chi2("3nu", sin2_theta12=0.33, dm2_21=7.5e-5)
    four = own.chi2("3+1", dm2_41=1.0, Ue4_sq=0.1, Umu4_sq=0.0, sin2_theta12=0.33, dm2_21=7.5e-5)
    assert three == four > 4.0


def test_outside_the_table_there_is_no_likelihood() -> None:
    with pytest.raises(NotApplicableError, match="sin2_theta12 from"):
        likelihood("juno").chi2("3nu", sin2_theta12=0.2, dm2_21=7.5e-5)


def _lost(initial: str, final: str, antineutrino: bool, L, E, dm2_41, Umu4_sq, sin2_theta12, dm2_21):  # type: ignore[no-untyped-def]
    return np.ones_like(L * E)


@pytest.mark.parametrize("table", ["juno@2025-r2", "juno@2025-r1", "minos-sterile@2019-r1:map"])
@pytest.mark.parametrize(
    "hypothesis",
    [
        ExtraEvents("excess", {"karmen": np.zeros(9)}, oscillation=model("3+1")),
        model("light-vector"),
        model("3+2"),
        model("3+1/decay"),
        model("3+1/wave-packet"),
        model("3+1/nsi"),
        FunctionModel(_lost),
    ],
    ids=lambda hypothesis: hypothesis.name,
)
def test_a_table_refuses_what_it_was_not_made_with(table: str, hypothesis: Model) -> None:
    """These hypotheses have the table's coordinates by name, and do more than the table knows."""
    release, _, mode = table.partition(":")
    said = refusal(likelihood(release, mode or None), hypothesis, {})
    assert said.startswith("not applicable: the table of")
    assert hypothesis.name in said


def test_a_decay_that_a_table_was_made_with_is_read() -> None:
    assert refusal(likelihood("icecube-unstable"), model("3+1/decay"), {}) == ""
    assert "alpha_4" in refusal(likelihood("icecube-sterile"), model("3+1/decay"), {})
