"""chi2, scan, fit, compare, benchmarks through the command: the shapes scripts rely on, and known numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nuanomaly

Run = Callable[..., Any]
AT = ("--set", "dm2_41=1.25", "--set", "sin2_2theta_ee=0.34")


def test_chi2_has_exactly_the_promised_keys_and_the_released_value(run: Run) -> None:
    found = run(
        "chi2", "miniboone-nue@2020", "--mode", "combined", "--model", "2nu-mue",
        "--set", "dm2_41=0.0431", "--set", "sin2_2theta_mue=0.807", "--json",
    ).json  # fmt: skip
    assert found["value"] == pytest.approx(344.519, abs=0.05)
    del found["value"]
    approximate = found.pop("approximate", "absent")
    assert approximate  # never an empty reason
    assert found == {
        "release": "miniboone-nue@2020-r1",
        "mode": "combined",
        "model": "2nu-mue",
        "parameters": {"dm2_41": 0.0431, "sin2_2theta_mue": 0.807},
        "statistic": "-2lnL",
        "n_bins": 38,
    }


def test_chi2_of_a_surface_has_no_bins_and_is_the_tabulated_value(run: Run) -> None:
    at = ("--set", "dm2_41=1.1481536214968828", "--set", "sin2_2theta_mue=0.0028183829312644535")
    found = run("chi2", "lsnd", "--model", "2nu-mue", *at, "--json").json
    assert (found["statistic"], found["n_bins"]) == ("delta", None)
    table = nuanomaly.load("lsnd").table("likelihood")
    assert found["value"] == pytest.approx(table["delta"].min(), abs=1e-3)


def test_an_approximate_likelihood_says_so(run: Run) -> None:
    assert "Gaussian" in run("chi2", "best", "--model", "2nu-ee", *AT, "--json").json["approximate"]
    text = run("chi2", "best", "--model", "2nu-ee", *AT).out
    assert "\napproximate: Gaussian" in text
    assert "dm2_41 = 1.25 eV**2" in text
    assert "χ² = " in text


def test_a_mode_stands_in_the_reference_or_in_the_option(run: Run) -> None:
    one = run("chi2", "best:haxton", "--model", "2nu-ee", *AT, "--json").json
    other = run("chi2", "best", "--mode", "haxton", "--model", "2nu-ee", *AT, "--json").json
    assert one == other
    assert one["mode"] == "haxton"


def test_a_value_may_carry_a_unit(run: Run) -> None:
    plain = run("chi2", "best", "--model", "2nu-ee", *AT, "--json").json
    given = ("--set", "dm2_41=1.25e6 meV**2", "--set", "sin2_2theta_ee=34 percent")
    assert run("chi2", "best", "--model", "2nu-ee", *given, "--json").json["value"] == pytest.approx(
        plain["value"], rel=1e-12
    )


def test_the_command_and_python_give_the_same_number(run: Run) -> None:
    python = nuanomaly.likelihood("gallium").chi2("2nu-ee", dm2_41=1.25, sin2_2theta_ee=0.34)
    assert run("chi2", "gallium", "--model", "2nu-ee", *AT, "--json").json["value"] == python


GRID = ("--grid", "dm2_41=0.1:10:5", "--grid", "sin2_2theta_ee=0.1:0.5:3:lin")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_a_scan_is_saved_with_every_point(run: Run, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"scan{suffix}"
    found = run("scan", "gallium", "--model", "2nu-ee", *GRID, "-o", file, "--json").json
    assert (found["shape"], found["statistic"], found["file"]) == ([5, 3], "chi2", str(file))
    if suffix == ".npz":
        with np.load(file) as saved:
            values = saved["values"]
    else:
        frame = pd.read_csv(file) if suffix == ".csv" else pd.read_parquet(file)
        assert sorted(set(frame["sin2_2theta_ee"])) == pytest.approx([0.1, 0.3, 0.5])
        values = frame["value"].to_numpy()
    assert values.size == 15
    assert values.min() == pytest.approx(found["minimum"], rel=1e-12)


def test_a_scan_of_several_data_sets_is_their_sum(run: Run, tmp_path: Path) -> None:
    def values(*names: str) -> Any:
        run("scan", *names, "--model", "2nu-ee", *GRID, "-o", tmp_path / "s.csv", "--json")
        return pd.read_csv(tmp_path / "s.csv")["value"].to_numpy()

    both = values("gallium", "reactor-rates")
    assert both == pytest.approx(values("gallium") + values("reactor-rates"))


def test_a_scan_told_in_words_names_axes_and_minimum(run: Run) -> None:
    text = run("scan", "best", "--model", "2nu-ee", *GRID).out
    assert "dm2_41: 5 points, 0.1 … 10 eV**2, logarithmic" in text
    assert "sin2_2theta_ee: 3 points, 0.1 … 0.5, linear" in text
    assert "not saved: name a file with -o" in text


def test_nothing_but_the_result_is_printed_into_a_pipe(run: Run) -> None:
    assert run("scan", "best", "--model", "2nu-ee", *GRID, "--json").err == ""


def test_fit_gives_the_best_fit_and_how_significant_it_is(run: Run) -> None:
    found = run("fit", "gallium", "--model", "2nu-ee", "--json").json
    assert found["parameters"]["dm2_41"] == pytest.approx(1.25, abs=0.25)
    assert found["parameters"]["sin2_2theta_ee"] == pytest.approx(0.34, abs=0.09)
    assert found["significance"]["dof"] == 2
    assert found["significance"]["how"] == "Wilks, dof 2, two-sided"
    text = run("fit", "best", "--model", "2nu-ee", "--errors", "hesse").out
    assert "best fit: χ² = " in text
    assert "against no oscillation: Δ = " in text


def test_compare_has_the_promised_keys(run: Run) -> None:
    found = run("compare", "gallium", "reactor-rates", "--model", "2nu-ee", "--json").json
    assert found["datasets"] == ["gallium", nuanomaly.load("reactor-rates").id]
    assert found["model"] == "2nu-ee"
    assert set(found["minimum"]) == set(found["datasets"])
    assert {"statistic", "value"} <= set(found["minimum"]["gallium"])
    assert set(found["best_fit"]) == {"dm2_41", "sin2_2theta_ee"}
    assert found["pg"]["dof"] == 2
    pulls = [part["at_joint_best_fit"] - part["value"] for part in found["minimum"].values()]
    assert found["pg"]["chi2"] == pytest.approx(sum(pulls), abs=1e-6)
    assert 0.0 < found["pg"]["p_value"] < 0.05


def test_compare_told_in_words_names_test_and_fits(run: Run) -> None:
    text = run("compare", "gallium", "reactor-rates", "--model", "2nu-ee", "--mode", "gallium=haxton").out
    assert text.startswith(f"gallium against {nuanomaly.load('reactor-rates').id}, model 2nu-ee")
    assert "parameter goodness of fit: Δ = " in text
    assert "approximate: " in text


KEYS = "release quantity kind expected uncertainty recomputed tolerance tolerance_source ok source"


def test_benchmarks_have_the_promised_keys_and_hold(run: Run) -> None:
    done = run("benchmarks", "lsnd", "--json")
    assert done.code == 0
    for row in done.json:
        assert set(KEYS.split()) <= set(row)
        assert row["ok"]
        assert row["kind"] in ("published", "reference")
    assert run("benchmarks", "lsnd").out.rstrip().splitlines()[-1].startswith(f"{len(done.json)} of ")


def test_a_benchmark_that_does_not_agree_exits_with_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "release": "tiny@1-r1",
        "quantity": "a number",
        "kind": "published",
        "expected": 1.0,
        "uncertainty": 0.5,
        "recomputed": 2.0,
        "tolerance": 0.1,
        "tolerance_source": "printed digits",
        "ok": False,
        "source": "Table 1",
        "reason": "",
    }
    failed = row | {"recomputed": None, "reason": "ValueError: no"}
    monkeypatch.setattr("nuanomaly.inference.benchmarks.benchmarks", lambda *a, **k: [row, failed])
    done = run("benchmarks")
    assert done.code == 1
    assert "✗" in done.out
    assert "1 ± 0.5" in done.out
    assert "tiny@1-r1, a number: ValueError: no" in done.out
    assert done.out.rstrip().endswith("0 of 2 agree; of the published ones, 0 of 2")
    assert run("benchmarks", "--json").code == 1


def test_fit_of_what_is_injected_says_that_it_was_not_observed(run: Callable[..., Any]) -> None:
    about = ["karmen", "--model", "2nu-mue", "--set", "dm2_41=100"]
    said = run("fit", *about, "--inject", "sin2_2theta_mue=0.005").out
    assert "sin2_2theta_mue = 0.005" in said
    assert "not observed: the data are expected by 2nu-mue" in said
    toy = run(
        "significance", *about, "--toys", "500", "--inject", "sin2_2theta_mue=0.005", "--inject-toy", "4"
    ).out
    assert "toy 4 of 2nu-mue" in toy


def test_sensitivity_prints_expected_and_observed_limits(run: Callable[..., Any], tmp_path: Path) -> None:
    axes = ["--grid", "dm2_41=0.3:10:5", "--grid", "sin2_2theta_mue=1e-4:1:41"]
    said = run(
        "sensitivity", "karmen", "--model", "2nu-mue", *axes, "--toys", "500", "-o", tmp_path / "s.svg"
    ).out
    assert "asimov" in said
    assert "500 toys" in said
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 6


def test_parameters_of_interactions_are_listed(run: Callable[..., Any]) -> None:
    assert "eps_mumu_u" in run("models").out
    assert "mediator_mass" in run("models").out
    shown = run("show", "coherent-csi").out
    assert "parameter of the interaction: sin2_theta_w" in shown
