"""The MicroBooNE importers, on small files in the formats of HEPData."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from importers import microboone, microboone_two_beams

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load


def variable(name: str, values: list[Any]) -> dict[str, Any]:
    return {"header": {"name": name}, "values": [v if isinstance(v, dict) else {"value": v} for v in values]}


def spectrum(title: str, *, lee: bool) -> dict[str, Any]:
    columns = {"Data": [3, 5], "Unconstrained Background Prediction": [1.5, 2.25]}
    columns["Unconstrained Signal+Background Prediction"] = [3.5, 4.25]
    if lee:
        columns["Unconstrained Signal+Background+LEE(x=1) Prediction"] = [3.5, 6.0]
    edges = [{"low": 0.0, "high": 0.1}, {"low": 0.1, "high": 0.2}]
    return {
        "independent_variables": [variable("energy", edges)],
        "dependent_variables": [variable(f"{title} {name}", values) for name, values in columns.items()],
    }


def matrix(size: int) -> dict[str, Any]:
    rows, columns = np.divmod(np.arange(size**2), size)
    return {
        "independent_variables": [variable("row", rows.tolist()), variable("column", columns.tolist())],
        "dependent_variables": [variable("Covariance", (10.0 * rows + columns).tolist())],
    }


ARGUMENTS: dict[str, Any] = {
    "folder": ".",
    "channels": {"nue-cc-fc": "nue.yaml", "numu-cc-fc": "numu.yaml"},
    "constrained": "nue.yaml",
    "constrained_covariance": "matrix.yaml",
    "covariances": {"covariance_x_00": "matrix.yaml"},
    "efficiencies": {"nue-cc-fc": "efficiency.yaml"},
    "migrations": {"migration_nue_cc_fc": "matrix.yaml"},
}


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    efficiency = {
        "independent_variables": [variable("energy", [{"low": 0.2, "high": 0.54}])],
        "dependent_variables": [variable("e", [{"value": 0.25, "errors": [{"symerror": "1e-05"}]}])],
    }
    contents = {
        "nue": spectrum(r"$\nu_e$CC FC", lee=True),
        "numu": spectrum(r"$\nu_\mu$CC FC", lee=False),
        "matrix": matrix(3),
        "efficiency": efficiency,
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content), "utf-8")
    return tmp_path


def test_columns_are_known_by_their_headers(originals: Path) -> None:
    found = microboone.tables(originals, **ARGUMENTS)["channels"]
    assert found["channel"].tolist() == ["nue-cc-fc"] * 2 + ["numu-cc-fc"] * 2
    assert found["data"].tolist() == [3, 5, 3, 5]
    assert found["background"].tolist() == [1.5, 2.25] * 2
    assert found["prediction"].tolist() == [3.5, 4.25] * 2


def test_a_channel_without_a_template_is_the_same_with_it(originals: Path) -> None:
    found = microboone.tables(originals, **ARGUMENTS)["channels"]
    assert found["prediction_lee"].tolist() == [3.5, 6.0, 3.5, 4.25]


def test_a_number_that_yaml_takes_for_text_is_a_number(originals: Path) -> None:
    assert microboone.tables(originals, **ARGUMENTS)["efficiency"]["error"].tolist() == [1e-5]


def test_entries_of_a_matrix_are_placed_by_their_indices(originals: Path) -> None:
    content = matrix(3)
    for part in ("independent_variables", "dependent_variables"):
        for entry in content[part]:
            entry["values"].reverse()
    (originals / "matrix.yaml").write_text(yaml.safe_dump(content), "utf-8")
    found = microboone.tables(originals, **ARGUMENTS)["covariance_x_00"].to_numpy()
    assert found.tolist() == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]


def test_the_importer_gives_the_declared_columns(originals: Path) -> None:
    release = load("microboone-lee@2021-r1")
    found = microboone.tables(originals, **ARGUMENTS)
    for name in ("channels", "constrained", "efficiency"):
        declared = tables.expand_columns(release.declared(name)["columns"])
        assert list(found[name].columns) == [c.name for c in declared], name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dependent_variables": [variable("strange", [1, 2])]}, "the dependent variable 'strange'"),
        ({"dependent_variables": [variable("Data", [1])]}, "has 1 values, there are 2 bins"),
        ({"dependent_variables": [variable("Data", [1, {"x": 2}])]}, "a value has no number 'value'"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_named(
    originals: Path, change: dict[str, Any], message: str
) -> None:
    content = {**spectrum("x", lee=False), **change}
    (originals / "nue.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(NuanomalyError, match=message) as error:
        microboone.tables(originals, **ARGUMENTS)
    assert "nue.yaml" in str(error.value)


def test_a_matrix_with_an_entry_twice_is_refused(originals: Path) -> None:
    content = matrix(3)
    content["independent_variables"][0]["values"][3] = {"value": 0}
    (originals / "matrix.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(NuanomalyError, match="one is there twice"):
        microboone.tables(originals, **ARGUMENTS)


# --- two beams ----------------------------------------------------------------------------------------------


CHANNELS = ["bnb-nue-cc-fc", "numi-numu-cc-fc"]
FILES = {"channels": "channels.csv", "constrained": "constrained.csv", "covariance": "covariance.csv"}


def block(title: str, bins: int, value: float) -> str:
    rows = "".join(f"{i + 0.5},{i},{i + 1},{value * i}\n" for i in range(bins))
    return f"Bin index,Bin index LOW,Bin index HIGH,{title} [counts per bin]\n{rows}\n"


@pytest.fixture
def two_beams(tmp_path: Path) -> Path:
    names = ("Data", "Background", "Signal + Background")
    constrained = ("Data", "Constrained Background", "Constrained Signal + Constrained Background")
    for file, bins, titles in (("channels", 52, names), ("constrained", 26, constrained)):
        text = "#: comment\n" + "".join(block(t, bins, k + 1.0) for k, t in enumerate(titles))
        (tmp_path / f"{file}.csv").write_text(text, "utf-8")
    rows = "".join(f"{i},{j},{100 * i + j}\n" for i in range(52) for j in range(52))
    (tmp_path / "covariance.csv").write_text(f"bin index column,bin index row,Covariance\n{rows}", "utf-8")
    return tmp_path


def test_blocks_become_columns_and_bins_of_channels(two_beams: Path) -> None:
    found = microboone_two_beams.tables(two_beams, folder=".", files=FILES, channels=CHANNELS)
    last = found["channels"].iloc[-1]
    assert last.tolist() == ["numi-numu-cc-fc", 25, 2500.0, 51, 102.0, 153.0]
    assert found["constrained"]["channel"].unique().tolist() == ["bnb-nue-cc-fc"]
    assert found["covariance"].to_numpy()[3, 17] == 317.0


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("channels.csv", block("Strange", 52, 1.0), "a block 'Strange' of 52 lines is not known"),
        ("channels.csv", block("Data", 51, 1.0), "a block 'Data' of 51 lines is not known"),
        ("covariance.csv", "a,b,c\n1,2\n", "line 2: 2 numbers do not fit the header above"),
        ("covariance.csv", "a,b,c\n1,2,x\n", "line 2: could not convert"),
        ("covariance.csv", "a,b,c\n1,2,3\n", "not every pair of 52 bins is there once"),
    ],
)
def test_a_block_that_is_not_as_it_must_be_is_named(
    two_beams: Path, file: str, text: str, message: str
) -> None:
    (two_beams / file).write_text(text, "utf-8")
    with pytest.raises(NuanomalyError, match=message):
        microboone_two_beams.tables(two_beams, folder=".", files=FILES, channels=CHANNELS)
