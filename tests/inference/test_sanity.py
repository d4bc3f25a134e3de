"""What a physicist would doubt is found without a benchmark; nothing is doubted that releases really have."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from nuanomaly.archive import catalog, release, seal
from nuanomaly.archive.validate import validate
from nuanomaly.inference import benchmarks, sanity

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "datasets" / "miniboone-nue" / "2020-r1"
TABLES = ("nue_nu", "numu_nu", "covariance_nu", "events_nu")
Change = Callable[[dict[str, Any], dict[str, pd.DataFrame]], object]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that knows MiniBooNE, and two experiments more."""
    root = tmp_path_factory.mktemp("archive")
    shutil.copytree(ROOT / "schemas", root / "schemas")
    shutil.copytree(SOURCE, root / "datasets" / "miniboone-nue" / "2020-r1")
    shutil.copytree(ROOT / "datasets" / "karmen", root / "datasets" / "karmen")
    (root / "catalog.yaml").write_bytes(catalog.build(root))
    return root


def contribute(archive: Path, root: Path, change: Change, name: str = "my-beam") -> release.Release:
    """A new release like MiniBooNE's neutrino mode, after a change; sealed, as its contributor would."""
    shutil.copytree(archive, root, dirs_exist_ok=True)
    data = yaml.safe_load((SOURCE / "release.yaml").read_text("utf-8"))
    frames = {table: release.read(SOURCE).table(table) for table in TABLES}
    mode = data["likelihood"]["modes"]["nu"]
    data |= {"name": name, "state": "draft", "tables": {k: data["tables"][k] for k in TABLES}}
    data |= {"likelihood": {"modes": {"nu": mode}}, "known_issues": []}
    data["publications"] = [{"key": "Mine", "title": "Mine", "year": "2026", "role": "primary"}]
    data["overlaps"] = [{"with": "miniboone-nue", "relation": "same", "reason": "a copy for a test"}]
    data["benchmarks"] = [
        {
            "id": "null",
            "quantity": "−2lnL without oscillation",
            "kind": "published",
            "compute": {
                "kind": "value",
                "model": "2nu-mue",
                "parameters": {"dm2_41": 0.0, "sin2_2theta_mue": 0.0},
            },
            "expected": 200.0,
            "tolerance": 0.5,
            "tolerance_source": "printed digits",
            "source": "made for the test",
        }
    ]
    change(data, frames)
    folder = root / "datasets" / name / "2020-r1"
    folder.mkdir(parents=True)
    for table, frame in frames.items():
        file = folder / data["tables"][table]["file"]
        frame.to_parquet(file, index=False) if file.suffix == ".parquet" else frame.to_csv(file, index=False)
        data["tables"][table] = {
            k: v for k, v in data["tables"][table].items() if k not in ("sha256", "size", "rows")
        }
    (folder / "release.yaml").write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")
    seal.seal(folder)
    return release.read(folder)


def codes(archive: Path, root: Path, change: Change) -> set[str]:
    found = contribute(archive, root, change)
    return {f.code for f in sanity.findings(found, root) if f.severity == "error"}


