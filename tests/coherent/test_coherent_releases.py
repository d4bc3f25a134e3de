"""The COHERENT releases: benchmarks, declared numbers, physics of their likelihoods."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.inference.compatibility import compare
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.response.cevns import build
from nuanomaly.likelihood.stopped_pions.pion_decay import PROMPT_ENERGY
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.constants import PHASE
from nuanomaly.model.registry import model

CSI, LAR, FULL = "coherent-csi@2017-r2", "coherent-lar@2020-r1", "coherent-csi@2021-r1"
RELEASES = ("coherent-csi@2017-r1", CSI, LAR, FULL, "coherent-csi-quenching@2021-r1", "sns-flux@2021-r1")
RATES = (CSI, LAR, FULL)


def rates(lk: Likelihood, name: str = "3nu", **parameters: Any) -> np.ndarray:
    assert isinstance(lk, ResponseLikelihood)
    background = lk.transform.fixed  # type: ignore[attr-defined]
    return lk.predict(name, **parameters) - background


@pytest.mark.parametrize("release", RELEASES)
def test_benchmarks_hold(release: str) -> None:
    rows = of_release(load(release))
    assert rows
    assert [r for r in rows if not r["ok"]] == []


def parameter(release: str, name: str) -> float:
    table = load(release).table("parameters").set_index("name")
    return float(table["value"][name])


def test_declared_numbers_of_2017_are_the_released_ones() -> None:
    response = load(CSI).metadata["likelihood"]["response"]
    acceptance = response["smearing"]["efficiency"]
    assert response["baseline"] == parameter(CSI, "distanceToTarget")
    assert response["quenching"]["coefficients"] == [parameter(CSI, "csiQF")]
    assert response["smearing"]["light_yield"] == parameter(CSI, "csiLightYield")
    assert response["exposure"]["neutrinos_per_proton"] == parameter(CSI, "neutrinosPerProton")
    assert acceptance["a"] == parameter(CSI, "acceptanceEfficiency_a")
    assert acceptance["k"] == parameter(CSI, "acceptanceEfficiency_k")
    assert acceptance["x0"] == parameter(CSI, "acceptanceEfficiency_x_0")


def test_declared_variations_of_2017_are_one_standard_deviation() -> None:
    table = load(CSI).table("parameters").set_index("name")
    (variation,) = load(CSI).metadata["likelihood"]["response"]["variations"]
    found = [variation[side]["quenching"]["coefficients"][0] for side in ("plus", "minus")]
    value, error = table["value"]["csiQF"], table["plus"]["csiQF"]
    assert found == pytest.approx([value + error, value - error])


def test_declared_numbers_of_argon_are_the_released_ones() -> None:
    likelihood_ = load(LAR).metadata["likelihood"]
    response = likelihood_["response"]
    assert response["exposure"]["protons"] == pytest.approx(parameter(LAR, "beamExposure") * 1e22)
    assert response["exposure"]["neutrinos_per_proton"] == parameter(LAR, "neutrinosPerProton")
    assert response["baseline"] == parameter(LAR, "distanceToTarget")
    assert response["target"]["mass"] == parameter(LAR, "fiducialMass")
    assert response["quenching"]["coefficients"] == [parameter(LAR, f"larQF_{x}") for x in "ab"]
    assert response["smearing"]["resolution"] == parameter(LAR, "energyResolution_a")
    assert response["arrival"]["mean"] == parameter(LAR, "snsPOTTraceTiming_a") / 1e3
    totals = {b["name"]: b["total"] for b in likelihood_["transform"]["backgrounds"]}
    names = ("promptBeamRelatedNeutron", "delayedBeamRelatedNeutron", "ssBackground")
    assert list(totals.values()) == [parameter(LAR, f"{n}PredictionNormalization") for n in names]


def test_declared_efficiencies_of_2021_are_the_released_ones() -> None:
    table = load(FULL).table("efficiency").set_index("name")
    modes = load(FULL).metadata["likelihood"]
    varied = modes["modes"]["shapes"]["response"]["variations"][2]
    declared = {"nominal": modes["response"], "plus": varied["plus"], "minus": varied["minus"]}
    for column, config in declared.items():
        found = config["smearing"]["efficiency"]
        assert [found[k] for k in ("a", "k", "x0", "offset")] == table[column].tolist()


def test_production_is_what_the_likelihoods_use() -> None:
    for row in load("sns-flux@2021-r1").table("production").itertuples():
        response = load(str(row.release)).metadata["likelihood"]["response"]
        used = response["exposure"]
        assert (used["protons"], used["neutrinos_per_proton"], response["baseline"]) == (
            row.protons,
            row.neutrinos_per_proton,
            row.baseline,
        )


def test_the_flux_is_one_nuisance_with_one_prior() -> None:
    items = [next(n for n in likelihood(r).nuisances.items if n.id == "sns-flux") for r in RATES]
    assert items[0] == items[1] == items[2]
    assert items[0].plus == 0.1


@pytest.mark.parametrize("release", RATES)
def test_three_neutrinos_do_not_oscillate_away(release: str) -> None:
    lk = likelihood(release)
    assert rates(lk) == pytest.approx(rates(lk, "3+1", dm2_41=5.0, Ue4_sq=0.0, Umu4_sq=0.0), rel=1e-12)


def test_first_minimum_of_the_prompt_line_is_at_1_91_ev2() -> None:
    lk = likelihood(CSI)
    assert isinstance(lk, ResponseLikelihood)
    prompt = [c for c in lk.response.channels if c.E.size == 1 and c.final == "active"]
    assert len(prompt) == 2
    dm2 = np.linspace(1.0, 3.0, 2001)
    left = sum(c.total.sum() - 0.2 * c.kernel(dm2).sum(axis=1) for c in prompt)
    assert dm2[np.argmin(left)] == pytest.approx(1.91, abs=0.005)
    assert dm2[np.argmin(left)] == pytest.approx(np.pi / 2.0 * PROMPT_ENERGY / (PHASE * 19.3), abs=0.001)


def test_disappearance_is_into_the_sterile_neutrino_only() -> None:
    lk = likelihood(FULL)
    none = rates(lk)
    averaged = {"dm2_41": 2e4, "Ue4_sq": 0.1, "Umu4_sq": 0.2}
    found = rates(lk, "3+1-sbl", **averaged).sum()
    # delayed neutrinos average out; the prompt line has one phase
    assert isinstance(lk, ResponseLikelihood)
    expected = 0.0
    for channel in lk.response.channels:
        if channel.final == "active":
            mixing = averaged["Ue4_sq"] if channel.initial == "e" else averaged["Umu4_sq"]
            kernel = channel.kernel(np.array([averaged["dm2_41"]]))[0]
            expected += (channel.total - 4.0 * mixing * 0.7 * kernel)[: none.size].sum()
            if channel.E.size > 1:
                assert kernel.sum() == pytest.approx(0.5 * channel.total.sum(), rel=1e-2)
    assert found == pytest.approx(expected, rel=1e-9)


def test_muon_and_electron_strengths_add_up() -> None:
    lk = likelihood(CSI)
    point = {"dm2_41": 1.0, "Ue4_sq": 0.0, "Umu4_sq": 0.0}
    e = rates(lk, "3+1-sbl", cevns_strength_mu=0.0, **point)
    mu = rates(lk, "3+1-sbl", cevns_strength_e=0.0, **point)
    assert e + mu == pytest.approx(rates(lk), rel=1e-9)
    assert 0.2 < e.sum() / rates(lk).sum() < 0.4
    assert rates(lk, cevns_strength=0.3) == pytest.approx(0.3 * rates(lk))


def test_a_flavour_keeps_its_coupling_where_oscillation_takes_it() -> None:
    lk = likelihood(CSI)
    point = {"dm2_41": 1.9, "Ue4_sq": 0.2, "Umu4_sq": 0.2, "Utau4_sq": 0.1}
    # ν_e that came from ν_μ scatter with the strength of ν_e
    appeared = rates(lk, "3+1-sbl", cevns_strength_mu=0.0, **point).sum()
    alone = rates(lk, "3+1-sbl", cevns_strength_mu=0.0, **{**point, "Umu4_sq": 0.0}).sum()
    assert appeared > 1.05 * alone


def test_non_standard_couplings_of_the_two_minima_are_those_of_simulated_experiments() -> None:
    """The tables of arXiv:2008.06062 for ε_ee = ε^u = ε^d are lowest at 0.032 and 0.158."""
    epsilon = np.linspace(-0.1, 0.3, 401)
    found = likelihood(CSI).chi2("3nu", eps_ee=epsilon)
    assert found == pytest.approx(likelihood(CSI).chi2("3nu", eps_ee_u=epsilon, eps_ee_d=epsilon))
    inner = (found[1:-1] < found[:-2]) & (found[1:-1] < found[2:])
    assert epsilon[1:-1][inner] == pytest.approx([0.032, 0.158], abs=0.005)


def test_the_likelihood_of_others_has_its_minima_where_they_have_them() -> None:
    """arXiv:2008.06062: 0.032 for ε_ee, and for ε_μμ between the table's points −0.010 and 0.020."""
    epsilon = np.linspace(-0.05, 0.09, 281)
    others = likelihood(CSI, "arxiv-2008-06062")
    assert epsilon[np.argmin(others.chi2("3nu", eps_ee=epsilon))] == pytest.approx(0.032, abs=0.004)
    assert epsilon[np.argmin(others.chi2("3nu", eps_mumu=epsilon))] == pytest.approx(0.0042, abs=0.004)
    own = epsilon[np.argmin(likelihood(CSI).chi2("3nu", eps_mumu=epsilon))]
    assert own == pytest.approx(0.017, abs=0.001)


