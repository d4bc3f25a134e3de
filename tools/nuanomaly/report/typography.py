"""How numbers and symbols are written in a page's sentences, whoever wrote the sentence.

Releases and sources say ``1e-40 cm²``, ``ε_ee`` or ``3.75 σ``: their words are kept, their notation becomes
that of physics when the page is written. Code, formulas, drawings and scripts stay as they are.
"""

import re
from decimal import Decimal
from html import escape, unescape

_KEPT = re.compile(
    r"<!--.*?-->|<(script|style|svg|math|pre|code|kbd|samp|title)\b.*?</\1>|<[^>]*>",
    re.DOTALL | re.IGNORECASE,
)
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_POWER = re.compile(r"(?<![\w.#/])(\d+(?:\.\d+)?)e([+-]?)0*(\d{1,3})(?![\w.]\d|\w)")
_SUBSCRIPT = re.compile(r"(?<![A-Za-z_])([εθνηU]\u0304?)_(\{\w+\}|\w{1,6})")
#: What is an index by its place: flavours of neutrinos, and the elements, angles and splittings of mixing.
_INDEX = re.compile(
    r"(?<![A-Za-zα-ω])(ν\u0304?)([eμτ])(?!\w)"
    r"|([θεδ])(\d\d|[eμτ]{2}|W)(?!\w)"
    r"|(Δm²)_?([1-9][1-9])(?!\d|\.\d)"
    r"|(\|U)_?([eμταs][1-9])(\|²?)"
    r"|(χ²)(PG|min)(?!\w)"
)
_NAMES = {"mu": "μ", "tau": "τ", "nu": "ν"}
_ISOTOPE = re.compile(r"(?<![\w.@/-])(\d{2,3})(Ar|Cr|Cs|Fe|Ga|Ge|Na|Pu|U|Xe|(?<=1[234])C)(?!\w)")
_ROOT = re.compile(r"(?<=[A-Za-z])\^(?:\(1/3\)|⅓)")
_P_VALUE = re.compile(r"(?<!\w)(p ?(?:[=<>≈≤≥]|&[lg]t;) ?)(0\.\d+)(?!\d|\s?(?:%|[kMG]?eV|per cent))")
_PER_CENT = re.compile("(?<=\\d)[ \u00a0]?%(?![\\w%])")
_THOUSANDS = re.compile(r"(?<![\d.,/])\d{1,3}(?:,\d{3})+(?![\d,])")
_SIGMA = re.compile("(?<=\\d)[ \u00a0\u202f]+σ")
_MINUS = re.compile(r"(?:^|(?<=[\s(\[]))-(?=\d+(?:\.\d+)?(?![\w-]))")
#: A zero with a sign, which no measurement has, and pairs of errors upwards and downwards, which keep theirs.
_ZERO = re.compile(
    r"(?P<errors>\+\d[\d.]*[\s/]+[−-]\d[\d.]*)"
    r"|(?:^|(?<=[\s(\[]))[+−-](?P<zero>0(?:\.0+)?)(?!\.?\d|[\w×-])"
)
#: Whether anything may have to be written otherwise: most texts have nothing.
_RAW = re.compile(
    "-\\d|[+−]0|\\d[A-Z%,]|\\^[(⅓]|\\de[+-]?\\d|[εθνηδ]|Δm²|χ²|\\|U|U_|\\d[ \u00a0\u202f]+[σ%]"
    "|p ?(?:[=<>≈≤≥]|&[lg]t;)"
)


