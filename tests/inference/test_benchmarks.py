"""The runner of benchmarks, on a release made for the test."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import benchmarks, kinds, recompute

ROOT = Path(__file__).resolve().parents[2]

RELEASE = """
schema: "1"
name: toy
version: "2000-r1"
title: toy
state: draft
sector: other
experiment: toy
summary: A release made for a test.
changes: [{kind: initial, reason: made for a test}]
channels: ["nue->nue"]
publications:
  - {key: Toy2000, title: Toy, authors: nobody, year: "2000", role: primary}
originals:
  - {id: made, source: made for a test, licence: not stated}
tables:
  map:
    file: map.csv
    kind: surface
    status: derived
    source: made for a test
    originals: [made]
    title: the map
    columns:
      - {name: dm2, unit: eV**2, meaning: splitting}
      - {name: s, unit: "1", meaning: amplitude}
      - {name: delta, unit: "1", meaning: difference}
likelihood:
  default_mode: wide
  surface: {table: map, dm2: dm2, amplitude: s, value: delta, channel: nue->nue, no_oscillation: 25.0}
  modes: {wide: {}, same: {}}
benchmarks:
"""


def entry(name: str, compute: str, expected: str, tolerance: str = "0.01") -> str:
    return (
        f"  - {{id: {name}, quantity: {name}, kind: reference, compute: {{{compute}}}, "
        f"expected: {expected}, tolerance: {tolerance}, tolerance_source: test, source: test}}\n"
    )


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with one release, whose surface is 2 (ln Δm²)² + 3 (ln s + 2)²."""
    folder = tmp_path / "datasets" / "toy" / "2000-r1"
    folder.mkdir(parents=True)
    (tmp_path / "catalog.yaml").write_text("schema: '1'\nreleases: []\n")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    dm2, s = np.geomspace(0.01, 100.0, 41), np.geomspace(np.exp(-4.0), 1.0, 33)
    rows = ["dm2,s,delta"]
    rows += [f"{a!r},{b!r},{value(a, b)!r}" for a in dm2.tolist() for b in s.tolist()]
    (folder / "map.csv").write_text("\n".join(rows) + "\n")
    (folder / "release.yaml").write_text(
        RELEASE
        + entry("point", "kind: value, model: 2nu-ee, parameters: {dm2_41: 1.0, sin2_2theta_ee: 1.0}", "12.0")
        + entry(
            "difference",
            "kind: value, mode: same, model: 2nu-ee, parameters: {dm2_41: 1.0, sin2_2theta_ee: 1.0}, "
            "minus: {parameters: {dm2_41: 1.0, sin2_2theta_ee: 0.0}}",
            "-13.0",
        )
        + entry("signal", "kind: best-fit, model: 2nu-ee, which: delta-null", "25.0")
        + entry("where", "kind: best-fit, model: 2nu-ee, which: dm2_41, fixed: {sin2_2theta_ee: 0.5}", "1.0")
        + entry(
            "sigma",
            "kind: best-fit, datasets: ['toy:wide'], model: 2nu-ee, which: significance, dof: 1, "
            "grid: {dm2_41: [0.1, 10.0, 21, log]}",
            "5.0",
        )
        + entry("wrong", "kind: value, model: 2nu-ee, parameters: {dm2_41: 1.0, sin2_2theta_ee: 1.0}", "11.0")
        + entry("broken", "kind: value, model: 2nu-mumu, parameters: {dm2_41: 1.0}", "0.0"),
        encoding="utf-8",
    )
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(tmp_path))
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    return tmp_path


def value(dm2: float, s: float) -> float:
    return float(2.0 * np.log(dm2) ** 2 + 3.0 * (np.log(s) + 2.0) ** 2)


@pytest.fixture
def rows(archive: Path) -> dict[str, dict]:
    return {row["id"]: row for row in benchmarks()}


@pytest.mark.parametrize("name", ["point", "difference", "signal", "where", "sigma"])
def test_a_right_number_is_ok(rows, name: str) -> None:
    assert rows[name]["ok"], rows[name]
    assert rows[name]["reason"] == ""


def test_a_wrong_number_is_not_ok(rows) -> None:
    assert not rows["wrong"]["ok"]
    assert rows["wrong"]["recomputed"] == pytest.approx(12.0)


