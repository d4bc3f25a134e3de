"""mypy reads the reports, and what it says is said of the file it read."""

import tomllib
from pathlib import Path

import pytest
from report_types import checked

ROOT = Path(__file__).resolve().parents[2]


def untyped() -> set[str]:
    """The modules of reports whose errors are left out, from pyproject.toml."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    return {
        name.removeprefix("build.reports.")
        for override in tool["overrides"]
        if override.get("ignore_errors")
        for name in override["module"]
    }


def test_every_report_is_typed() -> None:
    lines, code = checked(ROOT)
    assert code == 0, "\n".join(lines)
    assert untyped() == set(), "no report is left out of mypy"


def test_an_error_names_the_report_and_its_line(tmp_path: Path) -> None:
    page = tmp_path / "comparisons" / "two-counts"
    page.mkdir(parents=True)
    (page / "report.py").write_text('# %%\ncount: int = "three"\n', "utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.mypy]\nstrict = true\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        lines, code = checked(tmp_path)
    assert code == 1
    assert lines[0].startswith("comparisons/two-counts/report.py:2: error: Incompatible types in assignment")
    with pytest.raises(SystemExit, match="no page is called three-counts: they are two-counts"):
        checked(tmp_path, ["three-counts"])
