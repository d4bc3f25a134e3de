"""A contribution with a mistake is never green, and its review names the mistake; a right one is green."""

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


@pytest.mark.parametrize("row", wrong_contributions.ROWS, ids=lambda row: row.what)
def test_the_review_says_what_is_wrong(row: Contribution, main: Path, tmp_path: Path) -> None:
    shutil.copytree(main, tmp_path / "clone", symlinks=True)
    contributions.branch(tmp_path / "clone", row)
    done = review(tmp_path / "clone", "main", effect=False, limited=row.hostile)
    said = reviewing.markdown(done)
    assert contributions.missing(row, said) == []


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
