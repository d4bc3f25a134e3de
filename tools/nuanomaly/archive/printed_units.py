"""Units as they are printed, TeX and capitals included, as pint reads them; what is open is asked for."""

import re

from nuanomaly.archive import units
from nuanomaly.archive.errors import NuanomalyError

#: What a person has to fill in; validation finds every one of them.
TODO = "TODO"
#: Where the text of another world is a unit of pint's.
_SPELLINGS = {
    "events": "event",
    "counts": "event",
    "counts per bin": "event",
    "entries": "event",
    "%": "percent",
    "per cent": "percent",
    "°": "degree",
    "a.u.": "arbitrary_unit",
    "arb. units": "arbitrary_unit",
    "arb. unit": "arbitrary_unit",
    "arbitrary units": "arbitrary_unit",
    "p.e.": "photoelectron",
    "m.w.e.": "mwe",
    "per mille": "permille",
    "per mil": "permille",
    "‰": "permille",
}
_VOLTS = {"EV": "eV", "KEV": "keV", "MEV": "MeV", "GEV": "GeV", "TEV": "TeV"}
#: Capitals of older tables of cross sections.
_CAPITALS = {"MB": "millibarn", "PB": "picobarn", "NB": "nanobarn", "UB": "microbarn", "FB": "femtobarn"}
_CROSS_SECTION = re.compile(r"sig(ma)?\b|σ|cross|xsec|d\(sig", re.IGNORECASE)
#: A power of ten before the unit: 10^{-38}, x10**-38, 1E-38, and e-42 alone.
_TEN = re.compile(
    r"^(?:\*|[x×])?\s*(?:(?:1\s*[x*×]\s*)?10\s*\*\*\s*\(?\s*(?P<power>[+-]?\d{1,2})\)?|1?[eE](?P<e>[+-]\d{1,2}))"
    r"\s*\*?\s*(?=[A-Za-z(1])"
)
_POWERS = re.compile(r"\b(cm|CM|km|mm|m|M|eV|keV|MeV|GeV|s)(-?[1-9])\b")
_ENERGIES = re.compile(r"\b(k|M|G|T)?eV_?(ee|nr)\b")


def is_open(text: object) -> bool:
    """Return whether an entry is to be filled in by a person."""
    return str(text).startswith(TODO)


def unit(text: str, name: str = "") -> str:
    """Return a unit as pint writes it; ``TODO`` for one that it does not know or that means two things.

    Parameters
    ----------
    text : str
        As it is printed, TeX included.
    name : str
        Of what is measured: a cross section in MB is in millibarn, as older tables print it in capitals.

    Examples
    --------
    >>> unit("counts per bin"), unit("GeV"), unit("arb. units"), unit("")
    ('event', 'GeV', 'arbitrary_unit', 'TODO')
    >>> unit("10$^{-38}$ cm$^2$/GeV/nucleon"), unit("e-42 cm^2")
    ('1e-38 cm**2/GeV/nucleon', '1e-42 cm**2')
    >>> unit("PB", "SIG"), unit("PB")
    ('picobarn', 'TODO: PB may be picobarn')
    """
    written = _SPELLINGS.get(text.strip().lower(), _plain(text))
    if not written:
        return TODO
    asked = units.candidates(written)
    if asked and _CROSS_SECTION.search(name) and set(asked) <= set(_CAPITALS):
        for word in asked:
            written = re.sub(rf"\b{word}\b", _CAPITALS[word], written)
        asked = {}
    if asked:
        word, choices = next(iter(asked.items()))
        return f"{TODO}: {word} may be {' or '.join(choices)}"
    try:
        units.check(written)
    except NuanomalyError:
        return TODO
    return written


def _plain(text: str) -> str:
    """Return a unit without TeX, as pint reads it.

    Examples
    --------
    >>> _plain(r"$\\mu$s"), _plain("cm$^{2}$"), _plain("GeV/$c^2$"), _plain("MEV"), _plain("GEV/C")
    ('us', 'cm**2', 'GeV/c**2', 'MeV', 'GeV/c')
    >>> _plain(r"$\\times 10^{-38}$ cm2"), _plain("keV$_{ee}$")
    ('1e-38 cm**2', 'keVee')
    """
    plain = re.sub(r"\\(?:mathrm|text|rm|textrm)\b", "", text)
    plain = re.sub(r"\\mu(?![a-z])\s*", "u", plain).replace("\\%", "percent")
    plain = plain.replace("µ", "u").replace("μ", "u").replace("²", "**2").replace("³", "**3")
    plain = re.sub(r"\\(?:times|cdot)\b", "*", plain)
    plain = re.sub(r"[$~{}\\]|\\[,;! ]", "", plain).replace("^", "**").strip()
    plain = re.sub(r"\b(MEV|GEV|KEV|TEV|EV)\b", lambda content: _VOLTS[content[1]], plain)
    plain = re.sub(r"\b(?<=eV/)C\b", "c", plain)
    plain = re.sub(r"\bCM\b", "cm", plain)
    plain = _POWERS.sub(r"\1**\2", plain)
    plain = _ENERGIES.sub(lambda content: content[0].replace("_", ""), plain)
    if ten := _TEN.match(plain):
        return f"1e{int(ten['power'] or ten['e'])} {plain[ten.end() :].strip()}"
    return plain
