"""Tables of several releases: a revision says what it changes, and a copy with one other number is named."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive import release
from nuanomaly.archive.seal import seal
from nuanomaly.archive.validate import Finding, validate
from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.copies import differing

ROOT = Path(__file__).resolve().parents[2]
CODES = {"COPY_DIFFERS", "REVISION_DIFFERS"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An archive of two reactor experiments with one flux, and of two revisions of another release."""
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    (tmp_path / "catalog.yaml").write_text("schema: '1'\nreleases: []\n")
    for name in ("danss/2018-r1", "bugey-3/1995-r1", "best/2022-r1", "best/2022-r2"):
        shutil.copytree(ROOT / "datasets" / name, tmp_path / "datasets" / name)
    return tmp_path


def found(root: Path, *releases: str) -> list[Finding]:
    return [f for f in validate(releases or None, root).findings if f.code in CODES]


def edited(folder: Path, table: str, old: str, new: str) -> None:
    described = folder / "release.yaml"
    described.write_text(described.read_text("utf-8").replace("state: released", "state: draft"), "utf-8")
    file = folder / str(release.read(folder).declared(table)["file"])
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), "utf-8")
    seal(folder)


def test_copies_and_revisions_that_agree_give_no_finding(root: Path) -> None:
    assert found(root) == []


def test_a_digit_of_a_flux_that_another_release_has_too_is_named(root: Path) -> None:
    edited(root / "datasets" / "danss" / "2018-r1", "flux", "0.356409", "0.856409")
    (one,) = found(root, "danss")
    assert (one.code, one.severity, one.table, one.column) == ("COPY_DIFFERS", "error", "flux", "u238")
    assert "bugey-3@1995-r1 has 0.356409 here in its table 'flux'" in one.message
    assert one.row == 42


def test_a_table_that_a_revision_changes_without_a_word_is_named(root: Path) -> None:
    folder = root / "datasets" / "best" / "2022-r2"
    edited(folder, "lines", "0.4272", "0.4202")
    (one,) = found(root, "best@2022-r2")
    assert (one.code, one.severity, one.table) == ("REVISION_DIFFERS", "error", "lines")
    file = folder / "release.yaml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("tables: [measurements-giunti2022]}", "tables: [measurements-giunti2022, lines]}")
    )
    assert found(root, "best@2022-r2") == []


def content(**columns: object) -> Content:
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return Content(arrays, len(next(iter(arrays.values()))))


NAMES = np.array([*"abcdefgh", None], object)[:-1]
NUMBERS = np.array([1.5, 2.25, 3.5, 4.75, 5.5, 6.25, 7.5, 8.75])


def test_rows_belong_together_by_their_names() -> None:
    first = content(site=NAMES, baseline=NUMBERS)
    second = content(site=NAMES[::-1], baseline=NUMBERS[::-1].copy())
    assert differing(first, second, ["baseline"]) is None
    second.columns["baseline"][1] = 9.0  # of g
    assert differing(first, second, ["baseline"]) == (6, "baseline", 9.0)


def test_a_table_of_few_rows_is_compared_as_a_whole() -> None:
    lines = {"energy": np.array([0.7473, 0.7521, 0.4272]), "fraction": np.array([0.8163, 0.0849, 0.0895])}
    other = {name: values.copy() for name, values in lines.items()} | {"factor": np.array([1.0, 2.0, 3.0])}
    three = {**lines, "factor": np.array([1.0, 2.0, 3.0])}
    other["fraction"][1] = 0.0869
    assert differing(content(**three), content(**other), [*three]) == (1, "fraction", 0.0869)


@pytest.mark.parametrize(
    "other",
    [NUMBERS + 1.0, np.where(np.arange(8) < 3, NUMBERS, 0.0), NUMBERS[::-1].copy()],
    ids=["others", "a few", "turned"],
)
def test_tables_that_differ_more_are_no_copies(other: np.ndarray) -> None:
    assert differing(content(rate=NUMBERS), content(rate=other), ["rate"]) is None


def test_numbers_that_are_nearly_all_the_same_are_no_copies() -> None:
    ones, other = np.ones(12), np.ones(12)
    other[3] = 2.0
    assert differing(content(strength=ones), content(strength=other), ["strength"]) is None


def test_a_known_issue_that_names_the_number_explains_it(root: Path) -> None:
    folder = root / "datasets" / "danss" / "2018-r1"
    edited(folder, "flux", "0.356409", "0.856409")
    file = folder / "release.yaml"
    issue = '  - {title: "A flux", text: "0.856409 at 4.25 MeV stands in the original.", tables: [flux]}'
    text = file.read_text("utf-8")
    assert "known_issues:\n" in text
    file.write_text(text.replace("known_issues:\n", f"known_issues:\n{issue}\n"), "utf-8")
    (one,) = found(root, "danss")
    assert (one.code, one.severity) == ("COPY_DIFFERS", "note")
