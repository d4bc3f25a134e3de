"""Claims in the prose of pages: a number comes from a result, or carries its source.

In text, ``{result:KEY}`` (or ``{result:KEY:.1f}``) is a number that the page recorded, ``{cite:KEY, where}``
the reference of one that it did not, and :mod:`.declared` knows those that something declares.
:func:`literal` finds the numbers that are none of these: those typed into sentences. :func:`sweeping` finds
sentences that say of a source what it publishes, or all, only and none of it, without the place in it.
Both are listed in ``comparisons/claims.yaml``, whose lists may only become shorter.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.report import declared
from nuanomaly.report.declaration import Comparison

#: The list of exceptions, in the folder of comparisons.
FILE = "claims.yaml"
_RESULT = re.compile(r"\{result:([\w.-]+?)(?::([^{}]*))?\}")
_CITE = re.compile(r"\{cite:([\w-]+)(?:,\s*([^{}]*))?\}")
#: A number that stands for itself: not in a word, an identifier, a formula, a superscript or a version.
_NUMBER = re.compile(r"(?<![\w.:/^_{-])[+−-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?![\w:/])")
#: What a number may be without a source: years, confidence levels, papers, units, and counts of one hand.
_FREE = (
    re.compile(r"(?:arXiv:|doi:|hep-\w+/|astro-ph/)\S+"),
    re.compile(r"\b(?:19|20)\d\d\b"),
    re.compile(r"(?<![\d.])90(?= and 99 ?%|, dashed 99 ?%)"),
    re.compile(r"(?<![\d.])(?:68(?:\.27)?|90|95(?:\.45|\.5)?|99(?:\.73)?)[ \u00a0]?%"),
    re.compile(r"\b10[⁻⁺]?[⁰¹²³⁴-⁹]+"),
    re.compile(r"\b(?:Tables?|Figs?\.?|Sections?|eqs?\.?|page)\s+[IVXLC\d]+(?:\.\d+)*", re.IGNORECASE),
    re.compile(r"\b\d\+\d\b"),
    re.compile(r"(?<!\d)10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"),
    re.compile(r"(?<![\d.,])[0-9](?![\d.,])"),
)
#: Words that say what a source says, or that say it of all of it; the latter with what a source is called.
_SAYS = re.compile(r"\b(?:published|unpublished|their own|quotes?|reports?)\b", re.IGNORECASE)
_SWEEPS = re.compile(r"\b(?:none|all|only|never|nobody|nowhere|first|nothing)\b", re.IGNORECASE)
_SOURCE = re.compile(
    r"arXiv:|hep-\w+/|\b(?:papers?|letter|literature|collaborations?|authors?|abstract|publications?)\b"
)
_FORMULA = re.compile(r"\$\$.+?\$\$|\$(?:[^$\n]|\n(?!\s*\n))+\$|`[^`\n]*`", re.DOTALL)
#: What stands for a number of ``page.cited`` in a sentence.
_CITED = "…cited…"
#: The methods of a page that put prose onto it.
_PROSE = ("text", "verdict", "table", "figure", "best_fits", "tensions")


@dataclass(frozen=True)
class Literal:
    """A number that is typed into a sentence of a page."""

    page: str
    number: str
    sentence: str

    @property
    def key(self) -> str:
        """What the list of exceptions says of it."""
        return f"{self.number} in “{self.sentence}”"


def filled(
    text: str,
    results: Mapping[str, Mapping[str, Any]],
    references: Mapping[str, Any],
    plain: bool = False,
) -> str:
    """Return text with results and citations written out; ``plain`` without links.

    Raises
    ------
    UnknownNameError
        For a result that was not recorded, or a reference that the page does not list.

    Examples
    --------
    >>> filled("It is {result:pg.sigma:.1f}σ.", {"pg.sigma": {"value": 3.24}}, {})
    'It is 3.2σ.'
    """

    def number(match: re.Match[str]) -> str:
        key, form = match[1], match[2]
        if key not in results:
            raise UnknownNameError("result", key, results)
        value = results[key]["value"]
        return format(value, form or (".3g" if isinstance(value, float) else "")).replace("-", "−")

    def source(match: re.Match[str]) -> str:
        key, where = match[1], match[2]
        if key not in references:
            raise UnknownNameError("reference", key, references)
        said = f"{key}, {where.strip()}" if where else key
        if plain:
            return f"[{said}]"
        return f'<a class="cite" href="#ref-{escape(key)}">[{escape(said)}]</a>'

    return _CITE.sub(source, _RESULT.sub(number, text))


def written(
    text: str, results: Mapping[str, Mapping[str, Any]], comparison: Comparison, plain: bool = False
) -> str:
    """Return text of a page with results, citations and what is declared written out."""
    return filled(declared.filled(text, comparison), results, references(comparison), plain=plain)


def references(comparison: Comparison) -> dict[str, Mapping[str, Any]]:
    """Return what a page may cite, by key: its own references, and the publications of its releases."""
    papers = [p for release in comparison.releases() for p in release.metadata["publications"]]
    return {entry["key"]: entry for entry in (*papers, *comparison.metadata.get("references", ()))}


def literal(script: Path) -> list[Literal]:
    """Return the numbers that stand in the sentences of a page without a result or a source."""
    items = []
    for prose in _sentences(script.read_text("utf-8")):
        bare = _FORMULA.sub(" ", declared.TAG.sub(" ", _RESULT.sub(" ", prose)))
        if _CITE.search(bare):
            continue
        for free in _FREE:
            bare = free.sub(" ", bare)
        short = " ".join(prose.split())[:80]
        items += [Literal(script.parent.name, m[0], short) for m in _NUMBER.finditer(bare)]
    return items


def sweeping(script: Path) -> list[str]:
    """Return the beginnings of sentences that say of a source what is published, all, only or none.

    One that cites a source with the place in it (``{cite:KEY, where}``) is left out, and so is one whose
    number is looked up where both are declared: ``page.cited``, or a benchmark of a release.
    """
    items = []
    for prose in _sentences(script.read_text("utf-8")):
        placed = any(match[2] for match in _CITE.finditer(prose))
        says = _SAYS.search(prose) or (_SWEEPS.search(prose) and _SOURCE.search(prose))
        if says and not placed and _CITED not in prose and "bench:" not in prose:
            items.append(" ".join(prose.split())[:80])
    return items


def exceptions(folder: Path, of: str = "exceptions") -> dict[str, list[str]]:
    """Return the listed exceptions by page, of numbers or of ``sentences``; ``folder`` has the pages."""
    file = folder / FILE
    return dict(yamlio.read(file).get(of, {})) if file.is_file() else {}


def _sentences(source: str) -> Iterator[str]:
    """Yield the sentences of a notebook: of its text cells, and of strings that go onto the page."""
    texts = [
        re.sub(r"^# ?", "", block, flags=re.MULTILINE)
        for block in re.findall(r"^# %% \[markdown\]\n((?:#.*\n?)*)", source, flags=re.MULTILINE)
    ]
    texts += [text for node in ast.walk(ast.parse(source)) for text in _strings(node)]
    for text in texts:
        yield from (part for part in re.split(r"(?<!Fig\.)(?<=[.:;?!])\s+", text) if part.strip())


def _strings(node: ast.AST) -> Iterator[str]:
    """Yield the texts that a call puts onto the page; what is computed in them is left out."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    owner = node.func.value
    if node.func.attr in _PROSE and isinstance(owner, ast.Name) and owner.id == "page":
        for argument in (*node.args, *(k.value for k in node.keywords if k.arg in ("note", "caption"))):
            text = _text(argument)
            if " " in text:
                yield text


def _text(node: ast.AST) -> str:
    """Return the typed part of a string expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(v) if isinstance(v, ast.Constant) else _computed(v) for v in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return ""


def _computed(node: ast.AST) -> str:
    """Return what stands for a computed part of a string: whether it is a cited number."""
    calls = (n.func for n in ast.walk(node) if isinstance(n, ast.Call))
    cited = any(isinstance(call, ast.Attribute) and call.attr == "cited" for call in calls)
    return f" {_CITED} " if cited else " … "
