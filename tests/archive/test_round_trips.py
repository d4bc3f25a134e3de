"""Every float64, integer, truth and text survives CSV and Parquet bit for bit."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError

COLUMNS = [
    tables.Column("x", "float64", "MeV", ""),
    tables.Column("y", "float64", "1", ""),
    tables.Column("n", "int64", "event", ""),
    tables.Column("yes", "bool", "1", ""),
    tables.Column("text", "string", "1", ""),
]
#: Everything but NUL, lone surrogates and carriage returns, which no CSV dialect keeps.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r"))
FORMATS = ["csv", "parquet"]


def there_and_back(frame: pd.DataFrame, columns: list[tables.Column], format: str) -> pd.DataFrame:
    content = tables.to_bytes(frame, columns, format)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{format}"
        path.write_bytes(content)
        found = tables.read(path, columns)
        columns_alone = tables.arrays(path, columns)
    assert tables.to_bytes(found, columns, format) == content
    for column in columns:
        array, series = columns_alone[column.name], found[column.name]
        assert not array.flags.writeable
        if column.type == "float64":
            assert bits(array) == bits(series)
        else:
            assert array.tolist() == series.tolist()
    return found


def bits(values: object) -> list[int]:
    """The bit patterns of float64; one for every NaN, whose payload says nothing."""
    array = np.asarray(values, np.float64)
    return np.where(np.isnan(array), np.int64(-1), array.view(np.int64)).tolist()


@pytest.mark.parametrize("format", FORMATS)
@given(values=stn.arrays(np.float64, st.integers(0, 30)))
def test_every_float64_survives(format: str, values: np.ndarray) -> None:
    found = there_and_back(pd.DataFrame({"x": values}), COLUMNS[:1], format)
    assert bits(found["x"]) == bits(values)


@pytest.mark.parametrize("format", FORMATS)
@given(
    rows=st.lists(
        st.tuples(st.floats(), st.floats(), st.integers(-(2**63), 2**63 - 1), st.booleans(), TEXTS),
        max_size=8,
    )
)
def test_every_row_survives(format: str, rows: list[tuple[float, float, int, bool, str]]) -> None:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    types = [tables.DTYPES[c.type] for c in COLUMNS]
    frame = pd.DataFrame(
        {c.name: pd.Series(list(v), dtype=t) for c, v, t in zip(COLUMNS, columns, types, strict=True)}
    )
    found = there_and_back(frame, COLUMNS, format)
    assert [bits(found[c]) for c in "xy"] == [bits(frame[c]) for c in "xy"]
    assert all(found[c].tolist() == frame[c].tolist() for c in ("n", "yes", "text"))
    assert [str(t) for t in found.dtypes] == types


def read_csv(tmp_path: Path, text: str, *types: str) -> pd.DataFrame:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return tables.read(path, [tables.Column(f"c{k}", t, "1", "") for k, t in enumerate(types)])


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("c0\n1.5\n", ["int64"]),
        ("c0\n\n1\n", ["int64"]),
        ("c0\nyes\n", ["bool"]),
        ("c0\nTrue\n", ["float64"]),
        ("c0\nabc\n", ["float64"]),
        ("c0,c1\n1.0,2.0,3.0\n", ["float64", "float64"]),
        ("c0,c1\n1.0\n", ["float64", "float64"]),
        ("c1,c0\n1.0,2.0\n", ["float64", "float64"]),
        ("c0,c0\n1.0,2.0\n", ["float64", "float64"]),
        ("", ["float64"]),
    ],
)
def test_what_would_be_converted_silently_is_an_error(tmp_path: Path, text: str, types: list[str]) -> None:
    with pytest.raises(NuanomalyError, match=r"table\.csv"):
        read_csv(tmp_path, text, *types)


def test_an_empty_cell_is_a_missing_number_and_an_empty_text(tmp_path: Path) -> None:
    frame = read_csv(tmp_path, 'c0,c1\n,""\n1.0,\n', "float64", "string")
    assert np.isnan(frame["c0"][0])
    assert frame["c1"].tolist() == ["", ""]


def test_words_that_often_mean_missing_are_texts(tmp_path: Path) -> None:
    frame = read_csv(tmp_path, "c0\nNA\nnull\nnan\nNone\n", "string")
    assert frame["c0"].tolist() == ["NA", "null", "nan", "None"]


@pytest.mark.parametrize("values", [[0.5], [np.nan], ["a"]])
def test_a_frame_of_another_type_is_not_written(values: list[object]) -> None:
    with pytest.raises(NuanomalyError, match=r"type|declared"):
        tables.to_bytes(pd.DataFrame({"n": values}), COLUMNS[2:3], "csv")
