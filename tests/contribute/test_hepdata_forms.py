"""Forms of HEPData tables that are met: numbers in quotes, percentages, bins, grids, tags, units of TeX."""

import math
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import hepdata, seal
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.guessing import Draft
from nuanomaly.archive.validate import validate

HEAD = """\
comment: A test
data_license: {name: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}
---
name: Table 1
description: made for the test
data_file: data1.yaml
keywords: []
"""
ENERGY = "- header: {name: E, units: MeV}\n  values:\n  - {value: 1.0}\n  - {value: 2.0}\n"


def table(folder: Path, dependent: str, independent: str = ENERGY, head: str = HEAD) -> Draft:
    """The one table of a submission of these variables."""
    (folder / "submission.yaml").write_text(head, "utf-8")
    text = f"independent_variables:\n{independent}dependent_variables:\n{dependent}"
    (folder / "data1.yaml").write_text(text, "utf-8")
    [found] = hepdata.read(str(folder)).tables
    return found


def declared(found: Draft, column: str) -> dict[str, Any]:
    return next(c for c in found.columns if c["name"] == column)


def dependent(*values: str, header: str = "name: y") -> str:
    return f"- header: {{{header}}}\n  values:\n" + "".join(f"  - {value}\n" for value in values)


def test_a_run_of_numbers_may_be_followed_by_another_kind_of_item(tmp_path: Path) -> None:
    independent = ENERGY + "  - {value: 3.0}\n"
    found = table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}", "{value: '-'}"), independent)
    assert found.frame["y"].tolist()[:2] == [1.0, 2.0]
    assert math.isnan(found.frame["y"][2])


@pytest.mark.parametrize("quote", ["", "'"])
def test_numbers_without_a_point_or_in_quotes_are_numbers(tmp_path: Path, quote: str) -> None:
    values = [
        f"{{value: {quote}{v}{quote}, errors: [{{symerror: {quote}{e}{quote}, label: stat}}]}}"
        for v, e in (("1e-3", "1e-4"), ("2e-3", "2e-4"))
    ]
    found = table(tmp_path, dependent(*values))
    assert found.frame["y"].tolist() == [0.001, 0.002]
    assert found.frame["y_stat"].tolist() == [0.0001, 0.0002]
    assert declared(found, "y_stat")["role"] == "error"


def test_an_axis_of_bins_and_points_keeps_both(tmp_path: Path) -> None:
    independent = "- header: {name: mass, units: GeV}\n  values:\n  - {low: 1.0, high: 2.0}\n  - {value: 5}\n"
    found = table(tmp_path, dependent("{value: 0.3}", "{value: 0.4}"), independent)
    frame = found.frame
    assert (frame["mass_low"][0], frame["mass_high"][0], frame["mass"][1]) == (1.0, 2.0, 5.0)
    assert math.isnan(frame["mass_low"][1])
    assert set(found.declared["missing"]) == {"mass_low", "mass_high", "mass"}


def test_percentages_among_absolute_errors_are_converted_and_that_is_said(tmp_path: Path) -> None:
    values = [
        f"{{value: {v}, errors: [{{symerror: {e}, label: sys}}]}}" for v, e in ((0.3, 0.02), (0.4, "'5%'"))
    ]
    found = table(tmp_path, dependent(*values))
    assert found.frame["y_sys"].tolist() == pytest.approx([0.02, 0.02])
    assert "percentages" in declared(found, "y_sys")["meaning"]


def test_an_error_with_an_empty_side_lacks_that_side_alone(tmp_path: Path) -> None:
    sides = ('{minus: "", plus: 0.155}', "{minus: -0.1, plus: 0.155}")
    values = [f"{{value: 0.3, errors: [{{asymerror: {side}}}]}}" for side in sides]
    found = table(tmp_path, dependent(*values))
    assert found.frame["y_error_plus"].tolist() == [0.155, 0.155]
    assert math.isnan(found.frame["y_error_minus"][0])
    assert found.frame["y_error_minus"][1] == 0.1
    assert declared(found, "y_error_minus")["role"] == "error-minus"
    assert "type" not in declared(found, "y_error_minus")


def test_the_tags_of_older_downloads_are_texts_and_no_other_tag_is_read(tmp_path: Path) -> None:
    doi = "10.17182/hepdata.77491.v1/t1"
    head = HEAD + f"table_doi: !!python/unicode '{doi}'\n"
    table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}"), head=head)
    assert doi in {o.get("doi") for o in hepdata.read(str(tmp_path)).originals}
    with pytest.raises(NuanomalyError):
        table(tmp_path, dependent("{value: !!python/object/apply:os.getcwd []}", "{value: 2.0}"))


def axis(name: str, units: str, *values: str) -> str:
    return f"- header: {{name: {name}, units: '{units}'}}\n  values:\n" + "".join(
        f"  - {v}\n" for v in values
    )


def test_a_grid_of_whole_numbers_is_a_table_of_three_columns(tmp_path: Path) -> None:
    independent = axis("mass", "GeV", *(f"{{value: {v}}}" for v in (1, 1, 2, 2)))
    independent += axis("Q2", "GeV^2", *(f"{{value: {v}}}" for v in (1, 2, 1, 2)))
    values = [f"{{value: {v}}}" for v in (1, 0.5, 0.5, 1)]
    found = table(tmp_path, dependent(*values, header="name: limit, units: pb"), independent)
    assert found.kind == "table"
    assert list(found.frame.columns) == ["mass", "Q2", "limit"]
    assert [c["unit"] for c in found.columns] == ["GeV", "GeV**2", "pb"]


