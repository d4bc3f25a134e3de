"""Whatever a server does: the release is there, whole, or nothing is, and the message says why."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetch import FetchError, fetcher
from nuanomaly.archive.fetching.download import Policy, StorageError

TINY = "datasets/tiny/2020-r1"
EVENTS = f"{TINY}/big/events.csv"
Serve = Callable[[Path], Any]


def get(*urls: str, policy: Policy, name: str = "tiny", **options: Any) -> Path:
    with fetcher(sources=urls, policy=policy, **options) as made:
        return made.get(name).folder


def same(folder: Path, mirrored: Path) -> bool:
    """Whether a fetched release is, file by file, the mirror's."""
    there = {
        p.relative_to(mirrored / TINY): p.read_bytes() for p in (mirrored / TINY).rglob("*") if p.is_file()
    }
    here = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return here == there


def visible(cache: Path) -> list[Path]:
    return list((cache / "datasets").rglob("*"))


def test_a_release_comes_whole_from_a_server(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy
) -> None:
    server = serve(mirrored)
    folder = get(server.url, policy=quick)
    assert folder == machine / TINY
    assert same(folder, mirrored)
    assert not (machine / ".nuanomaly" / "tiny@2020-r1").exists()


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_cut_connection_is_resumed_where_it_broke_off(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any, reset: bool
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.cut(100_000, reset), faults.cut(50_000, reset), faults.cut(1, reset)]
    assert same(get(server.url, policy=quick), mirrored)
    spans = server.asked(EVENTS)
    assert len(spans) == 4
    if not reset:  # after a reset, the system may throw away what had arrived
        assert spans == ["", "bytes=100000-", "bytes=150000-", "bytes=150001-"]


