"""make exchange: what is stored of the readers' verdicts, and the parts that need no reader."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from nuanomaly.archive import catalog, exporting, hepdata, hepdata_parts, loading, release
from nuanomaly.archive.exporting import croissant
from nuanomaly.archive.tables import expand_columns

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored() -> Any:
    return json.loads((ROOT / "docs" / "exchange.json").read_text("utf-8"))


def test_the_stored_verdicts_are_those_that_were_stored(stored: Any) -> None:
    from exchange import checksum, with_table

    assert stored["sha256"] == checksum(stored)
    stored["rows"][0]["values"] += 1
    assert stored["sha256"] != checksum(stored)
    stored["rows"][0]["values"] -= 1
    page = (ROOT / "docs" / "exchange.md").read_text("utf-8")
    assert with_table(page, stored) == page


def test_every_verdict_is_valid_and_equal_in_all_formats(stored: Any) -> None:
    assert len(stored["rows"]) >= 73
    assert stored["missing"] == []
    for row in stored["rows"]:
        assert set(row["formats"]) == {"hepdata", "rocrate", "datapackage", "croissant"}
        for format, verdict in row["formats"].items():
            assert verdict["problems"] == [], f"{row['release']} {format}"
            assert verdict["different"] == []
            assert verdict["equal"] == verdict["values"] == row["values"] > 0
        assert row["formats"]["hepdata"]["largest"] <= 10 * 1024**2


def test_what_was_judged_are_the_releases_of_the_ledger(stored: Any) -> None:
    """The others are announced: there is nothing of them yet that could be exported."""
    ledger = catalog.ledger_of(ROOT)
    announced = set(stored["announced"])
    assert ledger.keys() <= {row["release"] for row in stored["rows"]} | announced
    assert {loading.load(name).state for name in announced} == {"announced"}
    judged = {row["release"]: row["sha256"] for row in stored["rows"]}
    assert {name: sha256 for name, sha256 in judged.items() if ledger.get(name, sha256) != sha256} == {}


def test_verdicts_are_of_the_exporters_as_they_are(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import exchange

    monkeypatch.setattr(exchange, "version", lambda name: stored["versions"][name])
    for format in exchange.FORMATS:
        codes = {row["formats"][format]["exporter"] for row in stored["rows"]}
        assert codes == {exchange.exporter(format)}, f"make exchange: the exporter of {format} has changed"


# --- the readers themselves, on two small releases ---------------------------------------------------------

#: Text that looks like numbers, gaps and errors with two sides; a table in Parquet.
SMALL = ("best/2022-r1", "xenonnt-cevns/2026-r2")


@pytest.mark.parametrize("format", ["hepdata", "rocrate", "datapackage", "croissant"])
def test_its_reader_finds_an_export_valid_and_reads_what_the_release_holds(
    tmp_path: Path, format: str
) -> None:
    program = (
        "import sys; from pathlib import Path; import exchange; from nuanomaly.archive import release\n"
        "for n, folder in enumerate(sys.argv[3:]):\n"
        "    v = exchange.judge(release.read(Path(folder)), sys.argv[1], Path(sys.argv[2]) / str(n))\n"
        "    print('verdict', v.good, v.problems, v.different, v.values)\n"
    )
    folders = [str(ROOT / "datasets" / id) for id in SMALL]
    command = [sys.executable, "-W", "ignore", "-c", program, format, str(tmp_path), *folders]
    path = f"{ROOT / 'tools'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=True
    )
    verdicts = [line for line in done.stdout.splitlines() if line.startswith("verdict")]
    assert len(verdicts) == len(SMALL)
    for verdict in verdicts:
        assert verdict.startswith("verdict True [] []"), verdict
        assert int(verdict.split()[-1]) > 100


# --- HEPData in parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["bugey-3/1995-r1", "best/2022-r1"])
def test_a_submission_in_parts_is_read_as_the_tables_it_was(
    tmp_path: Path, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a limit of six thousand bytes many a table goes out in parts; each is below the limit."""
    original = release.read(ROOT / "datasets" / id)
    limit = 6_000
    monkeypatch.setattr(hepdata_parts.split, "__defaults__", (limit,))
    written = exporting.write(original, "hepdata", tmp_path / "out")
    parts = [path for path in written if "-of-" in path.name]
    assert len(parts) >= 2
    assert max(path.stat().st_size for path in written if path.name != "submission.yaml") <= limit
    read = {draft.name: draft for draft in hepdata.read(str(tmp_path / "out")).tables}
    assert set(read) == set(original.tables)
    for name in original.tables:
        frame = original.table(name)
        pd.testing.assert_frame_equal(read[name].frame[list(frame.columns)], frame, check_exact=True)