def test_an_error_inside_a_benchmark_is_its_result(rows) -> None:
    assert rows["broken"]["recomputed"] is None
    assert not rows["broken"]["ok"]
    assert "2nu-mumu" in rows["broken"]["reason"]


def test_a_release_with_an_unknown_kind_of_benchmark_is_refused(archive: Path) -> None:
    file = archive / "datasets" / "toy" / "2000-r1" / "release.yaml"
    file.write_text(file.read_text("utf-8") + entry("unknown", "kind: valeu, model: 2nu-ee", "0.0"), "utf-8")
    with pytest.raises(NuanomalyError, match=r"KIND_WITHOUT_SCHEMA.*did you mean 'value'"):
        benchmarks()


def test_rows_have_the_documented_keys(rows) -> None:
    documented = {"release", "quantity", "kind", "expected", "uncertainty", "recomputed", "tolerance"}
    documented |= {"tolerance_source", "ok", "source"}
    assert documented <= set(rows["point"])
    assert rows["point"]["release"] == "toy@2000-r1"


def test_releases_can_be_named(archive: Path) -> None:
    assert len(benchmarks("toy")) == len(benchmarks(["toy@2000"])) == 7
    with pytest.raises(UnknownNameError, match="toy"):
        benchmarks("tow")


def test_a_retracted_release_is_left_out_unless_named(archive: Path) -> None:
    file = archive / "datasets" / "toy" / "2000-r1" / "release.yaml"
    text = file.read_text("utf-8").replace("state: draft", "state: retracted\nretracted: {reason: wrong}")
    file.write_text(text, "utf-8")
    assert benchmarks() == []


def test_progress_is_reported(archive: Path) -> None:
    seen: list[tuple[int, int]] = []
    benchmarks(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_every_kind_has_a_schema_and_says_what_it_computes() -> None:
    for kind in kinds():
        assert (ROOT / "schemas" / "kinds" / "benchmark" / f"{kind}.schema.json").is_file(), kind


def test_processes_give_the_same_rows(archive: Path) -> None:
    other = archive / "datasets" / "toy" / "2001-r1"
    shutil.copytree(archive / "datasets" / "toy" / "2000-r1", other)
    file = other / "release.yaml"
    file.write_text(file.read_text("utf-8").replace('"2000-r1"', '"2001-r1"'), "utf-8")
    names = ["toy@2000", "toy@2001"]
    assert benchmarks(names, workers=2) == benchmarks(names)


def test_ends_and_middle_of_a_column_are_found(archive: Path) -> None:
    table = load("toy").table("map")
    config = {"kind": "row-range", "table": "map", "column": "dm2", "which": "middle"}
    assert recompute(config, load("toy")) == pytest.approx(0.5 * (table["dm2"].min() + table["dm2"].max()))
    place = {**config, "column": "delta", "which": "smallest", "there": "dm2"}
    assert recompute(place, load("toy")) == table["dm2"][table["delta"].idxmin()]
    angle = {**config, "column": "s", "which": "smallest", "between": {"s": [0.5, 1.0]}, "sin2_theta": True}
    s = float(table["s"][table["s"] >= 0.5].min())
    theta = recompute(angle, load("toy"))
    assert 4.0 * theta * (1.0 - theta) == pytest.approx(s)
    with pytest.raises(NuanomalyError, match="no row"):
        recompute({**config, "between": {"s": [5.0, 6.0]}}, load("toy"))
    with pytest.raises(UnknownNameError, match="dm3"):
        recompute({**config, "column": "dm3"}, load("toy"))


def test_a_raster_limit_counts_from_the_best_mixing_at_the_same_place(archive: Path) -> None:
    """Δ = 2 (ln Δm²)² + 3 (ln s + 2)²: everywhere the best s is e⁻², and the limit e^(√(2.71/3) − 2)."""
    config = {
        "kind": "raster-limit",
        "model": "2nu-ee",
        "parameter": "sin2_2theta_ee",
        "axis": {"dm2_41": [0.8, 1.2, 3, "log"]},
        "between": [0.02, 0.9],
        "level": 2.71,
        "which": "limit",
    }
    assert recompute(config, load("toy")) == pytest.approx(np.exp(np.sqrt(2.71 / 3.0) - 2.0), rel=0.02)
    with pytest.raises(NuanomalyError, match="excludes no"):
        recompute({**config, "level": 1e4}, load("toy"))
