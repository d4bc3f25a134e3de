"""Whatever stands in a file from outside: it is read, or one sentence says why not; nothing else comes out.

`make fuzz` runs 20,000 examples, `make test` 300.
"""

import contextlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanomaly.archive import amendments, guessing, hepdata, lockfile, reading, release, runs, tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetch import fetch
from nuanomaly.archive.fetching import index
from nuanomaly.inference import run_files
from nuanomaly.report import own

EXAMPLES = int(os.environ.get("NUANOMALY_FUZZ", "30"))
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["../../x", "/etc/hostname", "a\x1b[2J", "-", "TODO", "1e999", "csv", ".csv", "x.csv"])
)
VALUES = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
)


def places(value: Any, steps: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every entry of a document."""
    found = [steps] if steps else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*steps, key))
    return found


def replaced(value: Any, steps: tuple[Any, ...], new: Any) -> Any:
    """A document with one entry replaced."""
    if not steps:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[steps[0]] = replaced(value[steps[0]], steps[1:], new)
    return copy


@pytest.fixture
def folder(archive: Path) -> Path:
    return archive / "datasets" / "tiny" / "2020-r1"


@given(data=st.data(), new=VALUES)
@fuzzed
def test_any_entry_of_a_release(folder: Path, tmp_path: Path, data: st.DataObject, new: Any) -> None:
    good = yaml.safe_load((folder / "release.yaml").read_text("utf-8"))
    wrong = replaced(good, data.draw(st.sampled_from(places(good))), new)
    target = tmp_path / "datasets" / "tiny" / "2020-r1"
    target.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(wrong, allow_unicode=True)
    (target / "release.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    release._metadata.cache_clear()
    said = ""
    try:
        found = release.read(target)
        for name in found.tables:
            tables.expand_columns(found.declared(name)["columns"])
    except NuanomalyError as error:
        said = str(error)
    assert "\x1b" not in said


@given(content=st.binary(max_size=300) | st.text(alphabet="0123456789.,;\t\n-eEdD#! ab\"'", max_size=300))
@fuzzed
def test_any_text_as_a_table(tmp_path: Path, content: bytes | str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    columns = tables.expand_columns([{"name": "a", "unit": "1"}, {"name": "b", "unit": "1", "type": "int64"}])
    with contextlib.suppress(NuanomalyError):
        tables.read(file, columns)
    guessing.read(file)


@given(at=st.integers(0, 2000), value=st.integers(0, 255), cut=st.integers(0, 2000))
@fuzzed
def test_any_damage_of_a_parquet_file(tmp_path: Path, at: int, value: int, cut: int) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": [0.5, 1.5, 2.5]}), buffer)
    content = bytearray(buffer.getvalue())
    content[at % len(content)] = value
    content = content[: len(content) - (cut % len(content) if cut % 3 == 0 else 0)]
    file = tmp_path / "table.parquet"
    file.write_bytes(bytes(content))
    with contextlib.suppress(NuanomalyError):
        tables.read(file, tables.expand_columns([{"name": "a", "unit": "1"}]))


@given(data=st.data(), new=VALUES, at=st.integers(0, 10**6), value=st.integers(0, 255))
@fuzzed
def test_any_bundle_and_any_index(
    machine: Path, mirrored: Path, tmp_path: Path, data: st.DataObject, new: Any, at: int, value: int
) -> None:
    good = json.loads((mirrored / "index.json").read_text("utf-8"))
    wrong = replaced(good, data.draw(st.sampled_from(places(good))), new)
    text = json.dumps(wrong)
    with contextlib.suppress(NuanomalyError, ValueError):
        index.from_json(text)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.json", text)
    content = bytearray(buffer.getvalue())
    content[at % len(content)] = value
    (tmp_path / "all.zip").write_bytes(bytes(content))
    with pytest.raises(NuanomalyError):
        fetch("tiny", sources=[str(tmp_path / "all.zip")])


GOOD = {
    "independent_variables": [{"header": {"name": "E", "units": "MeV"}, "values": [{"low": 1, "high": 2}]}],
    "dependent_variables": [
        {
            "header": {"name": "y", "units": "pb"},
            "qualifiers": [{"name": "x", "value": 1}],
            "values": [
                {"value": 1.0, "errors": [{"symerror": "5%", "label": "a"}, {"asymerror": {"plus": 1}}]}
            ],
        }
    ],
}


@given(data=st.data(), new=VALUES)
@fuzzed
def test_any_entry_of_a_hepdata_table(tmp_path: Path, data: st.DataObject, new: Any) -> None:
    wrong = replaced(GOOD, data.draw(st.sampled_from(places(GOOD))), new)
    head = {"name": "Table 1", "description": "d", "data_file": "data1.yaml", "keywords": []}
    (tmp_path / "submission.yaml").write_text(yaml.safe_dump_all([{"comment": "c"}, head]), "utf-8")
    (tmp_path / "data1.yaml").write_bytes(
        yaml.safe_dump(wrong, allow_unicode=True).encode("utf-8", "surrogatepass")
    )
    said = ""
    try:
        hepdata.read(str(tmp_path))
    except NuanomalyError as error:
        said = str(error)
    assert "\x1b" not in said


def damaged(content: bytes, at: int, value: int, cut: int) -> bytes:
    """A content with one byte replaced, and sometimes cut short."""
    changed = bytearray(content)
    changed[at % len(changed)] = value
    return bytes(changed[: len(changed) - (cut % len(changed) if cut % 3 == 0 else 0)])


HEAD = [
    {"comment": "c", "data_license": {"name": "CC0"}, "additional_resources": [{"location": "x"}]},
    {"name": "Table 1", "description": "d", "data_file": "data1.yaml", "keywords": [], "table_doi": "10.1/x"},
]


@given(
    data=st.data(), new=VALUES, at=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 2000)
)
@fuzzed
def test_any_submission_and_any_damage_of_its_archive(
    tmp_path: Path, data: st.DataObject, new: Any, at: int, value: int, cut: int
) -> None:
    wrong = replaced(HEAD, data.draw(st.sampled_from(places(HEAD))), new)
    files = {
        "s/submission.yaml": yaml.safe_dump_all(wrong, allow_unicode=True).encode("utf-8", "surrogatepass"),
        "s/data1.yaml": yaml.safe_dump(GOOD).encode(),
    }
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    modes: list[Literal["w", "w:gz", "w:bz2", "w:xz"]] = ["w", "w:gz", "w:bz2", "w:xz"]
    with tarfile.open(fileobj=tarred, mode=data.draw(st.sampled_from(modes))) as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    whole = data.draw(st.sampled_from([zipped, tarred])).getvalue()
    for content in (whole, damaged(whole, at, value, cut)):
        (tmp_path / "archive").write_bytes(content)
        said = ""
        try:
            hepdata.read(str(tmp_path / "archive"))
        except NuanomalyError as error:
            said = str(error)
        assert "\x1b" not in said


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A file of each binary format that `nuanomaly new` reads."""
    folder = tmp_path_factory.mktemp("binaries")
    np.save(folder / "a.npy", np.eye(3))
    np.savez_compressed(folder / "a.npz", a=np.eye(2), b=np.array([(1, 2.0)], [("n", "u8"), ("x", "f8")]))
    pd.DataFrame({"a": [0.5, 1.5], "n": np.array([1, 2], "u8")}).to_parquet(folder / "a.parquet")
    with uproot.recreate(folder / "a.root") as file:
        file["histogram"] = np.histogram(np.arange(5.0), bins=3)
        file["tree"] = {"x": np.arange(4.0)}
    return sorted(folder.iterdir())


@given(which=st.integers(0, 3), at=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 2000))
@fuzzed
def test_any_damage_of_a_binary_file(
    binaries: list[Path], tmp_path: Path, which: int, at: int, value: int, cut: int
) -> None:
    file = tmp_path / binaries[which].name
    file.write_bytes(damaged(binaries[which].read_bytes(), at, value, cut))
    with contextlib.suppress(NuanomalyError):
        reading.drafts(file)


