"""The parameter goodness of fit: its value, its degrees of freedom, and what it refuses."""

import numpy as np
import pytest
from scipy.stats import chi2

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.datasets import OverlapError
from nuanomaly.inference.fit import fit
from nuanomaly.likelihood.nuisance import Nuisance
from nuanomaly.likelihood.parts import Overlap
from nuanomaly.likelihood.surface import SurfaceLikelihood
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.constants import PHASE

FULL = np.pi / 2.0 / PHASE * 3.0  # m: sin²φ = 1 at 1 eV² and 3 MeV
NORM = Nuisance("norm", "a common normalisation", 0.05, 0.05)
LINE = {"sin2_2theta_ee": (0.0, 1.0, 201, "lin")}
ONE = {"dm2_41": 1.0}
GRID = {"dm2_41": (0.05, 5.0, 201, "log")}


def spectrum(counting, release: str, seed: int, **options):
    L = np.linspace(1.0, 14.0, 10)
    truth = 1.0 - 0.15 * np.sin(PHASE * 0.8 * L / 3.0) ** 2
    return counting(release, L, truth + np.random.default_rng(seed).normal(0.0, 0.02, 10), 0.02**2, **options)


# --- values -------------------------------------------------------------------------------------------------


def test_two_measurements_of_one_number_give_the_squared_pull(counting) -> None:
    a, b = counting("a@1-r1", [FULL], [0.7], 0.03**2), counting("b@1-r1", [FULL], [0.6], 0.04**2)
    found = compare([a, b], "2nu-ee", fixed=ONE, grid=LINE)
    assert found.pg.delta == pytest.approx(0.1**2 / (0.03**2 + 0.04**2), rel=1e-6)
    assert found.pg.dof == 1
    assert found.pg.p_value == pytest.approx(chi2.sf(4.0, 1), rel=1e-5)
    assert found.best_fit["sin2_2theta_ee"] == pytest.approx(
        (0.3 / 9 + 0.4 / 16) / (1 / 9 + 1 / 16), rel=1e-4
    )


def test_a_shared_prior_enters_once(counting) -> None:
    # r = (1 − s)(1 + ξ) in both, ξ = 0 ± 0.05: the difference of the two is free of ξ
    options = {"nuisances": [NORM], "fractions": np.ones((1, 1))}
    a = counting("a@1-r1", [FULL], [0.7], 0.03**2, **options)
    b = counting("b@1-r1", [FULL], [0.6], 0.04**2, **options)
    found = compare([a, b], "2nu-ee", fixed=ONE, grid=LINE)
    assert found.pg.delta == pytest.approx(0.1**2 / (0.03**2 + 0.04**2), rel=1e-5)
    assert found.pg.dof == 1  # 1 + 1 + 1 (prior) − 2
    assert [p.name for p in found.parts] == ["a@1-r1", "b@1-r1", "prior"]
    assert found.part("prior").rank == 1
    assert found.part("prior").minimum == 0.0


def test_a_shared_nuisance_is_the_correlated_covariance(counting) -> None:
    """Pull form and covariance form agree: the same joint χ², and the prior is counted once."""
    s, effect = 0.2, np.array([[0.5], [1.0], [1.0], [0.7]])
    L = [2.0, 4.0, 5.0, 7.0]
    data, errors = np.array([0.93, 0.85, 0.84, 0.88]), np.diag([0.02, 0.03, 0.02, 0.04]) ** 2
    mu = 1.0 - s * np.sin(PHASE * np.array(L) / 3.0) ** 2
    move = effect[:, 0] * mu
    full = errors + 0.05**2 * np.outer(move, move)
    expected = (data - mu) @ np.linalg.solve(full, data - mu)
    parts = [
        counting(f"{name}@1-r1", L[k], data[k], errors[k, k], nuisances=[NORM], fractions=effect[k])
        for name, k in (("a", slice(0, 2)), ("b", slice(2, 4)))
    ]
    together = combine(parts)
    assert together.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=s) == pytest.approx(expected, rel=1e-9)
    apart = sum(p.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=s) for p in parts)
    assert apart < expected - 1.0  # with a pull of its own for each: another likelihood


