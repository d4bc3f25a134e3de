"""Units as pint knows them, each looked up once."""

from functools import lru_cache

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.units import check, registry


@lru_cache(maxsize=1024)
def problem(unit: str) -> str:
    """Return what is wrong with a unit; empty if nothing is.

    Examples
    --------
    >>> problem("MeV"), "furlongs_per" in problem("furlongs_per_week")
    ('', True)
    """
    if unit == "1":  # far the most frequent, and no reason to load pint
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
    return first == second or registry().Unit(first).dimensionality == registry().Unit(second).dimensionality
