"""A tiny archive as a RIA store, and a user who has the real datalad and git-annex."""

import functools
import hashlib
import http.server
import os
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from nuanomaly.archive import catalog

RELEASE = """\
schema: "1"
name: {name}
version: "{version}"
title: A tiny release
state: released
sector: source
experiment: TINY
summary: One table made for a test.
channels: ["nue->nue"]
released: "{date}"
publications: [{{key: Tiny, title: A tiny release, authors: A. Author, year: "2020", role: primary}}]
originals:
  - {{id: raw, file: raw/data.csv, source: Table 1, urls: [{urls}], sha256: "{raw}", size: {size},
     licence: not stated, copy: byte-identical}}
tables:
  ratios:
    file: tables/ratios.csv
    kind: table
    status: official
    source: Table 1
    sha256: "{ratios}"
    columns: [{{name: ratio, unit: "1", meaning: measured over expected}}]
changes: [{{kind: initial, reason: made}}]
"""
ORIGINAL = b"# as the authors published it\n0.79\n"


def write_release(root: Path, name: str, version: str, date: str, url: str = "") -> Path:
    """A release below ``root/datasets`` with one table, and one original that is at ``url``."""
    folder = root / "datasets" / name / version
    (folder / "tables").mkdir(parents=True)
    content = f"ratio\n0.79\n{version.removesuffix('-r1')}\n".encode()
    (folder / "tables" / "ratios.csv").write_bytes(content)
    hashes = {"ratios": hashlib.sha256(content).hexdigest(), "raw": hashlib.sha256(ORIGINAL).hexdigest()}
    text = RELEASE.format(name=name, version=version, date=date, urls=url, size=len(ORIGINAL), **hashes)
    (folder / "release.yaml").write_text(text, "utf-8")
    return folder


def write_archive(root: Path, url: str = "") -> Path:
    """An archive of tiny@2018-r1, tiny@2020-r1 and small@1999-r1."""
    (root / "schemas").mkdir(parents=True)
    write_release(root, "tiny", "2018-r1", "2018-05-04", url)
    write_release(root, "tiny", "2020-r1", "2020-06", url)
    write_release(root, "small", "1999-r1", "1999")
    (root / "catalog.yaml").write_bytes(catalog.build(root))
    return root


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of the tiny archive, and it is the user's."""
    root = write_archive(tmp_path / "archive")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(root))
    return root


@pytest.fixture
def make_archive() -> Callable[..., Path]:
    """Make the tiny archive, its originals at a URL."""
    return write_archive


@dataclass(frozen=True)
class User:
    """Someone with datalad and git-annex, an empty home, and leave to ask this machine's web servers."""

    home: Path
    environment: Mapping[str, str]

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run a command to its end, and return what it prints."""
        done = subprocess.run(
            command, cwd=cwd or self.home, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def datalad(self, *command: str, cwd: Path | None = None) -> str:
        """Run datalad."""
        return self.run("datalad", "-l", "warning", *command, cwd=cwd)


@pytest.fixture
def user(tmp_path: Path) -> User:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = A User\n\temail = user@example.org\n"
        # git-annex asks no server on this machine or its network unless it is told to
        '[annex "security"]\n\tallowed-ip-addresses = 127.0.0.1\n',
        "utf-8",
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "NUANOMALY_", "XDG_"))}
    scripts = sysconfig.get_path("scripts")
    return User(
        home,
        {**kept, "HOME": str(home), "PATH": f"{scripts}{os.pathsep}{kept['PATH']}", "no_proxy": "127.0.0.1"},
    )


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder, which may be written later, as any static web server does; return its URL."""
    running = []

    def start(root: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(root))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def sha256(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def content() -> Callable[[Path], str]:
    """What is in a file, as its sha256."""
    return sha256