def test_prior_counted_twice_would_be_too_small(counting) -> None:
    """With its own prior in each separate fit, χ²_PG of two equally shifted data sets is smaller."""
    options = {"nuisances": [NORM], "fractions": np.ones((3, 1)), "scale": 1.0}
    L = [0.05, FULL, 2.0 * FULL]
    a = counting("a@1-r1", L, [1.12, 0.8, 1.13], 0.01**2, **options)
    b = counting("b@1-r1", L, [1.13, 0.7, 1.11], 0.01**2, **options)
    found = compare([a, b], "2nu-ee", fixed=ONE, grid=LINE)
    naive = (
        found.value
        - fit(a, "2nu-ee", fixed=ONE, grid=LINE).value
        - fit(b, "2nu-ee", fixed=ONE, grid=LINE).value
    )
    assert found.shared["norm"] == pytest.approx(0.12, abs=0.01)
    assert naive < found.pg.delta - 2.0
    assert found.part("prior").joint == pytest.approx((found.shared["norm"] / 0.05) ** 2, rel=1e-9)


def test_the_parts_add_up(counting) -> None:
    two_sided = Nuisance("norm", "", 0.05, 0.02, -0.04)
    options = {"nuisances": [two_sided], "fractions": np.ones((10, 1))}
    a, b = spectrum(counting, "a@1-r1", 1, **options), spectrum(counting, "b@1-r1", 2, **options)
    found = compare([a, b], "2nu-ee", grid=GRID)
    assert sum(p.joint for p in found.parts) == pytest.approx(found.value, rel=1e-9)
    assert sum(p.pull for p in found.parts) == pytest.approx(found.pg.delta, abs=1e-9)
    assert all(p.pull > -1e-6 for p in found.parts)


def test_a_block_of_correlated_nuisances_is_shared_as_a_whole(counting) -> None:
    fluxes = [Nuisance(f"flux-{k}", "", block="flux") for k in "ab"]
    inverse = np.linalg.inv(np.array([[4e-4, 2e-4], [2e-4, 9e-4]]))
    options = {"nuisances": fluxes, "blocks": ((("flux-a", "flux-b"), inverse),)}
    shares = np.column_stack([np.linspace(0.7, 0.5, 10), np.linspace(0.3, 0.5, 10)])
    a = spectrum(counting, "a@1-r1", 1, fractions=shares, **options)
    b = spectrum(counting, "b@1-r1", 2, fractions=shares[::-1], **options)
    found = compare([a, b], "2nu-ee", grid=GRID)
    assert found.part("prior").rank == 2
    assert [p.rank for p in found.parts] == [4, 4, 2]  # Δm², sin²2θ and both fluxes; the fluxes
    assert found.rank == 4
    assert found.pg.dof == 6
    assert sum(p.joint for p in found.parts) == pytest.approx(found.value, rel=1e-9)


# --- degrees of freedom -------------------------------------------------------------------------------------


def test_two_disappearance_releases_have_two_degrees_of_freedom(counting) -> None:
    found = compare([spectrum(counting, "a@1-r1", 1), spectrum(counting, "b@1-r1", 2)], "2nu-ee", grid=GRID)
    assert [p.rank for p in found.parts] == [2, 2]
    assert found.rank == 2
    assert found.pg.dof == 2
    assert found.goodness_of_fit.dof == 18


