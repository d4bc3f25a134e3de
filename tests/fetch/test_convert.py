"""Tables in other formats: every number as it was."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.fetch import fetch

Make = Callable[..., Path]


def column(folder: Path, format: str) -> list[float]:
    file = folder / f"events.{format}"
    if format == "json":
        special = {None: math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
        return [special.get(v, v) for v in json.loads(file.read_text("utf-8"))["data"]["E"]]
    if format == "csv":
        return [float(line or "nan") for line in file.read_text("utf-8").splitlines()[1:]]
    return list(pd.read_parquet(file)["E"])


@pytest.mark.parametrize("format", ["csv", "parquet", "json"])
@given(values=st.lists(st.floats(allow_nan=False), min_size=2, max_size=20))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_float_survives_bit_for_bit(
    machine: Path,
    tmp_path_factory: pytest.TempPathFactory,
    make_release: Make,
    format: str,
    values: list[float],
) -> None:
    root = tmp_path_factory.mktemp("archive")
    make_release(root, state="draft", events="\n".join(map(repr, values)))
    folder = fetch("tiny", root / "out", format=format, sources=[str(root)])
    assert np.array(column(folder, format)).tobytes() == np.array(values).tobytes()


def test_converted_tables_lie_beside_what_is_known_of_them(
    machine: Path, mirrored: Path, tmp_path: Path
) -> None:
    folder = fetch("tiny", tmp_path / "out", format="json", sources=[str(mirrored)])
    assert folder == tmp_path / "out" / "tiny" / "2020-r1"
    about = json.loads((folder / "release.json").read_text("utf-8"))
    assert about["tables"]["events"]["file"] == "events.json"
    assert "sha256" not in about["tables"]["events"]
    table = json.loads((folder / "ratios.json").read_text("utf-8"))
    assert table["columns"][0] == {
        "name": "ratio",
        "type": "float64",
        "unit": "1",
        "meaning": "measured over expected",
    }
    assert table["data"] == {"ratio": [0.1, 0.1 + 0.2, None], "label": ["a", "b", "c"]}


def test_without_a_folder_converted_tables_go_to_the_cache(machine: Path, mirrored: Path) -> None:
    folder = fetch("tiny", format="parquet", sources=[str(mirrored)])
    assert folder == machine / "converted" / "parquet" / "tiny" / "2020-r1"
    assert sorted(p.name for p in folder.iterdir()) == ["events.parquet", "ratios.parquet", "release.json"]


def test_converting_again_replaces_the_folder(machine: Path, mirrored: Path, tmp_path: Path) -> None:
    folder = fetch("tiny", tmp_path, format="csv", sources=[str(mirrored)])
    (folder / "events.csv").write_text("old")
    assert fetch("tiny", tmp_path, format="csv", sources=[str(mirrored)]) == folder
    assert (folder / "events.csv").stat().st_size > 1000
    assert [p.name for p in folder.parent.iterdir()] == ["2020-r1"]


def test_an_unknown_format_names_the_known_ones(machine: Path, mirrored: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown format 'parqet': did you mean 'parquet'"):
        fetch("tiny", format="parqet", sources=[str(mirrored)])