@given(cuts=st.lists(st.integers(0, 340_000), min_size=1, max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_connection_may_be_cut_at_any_byte(
    machine: Path,
    mirrored: Path,
    serve: Serve,
    quick: Policy,
    faults: Any,
    record_property: Callable[[str, object], None],
    cuts: list[int],
) -> None:
    record_property("tries", 1)
    shutil.rmtree(machine, ignore_errors=True)
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.cut(cut) for cut in cuts]
    assert same(get(server.url, policy=quick), mirrored)


def test_a_server_that_breaks_off_every_time_is_given_up(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.cut(0)] * 99
    with pytest.raises(FetchError, match=r"big/events\.csv: .*broke off after 0 of \d+ bytes"):
        get(server.url, policy=quick)
    assert len(server.asked(EVENTS)) == quick.tries
    assert visible(machine) == []


@pytest.mark.parametrize("fault", ["truncated", "wrong", "page", "longer"])
def test_wrong_content_once_is_survived(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any, fault: str
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.truncated(1000) if fault == "truncated" else getattr(faults, fault)]
    assert same(get(server.url, policy=quick), mirrored)


@pytest.mark.parametrize("fault", ["truncated", "wrong", "page", "longer"])
def test_wrong_content_never_reaches_the_cache(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any, fault: str
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.truncated(1000) if fault == "truncated" else getattr(faults, fault)] * 9
    with pytest.raises(FetchError, match=r"big/events\.csv: (has|sends)"):
        get(server.url, policy=quick)
    assert visible(machine) == []
    size = (mirrored / EVENTS).stat().st_size
    assert all(p.stat().st_size <= size for p in machine.rglob("*"))


def test_a_second_mirror_gives_what_the_first_has_wrong(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, tmp_path: Path
) -> None:
    other = shutil.copytree(mirrored, tmp_path / "other")
    (other / TINY / "ratios.csv").write_bytes(b"garbage")
    (mirrored / EVENTS).write_bytes(b"rubbish")
    first, second = serve(other), serve(mirrored)
    good = shutil.copytree(other, tmp_path / "good")
    shutil.copyfile(mirrored / TINY / "ratios.csv", good / TINY / "ratios.csv")
    assert same(get(first.url, second.url, policy=quick), good)
    assert second.asked(EVENTS) == []  # the first one's was right


def test_a_server_error_passes(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults["index.json"] = [faults.status(503), faults.truncated(40), faults.page]
    server.faults[EVENTS] = [faults.status(500), faults.status(429, Retry_After="0"), faults.cut(7)]
    assert same(get(server.url, policy=quick), mirrored)


def test_a_refusal_is_not_repeated(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.status(403)] * 9
    with pytest.raises(FetchError, match="403 Forbidden"):
        get(server.url, policy=quick)
    assert len(server.asked(EVENTS)) == 1


def test_a_redirect_is_followed(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server, elsewhere = serve(mirrored), serve(mirrored)
    server.faults[EVENTS] = [faults.redirect(f"{elsewhere.url}/{EVENTS}")]
    server.faults["index.json"] = [faults.redirect("/index.json", 307)]
    assert same(get(server.url, policy=quick), mirrored)
    assert elsewhere.asked(EVENTS) == [""]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher:x"])
def test_a_redirect_to_anything_but_the_web_is_refused(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any, target: str
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.redirect(target)]
    with pytest.raises(FetchError, match="not safe to follow"):
        get(server.url, policy=quick)


def test_redirects_in_a_circle_end(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.redirect(f"/{EVENTS}")] * 99
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        get(server.url, policy=quick)


def test_a_slow_server_is_waited_for(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.slow(pieces=8, pause=0.03)]
    assert same(get(server.url, policy=quick), mirrored)
    assert len(server.asked(EVENTS)) == 1


def test_a_server_that_falls_silent_is_asked_again(
    machine: Path, mirrored: Path, serve: Serve, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.stall(0.6, after=1000)]
    folder = get(server.url, policy=Policy(tries=3, backoff=0.001, timeout=0.2))
    assert same(folder, mirrored)
    assert server.asked(EVENTS) == ["", "bytes=1000-"]


def test_a_server_without_ranges_is_asked_for_all_of_it(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.cut(1000), faults.no_ranges]
    assert same(get(server.url, policy=quick), mirrored)


def test_a_server_that_is_not_there_is_named(machine: Path, quick: Policy) -> None:
    with pytest.raises(FetchError, match=r"http://127\.0\.0\.1:9: 127\.0\.0\.1:9: .*refused") as caught:
        get("http://127.0.0.1:9", policy=quick)
    assert caught.value.exit_code == 1


def test_a_dead_mirror_does_not_matter_if_another_lives(machine: Path, mirrored: Path, quick: Policy) -> None:
    assert same(get("http://127.0.0.1:9", str(mirrored), policy=quick), mirrored)


def test_a_cached_release_is_used_when_no_mirror_answers(
    machine: Path, mirrored: Path, quick: Policy
) -> None:
    get(str(mirrored), policy=quick)
    assert same(get("http://127.0.0.1:9", policy=quick), mirrored)


def test_a_released_version_in_the_cache_needs_nobody(machine: Path, mirrored: Path, serve: Serve) -> None:
    server = serve(mirrored)
    get(server.url, policy=Policy(), name="tiny@2020-r1")
    asked = len(server.requests)
    get(server.url, policy=Policy(), name="tiny@2020-r1")
    assert len(server.requests) == asked


@pytest.mark.parametrize("damage", ["truncate", "alter", "delete", "replace by folder", "link"])
def test_a_damaged_cache_is_repaired(
    machine: Path, mirrored: Path, quick: Policy, damage: str, tmp_path: Path
) -> None:
    file = get(str(mirrored), policy=quick) / "big" / "events.csv"
    if damage == "truncate":
        os.truncate(file, 10)
    elif damage == "alter":
        file.write_bytes(bytes(b ^ 1 for b in file.read_bytes()))
    else:
        file.unlink()
    if damage == "replace by folder":
        file.mkdir()
    if damage == "link":
        file.symlink_to(tmp_path / "nowhere")
    assert same(get(str(mirrored), policy=quick, name="tiny@2020-r1"), mirrored)
    assert not (tmp_path / "nowhere").exists()


def test_what_another_version_of_the_program_left_does_not_matter(
    machine: Path, mirrored: Path, quick: Policy
) -> None:
    staging = machine / ".nuanomaly" / "tiny@2020-r1"
    (staging / "files" / "old").mkdir(parents=True)
    (staging / "files" / "old" / "x.part").write_text("old")
    (staging / "state.json").write_text("{}")
    (machine / TINY).mkdir(parents=True)
    (machine / TINY / "release.yaml").write_text("schema: '0'\n")
    assert same(get(str(mirrored), policy=quick), mirrored)


def test_what_was_staged_is_kept_for_the_next_attempt(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, faults: Any
) -> None:
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.cut(100_000), *[faults.cut(0)] * 9]
    with pytest.raises(FetchError):
        get(server.url, policy=quick)
    server.faults.clear()
    server.requests.clear()
    assert same(get(server.url, policy=quick), mirrored)
    assert server.asked(f"{TINY}/ratios.csv") == []
    assert server.asked(EVENTS) == ["bytes=100000-"]


def test_a_full_disk_is_one_sentence_and_no_data_is_lost(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nuanomaly.archive.fetching import download

    written = []
    write = download._write

    def failing(file: Any, chunk: bytes) -> None:
        written.append(len(chunk))
        if sum(written) > 200_000:
            write(file, chunk[:1000])
            raise OSError(28, "No space left on device")
        write(file, chunk)

    server = serve(mirrored)
    with monkeypatch.context() as patch:
        patch.setattr(download, "_write", failing)
        with pytest.raises(StorageError, match=r"No space left.*make room"):
            get(server.url, policy=quick)
    assert visible(machine) == []
    assert same(get(server.url, policy=quick), mirrored)


def test_a_disk_without_room_is_noticed_before(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(mirrored)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
    with pytest.raises(StorageError, match=r"MB are needed in .*, 0\.0 MB are free: make room"):
        get(server.url, policy=quick)
    assert server.asked(EVENTS) == []


@contextmanager
def without_privileges(folder: Path) -> Iterator[None]:
    """For root, too, file permissions hold in here."""
    if os.geteuid() != 0:
        yield
        return
    for above in (folder, *folder.parents):
        if above.stat().st_mode & 0o005 != 0o005:
            above.chmod(above.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_cache_serves_what_it_has(machine: Path, mirrored: Path, quick: Policy) -> None:
    get(str(mirrored), policy=quick)
    everything = [machine, *machine.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with without_privileges(machine):
        assert same(get(str(mirrored), policy=quick), mirrored)
        with pytest.raises(StorageError, match=r"cannot write .*: (Permission|Read-only).*-o DIR"):
            fetcher(machine / "new", sources=[str(mirrored)]).get("tiny")
    for path in everything:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_an_output_that_is_a_file_is_one_sentence(machine: Path, mirrored: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NuanomalyError, match="cannot write"):
        fetcher(tmp_path / "file", sources=[str(mirrored)]).get("tiny")


def test_offline_asks_no_server(machine: Path, mirrored: Path, serve: Serve, quick: Policy) -> None:
    server = serve(mirrored)
    with pytest.raises(FetchError, match=r"tiny is not on this machine, and --offline leaves out http://127"):
        get(server.url, policy=quick, offline=True)
    assert server.connections == 0
    assert same(get(server.url, str(mirrored), policy=quick, offline=True), mirrored)
    assert server.connections == 0


def test_many_files_come_over_few_connections(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy
) -> None:
    server = serve(mirrored)
    get(server.url, policy=quick)
    assert len(server.requests) == 4
    assert server.connections <= 4
