"""The convention of arXiv:2209.00916 as modes, and what the errors of the summation model do to a tension."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.datasets import joint, resolve
from nuanomaly.inference.fit import fit
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Array, Parameter

REVISED = {"gallex@2010": 2, "sage@2006": 2, "best@2022": 2, "reactor-rates@2020": 2}
GALLIUM = ("gallex@2010-r2", "sage@2006-r2", "best@2022-r2")
GRID = {"dm2_41": (0.01, 100.0, 101, "log"), "sin2_2theta_ee": (1e-3, 1.0, 61, "log")}


@pytest.mark.parametrize("label", REVISED)
def test_a_revision_adds_and_changes_nothing(label: str) -> None:
    older, newer = load(f"{label}-r1"), load(f"{label}-r2")
    for table in older.tables:
        file = older.declared(table)["file"]
        assert (newer.folder / file).read_bytes() == (older.folder / file).read_bytes()
    before, after = (release.metadata["likelihood"]["modes"] for release in (older, newer))
    assert set(before) < set(after)
    for mode, declared in before.items():
        plain = {k: v for k, v in declared.items() if k not in ("title", "note")}
        assert plain == {k: v for k, v in after[mode].items() if k not in ("title", "note")}


@lru_cache(maxsize=16)
def gallium(mode: str) -> Likelihood:
    return joint(resolve([f"{name}:giunti2022-{mode}" for name in GALLIUM]))


def suppressed(initial: str, final: str, antineutrino: bool, L: Array, E: Array, *, ratio: Array) -> Array:
    return np.asarray(ratio * np.ones_like(L) if initial == final else np.zeros_like(ratio * L))


#: Mean and significance of Table I of arXiv:2209.00916.
TABLE_ONE = {
    "ground-state": (0.845, 0.031, 5.1),
    "bahcall": (0.802, 0.037, 5.4),
    "haxton": (0.703, 0.078, 3.8),
    "frekers": (0.789, 0.032, 6.6),
    "kostensalo": (0.825, 0.031, 5.7),
    "semenov": (0.786, 0.033, 6.6),
}


@pytest.mark.parametrize("mode", TABLE_ONE)
def test_the_modes_give_table_one(mode: str) -> None:
    """The likelihood with a shift by the measurement is the covariance of that paper."""
    mean, error, sigma = TABLE_ONE[mode]
    model = FunctionModel(
        suppressed, parameters=[Parameter("ratio", "1", 0.3, 1.3, "", scan=(0.4, 1.2))], factor=True
    )
    found = fit(gallium(mode), model, errors="minos")
    assert found.parameters["ratio"] == pytest.approx(mean, abs=0.0015)
    assert found.errors["ratio"][1] == pytest.approx(error, abs=0.001)
    delta = gallium(mode).chi2(model, ratio=1.0) - found.value
    assert np.sqrt(delta) == pytest.approx(sigma, abs=0.11)


def test_table_two_is_reproduced() -> None:
    rows = [row for row in of_release(load("best@2022-r2")) if row["id"].startswith("table-two-")]
    assert len(rows) == 8
    assert all(row["ok"] and row["kind"] == "published" for row in rows), rows


@pytest.mark.parametrize(("mode", "published"), [("ground-state", 9.1), ("bahcall", 12.9)])
def test_the_summation_column_lies_within_the_bracket_of_correlations(mode: str, published: float) -> None:
    """Errors of 5 % (²³⁸U 10 %): lent correlation below, none above; the errors lent to it are far off."""

    def tension(flux: str) -> float:
        other = likelihood("reactor-rates@2020-r2", flux)
        return compare([gallium(mode), other], "2nu-ee", grid=GRID).pg.delta

    low, high = tension("summation-assigned-lent"), tension("summation-assigned-none")
    assert low < published < high
    assert tension("summation-assigned-common") == pytest.approx(published, abs=0.6)
    assert tension("summation") > 1.6 * published


def test_the_added_table_follows_from_the_others() -> None:
    folder = Path(load("sage@2006-r2").folder)
    assert (folder / "measurements-giunti2022.csv").is_file()
    release = load("sage@2006-r2")
    ratios, added = release.table("ratios"), release.table("measurements-giunti2022")
    sections = release.table("cross-sections").set_index(["model", "isotope"])
    for mode, model in (("bahcall", "Bahcall"), ("semenov", "Semenov")):
        for k, isotope in enumerate(ratios["isotope"]):
            scale = sections.loc[("Bahcall", isotope), "cross_section"]
            scale = scale / sections.loc[(model, isotope), "cross_section"]
            value = ratios["ratio_prc"][k] * scale
            f = {
                i: sections.loc[(model, i), "plus"] / sections.loc[(model, i), "cross_section"]
                for i in ("51Cr", "37Ar")
            }
            excess = np.sqrt(f[isotope] ** 2 - f["51Cr"] ** 2) * value
            assert added[f"ratio_{mode}"][k] == pytest.approx(value, rel=1e-12)
            error = np.hypot(ratios["error_2209"][k] * scale, excess)
            assert added[f"error_{mode}"][k] == pytest.approx(error, rel=1e-12)
