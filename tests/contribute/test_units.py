"""Units mean what a physicist means; what means two things is asked for, and never stops an import."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import release, units
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.printed_units import is_open, unit
from nuanomaly.archive.tables import expand_columns

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("10^{-38} cm^2/GeV/nucleon", "1e-38 cm**2/GeV/nucleon"),
        ("$10^{-38}$ cm$^2$/GeV/nucleon", "1e-38 cm**2/GeV/nucleon"),
        (r"$\times 10^{-38} \mathrm{cm}^2/\mathrm{GeV}$", "1e-38 cm**2/GeV"),
        ("10$^{-39}$ cm$^2$ / nucleon", "1e-39 cm**2 / nucleon"),
        ("10^{-38} cm^2/(GeV/c)/nucleon", "1e-38 cm**2/(GeV/c)/nucleon"),
        ("e-42 cm^2", "1e-42 cm**2"),
        ("1E-38 CM**2", "1e-38 cm**2"),
        ("10**20 POT", "1e20 POT"),
        ("cm-2 s-1", "cm**-2 s**-1"),
        ("eV2", "eV**2"),
        ("GEV/C", "GeV/c"),
        ("keV_ee", "keVee"),
        ("keV$_{nr}$", "keVnr"),
        ("p.e.", "photoelectron"),
    ],
)
def test_a_printed_unit_is_read_as_it_is_meant(printed: str, read: str) -> None:
    assert unit(printed) == read
    units.check(read)


@pytest.mark.parametrize("printed", ["10-38 cm2", "10^{-38}", "50 MeV", "2 cm", "1e-38", "9**9**9 cm"])
def test_a_factor_that_is_no_power_of_ten_is_asked_for(printed: str) -> None:
    assert is_open(unit(printed))


@pytest.mark.parametrize("text", sorted(units.ASKED))
def test_a_text_that_means_two_things_is_refused_with_what_may_be_meant(text: str) -> None:
    with pytest.raises(NuanomalyError, match="means more than one thing"):
        units.check(text)
    assert unit(text).startswith(f"TODO: {text} may be ")


@pytest.mark.parametrize(
    ("written", "factor", "base"),
    [
        ("kt", 1e6, "kg"),
        ("kton", 1e6, "kg"),
        ("ton", 1e3, "kg"),
        ("pe", 1, "count"),
        ("keVee", 1e-3, "MeV"),
        ("keVnr", 1e-3, "MeV"),
        ("POT", 1, "count"),
        ("1e-38 cm**2/nucleon", 1e-42, "m**2/count"),
        ("zeptobarn", 1e-49, "m**2"),
        ("GWd", 8.64e13, "kg*m**2/s**2"),
        ("SNU", 1e-36, "1/count/s"),
        ("GW_th", 1e9, "W"),
        ("MWth", 1e6, "W"),
    ],
)
def test_a_unit_is_worth_what_it_is_in_this_field(written: str, factor: float, base: str) -> None:
    assert units.parse(written).to(base).magnitude == pytest.approx(factor, rel=1e-12)


def test_each_unit_of_the_field_is_known_and_none_is_a_text_that_is_asked_for() -> None:
    for one in units.FIELD:
        for name in (one.name, *one.definition.split(" = ")[1:]):
            units.check(name)
            assert units.parse(name) == units.parse(one.name)


def test_a_column_with_a_power_of_ten_is_a_quantity_of_that_size() -> None:
    assert units.parse("1e-38 cm**2/GeV").to("fb/GeV").magnitude == pytest.approx(10.0)


def test_what_is_released_keeps_its_meaning() -> None:
    """Of all units in released columns pint alone differs in none but those that the field defines."""
    import pint

    plain: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    own = {word for u in units.FIELD for word in (u.name, *u.definition.split(" = ")[1:])}
    written = {
        column.unit
        for versions in release.folders(ROOT).values()
        for folder in versions.values()
        for table in release.read(folder).metadata.get("tables", {}).values()
        for column in expand_columns(table["columns"])
    }
    assert len(written) > 40
    compared = [text for text in written - {"1"} if not any(word in text for word in own)]
    assert len(compared) > 20
    for text in compared:
        mine, theirs = units.parse(text).to_base_units(), plain.Quantity(1.0, text).to_base_units()
        assert (mine.magnitude, str(mine.units)) == (theirs.magnitude, str(theirs.units))


def test_the_page_of_units_has_the_table_of_the_command(run: Callable[..., Any]) -> None:
    page = (ROOT / "docs" / "units.md").read_text("utf-8")
    printed = run("units").out.strip()
    assert printed in page
    assert "| `pe` |" not in printed.split("| text |")[1], "it is a unit here"


def test_the_command_reads_one_unit_and_says_what_is_open(run: Callable[..., Any]) -> None:
    good = run("units", "10$^{-38}$ cm$^2$/nucleon")
    assert (good.code, good.out.strip()) == (
        0,
        "10$^{-38}$ cm$^2$/nucleon: 1e-38 cm**2/nucleon, 1e-42 m**2/count",
    )
    assert run("units", "per mille").out.strip() == "per mille: permille, 0.001"
    amount = run("units", "10 kt yr")
    assert amount.code == 1
    assert "is a quantity: leave out 10" in amount.out
    asked = run("units", "MB")
    assert asked.code == 1
    assert "may be millibarn" in asked.out
    assert json.loads(run("units", "MB", "--of", "SIG", "--json").out)["unit"] == "millibarn"
