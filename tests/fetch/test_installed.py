"""The package as a user installs it: a wheel, no clone, no git."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nuanomaly.archive import catalog, mirror

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel of an archive that has released best and lsnd, and its mirror."""
    base = tmp_path_factory.mktemp("installed")
    source = base / "source"
    for name in ("tools", "anomalies", "schemas", "datasets/best", "datasets/lsnd"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CITATION.cff"):
        shutil.copy(ROOT / name, source)
    (source / "catalog.yaml").write_bytes(catalog.build(source))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(base / "dist")]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = (base / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        package.extractall(base / "site-packages")
    mirror.mirror(source, base / "mirror")
    shutil.rmtree(source)
    (base / "work").mkdir()
    return base


@pytest.fixture
def nuanomaly(world: Path, tmp_path: Path) -> Callable[..., Any]:
    """Run the installed command in an empty folder, without git."""

    def run(*arguments: str, sources: str = "") -> Any:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUANOMALY", "GIT"))}
        env = kept | {
            "PYTHONPATH": str(world / "site-packages"),
            "NUANOMALY_CACHE": str(tmp_path / "cache"),
            "NUANOMALY_SOURCES": sources,
            "PATH": "",
        }
        command = [sys.executable, "-m", "nuanomaly", *arguments]
        return subprocess.run(command, cwd=world / "work", env=env, capture_output=True, text=True)

    return run


def test_the_wheel_knows_the_archive(nuanomaly: Callable[..., Any], world: Path) -> None:
    rows = json.loads(nuanomaly("list", "--json").stdout)
    assert sorted({r["name"] for r in rows}) == ["best", "lsnd"]
    assert (
        "gallium = gallex@2010-r1 + sage@2006-r1 + best@2022-r1" in nuanomaly("anomalies", "gallium").stdout
    )


def test_a_release_that_is_not_here_yet_says_how_to_get_it(nuanomaly: Callable[..., Any]) -> None:
    done = nuanomaly("show", "best")
    assert done.returncode == 2
    assert done.stderr == "Error: best is not on this machine yet: get it with `nuanomaly fetch best`\n"


def test_without_any_source_it_says_where_to_name_one(nuanomaly: Callable[..., Any]) -> None:
    done = nuanomaly("fetch", "best")
    assert done.returncode == 1
    assert "$NUANOMALY_SOURCES" in done.stderr


def test_a_release_is_fetched_and_used(nuanomaly: Callable[..., Any], world: Path) -> None:
    done = nuanomaly("fetch", "lsnd", sources=(world / "mirror").as_uri())
    assert (done.returncode, done.stderr) == (0, "")
    at = ("--set", "dm2_41=1.2", "--set", "sin2_2theta_mue=0.003")
    found = json.loads(nuanomaly("chi2", "lsnd", "--model", "2nu-mue", *at, "--json").stdout)
    assert (found["release"], found["statistic"]) == ("lsnd@2001-r1", "delta")
    assert "@article{LSND2001," in nuanomaly("cite", "lsnd").stdout


def test_the_wheel_s_ledger_refuses_a_mirror_with_another_content(
    nuanomaly: Callable[..., Any], world: Path, tmp_path: Path
) -> None:
    """Released releases are known by their digest to the package itself, whatever a mirror's index says."""
    import hashlib

    forged = shutil.copytree(world / "mirror", tmp_path / "forged")
    index = json.loads((forged / "index.json").read_text("utf-8"))
    entry = [r for r in index["releases"] if r["name"] == "best"][-1]
    assert entry["state"] != "draft"
    folder = forged / "datasets" / "best" / entry["version"]
    table = (folder / "ratios.csv").read_text("utf-8").replace("0.79", "0.99")
    text = (folder / "release.yaml").read_text("utf-8")
    old = next(f["sha256"] for f in entry["files"] if f["path"] == "ratios.csv")
    text = text.replace(old, hashlib.sha256(table.encode()).hexdigest())
    for path, content in {"ratios.csv": table, "release.yaml": text}.items():
        (folder / path).write_text(content, "utf-8")
        file = next(f for f in entry["files"] if f["path"] == path)
        file |= {"sha256": hashlib.sha256(content.encode()).hexdigest(), "size": len(content.encode())}
    (forged / "index.json").write_text(json.dumps(index), "utf-8")
    done = nuanomaly("fetch", "best", sources=forged.as_uri())
    assert done.returncode == 1
    assert "other files than the ledger of released releases says" in done.stderr
    assert not (tmp_path / "cache" / "datasets").exists()


def test_an_installed_wheel_builds_the_page_of_ones_own_question(
    nuanomaly: Callable[..., Any], world: Path
) -> None:
    """No checkout: the release is fetched; the model and a release of one's own lie beside the question."""
    folder = world / "work" / "my-question"
    mine = folder / "my-best"
    shutil.copytree(ROOT / "datasets" / "best" / "2022-r1", mine)
    about = yaml.safe_load((mine / "release.yaml").read_text("utf-8"))
    del about["benchmarks"]  # some are of all gallium experiments
    (mine / "release.yaml").write_text(
        yaml.safe_dump({**about, "name": "my-best"}, allow_unicode=True), "utf-8"
    )
    (folder / "my_model.py").write_text(
        "def lost(initial, final, antineutrino, L, E, *, share):\n"
        "    return 1.0 - share if initial == final == 'e' else float(initial == final)\n",
        "utf-8",
    )
    (folder / "comparison.yaml").write_text(
        "title: How much is lost in BEST?\n"
        "model: my_model.py:lost\n"
        "parameters: {share: {low: 0.01, high: 0.9, points: 31, scale: lin}}\n"
        "datasets: {best: {title: BEST, releases: [best@2022-r1]}, mine: {releases: [./my-best]}}\n",
        "utf-8",
    )
    early = nuanomaly("report", "build", "./my-question")
    assert early.returncode != 0
    assert "get it with `nuanomaly fetch best@2022-r1`" in early.stderr
    assert nuanomaly("fetch", "best@2022-r1", sources=str(world / "mirror")).returncode == 0
    done = nuanomaly("report", "build", "./my-question")
    assert done.returncode == 0, done.stderr
    result = json.loads((folder / "page" / "result.json").read_text("utf-8"))
    # both zones lose a fifth: 0.791 and 0.766 of the expectation in the paper, errors of five per cent
    assert result["results"]["best.best_fit.share"]["value"] == pytest.approx(0.22, abs=0.03)
    assert result["private"] == ["my-best@2022-r1"]
    # the same data twice: no tension, and one parameter that both know
    assert result["results"]["pg.chi2"]["value"] == pytest.approx(0.0, abs=1e-6)
    assert result["results"]["pg.dof"]["value"] == 1
    assert "best" in (folder / "page" / "report.html").read_text("utf-8")
