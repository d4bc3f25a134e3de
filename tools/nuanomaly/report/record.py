"""What a page says: numbers under keys, words, tables and figures, as outputs of a notebook's cells."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly import __version__
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.report import claims, declaration, drawing, own, printed
from nuanomaly.report.colours import undrawn
from nuanomaly.report.figures.numbers import numbers
from nuanomaly.report.markup import markdown, paragraph, plain
from nuanomaly.report.notebook import FIGURE, FILE, RESULT, VERDICT
from nuanomaly.report.periods import periods
from nuanomaly.report.printed import Cell
from nuanomaly.report.words import parameter, word_list

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Recorder:
    """Where the numbers, words, tables and figures of a page go.

    Attributes
    ----------
    comparison : Comparison
        The declaration.
    results : dict
        What has been recorded.
    """

    comparison: declaration.Comparison
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    _figures: list[str] = field(default_factory=list, repr=False)
    _tables: list[str] = field(default_factory=list, repr=False)

    def title(self, key: str) -> str:
        """Return the name of a data set in figures and tables."""
        return self.comparison.dataset(key).title

    def release(self, name: str) -> Release:
        """Return a pinned release by ``NAME`` (if one version is pinned), ``NAME@LABEL`` or ``NAME@VERSION``.

        Raises
        ------
        UnknownNameError
            If ``comparison.yaml`` does not pin it: a page rests on pinned data alone.
        """
        pinned = self.comparison.pinned
        fits = [r for r in pinned if name in (r, r.partition("@")[0], r.rpartition("-r")[0])]
        if len(fits) > 1:
            raise NuanomalyError(f"{name} is pinned as {' and '.join(fits)}: name the version")
        if not fits:
            raise UnknownNameError("pinned release", name, pinned, f"comparison {self.comparison.name}")
        return self.comparison.load(fits[0])

    # --- numbers ----------------------------------------------------------------------------------------

    def result(self, key: str, value: Any, unit: str = "", meaning: str = "", method: str = "") -> Any:
        """Record a number (or a word) under a key and return it.

        Parameters
        ----------
        key : str
            Such as ``gallium.best_fit.dm2_41``; expectations and key numbers name it.
        value : float, int, str, bool or None
            A number that is not finite is recorded as None.
        unit, meaning : str
        method : str
            How it was obtained: Wilks or toys, degrees of freedom, one- or two-sided.
        """
        plain = _plain(key, value)
        about = {"unit": unit, "meaning": meaning, "method": method}
        record = {"value": plain, **{k: v for k, v in about.items() if v}}
        self.results[key] = record
        _display({RESULT: {key: record}})
        return value

    def record(self, prefix: str, values: Mapping[str, Any], method: str = "") -> None:
        """Record several numbers below one key; mappings in them are followed."""
        for name, value in values.items():
            if isinstance(value, Mapping):
                self.record(f"{prefix}.{name}", value, method)
            else:
                self.result(f"{prefix}.{name}", value, method=method)

    def cited(self, key: str) -> float:
        """Return a published number that ``comparison.yaml`` declares under ``cited``, with its source.

        Raises
        ------
        UnknownNameError
            If it is not declared: no published number stands on a page without its source.
        """
        known = {entry["key"]: entry for entry in self.comparison.metadata.get("cited", ())}
        if key not in known:
            raise UnknownNameError("cited number", key, known, f"comparison {self.comparison.name}")
        return float(known[key]["value"])

    def benchmark(self, release: str, ident: str) -> dict[str, Any]:
        """Return what a pinned release must reproduce: ``expected``, ``uncertainty`` and so on.

        Raises
        ------
        UnknownNameError
            If the release is not pinned, or has no such benchmark.
        """
        found = self.release(release)
        known = {entry["id"]: entry for entry in found.metadata.get("benchmarks", ())}
        if ident not in known:
            raise UnknownNameError("benchmark", ident, known, found.id)
        return dict(known[ident])

    def verdict(self, word: str, sentence: str) -> None:
        """Say the answer in a sentence or two, computed from the numbers; ``word`` is its shortest form.

        Plain text: it also stands in terminals and in ``result.json``. Results and citations are written out.
        Best fits that were recorded and lie at an edge of the declared range are named after it.
        """
        sentence = " ".join(filter(None, [self._filled(sentence, plain=True), self._at_edges()]))
        shown = f'<p class="word">{escape(word)}</p>{paragraph(sentence)}'
        _display(
            {
                "text/html": f'<div class="verdict">{shown}</div>',
                VERDICT: {"word": word, "sentence": sentence},
            }
        )

    # --- words, tables, figures ---------------------------------------------------------------------------

    def text(self, source: str) -> None:
        """Write a paragraph that contains computed numbers (Markdown, formulas between dollar signs).

        ``{cite:KEY, where}`` and ``{result:KEY}`` are written out (see :mod:`.claims`).
        """
        _display({"text/html": f'<div class="prose">{markdown(self._filled(source), html=True)}</div>'})

    def table(
        self,
        caption: str,
        header: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        note: str = "",
        digits: int = 3,
        shows: Sequence[str] = (),
    ) -> None:
        """Write a table; numbers are aligned to the right and shown with ``digits`` significant digits.

        Results and citations in caption and note are written out. ``shows`` are the keys of data sets and the
        releases behind it, if they are not the data sets of the comparison.
        """
        caption, note = self._filled(caption), self._filled(note)
        self._tables.append(caption)
        cells = [list(row) for row in rows]
        place = f"tables/{len(self._tables)}.csv"
        source = self._source(place, shows or list(self.comparison.datasets))
        link = f'<span class="fine"><a href="{place}">CSV</a>{source}</span>'
        title = f"<b>Table {len(self._tables)}.</b> {printed.inline(caption)} {link}"
        html = printed.table(title, header, cells, note, digits)
        _display({"text/html": html, FILE: {place: printed.csv(header, cells)}})

    def figure(
        self,
        figure: "Figure",
        name: str,
        caption: str,
        alt: str,
        shows: Sequence[str],
        regions: bool = False,
    ) -> None:
        """Put a figure on the page.

        Parameters
        ----------
        name : str
            Unique on the page; ``thumbnail`` in ``comparison.yaml`` names one.
        caption : str
            What is seen and what it means (Markdown; results and citations are written out).
        alt : str
            One sentence for readers who do not see it.
        shows : sequence of str
            Keys of data sets or pinned releases: their data-taking periods are added to the caption.
        regions : bool
            Whether it shows regions: how they are made, and which likelihoods are approximate, is added.
        """
        if name in self._figures:
            raise NuanomalyError(f"figure {name!r} stands twice on the page: names are unique")
        self._figures.append(name)
        small = [self._period(shows)]
        if regions:
            small.insert(0, f"Regions: {self.comparison.metadata['statistics']['regions']}")
            known = [name for name, _ in self.comparison.approximations()]
            if known:
                small.insert(1, f"Approximate likelihoods (see below): {', '.join(known)}")
        drawn, words = drawing.svg(figure, name, alt), printed.inline(self._filled(caption))
        if sentences(plain(words)) > SENTENCES:
            said = f"the caption of figure {name!r} has more than {SENTENCES} sentences"
            raise NuanomalyError(f"{said}: say in the text beside it what else there is")
        if missing := undrawn(f"{plain(words)} {alt}", drawn):
            raise NuanomalyError(
                f"the caption of figure {name!r} names {word_list(missing)}: nothing is drawn so"
            )
        if lonely := drawing.lonely_labels(drawn):
            raise NuanomalyError(f"an axis of figure {name!r} has no label but {word_list(lonely)}")
        number = len(self._figures)
        fine = escape(" ".join(_stop(s) for s in small))
        place = f"figures/{name}.csv"
        table = numbers(figure).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        html = (
            f'<figure id="figure-{name}">{drawn}<figcaption><b>Figure {number}.</b> '
            f'{words} <span class="fine">{_folded(fine, plain(words))} '
            f'<a href="{place}">Numbers (CSV)</a>, <a href="figures/{name}.svg">drawing (SVG)</a>.'
            f"{self._source(place, shows)}</span>"
            "</figcaption></figure>"
        )
        _display({"text/html": html, FIGURE: {"name": name}, FILE: {place: table}})

    def _at_edges(self) -> str:
        """Return a sentence on the best fits of data sets and of all together at an edge of their range."""
        items = []
        for name, limits in self.comparison.metadata["parameters"].items():
            for key in (*self.comparison.datasets, "joint"):
                found = self.results.get(f"{key}.best_fit.{name}")
                edge = found and _edge(found["value"], float(limits["low"]), float(limits["high"]))
                if edge:
                    title = "all together" if key == "joint" else self.title(key)
                    end = "eV²" if name.startswith("dm2") else ""
                    items.append(f"{title} ({parameter(name)} = {edge:g} {end}".strip() + ")")
        return f"At an edge of the declared range: the best fit of {word_list(items)}." if items else ""

    def _source(self, place: str, shows: Sequence[str]) -> str:
        """Return, folded, which command gives the numbers of a figure or table, and how to cite it."""
        name = self.comparison.name
        outside = own.is_own(self.comparison.folder)
        ids = self._ids(shows)
        lines = [f"nuanomaly report build {'./' if outside else ''}{name}"]
        lines += [] if outside else [f"# the numbers: build/site/comparisons/{name}/{place}"]
        lines += [f"nuanomaly cite {' '.join(ids)}"] if ids else []
        cite = f"nuanomaly {__version__}, {name}, {place}"
        cite += f", from the data of {word_list(ids)}" if ids else ""
        return (
            '</span><details class="fine"><summary>Command and citation</summary>'
            f"<pre><code>{escape(chr(10).join(lines))}</code></pre>{escape(cite)}.</details>"
            '<span class="fine">'
        )

    def _ids(self, shows: Sequence[str]) -> list[str]:
        """Return the releases behind keys of data sets and pinned releases, each once."""
        ids: list[str] = []
        for key in shows:
            known = key in self.comparison.datasets
            ids += self.comparison.dataset(key).releases if known else [self.release(key).id]
        return list(dict.fromkeys(ids))

    def _filled(self, text: str, plain: bool = False) -> str:
        return claims.written(text, self.results, self.comparison, plain=plain)

    def _period(self, shows: Sequence[str]) -> str:
        """Return until when the data of releases were taken, as their sources state it."""
        return periods([self.comparison.load(reference) for reference in self._ids(shows)])


def _edge(value: Any, low: float, high: float) -> float | None:
    """Return the end of a range that a positive value is at, within a thousandth; None inside."""
    if not isinstance(value, float) or value <= 0.0 or low <= 0.0:
        return None
    return next((end for end in (low, high) if abs(math.log(value / end)) < 1e-3), None)


def _plain(key: str, value: Any) -> Cell:
    """Return a value as JSON knows it.

    Raises
    ------
    NuanomalyError
        If it is neither a number nor a word.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise NuanomalyError(f"result {key!r} is a {type(value).__name__}: record single numbers or words")


