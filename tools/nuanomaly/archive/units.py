"""Units, by pint, with those of this field added."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    import pint


@lru_cache(maxsize=1)
def registry() -> "pint.UnitRegistry[Any]":
    """Return the one unit registry: pint's, with counts, photo-electrons, protons on target and atoms.

    Examples
    --------
    >>> float(registry()("1 km/GeV").to("m/MeV").magnitude)
    1.0
    """
    import pint

    units: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    for line in (
        "event = count = events",
        "photoelectron = count = PE = photoelectrons",
        "proton_on_target = count = POT",
        "atom = count = atoms",
        "fission = count = fissions",
        "nucleus = count = nuclei",
        # inverse beta decays per fission and target proton, in the unit that yields are published in
        "ibd_yield = 1e-43 centimeter ** 2 / fission",
        "MCi = 3.7e16 becquerel",
    ):
        units.define(line)
    return units


def check(unit: str) -> None:
    """Raise if a unit is not one the registry knows.

    Raises
    ------
    NuanomalyError
        With the part of the unit that is unknown.
    """
    import pint

    try:
        registry().Unit(unit)
    except (pint.UndefinedUnitError, pint.errors.DefinitionSyntaxError, ValueError, TypeError) as error:
        raise NuanomalyError(
            f"unit {unit!r}: {error}; write it as pint does, such as MeV, m, eV**2, 1"
        ) from None
