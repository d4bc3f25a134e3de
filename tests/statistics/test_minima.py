"""Minima of toys and data do not hang on the grid."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nuanomaly.inference.engine import make_engine
from nuanomaly.inference.feldman_cousins import feldman_cousins
from nuanomaly.inference.fit import fit
from nuanomaly.inference.montecarlo import toy_significance
from nuanomaly.inference.question import Question
from nuanomaly.inference.resolution import LOSS, losses, resolved
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.inference.vertex import refined


def test_a_quadratic_form_is_found_exactly_on_uneven_axes() -> None:
    random = np.random.default_rng(5)
    axes = [np.sort(random.uniform(-2.0, 2.0, 40)), np.linspace(-1.0, 1.0, 21), np.linspace(-1.0, 1.0, 15)]
    root = random.standard_normal((3, 3)) + 2.0 * np.eye(3)
    bend, centre = root @ root.T, np.array([0.137, -0.222, 0.061])
    mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - centre
    whole = 7.0 + 0.5 * np.einsum("...k,km,...m->...", mesh, bend, mesh)
    place = np.array([np.unravel_index(int(whole.argmin()), whole.shape)])
    found = refined(lambda moves: whole[tuple(np.moveaxis(place + moves, -1, 0))], place, axes)
    assert whole.min() > 7.001
    assert found[0] == pytest.approx(7.0, abs=1e-10)


def test_nothing_is_looked_for_beyond_an_end_or_beside_what_does_not_exist() -> None:
    x = np.linspace(0.0, 1.0, 5)
    values = np.stack([(x - 0.05) ** 2, (x - 0.45) ** 2, np.where(x > 0.6, np.inf, (x - 0.55) ** 2)])
    place, row = values.argmin(axis=1)[:, None], np.arange(3)
    found = refined(lambda moves: values[row, (place + moves)[..., 0]], place, [x])
    assert found.tolist() == [values[0, 0], pytest.approx(0.0, abs=1e-12), values[2, 2]]


#: Releases whose toys are cheap, one for each engine and more, and a range where signals are fast.
CASES = {
    "best": ("2nu-ee", (0.1, 100.0), (0.01, 1.0)),
    "karmen": ("2nu-mue", (0.01, 100.0), (1e-4, 1.0)),
    "cdhs": ("2nu-mumu", (0.1, 100.0), (0.01, 1.0)),
    "danss": ("2nu-ee", (0.3, 3.0), (0.01, 0.5)),
    "prospect": ("2nu-ee", (0.1, 3.0), (0.01, 1.0)),
    "stereo-process": ("2nu-ee", (0.1, 10.0), (0.005, 1.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_toys_do_not_hang_on_the_grid(name: str) -> None:
    model, splittings, amplitudes = CASES[name]

    def found(count: int, across: int) -> tuple[float, NDArray[np.float64]]:
        parameters = Question(name, model).axes
        grid = {
            parameters[0].name: (*splittings, count, "log"),
            parameters[1].name: (*amplitudes, across, "log"),
        }
        engine = make_engine(plane_of(Question(name, model, grid=grid)), 3)
        values, smallest = engine.observed()
        null = engine.plane.null
        return float(values[null]) - min(smallest, float(values.min())), engine.deltas(null, 0)

    (delta, toys), (fine_delta, fine_toys) = found(41, 15), found(161, 41)
    assert delta == pytest.approx(fine_delta, abs=0.1)
    p, fine_p = (toys >= delta - 1e-9).mean(), (fine_toys >= fine_delta - 1e-9).mean()
    assert abs(p - fine_p) <= max(1.0, np.sqrt(500 * fine_p * (1.0 - fine_p))) / 500
    assert np.sqrt(((toys - fine_toys) ** 2).mean()) < 0.15


def test_the_minimum_of_the_data_is_that_of_the_fit() -> None:
    grid = {"dm2_41": (0.3, 3.0, 21, "log"), "sin2_2theta_ee": (0.01, 0.5, 15, "log")}
    toys = toy_significance("danss", "2nu-ee", grid=grid, toys=1)
    best = fit("danss", "2nu-ee", grid=grid)
    assert best.against_none is not None
    assert toys.delta == pytest.approx(best.against_none.delta, abs=0.05)


def test_an_axis_is_cut_where_a_signal_would_fall_between_and_keeps_what_was_asked_for() -> None:
    what = Question("prospect", "2nu-ee", grid={"dm2_41": (0.1, 10.0, 41, "log")})
    found = resolved(what.objective, what.axes, what.parameters)
    assert np.isin(what.axes[0].values, found[0].values).all()
    assert np.isin(what.axes[1].values, found[1].values).all()
    steps = np.diff(np.log(found[0].values))
    assert steps[-1] < 0.3 * steps[0]  # the faster, the larger the splitting
    values = found[0].values
    part, _ = losses(what.objective, what.axes, what.parameters, 0, values[:-1], values[1:])
    assert part.max() <= LOSS
    asked = what.axes[0].values
    before, _ = losses(what.objective, what.axes, what.parameters, 0, asked[:-1], asked[1:])
    assert before.max() > 0.2


def test_a_region_is_reported_on_the_grid_that_was_asked_for() -> None:
    grid = {"dm2_41": (0.1, 10.0, 13, "log"), "sin2_2theta_ee": (0.01, 1.0, 7, "log")}
    result = feldman_cousins("prospect", "2nu-ee", grid=grid, toys=400, every=6, levels=(0.9,))
    assert result.shape == (13, 7)
    assert result.delta.size == 13 * 7 + 1
    assert result.index.tolist() == [0, 6, 42, 48, 84, 90]
    assert set(result.toys.tolist()) == {400}
    whole = Question("prospect", "2nu-ee", grid=grid)
    axes = [a.values for a in whole.axes]
    assert [result.points[a.name][48] for a in whole.axes] == [axes[0][6], axes[1][6]]
    # the minimum lies below that of the grid, by as much everywhere
    values = whole.objective.on(whole.axes)
    above = result.delta[:-1].reshape(13, 7) - (values - values.min())
    assert above.min() > 0.01
    assert np.ptp(above) < 1e-6


@pytest.mark.parametrize("name", CASES)
def test_toys_on_the_points_of_a_grid_alone(name: str) -> None:
    model, splittings, amplitudes = CASES[name]
    axes = Question(name, model).axes
    grid = {axes[0].name: (*splittings, 21, "log"), axes[1].name: (*amplitudes, 9, "log")}
    engine = make_engine(plane_of(Question(name, model, grid=grid), gridded=True), 3)
    assert engine.plane.shape == (21, 9)
    toys = engine.generate(engine.plane.null, 0)[:40]
    values = engine.values(toys)
    np.testing.assert_allclose(engine.minimum(toys), values.min(axis=1), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        engine.deltas(engine.plane.null, 0)[:40], values[:, engine.plane.null] - values.min(axis=1), atol=1e-8
    )
    between = make_engine(plane_of(Question(name, model, grid=grid)), 3).minimum(toys)
    assert (between <= values.min(axis=1) + 1e-9).all()
    assert (between < values.min(axis=1) - 1e-3).any()
