"""A tiny archive, its mirror, and a web server on 127.0.0.1 that fails in every way that is asked for."""

import hashlib
import http.server
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nuanomaly.archive import catalog, mirror
from nuanomaly.archive.fetching.download import Policy

RELEASE = """\
schema: "1"
name: {name}
version: "{version}"
title: A tiny release
state: {state}
sector: source
experiment: TINY
summary: Two tables made for a test, the second of them larger than one chunk of a download.
channels: ["nue->nue"]
publications: [{{key: Tiny, title: A tiny release, authors: A. Author, year: "2020", role: primary}}]
originals: []
tables:
  ratios:
    file: ratios.csv
    kind: table
    status: official
    source: Table 1
    sha256: "{ratios}"
    columns:
      - {{name: ratio, unit: "1", meaning: measured over expected}}
      - {{name: label, type: string, unit: "1", meaning: name}}
  events:
    file: big/events.csv
    kind: events
    status: official
    source: Table 2
    sha256: "{events}"
    columns:
      - {{name: E, unit: MeV, meaning: energy}}
changes: [{{kind: initial, reason: made}}]
"""
RATIOS = "ratio,label\n0.1,a\n0.30000000000000004,b\nNaN,c\n"


def write_release(
    root: Path, name: str = "tiny", version: str = "2020-r1", state: str = "released", events: str = ""
) -> Path:
    """A release below ``root/datasets``; ``events`` are further rows of its second table."""
    folder = root / "datasets" / name / version
    (folder / "big").mkdir(parents=True)
    rows = events or "\n".join(str(k / 7.0) for k in range(20_000))
    files = {"ratios": RATIOS.encode(), "events": f"E\n{rows}\n".encode()}
    (folder / "ratios.csv").write_bytes(files["ratios"])
    (folder / "big" / "events.csv").write_bytes(files["events"])
    hashes = {key: hashlib.sha256(content).hexdigest() for key, content in files.items()}
    text = RELEASE.format(name=name, version=version, state=state, **hashes)
    text += "retracted: {reason: wrong}\n" if state == "retracted" else ""
    (folder / "release.yaml").write_text(text, "utf-8")
    return folder


def write_archive(root: Path, **releases: str) -> Path:
    """An archive of one release, or of those named (``name="version state"``)."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "schemas").mkdir(exist_ok=True)
    for name, text in (releases or {"tiny": "2020-r1 released"}).items():
        version, state = text.split()
        write_release(root, name, version, state)
    (root / "catalog.yaml").write_bytes(catalog.build(root))
    return root


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A checkout with tiny@2020-r1; the machine that fetches does not know it."""
    return write_archive(tmp_path / "archive")