def test_the_second_revision_changes_no_number_of_the_first() -> None:
    for mode in ("standard", "events", "raw-steady-state"):
        strengths = np.array([0.4, 0.7, 1.3])
        first, second = (
            likelihood(f"coherent-csi@2017-{r}", mode).chi2("3nu", cevns_strength=strengths)
            for r in ("r1", "r2")
        )
        assert np.array_equal(first, second)


def test_protons_and_neutrons_may_have_their_own_form_factors() -> None:
    config = {k: v for k, v in load(CSI).metadata["likelihood"]["response"].items() if k != "variations"}
    same = build({**config, "neutron_form_factor": config["form_factor"]}, load(CSI))
    one = build(config, load(CSI))
    assert len(same.channels) == 3 * len(one.channels)
    chosen = model("3nu")
    physics = {p.name: np.array([p.default], float) for p in chosen.parameters}
    values = {p.name: np.array([p.default], float) for p in one.interaction_parameters}
    values |= {"sin2_theta_w": np.array([0.2]), "eps_ee_u": np.array([0.1])}
    assert same(chosen, physics, values) == pytest.approx(one(chosen, physics, values))
    wider = {**config["form_factor"], "r0": 1.3}
    other = build({**config, "neutron_form_factor": wider}, load(CSI))
    assert other(chosen, physics, values).sum() < one(chosen, physics, values).sum()


