"""A contribution with a mistake is never green, and its review names the mistake; a right one is green."""

import json
import shutil
from pathlib import Path

import contributions  # tools/ is on the path, as the package in it is installed from there
import pytest
import wrong_contributions
from wrong_contributions import Contribution

from nuanomaly.cli import reviewing
from nuanomaly.inference.review import review

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of four datasets and a comparison, under git; it is only read."""
    root = tmp_path_factory.mktemp("main") / "archive"
    contributions.few(ROOT, root)
    return root


def one_of_each() -> list[Contribution]:
    """Each mistake once: of those that come with and without a benchmark, draft and released, one in turn.

    All of them are reviewed by ``make contributions``, whose stored reviews are tested below.
    """
    mistakes: dict[str, list[Contribution]] = {}
    for row in wrong_contributions.ROWS:
        mistakes.setdefault(row.what.partition(";")[0], []).append(row)
    return [rows[k % len(rows)] for k, rows in enumerate(mistakes.values())]


@pytest.mark.parametrize("row", one_of_each(), ids=lambda row: row.what)
def test_the_review_says_what_is_wrong(
    row: Contribution, main: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(main, tmp_path / "clone", symlinks=True)
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(tmp_path / "clone"))  # as the command has it
    contributions.branch(tmp_path / "clone", row)
    done = review(tmp_path / "clone", "main", effect=False, limited=row.hostile)
    said = reviewing.markdown(done)
    assert contributions.missing(row, said) == []


def test_the_page_shows_what_is_stored_and_it_is_of_all_contributions() -> None:
    stored = json.loads(contributions.STORED.read_text("utf-8"))
    assert [row["what"] for row in stored] == [row.what for row in wrong_contributions.ROWS]
    assert [row["what"] for row in stored if row["missing"]] == []
    assert contributions.table(stored) in contributions.PAGE.read_text("utf-8")


def test_a_review_that_says_less_than_it_must_is_noticed() -> None:
    row = Contribution("a mistake", print, codes=("PATH_UNSAFE",), words=("here",), silent=("<b>",))
    right = "# Review: not green\n- **error** PATH_UNSAFE in here: y. → \\<b>"
    assert contributions.missing(row, right) == []
    assert contributions.missing(row, "# Review: green\n<b>") == [
        "is not red",
        "says none of PATH_UNSAFE",
        "does not say 'here'",
        "says '<b>'",
    ]