@pytest.fixture
def mirrored(archive: Path, tmp_path: Path) -> Path:
    """The mirror of the tiny archive."""
    mirror.mirror(archive, tmp_path / "mirror")
    return tmp_path / "mirror"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, no sources, and no checkout but an empty one. Its cache folder."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    cache = tmp_path / "cache"
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(empty))
    monkeypatch.setenv("NUANOMALY_CACHE", str(cache))
    monkeypatch.setenv("NUANOMALY_UNLISTED", "1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("NUANOMALY_SOURCES", raising=False)
    monkeypatch.chdir(empty)
    return cache


@pytest.fixture
def quick() -> Policy:
    """Impatient, so that tests are fast."""
    return Policy(tries=4, backoff=0.001, timeout=2.0)


class Abort(Exception):
    """The server breaks off."""


@dataclass
class FaultServer:
    """A file server with faults: ``faults[path]`` are used up, one for each request of that path."""

    root: Path
    port: int = 0
    faults: dict[str, list["Fault"]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path: str) -> list[str]:
        """The Range headers of all requests of a path."""
        return [span for found, span in self.requests if found == path]


#: Is given the handler and the body that would be sent (from the asked offset on), and answers instead.
Fault = Callable[["Handler", bytes, int], None]


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves files with ranges and kept connections."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.server.state.connections += 1

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        state = self.server.state
        path, span = self.path.lstrip("/"), self.headers.get("Range", "")
        state.requests.append((path, span))
        waiting = state.faults.get(path) or state.faults.get("*") or []
        fault = waiting.pop(0) if waiting else None
        file = state.root / path
        if not file.is_file():
            self.answer(404, b"")
            return
        content = file.read_bytes()
        offset = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        try:
            if fault:
                fault(self, content, offset)
            elif offset >= len(content) > 0 and span:
                self.answer(416, b"")
            else:
                self.give(content, offset)
        except (Abort, BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def give(self, content: bytes, offset: int) -> None:
        """Answer properly."""
        headers = {"Content-Range": f"bytes {offset}-{len(content) - 1}/{len(content)}"} if offset else {}
        self.answer(206 if offset else 200, content[offset:], headers)

    def answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """Break off with a reset instead of a proper end."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Abort


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    state: FaultServer

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], FaultServer]]:
    """Start a server for a folder."""
    running = []

    def start(root: Path) -> FaultServer:
        server = Server(("127.0.0.1", 0), Handler)
        server.state = FaultServer(root, server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        running.append(server)
        return server.state

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Faults:
    """What a server may do wrong."""

    @staticmethod
    def cut(after: int, reset: bool = False) -> Fault:
        """Break off after so many bytes of the answer."""

        def fault(handler: Handler, content: bytes, offset: int) -> None:
            rest = content[offset:]
            headers = {"Content-Range": f"bytes {offset}-{len(content) - 1}/{len(content)}"} if offset else {}
            handler.answer(206 if offset else 200, rest[:after], headers, length=len(rest))
            if reset:
                handler.reset()
            raise Abort

        return fault

    @staticmethod
    def truncated(keep: int) -> Fault:
        """Pretend that a part of the file is all of it."""
        return lambda handler, content, offset: handler.give(content[:keep], min(offset, keep))

    @staticmethod
    def wrong(handler: Handler, content: bytes, offset: int) -> None:
        """Send something else of the same length."""
        handler.give(bytes(b ^ 1 for b in content), offset)

    @staticmethod
    def longer(handler: Handler, content: bytes, offset: int) -> None:
        """Send more than there should be, without saying how much."""
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content + b"x" * 5_000_000)
        raise Abort

    @staticmethod
    def status(code: int, **headers: str) -> Fault:
        """Answer with a status and an error page."""
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        return lambda handler, content, offset: handler.answer(code, b"<html>oops</html>", named)

    @staticmethod
    def redirect(target: str, code: int = 302) -> Fault:
        return lambda handler, content, offset: handler.answer(code, b"", {"Location": target})

    @staticmethod
    def no_ranges(handler: Handler, content: bytes, offset: int) -> None:
        """Send the whole file, whatever was asked."""
        handler.answer(200, content)

    @staticmethod
    def stall(seconds: float, after: int = 10) -> Fault:
        """Say nothing for a while, in the middle of an answer."""

        def fault(handler: Handler, content: bytes, offset: int) -> None:
            handler.answer(200, content[offset : offset + after], length=len(content) - offset)
            handler.wfile.flush()
            time.sleep(seconds)
            raise Abort

        return fault

    @staticmethod
    def slow(pieces: int, pause: float) -> Fault:
        """Send everything, slowly."""

        def fault(handler: Handler, content: bytes, offset: int) -> None:
            handler.answer(200, b"", length=len(content))
            step = len(content) // pieces + 1
            for start in range(0, len(content), step):
                handler.wfile.write(content[start : start + step])
                handler.wfile.flush()
                time.sleep(pause)

        return fault

    @staticmethod
    def page(handler: Handler, content: bytes, offset: int) -> None:
        """Send the page of a hotel's network, with status 200."""
        handler.answer(200, b"<html>Please log in</html>")


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def make_archive() -> Callable[..., Path]:
    """Make an archive of named releases: ``make_archive(root, tiny="2020-r1 released")``."""
    return write_archive


@pytest.fixture
def make_release() -> Callable[..., Path]:
    """Write one release below ``root/datasets``."""
    return write_release
