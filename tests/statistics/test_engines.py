"""The quick engines give what the plain likelihood gives, for everything that generates toys."""

from types import SimpleNamespace

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.benchmarks import every_release
from nuanomaly.inference.engine import Engine, FixedEngine, LinearEngine, Plane, TableEngine, make_engine
from nuanomaly.inference.fit import problem
from nuanomaly.likelihood.base import Likelihood, ResponseLikelihood
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.nuisance import Nuisance
from nuanomaly.model.base import Model, NotApplicableError
from nuanomaly.model.registry import model


def plane(data: Likelihood | str, name: str, grid: dict, **extra: object) -> Plane:
    what = problem(data, name, None, grid)
    return Plane(what.objective, what.axes, what.known, extra)  # type: ignore[arg-type]


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
    assert isinstance(make_engine(plane(scaled, "2nu-ee", make.grid)), TableEngine)
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
    if kind is not LinearEngine:  # which is minimised between the grid points too
        np.testing.assert_allclose(tested.minimum(data), expected.min(axis=1), rtol=1e-9, atol=1e-9)
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
    np.testing.assert_allclose(engine.minimum(data), walked.minimum(data), rtol=1e-5, atol=1e-5)


def test_a_nuisance_fluctuates_as_its_covariance(bins: ResponseLikelihood, make: SimpleNamespace) -> None:
    """Both ways to make toys, nuisances drawn or in the covariance, have the same distribution of Δ."""
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
