"""What toys cost: the arithmetic of extrapolating, and that everything that is timed can be timed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from nuanomaly.cli import main
from nuanomaly.inference import cost
from nuanomaly.inference.run_files import read


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few and short measurements."""
    for name, value in {
        "POINTS": (30, 60), "BLOCKS": (1, 2), "BINS": (5, 10), "TIMED": {"karmen": cost.TIMED["karmen"]},
        "GLOBAL": ("karmen", "lsnd", "danss"), "_AT_LEAST": 0.0, "_REPEATS": 1, "_TRUTHS": 2,
        "_TIMED_POINTS": 64,
    }.items():  # fmt: skip
        monkeypatch.setattr(cost, name, value)


def test_a_power_is_found_with_its_error() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    found = cost.law(x, 0.3 * x**1.5)
    assert (found.exponent, found.error) == (pytest.approx(1.5), pytest.approx(0.0, abs=1e-9))
    noisy = cost.law(x, 0.3 * x * np.array([1.0, 1.2, 1.0, 0.9, 1.1]))
    assert abs(noisy.exponent - 1.0) < 3.0 * noisy.error


def test_hours_are_true_points_times_toys_times_seconds_over_cores() -> None:
    frame = pd.DataFrame(
        {
            "dataset": ["a", "b", "surface"],
            "seconds_per_toy": [0.1, 0.26, np.nan],
            "spread": [0.1, 0.0, np.nan],
        }
    )
    found = cost.extrapolated(frame, 1000, 500, 50)
    assert found["hours"] == pytest.approx(0.36 * 1000 * 500 / 50 / 3600)
    assert found["error"] == pytest.approx(0.01 * 1000 * 500 / 50 / 3600)
    assert cost.extrapolated(frame, 1000, 500, 50, ["b"])["seconds_per_toy"] == pytest.approx(0.1)


@pytest.mark.usefixtures("quick")
def test_every_engine_can_be_timed() -> None:
    frame = cost.rates()
    assert set(frame["engine"]) >= {"LinearEngine", "FixedEngine"}
    assert (frame["seconds_per_toy"] > 0.0).all()
    laws = cost.laws(frame)
    assert set(laws["bins, linear"]) == {"points", "toys", "bins"}
    assert set(laws["karmen"]) == {"points", "toys"}


@pytest.mark.usefixtures("quick")
def test_the_measurement_is_stored_by_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "global_fit", lambda **_: whole)
    whole = pd.DataFrame({"dataset": ["a"], "seconds_per_toy": [0.1], "spread": [0.0]})
    done = CliRunner().invoke(main, ["cost", "-o", str(tmp_path / "cost"), "--json"])
    assert done.exit_code == 0, done.output
    tables, about = read(tmp_path / "cost")
    assert set(tables) == {"rates", "global"}
    assert about["laws"] == json.loads(done.output)["laws"]
    assert "numpy" in about["versions"]


@pytest.mark.usefixtures("quick")
def test_a_surface_of_the_global_fit_has_no_cost_of_toys() -> None:
    frame = cost.global_fit(cost.GLOBAL, (8, 6, 6)).set_index("dataset")
    assert np.isnan(frame.loc["lsnd", "seconds_per_toy"])
    assert frame.loc["karmen", "depends"] == "product"
    assert frame.loc["karmen", "points"] == 8 * 11
    assert frame.loc["danss", "points"] == 8 * 6
    assert frame.loc["sum and minimum", "seconds_per_toy"] > 0.0


def test_bayes_is_a_command() -> None:
    grid = ["--grid", "dm2_41=0.3:10:12", "--grid", "sin2_2theta_ee=0.02:0.9:10"]
    command = ["bayes", "gallex:prc", "best:prc", "--model", "2nu-ee", *grid]
    found = json.loads(
        CliRunner().invoke(main, [*command, "--prior", "sin2_2theta_ee=flat", "--json"]).output
    )
    assert found["prior"] == {"dm2_41": "log", "sin2_2theta_ee": "flat"}
    assert found["ln_bayes_factor"] > 3.0
    assert found["tension"]["ln_ratio"] is not None
    text = CliRunner().invoke(main, command).output
    assert "against each other" in text
    wrong = CliRunner().invoke(main, [*command, "--prior", "sin2_2theta_ee"])
    assert "write NAME=log" in wrong.output
