"""The originals of a release: got by URL and verified, or said to have none."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import release
from nuanomaly.archive.fetching import upstream
from nuanomaly.archive.fetching.download import Policy
from nuanomaly.archive.fetching.watcher import Watcher

CONTENT = b"E,L\n1,2\n" * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def authors(tmp_path: Path) -> Path:
    """What the authors have published."""
    (tmp_path / "authors").mkdir()
    (tmp_path / "authors" / "data.csv").write_bytes(CONTENT)
    return tmp_path / "authors"


def made_of(*originals: dict[str, Any]) -> release.Release:
    listed = [{"id": "data", "source": "Table 1", "licence": "not stated", **o} for o in originals]
    return release.Release("tiny", "2020-r1", Path(), {"originals": listed})


def originals(found: release.Release, root: Path, offline: bool = False) -> list[upstream.Original]:
    policy = Policy(tries=3, backoff=0.001, timeout=2.0)
    return upstream.originals(found, root, offline=offline, policy=policy, watcher=Watcher())


def test_an_original_is_fetched_and_verified(
    machine: Path, authors: Path, serve: Callable[[Path], Any], faults: Any, tmp_path: Path
) -> None:
    server = serve(authors)
    server.faults["data.csv"] = [faults.cut(30_000)]
    entry = {"file": "a/data.csv", "urls": [f"{server.url}/data.csv"], "sha256": SHA256, "size": len(CONTENT)}
    (got,) = originals(made_of(entry), tmp_path / "originals")
    assert (got.how, got.ok, got.path) == ("fetched", True, tmp_path / "originals" / "a" / "data.csv")
    assert got.path is not None
    assert got.path.read_bytes() == CONTENT
    assert server.asked("data.csv") == ["", "bytes=30000-"]
    (again,) = originals(made_of(entry), tmp_path / "originals")
    assert (again.how, len(server.asked("data.csv"))) == ("present", 2)


def test_an_original_that_the_authors_changed_is_refused(
    machine: Path, authors: Path, serve: Callable[[Path], Any], tmp_path: Path
) -> None:
    (authors / "data.csv").write_bytes(CONTENT[:-1] + b"!")
    entry = {"file": "data.csv", "urls": [f"{serve(authors).url}/data.csv"], "sha256": SHA256}
    (got,) = originals(made_of(entry), tmp_path / "originals")
    assert (got.how, got.ok) == ("failed", False)
    assert "sends other content" in got.message
    assert not (tmp_path / "originals" / "data.csv").exists()


def test_the_second_url_helps(
    machine: Path, authors: Path, serve: Callable[[Path], Any], tmp_path: Path
) -> None:
    url = serve(authors).url
    entry = {"file": "data.csv", "urls": [f"{url}/gone.csv", f"{url}/data.csv"], "sha256": SHA256}
    (got,) = originals(made_of(entry), tmp_path / "originals")
    assert got.how == "fetched"


def test_an_original_without_sha256_is_said_to_be_unverified(
    machine: Path, authors: Path, serve: Callable[[Path], Any], tmp_path: Path
) -> None:
    (got,) = originals(made_of({"file": "d", "urls": [f"{serve(authors).url}/data.csv"]}), tmp_path)
    assert got.how == "fetched"
    assert f"not verified, as release.yaml has no sha256 for it (it is {SHA256})" in got.message


def test_a_truncated_original_without_sha256_is_noticed(
    machine: Path, authors: Path, serve: Callable[[Path], Any], faults: Any, tmp_path: Path
) -> None:
    server = serve(authors)
    server.faults["data.csv"] = [faults.cut(30_000)] * 2
    (got,) = originals(made_of({"file": "d", "urls": [f"{server.url}/data.csv"]}), tmp_path / "o")
    assert got.path is not None
    assert got.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("entry", "how", "message"),
    [
        ({}, "no-url", "data: no URL is known; it is: Table 1"),
        ({"urls": [], "doi": "10.1/x"}, "no-url", "data: no URL is known; its DOI is 10.1/x"),
        ({"copy": "transcription", "doi": "10.1/x"}, "transcription", "data: was typed in from a paper"),
        ({"urls": ["ftp://127.0.0.1/x"]}, "no-url", "data: no URL is known"),
    ],
)
def test_an_original_that_cannot_be_fetched_is_explained(
    machine: Path, tmp_path: Path, entry: dict[str, Any], how: str, message: str
) -> None:
    (got,) = originals(made_of(entry), tmp_path)
    assert (got.how, got.ok, got.path) == (how, True, None)
    assert got.message.startswith(message)


def test_offline_says_what_is_missing(machine: Path, tmp_path: Path) -> None:
    (got,) = originals(made_of({"urls": ["http://127.0.0.1:9/data.csv"]}), tmp_path, offline=True)
    assert (got.how, got.ok) == ("offline", False)
    assert "is missing, and --offline was given" in got.message
