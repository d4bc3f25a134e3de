"""validate, seal, catalog, import, mirror, bundle, report: what a keeper of the archive calls."""

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with best alone, to be damaged."""
    root = tmp_path / "copy"
    version = "datasets/best/2022-r1"
    shutil.copytree(ROOT / version, root / version)
    shutil.copytree(ROOT / "schemas", root / "schemas")
    text = (root / "datasets" / "best" / "2022-r1" / "release.yaml").read_text("utf-8")
    (root / "datasets" / "best" / "2022-r1" / "release.yaml").write_text(
        text.replace("\nstate: released\n", "\nstate: draft\n"), "utf-8"
    )
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(root))
    return root


def damage(root: Path) -> None:
    """Change a number of a sealed table."""
    file = root / "datasets" / "best" / "2022-r1" / "ratios.csv"
    file.write_text(file.read_text("utf-8").replace("0.79", "0.97"), "utf-8")


def test_a_sound_release_validates(run: Run, copy: Path) -> None:
    done = run("validate", "best")
    assert done.code == 0
    assert done.out.startswith("1 release checked: 0 errors")


def test_a_release_is_validated_without_the_physics_that_only_new_ones_are_compared_with(
    run: Run, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "datasets/karmen/2002-r1", copy / "datasets/karmen/2002-r1")
    entered = (ROOT / "catalog.yaml").read_text("utf-8").partition("\nledger:")[2]
    (copy / "catalog.yaml").write_text(
        'schema: "1"\nreleases: []\nledger:\n'
        + "".join(f"{line}\n" for line in entered.splitlines() if "karmen@2002-r1" in line),
        "utf-8",
    )
    monkeypatch.setitem(sys.modules, "nuanomaly.inference.sanity", None)  # importing it fails
    assert run("validate", "karmen").code == 0
    with pytest.raises(ImportError):
        run("validate", "best")


def test_a_comparison_is_no_release_and_what_checks_it_is_said(run: Run) -> None:
    done = run("validate", str(ROOT / "comparisons" / "gallium-vs-carbon"))
    assert done.code == 2
    assert "is a comparison: `nuanomaly report build gallium-vs-carbon` checks it" in done.err


def test_a_damaged_release_does_not_and_the_place_is_named(run: Run, copy: Path) -> None:
    damage(copy)
    done = run("validate", "best")
    assert done.code == 1
    assert "datasets/best/2022-r1/release.yaml:" in done.out
    found = run("validate", "best", "--json")
    assert found.code == 1
    assert not found.json["ok"]
    assert {"code", "severity", "file", "line", "message", "remedy"} <= set(found.json["findings"][0])
    noted = run("validate", "best", "--annotations")
    assert noted.out.startswith("::error file=datasets/best/2022-r1/release.yaml,line=")
    assert noted.err.startswith("1 release checked")


def test_sealing_mends_a_meant_change(run: Run, copy: Path) -> None:
    assert run("seal", "best@2022-r1").out == "best@2022-r1: was sealed already\n"
    damage(copy)
    assert run("seal", "best@2022-r1").out == "best@2022-r1: sealed ratios\n"
    assert run("validate", "best").code == 0


def test_the_catalogue_is_written_and_checked(run: Run, copy: Path) -> None:
    done = run("catalog", "--check")
    assert done.code == 1
    assert "best@2022-r1 is not in the catalogue" in done.out
    assert run("catalog").code == 0
    assert run("catalog", "--check").out == "catalog.yaml is up to date\n"
    assert run("catalog", "--write").out.endswith("was up to date\n")


def test_importing_from_the_wrong_folder_names_what_is_missing(run: Run, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "originals").mkdir()
    done = run("import", "--originals", tmp_path / "originals", "best")
    assert done.code == 1
    assert "is missing" in done.err
    assert "source/gallium/ratios.csv" in done.err
    assert run("import", "--originals", tmp_path / "nowhere").code == 2


def test_mirror_and_bundle_are_written(run: Run, copy: Path, tmp_path: Path) -> None:
    done = run("mirror", tmp_path / "m")
    assert done.out.startswith(f"{tmp_path / 'm'}: 1 release, ")
    index = json.loads((tmp_path / "m" / "index.json").read_text("utf-8"))
    assert [r["name"] for r in index["releases"]] == ["best"]
    assert run("bundle", tmp_path / "all.zip").code == 0
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        assert "datasets/best/2022-r1/release.yaml" in bundle.namelist()


def test_an_altered_release_is_not_mirrored(run: Run, copy: Path, tmp_path: Path) -> None:
    damage(copy)
    done = run("mirror", tmp_path / "m")
    assert done.code == 1
    assert "ratios.csv has sha256" in done.err


def test_comparisons_are_listed(run: Run) -> None:
    rows = run("report", "list", "--json").json
    assert {r["name"] for r in rows} == {p.parent.name for p in ROOT.glob("comparisons/*/comparison.yaml")}
    text = run("report", "list").out
    assert all(row["name"] in text for row in rows)


def test_a_report_that_is_not_as_expected_exits_with_1(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []
    page = tmp_path / "comparisons" / "x" / "report.html"
    good = SimpleNamespace(
        name="x", state="built", ok=True, problems=(), verdict="They agree.", page=page, seconds=1.0
    )
    bad = SimpleNamespace(**{**vars(good), "ok": False, "problems": ("PG is 3, expected 2 ± 0.1",)})

    def build(names: Any, force: bool, out: Any, *, since: Any, progress: Any) -> list[Any]:
        asked.append((names, force, out))
        progress("x: running")
        return results

    monkeypatch.setattr("nuanomaly.report.pages.build", build)
    results = [good]
    done = run("report", "build", "x", "--force", "-o", tmp_path)
    assert (done.code, asked) == (0, [(["x"], True, tmp_path)])
    assert "x: They agree." in done.out
    assert f"start page: {tmp_path / 'index.html'}" in done.out
    results = [bad]
    done = run("report", "build", "--json")
    assert done.code == 1
    assert done.json[0]["problems"] == ["PG is 3, expected 2 ± 0.1"]
    assert done.err == "x: running\n"
    assert "NOT as expected: PG is 3" in run("report", "site").out
    assert asked[-1] == (None, False, None)


def test_a_folder_of_ones_own_is_validated_where_it_lies(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(ROOT / "datasets/karmen/2002-r1", folder)
    declaration = (folder / "release.yaml").read_text("utf-8").replace("state: released", "state: draft")
    (folder / "release.yaml").write_text(declaration, "utf-8")
    assert run("validate", f"{folder}").code == 0
    table = folder / "spectrum.csv"
    table.write_text(table.read_text("utf-8").replace("\n", "\r\n"), "utf-8")
    assert "FILE_SIZE_DIFFERS" in run("validate", f"{folder}").out
    assert run("seal", f"{folder}").out == f"{folder}: sealed spectrum\n"
    assert run("validate", f"{folder}").code == 0
    (folder / "spectrum.csv").write_text("energy_low\n16\n", "utf-8")
    broken = run("validate", f"{folder}", "--json")
    found = json.loads(broken.out)["findings"]
    assert broken.code == 1
    assert {one["code"] for one in found} == {"FILE_SIZE_DIFFERS", "COLUMNS_DIFFER"}
    assert {one["file"] for one in found} == {str(folder / "release.yaml")}
    assert run("validate", f"{folder}", "karmen").code == 2
    assert "release.yaml: the file is missing" in run("validate", f"{tmp_path}").err


def test_links_and_pipes_in_a_folder_of_ones_own_are_said_and_names_lead_nowhere(
    run: Run, tmp_path: Path
) -> None:
    folder, other = tmp_path / "mine", tmp_path / "other.csv"
    shutil.copytree(ROOT / "datasets/karmen/2002-r1", folder)
    other.write_text("a\n1\n", "utf-8")
    for target in (other, tmp_path / "nowhere"):
        (folder / "extra.csv").symlink_to(target)
        found = json.loads(run("validate", f"{folder}", "--json").out)["findings"]
        assert [one["file"] for one in found if one["code"] == "FILE_IS_LINK"] == [str(folder / "extra.csv")]
        (folder / "extra.csv").unlink()
    (tmp_path / "spectrum.csv").write_bytes((folder / "spectrum.csv").read_bytes())
    (folder / "spectrum.csv").unlink()
    (folder / "spectrum.csv").symlink_to(tmp_path / "spectrum.csv")
    assert "spectrum.csv: is a link: put the file itself there" in run("seal", f"{folder}").err
    os.mkfifo(folder / "pipe")
    piped = run("validate", f"{folder}")
    assert (piped.code, "is a named pipe" in piped.err) == (2, True)
    (folder / "pipe").unlink()
    declaration = (folder / "release.yaml").read_text("utf-8")
    for name in ("../../../theirs", "/theirs"):
        changed = declaration.replace("name: karmen\n", f"name: {name}\n", 1)
        (folder / "release.yaml").write_text(changed, "utf-8")
        elsewhere = run("validate", f"{folder}")
        assert (elsewhere.code, "is no name of a dataset" in elsewhere.err) == (1, True)
