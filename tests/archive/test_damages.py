"""Every kind of finding has a damage of a release that gives it, at the right place (damages.yaml)."""

import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nuanomaly.archive import runs, tables, yamlio
from nuanomaly.archive.gate import MalformedReleaseError
from nuanomaly.archive.validate import CATALOGUE
from nuanomaly.archive.validate.codes import physics
from nuanomaly.archive.validate.codes import tables as table_codes

DAMAGES: list[dict[str, Any]] = yamlio.read(Path(__file__).parent / "damages.yaml")
#: Found where a check itself fails, by evaluating likelihoods, and in longer tables than those here: see
#: tests/contribute, tests/inference and test_redundancy.py.
UNFORESEEN = {"CHECK_STUMBLED", "CHECK_UNFINISHED", "RUN_CONTRADICTS"}
UNFORESEEN |= {code.code for code in (*physics.PHYSICS, *table_codes.REDUNDANCY)}
RELEASE = "datasets/toy/2020-r1/release.yaml"
Archive = Any  # the one of conftest.py


def link(archive: Archive) -> None:
    path = archive.folder / "edges.csv"
    path.rename(archive.root / "elsewhere.csv")
    path.symlink_to(archive.root / "elsewhere.csv")


def large(megabytes: int) -> Callable[[Archive], None]:
    def do(archive: Archive) -> None:
        rows = (f"{k}1." + "0" * 999_990 for k in range(1, megabytes + 1))
        (archive.folder / "edges.csv").write_text("\n".join(["edge", *rows]) + "\n")
        archive.seal()

    return do


def five_sparse_files(archive: Archive) -> None:
    for k in range(5):
        with (archive.folder / f"large-{k}.bin").open("wb") as stream:
            stream.truncate(17_000_000)


def remove_the_older_release(archive: Archive) -> None:
    folder = archive.root / "datasets" / "toy" / "2018-r1"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def parquet(frame: pd.DataFrame, types: dict[str, str]) -> Callable[[Archive], None]:
    def do(archive: Archive) -> None:
        columns = [tables.Column(name, type, "1", "") for name, type in types.items()]
        (archive.folder / "spectrum.parquet").write_bytes(tables.to_bytes(frame, columns, "parquet"))

    return do


def integer_correlation(archive: Archive) -> None:
    declared = 'count: 3, unit: "1", meaning: "correlation'
    archive.edit(declared, declared.replace("unit", "type: int64, unit"))
    (archive.folder / "correlation.csv").write_text("c0,c1,c2\n1,0,0\n0,1,0\n0,0,1\n")
    archive.seal()


def edges_in_kev(archive: Archive) -> None:
    path = archive.folder / "density.csv"
    header, *rows = path.read_text().splitlines()
    cells = [row.split(",") for row in rows]
    scaled = [",".join([str(float(c[0]) * 1e3), str(float(c[1]) * 1e3), *c[2:]]) for c in cells]
    path.write_text("\n".join([header, *scaled]) + "\n")
    archive.seal()


def overlap_of_drafts(archive: Archive) -> None:
    """A third release, which declares an overlap with the second; both are drafts."""
    folder = archive.root / "datasets" / "toy" / "2021-r1"
    shutil.copytree(archive.root / "datasets" / "toy" / "2018-r1", folder)
    path = folder / "release.yaml"
    text = path.read_text("utf-8").replace("2018-r1", "2021-r1").replace("state: released", "state: draft")
    path.write_text(text + "overlaps:\n  - {with: toy@2020-r1, relation: shares, reason: x}\n", "utf-8")


def no_benchmarks(archive: Archive) -> None:
    text = archive.yaml.read_text("utf-8")
    start, end = text.index("benchmarks:"), text.index("known_issues:")
    archive.yaml.write_text(text[:start] + text[end:], "utf-8")


def in_history(*edits: tuple[str, str, str]) -> Callable[[Archive], None]:
    """The archive as it is in one commit, and each edit in a commit of its own."""

    def do(archive: Archive) -> None:
        commands = [["init", "--quiet"], ["add", "--all"], [*COMMIT, "First"]]
        for words in commands:
            subprocess.run(["git", "-C", archive.root, *words], check=True)
        for file, old, new in edits:
            archive.edit(old, new, file)
            subprocess.run(["git", "-C", archive.root, *COMMIT, "Next"], check=True)

    return do