def test_the_argon_signal_is_the_released_template() -> None:
    released = load(LAR).table("cells")["cevns"].to_numpy()
    assert rates(likelihood(LAR)) == pytest.approx(released, rel=1e-9, abs=1e-9)


def test_the_computed_argon_spectrum_is_like_the_released_template() -> None:
    config = dict(load(LAR).metadata["likelihood"]["response"])
    config = {k: v for k, v in config.items() if k != "variations"}
    config["template"] = {**config["template"], "keep": "shape"}
    computed = sum(c.total for c in build(config, load(LAR)).channels if c.final == "active")
    cells = load(LAR).table("cells")
    for axis in ("energy_low", "time_low"):
        both = cells.assign(computed=computed).groupby(axis)[["computed", "cevns"]].sum()
        # two events of 128: the pulse of the parameters is not quite that of the template
        assert (both["computed"] - both["cevns"]).abs().max() < 4.0


def joint() -> Likelihood:
    return combine([likelihood(FULL), likelihood(LAR)])


def test_the_flux_is_shared_between_caesium_iodide_and_argon() -> None:
    together, chosen = joint(), model("3nu")
    members = [likelihood(FULL), likelihood(LAR)]

    def at(flux: float, strength: float) -> float:
        total = (flux / 0.1) ** 2
        for member in members:
            points = member.points(chosen, {"cevns_strength": strength})
            total += float(member.profiled(chosen, points, given={"sns-flux": np.array([flux])})[0][0])
        return total

    for strength in (0.7, 1.3):
        best = minimize_scalar(lambda flux, s=strength: at(flux, s), bounds=(-0.4, 0.4), method="bounded")
        assert together.chi2("3nu", cevns_strength=strength) == pytest.approx(best.fun, abs=1e-5)
        _, where = together.profiled(chosen, together.points(chosen, {"cevns_strength": strength}))
        assert where["sns-flux"][0] == pytest.approx(best.x, abs=1e-3)


def test_many_points_at_once_are_the_points_one_by_one() -> None:
    together, strengths = joint(), np.linspace(0.5, 1.5, 5)
    found = together.chi2("3nu", cevns_strength=strengths)
    assert found == pytest.approx([together.chi2("3nu", cevns_strength=s) for s in strengths], abs=1e-7)


def test_argon_and_caesium_iodide_agree_with_the_flux_counted_once() -> None:
    found = compare(
        [FULL, LAR], "3nu", fixed={"sin2_theta_w": 0.23857}, grid={"cevns_strength": (0.3, 1.9, 17, "lin")}
    )
    assert found.pg.dof == 1
    assert 0.0 <= found.pg.delta < 2.0
    assert abs(found.shared["sns-flux"]) < 0.02


def test_counts_combine_with_what_has_two_sided_priors() -> None:
    both = combine([joint(), likelihood("gallium")])
    point = {"dm2_41": 2.0, "Ue4_sq": 0.1, "Umu4_sq": 0.0}
    apart = joint().chi2("3+1-sbl", **point) + likelihood("gallium").chi2("3+1-sbl", **point)
    assert both.chi2("3+1-sbl", **point) == pytest.approx(apart, abs=1e-6)


def test_no_sensitivity_to_what_gallium_wants() -> None:
    """The rate falls by a few per cent, less than the flux is uncertain."""
    lk = likelihood(FULL)
    point = {"dm2_41": 1.24, "Ue4_sq": 0.09, "Umu4_sq": 0.0}
    loss = 1.0 - rates(lk, "3+1-sbl", **point).sum() / rates(lk).sum()
    assert 0.0 < loss < 0.1
    assert abs(lk.chi2("3+1-sbl", **point) - lk.chi2("3nu")) < 1.0
