"""BibTeX of the publications behind releases: of exactly those that are named."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from nuanomaly import __version__
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.references import releases
from nuanomaly.archive.release import Release

TITLE = (
    "nuanomaly: a reproducible open-data and anomaly-comparison archive for short-baseline neutrino physics"
)

_TYPES = {
    "article": "article",
    "preprint": "misc",
    "thesis": "phdthesis",
    "proceedings": "inproceedings",
    "report": "techreport",
    "book": "book",
    "dataset": "misc",
    "software": "misc",
}
# Where the entry types want what release.yaml calls the journal, the publisher and the number.
_NAMES = {
    "phdthesis": {"publisher": "school", "journal": "school"},
    "inproceedings": {"journal": "booktitle"},
    "techreport": {"publisher": "institution", "journal": "institution"},
    "misc": {"journal": "howpublished"},
}
_SIGNS = {"→": r"\to", "±": r"\pm", "×": r"\times", "∼": r"\sim", "≃": r"\simeq", "≤": r"\leq", "≥": r"\geq"}
_SIGNS |= {"−": "-", "∞": r"\infty", "°": r"^{\circ}", "′": "'"}
_DASHES = {"–": "--", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''", "\u00a0": "~"}
_UP = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_DOWN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_BAR = "\u0304\u0305"
_FORMULA = re.compile(
    f"(?:[α-ωΓ-Ω][{_BAR}]?(?:(?<=[ν{_BAR}])[eμτs](?![a-z]))?|[{''.join(_SIGNS)}⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉])+"
)


def cite(references: str | Release | Iterable[str | Release], *, archive: bool = False) -> str:
    """Return the BibTeX entries of the publications of releases, each once, by key.

    Parameters
    ----------
    references : str, Release, or several
        Releases, ``NAME[@VERSION]``, groups, or sums of these.
    archive : bool
        Add an entry for the archive itself.

    Raises
    ------
    UnknownNameError
        If there is no such release.

    Examples
    --------
    >>> from pathlib import Path
    >>> paper = {"key": "Doe2020", "title": "Data of ν", "authors": "J. Doe et al.", "role": "primary"}
    >>> more = {"year": "2020", "doi": "10.1/x"}
    >>> print(cite(Release("tiny", "2020-r1", Path(), {"publications": [{**paper, **more}]})))
    % tiny@2020-r1: Doe2020 (primary)
    <BLANKLINE>
    @misc{Doe2020,
      author = {Doe, J. and others},
      title = {{Data of {$\\nu$}}},
      year = {2020},
      doi = {10.1/x}
    }
    """
    wanted = [references] if isinstance(references, str | Release) else list(references)
    named: dict[str, Release] = {}
    for reference in wanted:
        for release in _releases(reference):
            named[release.id] = release
    header: list[str] = []
    entries: dict[str, str] = {}
    for release in named.values():
        listed = release.metadata.get("publications", ())
        header.append(f"% {release.id}: " + ", ".join(f"{p['key']} ({p['role']})" for p in listed))
        for publication in listed:
            written = bibtex(publication)  # the same paper may be told in less detail elsewhere
            entries[publication["key"]] = max(entries.get(publication["key"], ""), written, key=len)
    blocks = [entries[key] for key in sorted(entries)]
    if archive:
        header.append("% the archive: nuanomaly")
        blocks.append(_archive())
    return "\n\n".join(["\n".join(header), *blocks])


def cite_result(about: Mapping[str, Any]) -> str:
    """Return the BibTeX entries behind a result, and what it was computed with.

    Parameters
    ----------
    about : mapping
        A result as ``to_dict()`` or ``--json`` gives it: ``datasets`` (or ``release``), ``model``, ``fixed``.

    Raises
    ------
    NuanomalyError
        If it does not say of which data it is.

    Examples
    --------
    >>> text = cite_result({"datasets": ["best@2022-r2"], "model": "2nu-ee"})
    >>> text.splitlines()[0].rpartition(" ")[0]
    '% model 2nu-ee, computed with nuanomaly'
    """
    named = [str(n) for n in about.get("datasets") or ([about["release"]] if about.get("release") else [])]
    if not named:
        raise NuanomalyError("this result does not say of which data it is: cite the releases by name")
    private = [n for n in named if _PRIVATE in n]
    known = [term.strip() for n in named if n not in private for term in n.split(" + ")]
    fixed = ", ".join(f"{name} = {value:g}" for name, value in (about.get("fixed") or {}).items())
    model = f"model {about['model']}, " if about.get("model") else ""
    header = [f"% {model}computed with nuanomaly {__version__}", *([f"% fixed: {fixed}"] if fixed else [])]
    header += [f"% {n}: a folder of your own, which has no entry" for n in private]
    return "\n".join([*header, cite(known, archive=True)])


#: How results mark a folder of one's own.
_PRIVATE = "(private)"


def bibtex(publication: Mapping[str, Any]) -> str:
    """Return the BibTeX entry of one publication of a ``release.yaml``."""
    kind = _TYPES[publication.get("type", "article")]
    if kind == "article" and not publication.get("journal"):
        kind = "misc"  # BibTeX wants a journal in an article
    of_all = (
        f"{{{tex(publication['collaboration'])} Collaboration}}" if publication.get("collaboration") else ""
    )
    fields = {
        "author": _authors(publication["authors"]) if publication.get("authors") else of_all,
        "collaboration": tex(publication.get("collaboration", "")),
        "title": "{" + tex(publication["title"]) + "}",
    }
    for key in ("journal", "publisher", "volume", "number", "pages", "year"):
        name = _NAMES.get(kind, {}).get(key, key)
        if publication.get(key) and name not in fields:
            fields[name] = tex(publication[key])
    if "pages" in fields:
        fields["pages"] = re.sub("(?<=[0-9])-(?=[0-9])", "--", fields["pages"])
    if publication.get("doi"):
        fields["doi"] = publication["doi"]
    if publication.get("arxiv"):
        fields |= {"eprint": publication["arxiv"], "archiveprefix": "arXiv"}
    if publication.get("url"):
        fields["url"] = publication["url"]
    if publication.get("note"):
        fields["note"] = tex(publication["note"])
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{kind}{{{publication['key']},\n{lines}\n}}"


def tex(text: object) -> str:
    """Return a text as LaTeX; letters with accents stay as they are (UTF-8).

    Examples
    --------
    >>> print(tex("⁵¹Cr & ν̄μ→ν̄e at 1–2 eV²"))
    {$^{51}$}Cr \\& {$\\bar{\\nu}_{\\mu}\\to\\bar{\\nu}_{e}$} at 1--2 eV{$^{2}$}
    """
    words = re.sub(r"[\\&%#_{}]", lambda m: r"\textbackslash " if m[0] == "\\" else "\\" + m[0], str(text))
    for sign, written in _DASHES.items():
        words = words.replace(sign, written)
    return _FORMULA.sub(lambda m: "{$" + _formula(m[0]) + "$}", words)


def _formula(signs: str) -> str:
    """Return a run of mathematical signs as the inside of a formula."""
    text = re.sub(f"(ν[{_BAR}]?)([eμτs])", r"\1_{\2}", signs)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+", lambda m: f"^{{{m[0].translate(_UP)}}}", text)
    text = re.sub("[₀₁₂₃₄₅₆₇₈₉]+", lambda m: f"_{{{m[0].translate(_DOWN)}}}", text)
    text = re.sub(f"(.)[{_BAR}]", r"\\bar{\1}", text)
    commands = [_SIGNS.get(c) or ("\\" + _letter(c) if c > "\u036f" else c) for c in text]
    # a command ends where no letter follows
    return re.sub(r"(\\[A-Za-z]+)\0(?=[A-Za-z])", r"\1 ", "\0".join(commands)).replace("\0", "")


def _letter(sign: str) -> str:
    """Return the name of a Greek letter as LaTeX calls it."""
    *_, size, _, name = unicodedata.name(sign).replace("FINAL ", "").split()[:4]
    return name.capitalize() if size == "CAPITAL" else name.lower().replace("lamda", "lambda")


def _authors(text: str) -> str:
    """Return authors as BibTeX separates them.

    Examples
    --------
    >>> _authors("V. V. Barinov et al."), _authors("C. Giunti, Y. F. Li and C. A. Ternes")
    ('Barinov, V. V. and others', 'Giunti, C. and Li, Y. F. and Ternes, C. A.')
    """
    others = re.search(r",?\s*(et al\.?|and others)\s*$", text)
    people = re.split(
        r"\s*,\s*(?:and\s+)?|\s+and\s+|\s*;\s*|\s+&\s+", text[: others.start()] if others else text
    )
    texts = [_name(person.strip()) for person in people if person.strip()]
    return " and ".join(texts + (["others"] if others else []))


def _name(person: str) -> str:
    """Return ``Barinov, V. V.`` for ``V. V. Barinov``; what does not begin with initials stays one name."""
    match = re.fullmatch(r"((?:[^\W\d_]{1,2}\.[\s-]*|[^\W\d_]\.-[^\W\d_]\.\s*)+)(\S.*)", person)
    return f"{tex(match[2])}, {tex(match[1].strip())}" if match else "{" + tex(person) + "}"


def _archive() -> str:
    return (
        "@misc{nuanomaly,\n  author = {{the nuanomaly contributors}},\n"
        f"  title = {{{{{TITLE}}}}},\n  note = {{version {__version__}}}\n}}"
    )


def _releases(reference: str | Release) -> list[Release]:
    if isinstance(reference, Release):
        return [reference]
    return [load(name) for name in releases(reference)]