def written(text: str) -> str:
    """Return a text of a page, without elements, as physics writes it.

    Examples
    --------
    >>> written("1.7 in 1e-40 cm², tolerance 3.5e-4, 2.4e23 atoms, 3.75 σ")
    '1.7 in 10⁻⁴⁰ cm², tolerance 3.5×10⁻⁴, 2.4×10²³ atoms, 3.75σ'
    >>> written("ε_ee and ε_mumu, sin²θ_W")
    'ε<sub>ee</sub> and ε<sub>μμ</sub>, sin²θ<sub>W</sub>'
    >>> written("ν̄_μ")
    'ν̄<sub>μ</sub>'
    >>> written("νμ→νe, Δm²41, sin²2θμe")
    'ν<sub>μ</sub>→ν<sub>e</sub>, Δm²<sub>41</sub>, sin²2θ<sub>μe</sub>'
    >>> written("phase of U_e4, |U_μ4|², Δm²_41.")
    'phase of U<sub>e4</sub>, <span class="whole">|U<sub>μ4</sub>|²</span>, Δm²<sub>41</sub>.'
    >>> written("|Ue4|², θ13, χ²PG, 2νβ, [U")
    '<span class="whole">|U<sub>e4</sub>|²</span>, θ<sub>13</sub>, χ²<sub>PG</sub>, 2νβ, [U'
    >>> written("p = 0.278 with toys, p = 0.3 % by Wilks")
    'p = 27.8\xa0% with toys, p = 0.3\xa0% by Wilks'
    >>> written("12 of 240,000 toys, cells (1,2)")
    '12 of 240\u202f000 toys, cells (1,2)'
    >>> written("2.5% of 90%, sample%20file")
    '2.5\xa0% of 90\xa0%, sample%20file'
    >>> written("R = 1.2 fm A^⅓")
    'R = 1.2 fm A<sup>1/3</sup>'
    >>> written("danss -0.2, sage@2006-r1, 2004-09, (-1), 10-20")
    'danss −0.2, sage@2006-r1, 2004-09, (−1), 10-20'
    >>> written("Δχ² −0.0, danss +0.00, (-0.0 %), 0.34 +0.00 −0.09, −0.04")
    'Δχ² 0.0, danss 0.00, (0.0\xa0%), 0.34 +0.00 −0.09, −0.04'
    >>> written("51Cr on 71Ga, 12C, 239Pu; best@2022-51Cr, 20CD")
    '⁵¹Cr on ⁷¹Ga, ¹²C, ²³⁹Pu; best@2022-51Cr, 20CD'
    """
    if not _RAW.search(text):
        return text
    text = _ISOTOPE.sub(lambda match: f"{match[1].translate(_SUPERSCRIPT)}{match[2]}", text)
    text = _ROOT.sub("<sup>1/3</sup>", _POWER.sub(_power, text))
    text = _P_VALUE.sub(lambda match: f"{match[1]}{Decimal(match[2]).scaleb(2):f} %", text)
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", "\u202f"), _PER_CENT.sub("\u00a0%", text))
    text = _MINUS.sub("−", _ZERO.sub(lambda match: match["errors"] or match["zero"], text))
    return _SIGMA.sub("σ", _SUBSCRIPT.sub(_subscript, _INDEX.sub(_index, text)))


def in_letters(text: str) -> str:
    """Return a text so written, where no element can stand: without subscripts.

    Examples
    --------
    >>> in_letters("51Cr & νe, 2.5e-3")
    '⁵¹Cr & νe, 2.5×10⁻³'
    """
    return unescape(re.sub(r"<[^>]*>", "", written(escape(text, quote=False))))


def prose(html: str) -> str:
    """Return a page whose sentences are written so; elements and what is code in them are kept.

    Examples
    --------
    >>> prose('<p title="1e-5">1e-5 <code>1e-5</code></p>')
    '<p title="1e-5">10⁻⁵ <code>1e-5</code></p>'
    """
    parts, end = [], 0
    for match in _KEPT.finditer(html):
        parts += [written(html[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, written(html[end:])])


def _power(match: re.Match[str]) -> str:
    exponent = f"{'-' if match[2] == '-' else ''}{match[3]}".translate(_SUPERSCRIPT)
    return f"10{exponent}" if match[1] in ("1", "1.0") else f"{match[1]}×10{exponent}"


def _index(match: re.Match[str]) -> str:
    letter, index, *rest = (group for group in match.groups() if group)
    said = f"{letter}<sub>{index}</sub>"
    return f'<span class="whole">{said}{rest[0]}</span>' if rest else said  # no line ends behind a bar


def _subscript(match: re.Match[str]) -> str:
    name = match[2].strip("{}")
    for word, letter in _NAMES.items():
        name = name.replace(word, letter)
    return f"{match[1]}<sub>{name}</sub>"
