"""Tabulated surfaces: how they are read between, below and outside their grid points."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns, to_bytes
from nuanomaly.likelihood import surface
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import NotApplicableError

DM2 = np.array([0.1, 0.3, 1.0, 10.0])
AMPLITUDE = np.array([0.001, 0.01, 0.05, 0.4, 0.999])
CONFIG = {"table": "map", "dm2": "m", "amplitude": "s", "value": "v", "channel": "numubar->nuebar"}


def released(tmp_path: Path, frame: pd.DataFrame) -> Release:
    columns = [{"name": n, "unit": "1", "meaning": n} for n in ("m", "s", "v")]
    entry = {"file": "map.csv", "status": "official", "source": "a test", "columns": columns}
    (tmp_path / "map.csv").write_bytes(to_bytes(frame, expand_columns(columns), "csv"))
    return Release("toy", "1-r1", tmp_path, {"tables": {"map": entry}, "state": "draft"})


def frame(values: np.ndarray, amplitude: np.ndarray = AMPLITUDE) -> pd.DataFrame:
    m, s = np.meshgrid(DM2, amplitude, indexing="ij")
    return pd.DataFrame({"m": m.ravel(), "s": s.ravel(), "v": values.ravel()})


def made(
    tmp_path: Path, values: np.ndarray, amplitude: np.ndarray = AMPLITUDE, **config: Any
) -> surface.SurfaceLikelihood:
    return surface.build({**CONFIG, **config}, released(tmp_path, frame(values, amplitude)), None, "")


@pytest.fixture
def bilinear(tmp_path: Path) -> surface.SurfaceLikelihood:
    """1 + ln Δm² · ln sin²2θ, which bilinear interpolation in the logarithms gives exactly."""
    m, s = np.meshgrid(np.log(DM2), np.log(AMPLITUDE), indexing="ij")
    return made(tmp_path, 1.0 + m * s, no_oscillation=5.0)


@given(st.floats(0.1, 10.0), st.floats(0.001, 0.999))
def test_the_surface_is_bilinear_in_the_logarithms(dm2: float, amplitude: float) -> None:
    m, s = np.meshgrid(np.log(DM2), np.log(AMPLITUDE), indexing="ij")
    made_surface = surface.SurfaceLikelihood(
        "toy@1-r1", None, "delta", None, channel=("mu", "e"), dm2=DM2, amplitude=AMPLITUDE, table=1.0 + m * s
    )
    found = made_surface.read(np.array([dm2]), np.array([amplitude]))[0]
    assert found == pytest.approx(1.0 + np.log(dm2) * np.log(amplitude), abs=1e-12)


def test_grid_points_are_read_exactly(tmp_path: Path) -> None:
    values = np.random.default_rng(1).uniform(0.0, 30.0, (DM2.size, AMPLITUDE.size))
    found = made(tmp_path, values)
    m, s = np.meshgrid(DM2, AMPLITUDE, indexing="ij")
    assert np.allclose(found.read(m.ravel(), s.ravel()), values.ravel(), rtol=1e-13, atol=0.0)


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    values = np.random.default_rng(2).uniform(0.0, 30.0, (DM2.size, AMPLITUDE.size))
    shuffled = frame(values).sample(frac=1.0, random_state=3)
    found = surface.build(CONFIG, released(tmp_path, shuffled), None, "")
    assert np.array_equal(found.table, values)


def test_below_the_smallest_amplitude_the_value_is_linear_in_it(
    bilinear: surface.SurfaceLikelihood,
) -> None:
    edge = 1.0 + np.log(0.3) * np.log(0.001)
    amplitude = np.array([0.0, 2.5e-4, 5e-4, 1e-3])
    expected = 5.0 + (edge - 5.0) * amplitude / 1e-3
    assert np.allclose(bilinear.read(np.full(4, 0.3), amplitude), expected, rtol=1e-13)


def test_without_amplitude_the_mass_splitting_does_not_matter(bilinear: surface.SurfaceLikelihood) -> None:
    assert bilinear.read(np.array([1e-9, 1.0, 1e9]), np.zeros(3)).tolist() == [5.0, 5.0, 5.0]


def test_an_edge_of_one_value_is_no_oscillation(tmp_path: Path) -> None:
    values = np.full((DM2.size, AMPLITUDE.size), 2.0)
    values[:, 0] = 7.0
    found = made(tmp_path, values, no_oscillation="edge")
    assert found.read(np.array([1.0, 1.0]), np.array([0.0, 5e-4])).tolist() == [7.0, 7.0]


def test_a_tabulated_zero_amplitude_is_no_oscillation(tmp_path: Path) -> None:
    values = np.tile([7.0, 1.0, 3.0], (DM2.size, 1))
    found = made(tmp_path, values, np.array([0.0, 0.5, 1.0]), no_oscillation="edge")
    assert found.read(np.array([1.0, 1.0]), np.array([0.0, 0.25])).tolist() == [7.0, 4.0]


def test_an_edge_of_many_values_is_refused_as_no_oscillation(tmp_path: Path) -> None:
    values = np.random.default_rng(4).uniform(0.0, 30.0, (DM2.size, AMPLITUDE.size))
    with pytest.raises(NuanomalyError, match="not the value of no oscillation"):
        made(tmp_path, values, no_oscillation="edge")


def test_fillers_at_small_amplitudes_are_left_out(tmp_path: Path) -> None:
    values = np.full((DM2.size, AMPLITUDE.size), 2.0)
    values[:, :2] = 300.0
    found = made(tmp_path, values, smallest_amplitude=0.02, no_oscillation=4.0)
    assert found.amplitude[0] == 0.05
    assert found.read(np.array([1.0]), np.array([0.025]))[0] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("dm2", "amplitude", "message"),
    [
        (0.05, 0.1, r"Δm² from 0.1 to 10 eV², and 0.05 eV² is outside"),
        (20.0, 0.1, r"Δm² from 0.1 to 10 eV², and 20 eV² is outside"),
        (np.nan, 0.1, r"Δm² from 0.1 to 10 eV²"),
        (1.0, 1.5, r"sin²2θ from 0 to 0.999, and 1.5 is outside"),
    ],
)
def test_outside_the_table_there_is_no_likelihood(
    bilinear: surface.SurfaceLikelihood, dm2: float, amplitude: float, message: str
) -> None:
    with pytest.raises(NotApplicableError, match=message):
        bilinear.read(np.array([1.0, dm2]), np.array([0.1, amplitude]))


def test_a_surface_that_does_not_know_no_oscillation_refuses_small_amplitudes(tmp_path: Path) -> None:
    found = made(tmp_path, np.ones((DM2.size, AMPLITUDE.size)))
    with pytest.raises(NotApplicableError, match=r"sin²2θ from 0.001 to 0.999, and 0 is"):
        found.read(np.array([1.0]), np.array([0.0]))


def test_an_edge_printed_with_few_digits_is_the_edge(bilinear: surface.SurfaceLikelihood) -> None:
    edge = bilinear.read(np.array([1.0, 10.0]), np.array([0.999, 0.1]))
    assert np.array_equal(bilinear.read(np.array([1.0, 10.0003]), np.array([1.0, 0.1])), edge)


@pytest.mark.parametrize(
    ("rows", "message"),
    [(slice(1, None), "do not fill a grid"), (slice(None, 5), "two positive values per axis")],
)
def test_a_table_that_is_no_grid_is_refused(tmp_path: Path, rows: slice, message: str) -> None:
    part = frame(np.ones((DM2.size, AMPLITUDE.size))).iloc[rows]
    with pytest.raises(NuanomalyError, match=message):
        surface.build(CONFIG, released(tmp_path, part), None, "")


def test_a_table_with_holes_is_refused(tmp_path: Path) -> None:
    values = np.ones((DM2.size, AMPLITUDE.size))
    values[1, 1] = np.nan
    with pytest.raises(NuanomalyError, match="do not fill a grid"):
        made(tmp_path, values)


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown column 'value'"):
        made(tmp_path, np.ones((DM2.size, AMPLITUDE.size)), value="value")


# --- models -------------------------------------------------------------------------------------------------


def own_model(
    initial: str,
    final: str,
    antineutrino: bool,
    L: np.ndarray,
    E: np.ndarray,
    node: Mapping[str, Any],
    *,
    rate: float,
) -> np.ndarray:
    return np.exp(-rate * L / E)


@pytest.mark.parametrize(
    ("model", "parameters", "reason"),
    [
        ("2nu-ee", {"dm2_41": 1.0, "sin2_2theta_ee": 0.1}, "'2nu-ee' says nothing of"),
        (own_model, {"rate": 1.0}, "is a function of your own"),
    ],
)
def test_a_model_without_two_flavour_coordinates_is_refused_with_the_reason(
    model: Any, parameters: dict[str, float], reason: str
) -> None:
    with pytest.raises(NotApplicableError, match=reason) as caught:
        likelihood("lsnd").chi2(model, **parameters)
    assert "lsnd@2001-r1 is a tabulated surface" in str(caught.value)


def test_3plus1_is_read_at_its_effective_amplitude() -> None:
    lsnd = likelihood("lsnd")
    two = lsnd.chi2("2nu-mue", dm2_41=0.9, sin2_2theta_mue=4 * 0.02 * 0.05)
    assert lsnd.chi2("3+1", dm2_41=0.9, Ue4_sq=0.02, Umu4_sq=0.05) == pytest.approx(two, rel=1e-12)
    assert lsnd.chi2("3+1-sbl", dm2_41=0.9, Ue4_sq=0.05, Umu4_sq=0.02) == pytest.approx(two, rel=1e-12)


def test_three_neutrinos_do_not_oscillate_at_short_baselines() -> None:
    assert likelihood("lsnd").chi2("3nu") == 29.0


def test_arrays_agree_with_scalars() -> None:
    lsnd = likelihood("lsnd")
    dm2 = np.geomspace(0.01, 100.0, 7)[:, None]
    amplitude = np.array([0.0, 1e-5, 3e-3, 0.2, 1.0])
    table = lsnd.chi2("2nu-mue", dm2_41=dm2, sin2_2theta_mue=amplitude)
    assert table.shape == (7, 5)
    for i, j in np.ndindex(table.shape):
        scalar = lsnd.chi2("2nu-mue", dm2_41=dm2[i, 0], sin2_2theta_mue=amplitude[j])
        assert scalar == table[i, j]


def test_the_observables_are_the_coordinates() -> None:
    lsnd = likelihood("lsnd")
    found = lsnd.predict("3+1", dm2_41=[0.9, 2.0], Ue4_sq=0.02, Umu4_sq=0.05)
    assert np.allclose(found, [[0.9, 0.004], [2.0, 0.004]])