def _stop(sentence: str) -> str:
    return sentence if sentence.endswith(".") else sentence + "."


#: Longer small print than this is folded, and so is what makes a caption longer than that.
_LONG, _CAPTION = 260, 420
#: So many sentences a caption has at most that is not folded.
SENTENCES = 3
#: Where a sentence ends: before a capital, a digit or a bracket, and not behind an abbreviation.
_STOP = re.compile(r"(?<!\bFig)(?<!\bRef)(?<!\bal)(?<!\bcf)[.!?](?=\s+[A-ZΑ-Ωα-ω\d\[(]|\s*$)")


def sentences(text: str) -> int:
    """Return how many sentences a text has.

    Examples
    --------
    >>> sentences("Points of Fig. 24, as 1.5σ. Errors are statistical.")
    2
    """
    return len(_STOP.findall(text))


def _folded(fine: str, above: str) -> str:
    """Return the small print below a caption, behind its first words if both together are long."""
    short = len(fine) <= _LONG and len(above) + len(fine) <= _CAPTION
    if short and sentences(above) + sentences(fine) <= SENTENCES:
        return fine
    return (
        '</span><details class="fine"><summary>Regions, approximations, data taking</summary>'
        f'{fine}</details><span class="fine">'
    )


def _display(data: Mapping[str, Any]) -> None:
    from IPython.display import display

    display(dict(data), raw=True)  # type: ignore[no-untyped-call]
