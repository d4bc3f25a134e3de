"""What tables say twice: a wrong digit is named; steps, kinks and noise are none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.seal import seal
from nuanomaly.archive.validate import Finding, validate
from nuanomaly.archive.validate.codes import tables
from nuanomaly.archive.validate.redundancy import exceptions, isolated

ROOT = Path(__file__).resolve().parents[2]
CODES = {code.code for code in tables.REDUNDANCY}
HEAD = """\
schema: "1"
name: smooth
version: "2000-r1"
title: smooth
state: draft
sector: other
experiment: toy
summary: A release made for a test, whose tables say everything twice.
changes: [{kind: initial, reason: made for a test}]
channels: []
publications:
  - {key: Toy2000, title: Toy, authors: nobody, year: "2000", role: primary}
originals:
  - {id: made, source: made for a test, licence: not stated}
tables:
"""
TABLE = """\
  {name}:
    file: {name}.csv
    kind: table
    status: derived
    source: made for a test
    originals: [made]
    title: {name}
    columns:
"""
GRID = np.linspace(0.0, 3.0, 40)


def columns() -> dict[str, dict[str, np.ndarray]]:
    rate = np.exp(-GRID) * (2.0 + np.sin(GRID))
    noise = np.random.default_rng(1).normal(10.0, 2.0, 40)
    shape = np.exp(-0.5 * np.subtract.outer(np.arange(24.0), np.arange(24.0)) ** 2 / 25.0)
    return {
        "curve": {"at": GRID, "rate": rate, "part": noise, "other": noise[::-1], "all": noise + noise[::-1]},
        "copy": {"part": noise, "rate": rate},
        "response": {f"c{k}": column for k, column in enumerate((shape / shape.sum(1, keepdims=True)).T)},
    }


def written(root: Path, change: tuple[str, str, int, float] | None = None) -> list[Finding]:
    """The findings of an archive with these tables, one number of them multiplied."""
    folder = root / "datasets" / "smooth" / "2000-r1"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "schemas").symlink_to(ROOT / "schemas")
    (root / "catalog.yaml").write_text("schema: '1'\nreleases: []\n")
    text = HEAD
    for table, content in columns().items():
        if change and change[0] == table:
            content[change[1]] = content[change[1]].copy()
            content[change[1]][change[2]] *= change[3]
        rows = [
            ",".join(content),
            *(",".join(map(repr, row)) for row in np.array([*content.values()]).T.tolist()),
        ]
        (folder / f"{table}.csv").write_text("\n".join(rows) + "\n")
        text += TABLE.format(name=table)
        for name in ["c{i}"] if table == "response" else content:
            count = ", count: 24" if table == "response" else ""
            text += f'      - {{name: "{name}", unit: "1", meaning: "made for a test"{count}}}\n'
    (folder / "release.yaml").write_text(text, "utf-8")
    seal(folder)
    return [f for f in validate(["smooth"], root).findings if f.code in CODES]


def test_tables_that_say_the_same_twice_give_no_finding(tmp_path: Path) -> None:
    assert written(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("curve", "at", 20, 1.01), "VALUE_ISOLATED"),
        (("curve", "rate", 11, 0.99), "VALUE_ISOLATED"),
        (("curve", "all", 30, 1.001), "RELATION_BROKEN"),
        (("curve", "part", 5, 1.1), "RELATION_BROKEN"),
        (("copy", "part", 7, 1.01), "COPY_DIFFERS"),
        (("response", "c12", 13, 1.001), "SUM_DIFFERS"),
    ],
)
def test_a_wrong_digit_is_named(tmp_path: Path, change: tuple[str, str, int, float], code: str) -> None:
    table, _, row, _ = change
    findings = written(tmp_path, change)
    assert code in {f.code for f in findings}
    assert all(f.severity == "error" for f in findings)
    named = next(f for f in findings if f.code == code)
    assert named.row == row
    assert code == "COPY_DIFFERS" or named.table == table


@given(st.integers(6, 33), st.sampled_from([0.5, 0.9, 0.99, 1.001, 1.1, 10.0]))
def test_every_number_of_a_smooth_curve_is_guarded(row: int, factor: float) -> None:
    curve = np.exp(-GRID) * (2.0 + np.sin(GRID))
    curve[row] *= factor
    assert isolated(curve) == [row]


@pytest.mark.parametrize("length", [8190, 8192, 8193, 8195])
def test_a_long_curve_is_guarded_where_its_parts_meet_and_at_its_end(length: int) -> None:
    curve = np.exp(-np.linspace(0, 3, length))
    for row in (4092, 4094, 4095, 4096, 4097, 4099, length - 5):
        wrong = curve.copy()
        wrong[row] *= 1.001
        assert isolated(wrong) == [row]


@pytest.mark.parametrize(
    "values",
    [
        np.where(GRID > 1.0, 5.0, 1.0),
        np.abs(GRID - 1.0) + 1.0,
        np.random.default_rng(2).normal(10.0, 3.0, 40),
        np.ones(40),
        np.zeros(40),
        np.sqrt(GRID),
        GRID[:12] ** 2,
    ],
    ids=["step", "kink", "noise", "constant", "nothing", "root", "short"],
)
def test_other_shapes_are_no_wrong_digits(values: np.ndarray) -> None:
    assert isolated(values) == []


def test_a_rule_that_is_broken_often_is_none() -> None:
    values = np.ones(40)
    values[[3, 9, 21]] = 2.0
    assert exceptions(values, np.ones(40)) == []
    values[21] = 1.0
    assert exceptions(values, np.ones(40)) == [3, 9]


#: What the checks find in the releases of the archive, each compared with its original.
KNOWN = {
    ("daya-bay@2016-r1", "spectra"): "first and last bins of the three sites are wider than the others",
    ("cdhs@1984-r1", "ratio"): "two sources differ in the last bin: a known issue of the release",
    ("icarus@2014-r1", "flux-numu"): "energies read off a figure",
    ("icecube-sterile@2020-r1", "points"): "so in the original: one fit did not reach its minimum",
    ("icecube-sterile@2020-r1", "surface"): "the same point",
    ("reactor-fluxes@2021-r1", "daya-bay"): "the last bin of one table is wider than that of the other",
    ("stereo@2019-r1", "surface"): "so in the original: one fit did not reach its minimum",
    ("stereo-process@2019-r1", "points"): "the same point",
    ("reactor-rates@2012-r1", "rates"): "ILL was given other fuel in the review of 2012 than in that of 2017",
} | {
    (f"miniboone-{release}", table): "an edge at 1300 MeV in 2012, 1250 MeV later: a known issue of 2012"
    for release in ("events@2022-r1", "nue@2012-r1", "nue@2018-r1", "nue@2020-r1")
    for table in ("nue_nu", "nue_nubar")
    # those of antineutrinos of 2018 and 2020 are the same file: a right copy
    if (release, table) not in {("nue@2018-r1", "nue_nubar"), ("nue@2020-r1", "nue_nubar")}
}


def test_what_is_found_in_released_tables_was_read() -> None:
    """As if no release were known: a ledger that knows them only turns errors into notes."""
    findings = [f for f in validate(root=ROOT, fresh=True, known=()).findings if f.code in CODES]
    assert {(f.release, f.table) for f in findings} == set(KNOWN)
    explained = {(f.release, f.table) for f in findings if f.severity == "note"}
    assert explained == {
        ("cdhs@1984-r1", "ratio"),
        *(("miniboone-nue@2012-r1", f"nue_{b}") for b in ("nu", "nubar")),
    }
