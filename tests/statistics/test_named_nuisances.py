"""Nuisances by name: fixed, scanned, freed; and where a fit says they are."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.cli import main
from nuanomaly.inference.analysis import Analysis
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import Array, NotApplicableError

RATES = "reactor-rates:huber-mueller-short-baseline"
U235 = "reactor-flux-u235-huber-mueller"
POINT = {"dm2_41": 0.6, "sin2_2theta_ee": 0.05}


def by_hand(data: ResponseLikelihood, given: dict[str, float], free: tuple[str, ...] = ()) -> float:
    """χ² at POINT by the normal equations, some nuisances at values and some without prior."""
    model = Analysis(data, "2nu-ee").model
    prediction = data.prediction(model, data.points(model, POINT))
    inverse, ids = data.measure.inverse_covariance(), data.nuisances.ids
    assert inverse is not None
    prior = data.nuisances.prior()
    if free:
        kept = [k for k, name in enumerate(ids) if name not in free]
        covariance = np.linalg.inv(prior)
        prior = np.zeros_like(prior)
        prior[np.ix_(kept, kept)] = np.linalg.inv(covariance[np.ix_(kept, kept)])
    effects = prediction.jacobian[0]

    def value(xi: Array) -> float:
        rest = data.data - prediction.mu[0] - effects @ xi
        return float(rest @ inverse @ rest + xi @ prior @ xi)

    rows = [k for k, name in enumerate(ids) if name not in given]
    held = np.array([given.get(name, 0.0) for name in ids])
    hessian = effects.T @ inverse @ effects + prior
    slope = effects.T @ inverse @ (data.data - prediction.mu[0]) - hessian @ held
    xi = held.copy()
    xi[rows] += np.linalg.solve(hessian[np.ix_(rows, rows)], slope[rows])
    return value(xi)


@pytest.mark.parametrize("value", [-0.05, 0.0, 0.02])
def test_a_nuisance_of_a_correlated_block_is_fixed_by_name(value: float) -> None:
    data = likelihood(RATES)
    assert isinstance(data, ResponseLikelihood)
    found = Analysis(RATES, "2nu-ee", fixed={U235: value}).chi2(**POINT)
    assert found == pytest.approx(by_hand(data, {U235: value}), rel=1e-9)


def test_a_freed_nuisance_has_no_prior_and_the_others_of_its_block_keep_theirs() -> None:
    data = likelihood(RATES)
    assert isinstance(data, ResponseLikelihood)
    found = Analysis(RATES, "2nu-ee", freed=[U235])
    assert found.chi2(**POINT) == pytest.approx(by_hand(data, {}, (U235,)), rel=1e-9)
    assert found.chi2(**POINT) < Analysis(RATES, "2nu-ee").chi2(**POINT)
    fixed = Analysis(RATES, "2nu-ee", freed=[U235], fixed={U235: 0.1}).chi2(**POINT)
    assert fixed == pytest.approx(by_hand(data, {U235: 0.1}, (U235,)), rel=1e-9)


@pytest.mark.parametrize("data", [RATES, "gallium", "xenonnt-cevns"])
def test_a_scan_over_a_nuisance_has_its_minimum_where_it_is_profiled(data: str) -> None:
    """A piecewise prior, a block, and counts: the scan over values is lowest where the fit puts it."""
    model = "3nu" if data == "xenonnt-cevns" else "2nu-ee"
    point = {} if model == "3nu" else POINT
    asked = Analysis(data, model, fixed=point)
    member = asked.likelihood
    points = asked.objective.points({})
    value, places = member.profiled(asked.model, points)
    name = member.nuisances.ids[0]
    there = float(places[name][0])
    step = 0.1 * (member.nuisances.widths()[name][1])
    along = there + step * np.arange(-3, 4)
    along = along[(along >= member.nuisances.items[0].low) & (along <= member.nuisances.items[0].high)]
    values = asked.given(grid={name: along}).scan().values
    fixed = [asked.given(fixed={**point, name: float(x)}).chi2() for x in along]
    np.testing.assert_allclose(values, fixed, rtol=1e-12)
    assert values.min() == pytest.approx(float(value[0]), rel=1e-7, abs=1e-6)
    assert along[values.argmin()] == pytest.approx(there, abs=1e-9)


def test_an_unknown_nuisance_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        Analysis(RATES, "2nu-ee", fixed={"reactor-flux-u235-hubermueller": 0.0})
    with pytest.raises(UnknownNameError, match="nuisance"):
        Analysis(RATES, "2nu-ee", freed=["flux"])


def test_a_fit_says_where_nuisances_are_and_what_drives_it() -> None:
    best = Analysis("gallium", "2nu-ee").fit()
    assert set(best.nuisances) == {"gallium-cross-section", "gallium-cross-section-argon"}
    assert set(best.pulls) == set(best.nuisances)
    total = sum(part.value for part in best.breakdown) + sum(best.priors.values())
    assert total == pytest.approx(best.value, abs=1e-9)
    assert [part.release.partition("@")[0] for part in best.breakdown] == ["gallex", "sage", "best"]
    held = Analysis("gallium", "2nu-ee", fixed={"gallium-cross-section": 0.05}).fit()
    total = sum(part.value for part in held.breakdown) + sum(held.priors.values())
    assert total == pytest.approx(held.value, abs=1e-9)


def test_pulls_that_a_statistic_profiles_itself_are_results_too() -> None:
    best = Analysis("daya-bay@2022", "3nu", grid={"sin2_theta13": (0.015, 0.03, 7, "lin")}).fit()
    assert len(best.pulls) > 10
    own = best.breakdown[0]
    assert sum(v**2 for v in best.pulls.values()) <= own.terms["pulls"] + 1e-9
    assert own.value == pytest.approx(best.value, rel=1e-9)


def test_toys_with_a_nuisance_at_a_value_are_about_it() -> None:
    asked = Analysis("gallium", "2nu-ee", fixed={"gallium-cross-section": 0.1, **POINT})
    data, points = asked.likelihood, asked.objective.points({})
    toys = data.toys(asked.model, points, 4000, np.random.default_rng(2))
    plain = Analysis("gallium", "2nu-ee").likelihood
    moved = data.observables(asked.model, points)[0]
    nominal = plain.observables(asked.model, plain.points(asked.model, POINT))[0]
    assert (moved[4:] > 1.05 * nominal[4:]).all()  # BEST has chromium sources alone
    spread = toys.std(axis=0) / np.sqrt(len(toys))
    chromium = [0, 1, 2, 4, 5]  # the cross section of argon has a floor: its prior is not about zero
    assert (np.abs(toys.mean(axis=0) - moved) < 4.0 * spread)[chromium].all()
    values = data.tabulate(asked.model, points)(toys[:3])[:, 0]
    expected = [data.given(row).value(asked.model, points)[0] for row in toys[:3]]
    np.testing.assert_allclose(values, expected, rtol=1e-9)


def test_toys_of_one_nuisance_of_a_block_are_refused() -> None:
    asked = Analysis(RATES, "2nu-ee", fixed={U235: 0.0, **POINT})
    with pytest.raises(NotApplicableError, match="name all of the block"):
        asked.likelihood.toys(asked.model, asked.objective.points({}), 2, np.random.default_rng(1))


def test_a_comparison_with_a_shared_nuisance_by_name() -> None:
    """Its prior is a side of its own: the test is of the same kind as with the nuisance profiled."""
    sides = ["best", "gallex"]
    name = "gallium-cross-section"
    plain = Analysis(sides, "2nu-ee").compare()
    scanned = Analysis(sides, "2nu-ee", grid={name: (-0.04, 1.0, 105, "lin")}).compare()
    assert scanned.value == pytest.approx(plain.value, abs=1e-3)
    assert scanned.pg.delta == pytest.approx(plain.pg.delta, abs=2e-3)
    assert scanned.dof == plain.dof
    held = Analysis(sides, "2nu-ee", fixed={name: plain.shared[name]}).compare()
    assert held.value == pytest.approx(plain.value, abs=1e-4)
    assert held.pg.delta >= -1e-9
    assert held.pg.delta == pytest.approx(sum(part.pull for part in held.parts), abs=1e-9)


def test_the_commands_take_nuisances_by_name() -> None:
    options = ["--model", "2nu-ee", "--set", f"{U235}=-0.05"]
    done = CliRunner().invoke(main, ["fit", RATES, *options])
    assert done.exit_code == 0, done.output
    assert f"fixed: {U235} = −0.05" in done.output
    assert "nuisance reactor-flux-pu239-huber-mueller" in done.output
    assert "driven by bin" in done.output
    rows = json.loads(CliRunner().invoke(main, ["fit", RATES, *options, "--json"]).output)
    assert set(rows["nuisances"]) == {n for n in likelihood(RATES).nuisances.ids if n != U235}
    freed = CliRunner().invoke(main, ["fit", RATES, "--model", "2nu-ee", "--free", U235])
    assert f"nuisance {U235}" in freed.output
    assert "(free)" in freed.output
    point = [f"--set={n}={v}" for n, v in POINT.items()]
    value = CliRunner().invoke(main, ["chi2", RATES, *options, *point, "--json"])
    data = likelihood(RATES)
    assert isinstance(data, ResponseLikelihood)
    assert json.loads(value.output)["value"] == pytest.approx(by_hand(data, {U235: -0.05}), rel=1e-9)
