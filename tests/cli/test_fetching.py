"""fetch and lock through the command, on real releases: best, lsnd, miniboone-nue."""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import nuanomaly
from nuanomaly.archive.release import read

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
NAMES = ("best", "lsnd", "miniboone-nue")
#: One revision of each: what is newest may change, these never do.
VERSIONS = ("best/2022-r1", "lsnd/2001-r1", "miniboone-nue/2018-r1", "miniboone-nue/2020-r1")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three real datasets, and of the anomalies with their groups."""
    root = tmp_path_factory.mktemp("small")
    for version in VERSIONS:
        shutil.copytree(ROOT / "datasets" / version, root / "datasets" / version)
    shutil.copytree(ROOT / "anomalies", root / "anomalies")
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    return root


@pytest.fixture(scope="module")
def mirrored(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from nuanomaly.archive.mirror import mirror

    folder = tmp_path_factory.mktemp("mirror") / "m"
    mirror(small, folder)
    return folder


@pytest.fixture
def server(mirrored: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A plain web server, as python -m http.server makes one: it knows no ranges."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = functools.partial(Quiet, directory=str(mirrored))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture
def elsewhere(
    run: Run, mirrored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """A machine without a checkout, with the ledger of the program and the sources it is told. Its cache."""

    def go(sources: str) -> Path:
        bare = tmp_path / "bare"
        bare.mkdir(exist_ok=True)
        _, _, ledger = (ROOT / "catalog.yaml").read_text("utf-8").rpartition("\nledger:")
        (bare / "catalog.yaml").write_text(f'schema: "1"\nreleases: []\nledger:{ledger}', "utf-8")
        if not (bare / "anomalies").is_dir():
            shutil.copytree(ROOT / "anomalies", bare / "anomalies")
        monkeypatch.setenv("NUANOMALY_ARCHIVE", str(bare))
        monkeypatch.setenv("NUANOMALY_SOURCES", sources)
        monkeypatch.chdir(bare)
        return Path(os.environ["NUANOMALY_CACHE"])

    return go


def test_in_a_checkout_a_release_is_verified_where_it_is(run: Run, tmp_path: Path) -> None:
    newest = nuanomaly.load("best")
    done = run("fetch", "best")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        f"{newest.id}  {ROOT / 'datasets' / 'best' / newest.version}  (in the checkout, verified"
    )
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_real_release_comes_from_a_web_server_and_is_used(
    run: Run, server: str, elsewhere: Callable[[str], Path], name: str
) -> None:
    cache = elsewhere(server)
    (row,) = run("fetch", name, "--json").json
    assert (row["how"], row["origin"]) == ("fetched", server)
    found = read(Path(row["folder"]))
    assert found.folder.is_relative_to(cache)
    assert nuanomaly.load(name) == found
    original = read(ROOT / "datasets" / name / found.version)
    for table in original.tables:
        assert (found.folder / found.declared(table)["file"]).read_bytes() == (
            original.folder / original.declared(table)["file"]
        ).read_bytes()
    assert run("fetch", name, "--json").json[0]["how"] == "present"


def test_a_fetched_release_gives_the_same_likelihood(
    run: Run, mirrored: Path, elsewhere: Callable[[str], Path]
) -> None:
    at = (
        "chi2",
        "lsnd",
        "--model",
        "2nu-mue",
        "--set",
        "dm2_41=1.2",
        "--set",
        "sin2_2theta_mue=0.003",
        "--json",
    )
    here = run(*at, "--json").json
    elsewhere(mirrored.as_uri())
    assert run("fetch", "lsnd").code == 0
    assert run(*at, "--json").json == here


def test_a_named_source_is_asked_instead_of_the_checkout(run: Run, server: str, tmp_path: Path) -> None:
    (row,) = run("fetch", "best", "--source", server, "--json").json
    assert (row["how"], row["origin"]) == ("fetched", server)
    assert Path(row["folder"]).is_relative_to(tmp_path / "cache")
    assert (
        run("fetch", "bst", "--source", server).err == "Error: Unknown dataset 'bst': did you mean 'best'?\n"
    )


def test_a_group_is_fetched_by_its_name(
    run: Run, small: Path, elsewhere: Callable[[str], Path], tmp_path: Path
) -> None:
    from nuanomaly.archive.mirror import mirror

    one = tmp_path / "one"
    shutil.copytree(small / "datasets" / "best", one / "datasets" / "best")
    (one / "anomalies").mkdir()
    (one / "anomalies" / "x.yaml").write_text("groups: {chromium: [best]}\n", "utf-8")
    (one / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    mirror(one, tmp_path / "m")
    elsewhere((tmp_path / "m").as_uri())
    assert "--unlisted" in run("fetch", "chromium").err
    assert run("fetch", "chromium", "--unlisted").out.startswith("best@2022-r1  ")


def test_everything_is_fetched_and_a_failure_does_not_stop_the_others(
    run: Run, mirrored: Path, elsewhere: Callable[[str], Path], tmp_path: Path
) -> None:
    broken = shutil.copytree(mirrored, tmp_path / "broken")
    (broken / "datasets" / "best" / "2022-r1" / "ratios.csv").write_text("truncated")
    elsewhere(broken.as_uri())
    done = run("fetch", "--all", "-o", tmp_path / "out")
    assert done.code == 1
    assert "Error: best@2022-r1 could not be fetched" in done.err
    assert "ratios.csv: broke off" in done.err or "ratios.csv: sends" in done.err
    written = sorted(f"{p.parent.name}/{p.name}" for p in (tmp_path / "out").glob("[a-z]*/*"))
    assert written == sorted(VERSIONS[1:])
    assert not (tmp_path / "out" / "best").exists()


def test_offline_says_what_is_missing(run: Run, server: str, elsewhere: Callable[[str], Path]) -> None:
    elsewhere(server)
    done = run("fetch", "best", "--offline")
    assert done.code == 1
    assert f"best is not on this machine, and --offline leaves out {server}" in done.err
    run("fetch", "best")
    assert run("fetch", "best", "--offline").code == 0
    assert run("fetch", "best@2022-r1", "--offline").code == 0


@pytest.mark.parametrize("format", ["csv", "parquet", "json"])
def test_tables_are_converted(run: Run, tmp_path: Path, format: str) -> None:
    assert run("fetch", "best@2022-r1", "--format", format, "-o", tmp_path / "out").code == 0
    folder = tmp_path / "out" / "best" / "2022-r1"
    tables = read(ROOT / "datasets" / "best" / "2022-r1").tables
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [*(f"{t}.{format}" for t in tables), "release.json"]
    )


def test_upstream_says_which_originals_have_no_url(run: Run, tmp_path: Path) -> None:
    done = run("fetch", "best", "--upstream", "-o", tmp_path / "originals", "--offline")
    declared = yaml.safe_load((ROOT / "datasets" / "best" / "2022-r1" / "release.yaml").read_text("utf-8"))
    assert all(f"\n  {original['id']}: " in done.out for original in declared["originals"])


def test_an_analysis_is_locked_and_fetched_again(
    run: Run, mirrored: Path, elsewhere: Callable[[str], Path], tmp_path: Path
) -> None:
    elsewhere(mirrored.as_uri())
    done = run("lock", "best", "lsnd")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "written to nuanomaly.lock"
    shutil.rmtree(os.environ["NUANOMALY_CACHE"])
    got = run("fetch", "--locked")
    assert [line.split()[0] for line in got.out.splitlines()] == ["best@2022-r1", "lsnd@2001-r1"]
    refused = run("fetch", "miniboone-nue", "--locked")
    assert refused.code == 2
    assert "Unknown locked release 'miniboone-nue' in nuanomaly.lock" in refused.err


def test_a_pipe_gets_no_progress_bar(run: Run, server: str, elsewhere: Callable[[str], Path]) -> None:
    elsewhere(server)
    done = run("fetch", "best")
    assert done.err == ""
    assert "\x1b" not in done.out


@pytest.mark.parametrize("arguments", [("fetch", "best"), ("scan", "best", "--model", "2nu-ee", "--json")])
def test_a_terminal_gets_a_progress_bar_and_stdout_does_not(
    mirrored: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    import pty

    if arguments[0] == "scan":
        arguments += ("--grid", "dm2_41=50", "--grid", "sin2_2theta_ee=50")
    terminal, other_end = pty.openpty()
    env = {**os.environ, "NUANOMALY_CACHE": str(tmp_path / "cache"), "TERM": "xterm", "OMP_NUM_THREADS": "1"}
    if arguments[0] == "fetch":
        shutil.copyfile(ROOT / "catalog.yaml", tmp_path / "catalog.yaml")
        env |= {"NUANOMALY_ARCHIVE": str(tmp_path), "NUANOMALY_SOURCES": mirrored.as_uri()}
    command = [sys.executable, "-m", "nuanomaly", *arguments]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=other_end, text=True) as process:
        os.close(other_end)
        drawn = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(terminal, 4096):
                drawn += piece
        os.close(terminal)
        assert process.stdout is not None
        out = process.stdout.read()
    assert process.returncode == 0
    assert "━" in drawn.decode()
    assert "\x1b" not in out


def test_what_lies_in_the_checkout_is_not_recorded_again(run: Run, tmp_path: Path) -> None:
    done = run("fetch", "best", "--record")
    assert done.code == 0
    assert "nothing to record: these lie in the checkout" in done.out
    assert not (tmp_path / "cache" / ".git").exists()