@pytest.mark.parametrize("model", ["3+1-sbl", "3+1"])
def test_appearance_and_disappearance_in_3_plus_1_have_two_degrees_of_freedom(counting, model: str) -> None:
    L = np.linspace(20.0, 300.0, 8)
    appearance = counting("app@1-r1", L, np.full(8, 0.002), 1e-6, channel=("mu", "e"), energy=100.0)
    nue, numu = (
        counting(f"{f}@1-r1", L, np.full(8, 0.9), 1e-4, channel=(f, f), energy=100.0) for f in ("e", "mu")
    )
    grid = {"dm2_41": (0.05, 5.0, 41, "log"), "Ue4_sq": 11, "Umu4_sq": 11}
    found = compare([appearance, combine([nue, numu], "disappearance")], model, grid=grid)
    assert [p.rank for p in found.parts] == [2, 3]
    assert found.rank == 3
    assert found.pg.dof == 2
    each = compare([appearance, nue, numu], model, grid=grid)
    assert [p.rank for p in each.parts] == [2, 2, 2]
    assert each.pg.dof == 3
    assert set(each.part("e@1-r1").parameters) == {"dm2_41", "Ue4_sq"}  # |U_μ4|² does not matter there


def test_one_ratio_constrains_one_parameter(counting) -> None:
    one, many = counting("a@1-r1", [FULL], [0.8], 0.01), spectrum(counting, "b@1-r1", 2)
    found = compare([one, many], "2nu-ee", grid=GRID)
    assert [p.rank for p in found.parts] == [1, 2]
    assert found.pg.dof == 1


def test_a_free_normalisation_absorbs_a_degree_of_freedom(counting) -> None:
    free = Nuisance("own", "free normalisation of a alone")
    options = {"nuisances": [free], "fractions": np.ones((2, 1))}
    shape = counting("a@1-r1", [1.0, 6.0], [1.0, 0.9], 0.01, **options)
    found = compare([shape, spectrum(counting, "b@1-r1", 2)], "2nu-ee", grid=GRID)
    assert [p.rank for p in found.parts] == [1, 2]
    assert found.goodness_of_fit.dof == 12 - 2 - 1


def test_a_surface_has_the_rank_of_its_coordinates(counting) -> None:
    dm2, amplitude = np.geomspace(0.01, 100.0, 21), np.geomspace(1e-5, 1.0, 21)
    table = (np.log(dm2)[:, None] - 0.1) ** 2 + (np.log(amplitude) + 6.0) ** 2
    options = {"statistic": "delta", "n_bins": None, "null": 30.0, "mode": None}
    surface = SurfaceLikelihood(
        release="map@1-r1", channel=("mu", "e"), dm2=dm2, amplitude=amplitude, table=table, **options
    )
    L = np.linspace(20.0, 300.0, 8)
    nue = counting("e@1-r1", L, np.full(8, 0.95), 1e-4, energy=100.0)
    grid = {"dm2_41": (0.05, 5.0, 41, "log"), "Ue4_sq": 11, "Umu4_sq": 11}
    found = compare([surface, nue], "3+1-sbl", grid=grid)
    assert [p.rank for p in found.parts] == [2, 2]
    assert found.pg.dof == 1
    assert found.goodness_of_fit is None  # a difference is no χ²
    assert [p.statistic for p in found.parts] == ["delta", "chi2"]


def test_a_group_counts_as_one_data_set(counting) -> None:
    a, b, c = (spectrum(counting, f"{n}@1-r1", k) for k, n in enumerate("abc"))
    apart, grouped = (
        compare([a, b, c], "2nu-ee", grid=GRID),
        compare([combine([a, b], "ab"), c], "2nu-ee", grid=GRID),
    )
    assert apart.pg.dof == 4
    assert grouped.pg.dof == 2
    assert grouped.datasets == ("ab", "c@1-r1")
    assert apart.value == pytest.approx(grouped.value, abs=1e-5)


def test_a_users_model_is_compared_like_any_other(counting) -> None:
    def deficit(initial, final, antineutrino, L, E, share):
        return (1.0 - share) * np.ones_like(L) if initial == final else np.zeros_like(L)

    a, b = counting("a@1-r1", [3.0], [0.8], 0.03**2), counting("b@1-r1", [9.0], [0.7], 0.04**2)
    found = compare([a, b], deficit, grid={"share": (0.0, 1.0, 41, "lin")})
    assert found.pg.delta == pytest.approx(4.0, rel=1e-6)
    assert found.pg.dof == 1


