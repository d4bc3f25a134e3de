"""Linear nuisances: profiles against a general minimiser, priors that can be left out, forms that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.quadratic import Quadratic, _Bends

number = st.floats(-3.0, 3.0)
sigma = st.floats(0.05, 3.0)


@st.composite
def nuisance(draw: st.DrawFn, name: str) -> Nuisance:
    """Gaussian, two-sided, bounded, or free."""
    kind = draw(st.sampled_from(["gaussian", "two-sided", "floor", "box", "free"]))
    up = draw(sigma)
    down = draw(sigma) if kind == "two-sided" else up
    low = -draw(st.floats(0.01, 1.0)) if kind in ("floor", "box") else -np.inf
    high = draw(st.floats(0.01, 1.0)) if kind == "box" else np.inf
    if kind == "free":
        return Nuisance(name, "free")
    return Nuisance(name, kind, up, down, low, high)


@st.composite
def form(draw: st.DrawFn, k: int) -> Quadratic:
    """A χ² of five data with k linear nuisances."""
    values = np.array([draw(number) for _ in range(5 * (k + 1))]).reshape(k + 1, 5)
    residual, jacobian = values[0], values[1:].T
    return Quadratic(
        tuple(f"n{i}" for i in range(k)),
        np.array([residual @ residual]),
        -(residual @ jacobian)[None],
        (jacobian.T @ jacobian)[None],
    )


def prior(items: tuple[Nuisance, ...], xi: np.ndarray) -> float:
    return sum((x / (n.plus if x > 0 else n.minus)) ** 2 for n, x in zip(items, xi, strict=True))


@given(st.data(), st.integers(1, 3), st.booleans())
def test_the_profile_is_the_minimum(data, k: int, with_prior: bool) -> None:
    items = tuple(data.draw(nuisance(f"n{i}")) for i in range(k))
    quadratic = data.draw(form(k))
    value, where = quadratic.profile(Nuisances(items), with_prior)

    def total(xi: np.ndarray) -> float:
        chi2 = quadratic.constant[0] + 2.0 * quadratic.gradient[0] @ xi + xi @ quadratic.hessian[0] @ xi
        return chi2 + (prior(items, xi) if with_prior else 0.0)

    for n, x in zip(items, where[0], strict=True):
        assert n.low - 1e-9 <= x <= n.high + 1e-9
    assert value[0] == pytest.approx(total(where[0]), abs=1e-7 * (1.0 + np.abs(where).max() ** 2))
    begin = np.clip(where[0] * 0.9, [n.low for n in items], [n.high for n in items])
    found = minimize(total, begin, bounds=[(n.low, n.high) for n in items], method="L-BFGS-B")
    assert value[0] <= found.fun + 1e-6


def test_many_points_are_profiled_as_one_by_one() -> None:
    random = np.random.default_rng(3)
    items = (Nuisance("a", "", 0.3, 0.1, -0.2), Nuisance("b", "", 0.5, 0.5), Nuisance("c", "free"))
    jacobian, residual = random.normal(size=(50, 8, 3)), random.normal(size=(50, 8))
    together = Quadratic(
        ("a", "b", "c"),
        np.einsum("pn,pn->p", residual, residual),
        -np.einsum("pn,pnk->pk", residual, jacobian),
        np.einsum("pni,pnk->pik", jacobian, jacobian),
    )
    value, where = together.profile(Nuisances(items))
    for p in range(50):
        one = Quadratic(
            together.ids, together.constant[[p]], together.gradient[[p]], together.hessian[[p]]
        ).profile(Nuisances(items))
        assert value[p] == pytest.approx(one[0][0], rel=1e-12)
        np.testing.assert_allclose(where[p], one[1][0], rtol=1e-9, atol=1e-12)


def test_a_direction_that_nothing_constrains_does_no_harm() -> None:
    """Two free nuisances with the same effect, of very different size: only their sum is known."""
    jacobian, residual = np.array([[1.0, 1e6], [2.0, 2e6], [-1.0, -1e6]]), np.array([1.0, 2.0, 0.5])
    quadratic = Quadratic(
        ("a", "b"),
        np.array([residual @ residual]),
        -(residual @ jacobian)[None],
        (jacobian.T @ jacobian)[None],
    )
    value, where = quadratic.profile(Nuisances((Nuisance("a", ""), Nuisance("b", ""))))
    best = (residual @ jacobian[:, 0]) / (jacobian[:, 0] @ jacobian[:, 0])
    assert value[0] == pytest.approx(residual @ residual - best**2 * 6.0, rel=1e-9)
    assert np.isfinite(where).all()


def test_a_nuisance_without_effect_stays_at_zero() -> None:
    zero = Quadratic(
        ("a", "b"), np.array([2.0]), np.array([[0.0, -1.0]]), np.array([[[0.0, 0.0], [0.0, 1.0]]])
    )
    value, where = zero.profile(Nuisances((Nuisance("a", ""), Nuisance("b", ""))))
    assert value[0] == pytest.approx(1.0)
    np.testing.assert_allclose(where, [[0.0, 1.0]])


@given(st.data())
def test_a_form_at_given_values_profiles_to_what_is_left(data) -> None:
    items = tuple(data.draw(nuisance(f"n{i}")) for i in range(3))
    quadratic, x = data.draw(form(3)), data.draw(st.floats(-0.5, 0.5))
    rest = quadratic.substituted({"n1": np.array([x])})
    assert rest.ids == ("n0", "n2")
    value, where = rest.profile(Nuisances(items))
    xi = np.array([where[0, 0], x, where[0, 1]])
    full = quadratic.constant[0] + 2.0 * quadratic.gradient[0] @ xi + xi @ quadratic.hessian[0] @ xi
    own = prior((items[0], items[2]), where[0])
    assert value[0] == pytest.approx(full + own, abs=1e-7 * (1.0 + np.abs(xi).max() ** 2))


# --- priors -------------------------------------------------------------------------------------------------

INVERSE = np.linalg.inv(np.array([[0.04, 0.01], [0.01, 0.09]]))
MIXED = Nuisances(
    (
        Nuisance("two-sided", "", 0.1, 0.2, -0.3),
        Nuisance("plain", "", 0.5, 0.5),
        Nuisance("x", "", block="b"),
        Nuisance("y", "", block="b"),
        Nuisance("free", ""),
    ),
    ((("x", "y"), INVERSE),),
)


def test_prior_values_are_those_of_the_declaration() -> None:
    assert MIXED.with_prior() == ("two-sided", "plain", "x", "y")
    for side, width in ((0.15, 0.1), (-0.15, 0.2)):
        given_ = {"two-sided": np.array([side]), "plain": np.array([1.0])}
        assert MIXED.prior_value(given_)[0] == pytest.approx((side / width) ** 2 + 4.0)
    both = np.array([0.2, -0.1])
    assert MIXED.prior_value({"x": both[:1], "y": both[1:]})[0] == pytest.approx(both @ INVERSE @ both)


def test_a_prior_is_left_out_with_its_whole_block_and_bounds_stay() -> None:
    rest = MIXED.without_prior(["two-sided", "x"])
    assert rest.with_prior() == ("plain",)
    assert rest.items[0].low == -0.3
    assert rest.ids == MIXED.ids


def test_the_profile_without_priors_is_that_of_nuisances_without_priors() -> None:
    random = np.random.default_rng(1)
    jacobian, residual = random.normal(size=(9, 5)), random.normal(size=9)
    quadratic = Quadratic(
        MIXED.ids,
        np.array([residual @ residual]),
        -(residual @ jacobian)[None],
        (jacobian.T @ jacobian)[None],
    )
    bare = quadratic.profile(MIXED, prior=False)[0]
    assert bare == pytest.approx(quadratic.profile(MIXED.without_prior(MIXED.ids))[0], rel=1e-12)
    assert bare < quadratic.profile(MIXED)[0]


def test_one_id_is_one_quantity() -> None:
    same = Nuisances((Nuisance("plain", "in other words", 0.5, 0.5),))
    assert MIXED.union([same]).ids == MIXED.ids
    other = Nuisances((Nuisance("plain", "", 0.4, 0.5),))
    with pytest.raises(NuanomalyError, match="'plain' has two different priors"):
        MIXED.union([other])
    block = Nuisances(MIXED.items[2:4], ((("x", "y"), 2.0 * INVERSE),))
    with pytest.raises(NuanomalyError, match="two different prior covariances"):
        MIXED.union([block])


def test_forms_add_up_on_the_union_of_their_ids() -> None:
    a = Quadratic(("x",), np.array([1.0]), np.array([[2.0]]), np.array([[[3.0]]]))
    b = Quadratic(("y", "x"), np.array([10.0]), np.array([[5.0, 7.0]]), np.array([[[1.0, 0.5], [0.5, 4.0]]]))
    total = a + b
    assert total.ids == ("x", "y")
    np.testing.assert_array_equal(total.gradient, [[9.0, 5.0]])
    np.testing.assert_array_equal(total.hessian, [[[7.0, 0.5], [0.5, 1.0]]])


SHAPES: list[dict[str, float]] = [
    {"plus": 1.0, "minus": 1.0},
    {"plus": 1.5, "minus": 0.4},
    {"plus": 0.6, "minus": 1.1, "low": -0.3},
    {"plus": 0.9, "minus": 0.9, "low": -0.5, "high": 0.2},
    {"plus": np.inf, "minus": np.inf, "low": -1.0, "high": 0.3},
]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_minimum_of_a_guess_is_that_of_all_sides_and_edges(count: int) -> None:
    random, settled = np.random.default_rng(count), 0
    for _ in range(20):
        root = random.standard_normal((40, count + 1, count))
        hessian, gradient = np.einsum("pik,pil->pkl", root, root), 3.0 * random.standard_normal((40, count))
        kinds = random.integers(0, len(SHAPES), count)
        known = Nuisances(tuple(Nuisance(f"n{k}", "", **SHAPES[kind]) for k, kind in enumerate(kinds)))
        form = Quadratic(known.ids, random.standard_normal(40), gradient, hessian)
        bent = hessian + known.prior()
        special = [k for k, item in enumerate(known.items) if item.piecewise]
        value, where = form.profile(known)
        expected, there = form._enumerated(bent, known.items, special, prior=True)
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(where, there, rtol=1e-6, atol=1e-7)
        settled += int(_Bends.of(known.ids, known, prior=True).settled(form, bent)[2].sum())
    assert settled == 20 * 40


def test_where_nothing_constrains_a_nuisance_the_guess_is_left_to_others() -> None:
    known = Nuisances((Nuisance("a", "", np.inf, np.inf, -1.0, 0.5), Nuisance("b", "", 1.0, 2.0)))
    form = Quadratic(
        known.ids, np.zeros(2), np.array([[0.0, 0.4], [1.0, 0.4]]), np.array(2 * [[[0.0, 0.0], [0.0, 1.0]]])
    )
    value, where = form.profile(known)
    # flat in the first: it stays zero, or goes to the edge that a straight line falls to
    np.testing.assert_allclose(where, [[0.0, -0.4 / 1.25], [-1.0, -0.4 / 1.25]])
    np.testing.assert_allclose(value, [-0.128, -2.128])
