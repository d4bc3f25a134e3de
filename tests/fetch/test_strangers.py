"""Files that somebody else wrote and nobody fetched: submissions, arrays, stored runs, results, questions."""

import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from nuanomaly.archive import amendments, hdf5, hepdata, loading, lockfile, reading, release, runs, unpacking
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main
from nuanomaly.inference import run_files
from nuanomaly.report import own

from .conftest import write_release
from .test_hostile import ADDRESSES, Dripping, encrypted, unknown_method

SUBMISSION = b"name: T\ndescription: d\nkeywords: []\ndata_file: t.yaml\n"
TABLE = b"independent_variables: []\ndependent_variables:\n- {header: {name: a}, values: [{value: 1}]}\n"
#: Each alias stands for ten of the one before.
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 12))


def zipped(file: Path) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("submission.yaml", SUBMISSION)
        packed.writestr("t.yaml", TABLE)
    return file


# --- submissions ---


@pytest.mark.parametrize("damage", [encrypted, unknown_method])
def test_a_submission_that_cannot_be_unpacked_is_one_sentence(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    file = zipped(tmp_path / "s.zip")
    assert len(hepdata.read(str(file)).tables) == 1
    damage(file)
    with pytest.raises(NuanomalyError, match=r"s\.zip: is no zip or tar archive"):
        hepdata.read(str(file))


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zip"])
def test_an_archive_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", 1 << 20)
    file, zeros = tmp_path / "s", bytes(3 << 20)
    if how == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("submission.yaml", zeros)
    else:
        modes: dict[str, Literal["w:gz", "w:bz2", "w:xz"]] = {"gz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}
        with tarfile.open(file, modes[how]) as tar:
            member = tarfile.TarInfo("submission.yaml")
            member.size = len(zeros)
            tar.addfile(member, io.BytesIO(zeros))
    with pytest.raises(NuanomalyError, match="unpacks to more than 1048576 bytes"):
        hepdata.read(str(file))


def test_an_archive_of_more_files_than_any_submission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 1)
    with pytest.raises(NuanomalyError, match="holds more than 1 files"):
        hepdata.read(str(zipped(tmp_path / "s.zip")))


@pytest.mark.parametrize("header", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_a_server_of_submissions_that_drips_for_ever_costs_its_deadline(
    monkeypatch: pytest.MonkeyPatch, header: bytes
) -> None:
    monkeypatch.setenv("NUANOMALY_DEADLINE", "0.5")
    server = Dripping(header)
    with pytest.raises(NuanomalyError, match="was given up after"):
        hepdata.read(f"{server.url}/s.zip")
    server.socket.close()


@pytest.mark.parametrize("target", [*ADDRESSES, "file:///etc/hostname", "ftp://127.0.0.1/s.zip"])
def test_a_submission_that_is_elsewhere_is_followed_to_the_web_alone(
    tmp_path: Path, serve: Callable[[Path], Any], faults: Any, target: str
) -> None:
    server = serve(zipped(tmp_path / "s.zip").parent)
    assert len(hepdata.read(f"{server.url}/s.zip").tables) == 1
    server.faults["s.zip"] = [faults.redirect(target.encode().decode("latin-1"))] * 9
    with pytest.raises(NuanomalyError) as caught:
        hepdata.read(f"{server.url}/s.zip")
    assert "\x1b" not in str(caught.value)


# --- files of numbers ---


def of_numpy(file: Path, shape: tuple[int, ...]) -> Path:
    """A file of numpy whose header says more than there is."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    file.write_bytes(stream.getvalue() + bytes(16))
    return file


def test_an_array_is_never_larger_than_its_file(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match="cannot be read as numpy"):
        reading.drafts(of_numpy(tmp_path / "a.npy", (10**9, 10**6)))
    [draft] = reading.drafts(of_numpy(tmp_path / "b.npy", (2,)))
    assert draft.frame["c0"].tolist() == [0.0, 0.0]


def test_packed_arrays_that_say_that_they_fill_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1000))
    assert len(reading.drafts(tmp_path / "a.npz")) == 1
    monkeypatch.setattr(reading, "MOST_NUMBERS", 100)
    with pytest.raises(NuanomalyError, match="more than 100 values"):
        reading.drafts(tmp_path / "a.npz")


def test_whole_numbers_are_kept_or_refused_and_columns_may_have_numbers_for_names(tmp_path: Path) -> None:
    pd.DataFrame({"n": np.array([2**64 - 1], "u8")}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(NuanomalyError, match="too large for int64"):
        reading.drafts(tmp_path / "a.parquet")
    frame = pd.DataFrame([[0.5, 1.5]], columns=pd.Index([7, 8]))
    frame.to_parquet(tmp_path / "b.parquet")
    [draft] = reading.drafts(tmp_path / "b.parquet")
    assert draft.frame.iloc[0].tolist() == [0.5, 1.5]


def test_a_tree_of_names_that_holds_itself_ends(tmp_path: Path) -> None:
    content = bytearray(400)
    content[:9] = b"\x89HDF\r\n\x1a\n\x00"
    content[13] = 8
    content[64:72] = struct.pack("<Q", 100)  # the header of the root group: one message, symbols
    content[102:104], content[108:112] = struct.pack("<H", 1), struct.pack("<I", 24)
    content[116:120] = struct.pack("<HH", 0x11, 16)
    content[124:140] = struct.pack("<QQ", 200, 300)
    content[200:208] = b"TREE\0\0\1\0"
    content[232:240] = struct.pack("<Q", 200)  # the only child of the tree is the tree
    (tmp_path / "a.h5").write_bytes(bytes(content))
    with pytest.raises(NuanomalyError, match="has no end"):
        hdf5.read(tmp_path / "a.h5", "a")


# --- stored runs, results, questions, lock files, amendments ---


@pytest.mark.parametrize(
    "said",
    [
        "[]",
        "[" * 100_000 + "]" * 100_000,
        '{"files": []}',
        '{"files": {"../../sides.parquet": {"sha256": "0"}}}',
        '{"files": {"/etc/hostname": {"sha256": "0"}}}',
        '{"files": {"sides.parquet": {}}}',
        '{"inputs": [], "run": 1}',
    ],
)
def test_a_stored_run_that_somebody_else_wrote_is_damaged_and_names_no_other_file(
    tmp_path: Path, said: str
) -> None:
    (tmp_path / runs.ABOUT).write_text(said, "utf-8")
    assert runs.trouble(tmp_path, {}, {}) == runs.Trouble(
        "RUN_DAMAGED", "its about.json is not what a run writes"
    )
    with pytest.raises(NuanomalyError):
        run_files.read(tmp_path)


def test_a_stored_table_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sides.parquet").write_bytes(b"PAR1 and nothing more PAR1")
    about = {"files": {"sides.parquet": {"sha256": runs.digest(tmp_path / "sides.parquet")}}}
    (tmp_path / runs.ABOUT).write_text(json.dumps(about), "utf-8")
    with pytest.raises(NuanomalyError, match=r"sides\.parquet: is no table that can be read"):
        run_files.read(tmp_path)


def test_a_result_of_somebody_else_steers_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(json.dumps({"datasets": ["x (private)"], "model": "m\u202e\u009b2J"}), "utf-8")
    done = CliRunner().invoke(main, ["cite", "--result", str(file)])
    assert (done.exit_code, "\\u202e\\x9b2J" in done.output) == (0, True)
    file.write_text("[" * 100_000 + "]" * 100_000, "utf-8")
    done = CliRunner().invoke(main, ["cite", "--result", str(file)])
    assert (done.exit_code, "is no result" in done.stderr) == (2, True)


@pytest.mark.parametrize("text", ["now\\x1b[2J", "\\u202e", "<img src=x onerror=alert(1)>"])
def test_texts_of_a_folder_of_somebody_else_are_not_shown(tmp_path: Path, text: str) -> None:
    folder = write_release(tmp_path / "archive", state="draft").rename(tmp_path / "theirs")
    file = folder / "release.yaml"
    file.write_text(file.read_text("utf-8").replace("A. Author", f'"{text}"'), "utf-8")
    with pytest.raises(NuanomalyError, match="TEXT_"):
        loading.load(f"{folder}/")
    question = tmp_path / "question"
    question.mkdir()
    declared = f'title: "{text}"\nmodel: 2nu-ee\ndatasets: {{gallium: {{releases: [gallium]}}}}\n'
    (question / "comparison.yaml").write_text(declared, "utf-8")
    with pytest.raises(NuanomalyError, match=r"comparison\.yaml: the text holds"):
        own.read(question)


def test_aliases_of_aliases_end_no_lock_file_and_no_question(tmp_path: Path) -> None:
    for name, read in (("nuanomaly.lock", lockfile.read), ("comparison.yaml", lambda f: own.read(f.parent))):
        (tmp_path / name).write_text(BOMB, "utf-8")
        with pytest.raises(NuanomalyError, match="aliases stand for more than"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "entry",
    ["modes: [a]", "modes: {a: b}", "disjoint: {a: b}", "disjoint: [a]", 'known_issues: [{text: "\\x1b"}]'],
)
def test_amendments_that_another_program_wrote_are_one_sentence(tmp_path: Path, entry: str) -> None:
    folder = write_release(tmp_path / "theirs", state="draft")
    text = f'name: tiny\namendments:\n- {{date: "2026-01-01", versions: ["2020-r1"], {entry}}}\n'
    (folder.parent / amendments.FILE).write_text(text, "utf-8")
    with pytest.raises(NuanomalyError, match=r"amendments\.yaml"):
        release.read(folder)
