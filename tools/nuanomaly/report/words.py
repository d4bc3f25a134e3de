"""How names, units, papers and sizes are written on pages: the filters of the templates."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from nuanomaly.inference.agreement import of_benchmark, of_expectation
from nuanomaly.report.markup import markdown

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_FLAVOURS = {"nue": "νe", "numu": "νμ", "nutau": "ντ", "nuebar": "ν̄e", "numubar": "ν̄μ", "nutaubar": "ν̄τ"}
_UNITS = {
    "1": "",
    "bohr_magneton": "μ_B",
    "event": "events",
    "metric_ton": "t",
    "percent": "%",
    "photoelectron": "photoelectrons",
    "um": "µm",
    "us": "µs",
}


def number(value: float, digits: int = 3) -> str:
    """Return a number as text with a true minus sign and powers of ten written out.

    Examples
    --------
    >>> number(-0.00123456), number(1.5e-9), number(12345.6, 3), number(0.0)
    ('−0.00123', '1.5×10⁻⁹', '12346', '0')
    >>> number(99.97, 2), number(0.0009999, 3)
    ('100', '0.00100')
    """
    if value == 0.0:
        return "0"
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "–"
    size = float(f"{abs(value):.{digits}g}")  # 99.97 has three digits before the point once it is rounded
    if size >= 10.0**digits and size < 1e7:
        text = f"{value:.0f}"
    elif 1e-4 <= size < 1e7:
        text = f"{value:#.{digits}g}".rstrip(".")
    else:
        mantissa, exponent = f"{value:.{max(0, digits - 1)}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return text.replace("-", "−")


def unit(text: str) -> str:
    """Return a unit as it is printed.

    Examples
    --------
    >>> unit("eV**2"), unit("1"), unit("cm**2/fission"), unit("1/MeV")
    ('eV²', '', 'cm²/fission', '1/MeV')
    """
    if text in _UNITS:
        return _UNITS[text]
    powers = re.sub(r"\*\*\s*(-?\d+)", lambda m: m[1].translate(_SUPERSCRIPT), text)
    return powers.replace("*", " ").replace("_", " ").replace(" / ", "/")


#: Parameters as they are written in a sentence, where no formula can stand.
_PARAMETERS = {
    "sin2_2theta_ee": "sin²2θee",
    "sin2_2theta_mue": "sin²2θμe",
    "sin2_2theta_mumu": "sin²2θμμ",
    "Ue4_sq": "|Ue4|²",
    "Umu4_sq": "|Uμ4|²",
    "Utau4_sq": "|Uτ4|²",
    "Ue5_sq": "|Ue5|²",
    "Umu5_sq": "|Uμ5|²",
    "dm2": "Δm²",
    "sin2_2theta": "sin²2θ",
    "sigma_x": "σₓ",
    "alpha_4": "α₄",
    "E_res": "energy of the resonance",
    "mediator_mass": "mass of the mediator",
    "magnetic_moment_e": "magnetic moment of νe",
    "magnetic_moment_mu": "magnetic moment of νμ",
    "charge_radius_e": "charge radius of νe",
    "charge_radius_mu": "charge radius of νμ",
}


#: Families of parameters whose index is two levels.
_INDEXED = {"dm2": "Δm²", "delta": "δ"}


def parameter(name: str) -> str:
    """Return a parameter as it stands in a sentence; its own name if it has no symbol here.

    Examples
    --------
    >>> parameter("sin2_2theta_mue"), parameter("cevns_strength")
    ('sin²2θμe', 'cevns_strength')
    >>> parameter("dm2_14"), parameter("delta_25"), parameter("nsi_mutau")
    ('Δm²14', 'δ25', 'εμτ')
    """
    kind, _, index = name.partition("_")
    if kind in _INDEXED and index.isdigit():
        return f"{_INDEXED[kind]}{index}"
    if kind == "nsi":
        letters = index.replace("mu", "μ").replace("tau", "τ")
        return f"ε{letters}" if set(letters) <= set("eμτ") else name
    return _PARAMETERS.get(name, name)


def channel(text: str) -> str:
    """Return a channel in Greek letters.

    Examples
    --------
    >>> channel("numubar->nuebar")
    'ν̄μ→ν̄e'
    """
    initial, _, final = text.partition("->")
    return f"{_FLAVOURS.get(initial, initial)}→{_FLAVOURS.get(final, final)}"


def size(count: int) -> str:
    """Return a file size.

    Examples
    --------
    >>> size(438), size(14_300), size(3_200_000)
    ('438 B', '14 kB', '3.2 MB')
    """
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def quoted(entry: Mapping[str, Any]) -> str:
    """Return a quoted number with its errors and unit, as an anomaly states it.

    Examples
    --------
    >>> quoted({"value": 87.9, "uncertainty": {"statistical": 22.4, "systematic": 6.0}, "unit": "event"})
    '87.9 ± 22.4 (stat) ± 6 (syst) events'
    >>> quoted({"value": 0.34, "uncertainty": {"plus": 0.14, "minus": 0.09}})
    '0.34 +0.14 −0.09'
    """
    error = entry.get("uncertainty")
    text = f"{entry['value']:g}".replace("-", "−")
    if isinstance(error, Mapping):
        if "plus" in error:
            text += f" +{error['plus']:g} −{error['minus']:g}"
        else:
            text += f" ± {error['statistical']:g} (stat) ± {error['systematic']:g} (syst)"
    elif error is not None:
        text += f" ± {error:g}"
    return f"{text} {unit(entry.get('unit', '1'))}".strip()


def links(entry: Mapping[str, Any]) -> Markup:
    """Return links to a paper: DOI, arXiv, INSPIRE."""
    items = []
    if entry.get("doi"):
        items.append(_link(f"https://doi.org/{entry['doi']}", f"doi:{entry['doi']}"))
    if entry.get("arxiv"):
        items.append(_link(f"https://arxiv.org/abs/{entry['arxiv']}", f"arXiv:{entry['arxiv']}"))
    if entry.get("inspire"):
        items.append(_link(f"https://inspirehep.net/literature/{entry['inspire']}", "INSPIRE"))
    if entry.get("url"):
        items.append(_link(entry["url"], entry["url"]))
    return Markup(", ").join(items)


def paper(entry: Mapping[str, Any]) -> Markup:
    """Return a reference as one line with links."""
    authors = entry.get("authors") or entry.get("collaboration") or ""
    if entry.get("collaboration") and entry["collaboration"] not in authors:
        authors += f" ({entry['collaboration']})"
    place = " ".join(str(entry[k]) for k in ("journal", "volume", "pages") if entry.get(k))
    parts = [escape(p) for p in (authors, place) if p]
    title = f"“{escape(entry['title'])}”"
    line = Markup(", ".join([*parts[:1], title, *parts[1:]]) + f" ({escape(str(entry['year']))})")
    markup = links(entry)
    return Markup("{}, {}").format(line, markup) if markup else line


def _link(address: str, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, text)


def text(source: str) -> Markup:
    """Return Markdown of a declaration as HTML."""
    return Markup(markdown(source))


def inline(source: str) -> Markup:
    """Return Markdown of one paragraph, without the paragraph."""
    return Markup(markdown(source).removeprefix("<p>").removesuffix("</p>"))


_CITED = re.compile(r"\[([A-Z][\w-]*\d{4}[\w-]*)((?:, [^\]\[]+)?)\]")


def cited(source: str, page: str = "") -> Markup:
    """Return plain text whose citations are links to the references of a page, this one if none is named.

    Examples
    --------
    >>> print(cited("[Giunti2026, abstract] finds > 3σ."))
    <a class="cite" href="#ref-Giunti2026">[Giunti2026, abstract]</a> finds &gt; 3σ.
    """
    link = rf'<a class="cite" href="{escape(page)}#ref-\1">[\1\2]</a>'
    return Markup(_CITED.sub(link, str(escape(source))))


#: What data share in a sentence: models, as hypotheses.
_HYPOTHESES = {
    "2nu-ee": "as one disappearance of νe",
    "2nu-mue": "as one oscillation of νμ into νe",
    "2nu-mumu": "as one disappearance of νμ",
    "3+1": "as one sterile neutrino",
}


def hypothesis(model: str) -> str:
    """Return a model as data share it in a sentence.

    Examples
    --------
    >>> hypothesis("2nu-ee"), hypothesis("3+2")
    ('as one disappearance of νe', 'under 3+2')
    """
    return _HYPOTHESES.get(model, f"under {model}")


def value(content: Any, digits: int = 4) -> str:
    """Return a number, a truth value or a word for a table.

    Examples
    --------
    >>> value(0.80712), value(True), value(None), value("in tension"), value(12)
    ('0.8071', 'yes', '–', 'in tension', '12')
    """
    if content is None:
        return "–"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int):
        return str(content).replace("-", "−")
    return number(content, digits) if isinstance(content, float) else str(content)


def printed(content: Any) -> str:
    """Return a number as a source prints it: no digits are added.

    Examples
    --------
    >>> printed(373.406), printed(29.0), printed(-0.5), printed(7.39e-5)
    ('373.406', '29', '−0.5', '7.39×10⁻⁵')
    """
    if isinstance(content, bool) or not isinstance(content, int | float):
        return value(content)
    text = f"{content:.10g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return text.replace("-", "−")


def number_pair(content: Any, expected: Any) -> str:
    """Return a recomputed number with two digits more than the expected one has, so that they compare.

    Examples
    --------
    >>> number_pair(373.40112, 373.406), number_pair(0.8451234, 0.844)
    ('373.4011', '0.8451')
    >>> number_pair(33295.5, 33300.0), number_pair(1e-7, 0.0)
    ('33295.5', '1×10⁻⁷')
    """
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in (content, expected)):
        return value(content)
    if isinstance(content, int):
        return value(content)
    digits = len(f"{expected:.10g}".replace("-", "").replace(".", "").lstrip("0"))
    return number(float(content), max(4, digits + 1))


def breakable(key: str) -> Markup:
    """Return a key that may be broken after its dots."""
    return Markup("<wbr>").join(f"{part}." for part in key.split(".")[:-1]) + Markup("<wbr>{}").format(
        key.split(".")[-1]
    )


def word_list(items: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> word_list(["a", "b", "c"])
    'a, b and c'
    """
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


