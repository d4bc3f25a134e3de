"""MINOS and MINOS+: the released χ² recomputed, in 3+1 with all its parameters."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.relative_covariance import RelativeCovariance
from nuanomaly.likelihood.transform.identity import Identity
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Array, NotApplicableError
from nuanomaly.model.registry import model

RELEASE = "minos-sterile@2019-r1"
STANDARD = {
    "Ue4_sq": 0.0,
    "sin2_theta12": math.sin(0.5540758073) ** 2,
    "sin2_theta13": math.sin(0.149116) ** 2,
    "delta_cp": 0.0,
    "dm2_21": 7.54e-5,
}
COORDINATES = ("dm2_41", "Umu4_sq", "Utau4_sq", "sin2_theta23", "dm2_31", "delta_24")


def ready() -> ResponseLikelihood:
    found = likelihood(RELEASE)
    assert isinstance(found, ResponseLikelihood)
    return found


def best_fit() -> dict[str, float]:
    row = load(RELEASE).table("best_fit").iloc[0]
    sterile = math.sin(row["theta_24"]) ** 2
    return {
        **STANDARD,
        "dm2_41": row["dm2_41"],
        "Umu4_sq": sterile,
        "Utau4_sq": (1.0 - sterile) * math.sin(row["theta_34"]) ** 2,
        "sin2_theta23": math.sin(row["theta_23"]) ** 2,
        "dm2_31": row["dm2_32"] + row["dm2_21"],
    }


def test_every_benchmark_holds() -> None:
    rows = of_release(load(RELEASE))
    assert len(rows) >= 5
    assert [r["id"] for r in rows if not r["ok"]] == []


def test_predictions_at_the_released_best_fit_are_those_of_the_released_macro() -> None:
    release = load(RELEASE)
    frames = [release.table(name) for name in ("far_cc", "near_cc", "far_nc", "near_nc")]
    expected = np.concatenate([f["best_fit_minos"] + f["best_fit_minosplus"] for f in frames])
    assert ready().predict("3+1", **best_fit()) == pytest.approx(expected, rel=1e-4)


def test_the_released_penalty_is_part_of_the_value() -> None:
    point, row = best_fit(), load(RELEASE).table("best_fit").iloc[0]
    chosen = ready()
    prediction = chosen.prediction(*_at(chosen, point))
    without = float(chosen.measure.value(prediction)[0])
    assert chosen.chi2("3+1", **point) - without == pytest.approx(row["penalty_dm2_32"], abs=1e-8)
    assert without == pytest.approx(row["chi2_cc"] + row["chi2_nc"], abs=0.01)


def _at(chosen: ResponseLikelihood, point: dict[str, float]) -> tuple:  # type: ignore[type-arg]
    from nuanomaly.model.registry import model

    made = model("3+1")
    return made, chosen.points(made, point)


def test_at_least_fifty_points_of_the_surface_agree_and_every_exception_is_listed() -> None:
    points = load(RELEASE).table("surface_points")
    wanted = points[(points["theta_24"] > 0.1) & points["dm2_41"].between(0.1, 100.0)]
    assert len(wanted) >= 50
    values = ready().chi2("3+1", **STANDARD, **{c: wanted[c].to_numpy() for c in COORDINATES})
    assert np.abs(values - wanted["chi2"]).max() < 0.01
    exceptions = load(RELEASE).table("surface_exceptions")
    own = ready().chi2("3+1", **STANDARD, **{c: exceptions[c].to_numpy() for c in COORDINATES})
    assert (np.abs(own - exceptions["chi2"]) > 0.01).all()


@pytest.mark.parametrize("row", [3, 17, 30])
def test_the_tabulated_points_are_minima(row: int) -> None:
    point = load(RELEASE).table("surface_points").iloc[row]
    at = {**STANDARD, **{c: float(point[c]) for c in COORDINATES}}
    lowest = ready().chi2("3+1", **at)
    for name, step in (("sin2_theta23", 1e-3), ("dm2_31", 2e-6), ("Utau4_sq", 2e-3)):
        around = np.array([at[name] - step, at[name] + step])
        around = around[around >= 0.0]
        assert (ready().chi2("3+1", **{**at, name: around}) > lowest - 2e-4).all(), name


def test_a_free_phase_lowers_the_value_that_the_release_keeps_at_zero() -> None:
    at = {**best_fit(), "dm2_41": 8.6379, "Umu4_sq": math.sin(0.4015) ** 2, "Utau4_sq": 0.7}
    values = ready().chi2("3+1", **at, delta_24=np.array([0.0, 0.5 * math.pi]))
    assert values[1] < values[0] - 5.0


def test_fast_oscillation_averages_out_in_coarse_bins_of_the_near_detector() -> None:
    at = {**best_fit(), "Umu4_sq": 0.1, "Utau4_sq": 0.0}
    fast, faster = (ready().predict("3+1", **{**at, "dm2_41": dm2}) for dm2 in (3e4, 9e4))
    assert fast == pytest.approx(faster, rel=2e-3)


def test_neutral_currents_lose_what_becomes_sterile_and_charged_currents_what_becomes_another_flavour() -> (
    None
):
    at = {**best_fit(), "dm2_41": 5e4, "Umu4_sq": 0.05}
    active, sterile = (ready().predict("3+1", **{**at, "Utau4_sq": u}) for u in (0.95, 0.0))
    near_nc, near_cc = slice(118, 145), slice(44, 91)
    assert (active[near_nc] > sterile[near_nc]).all()
    assert active[near_cc].sum() == pytest.approx(sterile[near_cc].sum(), rel=0.02)


# --- the statistic ------------------------------------------------------------------------------------------


def brute(data: Array, mu: Array, relative: Array) -> float:
    rest = data - mu
    return float(rest @ np.linalg.solve(relative * np.outer(mu, mu) + np.diag(mu), rest))


def test_the_statistic_is_the_sum_over_blocks_of_a_covariance_scaled_by_the_prediction() -> None:
    rng = np.random.default_rng(5)
    blocks = []
    for n in (4, 3):
        a = rng.normal(size=(n, n))
        blocks.append(0.01 * (a @ a.T + np.eye(n)))
    data, mu = rng.uniform(50, 60, 7), rng.uniform(40, 70, (600, 7))
    from nuanomaly.likelihood.parts import Prediction

    found = RelativeCovariance(data, tuple(blocks)).value(Prediction(mu, np.zeros((600, 7, 0))))
    for k in (0, 599):
        expected = brute(data[:4], mu[k, :4], blocks[0]) + brute(data[4:], mu[k, 4:], blocks[1])
        assert found[k] == pytest.approx(expected, rel=1e-10)


def test_an_empty_prediction_is_refused() -> None:
    from nuanomaly.likelihood.parts import Prediction

    statistic = RelativeCovariance(np.ones(2), (np.eye(2),))
    with pytest.raises(NuanomalyError, match="predictions above zero"):
        statistic.value(Prediction(np.array([[1.0, 0.0]]), np.zeros((1, 2, 0))))


def test_the_transform_is_the_identity_over_both_detectors() -> None:
    assert isinstance(ready().transform, Identity)
    assert ready().n_bins == 91 + 54
    assert ready().statistic == "chi2"


# --- the prior on Δm²32, for models of one's own ------------------------------------------------------------


def of_ones_own(**more: Any) -> FunctionModel:
    """Exact 3+1 as a function that calls the atmospheric splitting otherwise."""
    exact = model("3+1")

    def mine(
        initial: str,
        final: str,
        antineutrino: bool,
        L: Array,
        E: Array,
        dm2_41: Array,
        Umu4_sq: Array,
        big: Array,
    ) -> Array:
        given = {"dm2_41": dm2_41, "Ue4_sq": 0.0, "Umu4_sq": Umu4_sq, "dm2_31": big}
        flat = {k: np.ravel(v) for k, v in given.items()}
        return np.asarray(exact.probability(initial, final, antineutrino, L, E, {}, **flat))

    return FunctionModel(mine, vectorised=True, **more)


OWN = {"dm2_41": 1.0, "Umu4_sq": 0.02}


def test_the_prior_does_not_vanish_because_a_parameter_is_called_otherwise() -> None:
    data = likelihood("minos-sterile")
    expected = data.chi2("3+1", **OWN, Ue4_sq=0.0, dm2_31=3.5e-3)
    with pytest.raises(NotApplicableError, match=r"prior on dm2_31.*known_as=\{'dm2_31'"):
        data.chi2(of_ones_own(), **OWN, big=3.5e-3)
    named = of_ones_own(known_as={"dm2_31": "big", "dm2_21": STANDARD["dm2_21"]})
    assert data.chi2(named, **OWN, big=3.5e-3) == pytest.approx(expected, abs=0.05)
    assert expected - data.chi2("3+1", **OWN, Ue4_sq=0.0, dm2_31=2.575e-3) > 1.0
    with pytest.raises(NotApplicableError, match="no parameter of it"):
        data.chi2(of_ones_own(known_as={"dm2_31": "bigg"}), **OWN, big=3.5e-3)


def test_a_model_without_the_parameter_has_no_such_prior() -> None:
    """Two flavours, and a function that says that it contains no standard oscillation."""
    data = likelihood("minos-sterile")

    def survive(initial: str, final: str, antineutrino: bool, L: Array, E: Array, lost: float) -> Any:
        return 1.0 - lost if initial == final else 0.0

    short = FunctionModel(survive, three_flavour=False)
    assert isinstance(data, ResponseLikelihood)
    bare = replace(data, penalties=())
    assert data.chi2(short, lost=0.01) == bare.chi2(short, lost=0.01)
    with pytest.raises(NotApplicableError, match="three_flavour=False"):
        data.chi2(FunctionModel(survive), lost=0.01)


def test_the_released_map_has_no_minima_between_rows_that_differ_by_thousands() -> None:
    """Plain splines fall to −159 at 0.0109 eV² and sin²θ24 = 0.3; the smallest value of the map is 99.3."""
    from nuanomaly.likelihood.build import likelihood
    from nuanomaly.model.registry import model

    surface = likelihood("minos-sterile@2019-r1", "map")
    splitting, mixing = (
        a.ravel() for a in np.meshgrid(np.geomspace(0.01, 100, 200), np.geomspace(1e-4, 0.3, 80))
    )
    nothing = np.zeros_like(splitting)
    values = surface.value(
        model("3+1"),
        surface.points(model("3+1"), {"dm2_41": splitting, "Umu4_sq": mixing, "Ue4_sq": nothing}),
    )
    assert values.min() > surface.table.min() - 0.5
    axis, other = (a.grid for a in surface.axes)
    at_nodes = surface.read(np.exp(np.array([[axis[50], other[20]], [axis[45], other[37]]])))
    assert at_nodes == pytest.approx([surface.table[50, 20], surface.table[45, 37]], abs=1e-6)
