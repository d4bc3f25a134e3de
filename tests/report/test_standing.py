"""A site that stands as it would be built is found from its files, and nothing is loaded for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from nuanomaly.report import standing
from nuanomaly.report.results import Result


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a site."""
    for name in ("catalog.yaml", "datasets/one/release.yaml", "schemas/a.json", "build/site/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def kept(root: Path, ok: bool = True, made_from: str = "") -> Path:
    site = root / "build" / "site"
    page = site / "comparisons" / "one" / "report.html"
    result = Result("one", "built", ok, () if ok else ("too large",), "it holds", page, 1.0)
    standing.keep(root, site, made_from or standing.inputs(root), [result])
    return site


def test_a_site_that_stands_says_what_its_last_build_said(root: Path) -> None:
    site = kept(root)
    (result,) = standing.standing(root, site) or []
    assert (result.name, result.state, result.ok, result.verdict) == ("one", "unchanged", True, "it holds")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "datasets/one/release.yaml").write_text("other"),
        lambda root: (root / "datasets/one/more.csv").write_text("1"),
        lambda root: (root / "catalog.yaml").unlink(),
        lambda root: (root / "build/site/index.html").write_text("edited!"),
        lambda root: (root / "build/site/index.html").unlink(),
        lambda root: (root / "build/site/more.html").write_text(""),
    ],
)
def test_a_file_that_changed_on_either_side_is_found(root: Path, change) -> None:  # type: ignore[no-untyped-def]
    site = kept(root)
    change(root)
    assert standing.standing(root, site) is None


def test_by_products_are_no_change(root: Path) -> None:
    site = kept(root)
    for name in ("tests/test_one.py", "build/log", "tools/__pycache__/one.pyc", ".git/index", "draft.yaml~"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    assert standing.standing(root, site) is not None


def test_another_package_is_a_change(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = kept(root)
    monkeypatch.setattr(standing, "installed", lambda: ["numpy-0.1.dist-info"])
    assert standing.standing(root, site) is None


def test_what_fails_or_changed_during_the_build_is_built_again(root: Path) -> None:
    site = kept(root)
    assert standing.standing(root, kept(root, ok=False)) is None
    assert standing.standing(root, kept(root, made_from="before")) is None
    assert standing.standing(root, root / "elsewhere") is None
    assert standing.standing(root, site) is None


def test_the_command_loads_nothing_where_all_stands(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(root)
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(root))
    code = (
        "import sys\nfrom nuanomaly.cli import main\n"
        "try:\n    main(['report', 'build'])\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert not {'numpy', 'nuanomaly.report.pages'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing has changed" in done.stdout
    assert "it holds" in done.stdout
