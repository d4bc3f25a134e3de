"""The approximate fit of MicroBooNE's two beams, on kernels of two energies that were made up."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from importers import _microboone_kernels as kernels

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load

ENERGIES = np.array([0.5, 1.0])
BACKGROUND = 2.0
#: Events of a bin of each flavour, per true energy.
EVENTS = {"nue": 3.0, "nuebar": 1.0, "numu": 30.0, "numubar": 10.0}
BASELINES = {"bnb": 0.4685, "numi": 0.68}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for beam, baseline in BASELINES.items():
        base = tmp_path / beam / "reweighting"
        base.mkdir(parents=True)
        about = {"baseline_km": baseline}
        said = about if beam == "bnb" else {"reference": about}
        (base / "metadata.json").write_text(json.dumps(said), "utf-8")
        pd.DataFrame({"true_bin": [0, 1], "true_energy_GeV": ENERGIES}).to_csv(
            base / "true_energy_GeV.csv", index=False
        )
        pd.DataFrame({"bin": range(4), "counts": BACKGROUND}).to_csv(
            base / "fixed_published_background_counts.csv", index=False
        )
        for ways in kernels._ARRIVING.values():
            for source, detector in ways:
                counts = np.zeros((4, 2))
                counts[slice(0, 2) if "nue" in detector else slice(2, 4)] = EVENTS[source]
                frame = pd.DataFrame(counts, columns=["true_bin_000", "true_bin_001"])
                frame.insert(0, "bin", range(4))
                frame.to_csv(base / f"beam_{source}_to_{detector}_cc_response_counts.csv", index=False)
    return tmp_path


@pytest.fixture
def channels() -> pd.DataFrame:
    """One bin for each channel that has kernels, and one that has none."""
    names = [f"{beam}-{channel}" for beam in BASELINES for channel in (*kernels.CHANNELS, "nc-pi0")]
    expected = {"nue": BACKGROUND + 8.0, "num": BACKGROUND + 80.0, "nc-": 5.0}
    prediction = [expected[name.partition("-")[2][:3]] for name in names]
    return pd.DataFrame(
        {"channel": names, "data": np.round(prediction).astype(int), "prediction": prediction}
    )


def made(folder: Path, channels: pd.DataFrame) -> kernels.TwoBeams:
    errors = pd.DataFrame(np.diag((0.1 * channels["prediction"].to_numpy()) ** 2))
    return kernels.TwoBeams(folder, channels, errors)


def test_an_oscillated_prediction_is_that_of_the_formulas(folder: Path, channels: pd.DataFrame) -> None:
    fit = made(folder, channels)
    fit.at(1.2)
    found = fit.predict(0.1, 0.02)
    for place, baseline in ((0, 0.4685), (4, 0.68)):
        wave = np.sin(1.267 * 1.2 * baseline / ENERGIES) ** 2
        electrons = BACKGROUND + 4.0 * np.sum(1.0 - 4.0 * 0.1 * 0.9 * wave + 10.0 * 4.0 * 0.1 * 0.02 * wave)
        muons = BACKGROUND + 40.0 * np.sum(1.0 - 4.0 * 0.02 * 0.98 * wave + 0.1 * 4.0 * 0.1 * 0.02 * wave)
        assert found[place] == pytest.approx(electrons, rel=1e-12)
        assert found[place + 2] == pytest.approx(muons, rel=1e-12)


def test_data_that_are_the_prediction_give_no_chi2_and_exclude_what_differs(
    folder: Path, channels: pd.DataFrame
) -> None:
    fit = made(folder, channels)
    assert fit.chi2(fit.none, fit.data) == pytest.approx(0.0, abs=1e-12)
    fit.at(1.2)
    weak, strong = fit.result([(0.01, 0.0)]), fit.result([(0.4, 0.0)])
    assert 0.0 < weak[0] < strong[0]
    assert weak[1] > strong[1]


def test_cls_of_the_expected_data_is_that_of_two_normal_distributions(
    folder: Path, channels: pd.DataFrame
) -> None:
    fit = made(folder, channels)
    fit.at(1.2)
    seen, found = fit.result([(0.2, 0.0)])
    signal = fit.predict(0.2, 0.0)
    present = fit.chi2(fit.none, signal)
    # the data are what is expected without oscillation: half of such data lie above
    expected = math.erfc((seen + present) / math.sqrt(8.0 * present))
    assert found == pytest.approx(expected, rel=1e-9)


def test_kernels_that_do_not_close_are_refused(folder: Path, channels: pd.DataFrame) -> None:
    with pytest.raises(NuanomalyError, match="do not give the prediction"):
        made(folder, channels.assign(prediction=channels["prediction"] + 0.01))


def test_the_overlay_is_stronger_than_the_published_limit_and_stays_a_draft() -> None:
    release = load("microboone-bnb-numi@2025-r2")
    assert release.state == "draft"
    assert load("microboone-bnb-numi").id == "microboone-bnb-numi@2025-r1"
    table = release.table("approximate-ee")
    own = table[(table["cls"] < 0.05) & (table["dm2_41"] == 1.0)]["sin2_2theta_ee"].min()
    published = load("contours@2026-r1").table("nue-disappearance")
    curve = published[published["contour"] == "microboone-2025"]
    near = curve.iloc[np.log(curve["dm2_41"]).abs().argsort()[:3]]["sin2_2theta"].mean()
    assert own < 0.7 * near
