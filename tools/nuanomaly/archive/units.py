"""Units, by pint, with those of this field added, and those that mean two things refused.

pint knows units of the whole world, and gives some texts of this field another meaning in silence: ``kt`` is
the knot, ``ton`` the short ton of the United States, ``pe`` the picocharge, ``MB`` the megabyte. Here they
are what a physicist means (:data:`FIELD`), or refused with the candidates (:data:`ASKED`).
"""

import math
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
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
    FieldUnit(
        "photoelectron", "count = PE = photoelectrons = pe = phe", "photo-electrons; pint's pe: picocharge"
    ),
    FieldUnit("photon", "count = photons = phd", "photons, detected ones if it is phd"),
    FieldUnit("bin", "count = bins", "a bin of the table: event/bin"),
    FieldUnit("proton_on_target", "count = POT = pot", "protons on target"),
    FieldUnit("atom", "count = atoms", "atoms, as a number of targets"),
    FieldUnit("fission", "count = fissions", "fissions"),
    FieldUnit("nucleus", "count = nuclei", "nuclei, as a number of targets"),
    FieldUnit("nucleon", "count = nucleons", "nucleons, as a number of targets: cm**2/nucleon"),
    FieldUnit("proton", "count = protons", "protons, as a number of targets: cm**2/proton"),
    FieldUnit("electron", "count = electrons", "electrons, as a number of targets"),
    FieldUnit("neutrino", "count = neutrinos", "neutrinos"),
    FieldUnit(
        "ibd_yield",
        "1e-43 centimeter ** 2 / fission",
        "inverse beta decays per fission and target proton, in the unit that yields are published in",
    ),
    FieldUnit("MCi", "3.7e16 becquerel", "megacurie"),
    FieldUnit("GWd", "gigawatt * day = gigawatt_day", "energy of a reactor: a gigawatt for a day"),
    FieldUnit("watt_thermal", "watt = W_th = Wth", "thermal power of a reactor: GW_th, MWth"),
    FieldUnit("cpd", "event / day", "counts per day"),
    FieldUnit("dru", "event / kilogram / day / kiloelectron_volt", "differential rate unit"),
    FieldUnit("SNU", "1e-36 / second / atom", "solar neutrino unit: captures per second and target atom"),
    FieldUnit("mwe", "1000 kilogram / meter ** 2", "metre of water equivalent"),
    FieldUnit("ton", "1000 kilogram", "the tonne; pint's ton: 2000 pounds"),
    FieldUnit("kton", "1e6 kilogram", "a thousand tonnes"),
    FieldUnit("kt", "1e6 kilogram", "a thousand tonnes; pint's kt: knot"),
    FieldUnit(
        "eVee", "electron_volt", "electron equivalent: keVee is the energy of an electron with this light"
    ),
    FieldUnit("eVnr", "electron_volt", "nuclear recoil: keVnr is the energy of the nucleus itself"),
    FieldUnit("arbitrary_unit", "count = au = arb_unit", "an unknown scale; pint's au: astronomical unit"),
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
    "TB": ("terabarn",),
    "EB": ("exabarn",),
    "Gb": ("gigabarn", "gilbert"),
    "nPE": ("photoelectron",),
    "npe": ("photoelectron",),
    "nu": ("neutrino",),
    "byte": ("barn",),
    "bit": ("1",),
    "d": ("day",),
    "a": ("year", "arbitrary_unit"),
    "u": ("dalton", "arbitrary_unit"),
    "knot": ("kiloton", "knot"),
    "short_ton": ("tonne",),
    "e": ("elementary_charge", "electron_volt"),
}

_REMEDY = "write it as pint does, such as MeV, m, eV**2, 1"
_LONGEST = 100
_CHARACTERS = re.compile(r"[\w .*/^()%+µμΩ°·-]*")
_POWER = re.compile(r"(?:\*\*|\^)\s*\(?\s*[+-]?\s*(\d{1,2}(?:\.\d{1,3})?(?:\s*/\s*\d{1,2})?)(?![\d.])\s*\)?")
#: A power of ten before a unit: no other factor, as 2 MeV is a width and not a unit.
_FACTOR = re.compile(r"(?P<factor>1[eE][+-]?\d{1,2})\s*\*?\s*(?P<unit>[^\W\d].*|\(.*|1\s*/.*)")
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
#: A term of the units that nearly every release has, and the power of ten of its prefix.
_TERM = re.compile(r"(?P<prefix>[kMGc]?)(?P<base>eV|m)(?:\*\*(?P<power>\d(?:\.5)?))?|(?P<number>1|event)")
_PREFIXES = {"": 0, "c": -2, "k": 3, "M": 6, "G": 9}


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


def factored(unit: str) -> tuple[float, str]:
    """Return the power of ten that a unit begins with, as cross sections have it, and the rest.

    Examples
    --------
    >>> factored("1e-38 cm**2/GeV/nucleon"), factored("1/MeV")
    ((1e-38, 'cm**2/GeV/nucleon'), (1.0, '1/MeV'))
    """
    match = _FACTOR.fullmatch(unit)
    return (float(match["factor"]), match["unit"]) if match else (1.0, unit)


