"""Neighbours: densities for samplers, what samplers drew, workspaces of pyhf."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

import nuanomaly
from nuanomaly.archive import paths
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.pyhf_workspace import workspace

GRID = {"dm2_41": (0.1, 30.0, 121, "log"), "sin2_2theta_ee": (0.01, 1.0, 121, "log")}


def document(name: str) -> dict[str, Any]:
    root = paths.checkout()
    assert root is not None
    entries: dict[str, Any] = json.loads((root / "docs" / name).read_text("utf-8"))
    return entries


def tool(name: str) -> Any:
    """Return a script of tools/, which says what was asked."""
    root = paths.checkout()
    assert root is not None
    sys.path.insert(0, str(root / "tools"))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(root / "tools"))


# --- the density --------------------------------------------------------------------------------------------


def test_the_density_is_the_statistic_and_a_prior_that_integrates_to_one() -> None:
    asked = Analysis("gallex", "2nu-ee", grid=GRID)
    density = asked.density(prior={"sin2_2theta_ee": "flat"})
    at = np.array([[1.0, 0.2], [3.0, 0.5], [0.05, 0.5], [1.0, 1.5]])
    value = asked.chi2(dm2_41=1.0, sin2_2theta_ee=0.2)
    prior = -np.log(np.log(30.0 / 0.1) * 1.0) - np.log(1.0 - 0.01)
    assert density.log_prob(at[0]) == pytest.approx(prior - 0.5 * value, abs=1e-9)
    assert np.isneginf(density.log_prob(at)[2:]).all()
    np.testing.assert_allclose(density.log_prob(at)[1], density.log_prob(at[1]), rtol=1e-12)


def test_draws_of_the_prior_have_its_density() -> None:
    density = Analysis("gallex", "2nu-ee", grid=GRID).density(prior={"sin2_2theta_ee": "flat"})
    unit = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]])
    expected = [[0.1, 0.01], [np.sqrt(0.1 * 30.0), 0.505], [30.0, 1.0]]
    np.testing.assert_allclose(density.prior_transform(unit), expected)
    # the density at a point is one over the derivative of the transform
    step = 1e-6
    slope = (density.prior_transform([0.3 + step, 0.6]) - density.prior_transform([0.3 - step, 0.6]))[0]
    other = (density.prior_transform([0.3, 0.6 + step]) - density.prior_transform([0.3, 0.6 - step]))[1]
    at = density.prior_transform([0.3, 0.6])
    assert density.log_prior(at) == pytest.approx(-np.log(slope * other / (2 * step) ** 2), rel=1e-6)


def test_priors_that_cannot_be_are_refused() -> None:
    asked = Analysis("gallex", "2nu-ee", grid={**GRID, "sin2_2theta_ee": (0.0, 1.0, 11, "lin")})
    with pytest.raises(NuanomalyError, match="has no end"):
        asked.density(prior={"sin2_2theta_ee": "log"})
    with pytest.raises(UnknownNameError, match="flat"):
        asked.density(prior={"dm2_41": "flatt"})
    with pytest.raises(UnknownNameError, match="dm2_41"):
        asked.density(prior={"dm2_42": "flat"})
    with pytest.raises(UnknownNameError, match="emcee"):
        asked.sample("emce")  # type: ignore[arg-type]


# --- what samplers drew (tools/check_samplers.py) -----------------------------------------------------------


@pytest.mark.parametrize("row", document("samplers.json")["rows"], ids=lambda row: str(row["data"]))
def test_nested_sampling_gives_the_evidence_of_the_grid(row: dict[str, Any]) -> None:
    grid = tool("check_samplers").asked(row["data"]).posterior()
    drawn = row["dynesty"]
    assert abs(drawn["log_evidence"] - grid.log_evidence) < 3.0 * drawn["log_evidence_error"]
    assert drawn["log_evidence_error"] < 0.1


@pytest.mark.parametrize("row", document("samplers.json")["rows"], ids=lambda row: str(row["data"]))
@pytest.mark.parametrize("sampler", ["dynesty", "emcee"])
def test_quartiles_of_the_draws_are_those_of_the_grid(row: dict[str, Any], sampler: str) -> None:
    """The part of the grid's posterior below a quartile is what it should be, to the errors of the draws."""
    grid = tool("check_samplers").asked(row["data"]).posterior()
    for k, axis in enumerate(grid.axes):
        weight = grid.weight.sum(axis=1 - k)
        middle = np.cumsum(weight) - 0.5 * weight
        for wanted, value in zip((0.25, 0.5, 0.75), row[sampler]["quartiles"][axis.name], strict=True):
            share = np.interp(np.log(value), np.log(axis.values), middle)
            # walkers do not cross between islands far apart: their shares are those they began with
            count = 32 if sampler == "emcee" else row[sampler]["draws"]
            assert abs(share - wanted) < 4.0 * np.sqrt(wanted * (1.0 - wanted) / count) + 0.01


# --- pyhf (tools/check_pyhf.py) -----------------------------------------------------------------------------


