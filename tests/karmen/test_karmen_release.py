"""KARMEN: what nine bins and a spectrum of muons at rest give."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from importers import karmen
from scipy.stats import norm

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import interval, surface_agreement, table_ratio, value
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.response import decay_at_rest
from nuanomaly.likelihood.stopped_pions.muon_decay import ENDPOINT, inverse_beta_decay, numubar_spectrum
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

EXCERPT = Path(__file__).parent.parent / "data" / "karmen"
KINDS = {
    "interval": interval,
    "surface-agreement": surface_agreement,
    "table-ratio": table_ratio,
    "value": value,
}
BENCHMARKS = {b["id"]: b for b in load("karmen@2002-r1").metadata["benchmarks"]}


def signal(dm2: float, amplitude: float) -> Array:
    release = load("karmen")
    mu = likelihood("karmen").predict("2nu-mue", dm2_41=dm2, sin2_2theta_mue=amplitude)
    return np.asarray(mu - release.table("spectrum")["background"].to_numpy())


def by_points(dm2: float) -> Array:
    """The signal at full mixing, summed point by point over energies and distances."""
    table = load("karmen").table("spectrum")
    E = np.linspace(10.0, ENDPOINT, 4001)
    E = 0.5 * (E[1:] + E[:-1])
    L = np.linspace(17.7 - 1.75, 17.7 + 1.75, 601)
    P = np.sin(PHASE * dm2 * L[:, None] / E) ** 2
    averaged = (P / L[:, None] ** 2).sum(axis=0) / (1.0 / L**2).sum()
    visible = E - 0.782
    edges = np.append(table["energy_low"], table["energy_high"].iloc[-1])[:, None]
    response = np.diff(norm.cdf(edges, visible, 0.115 * np.sqrt(visible)), axis=0)
    rate = response * numubar_spectrum(E) * inverse_beta_decay(E)
    return np.asarray(2 * 2913 / rate.sum() * (rate @ averaged))


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_benchmark_holds(name: str) -> None:
    declared = BENCHMARKS[name]
    found = KINDS[declared["compute"]["kind"]].compute(declared["compute"], load("karmen@2002-r1"))
    assert found == pytest.approx(declared["expected"], rel=0, abs=declared["tolerance"])


def test_the_value_is_no_goodness_of_fit() -> None:
    assert likelihood("karmen").statistic == "-2lnL"
    assert likelihood("karmen").n_bins == 9


def test_full_mixing_and_averaged_oscillation_give_the_published_events() -> None:
    assert signal(100.0, 1.0).sum() == pytest.approx(2913, rel=0.01)


@pytest.mark.parametrize("dm2", [0.03, 0.5, 2.0, 6.8, 20.0, 100.0])
def test_the_signal_is_that_of_an_integral_done_point_by_point(dm2: float) -> None:
    assert np.allclose(signal(dm2, 1.0), by_points(dm2), rtol=2e-3, atol=0.02)


def test_nine_bins_do_not_reproduce_the_published_limit_and_say_so() -> None:
    found = interval.compute(BENCHMARKS["limit-large-dm2"]["compute"], load("karmen"))
    assert found < 0.85 * 1.7e-3
    assert "20 % stronger" in likelihood("karmen").approximate


@pytest.mark.parametrize(
    ("change", "limit", "splitting"),
    [
        ({"half_length": 1.5}, 1.348e-3, 0.05355),
        ({"half_length": 2.0}, 1.383e-3, 0.05446),
        ({"offset": 1.293}, 1.393e-3, 0.05474),
    ],
)
def test_choices_move_the_limits_by_a_few_percent(
    change: dict[str, float], limit: float, splitting: float
) -> None:
    release = load("karmen")
    table = release.table("spectrum")
    config = {**release.metadata["likelihood"]["response"], **change}
    (channel,) = decay_at_rest.build(config, release).channels
    background, data = table["background"].to_numpy(), table["observed"].to_numpy()

    def rises(dm2: float, amplitude: float) -> float:
        mu = background + amplitude * channel.kernel(np.array([dm2]))[0]
        log = np.where(data > 0, data * np.log(np.maximum(data, 1) / mu), 0.0)
        return float(2.0 * (mu - data + log).sum())

    lowest = min(rises(d, a) for d in np.geomspace(5.0, 9.0, 40) for a in np.geomspace(3e-4, 3e-3, 40))
    assert rises(100.0, limit) - lowest == pytest.approx(4.605, abs=0.02)
    assert rises(splitting, 1.0) - lowest == pytest.approx(4.605, abs=0.02)


def test_karmen_excludes_the_large_amplitudes_of_lsnd() -> None:
    rise = likelihood("karmen").chi2("2nu-mue", dm2_41=[0.07, 1.2, 50.0], sin2_2theta_mue=[1.0, 5e-3, 4e-3])
    assert (rise - 6.4 > 4.6).all()


# --- configuration ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "error", "message"),
    [
        ("numu->nue", UnknownNameError, "Unknown neutrino of muon decay 'numu'"),
        ("numubar->numubar", NuanomalyError, "inverse beta decay detects nuebar"),
    ],
)
def test_a_channel_that_cannot_be_is_refused(channel: str, error: type[Exception], message: str) -> None:
    release = load("karmen")
    config = {**release.metadata["likelihood"]["response"], "channel": channel}
    with pytest.raises(error, match=message):
        decay_at_rest.build(config, release)


# --- importer -----------------------------------------------------------------------------------------------


def test_the_importer_gives_the_declared_tables_and_columns() -> None:
    release = load("karmen@2002-r1")
    frames = karmen.tables(EXCERPT)
    assert set(frames) == set(release.tables)
    for name, frame in frames.items():
        declared = tables.expand_columns(release.declared(name)["columns"])
        assert list(frame.columns) == [c.name for c in declared], name


def test_logarithms_become_the_numbers_that_were_meant() -> None:
    chi2 = karmen.tables(EXCERPT)["chi2"]
    assert chi2["dm2_41"].tolist() == [0.01, 0.01, 0.0112201845430]
    assert chi2["sin2_2theta_mue"][0] == 9.77237220956e-05
    assert chi2["chi2"][1] == 6.873382544


def test_two_orderings_that_differ_are_refused(tmp_path: Path) -> None:
    shutil.copytree(EXCERPT, tmp_path / "originals")
    file = tmp_path / "originals/accelerator/karmen/chi2_tables/dm41s22thmue-karmen.dat"
    file.write_text("-2 -4 6.0 6.1\n", "utf-8")
    with pytest.raises(NuanomalyError, match="the two orderings differ"):
        karmen.tables(tmp_path / "originals")