def parse(unit: str) -> "pint.Quantity[Any]":
    """Return one of a unit as a quantity; it has been checked (:func:`check`).

    Examples
    --------
    >>> f"{parse('1e-38 cm**2').to('fb').magnitude:.6g}", str(parse("MeV").units)
    ('10', 'megaelectron_volt')
    """
    factor, rest = factored(unit)
    quantity: pint.Quantity[Any] = registry().Quantity(factor, registry().Unit(rest))
    return quantity


def power_of_ten(unit: str, wanted: str) -> float | None:
    """Return what numbers of a unit are multiplied with to be of another one, where prefixes alone differ.

    That needs no registry, whose making takes longer than that of most likelihoods; the factor is the
    registry's. None for any other pair of units, and where one of them is no quotient of powers of eV and m.

    Examples
    --------
    >>> power_of_ten("GeV", "MeV"), power_of_ten("km/GeV", "m/MeV"), power_of_ten("1", "event")
    (1000.0, 1.0, 1.0)
    >>> power_of_ten("GeV", "m"), power_of_ten("inch", "m")
    (None, None)
    """
    exponent = 0.0
    pairs = zip_longest(unit.split("/"), wanted.split("/"), fillvalue="")
    for place, terms in enumerate(pairs):
        one, other = (_TERM.fullmatch(term) for term in terms)
        if one is None or other is None or one.group("base", "power") != other.group("base", "power"):
            return None
        ratio = _PREFIXES[one["prefix"] or ""] - _PREFIXES[other["prefix"] or ""]
        exponent += ratio * float(one["power"] or 1) * (-1 if place else 1)
    return math.pow(10.0, exponent)


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

    meant = candidates(unit)
    if meant:
        word, choices = next(iter(meant.items()))
        raise NuanomalyError(
            f"unit {unit!r}: {word!r} means more than one thing: write {' or '.join(choices)}"
        )
    try:
        registry().Unit(factored(unit)[1])
    except (pint.errors.PintError, tokenize.TokenError, SyntaxError, LookupError) as error:
        raise NuanomalyError(f"unit {unit!r}: {error}; {_REMEDY}") from None
    except (ArithmeticError, AssertionError, AttributeError, RecursionError, TypeError, ValueError) as error:
        raise NuanomalyError(f"unit {unit!r}: {error}; {_REMEDY}") from None


def in_base_units(unit: str) -> str:
    """Return one of a unit in the units that this field computes in: MeV, m, s, kg.

    Examples
    --------
    >>> in_base_units("1e-38 cm**2/GeV"), in_base_units("kt"), in_base_units("1")
    ('1e-45 m**2/MeV', '1e+06 kg', '1')
    >>> in_base_units("ibd_yield/keV"), in_base_units("SNU")
    ('1e-44 m**2/count/MeV', '1e-36 1/count/s')
    """
    factor, rest = factored(unit)
    known = registry()
    composite = {u.name: u.definition.split(" = ")[0] for u in FIELD if " " in u.definition.split(" = ")[0]}
    written = _WORD.sub(lambda word: f"({composite[word[0]]})" if word[0] in composite else word[0], rest)
    expanded: pint.Quantity[Any] = known.Quantity(written)
    quantity: pint.Quantity[Any] = known.Quantity(factor * expanded.magnitude)
    for name, power in expanded.unit_items():
        one = known.Quantity(1.0, name)
        energy = one.dimensionality == known.Unit("MeV").dimensionality
        quantity = quantity * (one.to("MeV") if energy else one.to_base_units()) ** power
    return f"{quantity.magnitude:.6g} {quantity.units:~C}".strip()


def table() -> str:
    """Return the units of this field, and the texts that are asked for, as tables in Markdown."""
    lines = ["| unit | also written | is | means |", "|---|---|---|---|"]
    for unit in FIELD:
        definition, *aliases = (part.strip() for part in unit.definition.split(" = "))
        also = ", ".join(f"`{alias}`" for alias in aliases) or "–"
        lines.append(f"| `{unit.name}` | {also} | {definition.replace(' ** ', '**')} | {unit.meaning} |")
    lines += ["", "| text | may be | pint reads |", "|---|---|---|"]
    for text, meant in ASKED.items():
        lines.append(f"| `{text}` | {' or '.join(meant)} | {_of_pint(text)} |")
    return "\n".join(lines)


@lru_cache(maxsize=1)
def _plain_registry() -> "pint.UnitRegistry[Any]":
    import pint

    return pint.UnitRegistry(cache_folder=None)


def _of_pint(text: str) -> str:
    """Return what pint alone takes a text for."""
    import pint

    try:
        return str(_plain_registry().Unit(text)).replace("_", " ")
    except pint.errors.UndefinedUnitError:
        return "nothing"


def candidates(unit: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a unit that mean two things, each with what may have been meant.

    Examples
    --------
    >>> candidates("MB/GeV"), candidates("mb/GeV"), candidates("1/d")
    ({'MB': ('millibarn',)}, {}, {'d': ('day',)})
    """
    words = dict.fromkeys(_WORD.findall(factored(unit)[1]))
    return {word: ASKED[word] for word in words if word in ASKED}


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