#: What an amendment adds, one and several of them; ``tables`` are named instead of counted.
_ADDED = {
    "known_issues": ("known issue", "known issues"),
    "benchmarks": ("benchmark", "benchmarks"),
    "modes": ("word on a mode", "words on modes"),
    "disjoint": ("release that it shares no data with", "releases that it shares no data with"),
}
_ADDED_TABLES = {"columns": "meanings of columns", "energies": "which energy columns hold"}


def added(amendment: Mapping[str, Any]) -> str:
    """Return a sentence on what an amendment adds to a release.

    Examples
    --------
    >>> added({"known_issues": [{}, {}], "energies": {"flux": {"energy": "neutrino"}}})
    'It adds 2 known issues and which energy columns hold (tables: flux).'
    """
    counted = [
        f"{len(amendment[key])} {one if len(amendment[key]) == 1 else several}"
        for key, (one, several) in _ADDED.items()
        if amendment.get(key)
    ]
    tables = [
        f"{what} (tables: {', '.join(amendment[key])})"
        for key, what in _ADDED_TABLES.items()
        if amendment.get(key)
    ]
    why = ["why no published number is recomputed"] if amendment.get("no_published_benchmark") else []
    return f"It adds {word_list([*counted, *tables, *why])}."


def benchmark_word(row: Mapping[str, Any]) -> str:
    """Return what a recomputed benchmark is called: reproduced, consistent, or neither.

    Examples
    --------
    >>> benchmark_word({"expected": 11.9, "recomputed": 9.25, "uncertainty": 4.2, "tolerance": 4.2})
    'consistent'
    """
    return of_benchmark(row).word


