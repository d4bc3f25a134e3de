"""Tables over what a data set depends on give what the cube gives, and sums find the joint minimum."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference import dependence, separable
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model

NAMES = ("dm2_41", "Ue4_sq", "Umu4_sq")
GRID = separable.grid((0.2, 8.0, 5), (1e-3, 0.2, 6), NAMES)
WHOLE = model("3+1")


def surface(name: str, value: dependence.Value) -> dependence.Member:
    return dependence.surface(name, value, NAMES, dependence.probes(*(axis[[0, -1]] for axis in GRID.axes)))


def electron(dm2: Array, e: Array, mu: Array) -> Array:
    return np.asarray((np.log(e + 1e-3) + 3.0) ** 2 + np.log(dm2) ** 2)


def muon(dm2: Array, e: Array, mu: Array) -> Array:
    return (np.log(mu + 1e-3) + 4.0) ** 2 + 0.0 * dm2


def appearance(dm2: Array, e: Array, mu: Array) -> Array:
    return np.log(4.0 * e * mu * dm2 + 1e-4) ** 2


def cube(value: dependence.Value, over: separable.Grid3) -> Array:
    points = np.meshgrid(*over.axes, indexing="ij")
    return value(*(p.ravel() for p in points)).reshape(points[0].shape)


@pytest.mark.parametrize(
    ("value", "depends"),
    [(electron, "e"), (muon, "mu"), (appearance, "product"), (lambda d, e, m: d * e + m, "both")],
)
def test_a_table_broadcasts_to_the_cube_it_replaces(value: dependence.Value, depends: str) -> None:
    data = surface("data", value)
    assert data.depends == depends
    table = np.broadcast_to(separable.tabulate(data, GRID), cube(value, GRID).shape)
    np.testing.assert_allclose(table, cube(value, GRID), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "depends"),
    [("lsnd", "product"), ("gallium", "e"), ("neos", "e"), ("cdhs", "mu"), ("miniboone-events", "both")],
)
def test_releases_depend_on_what_physics_says(name: str, depends: str) -> None:
    assert dependence.member(name, likelihood(name), WHOLE).depends == depends


def test_the_short_baseline_limit_is_exact_three_plus_one_where_it_is_taken() -> None:
    data = likelihood("danss")
    point = {"dm2_41": 1.3, "Ue4_sq": 0.02, "Umu4_sq": 0.0}
    short = dependence.statistics([dependence.member("danss", data, WHOLE)], point)["danss"]
    # solar and atmospheric oscillations over 12 m: (1.27 × 2.5e-3 × 12.7/2)² × sin²2θ13 of the rate, 1e-5
    assert short == pytest.approx(data.chi2(model("3+1"), **point), abs=0.01)


def test_lowest_is_the_minimum_of_the_sum() -> None:
    over = separable.grid((0.2, 8.0, 60), (1e-3, 0.3, 60), NAMES)
    members = [surface(f.__name__, f) for f in (electron, muon)]
    found = separable.lowest(members, [separable.tabulate(m, over) for m in members], over)
    assert found.value == pytest.approx(0.0, abs=1e-4)
    assert found.point["dm2_41"] == pytest.approx(1.0, rel=2e-3)
    assert found.point["Umu4_sq"] == pytest.approx(np.exp(-4.0) - 1e-3, rel=1e-2)
    assert found.edges == ()


def test_refined_finds_the_deepest_valley_where_a_coarse_grid_sees_another() -> None:
    def wave(dm2: Array, e: Array, mu: Array) -> Array:
        narrow = -1.2 * np.exp(-((np.log(dm2 / 1.63) / 0.02) ** 2))
        return np.asarray(np.log(e / 0.02) ** 2 + narrow - np.exp(-((np.log(dm2 / 5.0) / 0.5) ** 2)))

    over = separable.grid((0.2, 8.0, 60), (1e-3, 0.3, 12), NAMES)
    data = surface("wave", wave)
    tables = [separable.tabulate(data, over)]
    coarse, found = separable.lowest([data], tables, over), separable.refined([data], tables, over)
    assert coarse.point["dm2_41"] == pytest.approx(5.0, rel=0.05)
    assert found.point["dm2_41"] == pytest.approx(1.63, rel=1e-3)
    assert found.value == pytest.approx(-1.2 - np.exp(-((np.log(1.63 / 5.0) / 0.5) ** 2)), abs=1e-4)
    assert found.edges == ()


def test_a_refined_minimum_stays_inside_the_grid_and_says_where_its_edge_is() -> None:
    over = separable.grid((0.2, 8.0, 20), (1e-3, 0.3, 12), NAMES)
    data = surface("rising", lambda d, e, m: np.log(d) ** 2 + np.log(m) + 0.0 * e)
    found = separable.refined([data], [separable.tabulate(data, over)], over)
    assert found.point["Umu4_sq"] == pytest.approx(1e-3, rel=1e-9)
    assert found.edges == ("Umu4_sq",)


def test_a_map_gives_its_own_values_and_ends_at_its_smallest_mixing() -> None:
    dm2, mixing = np.geomspace(0.1, 10, 9), np.geomspace(1e-3, 0.5, 8)
    rows = [(d, m, np.log(d) ** 2 + 100.0 * m) for d in dm2 for m in mixing]
    frame = pd.DataFrame(rows, columns=["a", "b", "chi2"])
    data = dependence.mapped("map", frame, {"dm2_41": "a", "Umu4_sq": "b"}, "chi2", NAMES)
    assert data.depends == "mu"
    at = data.value(dm2[[2, 2]], np.zeros(2), np.array([mixing[3], 1e-9]))
    assert at == pytest.approx([rows[2 * 8 + 3][2], rows[2 * 8][2]], rel=1e-9)


def test_by_amplitude_takes_the_smallest_value_at_each_product() -> None:
    values = cube(lambda d, e, m: e * d + m, GRID)
    amplitude, smallest = separable.by_amplitude(values, GRID)
    assert amplitude[[0, -1]] == pytest.approx([4e-6, 0.16])
    assert smallest[:, 2] == pytest.approx(np.min([values[:, i, 2 - i] for i in range(3)], axis=0))


def test_mixing_axes_with_different_steps_are_refused() -> None:
    with pytest.raises(NuanomalyError, match="one common step"):
        separable.Grid3(
            np.geomspace(0.1, 1, 3), np.geomspace(0.01, 0.1, 3), np.geomspace(0.01, 0.2, 3), NAMES
        )


@pytest.mark.parametrize("points", [200, 600])
@pytest.mark.parametrize("names", [("lsnd",), ("lsnd", "karmen"), ("lsnd", "karmen", "miniboone-nue")])
def test_simplices_find_nothing_lower_in_narrow_valleys_and_between_kinks(
    names: tuple[str, ...], points: int
):
    """LSND's map is read by straight lines: its lowest node is not a grid's lowest point."""
    over = separable.grid((0.103, 9.7, points), (1e-6, 0.3, 80), NAMES)
    members = [dependence.member(name, likelihood(name), WHOLE) for name in names]
    found = separable.refined(members, [separable.tabulate(m, over) for m in members], over)
    limits = np.log([(axis[0], axis[-1]) for axis in over.axes])

    def total(point: Array) -> float:
        inside = np.exp(np.clip(point, *limits.T)).tolist()
        return sum(dependence.statistics(members, dict(zip(found.point, inside, strict=True))).values())

    start = np.log(list(found.point.values()))
    lowest = min(
        minimize(
            total, start + np.array([shift, 0.0, 0.0]), method="Nelder-Mead", options={"maxfev": 300}
        ).fun
        for shift in (0.0, -0.14, -0.07, 0.07, 0.14)
    )
    assert found.value < lowest + 0.002
