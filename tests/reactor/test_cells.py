"""Cells of L/E against integrals over baselines and energies that are done point by point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.reactor.inverse_beta_decay import Cells, cells, detected_spectra, site_cells
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

EDGES = np.linspace(1.8, 8.0, 6201)
MIDDLE = 0.5 * (EDGES[1:] + EDGES[:-1])


def spectrum() -> Array:
    """Return a smooth bump with a threshold and a cut, like that of inverse beta decay, of integral one."""
    shape = (MIDDLE - 1.8) ** 1.5 * np.exp(-((MIDDLE / 2.6) ** 1.6))
    return np.asarray(shape / shape.sum())[None]


def averaged(found: Cells, dm2: Array) -> Array:
    channel = Channel("e", "e", True, "CC", found.L, found.E, found.weights, half_width=found.half_width)
    return channel.kernel(dm2)[:, 0]


def by_points(near: float, far: float, dm2: float, n: int = 400) -> float:
    steps = (np.arange(n) + 0.5) / n
    L = 1.0 / (1.0 / near + steps * (1.0 / far - 1.0 / near))
    return float((np.sin(PHASE * dm2 * L[:, None] / MIDDLE) ** 2 @ spectrum()[0]).mean())


@pytest.mark.parametrize(("near", "far"), [(5.7, 8.7), (13.5, 16.5), (93.5, 96.5)])
def test_200_cells_average_the_wave_to_a_thousandth_at_every_mass_splitting(near: float, far: float) -> None:
    dm2 = np.geomspace(0.01, 30.0, 12)
    expected = [by_points(near, far, x) for x in dm2]
    np.testing.assert_allclose(averaged(cells(EDGES, spectrum(), near, far, 200), dm2), expected, atol=1e-3)


@given(
    near=st.floats(5.0, 1000.0),
    length=st.floats(0.0, 3.0),
    number=st.integers(20, 300),
    dm2=st.floats(1e-3, 1e4),
)
def test_cells_keep_the_integral_and_waves_stay_between_zero_and_one(
    near: float, length: float, number: int, dm2: float
) -> None:
    found = cells(EDGES, spectrum(), near, near + length, number)
    assert found.weights.sum() == pytest.approx(1.0, rel=1e-9)
    assert 0.0 <= averaged(found, np.array([dm2]))[0] <= 1.0
    assert (np.diff(found.L / found.E) > 0).all()
    assert found.L.min() >= near - 1e-9
    assert found.L.max() <= near + length + 1e-9


def test_a_slow_wave_sees_the_mean_of_the_squared_distance() -> None:
    # sin²φ → φ² with ⟨L²⟩ = near · far for the weight dL/L²
    found = averaged(cells(EDGES, spectrum(), 9.0, 11.0, 400), np.array([1e-4]))[0]
    expected = (PHASE * 1e-4) ** 2 * 9.0 * 11.0 * (spectrum()[0] / MIDDLE**2).sum()
    assert found == pytest.approx(expected, rel=2e-4)


def test_rows_of_a_site_are_seen_with_strength_over_squared_distance() -> None:
    columns = {"baseline": [10.0, 20.0], "half_length": [0.0, 0.0], "strength": [1.0, 8.0]}
    rows = {name: np.array(column) for name, column in columns.items()}
    found = site_cells(rows, EDGES, spectrum(), 50)
    nearer = found.L < 15.0
    assert found.weights[:, nearer].sum() == pytest.approx(1.0 / 3.0)
    assert found.weights.sum() == pytest.approx(1.0)


def test_an_interval_of_no_width_is_a_point() -> None:
    L, E, weights = np.array([10.0, 20.0]), np.array([3.0, 4.0]), np.array([[1.0, 2.0]])
    point = Channel("e", "e", True, "CC", L, E, weights)
    interval = Channel("e", "e", True, "CC", L, E, weights, half_width=np.zeros(2))
    for wave in ("sin2", "sin"):
        dm2 = np.geomspace(0.1, 10.0, 5)
        np.testing.assert_allclose(interval.kernel(dm2, wave), point.kernel(dm2, wave), atol=1e-12)


def test_a_flux_table_is_not_extrapolated_and_isotopes_are_named() -> None:
    release = load("reactor-rates@2020-r1")
    arguments = (release, "flux-huber-mueller", "cross-section")
    with pytest.raises(NuanomalyError, match="ends at 10 MeV, 12 MeV is asked for"):
        detected_spectra(*arguments, ["u235"], np.array([12.0]))
    with pytest.raises(UnknownNameError, match="u235"):
        detected_spectra(*arguments, ["u236"], np.array([4.0]))


def test_below_threshold_nothing_is_detected() -> None:
    release = load("reactor-rates@2020-r1")
    found = detected_spectra(release, "flux-hkss", "cross-section", ["u235"], np.array([1.80, 4.0]))
    assert found[0, 0] == 0.0
    assert found[0, 1] > 0.0