def expectation_word(row: Mapping[str, Any]) -> str:
    """Return the same of an expectation; what this archive itself gave before is *as before* or *changed*."""
    if row["kind"] == "regression":
        return "as before" if row["ok"] else "changed"
    return of_expectation(row).word


#: A sentence ends before a capital, a Greek letter, a number, a bracket, or the superscript of an isotope.
_STOP = re.compile(r"(?<=[.!?])\s+(?=[A-ZΑ-Ωα-ω0-9|([²³⁰-⁹])")
#: How long a bracket may be before it is left out of a short form.
_LONG = 24


def sentences(text: str) -> list[str]:
    """Return the sentences of a plain text.

    Examples
    --------
    >>> sentences("They agree (χ² = 2.9, p = 58 %). Above 0.2 eV² it is 6.1. ²³⁵U is low.")
    ['They agree (χ² = 2.9, p = 58 %).', 'Above 0.2 eV² it is 6.1.', '²³⁵U is low.']
    >>> sentences("Two gain 14.9. [Collin2016, abstract] has less.")
    ['Two gain 14.9.', '[Collin2016, abstract] has less.']
    """
    return _STOP.split(text.strip())


def opening(text: str, count: int = 2) -> str:
    """Return the first sentences: what stands as a verdict."""
    return " ".join(sentences(text)[:count])


def rest(text: str, count: int = 2) -> str:
    """Return what stands under a verdict: all but its first sentences.

    Examples
    --------
    >>> opening("One. Two. Three."), rest("One. Two. Three."), rest("One.")
    ('One. Two.', 'Three.', '')
    """
    return " ".join(sentences(text)[count:])


def brief(text: str) -> str:
    """Return the first sentence up to a semicolon, without its long brackets.

    Examples
    --------
    >>> brief("Gallium (sources) is low (χ²PG = 11.6 for 2 degrees of freedom, p = 0.15 %). More follows.")
    'Gallium (sources) is low.'
    """
    first = sentences(text)[0]
    short = re.sub(r"\s*\([^()]*(?:\([^()]*\)[^()]*)*\)", lambda m: m[0] if len(m[0]) < _LONG else "", first)
    clause = short.partition(";")[0].strip()
    return clause if clause.endswith((".", "!", "?")) else f"{clause}."


def capitalized(text: str) -> str:
    """Return a text with its first letter large and all others as they are."""
    return text[:1].upper() + text[1:]


FILTERS: dict[str, Callable[..., Any]] = {
    "parameter": parameter,
    "unit": unit,
    "channel": channel,
    "size": size,
    "quoted": quoted,
    "links": links,
    "paper": paper,
    "words": text,
    "inline": inline,
    "value": value,
    "printed": printed,
    "number_pair": number_pair,
    "word_list": word_list,
    "added": added,
    "breakable": breakable,
    "benchmark_word": benchmark_word,
    "expectation_word": expectation_word,
    "opening": opening,
    "rest": rest,
    "brief": brief,
    "cited": cited,
    "capitalized": capitalized,
}
