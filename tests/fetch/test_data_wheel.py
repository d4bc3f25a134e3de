"""The released tables as a package of their own: the same bytes again, no code, and the gate of a cache."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import data_wheel  # tools/ is on the path, as the package in it is installed from there
import pytest

from nuanomaly.archive import catalog, paths
from nuanomaly.archive.errors import IntegrityError, NuanomalyError

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("best", "ccfr")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_wheel.build(ROOT, tmp_path_factory.mktemp("wheel"), SMALL)


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Callable[..., Any]:
    """Run the program as two wheels install it: an empty folder, no checkout, no cache, no source."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    site = tmp_path / "site-packages"
    subprocess.run([*pip, "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True)
    package = site / "nuanomaly"
    shutil.copytree(ROOT / "tools" / "nuanomaly", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", package / "_schemas")
    shutil.copytree(ROOT / "anomalies", package / "_anomalies")
    shutil.copyfile(ROOT / "catalog.yaml", package / "_catalog.yaml")
    (tmp_path / "work").mkdir()

    def run(*arguments: str) -> Any:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUANOMALY", "GIT"))}
        env = kept | {"PYTHONPATH": str(site), "NUANOMALY_CACHE": str(tmp_path / "cache"), "PATH": ""}
        command = [sys.executable, "-m", "nuanomaly", *arguments]
        return subprocess.run(command, cwd=tmp_path / "work", env=env, capture_output=True, text=True)

    run.site = site  # type: ignore[attr-defined]
    return run


AT = ("--model", "2nu-ee", "--set", "dm2_41=1.3", "--set", "sin2_2theta_ee=0.3", "--json")


def test_two_wheels_answer_without_a_network(installed: Callable[..., Any]) -> None:
    done = installed("chi2", "best", *AT)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["release"] == "best@2022-r2"
    here = subprocess.run(
        [sys.executable, "-m", "nuanomaly", "chi2", "best", *AT], cwd=ROOT, capture_output=True, text=True
    )
    assert json.loads(done.stdout) == json.loads(here.stdout)
    missing = installed("chi2", "karmen", *AT)
    assert "get it with `nuanomaly fetch karmen`" in missing.stderr


def test_a_release_of_the_package_can_be_fetched_from_it(installed: Callable[..., Any]) -> None:
    done = installed("fetch", "ccfr", "--offline", "-o", "here")
    assert done.returncode == 0, done.stderr
    assert (installed.site.parent / "work" / "here" / "ccfr" / "1984-r1" / "release.yaml").is_file()  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", ["release.yaml", "measurements.csv"])
def test_a_package_that_was_changed_is_named_and_not_used(installed: Callable[..., Any], file: str) -> None:
    folder = installed.site / "nuanomaly_data" / "datasets" / "best" / "2022-r2"  # type: ignore[attr-defined]
    (folder / file).write_text((folder / file).read_text("utf-8").replace("0.7", "0.9"), "utf-8")
    done = installed("chi2", "best", *AT)
    assert done.returncode == 1
    assert "was changed: install the package that it came in again" in done.stderr


def test_the_same_releases_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    again = data_wheel.build(ROOT, tmp_path, SMALL)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_it_holds_what_the_ledger_knows_and_no_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        members = package.namelist()
        points = package.read(next(m for m in members if m.endswith("entry_points.txt"))).decode()
        code = [m for m in members if m.endswith(".py")]
        assert code == ["nuanomaly_data/__init__.py"]
        assert len(package.read(code[0]).splitlines()) == 1
    assert "[nuanomaly.data]\nreleased = nuanomaly_data" in points
    wanted = {
        f"nuanomaly_data/datasets/{entry.name}/{entry.version}/{file.path}"
        for entry, _ in data_wheel.released(ROOT, SMALL)
        for file in entry.files
    }
    assert wanted == {m for m in members if "/datasets/" in m}


def test_all_releases_of_the_ledger_are_below_the_limit_of_an_index() -> None:
    """Files that are compressed already (Parquet) count whole; text is compressed further."""
    every = list(data_wheel.released(ROOT))
    assert {entry.id for entry, _ in every} == set(catalog.ledger_of(ROOT))
    assert sum(entry.size for entry, _ in every) < data_wheel.LARGEST


def test_a_release_that_is_not_that_of_the_ledger_is_not_packed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "datasets" / "ccfr", tmp_path / "datasets" / "ccfr")
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copyfile(ROOT / "catalog.yaml", tmp_path / "catalog.yaml")
    file = tmp_path / "datasets" / "ccfr" / "1984-r1" / "release.yaml"
    file.write_text(file.read_text("utf-8") + "# changed\n", "utf-8")
    with pytest.raises(IntegrityError, match=r"ccfr@1984-r1 is not what the ledger"):
        data_wheel.build(tmp_path, tmp_path / "dist", ["ccfr"])
    with pytest.raises(NuanomalyError, match="no release to put into a wheel"):
        data_wheel.build(tmp_path, tmp_path / "dist", ["best"])


def test_nothing_is_imported_to_find_it(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(wheel) as package:
        package.extractall(tmp_path)
    (tmp_path / "nuanomaly_data" / "__init__.py").write_text("raise SystemExit('it was imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert paths.data_packages() == (tmp_path / "nuanomaly_data",)
    assert "nuanomaly_data" not in sys.modules