@pytest.mark.parametrize("row", document("pyhf.json")["rows"], ids=lambda row: str(row["release"]))
def test_the_density_of_pyhf_is_ours_at_twenty_points(row: dict[str, Any]) -> None:
    script = tool("check_pyhf")
    asked, amplitude = script.asked(row["release"]), script.ASKED[row["release"]][2]
    lk, ids = asked.likelihood, asked.likelihood.nuisances.ids
    sigma = {item.id: item.plus for item in lk.nuisances.items}
    assert len(row["points"]) == 20
    data = lk.data
    whole = float((xlogy(data, data) - data - gammaln(data + 1.0)).sum())
    for point in row["points"]:
        xi = {name: np.array([sigma[name] * point["at"].get(name, 0.0)]) for name in ids}
        at = lk.points(asked.model, {**asked.fixed, amplitude: point["at"][amplitude]})
        value = float(lk.profiled(asked.model, at, given=xi)[0][0])
        prior = float(np.sum(lk.nuisances.prior_value(xi))) if ids else 0.0
        ours = -0.5 * (value + prior) + whole - 0.5 * len(ids) * np.log(2.0 * np.pi)
        assert ours == pytest.approx(point["log_density"], abs=1e-6)


@pytest.mark.parametrize("name", ["karmen@2002-r1", "coherent-csi@2021-r1"])
def test_cls_by_asymptotic_formulas_is_near_that_by_toys(name: str) -> None:
    script, row = tool("check_pyhf"), {r["release"]: r for r in document("pyhf.json")["rows"]}[name]
    amplitude = script.ASKED[name][2]
    chosen = [entry for entry in row["cls"] if 0.02 < entry["value"] < 0.4]
    points = {amplitude: np.array([entry["at"] for entry in chosen])}
    toys = script.asked(name).given(grid={}).toy_cls(points, statistic="one-sided", toys=4000)
    for entry, value in zip(chosen, toys.values, strict=True):
        # asymptotic formulas are approximate for fifteen events: a quarter of CLs, and the toys' error
        assert value == pytest.approx(entry["value"], rel=0.25, abs=4.0 * np.sqrt(value / 4000))


def test_what_is_no_density_of_counts_is_refused_with_the_reason() -> None:
    for name, model, grid, reason in (
        ("microboone-lee", "3nu", {"lee_strength": 5}, "Neyman–Pearson"),
        ("best", "2nu-ee", {"sin2_2theta_ee": 5}, "fixed covariance"),
        ("prospect", "2nu-ee", {"sin2_2theta_ee": 5}, "fixed covariance"),
        ("lsnd", "2nu-mue", {"sin2_2theta_mue": 5}, "tabulated surface"),
        ("miniboone-nue", "2nu-mue", {"sin2_2theta_mue": 5}, "follows the prediction"),
    ):
        fixed = {} if model == "3nu" else {"dm2_41": 1.0}
        with pytest.raises(NuanomalyError, match=reason):
            workspace(Analysis(name, model, fixed=fixed, grid=grid))
    with pytest.raises(NuanomalyError, match="fix the others"):
        workspace(Analysis("karmen", "2nu-mue"))


def test_two_releases_share_a_pull() -> None:
    asked = Analysis(
        ["coherent-csi@2021", "coherent-lar@2020"], "3nu", grid={"cevns_strength": (0.0, 2.0, 3, "lin")}
    )
    spec = asked.to_pyhf()
    flux = [m["name"] for c in spec["channels"] for m in c["samples"][0]["modifiers"]]
    assert flux.count("sns-flux") == 2
    types = {m["type"] for c in spec["channels"] for s in c["samples"] for m in s["modifiers"]}
    assert types == {"normfactor", "histosys"}


# --- factors ------------------------------------------------------------------------------------------------


def test_a_free_background_takes_the_excess_of_karmen() -> None:
    free = Analysis(
        "karmen",
        "3nu",
        scaled={"karmen/background": None},
        grid={"karmen/background": (-0.5, 0.5, 41, "lin")},
    )
    best = free.fit()
    # one factor of all bins: Poisson's best one makes the sums equal
    assert best.parameters["karmen/background"] == pytest.approx(15.0 / 15.75 - 1.0, abs=2e-3)


def test_a_prior_on_a_factor_counts() -> None:
    lk = nuanomaly.likelihood("karmen")
    tight = Analysis("karmen", "3nu", scaled={"karmen/background": 1e-6}, grid={})
    assert tight.chi2() == pytest.approx(lk.chi2("3nu"), abs=1e-6)
    given = Analysis("karmen", "3nu", scaled={"karmen/background": 0.1}, fixed={"karmen/background": 0.2})
    fixed = Analysis("karmen", "3nu", scaled={"karmen/background": None}, fixed={"karmen/background": 0.2})
    assert given.chi2() - fixed.chi2() == pytest.approx(4.0)


