"""The explorer's page: what it is declared from, what it holds, what it weighs."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.datasets import resolve
from nuanomaly.report import declaration
from nuanomaly.report.explorer import declared, page
from nuanomaly.report.explorer.critical import critical_values
from nuanomaly.report.explorer.declared import Choice, DataSet, Declared
from nuanomaly.report.explorer.encoding import decoded, encoded
from nuanomaly.report.explorer.entries import digest, names_of, ranks
from nuanomaly.report.workers import pool

SMALL = Declared(
    {"map": (0.5, 3.0), "wide": (0.3, 12.0)},
    (1e-5, 0.3),
    (
        DataSet("karmen", "KARMEN", "appearance", ("map", "wide"), (Choice("karmen@2002-r1", ""),)),
        DataSet(
            "carbon",
            "νe on carbon",
            "disappearance",
            ("map", "wide"),
            (
                Choice("nue-carbon@2012-r1:karmen", "KARMEN alone"),
                Choice("nue-carbon@2012-r1:lsnd", "LSND alone"),
            ),
        ),
        DataSet("ccfr", "CCFR", "disappearance", (), (Choice("ccfr@1984-r1", ""),)),
        DataSet(
            "stereo",
            "STEREO",
            "disappearance",
            ("map", "wide"),
            (Choice("stereo@2019-r1", ""), Choice("stereo-process@2019-r1", "")),
        ),
    ),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explorer")
    return page.write(folder / "site", declared=SMALL, kept=folder / "kept")


def tables(file: Path) -> dict:
    [text] = re.findall(r'id="tables">(.*?)</script>', file.read_text("utf-8"), re.S)
    return json.loads(text.replace("<\\/", "</"))


def test_the_page_is_one_file_that_asks_for_nothing_from_elsewhere(built: Path) -> None:
    text = built.read_text("utf-8")
    assert "<script src" not in text
    assert re.findall(r"<link(?! rel=\"icon\" href=\"data:)", text) == []
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|importScripts)\s*\(", page.script())
    assert "Redistribution and use in source and binary forms" in text
    assert "https://d3js.org" in page.d3()[:100]


def test_a_page_whose_tables_are_made_by_two_processes_has_the_same_bytes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr(declared, "read", lambda: SMALL)
    monkeypatch.setattr(page, "KEPT", kept)
    with pool(2) as processes, ThreadPoolExecutor(2) as attendants:
        tasks = page.tables(processes)
        assert len(tasks) == 6
        for done in [attendants.submit(task) for task in tasks]:
            done.result()
        assert page.tables(processes) == []
        assert page.relate(processes)
    assert {file.name for file in kept.iterdir()} == set(names_of(SMALL))
    again = page.write(tmp_path, declared=SMALL, kept=kept)
    assert again.read_bytes() == built.read_bytes()


def test_kept_tables_are_those_of_what_they_are_made_from(built: Path) -> None:
    karmen, other = SMALL.datasets[0].choices[0], SMALL.datasets[1].choices[1]
    wider = Declared({"map": (0.4, 3.0)}, SMALL.mixing, SMALL.datasets)
    digests = {digest(karmen, SMALL), digest(other, SMALL), digest(karmen, wider)}
    assert len(digests) == 3
    assert (built.parent.parent / "kept" / f"{digest(karmen, SMALL)}.json").is_file()
    assert digest(karmen, SMALL) == digest(karmen, SMALL)


def test_what_is_kept_of_other_declarations_is_removed(built: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(built.parent.parent / "kept", kept)
    (kept / "of-an-older-program.json").write_text("{}", "utf-8")
    page.write(tmp_path, declared=SMALL, kept=kept)
    assert sorted(file.name for file in kept.iterdir()) == sorted(names_of(SMALL))


def test_ranks_are_those_of_compare(built: Path) -> None:
    about = tables(built)
    for name in ("map", "wide"):
        assert about["ranks"][name]["product"] == 2
        assert about["ranks"][name]["e"] == 2
        assert about["ranks"][name]["e+product"] == 3
    ccfr = about["datasets"][2]["choices"][0]
    assert (ccfr["depends"], about["datasets"][2]["chosen"]) == ("mu", [])
    assert about["datasets"][0]["choices"][0]["ranks"] == {"map": 2, "wide": 2}


def test_a_map_that_ends_is_offered_where_it_reaches_and_takes_its_declared_value_beyond(built: Path) -> None:
    read, process = tables(built)["datasets"][3]["choices"]
    assert (read["covers"], read["beyond"]) == (["map"], None)
    assert (process["covers"], process["beyond"]) == (["map", "wide"], 9.0)
    assert process["limits"] == pytest.approx([0.3, 9.7], abs=0.06)
    assert process["spectrum"] is None
    # the engine's value beyond the map, as the page takes it
    [likelihood] = resolve("stereo-process@2019-r1")
    point = {"Ue4_sq": 0.1, "Umu4_sq": 0.0}
    assert likelihood.chi2("3+1", dm2_41=11.0, **point) == pytest.approx(process["beyond"])
    assert likelihood.chi2("3+1", dm2_41=1.7, **point) > 50.0


def test_the_rank_of_slow_waves_is_that_of_compare() -> None:
    """CCFR knows one combination alone of the two, but for waves of more than 2 eV²."""
    read = declared.read()
    [ccfr] = resolve("ccfr@1984-r1")
    grid = {
        "dm2_41": (*read.ranges["map"], 12, "log"),
        "Ue4_sq": (*read.mixing, 12, "log"),
        "Umu4_sq": (*read.mixing, 12, "log"),
    }
    engine = Analysis(["karmen", "ccfr"], "3+1", grid=grid).compare()
    assert engine.parts[1].rank == ranks([ccfr], read.ranges["map"], read.mixing) == 2


def test_every_choice_has_its_table_and_its_spectrum(built: Path) -> None:
    for dataset in tables(built)["datasets"]:
        for choice in dataset["choices"]:
            values = decoded(choice["table"]["values"])
            assert values.shape == (
                decoded(choice["table"]["knots"]).size,
                *(len(n["values"]) for n in choice["table"]["nodes"]),
            )
            assert set(choice["errors"]) == set(choice["covers"])
            # a map bends between its nodes: the most that a table of one may be off
            assert max(choice["errors"].values()) < (0.03 if dataset["key"] == "stereo" else 0.01)
            if dataset["key"] == "stereo":
                continue  # a map has none
            levels = decoded(choice["spectrum"]["levels"])
            assert levels.shape[-1] == choice["bins"] == len(choice["spectrum"]["data"])
            panels = choice["spectrum"]["panels"]
            assert sum(len(p["names"]) for p in panels) == choice["bins"]
            # a reader sees experiments, and what each axis is of
            assert {p["title"] for p in panels} <= {"CCFR", "KARMEN", "KARMEN and LSND"}
            assert {p["value"] for p in panels} <= {"ratio", "events per bin"}


def test_a_page_that_grows_too_heavy_is_refused(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LARGEST", 1000)
    with pytest.raises(NuanomalyError, match=r"bytes, more than 1,000: leave choices out"):
        page.write(tmp_path, declared=SMALL, kept=built.parent.parent / "kept")


def test_without_d3_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_SHIPS", "a-package-that-nobody-has")
    with pytest.raises(NuanomalyError, match="pip install"):
        page.d3()


def test_the_declaration_holds_the_data_sets_of_the_global_page() -> None:
    read = declared.read()
    offered = {name for dataset in read.datasets for choice in dataset.choices for name in choice.releases}
    tested = declaration.read(declaration.folders()["appearance-vs-disappearance"])
    assert {r for d in tested.datasets.values() for r in d.releases} <= offered
    modes = {c.reference for c in next(d for d in read.datasets if d.key == "rates").choices}
    assert "reactor-rates@2020-r1:summation-short-baseline" in modes
    assert len({dataset.key for dataset in read.datasets}) == len(read.datasets)


def test_released_critical_values_are_those_of_the_release() -> None:
    """STEREO has 10.05 at 95 % in the first row of its table; MINOS+ is released over the mixing itself."""
    read = declared.read()
    stereo, minos = (next(d for d in read.datasets if d.key == key) for key in ("stereo", "minos"))
    known = critical_values(stereo, read)
    assert set(known) == {"95", "99"}
    values = decoded(known["95"]["values"])
    assert values[0, :2].tolist() == pytest.approx([10.05, 10.05])  # below the smallest amplitude, its value
    assert known["95"]["nodes"][0]["values"][:2] == [0.0, 0.01]
    amplitude = critical_values(minos, read)["90"]["nodes"][0]["values"]
    assert amplitude[1] == pytest.approx(4 * 0.000107 * (1 - 0.000107), rel=0.01)
    assert np.all(np.diff(amplitude) > 0)
    assert critical_values(SMALL.datasets[0], SMALL) == {}


def test_a_first_choice_that_does_not_exist_is_named(tmp_path: Path) -> None:
    file = tmp_path / "explorer.yaml"
    file.write_text(
        'schema: "1"\nranges: {map: [0.1, 9.0]}\nmixing: [1.0e-5, 0.3]\n'
        'datasets:\n  k: {title: K, side: appearance, releases: ["karmen@2002-r1"], '
        'first: "karmen@2002-r1:no"}\n',
        "utf-8",
    )
    with pytest.raises(NuanomalyError, match=r"karmen@2002-r1:no, which is none of karmen@2002-r1"):
        declared.read(file)


@pytest.mark.parametrize("kind", ["float32", "uint16", "int64"])
@pytest.mark.parametrize("differences", [(), (2,), (2, 2), (1, 0, 2)])
def test_arrays_come_back_from_a_page_bit_for_bit(kind: str, differences: tuple[int, ...]) -> None:
    array = np.random.default_rng(3).integers(0, 60_000, (7, 3, 2)).astype(kind)
    if kind == "int64":
        array = -(array * 30_000)  # steps of steps go round beyond 31 bits, and come back
    assert np.array_equal(decoded(encoded(array, differences)), array)


def test_numbers_that_a_page_cannot_read_are_refused() -> None:
    with pytest.raises(NuanomalyError, match="below 2³¹"):
        encoded(np.array([2**31]))


def test_a_range_that_is_not_declared_is_named(tmp_path: Path) -> None:
    file = tmp_path / "explorer.yaml"
    file.write_text(
        'schema: "1"\nranges: {map: [0.1, 9.0]}\nmixing: [1.0e-5, 0.3]\n'
        'datasets:\n  k: {title: K, side: appearance, releases: ["karmen@2002-r1"], chosen: [wide]}\n',
        "utf-8",
    )
    with pytest.raises(NuanomalyError, match="names the range wide, which is none of map"):
        declared.read(file)
