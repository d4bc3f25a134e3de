"""Rates of the statistics: χ² over a plane, Feldman–Cousins, toys of the parameter goodness of fit.

Run with ``make speed``; without it each runs once, small, as a test that the plain loop agrees.
"""

from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nuanomaly.archive.loading import load
from nuanomaly.inference.engine import LinearEngine, Plane, TableEngine, make_engine
from nuanomaly.inference.feldman_cousins import feldman_cousins
from nuanomaly.inference.question import Question
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.inference.toy_tensions import tension_of, tensions
from nuanomaly.inference.toys import critical_value
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.transform.identity import Identity
from nuanomaly.likelihood.wrappers.variants import with_fixed_covariance
from nuanomaly.model.registry import model


def record(benchmark: Any, done: int, what: str) -> None:
    """Write a rate into the benchmark's record."""
    if benchmark.stats is not None:
        benchmark.extra_info[f"{what}_per_second"] = done / float(benchmark.stats.stats.median)


def sixty_bins() -> ResponseLikelihood:
    random = np.random.default_rng(1)
    root = 0.05 * (np.eye(60) + 0.05 * random.standard_normal((60, 60)))
    channel = Channel("e", "e", True, "CC", np.linspace(0.5, 6.0, 60), np.ones(60), np.eye(60))
    data = 1.0 + root @ random.standard_normal(60)
    measure = Gaussian(data, np.linalg.inv(root @ root.T), Nuisances())
    return ResponseLikelihood(
        release="bins@1-r1",
        mode=None,
        statistic="chi2",
        n_bins=60,
        response=Response((channel,), 60),
        transform=Identity(60, np.zeros((60, 0))),
        measure=measure,
    )


def plane(data: Likelihood | str, count: int) -> Plane:
    grid = {"dm2_41": (0.1, 10.0, count, "log"), "sin2_2theta_ee": (0.01, 1.0, count, "log")}
    what = Question(data, "2nu-ee", grid=grid)
    return Plane(what.objective, what.axes, what.parameters)


def fixed_gallium() -> Likelihood:
    """Gallium with the cross-section error as a part of the measurement (arXiv:2209.00916)."""
    chosen, data = model("2nu-ee"), likelihood("gallium:bahcall")
    null = data.points(chosen, {"dm2_41": 1.0, "sin2_2theta_ee": 0.0})
    return with_fixed_covariance(data, chosen, null, "data", "minus")


def test_chi2_over_a_plane_of_200_by_200_points_and_60_bins(benchmark: Any) -> None:
    """At least 1e8 χ² per second, of data sets that come one after the other."""
    benchmark.group = "fixed covariance, 200 x 200 points, 60 bins"
    engine = make_engine(plane(sixty_bins(), 200))
    assert isinstance(engine, LinearEngine)
    data = engine.data[None]
    values = benchmark(engine.values, data)
    record(benchmark, values.size, "chi2")
    every = slice(0, -1, 997)
    objective = engine.plane.objective
    free = {name: value[every] for name, value in engine.plane.free.items()}
    np.testing.assert_allclose(values[0, every], objective(free), rtol=1e-9)
    if benchmark.stats is not None:
        assert benchmark.extra_info["chi2_per_second"] > 1e8


def test_plain_loop_over_60_bins(benchmark: Any) -> None:
    """The same χ² one point after the other, predictions known: what the plane is compared with."""
    benchmark.group = "fixed covariance, 200 x 200 points, 60 bins"
    engine = make_engine(plane(sixty_bins(), 20))
    objective = engine.plane.objective
    mu = objective.likelihood.observables(objective.model, engine.plane.complete)
    inverse = objective.likelihood.gaussian(objective.model, engine.plane.complete).inverse  # type: ignore[union-attr]
    data = engine.data

    def loop() -> list[float]:
        return [float((data - m) @ inverse @ (data - m)) for m in mu]

    values = benchmark(loop)
    record(benchmark, len(values), "chi2")
    np.testing.assert_allclose(engine.values(data[None])[0], values, rtol=1e-9)


def test_feldman_cousins_of_gallium(benchmark: Any) -> None:
    """100 × 100 points × 1000 toys, minimised over the plane: about five seconds."""
    benchmark.group = "Feldman-Cousins, gallium"
    count = 10 if benchmark.disabled else 100
    data = fixed_gallium()
    grid = {"dm2_41": (0.1, 100.0, count, "log"), "sin2_2theta_ee": (0.01, 1.0, count, "log")}

    found = benchmark.pedantic(
        feldman_cousins, args=(data, "2nu-ee"), kwargs={"grid": grid, "toys": 1000, "seed": 1}, rounds=1
    )
    record(benchmark, found.index.size * 1000, "toys")
    assert found.engine == "LinearEngine"
    assert found.index.size == count**2
    assert found.toys.min() == 1000