def test_a_group_has_one_factor_and_a_scaled_signal_is_a_smaller_rate() -> None:
    asked = Analysis("gallium", "3nu", scaled={"gallium/signal": None}, fixed={"gallium/signal": -0.2})
    assert asked.likelihood.chi2(asked.model, **asked.fixed) == pytest.approx(asked.chi2())
    data = nuanomaly.likelihood("gallium")
    scaled = Analysis("gallium", "3nu", scaled={"gallium/signal": None})
    values = {name: np.zeros(1) for name in scaled.likelihood.nuisances.ids}
    values["gallium/signal"] = np.array([-0.2])
    points = scaled.likelihood.points(scaled.model, {})
    np.testing.assert_allclose(
        scaled.likelihood.means(scaled.model, points, values)[0], 0.8 * data.predict("3nu"), rtol=1e-9
    )


def test_named_components_and_what_has_none() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'background'"):
        Analysis("coherent-csi", "3nu", scaled={"coherent-csi/backgrund": None})
    with pytest.raises(NuanomalyError, match="no sum of components"):
        Analysis("prospect", "3nu", scaled={"prospect/signal": None})
    with pytest.raises(NuanomalyError, match="takes no nuisances"):
        Analysis("miniboone-nue", "3nu", scaled={"miniboone-nue/background": None})
    with pytest.raises(UnknownNameError, match="karmen"):
        Analysis("karmen", "3nu", scaled={"karmn/background": None})


def test_members_of_a_group_share_its_factor_on_whichever_sides_they_are() -> None:
    """The joint minimum of two sides is that of the group, and one factor is what they are tested for."""
    axis = {"gallium/signal": (-0.6, 0.5, 101, "lin")}
    scaled = {"gallium/signal": None}
    sides = Analysis(["gallex+sage", "best"], "3nu", scaled=scaled, grid=axis).compare()
    whole = Analysis("gallium", "3nu", scaled=scaled, grid=axis).fit()
    assert sides.value == pytest.approx(whole.value, abs=1e-3)
    assert sides.dof == 1


def test_a_release_of_a_sum_has_a_factor_of_its_own() -> None:
    given: Any = {"scaled": {"karmen/background": None}, "fixed": {"karmen/background": 0.2}}
    both = Analysis("best+karmen", "3nu", **given).chi2()
    alone = Analysis("karmen", "3nu", **given).chi2()
    assert both == pytest.approx(alone + nuanomaly.likelihood("best").chi2("3nu"), abs=1e-9)


def test_a_workspace_and_a_factor_by_command(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from nuanomaly.cli import main

    run = CliRunner().invoke
    made = run(main, ["export", "coherent-csi", "--to", "pyhf", "-o", str(tmp_path / "csi")])
    assert made.exit_code == 0, made.output
    assert json.loads((tmp_path / "csi" / "workspace.json").read_text())["version"] == "1.0.0"
    refused = run(main, ["export", "microboone-lee", "--to", "pyhf", "--grid", "lee_strength=0:2:2:lin"])
    assert "Neyman–Pearson" in refused.output
    # without --grid: a release without coherent scattering has no strength of it
    assert "is no density of counts" in run(main, ["export", "best", "--to", "pyhf"]).output
    asked = run(main, ["export", "karmen", "--to", "pyhf"])
    assert "take a model with an amplitude (--model), and give its range (--grid)" in asked.output
    karmen = ["--model", "2nu-mue", "--set", "dm2_41=1", "--grid", "sin2_2theta_mue=0:0.1:2:lin"]
    written = run(main, ["export", "karmen", "--to", "pyhf", *karmen, "-o", str(tmp_path / "karmen")])
    assert "the parameter of interest is sin2_2theta_mue" in written.output
    said = run(
        main,
        [
            "fit",
            "karmen",
            "--model",
            "3nu",
            "--scale",
            "karmen/background",
            "--grid",
            "karmen/background=-0.5:0.5:41:lin",
        ],
    )
    assert "karmen/background" in said.output
    asked = ["--model", "3nu", "--scale", "karmen/background", "--set", "karmen/background=0.2", "--json"]
    point = json.loads(run(main, ["chi2", "karmen", *asked]).output)["value"]
    scaled = Analysis("karmen", "3nu", scaled={"karmen/background": None}, fixed={"karmen/background": 0.2})
    assert point == pytest.approx(scaled.chi2())


# --- tables of other fits -----------------------------------------------------------------------------------


def test_a_table_of_another_fit_is_a_private_data_set() -> None:
    released = nuanomaly.load("lsnd").table("likelihood")
    mine = nuanomaly.private_surface(
        released.sample(frac=1.0, random_state=1),
        "mine",
        channel="numubar->nuebar",
        amplitude="sin2_2theta_mue",
        no_oscillation="edge",
    )
    asked, theirs = (Analysis([data, "karmen"], "2nu-mue").compare() for data in (mine, "lsnd"))
    assert asked.delta == pytest.approx(theirs.delta)
    assert "mine (private)" in str(Analysis(mine, "2nu-mue").fit())
    with pytest.raises(UnknownNameError, match="delta"):
        nuanomaly.private_surface(
            released, "mine", channel="numubar->nuebar", amplitude="sin2_2theta_mue", value="chi2"
        )
    with pytest.raises(NuanomalyError, match="do not fill a grid"):
        nuanomaly.private_surface(
            released[:-1], "mine", channel="numubar->nuebar", amplitude="sin2_2theta_mue"
        )
