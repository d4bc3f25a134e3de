"""What `-o` names: a link means what it leads to, and stays; what cannot be written is one sentence."""

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest

from nuanomaly.archive import durable
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main, output
from nuanomaly.inference import run_files
from nuanomaly.report.plotting import Picture

Run = Callable[..., Any]
GRID = ["--model", "2nu-ee", "--grid", "dm2_41=1:2:3", "--grid", "sin2_2theta_ee=0.1:0.9:3"]
ROOT = Path(__file__).resolve().parents[2]


def commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} ")
        else:
            yield f"{above}{name}", command


OUTPUTS = {
    f"{name} {'/'.join(p.opts)}": p
    for name, command in commands(main)
    for p in command.params
    if {"-o", "--output", "--resume"} & set(p.opts) or p.metavar in ("BUILD_DIR", "FILE.zip")
}


def test_outputs_of_all_commands_are_here() -> None:
    named = {name.split(" -")[0].removesuffix(" folder").removesuffix(" file") for name in OUTPUTS}
    assert {
        "scan",
        "plot regions",
        "fetch",
        "lock",
        "export",
        "mirror",
        "bundle",
        "ria",
        "report build",
    } <= named


@pytest.mark.parametrize("where", OUTPUTS)
def test_what_any_output_cannot_be_is_one_sentence_before_any_work(where: str, tmp_path: Path) -> None:
    kind = OUTPUTS[where].type
    assert isinstance(kind, output._Named)
    loop, gone, near = (tmp_path / name for name in ("loop", "gone", "near"))
    loop.symlink_to(loop)
    gone.symlink_to(tmp_path / "no" / "where")
    near.symlink_to(tmp_path / "new")
    for link, said in (
        (loop, "leads back to itself"),
        (gone, f"is a link to {tmp_path}/no/where, whose folder"),
    ):
        with pytest.raises(NuanomalyError, match=said):
            kind.convert(str(link), None, None)
    for link in (loop, gone):
        with pytest.raises(NuanomalyError, match=f"{link} is a link that leads to no folder"):
            kind.convert(str(link / "deep" / "er"), None, None)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    wrong = tmp_path / ("folder" if kind.file_okay else "file")
    (tmp_path / "link").symlink_to(wrong)
    for path in (wrong, tmp_path / "link"):
        with pytest.raises(click.BadParameter, match="is a"):
            kind.convert(str(path), None, None)
    assert kind.convert(str(near), None, None) == (near if kind.file_okay else tmp_path / "new")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_a_scan_is_written_through_a_link_that_the_user_made(run: Run, tmp_path: Path, suffix: str) -> None:
    plain, target, link = (tmp_path / f"{name}{suffix}" for name in ("plain", "elsewhere/target", "link"))
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(Path("elsewhere") / target.name)
    (tmp_path / f"other{suffix}").symlink_to(link)  # a link to a link
    assert run("scan", "best", *GRID, "-o", plain).code == 0
    for name in (link, tmp_path / f"other{suffix}"):
        assert run("scan", "best", *GRID, "-o", name).code == 0
        assert name.is_symlink()
        assert target.read_bytes() == plain.read_bytes()
        target.write_bytes(b"old")
    assert {p.name for p in target.parent.iterdir()} == {target.name}
    target.unlink()
    assert run("scan", "best", *GRID, "-o", link).code == 0  # it led nowhere, and its folder is there
    assert target.read_bytes() == plain.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["report", "build", "{}"],
        ["report", "build", "{}/x"],
        ["runs", "{}"],
        ["chi2", "{}", "--model", "3nu"],
    ],
    ids=" ".join,
)
def test_a_question_or_release_behind_a_link_to_itself_is_one_sentence(
    run: Run, tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    done = run(*(word.format(tmp_path / "loop") for word in words))
    assert (done.code, done.err.startswith("Error: "), str(tmp_path / "loop") in done.err) == (2, True, True)


def test_a_lock_file_is_written_through_a_link(run: Run, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.lock").symlink_to(tmp_path / "there" / "kept.lock")
    assert run("lock", "best@2022-r1", "-o", tmp_path / "link.lock").code == 0
    assert (tmp_path / "link.lock").is_symlink()
    assert "best@2022-r1" in (tmp_path / "there" / "kept.lock").read_text("utf-8")


def test_a_folder_behind_a_link_is_written_and_the_link_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    for name, words in {
        "csv": ["fetch", "best@2022-r1", "--format", "csv", "-o"],
        "json": ["export", "best@2022-r1", "--to", "json-ld", "-o"],
    }.items():
        (tmp_path / name).symlink_to(tmp_path / "disk" / name)
        assert run(*words, tmp_path / name).code == 0
        assert (tmp_path / name).is_symlink()
        assert any((tmp_path / "disk" / name).iterdir())


def picture() -> Picture:
    from matplotlib.figure import Figure

    return Picture(Figure(), pd.DataFrame({"x": [1.0, 2.5]}))


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_a_figure_and_its_numbers_are_written_through_links_or_stay_what_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    picture().save(tmp_path / f"plain{suffix}")
    for end in (suffix, ".csv"):
        (tmp_path / f"link{end}").symlink_to(tmp_path / f"target{end}")
    picture().save(tmp_path / f"link{suffix}")
    for end in (suffix, ".csv"):
        assert (tmp_path / f"link{end}").is_symlink()
        assert (tmp_path / f"target{end}").read_bytes() == (tmp_path / f"plain{end}").read_bytes()
    (tmp_path / f"plain{suffix}").write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        picture().save(tmp_path / f"plain{suffix}")
    assert (tmp_path / f"plain{suffix}").read_bytes() == b"old"


def test_an_output_has_the_mode_that_its_user_gives_files_and_any_name_that_a_file_may_have(
    tmp_path: Path,
) -> None:
    file = tmp_path / f"{'ν' * 125}.csv"  # of 254 bytes
    before = os.umask(0o077)
    try:
        durable.write_output(file, b"mine")
        durable.write_atomically(tmp_path / "index.json", b"for a web server")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "index.json").stat().st_mode) == 0o644
    file.chmod(0o640)
    durable.write_output(file, b"again")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (0o640, b"again")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    read = list[bytes]()
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    durable.write_output(pipe, b"a,b\n")
    reader.join(10)
    assert (read, pipe.is_fifo()) == ([b"a,b\n"], True)


def test_a_folder_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path)
    for path in (tmp_path, tmp_path / "link.csv"):
        with pytest.raises(NuanomalyError, match="is a folder: name a file"):
            durable.write_output(path, b"")


def test_what_the_archive_keeps_takes_the_place_of_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"not ours")
    (tmp_path / "kept").symlink_to(outside)
    durable.write_atomically(tmp_path / "kept", b"ours")
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("table.parquet", "about.json"):
        (folder / name).symlink_to(outside)
    run_files.write(folder, {"table": pd.DataFrame({"x": [1.0]})}, {"kind": "test"})
    assert outside.read_bytes() == b"not ours"
    assert not any(path.is_symlink() for path in (tmp_path / "kept", *folder.iterdir()))
    frames, _ = run_files.read(folder)
    assert frames["table"]["x"].tolist() == [1.0]