def scaled(table: str, column: str, factor: float) -> Change:
    def change(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        frames[table][column] = frames[table][column] * factor

    return change


def covariance(factor: float) -> Change:
    def change(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        frames["covariance_nu"] = frames["covariance_nu"] * factor

    return change


def correlation(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    values = frames["covariance_nu"].to_numpy()
    sigma = np.sqrt(np.diagonal(values))
    frames["covariance_nu"] = pd.DataFrame(
        values / np.outer(sigma, sigma), columns=frames["covariance_nu"].columns
    )


def swapped(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["nue_nu"]
    frame[["data", "background"]] = frame[["background", "data"]].to_numpy()


def gev(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    for column in ("energy_reconstructed", "energy_true"):
        frames["events_nu"][column] /= 1000.0
    for column in ("low", "high"):
        frames["nue_nu"][column] /= 1000.0


def baseline_in(unit: str) -> Change:
    def change(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        for column in data["tables"]["events_nu"]["columns"]:
            if column["name"] == "baseline":
                column["unit"] = unit

    return change


def channel(text: str) -> Change:
    def change(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        data["likelihood"]["modes"]["nu"]["response"]["channels"][0]["channel"] = text

    return change


def benchmark(**entries: Any) -> Change:
    def change(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        data["benchmarks"][0] |= entries

    return change


def descending(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    frames["nue_nu"] = frames["nue_nu"][::-1].reset_index(drop=True)


def no_overlap(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    data["overlaps"] = []


def efficiency(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    frames["numu_nu"]["efficiency"] = 99.0
    declared = {"name": "efficiency", "unit": "1", "meaning": "efficiency of the selection"}
    data["tables"]["numu_nu"]["columns"].append(declared)


OWN_SUM = {"kind": "table-ratio", "numerator": {"terms": [{"table": "nue_nu", "column": "data"}]}}

MISTAKES: dict[str, tuple[Change, str]] = {
    "percent² for fraction²": (covariance(1e4), "ERRORS_IMPOSSIBLE"),
    "a correlation as fractional covariance": (correlation, "CHI2_IMPOSSIBLE"),
    "data and background swapped": (swapped, "DATA_NOT_COUNTS"),
    "GeV under MeV": (gev, "PLACE_UNLIKELY"),
    "baseline in cm declared km": (baseline_in("km"), "PLACE_UNLIKELY"),
    "baseline in cm declared m": (baseline_in("m"), "PLACE_UNLIKELY"),
    "the channel turned round": (channel("nuebar->numubar"), "CHANNEL_UNLIKELY"),
    "a background ten times too large": (scaled("nue_nu", "background", 10.0), "PREDICTION_FAR"),
    "no benchmark of the likelihood": (benchmark(compute=OWN_SUM), "LIKELIHOOD_NOT_PROVEN"),
    "a tolerance of 200 on 144.5": (benchmark(expected=144.5, tolerance=200.0), "TOLERANCE_WIDE"),
    "expected := recomputed": (benchmark(expected=144.51234567891234), "EXPECTED_COMPUTED"),
    "the same data under another name": (no_overlap, "OVERLAP_MISSING"),
    "an efficiency of 9900 %": (efficiency, "FRACTION_OUT_OF_RANGE"),
    "bins in descending order": (descending, "MODE_NOT_EVALUATED"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_doubted_without_a_benchmark(archive: Path, tmp_path: Path, mistake: str) -> None:
    change, code = MISTAKES[mistake]
    assert code in codes(archive, tmp_path, change)


def test_a_published_number_that_is_ours_in_all_of_seven_digits_is_doubted(
    archive: Path, tmp_path: Path
) -> None:
    made = contribute(archive, tmp_path, lambda data, frames: None)
    ours = float(benchmarks.recompute(made.metadata["benchmarks"][0]["compute"], made))
    copied, printed = round(ours, 5), round(ours + 3e-4, 5)
    assert "EXPECTED_COMPUTED" in codes(archive, tmp_path / "copied", benchmark(expected=copied))
    assert "EXPECTED_COMPUTED" not in codes(archive, tmp_path / "printed", benchmark(expected=printed))
    assert "EXPECTED_COMPUTED" not in codes(archive, tmp_path / "short", benchmark(expected=round(ours, 2)))


def surface(factor: float, column: str = "sin2_2theta_mue") -> Change:
    """A surface that the archive computed, times a factor, and no benchmark that compares it."""
    released = release.read(SOURCE).table("surface_nu").iloc[::13].reset_index(drop=True)

    def change(data: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
        values = released["minus_2lnL"] * factor
        frames["map"] = pd.DataFrame(
            {"dm2_41": released["dm2_fit"], column: released["sin2_2theta_fit"], "delta": values}
        )
        columns = [
            {"name": n, "unit": "eV**2" if n == "dm2_41" else "1", "meaning": n} for n in frames["map"]
        ]
        data["tables"]["map"] = {
            "file": "map.csv",
            "kind": "surface",
            "status": "derived",
            "source": "made for the test",
            "originals": [],
            "title": "a map",
            "columns": columns,
        }

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (surface(1.0), set()),
        (surface(2.0), {"SURFACE_DISAGREES"}),
        (surface(1.0, "amplitude"), {"SURFACE_NOT_COMPARED"}),
    ],
    ids=["right", "another statistic", "unclear"],
)
def test_a_surface_is_compared_unasked(
    archive: Path, tmp_path: Path, change: Change, expected: set[str]
) -> None:
    assert codes(archive, tmp_path, change) == expected


def test_what_is_right_is_not_doubted(archive: Path, tmp_path: Path) -> None:
    assert codes(archive, tmp_path, lambda data, frames: None) == set()


def test_a_release_that_the_ledger_knows_gets_notes_and_no_errors(archive: Path) -> None:
    found = sanity.findings(release.read(archive / "datasets" / "miniboone-nue" / "2020-r1"), archive)
    assert [f for f in found if f.severity != "note"] == []


def test_validation_says_it_too(archive: Path, tmp_path: Path) -> None:
    contribute(archive, tmp_path, swapped)
    (tmp_path / "catalog.yaml").write_bytes(catalog.build(tmp_path))
    checked = validate(["my-beam"], tmp_path)
    assert checked.ok
    assert {f.code for f in sanity.with_physics(checked, tmp_path).errors} >= {"DATA_NOT_COUNTS"}