@given(
    data=st.data(), new=VALUES, at=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 2000)
)
@fuzzed
def test_any_entry_and_any_table_of_a_stored_run(
    tmp_path: Path, data: st.DataObject, new: Any, at: int, value: int, cut: int
) -> None:
    folder = run_files.write(tmp_path / "run", {"sides": pd.DataFrame({"a": [0.5]})}, {"run": {"seed": 1}})
    good = json.loads((folder / runs.ABOUT).read_text("utf-8"))
    wrong = replaced(good, data.draw(st.sampled_from(places(good))), new)
    (folder / runs.ABOUT).write_text(json.dumps(wrong), "utf-8")
    runs.trouble(folder, {"seed": 1}, {})
    with contextlib.suppress(NuanomalyError):
        run_files.read(folder)
    content = damaged((folder / "sides.parquet").read_bytes(), at, value, cut)
    (folder / "sides.parquet").write_bytes(content)
    good["files"]["sides.parquet"]["sha256"] = runs.digest(folder / "sides.parquet")
    (folder / runs.ABOUT).write_text(json.dumps(good), "utf-8")
    with contextlib.suppress(NuanomalyError):
        run_files.read(folder)


AMENDED = {
    "schema": "1",
    "name": "tiny",
    "amendments": [
        {
            "id": "a",
            "versions": ["2020-r1"],
            "date": "2026-01-01",
            "reason": "It was asked.",
            "source": "a paper",
            "known_issues": [{"title": "T", "text": "t"}],
            "columns": {"ratios": {"ratio": "of rates"}},
            "energies": {"events": {"E": "neutrino"}},
            "modes": {"more": {"surface": {"kind": "table", "table": "ratios"}}},
            "disjoint": [{"mode": "more", "other": "best"}],
        }
    ],
}