def test_the_smallest_values_of_gallium_with_its_nuisances(benchmark: Any) -> None:
    """40 × 40 points, a block of toys: bounds leave hypotheses out, beside the table of all of them."""
    benchmark.group = "smallest of 40 x 40 hypotheses, nuisances with bounds"
    engine = make_engine(plane(likelihood("gallium"), 8 if benchmark.disabled else 40))
    assert isinstance(engine, TableEngine)
    toys = engine.generate(engine.plane.null, 0)
    lowest = benchmark(engine.minimum, toys)
    record(benchmark, len(toys), "toys")
    begin = process_time()
    whole = engine.table(toys)
    seconds = process_time() - begin
    expected = engine.between(whole.argmin(axis=1), whole.min(axis=1), lambda t, h: whole[t, h])
    np.testing.assert_allclose(lowest, expected, rtol=1e-10, atol=1e-10)
    if benchmark.stats is not None:
        benchmark.extra_info["gain_over_the_whole_table"] = seconds / float(benchmark.stats.stats.median)


#: The grid of the released surface of MiniBooNE, every third of its amplitudes.
RELEASED = {"dm2_41": (0.01, 100.0, 190, "log"), "sin2_2theta_mue": (3e-4, 1.0, 64, "log")}


@pytest.mark.parametrize("name", ["prospect", "danss"])
def test_feldman_cousins_of_totals_shared_out_and_of_a_nuisance_with_bounds(
    benchmark: Any, name: str
) -> None:
    """100 × 100 points × 1000 toys, minimised over the plane, by two processes; part of it by the table."""
    benchmark.group = f"Feldman-Cousins, {name}"
    count, workers = (8, 1) if benchmark.disabled else (100, 2)
    grid = {"dm2_41": (0.1, 100.0, count, "log"), "sin2_2theta_ee": (0.01, 1.0, count, "log")}
    found = benchmark.pedantic(
        feldman_cousins,
        args=(name, "2nu-ee"),
        kwargs={"grid": grid, "toys": 1000, "seed": 1, "placement": Placement(workers=workers)},
        rounds=1,
    )
    record(benchmark, found.index.size * 1000, "toys")
    assert found.engine == "SplitEngine"
    assert found.index.size == count**2
    what = Question(name, "2nu-ee", grid=grid)
    hypotheses = plane_of(what)
    quick, table = make_engine(hypotheses, 1), TableEngine(hypotheses, 1)
    rows = range(count // 2, count**2, count**2 // 8)
    some = [*hypotheses.places[rows].tolist(), hypotheses.null]
    quick.many(some[0], 2), table.many(some[0], 2)  # what is made once
    seconds = {}
    for engine in (quick, table):
        started = process_time()
        deltas = [engine.many(index, 2) for index in some]
        seconds[type(engine).__name__] = (process_time() - started) / len(some)
        for row, own in zip(rows, deltas, strict=False):
            assert critical_value(own, 0.9)[0] == pytest.approx(found.critical[row, 1], rel=1e-9, abs=1e-9)
    if benchmark.stats is not None:
        benchmark.extra_info |= {f"processor seconds per point, {k}": v for k, v in seconds.items()}
        benchmark.extra_info["table over split"] = seconds["TableEngine"] / seconds["SplitEngine"]
        benchmark.extra_info["median 90 % critical value"] = float(np.median(found.critical[:, 1]))


def test_critical_values_along_the_released_contours_of_miniboone(benchmark: Any) -> None:
    """The part of toys beyond the data, at points of a released contour, is what the contour is called.

    Twenty points per curve; the released curves are themselves of toys, and smoother than ours in that the
    median over a curve is compared. 4000 toys per point and 2 cores are to take less than 15 minutes.
    """
    benchmark.group = "Feldman-Cousins, MiniBooNE 2020"
    count, toys = (2, 500) if benchmark.disabled else (20, 1000)
    contours = load("miniboone-nue@2020-r1").table("contours_combined")
    nominal = {"1sigma": 0.3173, "90%": 0.1, "95%": 0.05, "99%": 0.01}
    curves = [contours[(contours["level"] == name) & (contours["dm2"] <= 100.0)] for name in nominal]
    chosen = pd.concat([c.iloc[np.linspace(0, len(c) - 1, count).astype(int)] for c in curves])
    points = {"dm2_41": chosen["dm2"], "sin2_2theta_mue": chosen["sin2_2theta"]}
    begun = process_time()
    found = benchmark.pedantic(
        feldman_cousins,
        args=("miniboone-nue@2020:combined", "2nu-mue"),
        kwargs={"grid": RELEASED, "toys": toys, "seed": 1, "points": points, "independent": True},
        rounds=1,
    )
    cost = process_time() - begun
    record(benchmark, int(found.toys.sum()), "toys")
    p_values = found.p_value.reshape(len(nominal), count)
    for (name, expected), p in zip(nominal.items(), p_values, strict=True):
        error = np.sqrt(expected * (1.0 - expected) / toys)
        assert abs(np.median(p) - expected) < 4.0 * error, name
        if benchmark.stats is not None:
            benchmark.extra_info[f"p-value along {name}"] = float(np.median(p))
    if benchmark.stats is not None:
        minutes = benchmark.extra_info["minutes for 4000 toys on 2 cores"] = 4.0 * cost / 2.0 / 60.0
        assert minutes < 15.0


def test_released_surface_of_miniboone(benchmark: Any) -> None:
    """All 190 × 190 points of the released surface, cold, in less than 2 s (the events are loaded).

    Offset: difference of the smallest values. The loop makes a sine per event, one point after the other.
    """
    benchmark.group = "released surface of MiniBooNE 2020"
    data = likelihood("miniboone-nue@2020-r1", "combined")
    assert isinstance(data, ResponseLikelihood)
    surface = load("miniboone-nue@2020-r1").table("surface_combined")
    released = surface["minus_2lnL"].to_numpy()

    def cold() -> None:
        for channel in data.response.channels:
            channel.forget()

    def points(of: str = "") -> dict[str, Any]:
        columns = {"dm2_41": f"dm2{of}", "sin2_2theta_mue": f"sin2_2theta{of}"}
        return {name: surface[column].to_numpy() for name, column in columns.items()}

    values = benchmark.pedantic(data.chi2, args=("2nu-mue",), kwargs=points(), setup=cold, rounds=5)
    record(benchmark, values.size, "lnL")
    difference = np.abs(values - released)
    assert abs(values.min() - released.min()) < 0.01
    assert np.median(difference) < 0.02
    on_the_grid_of_the_fit = np.abs(data.chi2("2nu-mue", **points("_fit")) - released)
    worst = np.argsort(-difference)[:20]
    # their cause: the printed coordinates, and far from the minimum: all more than 600 above it
    assert (on_the_grid_of_the_fit[worst] < 0.35 * difference[worst]).all()
    assert (released[worst] > released.min() + 600.0).all()

    each = tuple(replace(c, collapsible=False) for c in data.response.channels)
    by_event = replace(data, response=replace(data.response, channels=each))
    some, begun = range(0, values.size, 1999), perf_counter()
    for k in some:
        for channel in each:
            channel.forget()
        one = by_event.chi2("2nu-mue", **{name: float(v[k]) for name, v in points().items()})
        assert abs(one - values[k]) < 1e-8
    loop = (perf_counter() - begun) / len(some)
    if benchmark.stats is not None:
        seconds = float(benchmark.stats.stats.median)
        benchmark.extra_info["times faster than the plain loop"] = loop * values.size / seconds
        benchmark.extra_info["twenty worst points"] = surface.iloc[worst].assign(
            difference=difference[worst], on_the_grid_of_the_fit=on_the_grid_of_the_fit[worst]
        ).to_dict("records")  # fmt: skip
        assert seconds < 2.0


@pytest.mark.parametrize("pair", [("gallium", "reactor-rates"), ("gallex", "best")])
def test_toys_of_the_parameter_goodness_of_fit(benchmark: Any, pair: tuple[str, str]) -> None:
    """At least 1e4 per second for two data sets with fixed covariances."""
    benchmark.group = "parameter goodness of fit"
    size = 40 if benchmark.disabled else 60
    grid = {"dm2_41": (0.1, 10.0, size, "log"), "sin2_2theta_ee": (0.01, 1.0, size, "log")}
    members = [fixed(name) for name in pair]
    what = tension_of(Question(members, "2nu-ee", grid=grid), seed=1)
    tensions(what, (0, 1))
    values = benchmark.pedantic(tensions, args=(what, (0, 20)), rounds=1)
    record(benchmark, values.size, "toys")
    assert values.min() > -0.2  # what lies between the points of the grids is approximate
    if benchmark.stats is not None:
        assert benchmark.extra_info["toys_per_second"] > 1e4


def fixed(name: str) -> Likelihood:
    chosen, data = model("2nu-ee"), likelihood(name)
    null = data.points(chosen, {"dm2_41": 1.0, "sin2_2theta_ee": 0.0})
    return with_fixed_covariance(data, chosen, null)