# --- what is refused and recorded ---------------------------------------------------------------------------


def test_overlapping_releases_are_refused_with_the_reason(counting) -> None:
    said = [Overlap("b@2000", "subset", "all of its runs are in b")]
    a, b = spectrum(counting, "a@1-r1", 1, overlaps=said), spectrum(counting, "b@2000-r3", 2)
    with pytest.raises(OverlapError, match=r"a@1-r1 and b@2000-r3 \(all of its runs are in b\)"):
        compare([a, b], "2nu-ee", grid=GRID)
    with pytest.raises(OverlapError):
        compare([b, a], "2nu-ee", grid=GRID)
    found = compare([a, b], "2nu-ee", grid=GRID, allow_overlap=True)
    assert found.to_dict()["overlaps"] == [
        {"first": "a@1-r1", "second": "b@2000-r3", "relation": "subset", "reason": "all of its runs are in b"}
    ]


def test_an_overlap_inside_a_group_is_found(counting) -> None:
    said = [Overlap("c", "shares", "one detector")]
    a, b, c = (
        spectrum(counting, f"{n}@1-r1", k, overlaps=said if n == "a" else ()) for k, n in enumerate("abc")
    )
    with pytest.raises(OverlapError, match="one detector"):
        compare([combine([a, b], "ab"), c], "2nu-ee", grid=GRID)


def test_two_versions_of_one_dataset_are_refused(counting) -> None:
    with pytest.raises(OverlapError, match="two versions of one dataset"):
        compare([spectrum(counting, "a@1-r1", 1), spectrum(counting, "a@2-r1", 2)], "2nu-ee", grid=GRID)


def test_the_same_data_set_twice_is_refused_even_if_overlaps_are_allowed(counting) -> None:
    a = spectrum(counting, "a@1-r1", 1)
    with pytest.raises(NuanomalyError, match="twice"):
        compare([a, a], "2nu-ee", grid=GRID, allow_overlap=True)


def test_one_data_set_is_no_comparison(near_and_far) -> None:
    with pytest.raises(NuanomalyError, match="at least two"):
        compare([near_and_far], "2nu-ee")


def test_an_unknown_parameter_is_an_error_not_ignored(counting) -> None:
    pair = [spectrum(counting, "a@1-r1", 1), spectrum(counting, "b@1-r1", 2)]
    with pytest.raises(UnknownNameError, match="dm2_41"):
        compare(pair, "2nu-ee", fixed={"dm2_14": 1.0})


def test_two_priors_of_one_nuisance_are_refused(counting) -> None:
    other = Nuisance("norm", "a common normalisation", 0.06, 0.06)
    a = counting("a@1-r1", [FULL], [0.7], 0.01, nuisances=[NORM], fractions=np.ones((1, 1)))
    b = counting("b@1-r1", [FULL], [0.7], 0.01, nuisances=[other], fractions=np.ones((1, 1)))
    with pytest.raises(NuanomalyError, match="two different priors"):
        compare([a, b], "2nu-ee", fixed=ONE)


def test_the_result_can_be_written_down(counting) -> None:
    pair = [spectrum(counting, "a@1-r1", 1), spectrum(counting, "b@1-r1", 2)]
    said = compare(pair, "2nu-ee", grid=GRID).to_dict()
    assert said["datasets"] == ["a@1-r1", "b@1-r1"]
    assert said["minimum"]["a@1-r1"]["statistic"] == "chi2"
    assert set(said["pg"]) >= {"chi2", "dof", "p_value"}
    assert set(said["best_fit"]) == {"dm2_41", "sin2_2theta_ee"}
    assert said["pg"]["how"] == "Wilks, dof 2, two-sided"
