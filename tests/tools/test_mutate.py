"""Changed digits: they are seeded, one at a time, sealed, noticed by somebody or nobody, and mended again."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import mutate  # tools/ is on the path, as the package in it is installed from there
import mutated
import mutations
import pytest

from nuanomaly.archive import release

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mutate.Bench:
    made = mutate.Bench(ROOT, tmp_path)
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(made.whole))
    return made


@pytest.fixture(scope="module")
def numbers() -> mutated.Numbers:
    return mutated.Numbers(ROOT)


def change(release: str, table: str, row: int, column: str, old: str, new: str) -> mutate.Change:
    return mutate.Change(release, table, row, column, old, new, 1)


@pytest.mark.slow
def test_who_notices_a_digit(bench: mutate.Bench) -> None:
    folder = bench.whole / "datasets" / "karmen" / "2002-r1"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    table = mutate.readers(release.read(folder))["spectrum"]
    count = change("karmen@2002-r1", "spectrum", 0, "observed", "3", "9")
    edge = change("karmen@2002-r1", "spectrum", 3, "energy_low", "28", "78")
    assert mutations.kind(bench.judged(count, table)) == "benchmark"
    assert mutations.kind(bench.judged(edge, table)) == "validation"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_changes_are_the_same_for_the_same_seed() -> None:
    result = release.read(ROOT / "datasets" / "karmen" / "2002-r1")
    reading = {result.id: {"spectrum": mutate.Readers(("default",), ())}}
    first, again, other = (mutate.changes([result], reading, 20, seed) for seed in (1, 1, 2))
    assert first == again != other
    for one in first:
        assert sum(a != b for a, b in zip(one.old, one.new, strict=True)) == 1
        assert 1 <= one.digit <= mutate.DIGITS


def test_a_digit_of_parquet_and_of_csv_is_changed_alone() -> None:
    for name, table in (("lsnd/2001-r1", "likelihood"), ("karmen/2002-r1", "spectrum")):
        result = release.read(ROOT / "datasets" / name)
        one = mutate.drawn(result, table, random.Random(3))
        entry = result.declared(table)
        content = mutate.changed((result.folder / entry["file"]).read_bytes(), entry, one)
        from nuanomaly.archive import tables

        frame = tables.read(Path(entry["file"]), tables.expand_columns(entry["columns"]), content)
        differ = frame.ne(result.table(table))
        assert int(differ.to_numpy().sum()) == 1
        assert bool(differ.loc[one.row, one.column])
        assert float(frame.loc[one.row, one.column]) == float(one.new)


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    before = dict(os.environ)
    first = mutate.Record(record, "key")
    assert list(mutate.run(ROOT, 2, 7, ["ccfr"], first, end=0.0)) == []
    done = mutate.run(ROOT, 2, 7, ["ccfr"], first)
    one = next(done)
    done.close()
    assert dict(os.environ) == before
    again = mutate.Record(record, "key")
    assert again.changes == [one]
    assert again.readers == first.readers
    judged = list(mutate.run(ROOT, 2, 7, ["ccfr"], again))
    assert judged[0] == one
    assert len(judged) == 2
    assert len(record.read_text().splitlines()) == 1 + 1 + 2
    assert mutate.Record(record, "another archive").changes == []


def test_only_what_nobody_noticed_is_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = change("ccfr@1984-r1", "ratio", 15, "energy", "61.06", "81.06")
    known = replace(change("ccfr@1984-r1", "ratio", 3, "ratio", "1.0", "2.0"), noticed="benchmark x")
    file = tmp_path / "changes.json"
    file.write_text(mutations.written([known, silent], {"seed": 1}), "utf-8")
    results = mutate.stored(file)
    assert results == [known, silent]
    record = mutate.Record(tmp_path / "record.jsonl", "key")
    asked = []

    def noticed(self: mutated.Numbers, one: mutate.Change) -> str:
        asked.append(one)
        return "STEP_BROKEN"

    monkeypatch.setattr(mutated.Numbers, "noticed", noticed)
    assert [one.noticed for one in mutate.again(ROOT, results, record)] == ["STEP_BROKEN"]
    assert asked == [silent]
    assert [one.noticed for one in results] == ["benchmark x", "STEP_BROKEN"]
    later = mutate.stored(file)
    assert list(mutate.again(ROOT, later, mutate.Record(tmp_path / "record.jsonl", "key"))) == [results[1]]
    assert asked == [silent], "the record has it, of this very program"


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (change("danss@2018-r1", "flux", 42, "u238", "0.356409", "0.856409"), "COPY_DIFFERS"),
        (
            change("prospect@2021-r2", "segment-response", 773, "t80", "1.77793e-05", "1.17793e-05"),
            "REVISION_DIFFERS",
        ),
        (change("danss@2018-r1", "ratio", 18, "bin", "18", "17"), "STEP_BROKEN"),
        (change("lsnd-counts@2001-r1", "response", 282, "truth", "51", "61"), "ROW_MISPLACED"),
        (change("daya-bay@2016-r1", "spectra", 101, "li_he", "13.34", "10.34"), "RELATION_BROKEN"),
        (change("daya-bay@2022-r1", "pulls", 44, "sigma", "0.008", "0.003"), "GROUP_DIFFERS"),
        (change("e776-limit@1992-r1", "measurement", 0, "error", "0.0009119", "0.0009019"), ""),
    ],
)
def test_a_changed_number_is_judged_without_being_written(
    numbers: mutated.Numbers, one: mutate.Change, code: str
) -> None:
    assert numbers.noticed(one) == code


def test_the_page_shows_what_is_stored() -> None:
    stored = json.loads((ROOT / "docs" / "mutations.json").read_text("utf-8"))
    changes = [mutate.Change(*each) for each in stored["each"]]
    content = {"seed": stored["seed"], "asked": stored["asked"], **mutate.summary(changes)}
    assert content == {key: value for key, value in stored.items() if key != "each"}
    page = (ROOT / "docs" / "mutations.md").read_text("utf-8")
    assert mutate.with_table(page, content) == page
    assert stored["judged"] == len(changes) <= stored["asked"] == 1000