@given(data=st.data(), new=VALUES)
@fuzzed
def test_any_entry_of_amendments(folder: Path, data: st.DataObject, new: Any) -> None:
    wrong = replaced(AMENDED, data.draw(st.sampled_from(places(AMENDED))), new)
    content = yaml.safe_dump(wrong, allow_unicode=True).encode("utf-8", "surrogatepass")
    with contextlib.suppress(NuanomalyError):
        amendments.parse(content, "tiny")
    (folder.parent / amendments.FILE).write_bytes(content)
    amendments._read.cache_clear()
    with contextlib.suppress(NuanomalyError):
        release.read(folder)


LOCKED = {"schema": "1", "releases": {"tiny@2020-r1": {"release.yaml": {"sha256": "0" * 64, "size": 1}}}}
ASKED = {
    "title": "Do they agree?",
    "model": "2nu-ee",
    "parameters": {"dm2_41": {"low": 0.1, "high": 1.0, "points": 3, "scale": "log"}},
    "datasets": {"gallium": {"title": "Gallium", "releases": ["gallium"], "mode": "bahcall"}},
    "key_numbers": [{"key": "pg.p_value", "label": "p", "format": "{:.2f}"}],
}


@given(data=st.data(), new=VALUES)
@fuzzed
def test_any_lock_file_and_any_question(tmp_path: Path, data: st.DataObject, new: Any) -> None:
    for good, name, read in (
        (LOCKED, "nuanomaly.lock", lockfile.read),
        (ASKED, "comparison.yaml", lambda file: own.read(file.parent)),
    ):
        wrong = replaced(good, data.draw(st.sampled_from(places(good))), new)
        text = yaml.safe_dump(wrong, allow_unicode=True)
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        said = ""
        try:
            read(tmp_path / name)
        except NuanomalyError as error:
            said = str(error)
        assert "\x1b" not in said
