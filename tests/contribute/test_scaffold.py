"""new: from files to a release in which everything is explained and what is not known is marked."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nuanomaly.archive import guessing, limits, release, scaffold, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate import validate

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    shutil.copytree(ROOT / "schemas", root / "schemas")
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n')
    return root


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "rates.csv").write_text(
        "site,E [MeV],rate (1/day),rate stat,note\nnear,0.1,2.5,0.3,a\nfar,0.2,1.5,,b\n"
    )
    (folder / "sub" / "cov.txt").write_text("# covariance\n1.0 0.5\n0.5 2.0\n")
    (folder / "flux.dat").write_text("1 0.1 3\n2 0.2 4\n3 0.30000000000000004 5\n")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.4 \xff\xfe")
    return folder


def test_tables_originals_and_marks_are_those_of_the_files(empty: Path, files: Path) -> None:
    made = scaffold.new(empty, "toy", "2020-r1", files)
    found = release.read(made.folder)
    assert made.left == {"paper.pdf": "is a PDF"}
    assert (made.passed, made.notes) == ({}, [])
    assert set(found.tables) == {"rates", "cov", "flux"}
    assert [o["file"] for o in found.metadata["originals"]] == [
        "flux.dat",
        "paper.pdf",
        "rates.csv",
        "sub/cov.txt",
    ]
    assert found.declared("cov")["kind"] == "covariance"
    assert found.matrix("flux")[2, 1] == 0.30000000000000004
    rates = {c["name"]: c for c in found.declared("rates")["columns"]}
    assert rates["site"]["type"] == "string"
    assert rates["E"]["unit"] == "MeV"
    assert (rates["rate_stat"]["role"], rates["rate_stat"]["of"]) == ("error", "rate")
    assert rates["rate_stat"]["unit"] == rates["rate"]["unit"] == "1/day"


def test_validation_finds_every_mark_and_nothing_that_is_no_mark(empty: Path, files: Path) -> None:
    folder = scaffold.new(empty, "toy", "2020-r1", files).folder
    text = (folder / "release.yaml").read_text("utf-8")
    report = validate(["toy"], empty, fresh=True)
    marked = {f.line for f in report.findings if f.code == "TODO_LEFT"}
    lines = [n for n, line in enumerate(text.splitlines(), 1) if "TODO" in line and not line.startswith("#")]
    assert marked == set(lines)
    others = {f.code for f in report.findings} - {"TODO_LEFT"}
    assert others == {"VALUE_MISSING", "ORIGINAL_UNUSED"}, (
        "an empty cell, and the PDF that no table is made of"
    )


def test_rows_and_sums_are_proposed_and_never_said_to_be_published(
    empty: Path, files: Path, run: Callable[..., Any]
) -> None:
    (files / "spectrum.csv").write_text(
        "E_low,E_high,observed,observed error,background,ratio\n1,2,12,3.4,1.5,.9\n2,3,9,3,2.25,.8\n"
    )
    folder = scaffold.new(empty, "toy", "2020-r1", files).folder
    entries = {entry["id"]: entry for entry in release.read(folder).metadata["benchmarks"]}
    assert set(entries) == {
        *("flux-rows", "rates-rows", "spectrum-rows"),
        *("spectrum-observed-sum", "spectrum-background-sum"),
    }
    for entry in entries.values():
        marked = {key for key, value in entry.items() if isinstance(value, str) and value.startswith("TODO")}
        assert marked == {"kind", "expected", "tolerance", "tolerance_source", "source"}
    assert "the table gives 3.75" in entries["spectrum-background-sum"]["expected"]
    done = run("benchmarks", "toy", archive=empty)
    assert done.code == 1
    assert "expected and tolerance of a draft: still to be filled in" in done.out
    for words in (("show", "toy"), ("seal", "toy"), ("catalog",), ("validate", "toy")):
        done = run(*words, archive=empty)
        assert "Traceback" not in done.err + done.out


@pytest.mark.parametrize("left", [("tolerance",), ("expected",), ()])
def test_a_proposal_is_confirmed_entry_by_entry(
    empty: Path, files: Path, left: tuple[str, ...], run: Callable[..., Any]
) -> None:
    folder = scaffold.new(empty, "toy", "2020-r1", files).folder
    file = folder / "release.yaml"
    data = yamlio.read(file)
    given = {"kind": "published", "expected": 2, "tolerance": 0, "tolerance_source": "counted", "source": "x"}
    entry = next(e for e in data["benchmarks"] if e["id"] == "rates-rows")
    entry |= {key: value for key, value in given.items() if key not in left}
    data["benchmarks"] = [entry | ({"uncertainty": 0.5} if left else {})]
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    done = run("benchmarks", "toy", archive=empty)
    assert done.code == (1 if left else 0), done.err
    assert "Traceback" not in done.err
    found = [f for f in validate(["toy"], empty, fresh=True).findings if "benchmarks" in f.message]
    assert len(found) == len(left)


def test_what_has_a_list_of_values_is_asked_for_with_the_list(empty: Path, files: Path) -> None:
    scaffold.new(empty, "toy", "2020-r1", files)
    said = {f.message for f in validate(["toy"], empty, fresh=True).findings if f.code == "TODO_LEFT"}
    sectors = "source, reactor, decay-at-rest, decay-in-flight, cevns, other"
    assert f"sector is to be filled in: one of {sectors}" in said
    assert any("status" in m and "one of official, transcribed, digitised, derived" in m for m in said)


def test_every_entry_is_explained(empty: Path, files: Path) -> None:
    folder = scaffold.new(empty, "toy", "2020-r1", files).folder
    lines = (folder / "release.yaml").read_text("utf-8").splitlines()
    schema = yamlio.read(ROOT / "schemas" / "release.schema.json")["properties"]
    for number, line in enumerate(lines):
        key = line.partition(":")[0]
        if key in schema and schema[key].get("description"):
            assert lines[number - 1].startswith("# "), line


def test_files_are_named_as_physicists_name_them(empty: Path, tmp_path: Path) -> None:
    names = [
        "Fig 3 (a).csv",
        "Fig 3 - a.csv",
        "Δm².csv",
        "a+b.csv",
        "con.csv",
        "nl\nx.csv",
        "x" * 120 + ".csv",
    ]
    (tmp_path / "files" / ".cache").mkdir(parents=True)
    for name in [*names, ".cache/hidden.csv"]:
        (tmp_path / "files" / name).write_text("energy [MeV],n\n1,2\n2,3\n")
    made = scaffold.new(empty, "toy", "2020-r1", tmp_path / "files")
    found = release.read(made.folder)  # through the gate, which refuses such names as paths
    originals = {o["id"]: o for o in found.metadata["originals"]}
    assert (len(originals), len(found.tables), made.left) == (len(names), len(names), {})
    assert [o["file"] for o in originals.values() if "file" in o] == ["a+b.csv"]
    assert "'Fig 3 - a.csv'" in originals["fig-3-a-2"]["note"]
    assert {o for t in found.tables for o in found.declared(t)["originals"]} == set(originals)
    assert {f.code for f in validate(["toy"], empty, fresh=True).findings} == {"TODO_LEFT"}


def test_nothing_is_left_of_a_draft_that_cannot_be_written(
    empty: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaffold, "text", lambda *_: "tables: [")
    with pytest.raises(NuanomalyError):
        scaffold.new(empty, "toy", "2020-r1", files)
    assert not (empty / "datasets" / "toy" / "2020-r1").exists()


def test_an_existing_release_is_not_touched(empty: Path, files: Path) -> None:
    folder = scaffold.new(empty, "toy", "2020-r1", files).folder
    before = (folder / "release.yaml").read_bytes()
    with pytest.raises(NuanomalyError, match="exists"):
        scaffold.new(empty, "toy", "2020-r1", files)
    assert (folder / "release.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "version"), [("../x", "2020-r1"), ("toy", "../../x"), ("Toy", "2020-r1"), ("toy", "2020")]
)
def test_names_cannot_lead_elsewhere(empty: Path, files: Path, name: str, version: str) -> None:
    with pytest.raises(NuanomalyError, match="is not a release"):
        scaffold.new(empty, name, version, files)
    assert not (empty / "datasets").exists()


def test_a_folder_without_tables_is_refused(empty: Path, tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "nothing").mkdir()
    done = run("new", "toy", "2020-r1", "--from", tmp_path / "nothing", archive=empty)
    assert done.code == 2
    assert "no file is a table" in done.err


def test_numbers_survive_to_the_last_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(7).normal(size=(20, 3)) * 10.0 ** np.arange(-3, 6, 3)
    path = tmp_path / "values.txt"
    path.write_text("\n".join(" ".join(map(repr, row)) for row in values.tolist()))
    draft = guessing.read(path)
    assert draft is not None
    assert draft.frame.to_numpy().tobytes() == values.tobytes()


def test_a_folder_that_holds_more_than_a_release_is_refused_in_a_sentence(
    empty: Path, tmp_path: Path
) -> None:
    crowded = tmp_path / "crowded"
    for number in range(limits.MOST_FILES + 1):
        (crowded / f"{number:03}").mkdir(parents=True)
    with pytest.raises(NuanomalyError, match="crowded holds more than 500 files and folders: name a folder"):
        scaffold.new(empty, "toy", "2020-r1", crowded)
    large = tmp_path / "large"
    large.mkdir()
    with (large / "events.csv").open("wb") as stream:
        stream.truncate(limits.LARGEST_RELEASE + 1)  # a hole in a file takes no room
    with pytest.raises(NuanomalyError, match="large holds more than 1024 MiB"):
        scaffold.new(empty, "toy", "2020-r1", large)
    assert not (empty / "datasets").exists()


def test_links_pipes_and_sockets_are_named_and_never_opened(
    empty: Path, files: Path, tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a,b\n1,2\n3,4\n")
    (files / "link.csv").symlink_to(outside / "secret.csv")
    (files / "inside.csv").symlink_to("rates.csv")
    (files / "linked").symlink_to(outside)
    (files / "gone.csv").symlink_to(outside / "nothing.csv")
    (files / "loop").symlink_to("loop")
    os.mkfifo(files / "sub" / "pipe.csv")
    monkeypatch.chdir(files)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        done = run("new", "toy", "2020-r1", "--from", files, archive=empty)
    assert done.code == 0, done.err
    for name in ("link.csv", "inside.csv", "linked", "gone.csv", "loop"):
        assert f"  {name}: is a link, which is not followed: put the file itself there\n" in done.out
    for name in ("sub/pipe.csv", "socket"):
        assert f"  {name}: is no plain file: put the file itself there\n" in done.out
    folder = empty / "datasets" / "toy" / "2020-r1"
    assert {o["id"] for o in release.read(folder).metadata["originals"]} == {
        "flux",
        "paper",
        "rates",
        "sub-cov",
    }
    assert "secret" not in (folder / "release.yaml").read_text("utf-8")
    only = tmp_path / "only"
    only.mkdir()
    (only / "link.csv").symlink_to(outside / "secret.csv")
    done = run("new", "other", "2020-r1", "--from", only, archive=empty)
    assert (done.code, "no file is a table; link.csv is a link, which is not followed" in done.err) == (
        2,
        True,
    )


def test_how_tables_were_read_is_said(empty: Path, files: Path, run: Callable[..., Any]) -> None:
    (files / "endf.dat").write_text("E sigma bin\n1.0 1.5+2 1.5-2\n2.0 2.5-1 3.0-4\n")
    (files / "large.dat").write_text("E y\n1 1e999\n")
    done = run("new", "toy", "2020-r1", "--from", files, archive=empty)
    assert (
        "  endf.dat: column 'sigma': '1.5+2' is read as 1.5e+2: its column can hold nothing but" in done.out
    )
    assert "  endf.dat: column 'bin': '1.5-2' stays a text: it may be a range, or a number" in done.out
    assert "  large.dat: line 2, column 'y': 1e999 is outside of the range of float64, which" in done.out
    table = release.read(empty / "datasets" / "toy" / "2020-r1").table("endf")
    assert (table["sigma"].tolist(), table["bin"].tolist()) == ([150.0, 0.25], ["1.5-2", "3.0-4"])


def test_hidden_files_and_folders_are_neither_originals_nor_counted(files: Path) -> None:
    for number in range(limits.MOST_FILES + 1):
        (files / ".git" / f"{number:03}").mkdir(parents=True)
    (files / ".DS_Store").write_bytes(b"x")
    assert sorted(scaffold.found(files)[0]) == ["flux.dat", "paper.pdf", "rates.csv", "sub/cov.txt"]
