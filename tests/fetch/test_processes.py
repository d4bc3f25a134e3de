"""Several processes at once, and processes that are killed: nothing half-written is ever visible."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

#: So many processes at once, and so often in the test that kills them.
TOGETHER, ROUNDS = 12, int(os.environ.get("NUANOMALY_KILLS", "1"))
TINY = "datasets/tiny/2020-r1"
EVENTS = f"{TINY}/big/events.csv"
# What a shell starts in its background ignores Ctrl-C, and so would its children: they are told to hear it.
FETCH = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from nuanomaly.archive.fetch import fetcher
with fetcher(sources=sys.argv[1:]) as made:
    print(made.get("tiny").how)
"""


def start(*sources: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", FETCH, *sources]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.strip()


def whole(cache: Path, mirrored: Path) -> bool:
    files = [p for p in (mirrored / TINY).rglob("*") if p.is_file()]
    return all((cache / p.relative_to(mirrored)).read_bytes() == p.read_bytes() for p in files)


def nothing_or_whole(cache: Path, mirrored: Path) -> bool:
    return not (cache / TINY).exists() or whole(cache, mirrored)


def test_twelve_processes_fetch_the_same_release_once(
    machine: Path,
    mirrored: Path,
    serve: Callable[[Path], Any],
    faults: Any,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("tries", TOGETHER)
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.slow(pieces=10, pause=0.05)]
    done = [finish(p) for p in [start(server.url) for _ in range(TOGETHER)]]
    assert sorted(done) == ["fetched", *["present"] * (TOGETHER - 1)]
    assert len(server.asked(EVENTS)) == 1
    assert whole(machine, mirrored)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_twelve_processes_that_are_killed_at_any_moment_leave_nothing_half_written(
    machine: Path,
    mirrored: Path,
    serve: Callable[[Path], Any],
    faults: Any,
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    """One downloads and the others wait for it; whichever is killed, the next goes on or finds all of it."""
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.slow(pieces=40, pause=0.02)] * TOGETHER
    choose = random.Random(seed)
    processes = [start(server.url) for _ in range(TOGETHER)]
    while not server.asked(EVENTS):
        time.sleep(0.005)
    choose.shuffle(processes)
    killed = 0
    for process in processes:
        time.sleep(choose.uniform(0.0, 0.15))
        assert nothing_or_whole(machine, mirrored)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
        assert nothing_or_whole(machine, mirrored)
    record_property("tries", killed)
    assert killed
    server.faults.clear()
    finish(start(server.url))
    assert whole(machine, mirrored)
    assert sorted(p.name for p in (machine / ".nuanomaly").iterdir()) == ["tiny@2020-r1.lock"]


def test_a_process_killed_at_any_moment_leaves_nothing_half_written(
    machine: Path,
    mirrored: Path,
    serve: Callable[[Path], Any],
    faults: Any,
    record_property: Callable[[str, object], None],
) -> None:
    server = serve(mirrored)
    choose = random.Random(20_240_607)
    killed = 0
    for _ in range(6):
        server.faults[EVENTS] = [faults.slow(pieces=40, pause=0.02)]
        process = start(server.url)
        while not server.asked(EVENTS) and process.poll() is None:
            time.sleep(0.005)
        time.sleep(choose.uniform(0.0, 0.5))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
        assert nothing_or_whole(machine, mirrored)
        server.requests.clear()
    record_property("tries", killed)
    assert killed >= 4
    server.faults.clear()
    finish(start(server.url))
    assert whole(machine, mirrored)
    assert sorted(p.name for p in (machine / ".nuanomaly").iterdir()) == ["tiny@2020-r1.lock"]


@pytest.mark.parametrize("step", range(12))
def test_a_process_killed_while_it_publishes_leaves_nothing_half_written(
    machine: Path, mirrored: Path, step: int
) -> None:
    """It kills itself before the renames, directory changes and removals it makes, one after the other."""
    stored = machine / TINY
    stored.mkdir(parents=True)
    (stored / "release.yaml").write_text("old")
    fatal = f"""\
import os, shutil, signal, sys
count = 0
def fatal(function):
    def wrapped(*arguments, **keywords):
        global count
        count += 1
        if count > {step}:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **keywords)
    return wrapped
os.replace, os.rename, os.mkdir = fatal(os.replace), fatal(os.rename), fatal(os.mkdir)
os.unlink, os.rmdir, shutil.rmtree = fatal(os.unlink), fatal(os.rmdir), fatal(shutil.rmtree)
"""
    process = subprocess.run([sys.executable, "-c", fatal + FETCH, str(mirrored)], capture_output=True)
    assert process.returncode == -signal.SIGKILL
    content = (stored / "release.yaml").read_text() if stored.exists() else None
    assert content in (None, "old") or whole(machine, mirrored)
    finish(start(str(mirrored)))
    assert whole(machine, mirrored)
    assert os.listdir(machine / ".nuanomaly") == ["tiny@2020-r1.lock"]


def test_an_interrupt_ends_a_fetch_at_once_and_the_next_one_goes_on(
    machine: Path, mirrored: Path, serve: Callable[[Path], Any], faults: Any
) -> None:
    """Although the server is silent and the time limit is 30 s."""
    server = serve(mirrored)
    server.faults[EVENTS] = [faults.stall(20.0, after=100_000)]
    process = start(server.url)
    parts = machine / ".nuanomaly" / "tiny@2020-r1"
    while not any(p.stat().st_size == 100_000 for p in parts.glob("*.part")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)  # less than the server is silent, and enough for a busy machine
    assert process.returncode != 0
    assert not (machine / TINY).exists()
    server.requests.clear()
    finish(start(server.url))
    assert whole(machine, mirrored)
    assert server.asked(EVENTS) == ["bytes=100000-"]
