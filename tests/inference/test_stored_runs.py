"""Stored toys are derived again: p-values from the distribution, a sample of toys from the seed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nuanomaly.archive.runs import declared_runs, digest
from nuanomaly.archive.validate import Finding
from nuanomaly.archive.validate.findings import report
from nuanomaly.inference import stored_runs

ROOT = Path(__file__).resolve().parents[2]
RUN = Path("comparisons/lsnd-vs-karmen/runs/karmen")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / RUN.parents[1], tmp_path / RUN.parents[1])
    return tmp_path


def edited(root: Path, factor: float = 1.0, **result: Any) -> None:
    """The stored run with another result and distribution, and hashes to match."""
    file, table = root / RUN / "about.json", root / RUN / "distribution.parquet"
    about = json.loads(file.read_text())
    about["result"] |= result
    frame = pd.read_parquet(table)
    frame["delta"] *= factor
    frame.to_parquet(table, index=False)
    about["files"]["distribution.parquet"]["sha256"] = digest(table)
    file.write_text(json.dumps(about))


def findings(root: Path, sample: int = 0) -> list[Finding]:
    return list(stored_runs.with_stored_runs(report([], []), root, sample).findings)


def test_all_stored_tests_of_the_archive_are_what_their_toys_gave() -> None:
    assert findings(ROOT) == []


@pytest.mark.parametrize(
    "result", [{"p_value": 0.01}, {"sigma": 3.0}, {"above": 20, "p_value": 0.001}, {"delta": 8.0}]
)
def test_an_edited_result_contradicts_its_distribution(copy: Path, result: dict[str, float]) -> None:
    assert findings(copy) == []
    edited(copy, **result)
    (found,) = findings(copy)
    assert found.code == "RUN_CONTRADICTS"
    assert found.file == f"{RUN}/about.json"


def test_toys_that_are_made_anew_find_what_agrees_with_itself(copy: Path) -> None:
    declared = declared_runs(ROOT / RUN.parents[1])["karmen"]
    about = json.loads((ROOT / RUN / "about.json").read_text())["result"]
    frame = pd.read_parquet(ROOT / RUN / "distribution.parquet")
    above, delta = frame["above"].to_list(), frame["delta"].to_list()
    assert stored_runs.redone(declared, about, above, delta) == ""
    doubled = [2.0 * value for value in delta]
    other = {**about, "delta": 2.0 * about["delta"]}
    assert stored_runs.inconsistent(other, above, doubled) == ""
    assert "observed difference is stored" in stored_runs.redone(declared, other, above, doubled)
    # the observed difference is right, the distribution is not
    assert "made anew" in stored_runs.redone(declared, about, above, [5.0 * value for value in delta])
