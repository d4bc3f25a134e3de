"""A kind of another package: it serves private releases, is named in results, and replaces nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import nuanomaly
from nuanomaly.archive import outside
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import read
from nuanomaly.likelihood.build import component, likelihood

ROOT = Path(__file__).resolve().parents[2]
MODULE = '''\
"""Counts of a column that is always called observed."""

from typing import Annotated, TypedDict

from nuanomaly.archive.options import TableName
from nuanomaly.likelihood.statistic import poisson


class Options(TypedDict):
    """Options of the statistic."""

    table: Annotated[TableName, "Their table."]


def build(config, release, transform, nuisances):
    own = {"data": {"table": config["table"], "column": "observed"}}
    return poisson.build(own, release, transform, nuisances)


class strange:
    Options = complex
    build = build
'''
POINTS = """\
[nuanomaly.kinds]
statistic.my-counts = my_kinds
statistic.poisson = my_kinds
statistic.strange = my_kinds:strange
response.broken = my_missing_module
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that brings kinds."""
    site = tmp_path / "site"
    about = site / "my_kinds-1.2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-kinds\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(POINTS)
    (site / "my_kinds.py").write_text(MODULE, "utf-8")
    monkeypatch.syspath_prepend(str(site))
    outside._installed.cache_clear()
    yield
    outside._installed.cache_clear()


def karmen(folder: Path, statistic: str) -> Path:
    """KARMEN's release in another folder, with another statistic."""
    shutil.copytree(ROOT / "datasets" / "karmen" / "2002-r1", folder)
    file = folder / "release.yaml"
    text = file.read_text("utf-8").replace("name: karmen\n", "name: my-karmen\n", 1)
    before = "statistic: {kind: poisson, data: {table: spectrum, column: observed}}"
    assert text.count(before) == 1
    file.write_text(text.replace(before, f"statistic: {statistic}"), "utf-8")
    return folder


@pytest.mark.usefixtures("package")
def test_a_kind_of_another_package_serves_a_private_release_and_is_named(tmp_path: Path) -> None:
    folder = karmen(tmp_path / "mine", "{kind: my-counts, table: spectrum}")
    mine, theirs = likelihood(f"{folder}/"), likelihood("karmen@2002-r1")
    at = {"dm2_41": 1.0, "sin2_2theta_mue": 0.01}
    assert mine.chi2("2nu-mue", **at) == pytest.approx(theirs.chi2("2nu-mue", **at))
    said = "the statistic 'my-counts' is a kind of the package my-kinds 1.2, not of the archive"
    assert said in mine.approximate
    best = nuanomaly.fit(f"{folder}/", "2nu-mue")
    assert said in best.to_dict()["approximate"]
    assert said in nuanomaly.compare([f"{folder}/", "miniboone-nue@2012"], "2nu-mue").to_dict()["approximate"]


@pytest.mark.usefixtures("package")
def test_options_are_checked_with_the_schema_that_the_kind_brings(tmp_path: Path) -> None:
    folder = karmen(tmp_path / "mine", "{kind: my-counts, tabel: spectrum}")
    with pytest.raises(NuanomalyError, match=r"likelihood\.statistic has no 'table'"):
        likelihood(f"{folder}/")


@pytest.mark.usefixtures("package")
def test_a_release_of_an_archive_cannot_use_it(tmp_path: Path) -> None:
    folder = karmen(
        tmp_path / "archive" / "datasets" / "my-karmen" / "2002-r1", "{kind: my-counts, table: spectrum}"
    )
    with pytest.raises(NuanomalyError, match="serves releases of one's own folders alone"):
        read(folder)
    archived = nuanomaly.load("karmen@2002-r1")
    with pytest.raises(NuanomalyError, match="serves releases of one's own folders alone"):
        component("statistic", {"kind": "my-counts"}, archived)


@pytest.mark.usefixtures("package")
def test_the_kinds_of_the_archive_are_never_replaced(tmp_path: Path) -> None:
    assert outside.outside("statistic")["poisson"].package == "my-kinds 1.2"
    assert likelihood("karmen@2002-r1").approximate == _approximate()


def _approximate() -> str:
    return str(nuanomaly.load("karmen@2002-r1").metadata["likelihood"]["approximate"])


@pytest.mark.usefixtures("package")
def test_a_package_that_is_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"my-kinds 1\.2.*cannot be imported: ModuleNotFoundError"):
        outside.outside("response")["broken"].load()


@pytest.mark.usefixtures("package")
def test_options_that_are_none_are_named() -> None:
    with pytest.raises(NuanomalyError, match=r"'strange' .* its Options are no options .*KeyError"):
        dict(outside.outside("statistic")["strange"].schema)


def test_without_the_package_the_kind_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="my-counts"):
        component("statistic", {"kind": "my-counts"}, nuanomaly.load("karmen@2002-r1"))


@pytest.mark.usefixtures("package")
def test_of_two_packages_that_bring_one_kind_none_is_taken(tmp_path: Path) -> None:
    about = tmp_path / "site" / "other_kinds-3.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other-kinds\nVersion: 3.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    outside._installed.cache_clear()
    with pytest.raises(NuanomalyError, match=r"(my|other)-kinds .* uninstall one of them"):
        outside.outside("statistic")["my-counts"].load()
