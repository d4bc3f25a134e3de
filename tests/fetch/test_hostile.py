"""Whatever a server, bundle, disk or terminal does: one sentence, in bounded time, and nothing is lost."""

import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nuanomaly
from nuanomaly.archive import durable
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetch import FetchError, fetch, fetcher
from nuanomaly.archive.fetching.download import Policy

TINY = "datasets/tiny/2020-r1"
Serve = Callable[[Path], Any]
ADDRESSES = [
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:port/",
    "http://[::1/",
    "http://[1.2.3/",
    f"http://{'a' * 70}.example/",
    "http://exämple..org/",
    "http:///nowhere",
    "http://ex ample/\x1b[2J",
]


@pytest.mark.parametrize("target", ADDRESSES)
def test_a_redirect_that_no_parser_takes_is_one_sentence_and_the_next_mirror_is_asked(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any, target: str
) -> None:
    server = serve(mirrored)
    server.faults["index.json"] = [faults.redirect(target.encode().decode("latin-1"))] * 9
    with fetcher(sources=[server.url], policy=quick) as made, pytest.raises(FetchError) as caught:
        made.get("tiny")
    assert "\x1b" not in str(caught.value)
    server.faults["index.json"] = [faults.redirect(target.encode().decode("latin-1"))] * 9
    with fetcher(sources=[server.url, str(mirrored)], policy=quick) as made:
        assert made.get("tiny").how == "fetched"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_source_that_no_parser_takes_is_passed_over(
    machine: Path, mirrored: Path, quick: Policy, address: str
) -> None:
    with fetcher(sources=[address, str(mirrored)], policy=quick) as made:
        assert made.get("tiny").how == "fetched"
    with fetcher(machine / "new", sources=[address], policy=quick) as made, pytest.raises(NuanomalyError):
        made.get("tiny")


class Dripping:
    """A server that sends one byte at a time for ever: in the header, or in the body."""

    def __init__(self, header: bytes) -> None:
        self.header, self.connections = header, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(4096)
                connection.sendall(self.header)
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.02)
            except OSError:
                return


@pytest.fixture(params=["header", "body", "silent"])
def dripping(request: pytest.FixtureRequest) -> Iterator[Dripping]:
    header = {"header": b"HTTP/1.1 200 OK\r\nX: ", "body": b"HTTP/1.1 200 OK\r\n\r\n", "silent": b""}
    server = Dripping(header[request.param])
    yield server
    server.socket.close()


def test_a_mirror_that_drips_for_ever_costs_its_deadline_once(
    machine: Path, mirrored: Path, dripping: Dripping
) -> None:
    patience = Policy(tries=4, backoff=0.001, timeout=30.0, deadline=0.5)
    with fetcher(sources=[dripping.url, str(mirrored)], policy=patience) as made:
        assert made.members("tiny") == ("tiny",)
        assert made.available() == ["tiny@2020-r1"]
        assert made.get("tiny").how == "fetched"  # without its deadline, this server never ends
    assert dripping.connections <= 2


def encrypted(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1  # the bit that says so
            at = content.find(mark, at + 4)
    file.write_bytes(bytes(content))


def unknown_method(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset : at + offset + 2] = (99).to_bytes(2, "little")
            at = content.find(mark, at + 4)
    file.write_bytes(bytes(content))


def nested(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.json", "[" * 200_000 + "]" * 200_000)


def huge(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.json", b" " * (65 << 20))


@pytest.mark.parametrize("damage", [encrypted, unknown_method, nested, huge])
def test_a_bundle_that_cannot_be_unpacked_is_one_sentence(
    machine: Path, archive: Path, mirrored: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    from nuanomaly.archive.mirror import bundle

    file = tmp_path / "all.zip"
    bundle(archive, file)
    damage(file)
    with pytest.raises(FetchError, match=r"all\.zip"):
        fetch("tiny", sources=[str(file)])
    assert fetch("tiny", sources=[str(file), str(mirrored)]).is_dir()


def test_content_is_on_the_disk_before_its_name_and_the_name_before_anybody_is_told(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append(("fsync", Path(os.readlink(f"/proc/self/fd/{handle}")).name))
        fsync(handle)

    def renamed(source: Any, target: Any) -> None:
        done.append(("rename", f"{Path(source).name} → {Path(target).name}"))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    fetch("tiny", sources=[str(mirrored)])
    order = [what for what, _ in done]
    published = done.index(("rename", "files → 2020-r1"))
    parts = [k for k, (what, name) in enumerate(done) if what == "rename" and ".part → " in name]
    assert len(parts) == 3
    for k in parts:
        assert ("fsync", done[k][1].partition(" → ")[0]) in done[:k]
    assert {name for what, name in done[max(parts) : published] if what == "fsync"} == {"files", "big"}
    assert done[published + 1] == ("fsync", "tiny")
    assert order.count("rename") == 4


def test_a_file_is_whole_or_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "result.csv"
    durable.write_atomically(file, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        durable.write_atomically(file, b"new")
    assert caught.value.filename == str(file)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def run(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "nuanomaly", *words], capture_output=True, text=True, check=False, **options
    )


def test_a_full_disk_behind_the_output_is_one_sentence(tmp_path: Path) -> None:
    """No file may grow any more: what a full disk does, on every system, to an output that is a file."""
    words = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", sys.executable, "-m", "nuanomaly", "list"]
    with open(tmp_path / "list.txt", "w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == "Error: the output could not be written: File too large"
    assert (tmp_path / "list.txt").read_text() == ""


def test_a_closed_pipe_says_nothing_and_an_old_terminal_gives_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        words = [sys.executable, "-m", "nuanomaly", "list"]
        done = subprocess.run(words, stdout=pipe, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    written = run("list", env=environment, encoding="latin-1")
    assert (written.returncode, written.stderr) == (0, "")
    assert "solar \\u2078B neutrinos" in written.stdout


def test_what_was_fetched_into_a_folder_is_found_beside_it(
    machine: Path, mirrored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine whose home is read-only."""
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    fetch("tiny", "got", sources=[str(mirrored)])
    assert nuanomaly.load("tiny").folder == here / "got" / "tiny" / "2020-r1"
    monkeypatch.setenv("NUANOMALY_CACHE", str(here / "got"))
    monkeypatch.chdir(tmp_path)
    assert len(nuanomaly.load("tiny").table("ratios")) == 3


def test_a_link_out_of_the_archive_is_not_followed(machine: Path, archive: Path, tmp_path: Path) -> None:
    folder = machine / TINY
    folder.mkdir(parents=True)
    (folder / "release.yaml").symlink_to(archive / TINY / "release.yaml")
    with pytest.raises(NuanomalyError, match="link that leads out"):
        nuanomaly.load("tiny")


def test_a_home_that_cannot_be_written_names_the_variable_that_helps(machine: Path, mirrored: Path) -> None:
    """The home is a device, so that nobody can make a folder in it, not even root."""
    environment = {**os.environ, "HOME": os.devnull, "NUANOMALY_SOURCES": str(mirrored)}
    for name in ("NUANOMALY_CACHE", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    done = run("fetch", "tiny", "--unlisted", env=environment, cwd=mirrored)
    assert done.returncode == 1
    assert "$NUANOMALY_CACHE" in done.stderr
    assert "Traceback" not in done.stderr
    named = {**environment, "NUANOMALY_CACHE": str(machine)}
    assert run("fetch", "tiny", "--unlisted", env=named, cwd=mirrored).returncode == 0