def stored_run(release: str = "", table: str = "") -> Callable[[Archive], None]:
    """A run that is declared and stored; with another release.yaml, or another table than was written."""

    def do(archive: Archive) -> None:
        folder = archive.root / "comparisons" / "toy-vs-toy"
        (folder / "runs.yaml").write_text(
            "runs:\n  small: {kind: coverage, datasets: [toy@2018-r1], model: 2nu-ee, toys: 500}\n"
        )
        stored = folder / "runs" / "small"
        stored.mkdir(parents=True)
        (stored / "critical.parquet").write_bytes(b"a table")
        sha = runs.digest(archive.root / "datasets/toy/2018-r1/release.yaml")
        files = {"critical.parquet": {"sha256": table or runs.digest(stored / "critical.parquet")}}
        run = {"kind": "coverage", "datasets": ["toy@2018-r1"], "model": "2nu-ee", "toys": 500}
        about = {"run": run, "inputs": {"toy@2018-r1": release or sha}, "files": files}
        (stored / "about.json").write_text(json.dumps(about))

    return do


COMMIT = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--all", "--message"]
OLDER = "datasets/toy/2018-r1/rates.csv"
NUMBERS = pd.DataFrame({"E": [1, 2], "energy": [1.0, 2.0], "flux": [0.1, 0.2]})
CALLED: dict[str, Callable[[Archive], None]] = {
    "link": link,
    "2 MB": large(2),
    "21 MB": large(21),
    "85 MB": five_sparse_files,
    "remove a release": remove_the_older_release,
    "other columns in Parquet": parquet(
        NUMBERS[["energy", "flux"]], {"energy": "float64", "flux": "float64"}
    ),
    "integers in Parquet": parquet(NUMBERS[["E", "flux"]], {"E": "int64", "flux": "float64"}),
    "integers in a correlation": integer_correlation,
    "edges in keV": edges_in_kev,
    "two drafts of which one overlaps": overlap_of_drafts,
    "no benchmarks": no_benchmarks,
    "a run of other data": stored_run(release="0" * 64),
    "a run with another table": stored_run(table="0" * 64),
    "edit the ledger": in_history(("catalog.yaml", "  toy@2018-r1: ", "  toy@2018-r1: 0")),
    "change in history": in_history((OLDER, "0.93", "0.94")),
    "change and restore": in_history((OLDER, "0.93", "0.94"), (OLDER, "0.94", "0.93")),
}


def do(archive: Archive, damage: dict[str, Any]) -> None:
    if "call" in damage:
        CALLED[damage["call"]](archive)
    elif "remove" in damage:
        (archive.root / damage["remove"]).unlink()
    elif "write" in damage:
        path = archive.root / damage["write"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes.fromhex(damage["hex"]) if "hex" in damage else damage["text"].encode())
    else:
        old, new = damage["edit"]
        archive.edit(old, new, damage.get("in", RELEASE))
        if damage.get("then") == "seal":
            archive.seal()
        if damage.get("then") != "nothing":
            with suppress(MalformedReleaseError):  # the catalogue is not written of what the gate refuses
                archive.catalogue()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: f"{d['code']}: {d['what']}")
def test_a_damage_is_found_at_its_place(archive: Archive, damage: dict[str, Any]) -> None:
    do(archive, damage)
    report = archive.check(history=(archive.root / ".git").is_dir())
    file = damage.get("file", RELEASE)
    found = [f for f in report.findings if f.code == damage["code"] and f.file == file]
    assert found, f"not found; found was\n{report.as_text()}"
    if "cell" in damage:
        found = [f for f in found if [f.table, f.row, f.column] == damage["cell"]]
        assert found, f"not at {damage['cell']}; found was\n{report.as_text()}"
    if "at" in damage:
        lines = [archive.text_of(f.file, f.line) for f in found if f.line]
        assert any(damage["at"] in line for line in lines), f"lines are {lines}"
    if "suggests" in damage:
        assert any(damage["suggests"] in f.suggestions for f in found)
    assert all(f.message and f.remedy for f in found)


def test_every_code_of_the_catalogue_has_a_damage() -> None:
    assert {d["code"] for d in DAMAGES} | UNFORESEEN == set(CATALOGUE)


def test_a_stored_run_that_is_current_has_no_finding(archive: Archive) -> None:
    stored_run()(archive)
    assert archive.check().findings == ()


def test_the_untouched_archive_has_no_finding(pristine: Archive) -> None:
    assert pristine.check().findings == ()