def test_a_correlation_over_binned_axes_is_a_matrix(tmp_path: Path) -> None:
    bins = ("{low: 1, high: 2}", "{low: 2, high: 3}")
    independent = axis("E", "MeV", bins[0], bins[0], bins[1], bins[1])
    independent += axis("E", "MeV", bins[0], bins[1], bins[0], bins[1])
    values = [f"{{value: {v}}}" for v in (1, 0.5, 0.5, 1)]
    found = table(tmp_path, dependent(*values, header="name: Correlation"), independent)
    assert found.kind == "correlation"
    assert found.frame.to_numpy().tolist() == [[1.0, 0.5], [0.5, 1.0]]


@pytest.mark.parametrize(
    ("written", "name", "unit"),
    [
        (r"$\mu$s", "time", "us"),
        ("cm$^{2}$", "area", "cm**2"),
        ("fb$^{-1}$", "luminosity", "fb**-1"),
        ("GeV/$c^2$", "mass", "GeV/c**2"),
        ("MEV", "energy", "MeV"),
        ("PB", "SIG", "picobarn"),
        ("MB", "SIG", "millibarn"),
        ("MB", "size", "TODO: MB may be millibarn"),
        ("a.u.", "flux", "arbitrary_unit"),
        ("1/d", "rate", "TODO: d may be day"),
        ("pe", "light", "pe"),
        ("keVee", "energy", "keVee"),
        ("kt", "mass", "kt"),
        ("cm^2/nucleon", "sigma", "cm**2/nucleon"),
    ],
)
def test_a_unit_is_what_is_printed_or_asked_for(tmp_path: Path, written: str, name: str, unit: str) -> None:
    values = ("{value: 0.3}", "{value: 0.4}")
    found = table(tmp_path, dependent(*values, header=f"name: {name}, units: '{written}'"))
    assert found.columns[-1]["unit"] == unit


def test_the_finding_of_an_open_unit_names_what_may_be_meant(tmp_path: Path) -> None:
    source = tmp_path / "submission"
    source.mkdir()
    table(source, dependent("{value: 0.3}", "{value: 0.4}", header="name: size, units: MB"))
    folder, _ = hepdata.write(tmp_path, "mine", "2020-r1", str(source))
    seal.seal(folder)
    said = [f.message for f in validate(["mine"], tmp_path).findings if f.code == "TODO_LEFT"]
    assert any("MB may be millibarn" in message for message in said)


def test_the_licence_is_kept(tmp_path: Path) -> None:
    table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}"))
    assert {o["licence"] for o in hepdata.read(str(tmp_path)).originals} == {"CC BY 4.0"}


def test_aliases_of_aliases_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 10)]
    with pytest.raises(NuanomalyError, match="aliases"):
        table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}"), head="\n".join(lines) + "\n---\n" + HEAD)


@pytest.mark.parametrize("number", [".nan", ".inf"])
def test_an_axis_may_hold_what_is_no_number(tmp_path: Path, number: str) -> None:
    independent = axis("bin i", "", "{value: 1}", f"{{value: {number}}}")
    independent += axis("bin j", "", "{value: 1}", "{value: 1}")
    found = table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}"), independent)
    assert found.kind == "table"


@pytest.mark.parametrize("infinity", [".inf", "'inf'", "'+Inf'", "'.inf'"])
def test_a_bin_without_an_upper_edge_ends_at_infinity(tmp_path: Path, infinity: str) -> None:
    found = table(
        tmp_path,
        dependent("{value: 1.0}", "{value: 2.0}"),
        axis("E", "GeV", "{low: 1.0, high: 2.0}", f"{{low: 2.0, high: {infinity}}}"),
    )
    assert found.frame["E_high"].tolist() == [2.0, math.inf]
    assert "type" not in declared(found, "E_high")


def test_dates_are_texts_as_they_are_written(tmp_path: Path) -> None:
    independent = (
        "- header: {name: day}\n  values:\n  - {value: 2020-01-01}\n  - {value: 2020-02-01 10:00:00}\n"
    )
    found = table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}"), independent)
    assert found.frame["day"].tolist() == ["2020-01-01", "2020-02-01 10:00:00"]
    assert declared(found, "day")["type"] == "string"


def test_one_date_among_gaps_is_a_text(tmp_path: Path) -> None:
    values = dependent("{value: 2020-01-01}", "{value: '-'}")
    found = table(tmp_path, values)
    assert found.frame["y"].tolist() == ["2020-01-01", "-"]


def test_a_table_whose_name_is_one_keeps_it(tmp_path: Path) -> None:
    head = HEAD.replace("data1.yaml", "nue_nu.yaml")
    table(tmp_path, dependent("{value: 1.0}", "{value: 2.0}"))
    (tmp_path / "data1.yaml").rename(tmp_path / "nue_nu.yaml")
    (tmp_path / "submission.yaml").write_text(head, "utf-8")
    assert [draft.name for draft in hepdata.read(str(tmp_path)).tables] == ["nue_nu"]
