"""Whatever stands in a file from outside: it is read, or one sentence says why not; nothing else comes out.

`make fuzz` runs 20,000 examples, `make test` 300.
"""

import contextlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanomaly.archive import guessing, hepdata, release, tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetch import fetch
from nuanomaly.archive.fetching import index

EXAMPLES = int(os.environ.get("NUANOMALY_FUZZ", "60"))
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
