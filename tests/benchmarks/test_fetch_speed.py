"""Fetching beside the plainest loops that move the same bytes, in the same run."""

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import document, release_digest
from nuanomaly.archive.fetch import fetcher

SERVER = """\
import functools, http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
made = functools.partial(Handler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), made)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
MIB = 1 << 20


def write_release(root: Path, name: str, files: int, size: int) -> dict[str, Any]:
    """A release of so many files of random bytes in a mirror; its entry in the index."""
    folder = root / "datasets" / name / "1-r1"
    folder.mkdir(parents=True)
    tables = "".join(f"  t{k}: {{file: f{k}.csv, columns: [{{name: x}}]}}\n" for k in range(files))
    contents = {f"f{k}.csv": os.urandom(size) for k in range(files)}
    contents["release.yaml"] = f"name: {name}\nversion: 1-r1\nstate: released\ntables:\n{tables}".encode()
    listed = []
    for path, content in contents.items():
        (folder / path).write_bytes(content)
        listed.append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
    return {"name": name, "version": "1-r1", "state": "released", "files": listed}


def write_ledger(root: Path, entries: list[dict[str, Any]]) -> str:
    """The catalogue of a program that knows the releases, as an installed one does."""
    lines = []
    for entry in entries:
        metadata = document.read(root / "datasets" / entry["name"] / "1-r1" / "release.yaml")
        lines.append(f"  {entry['name']}@1-r1: {release_digest.digest_of(metadata, entry['files'])}\n")
    return 'schema: "1"\nreleases: []\nledger:\n' + "".join(lines)


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A mirror of one file of 100 MiB and of 200 small ones."""
    root = tmp_path_factory.mktemp("mirror")
    entries = [write_release(root, "big", 1, 100 * MIB), write_release(root, "small", 200, 5000)]
    content = {"kind": "nuanomaly-mirror", "schema": "1", "groups": {}, "releases": entries}
    (root / "index.json").write_text(json.dumps(content), "utf-8")
    (root / "catalog.yaml").write_text(write_ledger(root, entries), "utf-8")
    yield root
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def server(mirrored: Path) -> Iterator[int]:
    """The port of a web server of the mirror, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(mirrored)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        yield int(process.stdout.readline())
        process.kill()
        process.wait()


@pytest.fixture
def cold(
    server: int, mirrored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Fetch a release into an empty cache."""
    shutil.copyfile(mirrored / "catalog.yaml", tmp_path / "catalog.yaml")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(tmp_path))
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def fetch(name: str) -> None:
        with fetcher(sources=[f"http://127.0.0.1:{server}"]) as made:
            assert made.get(name).how == "fetched"

    return fetch


def stream_and_hash(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    response, digest = connection.getresponse(), hashlib.sha256()
    while chunk := response.read(MIB):
        digest.update(chunk)
    connection.close()


def empty(cache: Path) -> None:
    shutil.rmtree(cache, ignore_errors=True)


@pytest.mark.benchmark(group="100 MiB")
def test_a_bare_loop_that_streams_and_hashes(benchmark: Any, server: int) -> None:
    benchmark.pedantic(stream_and_hash, (server, "/datasets/big/1-r1/f0.csv"), rounds=15, warmup_rounds=2)


@pytest.mark.benchmark(group="100 MiB")
def test_a_cold_fetch_of_100_MiB(benchmark: Any, cold: Callable[[str], None], tmp_path: Path) -> None:
    benchmark.pedantic(cold, ("big",), setup=lambda: empty(tmp_path / "cache"), rounds=15, warmup_rounds=2)


@pytest.mark.benchmark(group="200 small files")
def test_a_connection_for_each_of_200_files(benchmark: Any, server: int) -> None:
    def each() -> None:
        for k in range(200):
            stream_and_hash(server, f"/datasets/small/1-r1/f{k}.csv")

    benchmark.pedantic(each, rounds=5)


@pytest.mark.benchmark(group="200 small files")
def test_a_cold_fetch_of_200_files(benchmark: Any, cold: Callable[[str], None], tmp_path: Path) -> None:
    benchmark.pedantic(cold, ("small",), setup=lambda: empty(tmp_path / "cache"), rounds=5)


def test_200_small_files_do_not_wait_for_delayed_acknowledgements(
    cold: Callable[[str], None], tmp_path: Path
) -> None:
    """On kept connections to a server with Nagle's algorithm, each file would take 40 ms more: 2 s in all."""
    times = []
    for _ in range(3):
        empty(tmp_path / "cache")
        start = time.perf_counter()
        cold("small")
        times.append(time.perf_counter() - start)
    assert min(times) < 1.5
