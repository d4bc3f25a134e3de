"""new: what physicists have is read, and what is not read is said why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import uproot

from nuanomaly.archive import reading, release, root_files, tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.guessing import Draft

ROOT = Path(__file__).resolve().parents[2]
COVARIANCE = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])


def text(folder: Path, content: str, name: str = "file.txt") -> list[Draft]:
    (folder / name).write_text(content, "utf-8")
    return reading.drafts(folder / name)


def written(folder: Path, **objects: Any) -> dict[str, Draft]:
    """The tables of a ROOT file with these objects, by name."""
    with uproot.recreate(folder / "data.root") as file:
        for name, value in objects.items():
            file[name] = value
    return {draft.name: draft for draft in reading.drafts(folder / "data.root")}


# --- text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", ["1\t2\t3\n4\t5\t6\n", "1 \t2\t\t3\n4\t5 6\n", "\t1\t2\t3\t\n\t4\t5\t6\t\n"]
)
def test_a_matrix_is_one_whatever_blanks_and_tabs_align_it(tmp_path: Path, content: str) -> None:
    [draft] = text(tmp_path, content)
    assert draft.frame.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_gap_between_tabs_stays_a_gap(tmp_path: Path) -> None:
    [draft] = text(tmp_path, "E\ty\n1\t2\n3\t\n")
    assert np.isnan(draft.frame["y"][1])


def test_each_block_of_a_text_is_a_table(tmp_path: Path) -> None:
    first, second = text(tmp_path, "# edges\n200 300 375\n\n# covariance\n2.0 0.5\n0.5 1.0D+00\n", "mb.dat")
    assert (first.name, second.name) == ("mb-1", "mb-2")
    assert first.frame["c0"].tolist() == [200, 300, 375]
    assert second.kind == "covariance"
    assert second.frame.to_numpy().tolist() == [[2.0, 0.5], [0.5, 1.0]]


def test_a_matrix_that_is_written_on_from_line_to_line_is_one(tmp_path: Path) -> None:
    numbers = [repr(v) for v in COVARIANCE.ravel().tolist()]
    lines = "\n".join(" ".join(numbers[k : k + 5]) for k in range(0, 9, 5))
    [draft] = text(tmp_path, lines)
    assert draft.kind == "covariance"
    assert draft.frame.to_numpy().tolist() == COVARIANCE.tolist()
    [vector] = text(tmp_path, "1 2 3\n4 5 6\n7 8\n")
    assert vector.frame["c0"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("# a comment\n", "holds nothing but comments"),
        ("E y\n", "has a header and no rows"),
        ("3.5\n", "holds a single number"),
        ("E y\n1 2\n3 4 5\n", "line 3 has 3 cells where the header has 2"),
    ],
)
def test_why_a_text_is_no_table_is_said(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(NuanomalyError, match=reason):
        text(tmp_path, content)


# --- numpy and Parquet --------------------------------------------------------------------------------------


def test_arrays_of_numpy_are_tables_bit_for_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(size=(4, 2))
    np.save(tmp_path / "a.npy", values)
    [draft] = reading.drafts(tmp_path / "a.npy")
    assert draft.frame.to_numpy().tobytes() == values.tobytes()
    np.savez(tmp_path / "b.npz", cov=COVARIANCE, edges=np.arange(4))
    cov, edges = reading.drafts(tmp_path / "b.npz")
    assert (cov.name, cov.kind, edges.name, edges.frame["c0"].tolist()) == (
        "b-cov",
        "covariance",
        "b-edges",
        [0, 1, 2, 3],
    )
    named = np.array([(1.5, 2, True)], dtype=[("E_MeV", "f8"), ("n", "i4"), ("good", "?")])
    np.save(tmp_path / "c.npy", named)
    [table] = reading.drafts(tmp_path / "c.npy")
    assert [(c["name"], c.get("type"), c["unit"]) for c in table.columns] == [
        ("E_MeV", None, "MeV"),
        ("n", "int64", "TODO"),
        ("good", "bool", "1"),
    ]


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(NuanomalyError, match="pickle, which is never opened"):
        reading.drafts(tmp_path / "a.npy")


def test_what_is_no_column_or_matrix_says_its_shape(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 4)))
    with pytest.raises(NuanomalyError, match=r"float64 \(2, 3, 4\)"):
        reading.drafts(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "content", [b"\x93NUMPY\x01\x00broken", b"PAR1 and no more", b"PK\x03\x04zz", b"root\0 and no more!"]
)
def test_a_broken_file_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(NuanomalyError, match="can"):
        reading.drafts(tmp_path / "file")


@pytest.mark.parametrize("table", ["best/2022-r1:cross-sections", "bugey-3/1995-r1:ratios"])
def test_parquet_of_the_archive_comes_back_as_it_was(tmp_path: Path, table: str) -> None:
    id, _, name = table.partition(":")
    original = release.read(ROOT / "datasets" / id)
    name = name if name in original.tables else original.tables[0]
    columns = tables.expand_columns(original.declared(name)["columns"])
    (tmp_path / "t.parquet").write_bytes(tables.to_bytes(original.table(name), columns, "parquet"))
    [draft] = reading.drafts(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(draft.frame, original.table(name), check_exact=True)
    assert [c.get("type", "float64") for c in draft.columns] == [c.type for c in columns]


# --- ROOT ---------------------------------------------------------------------------------------------------


def test_a_histogram_of_root_is_bins_with_errors_and_overflow(tmp_path: Path) -> None:
    from uproot.writing.identify import to_TAxis, to_TH1x

    edges = np.array([0.2, 0.3, 0.475])
    axis = to_TAxis("xaxis", "Reconstructed energy [GeV]", 2, 0.2, 0.475, fXbins=edges)
    content = np.array([1.0, 4.0, 9.0, 2.0])
    histogram = to_TH1x("nue", "events", content, 13, 13, 13, 0, 0, content, axis)
    found = written(tmp_path, nue=histogram)["data-nue"]
    assert found.kind == "bins"
    low, high, value, error = found.columns
    assert (low["name"], low["unit"], high["name"]) == (
        "Reconstructed_energy_low",
        "GeV",
        "Reconstructed_energy_high",
    )
    assert found.frame[high["name"]].tolist() == [0.3, 0.475]
    assert found.frame["value"].tolist() == [4.0, 9.0]
    assert found.frame["error"].tolist() == [2.0, 3.0]
    assert (value["role"], error["of"]) == ("value", "value")
    assert "1.0 below the first bin and 2.0 above the last" in found.declared["note"]


def test_a_histogram_in_two_dimensions_is_a_covariance_or_rows_of_bins(tmp_path: Path) -> None:
    edges = np.array([0.0, 1.0, 2.0, 4.0])
    found = written(
        tmp_path, cov=(COVARIANCE, edges, edges), response=(np.arange(6.0).reshape(3, 2), edges, edges[:3])
    )
    assert found["data-cov"].kind == "covariance"
    assert found["data-cov"].frame.to_numpy().tolist() == COVARIANCE.tolist()
    rows = found["data-response"].frame
    assert rows["value"].tolist() == [0, 1, 2, 3, 4, 5]
    assert rows.iloc[3].tolist()[:4] == [1.0, 2.0, 1.0, 2.0]


def test_graphs_and_flat_trees_are_tables(tmp_path: Path) -> None:
    graph = uproot.as_TGraph({"x": [1.0, 2.0], "y": [3.0, 4.0]})
    found = written(tmp_path, limit=graph, tree={"E": np.array([1.5, 2.5]), "n": np.array([1, 2])})
    assert found["data-limit"].frame.to_dict("list") == {"x": [1.0, 2.0], "y": [3.0, 4.0]}
    assert found["data-tree"].frame.to_dict("list") == {"E": [1.5, 2.5], "n": [1, 2]}


class Stored:
    """A matrix as ROOT stores it."""

    def __init__(self, elements: Any, size: int) -> None:
        self.members = {"fNrows": size, "fNcols": size, "fElements": elements}

    def member(self, name: str) -> Any:
        return self.members[name]


def test_a_symmetric_matrix_of_root_is_whole_though_its_triangle_is_stored() -> None:
    triangle = Stored(COVARIANCE[np.triu_indices(3)], 3)
    assert root_files._matrix(triangle).tolist() == COVARIANCE.tolist()
    assert root_files._matrix(Stored(COVARIANCE.ravel(), 3)).tolist() == COVARIANCE.tolist()


def test_a_root_file_without_tables_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match="holds TObjString: no histogram, graph"):
        written(tmp_path, word="nothing to fit")


def test_a_release_is_made_of_files_of_all_kinds(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "files"
    source.mkdir()
    written(source, flux=(np.array([1.0, 2.0]), np.array([0.0, 1.0, 3.0])))
    np.save(source / "cov.npy", COVARIANCE)
    (source / "rates.txt").write_text("1 2\n3 4\n")
    (source / "paper.pdf").write_bytes(b"%PDF-1.4")
    archive = tmp_path / "archive"
    (archive / "datasets").mkdir(parents=True)
    (archive / "schemas").symlink_to(ROOT / "schemas")
    (archive / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n')
    done = run("new", "toy", "2020-r1", "--from", source, archive=archive)
    assert done.code == 0, done.err
    assert "paper.pdf: is a PDF; named as an original" in done.out
    made = release.read(archive / "datasets" / "toy" / "2020-r1")
    assert set(made.tables) == {"cov", "data-flux", "rates"}
    assert made.matrix("cov").tolist() == COVARIANCE.tolist()


@pytest.mark.parametrize("first", ["1 2 1*3", "1.0E+00 ********", "1 2 3 T"])
def test_a_first_row_of_numbers_that_cannot_all_be_read_is_not_lost_as_a_header(
    tmp_path: Path, first: str
) -> None:
    file = tmp_path / "table.txt"
    file.write_text(f"{first}\n{' '.join('4' for _ in first.split())}\n")
    with pytest.raises(NuanomalyError, match="first row is part numbers, part text"):
        reading.drafts(file)


def test_a_text_may_begin_with_the_word_root(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("root_s,N\n1,2\n3,4\n")
    (draft,) = reading.drafts(file)
    assert draft.frame["N"].tolist() == [2, 4]
