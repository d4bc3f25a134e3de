"""What a physicist would doubt is found without a benchmark; nothing is doubted that releases really have."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import wrong_releases  # tools/ is on the path, as the package in it is installed from there
from wrong_releases import OWN_SUM, Change, benchmark, efficiency, no_overlap, scaled, swapped

from nuanomaly.archive import catalog, release
from nuanomaly.archive.validate import validate
from nuanomaly.inference import benchmarks, lookalikes, sanity

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "datasets" / wrong_releases.MODEL


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that knows MiniBooNE, and two experiments more."""
    root = tmp_path_factory.mktemp("archive")
    shutil.copytree(ROOT / "schemas", root / "schemas")
    shutil.copytree(SOURCE, root / "datasets" / "miniboone-nue" / "2020-r1")
    shutil.copytree(ROOT / "datasets" / "karmen", root / "datasets" / "karmen")
    (root / "catalog.yaml").write_bytes(catalog.build(root))
    return root


def contribute(archive: Path, root: Path, change: Change) -> release.Release:
    """A new release like MiniBooNE's neutrino mode, after a change; sealed, as its contributor would."""
    shutil.copytree(archive, root, dirs_exist_ok=True)
    return wrong_releases.written(root, change)


def codes(archive: Path, root: Path, change: Change) -> set[str]:
    found = contribute(archive, root, change)
    return {f.code for f in sanity.findings(found, root) if f.severity == "error"}


MISTAKES: dict[str, tuple[Change, str]] = {
    **{what: (change, code) for what, (change, (code, *_)) in wrong_releases.MISTAKES.items()},
    "a background ten times too large": (scaled("nue_nu", "background", 10.0), "PREDICTION_FAR"),
    "no benchmark of the likelihood": (benchmark(compute=OWN_SUM), "LIKELIHOOD_NOT_PROVEN"),
    "a tolerance of 200 on 144.5": (benchmark(expected=144.5, tolerance=200.0), "TOLERANCE_WIDE"),
    "expected := recomputed": (benchmark(expected=144.51234567891234), "EXPECTED_COMPUTED"),
    "the same data under another name": (no_overlap, "OVERLAP_MISSING"),
    "an efficiency of 9900 %": (efficiency, "FRACTION_OUT_OF_RANGE"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_doubted_without_a_benchmark(archive: Path, tmp_path: Path, mistake: str) -> None:
    change, code = MISTAKES[mistake]
    assert code in codes(archive, tmp_path, change)


def test_a_distance_between_short_and_long_baselines_is_doubted_though_its_ratio_is_not(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the whole archive: MINOS is at 735 km, so that 52 km for 520 m give no strange L/E."""
    known = [(516.0, 0.57), (1040.0, 1.05), (7.35e5, 680.0)]
    monkeypatch.setattr(lookalikes, "places", lambda *_: known)
    wrong = wrong_releases.MISTAKES["baseline in cm declared m"][0]
    assert "PLACE_UNLIKELY" in codes(archive, tmp_path / "wrong", wrong)
    assert "PLACE_UNLIKELY" not in codes(archive, tmp_path / "right", wrong_releases.nothing)


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
