"""Units mean what physicists mean, or are asked for; no released column changes its meaning."""

from pathlib import Path

import numpy as np
import pint
import pytest

from nuanomaly.archive import units, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate import units as looked_up

ROOT = Path(__file__).resolve().parents[2]

#: What physicists write → the same in units that nobody doubts.
MEANT = {
    "kt": "1e6 kilogram",
    "kton": "1e6 kilogram",
    "kiloton": "1e6 kilogram",
    "ton": "1000 kilogram",
    "t": "1000 kilogram",
    "kt*year": "1e6 kilogram * year",
    "pe": "count",
    "POT": "count",
    "keVee": "1000 electron_volt",
    "keVnr": "1000 electron_volt",
    "MeVee": "1e6 electron_volt",
    "cm**2/nucleon": "centimeter**2/count",
    "cm**2/fission": "centimeter**2/count",
    "mb": "1e-31 meter**2",
    "pb": "1e-40 meter**2",
    "millibarn": "1e-31 meter**2",
    "picobarn": "1e-40 meter**2",
    "1/day": "1/86400 second",
}


@pytest.mark.parametrize("written", MEANT)
def test_a_unit_is_what_a_physicist_means(written: str) -> None:
    units.check(written)
    plain = pint.UnitRegistry()
    expected = plain(MEANT[written].replace("1/86400 second", "1/(86400*second)"))
    found = units.registry()(written).to_base_units()
    wanted = expected.to_base_units()
    assert str(found.units) == str(wanted.units)
    assert float(found.magnitude) == pytest.approx(float(wanted.magnitude), rel=1e-12)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("MB", "millibarn"), ("PB", "picobarn"), ("1/d", "day"), ("MB/GeV", "millibarn"), ("a*u", "year")],
)
def test_what_means_two_things_is_asked_for(written: str, meant: str) -> None:
    with pytest.raises(NuanomalyError, match=meant):
        units.check(written)


@pytest.mark.parametrize(
    "written",
    [
        "(MeV",
        "-",
        "MeV**",
        "MeV # energy",
        "9**9**9**9",
        "MeV**9**9",
        "((((((MeV))))))",
        "",
        " ",
        "MeV;",
        "m" * 200,
        "10^10^10",
        "MeV**1000",
        "lambda: 1",
        "__import__('os')",
        "MeV\nm",
        "[MeV]",
        "2 MeV",
        "*",
        "1e999 m",
    ],
)
def test_what_no_parser_takes_or_finishes_is_refused_at_once(written: str) -> None:
    with pytest.raises(NuanomalyError, match="unit"):
        units.check(written)


def test_units_that_pint_is_not_asked_for_are_known_to_it() -> None:
    for word in looked_up.PLAIN.split("|"):
        product = f"MeV**2*{word}/fission/day"
        for unit in (word, f"1/{word}", f"{word}**2", f"{word}**0.5", product, f"({product})**2"):
            units.check(unit)
            assert looked_up.problem(unit) == ""
        assert looked_up.is_power(f"{word}**2", word, 2)
        assert units.parse(f"{word}**2") == units.parse(word) ** 2


@pytest.mark.parametrize(
    "written",
    [
        "MeVs",
        "MB",
        "MeV**10",
        "MeV**-",
        "m*m*m*m*m**",
        "1/1/m",
        "MeV/",
        "(m)**",
        "(m",
        "m/d",
        "MeV\n",
        "MeV m",
    ],
)
def test_what_is_no_product_of_plain_units_is_asked_of_pint(written: str) -> None:
    def refused() -> bool:
        try:
            units.check(written)
        except NuanomalyError:
            return True
        return False

    assert bool(looked_up.problem(written)) == refused()


def released_units() -> list[str]:
    found = set()
    for file in sorted(ROOT.glob("datasets/*/*/release.yaml")):
        for table in yamlio.read(file)["tables"].values():
            found |= {column["unit"] for column in table["columns"]}
    return sorted(found)


def test_no_column_of_a_release_changes_its_meaning() -> None:
    """Against pint alone, with what earlier versions of this program added to it."""
    before: pint.UnitRegistry[float] = pint.UnitRegistry(cache_folder=None)
    for line in (
        "event = count = events",
        "photoelectron = count = PE = photoelectrons",
        "proton_on_target = count = POT",
        "atom = count = atoms",
        "fission = count = fissions",
        "nucleus = count = nuclei",
        "ibd_yield = 1e-43 centimeter ** 2 / fission",
        "MCi = 3.7e16 becquerel",
    ):
        before.define(line)
    listed = released_units()
    assert len(listed) > 30
    for unit in listed:
        units.check(unit)
        old, new = ((1.0 * r.Unit(unit)).to_base_units() for r in (before, units.registry()))
        assert (float(old.magnitude), str(old.units)) == (float(new.magnitude), str(new.units)), unit


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("GeV", "MeV"),
        ("keV", "MeV"),
        ("MeV", "keV"),
        ("GeV**0.5", "MeV**0.5"),
        ("eV**2", "MeV**2"),
        ("km", "m"),
        ("cm", "m"),
        ("km/GeV", "m/MeV"),
        ("m/MeV", "km/GeV"),
        ("1", "event"),
    ],
)
def test_prefixes_are_the_registry_s_to_the_last_bit(unit: str, wanted: str) -> None:
    numbers = np.random.default_rng(1).lognormal(size=200)
    factor = units.power_of_ten(unit, wanted)
    assert factor is not None
    np.testing.assert_array_equal(numbers * factor, (numbers * units.parse(unit)).to(wanted).magnitude)


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("GeV", "m"), ("GeV", "GeV**2"), ("m", "1/m"), ("inch", "m"), ("GeV", "")],
)
def test_more_than_a_prefix_is_asked_of_the_registry(unit: str, wanted: str) -> None:
    assert units.power_of_ten(unit, wanted) is None
