"""What the LSND release says, against the paper."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import contour_level, interval, surface_minimum, table_ratio
from nuanomaly.likelihood.build import likelihood


def benchmark(name: str) -> dict[str, object]:
    (found,) = [b for b in load("lsnd@2001-r1").metadata["benchmarks"] if b["id"] == name]
    return dict(found)


def test_the_likelihood_is_a_difference_and_no_goodness_of_fit() -> None:
    lsnd = likelihood("lsnd")
    assert (lsnd.statistic, lsnd.n_bins, lsnd.mode) == ("delta", None, "dar-dif")


@pytest.mark.parametrize("dm2", [0.01, 0.3, 1.2, 47.0, 100.0])
def test_no_oscillation_is_disfavoured_by_29(dm2: float) -> None:
    value = likelihood("lsnd").chi2("2nu-mue", dm2_41=dm2, sin2_2theta_mue=0.0)
    assert value == pytest.approx(29.0, abs=0.1)


def test_the_printed_best_fit_is_inside_the_minimum() -> None:
    assert likelihood("lsnd").chi2("2nu-mue", dm2_41=1.2, sin2_2theta_mue=0.003) < 1.0


def test_the_table_is_null_where_it_pretends_to_be_a_small_amplitude() -> None:
    # the fillers of the two tables: no oscillation stands at the smallest amplitude, at every Δm²
    both = load("lsnd").table("likelihood")
    first = both[both["sin2_2theta_mue"] == both["sin2_2theta_mue"].min()]
    assert len(first) == 201
    assert (first["delta"] == 29.0).all()


def test_300_in_the_decay_at_rest_table_is_a_filler_and_50_its_cut() -> None:
    dar = load("lsnd").table("likelihood-dar")
    filler = dar["sin2_2theta_mue"] < 3.1e-4
    assert (dar["delta"][filler] == 300.0).all()
    assert dar["delta"][~filler].max() == 50.0
    edge = dar["delta"][dar["sin2_2theta_mue"] == 3.16e-4]
    assert (edge == 47.109375).all()


def test_the_decay_at_rest_mode_goes_smoothly_to_no_oscillation() -> None:
    dar = likelihood("lsnd:dar")
    amplitude = np.linspace(0.0, 6e-4, 61)
    values = dar.chi2("2nu-mue", dm2_41=1.0, sin2_2theta_mue=amplitude)
    assert values[0] == 47.109375
    slopes = np.diff(values) / np.diff(amplitude)
    assert (slopes < 0.0).all()
    assert slopes.min() / slopes.max() < 1.5  # no step where the fillers begin


def test_decay_at_rest_alone_prefers_more_oscillation_than_both_samples() -> None:
    # the decay-in-flight excess is smaller than the one at rest, so it pulls the amplitude down
    amplitude = np.geomspace(1e-3, 2e-2, 400)
    best = {
        mode: amplitude[
            likelihood(f"lsnd:{mode}").chi2("2nu-mue", dm2_41=100.0, sin2_2theta_mue=amplitude).argmin()
        ]
        for mode in ("dar-dif", "dar")
    }
    assert best["dar"] > 1.5 * best["dar-dif"]


def test_the_digitisations_of_figure_24_agree() -> None:
    release = load("lsnd")
    schwetz, esteban, hostert = (
        release.table(f"spectrum-fig24-{who}")["excess"].to_numpy()
        for who in ("schwetz", "esteban", "hostert")
    )
    assert np.abs(schwetz - esteban).max() < 0.1
    assert np.abs(esteban - hostert).max() < 0.04


def test_units_come_with_the_printed_results() -> None:
    charge = load("lsnd").quantity("results", "proton_charge")
    assert charge.to("kC").magnitude[0] == pytest.approx(28.896)


def test_every_restriction_is_declared() -> None:
    for mode in ("dar-dif", "dar"):
        assert len(likelihood(f"lsnd:{mode}").restrictions) == 3  # type: ignore[attr-defined]
    assert "not a printed number" in likelihood("lsnd:dar").approximate


# --- benchmarks ---------------------------------------------------------------------------------------------

KINDS = {
    "interval": interval,
    "contour-level": contour_level,
    "surface-minimum": surface_minimum,
    "table-ratio": table_ratio,
}
OWN = [b["id"] for b in load("lsnd@2001-r1").metadata["benchmarks"] if b["compute"]["kind"] in KINDS]


@pytest.mark.parametrize("name", OWN)
def test_benchmark_holds(name: str) -> None:
    declared = benchmark(name)
    config: dict[str, object] = declared["compute"]  # type: ignore[assignment]
    found = KINDS[str(config["kind"])].compute(config, load("lsnd@2001-r1"))
    assert found == pytest.approx(declared["expected"], rel=0, abs=declared["tolerance"])


def test_the_printed_contour_is_not_the_90_percent_one() -> None:
    config = dict(benchmark("contour-level")["compute"])  # type: ignore[call-overload]
    assert contour_level.compute(config, load("lsnd")) > 2 * 4.6 - 1.0


def test_an_interval_between_grid_points_is_wider_than_the_one_on_them() -> None:
    release, model = load("lsnd"), "2nu-mue"
    config = {"model": model, "at": {"dm2_41": 1.2}, "parameter": "sin2_2theta_mue", "level": 4.6}
    between = {"between": [2e-4, 0.5]}
    low = interval.compute({**config, **between, "which": "low"}, release)
    high = interval.compute({**config, **between, "which": "high"}, release)
    assert (low, high) == (pytest.approx(0.001606, abs=1e-6), pytest.approx(0.004510, abs=1e-6))
    value = likelihood("lsnd").chi2(model, dm2_41=1.2, sin2_2theta_mue=np.array([low, high]))
    assert np.allclose(value, 4.6, atol=1e-6)


def test_an_interval_counted_from_the_best_fit_is_a_little_wider() -> None:
    release = load("lsnd")
    config = {
        "model": "2nu-mue",
        "at": {"dm2_41": 1.2},
        "parameter": "sin2_2theta_mue",
        "level": 4.6,
        "which": "high",
        "between": [2e-4, 0.5],
    }
    absolute = interval.compute(config, release)
    assert absolute < interval.compute({**config, "relative_to": "best-fit"}, release) < 1.01 * absolute


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": -1.0}, "no sin2_2theta_mue has a value below -1"),
        ({"between": [0.002, 0.5]}, "goes beyond"),
    ],
)
def test_an_interval_that_is_not_there_is_refused(change: dict[str, object], message: str) -> None:
    config = {
        "model": "2nu-mue",
        "at": {"dm2_41": 1.2},
        "parameter": "sin2_2theta_mue",
        "level": 4.6,
        "which": "low",
        "between": [2e-4, 0.5],
    }
    with pytest.raises(NuanomalyError, match=message):
        interval.compute({**config, **change}, load("lsnd"))