def test_a_part_that_is_missing_leaves_the_others_tables_of_their_own(tmp_path: Path) -> None:
    rows = [{"value": float(v)} for v in range(40)]
    table = {"dependent_variables": [{"header": {"name": "y"}, "values": rows}]}
    files = hepdata_parts.split(table, lambda t: yaml.safe_dump(t).encode(), 300)
    documents = []
    for number, (content, _) in enumerate(files, 1):
        (tmp_path / f"y-{number}.yaml").write_bytes(content)
        name = hepdata_parts.name("y", number, len(files))
        documents.append({"name": name, "data_file": f"y-{number}.yaml"})
    (tmp_path / "submission.yaml").write_text(yaml.safe_dump_all(documents), "utf-8")
    [whole] = hepdata.read(str(tmp_path)).tables
    assert whole.frame["y"].tolist() == list(range(40))
    assert len(whole.declared["originals"]) == len(files) + 1
    (tmp_path / "submission.yaml").write_text(yaml.safe_dump_all(documents[1:]), "utf-8")
    assert len(hepdata.read(str(tmp_path)).tables) == len(files) - 1


def test_a_row_above_the_limit_is_refused_in_words() -> None:
    table = {"dependent_variables": [{"header": {"name": "y"}, "values": [{"value": "x" * 500}]}]}
    with pytest.raises(ValueError, match="one row alone takes more than 300 bytes"):
        hepdata_parts.split(table, lambda t: yaml.safe_dump(t).encode(), 300)


def test_texts_that_look_like_numbers_come_back_as_texts(tmp_path: Path) -> None:
    original = release.read(ROOT / "datasets/cevns-experiments/2025-r1")
    exporting.write(original, "hepdata", tmp_path / "out")
    read = {draft.name: draft.frame for draft in hepdata.read(str(tmp_path / "out")).tables}
    assert "2003.10630" in read["cross-sections"]["arxiv"].tolist()


# --- Croissant ----------------------------------------------------------------------------------------------


def test_a_table_that_a_reader_of_csv_would_change_is_parquet(tmp_path: Path) -> None:
    original = release.read(ROOT / "datasets/cevns-experiments/2025-r1")
    written = {path.name for path in exporting.write(original, "croissant", tmp_path / "out")}
    assert "cross-sections.parquet" in written
    read = pd.read_parquet(tmp_path / "out" / "cross-sections.parquet")
    assert read["arxiv"].tolist() == original.table("cross-sections")["arxiv"].tolist()
    declared = json.loads((tmp_path / "out" / "croissant.json").read_text("utf-8"))
    media = {f["@id"]: f["encodingFormat"] for f in declared["distribution"]}
    assert media["cross-sections.parquet"] == "application/x-parquet"
    for file in declared["distribution"]:
        if file["@id"].endswith(".csv"):
            table = next(
                r
                for r in declared["recordSet"]
                if r["field"][0]["source"]["fileObject"]["@id"] == file["@id"]
            )
            guessed = pd.read_csv(tmp_path / "out" / file["@id"])
            for column in expand_columns(original.declared(table["@id"])["columns"]):
                held = original.table(table["@id"])[column.name]
                assert np.array_equal(guessed[column.name].to_numpy(), held.to_numpy())


def test_the_context_is_the_one_that_readers_of_croissant_know() -> None:
    assert len(croissant._CONTEXT) == 36
    assert croissant._CONTEXT["examples"] == {"@id": "cr:examples", "@type": "@json"}
