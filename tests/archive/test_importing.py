"""Importing rebuilds the tables from the originals, twice with the same bytes, and says where they differ."""

import hashlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from nuanomaly.archive import importing, seal
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError

ORIGINAL = "1.5 0.1\n2.5 0.30000000000000004\n"
RELEASE = """\
schema: "1"
name: toy
version: "2020-r1"
state: draft
originals:
  - {{id: text, file: sub/text.dat, sha256: "{sha256}", size: 31, copy: unverified, source: x, licence: y}}
  - {{id: paper, source: the paper, licence: y}}
import: {{importer: toy-format, arguments: {{factor: 2.0}}}}
tables:
  first:
    {{file: first.csv, kind: table, status: official, source: Table 1, columns: [{x}, {y}]}}
  second:
    {{file: second.parquet, kind: table, status: official, source: Table 2, columns: [{y}]}}
  third:
    {{by_hand: true, file: third.csv, kind: table, status: transcribed, source: Table 3, columns: [{z}]}}
"""


COLUMNS = {name: f'{{name: {name}, unit: "1", meaning: column {name}}}' for name in "xyz"}


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "text.dat").write_text(ORIGINAL)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "datasets" / "toy" / "2020-r1"
    path.mkdir(parents=True)
    sha256 = hashlib.sha256(ORIGINAL.encode()).hexdigest()
    (path / "release.yaml").write_text(RELEASE.format(sha256=sha256, **COLUMNS))
    (path / "third.csv").write_text("z\n1.0\n")
    return path


