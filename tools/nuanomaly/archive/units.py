"""Units, by pint, with those of this field added, and those that mean two things refused.

pint knows units of the whole world, and gives some texts of this field another meaning in silence: ``kt`` is
the knot, ``ton`` the short ton of the United States, ``pe`` the picocharge, ``MB`` the megabyte. Here they
are what a physicist means (:data:`FIELD`), or refused with the candidates (:data:`ASKED`).
"""

import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    import pint


@dataclass(frozen=True)
class FieldUnit:
    """A unit of this field.

    Attributes
    ----------
    name : str
        As it is written in a release.
    definition : str
        As pint reads it, without the name.
    meaning : str
    """

    name: str
    definition: str
    meaning: str


#: The units that are added to pint's, or replace one of it.
FIELD = (
    FieldUnit("event", "count = events", "an event, or a count"),
    FieldUnit("photoelectron", "count = PE = photoelectrons = pe", "photo-electrons; pint's pe: picocharge"),
    FieldUnit("proton_on_target", "count = POT = pot", "protons on target"),
    FieldUnit("atom", "count = atoms", "atoms, as a number of targets"),
    FieldUnit("fission", "count = fissions", "fissions"),
    FieldUnit("nucleus", "count = nuclei", "nuclei, as a number of targets"),
    FieldUnit("nucleon", "count = nucleons", "nucleons, as a number of targets: cm**2/nucleon"),
    FieldUnit("neutrino", "count = neutrinos", "neutrinos"),
    FieldUnit(
        "ibd_yield",
        "1e-43 centimeter ** 2 / fission",
        "inverse beta decays per fission and target proton, in the unit that yields are published in",
    ),
    FieldUnit("MCi", "3.7e16 becquerel", "megacurie"),
    FieldUnit("ton", "1000 kilogram", "the tonne; pint's ton: 2000 pounds"),
    FieldUnit("kton", "1e6 kilogram", "a thousand tonnes"),
    FieldUnit("kt", "1e6 kilogram", "a thousand tonnes; pint's kt: knot"),
    FieldUnit(
        "eVee", "electron_volt", "electron equivalent: keVee is the energy of an electron with this light"
    ),
    FieldUnit("eVnr", "electron_volt", "nuclear recoil: keVnr is the energy of the nucleus itself"),
    FieldUnit("arbitrary_unit", "count = au = arb_unit", "an unknown scale; pint's a.u.: year times dalton"),
)

#: Texts that mean two things, or not what pint takes them for: what may have been meant.
ASKED: Mapping[str, tuple[str, ...]] = {
    "MB": ("millibarn",),
    "PB": ("picobarn",),
    "NB": ("nanobarn",),
    "UB": ("microbarn",),
    "FB": ("femtobarn",),
    "kB": ("kilobarn",),
    "GB": ("gigabarn",),
    "B": ("barn",),
    "byte": ("barn",),
    "bit": ("1",),
    "d": ("day",),
    "a": ("year", "arbitrary_unit"),
    "u": ("dalton", "arbitrary_unit"),
    "au": ("astronomical_unit", "arbitrary_unit"),
    "knot": ("kiloton", "knot"),
    "short_ton": ("tonne",),
    "e": ("elementary_charge", "electron_volt"),
}
#: Asked for only where HEPData says nothing more: both are units, and both are used.
_TAKEN = {"au"}

_REMEDY = "write it as pint does, such as MeV, m, eV**2, 1"
_LONGEST = 100
_CHARACTERS = re.compile(r"[\w .*/^()%+µμΩ°·-]*")
_POWER = re.compile(r"(?:\*\*|\^)\s*\(?\s*[+-]?\s*(\d{1,2}(?:\.\d{1,3})?(?:\s*/\s*\d{1,2})?)(?![\d.])\s*\)?")
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")


@lru_cache(maxsize=1)
def registry() -> "pint.UnitRegistry[Any]":
    """Return the one unit registry: pint's, with the units of this field (:data:`FIELD`).

    Examples
    --------
    >>> float(registry()("1 km/GeV").to("m/MeV").magnitude)
    1.0
    >>> float(registry()("10 kt*year").to("kg*year").magnitude)
    10000000.0
    """
    import pint

    units: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None, on_redefinition="ignore")
    for unit in FIELD:
        units.define(f"{unit.name} = {unit.definition}")
    return units


def check(unit: str) -> None:
    """Raise if a unit is not one the registry knows, or means two things.

    Raises
    ------
    NuanomalyError
        With the part of the unit that is unknown, or what may have been meant.
    """
    import pint

    problem = form_problem(unit)
    if problem:
        raise NuanomalyError(f"unit {unit[:60]!r}: {problem}; {_REMEDY}")
    try:
        registry().Unit(unit)
    except (pint.errors.PintError, tokenize.TokenError, SyntaxError, LookupError) as error:
        raise NuanomalyError(f"unit {unit!r}: {error}; {_REMEDY}") from None
    except (ArithmeticError, AssertionError, AttributeError, RecursionError, TypeError, ValueError) as error:
        raise NuanomalyError(f"unit {unit!r}: {error}; {_REMEDY}") from None
    meant = candidates(unit)
    if meant:
        word, choices = next(iter(meant.items()))
        raise NuanomalyError(
            f"unit {unit!r}: {word!r} means more than one thing: write {' or '.join(choices)}"
        )


def candidates(unit: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a unit that mean two things, each with what may have been meant.

    Examples
    --------
    >>> candidates("MB/GeV"), candidates("mb/GeV"), candidates("1/d")
    ({'MB': ('millibarn',)}, {}, {'d': ('day',)})
    """
    words = dict.fromkeys(_WORD.findall(unit))
    return {word: ASKED[word] for word in words if word in ASKED and word not in _TAKEN}


def form_problem(unit: str) -> str:
    """Return why a text cannot be a unit, before any parser sees it; empty if it may be one.

    A parser of units evaluates powers: powers of powers are numbers that no machine finishes.

    Examples
    --------
    >>> form_problem("eV**2"), form_problem("9**9**9")
    ('', 'a power must be a small number: eV**2')
    """
    if len(unit) > _LONGEST:
        return f"it has {len(unit)} characters"
    if not unit.strip() or not _CHARACTERS.fullmatch(unit):
        return "it holds characters that are in no unit"
    if not re.search(r"\w", unit) or unit.count("(") != unit.count(")") or unit.count("(") > 5:
        return "it is not complete"
    without = _POWER.sub(" ", unit)
    if "**" in without or "^" in without or len(_POWER.findall(unit)) > 12:
        return "a power must be a small number: eV**2"
    chained = re.search(r"(?:\*\*|\^)[^a-zA-Z*/^]*(?:\*\*|\^)", unit)
    if chained or re.search(r"\d\s*(?:\*\*|\^)\s*\(?\s*[+-]?\s*\d{3}", unit):
        return "a power must be a small number: eV**2"
    return ""
