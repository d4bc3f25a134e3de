"""Units as pint knows them, each looked up once."""

import re
from functools import lru_cache

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.units import check, parse, registry

#: The words of nearly all units of the archive. pint knows each, and so their products and quotients, and is
#: not loaded for these: that takes a sixth of the time of validating a release.
PLAIN = (
    "eV|keV|MeV|GeV|um|cm|m|km|g|kg|t|tonne|us|s|hour|day|year|percent|rad|GW|MCi|petabecquerel|zeptobarn|"
    "metric_ton|C|event|fission|photoelectron|ibd_yield|proton_on_target"
)
_PART = rf"(?:{PLAIN})(?:\*\*(?:[1-9]|0\.5))?"
_PRODUCT = rf"(?:1/)?{_PART}(?:[*/]{_PART}){{0,3}}"
_KNOWN = re.compile(rf"1|{_PRODUCT}|\({_PRODUCT}\)\*\*[1-9]")


@lru_cache(maxsize=1024)
def problem(unit: str) -> str:
    """Return what is wrong with a unit; empty if nothing is.

    Examples
    --------
    >>> problem("MeV"), "furlongs_per" in problem("furlongs_per_week")
    ('', True)
    """
    if _KNOWN.fullmatch(unit):
        return ""
    try:
        check(unit)
    except NuanomalyError as error:
        return str(error)
    return ""


@lru_cache(maxsize=1024)
def same_dimension(first: str, second: str) -> bool:
    """Return whether two known units measure the same kind of quantity.

    Examples
    --------
    >>> same_dimension("MeV", "eV"), same_dimension("MeV", "m")
    (True, False)
    """
    return first == second or parse(first).dimensionality == parse(second).dimensionality


@lru_cache(maxsize=1024)
def equal(written: str, unit: str) -> bool:
    """Return whether a unit as it stands in a name (``eV2``) is a known unit.

    Examples
    --------
    >>> equal("MeV", "MeV"), equal("eV2", "eV**2"), equal("MeV", "GeV")
    (True, True, False)
    """
    as_pint = written[:-1] + "**2" if written.endswith("2") else written
    return as_pint == unit or registry().Unit(as_pint) == parse(unit)


@lru_cache(maxsize=1024)
def is_power(unit: str, base: str, power: int) -> bool:
    """Return whether a unit is a power of another one, factor and all.

    Examples
    --------
    >>> is_power("MeV**2", "MeV", 2), is_power("MeV", "MeV", 2), is_power("1", "1", -2)
    (True, False, True)
    >>> is_power("1e-76 cm**4", "1e-38 cm**2", 2), is_power("cm**4", "1e-38 cm**2", 2)
    (True, False)
    """
    if unit == base == "1" or (base in PLAIN.split("|") and unit == f"{base}**{power}"):
        return True
    ratio = (parse(unit) / parse(base) ** power).to_base_units()
    return bool(ratio.dimensionless and abs(float(ratio.magnitude) - 1.0) < 1e-9)