@pytest.fixture(autouse=True)
def importer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An importer called toy-format, found as the real ones are."""

    def read(originals: Path, factor: float) -> dict[str, Any]:
        rows = [line.split() for line in (originals / "sub" / "text.dat").read_text().splitlines()]
        first = pd.DataFrame({"x": [factor * float(r[0]) for r in rows], "y": [float(r[1]) for r in rows]})
        return {"first": first, "second": first[["y"]]}

    module = ModuleType("importers.toy_format")
    module.tables = read  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(importing, "importers", lambda: ["toy-format"])
    return module


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_importing_twice_gives_the_same_bytes(folder: Path, originals: Path) -> None:
    assert importing.write(folder, originals) == ["first", "second"]
    once = contents(folder)
    assert importing.write(folder, originals) == []
    assert contents(folder) == once
    assert importing.check(folder, originals) == []
    assert once["first.csv"] == b"x,y\n3.0,0.1\n5.0,0.30000000000000004\n"


def test_writing_seals(folder: Path, originals: Path) -> None:
    importing.write(folder, originals)
    assert seal.seal(folder) == []


def test_a_changed_digit_is_named_with_its_line(folder: Path, originals: Path) -> None:
    importing.write(folder, originals)
    path = folder / "first.csv"
    path.write_text(path.read_text().replace("0.30000000000000004", "0.3"))
    (difference,) = importing.check(folder, originals)
    assert (difference.release, difference.table, difference.file) == ("toy@2020-r1", "first", "first.csv")
    assert str(difference) == (
        "toy@2020-r1 first.csv: line 3 is '5.0,0.3', the originals give '5.0,0.30000000000000004'"
        " (last digits alone, 1.9e-16 at most: the arithmetic of another processor or library)"
    )


def test_missing_cut_and_unsealed_tables_are_differences(folder: Path, originals: Path) -> None:
    importing.write(folder, originals)
    (folder / "second.parquet").unlink()
    (folder / "first.csv").write_text("x,y\n3.0,0.1\n")
    messages = [d.message for d in importing.check(folder, originals)]
    assert "the originals give" in messages[0]
    assert "missing" in messages[1]


def test_an_unsealed_release_is_a_difference(folder: Path, originals: Path) -> None:
    importing.write(folder, originals)
    text = (folder / "release.yaml").read_text()
    other = re.sub(r'(file: \w+\.\w+, )sha256: "\w+"', rf'\1sha256: "{"0" * 64}"', text)
    assert other != text
    (folder / "release.yaml").write_text(other)
    assert any("seal" in d.message for d in importing.check(folder, originals))


def test_parquet_written_by_another_version_is_told_from_other_numbers(folder: Path, originals: Path) -> None:
    importing.write(folder, originals)
    path = folder / "second.parquet"
    frame = pd.read_parquet(path)
    frame.to_parquet(path, compression="gzip", index=False)
    (difference,) = importing.check(folder, originals)
    assert "same numbers" in difference.message
    frame["y"] += 1.0
    frame.to_parquet(path, index=False)
    (difference,) = importing.check(folder, originals)
    assert "same numbers" not in difference.message


def test_another_original_is_refused_by_its_name(folder: Path, originals: Path) -> None:
    (originals / "sub" / "text.dat").write_text(ORIGINAL + "\n")
    with pytest.raises(IntegrityError, match=r"toy@2020-r1: text .*sub/text\.dat\) has sha256"):
        importing.write(folder, originals)
    (originals / "sub" / "text.dat").unlink()
    with pytest.raises(IntegrityError, match="text is missing"):
        importing.check(folder, originals)


def test_a_released_release_is_not_overwritten(folder: Path, originals: Path) -> None:
    importing.write(folder, originals)
    yaml, table = folder / "release.yaml", folder / "first.csv"
    yaml.write_text(yaml.read_text().replace("state: draft", "state: released"))
    assert importing.write(folder, originals) == []
    table.write_text("x,y\n1.0,1.0\n")
    with pytest.raises(IntegrityError, match="first would change"):
        importing.write(folder, originals)
    assert table.read_text() == "x,y\n1.0,1.0\n"


def test_an_importer_must_give_the_declared_tables(
    folder: Path, originals: Path, importer: ModuleType
) -> None:
    read = importer.tables
    importer.tables = lambda *a, **k: {"first": read(*a, **k)["first"]}  # type: ignore[attr-defined]
    with pytest.raises(NuanomalyError, match=r"gives the tables \['first'\], release.yaml declares"):
        importing.write(folder, originals)
    importer.tables = lambda *a, **k: {**read(*a, **k), "second": read(*a, **k)["first"]}  # type: ignore[attr-defined]
    with pytest.raises(NuanomalyError, match="toy@2020-r1 second: columns are"):
        importing.write(folder, originals)


def test_an_unknown_importer_is_named_with_the_nearest(folder: Path, originals: Path) -> None:
    yaml = folder / "release.yaml"
    yaml.write_text(yaml.read_text().replace("importer: toy-format", "importer: toy-formats"))
    with pytest.raises(UnknownNameError, match="did you mean 'toy-format'"):
        importing.write(folder, originals)


def test_a_release_entered_by_hand_is_left_alone(folder: Path, originals: Path) -> None:
    yaml = folder / "release.yaml"
    text = yaml.read_text()
    start, end = text.index("import:"), text.index("tables:")
    yaml.write_text(text[:start] + text[end:])
    assert importing.rebuild(folder, originals) == {}
    assert importing.check(folder, originals) == []


def test_the_real_importers_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert {"gallium", "lsnd", "miniboone", "reactor-rates"} <= set(importing.importers() or ())


def test_an_installed_package_says_that_importers_need_a_checkout(
    folder: Path, originals: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(importing, "_ROOM", tmp_path / "site-packages" / "importers")
    assert importing.importers() is None
    with pytest.raises(
        NuanomalyError, match="importers are no part of the installed package: use a checkout"
    ):
        importing.rebuild(folder, originals)


def test_arguments_that_an_importer_does_not_take_are_said(folder: Path, originals: Path) -> None:
    path = folder / "release.yaml"
    path.write_text(path.read_text().replace("factor:", "faktor:"))
    with pytest.raises(NuanomalyError, match=r"toy@2020-r1: import.arguments do not fit .*it takes factor"):
        importing.rebuild(folder, originals)


def test_other_numbers_are_not_taken_for_rounding(folder: Path, originals: Path) -> None:
    """Another processor rounds an inverse matrix otherwise; a digit that someone changed is not that."""
    importing.write(folder, originals)
    path = folder / "first.csv"
    path.write_text(path.read_text().replace("0.30000000000000004", "0.300000001"))
    (difference,) = importing.check(folder, originals)
    assert difference.message.endswith("the originals give '5.0,0.30000000000000004'")
