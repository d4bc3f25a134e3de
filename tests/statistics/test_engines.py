"""The quick engines give what the plain likelihood gives, for everything that generates toys."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.benchmarks import every_release
from nuanomaly.inference.engine import (
    Engine,
    FixedEngine,
    LinearEngine,
    Plane,
    SplitEngine,
    TableEngine,
    make_engine,
)
from nuanomaly.inference.engine.screen import Screen
from nuanomaly.inference.engine.tiles import SIZE, tiles
from nuanomaly.inference.feldman_cousins import feldman_cousins
from nuanomaly.inference.question import Question
from nuanomaly.inference.vertex import refined
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.algebra.gains import Gains
from nuanomaly.likelihood.algebra.gaussian_tables import GaussianTable
from nuanomaly.likelihood.algebra.smallest import smallest
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.probabilities import Array, Model, NotApplicableError
from nuanomaly.model.registry import model


def plane(data: Likelihood | str, name: str, grid: dict, **extra: object) -> Plane:
    what = Question(data, name, grid=grid)
    return Plane(what.objective, what.axes, what.parameters, extra)  # type: ignore[arg-type]


def plain(engine: Engine, data: np.ndarray) -> np.ndarray:
    """One likelihood per data set, one evaluation per point."""
    objective = engine.plane.objective
    points = engine.plane.complete
    return np.array([objective.likelihood.given(d).value(objective.model, points) for d in data])


def test_the_engine_is_chosen_by_what_the_likelihood_is(
    bins: ResponseLikelihood, make: SimpleNamespace
) -> None:
    assert isinstance(make_engine(plane(bins, "2nu-ee", make.grid)), LinearEngine)
    bent = {"dm2_41": (0.1, 10.0, 5, "log"), "Ue4_sq": (0.01, 0.9, 5, "log")}
    bent |= {"Umu4_sq": np.array([0.0, 0.2])}
    assert isinstance(make_engine(plane(bins, "3+1-sbl", bent)), TableEngine)  # some points are impossible
    scaled = make.relative(np.full(5, 0.9), 0.05, Nuisance("scale", "", 0.1, 0.1))
    assert type(make_engine(plane(scaled, "2nu-ee", make.grid))) is TableEngine
    for name in ("danss", "prospect"):
        assert isinstance(make_engine(plane(name, "2nu-ee", make.grid)), SplitEngine)
    counts = make.counting(np.array([22.0, 0.0, 19.0, 15.0]))
    appearance = {"dm2_41": (0.1, 10.0, 6, "log"), "sin2_2theta_mue": (0.001, 1.0, 5, "log")}
    assert type(make_engine(plane(counts, "2nu-mue", appearance))) is TableEngine
    assert isinstance(make_engine(plane("neos", "2nu-ee", make.grid)), FixedEngine)


@pytest.mark.parametrize("kind", [LinearEngine, FixedEngine, TableEngine])
def test_every_engine_agrees_with_the_plain_loop(
    bins: ResponseLikelihood, make: SimpleNamespace, kind: type[Engine]
) -> None:
    chosen = plane(bins, "2nu-ee", make.grid, dm2_41=np.array([0.77]), sin2_2theta_ee=np.array([0.123]))
    engine = make_engine(chosen, seed=4)
    assert isinstance(engine, LinearEngine)
    if kind is FixedEngine:
        form = bins.gaussian(chosen.objective.model, chosen.complete)
        assert form is not None
        inverse = form.profiled_inverse()
        assert inverse is not None
        tested: Engine = FixedEngine(chosen, 4, inverse, form.mu)
    else:
        tested = engine if kind is LinearEngine else TableEngine(chosen, 4)
    data = np.vstack([bins.data, engine.generate(100, 0)[:5], engine.generate(chosen.size, 0)[:5]])
    expected = plain(engine, data)
    np.testing.assert_allclose(tested.values(data), expected, rtol=1e-9, atol=1e-9)
    assert (tested.minimum(data) <= expected.min(axis=1) + 1e-9).all()
    if kind is not LinearEngine:  # which needs no grid of its amplitude
        lowest = tested.between(expected.argmin(axis=1), expected.min(axis=1), lambda t, h: expected[t, h])
        assert (lowest < expected.min(axis=1)).any()
        np.testing.assert_allclose(tested.minimum(data), lowest, rtol=1e-9, atol=1e-9)
    for index in (100, chosen.size, chosen.null):
        toys = tested.generate(index, 3)
        made = tested.values(toys)[:, index] - tested.minimum(toys)
        np.testing.assert_allclose(tested.deltas(index, 3), made, rtol=1e-8, atol=1e-8)


def test_the_parabola_is_minimised_inside_the_bounds_of_the_amplitude(
    bins: ResponseLikelihood, make: SimpleNamespace
) -> None:
    engine = make_engine(plane(bins, "2nu-ee", make.grid), seed=2)
    fine = {**make.grid, "sin2_2theta_ee": np.linspace(0.0, 1.0, 20_001)}
    fine["dm2_41"] = plane(bins, "2nu-ee", make.grid).axes[0].values
    data = engine.generate(200, 0)[:4] - 0.02  # some want less than nothing, some more than all
    data[0] -= 1.0 - np.arange(12) % 2
    walked = TableEngine(plane(bins, "2nu-ee", fine), 2)
    values = walked.values(data)
    profile = values[:, : walked.plane.size].reshape(len(data), *walked.plane.shape).min(axis=2)
    place = profile.argmin(axis=1)[:, None]
    axis, toys = walked.plane.coordinates[0], np.arange(len(data))
    lowest = refined(lambda moves: profile[toys, (place + moves)[..., 0]], place, [axis])
    assert (lowest < profile.min(axis=1)).any()
    expected = np.minimum(lowest, values[:, -1])
    np.testing.assert_allclose(engine.minimum(data), expected, rtol=1e-5, atol=1e-5)


def test_a_nuisance_fluctuates_as_its_covariance(bins: ResponseLikelihood, make: SimpleNamespace) -> None:
    """Both ways to make runs, nuisances drawn or in the covariance, have the same distribution of Δ."""
    chosen = plane(bins, "2nu-ee", make.grid)
    engine = make_engine(chosen, seed=1)
    other = TableEngine(chosen, 2)
    first, second = (engine.minimum(e.generate(210, 0)) for e in (engine, other))
    error = np.sqrt(2.0 * 2.0 * 11 / 500)  # of a mean of χ² with 11 − 1 or so degrees of freedom
    assert abs(first.mean() - second.mean()) < 4.0 * error


#: A prediction that is not linear in a nuisance is linearised piece by piece.
PIECEWISE = {"danss": 0.02, "bugey-3": 0.15}
#: Modes and groups besides the default mode of every release.
MORE = ["gallium", "gallium:prc", "miniboone-nue@2020:nu", "reactor-rates:huber-mueller-short-baseline"]
MODELS = ("2nu-ee", "2nu-mue", "2nu-mumu", "3+1", "3nu")


def fitted() -> list[str]:
    """Every release with a likelihood."""
    return [r.id for r in every_release() if r.metadata.get("likelihood")] + MORE


def some_points(data: Likelihood) -> tuple[Model, dict[str, np.ndarray]]:
    """Four points of the first model that the data depend on."""
    found = None
    for name in MODELS:
        chosen = model(name)
        given = {}
        for p in (*chosen.parameters, *data.interaction_parameters):
            if p.default is None:
                large = p.name.endswith(("ee", "mumu", "strength"))
                given[p.name] = [0.0, 0.02, 0.1, 0.15] if large else [0.0, 0.001, 0.004, 0.006]
        if "dm2_41" in given:
            given["dm2_41"] = [0.5, 1.3, 0.4, 2.0]
        points = data.points(chosen, given)
        try:
            observables = data.observables(chosen, points)
        except NotApplicableError:
            continue
        if np.ptp(observables, axis=0).any():
            return chosen, points
        found = chosen, points
    assert found is not None, f"{data.release} accepts no model"
    return found  # of what is only a prediction without oscillation


@pytest.mark.parametrize("name", fitted())
def test_tables_of_every_release_agree_with_the_plain_loop(name: str) -> None:
    data = likelihood(name)
    chosen, points = some_points(data)
    if data.data is None:
        with pytest.raises(NotApplicableError, match="no toys can be made"):
            data.toys(chosen, points, 1, np.random.default_rng(3))
        return
    truth = {key: value[-2:][:1] for key, value in points.items()}
    toys = data.toys(chosen, truth, 2, np.random.default_rng(3))
    every = np.vstack([data.data, toys])
    expected = np.array([data.given(row).value(chosen, points) for row in every])
    found = data.tabulate(chosen, points)(every)
    known = PIECEWISE.get(name.partition("@")[0])
    near = expected < 100.0 if known else np.ones(expected.shape, bool)
    np.testing.assert_allclose(found[near], expected[near], rtol=1e-9, atol=known or 1e-9)
    np.testing.assert_allclose(expected[0], data.value(chosen, points), rtol=1e-12)
    assert np.isfinite(expected).all()


@pytest.mark.parametrize("name", [*fitted(), "danss+prospect", "gallium+danss+neos"])
def test_toys_that_split_into_truth_and_noise_give_what_tables_give(name: str) -> None:
    data = combine([likelihood(part) for part in name.split("+")]) if "+" in name else likelihood(name)
    chosen, points = some_points(data)
    free = [p.name for p in chosen.parameters if p.default is None]
    if data.data is None or chosen.name == "3nu":  # no toys, or no point without oscillation
        return
    grid = {key: np.unique([*points[key], 0.9 * points[key].max()]) for key in free}
    hypotheses = plane(data, chosen.name, grid)
    engine, table = SplitEngine(hypotheses, 5), TableEngine(hypotheses, 5)
    known = {"prospect", "danss", "danss+prospect"}
    assert engine.applicable() or name.partition("@")[0] not in known | {"gallium+danss+neos"}
    if engine.applicable():
        for index, block in ((hypotheses.null, 0), (hypotheses.null, 1), (hypotheses.size // 2, 1), (3, 0)):
            found, tabulated = engine.deltas(index, block), table.deltas(index, block)
            np.testing.assert_allclose(found, tabulated, rtol=1e-9, atol=1e-9)


def test_an_impossible_point_is_left_out_of_toys_that_split(make: SimpleNamespace) -> None:
    scaled = make.relative(np.full(5, 0.9), 0.05, Nuisance("scale", "", 0.1, 0.1))
    bent = {"dm2_41": (0.1, 10.0, 5, "log"), "Ue4_sq": (0.01, 0.9, 5, "log")}
    bent |= {"Umu4_sq": np.array([0.0, 0.2])}
    hypotheses = plane(scaled, "3+1-sbl", bent)
    assert not hypotheses.possible.all()
    engine = SplitEngine(hypotheses, 6)
    assert engine.applicable()
    last = int(np.flatnonzero(hypotheses.possible)[-2])
    expected = TableEngine(hypotheses, 6).deltas(last, 0)
    np.testing.assert_allclose(engine.deltas(last, 0), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["danss", "prospect", "gallium"])
def test_nothing_in_a_tile_is_below_its_bound(name: str) -> None:
    grid = {"dm2_41": (0.1, 10.0, 12, "log"), "sin2_2theta_ee": (0.01, 1.0, 12, "log")}
    engine = SplitEngine(plane(name, "2nu-ee", grid), 7)
    places, toys = np.divmod(np.arange(500 * SIZE), 500)
    for column in (0, 77, 143):
        for part, truth, noise in zip(*engine.pieces(column, 0), strict=True):
            chosen = np.arange(part.shape[0])
            bounds = part.bounds(truth, noise, chosen)
            for tile in chosen[:: max(1, chosen.size // 7)]:
                at = np.full(toys.size, tile)
                some = part.some(noise, at, places, toys)
                values = part.exact(truth, some).reshape(SIZE, 500)
                lower = part.lower(truth, noise, at[:500], toys[:500])
                assert (values + 1e-7 >= lower.T).all()
                assert (bounds[tile] <= values.min(axis=0) + 1e-7).all()


@pytest.mark.parametrize("name", ["danss", "prospect", "neos"])
def test_single_precision_is_off_by_less_than_said_and_leaves_out_no_smallest_value(name: str) -> None:
    grid = {"dm2_41": (0.1, 10.0, 12, "log"), "sin2_2theta_ee": (0.01, 1.0, 12, "log")}
    engine = SplitEngine(plane(name, "2nu-ee", grid), 7)
    assert engine.applicable()
    for column in (0, 77, 143):
        (part,), (truth,), (noise,) = engine.pieces(column, 0)
        screen = Screen(part, noise)
        place, tile = np.meshgrid(np.arange(SIZE), np.arange(part.shape[0]))
        smallest = np.full(500, np.inf)
        for toy in range(500):
            own = np.full(tile.size, toy)
            exact = part.exact(truth, part.some(noise, tile.ravel(), place.ravel(), own))
            smallest[toy] = exact.min()
            if toy % 100 == 0:
                for k, cut in enumerate(screen.cuts):
                    single, error = screen.values_of(k, truth)
                    off = np.abs(single[toy] - exact[cut.start * SIZE : cut.stop * SIZE]).max()
                    assert off <= error < 0.1
        chosen = screen.candidates(truth, np.full(500, np.inf), np.full(500, np.inf))
        toys = chosen[2]
        values = part.exact(truth, part.some(noise, *chosen))
        found = np.full(500, np.inf)
        np.minimum.at(found, toys, values)
        np.testing.assert_array_equal(found, smallest)
        assert toys.size < 0.1 * tile.size * 500


def test_a_prediction_that_is_bent_is_straight_in_enough_parts() -> None:
    """At χ² below 100, one of parts that are within 0.001 is within 0.02 of the exact one."""
    data, chosen = likelihood("danss"), model("2nu-ee")
    points = data.points(chosen, {"dm2_41": [0.5, 1.3, 2.2, 4.0], "sin2_2theta_ee": [0.05, 0.1, 0.03, 0.08]})
    null = data.points(chosen, {"dm2_41": [1.0], "sin2_2theta_ee": [0.0]})
    toys = data.toys(chosen, null, 100, np.random.default_rng(4))
    exact = np.array([data.given(row).value(chosen, points) for row in toys])
    found = data.tabulate(chosen, points)(toys)
    assert np.abs(found - exact)[exact < 100.0].max() < 0.02


@pytest.mark.parametrize("same", [0.0, 0.9, 1.0])
@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"plus": 0.7, "minus": 0.7},
        {"plus": 0.7, "minus": 0.4},
        {"plus": 0.5, "minus": 0.5, "high": np.inf},
        {"plus": 0.7, "minus": 0.2, "low": -np.inf, "high": np.inf},
    ],
)
def test_two_nuisances_with_bounds_are_profiled_together(same: float, bounds: dict[str, float]) -> None:
    """Also if they do nearly, or exactly, the same to the prediction."""
    random = np.random.default_rng(8)
    root, mu = random.standard_normal((6, 6)), random.standard_normal((40, 6))
    jacobian = 3.0 * random.standard_normal((40, 6, 2))
    jacobian[:, :, 1] = (1.0 - same) * jacobian[:, :, 1] - same * jacobian[:, :, 0]
    items = [Nuisance(name, "", **{"low": -0.3, "high": 0.2, **bounds}) for name in ("x", "y")]
    measure = Gaussian(np.zeros(6), root @ root.T + np.eye(6), Nuisances(tuple(items)))
    data = 2.0 * random.standard_normal((30, 6))
    prediction = Prediction(mu, jacobian)
    expected = [replace(measure, data=row).value(prediction) for row in data]
    np.testing.assert_allclose(measure.table(prediction)(data), expected, rtol=1e-9)


@pytest.mark.parametrize("bounded", [0, 1, None])
def test_two_of_which_one_is_unbounded_gain_in_closed_form_what_quadrants_say(bounded: int | None) -> None:
    random = np.random.default_rng(4)
    size = 30
    own, prior = random.uniform(0.2, 1.0, (2, size)), random.uniform(0.05, 3.0, (2, 2, size))
    limits, mixed = np.full((2, 2, size), np.inf), np.zeros((2, 2, size))
    mixed[0, 1] = mixed[1, 0] = random.uniform(-1.0, 1.0, size) * np.sqrt(own[0] * own[1])
    if bounded is not None:
        limits[:, bounded] = random.uniform(0.0, 2.0, (2, size))
    gains = Gains(limits, own + prior, mixed, symmetric=False)
    u, v = random.normal(0.0, 3.0, (2, 200, size))
    np.testing.assert_allclose(gains([u.copy(), v.copy()]), gains._by_quadrants(u, v), rtol=1e-10, atol=1e-12)
    wide = gains.wide()
    assert wide is not None
    root, narrower = wide
    pulls = np.einsum("lst,tnl->snl", root, np.stack([u, v]))
    symmetric = (pulls**2).sum(axis=0)
    pulls[-1] = np.maximum(pulls[-1], narrower * pulls[-1])
    most = (pulls**2).sum(axis=0)
    gained = gains([u, v])
    assert (gained <= most * (1.0 + 1e-12)).all()
    assert (most <= symmetric).all()
    # without bounds, and with one that is lopsided, it is the gain itself
    curvatures = np.stack([own + prior[0], own + prior[0]])
    curvatures[1, 1] += random.uniform(-0.05, 4.0, size) * prior[0, 1]
    lone = Gains(np.full_like(limits, np.inf), curvatures, mixed, symmetric=False)
    wide = lone.wide()
    assert wide is not None
    root, narrower = wide
    pulls = np.einsum("lst,tnl->snl", root, np.stack([u, v]))
    pulls[-1] = np.maximum(pulls[-1], narrower * pulls[-1])
    np.testing.assert_allclose((pulls**2).sum(axis=0), lone([u.copy(), v.copy()]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["gallium", "gallium+danss", "reactor-rates@2020:huber-mueller"])
def test_the_smallest_value_of_many_is_that_of_all_of_them(name: str) -> None:
    data = combine([likelihood(part) for part in name.split("+")]) if "+" in name else likelihood(name)
    grid = {"dm2_41": np.geomspace(0.1, 10.0, 17), "sin2_2theta_ee": np.geomspace(0.01, 1.0, 13)}
    engine = TableEngine(plane(data, "2nu-ee", grid), 6)
    for index in (engine.plane.null, 3, 100):
        toys = engine.generate(index, 0)
        values = engine.table(toys)
        found = smallest(engine.table, toys, 5)
        lowest, own = found.lowest, found.own
        np.testing.assert_allclose(lowest, values.min(axis=1), rtol=1e-11, atol=1e-11)
        rows = np.arange(len(toys))
        np.testing.assert_allclose(values[rows, found.place], lowest, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(found.at(rows, found.place), lowest, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(own, values[:, 5], rtol=1e-11, atol=1e-11)
        assert (own >= lowest).all()
        apart = np.concatenate(
            [smallest(engine.table, toys[:7], 5).lowest, smallest(engine.table, toys[7:], 5).lowest]
        )
        np.testing.assert_allclose(apart, lowest, rtol=1e-13, atol=1e-13)


def test_hypotheses_that_cannot_be_the_best_are_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = {"dm2_41": np.geomspace(0.1, 10.0, 40), "sin2_2theta_ee": np.geomspace(0.01, 1.0, 40)}
    engine = TableEngine(plane(likelihood("gallium"), "2nu-ee", grid), 6)
    toys, asked, whole = engine.generate(engine.plane.null, 0), [], GaussianTable.at

    def counted(self: GaussianTable, data: Array, pieces: NDArray[np.intp]) -> Array:
        asked.append(len(pieces))
        return whole(self, data, pieces)

    monkeypatch.setattr(GaussianTable, "at", counted)
    smallest(engine.table, toys, 5)
    assert 0 < sum(asked) < 0.05 * toys.shape[0] * engine.plane.count


def test_tiles_hold_every_hypothesis_and_near_ones_together() -> None:
    places = np.random.default_rng(2).standard_normal((77, 3)) * [10.0, 1.0, 0.1]
    found = tiles(places, 8)
    assert found.shape == (10, 8)
    assert set(found.ravel().tolist()) == set(range(77))
    assert np.ptp(places[found], axis=1)[:, 0].mean() < 0.35 * np.ptp(places[:, 0])


def test_the_same_bits_with_any_number_of_workers_where_bounds_leave_out() -> None:
    grid = {"dm2_41": (0.1, 10.0, 9, "log"), "sin2_2theta_ee": (0.01, 1.0, 7, "log")}
    alone = feldman_cousins("prospect", "2nu-ee", grid=grid, toys=1000, seed=8)
    shared = feldman_cousins(
        "prospect", "2nu-ee", grid=grid, toys=1000, seed=8, placement=Placement(workers=2)
    )
    assert alone.engine == "SplitEngine"
    assert alone.to_frame().equals(shared.to_frame())
    one = feldman_cousins("prospect", "2nu-ee", grid=grid, toys=1000, seed=8, every=4)
    assert np.array_equal(one.critical, alone.critical[one.index])  # whatever else is computed


def test_a_surface_makes_no_toys() -> None:
    grid = {"dm2_41": (0.1, 10.0, 4, "log"), "sin2_2theta_mue": (1e-3, 0.1, 4, "log")}
    with pytest.raises(NotApplicableError, match="no toys can be made"):
        make_engine(plane("lsnd", "2nu-mue", grid))
    with pytest.raises(NotApplicableError, match="tabulated surface"):
        likelihood("lsnd").given(np.zeros(3))


@pytest.mark.parametrize("nuisance", [False, True])
def test_counts_agree_with_the_plain_loop(make: SimpleNamespace, nuisance: bool) -> None:
    grid = {"dm2_41": (0.1, 10.0, 6, "log"), "sin2_2theta_mue": (0.001, 1.0, 5, "log")}
    data = make.counting(np.array([22.0, 0.0, 19.0, 15.0]), nuisance)
    engine = make_engine(plane(data, "2nu-mue", grid), seed=9)
    toys = engine.generate(17, 0)[:6]
    assert (toys == np.round(toys)).all()
    np.testing.assert_allclose(engine.values(toys), plain(engine, toys), rtol=1e-9, atol=1e-9)


def test_a_seed_is_not_negative(bins: ResponseLikelihood, make: SimpleNamespace) -> None:
    with pytest.raises(NuanomalyError, match="from zero on"):
        make_engine(plane(bins, "2nu-ee", make.grid), seed=-1).deltas(0, 0)
