"""What a ``report.py`` works with: its declaration, pinned data, a place for numbers, figures and words.

A report begins with::

    from nuanomaly.report import context, figures

    page = context.here()

It runs the same in Jupyter and in the build. In the build, the numbers recorded with :meth:`Page.result` are
checked against the expectations of ``comparison.yaml`` and written to ``result.json``.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release, load
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.build import declared_modes, join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.report import claims, declaration, drawing
from nuanomaly.report.calibration import HEADER, Calibrated, calibrated, note
from nuanomaly.report.markup import markdown, paragraph
from nuanomaly.report.notebook import FIGURE, RESULT, VERDICT
from nuanomaly.report.periods import periods
from nuanomaly.report.words import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | float | int | bool | None


@dataclass(frozen=True, eq=False)
class Page:
    """The page that a report writes.

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

    # --- data -------------------------------------------------------------------------------------------

    @property
    def model(self) -> str:
        """The model of the comparison."""
        return str(self.comparison.metadata["model"])

    @property
    def levels(self) -> tuple[float, ...]:
        """The confidence levels of the regions."""
        return tuple(self.comparison.metadata["statistics"]["confidence_levels"])

    @property
    def grid(self) -> dict[str, tuple[float, float, int, str]]:
        """The declared scan, as :func:`nuanomaly.inference.scan.scan` takes it."""
        declared = self.comparison.metadata["parameters"]
        return {
            k: (float(v["low"]), float(v["high"]), int(v["points"]), v["scale"]) for k, v in declared.items()
        }

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
        return load(fits[0])

    def likelihood(self, key: str, mode: str | None = None) -> Likelihood:
        """Return the likelihood of a side of the comparison, or of a pinned release.

        Parameters
        ----------
        key : str
            A key of ``datasets``, or a pinned release (``NAME``, ``NAME@LABEL``).
        mode : str, optional
            The analysis variant, if not the declared one; of several releases it goes to those that have it.
        """
        if key not in self.comparison.datasets:
            return likelihood(self.release(key), mode)
        dataset = self.comparison.dataset(key)
        wanted = mode or dataset.mode
        if len(dataset.releases) == 1:
            return likelihood(load(dataset.releases[0]), wanted)
        return join(dataset.title, [_in_mode(r, wanted) for r in dataset.releases])

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

    def verdict(self, word: str, sentence: str) -> None:
        """Say the answer in a sentence or two, computed from the numbers; ``word`` is its shortest form.

        Plain text: it also stands in terminals and in ``result.json``.
        """
        shown = f'<p class="word">{escape(word)}</p>{paragraph(sentence)}'
        _display(
            {
                "text/html": f'<div class="verdict">{shown}</div>',
                VERDICT: {"word": word, "sentence": sentence},
            }
        )

    # --- toys -------------------------------------------------------------------------------------------

    def toys(self, run: str) -> StoredRun:
        """Return a stored run of toys by its name in ``runs.yaml``, or ``COMPARISON/RUN`` of another page.

        Raises
        ------
        UnknownNameError
            If no such run is declared.
        NuanomalyError
            If its result is not stored, or not that of the declaration and the releases: a page makes no
            toys itself.
        """
        other, _, name = run.rpartition("/")
        folder = self.comparison.folder
        return stored_run(folder.parent / other if other else folder, name)

    def side_by_side(
        self, tests: Mapping[str, tuple[str, Significance | int | None]], caption: str = "", **without: str
    ) -> dict[str, Calibrated]:
        """Write a table of tests by Wilks' theorem and by toys, record both, and return them.

        Parameters
        ----------
        tests : mapping of str to (str, Significance, int or None)
            By the stored run (see :meth:`toys`): a title, and the test by Wilks' theorem, or its degrees of
            freedom alone (then at the Δ of the run).
        caption : str
        **without : str
            Names in ``tests`` that are no runs, and why no toys can be made.

        Returns
        -------
        dict of str to Calibrated
            Recorded as ``toys.NAME.p_value`` and so on.
        """
        entries = {}
        for name, (title, wilks) in tests.items():
            run = None if name in without else self.toys(name)
            entries[name] = calibrated(title, wilks, run, without.get(name, ""))
            key = f"toys.{name.replace('/', '.')}"
            self.record(key, entries[name].as_dict(), entries[name].method)
        said = caption or "The same tests by Wilks' theorem and by Monte Carlo."
        self.table(said, HEADER, [one.row() for one in entries.values()], note(entries, self.comparison.name))
        return entries

    # --- words, tables, figures ---------------------------------------------------------------------------

    def text(self, source: str) -> None:
        """Write a paragraph that contains computed numbers (Markdown, formulas between dollar signs).

        ``{cite:KEY, where}`` and ``{result:KEY}`` are written out (see :mod:`.claims`).
        """
        text = claims.filled(source, self.results, claims.references(self.comparison))
        _display({"text/html": f'<div class="prose">{markdown(text)}</div>'})

    def table(
        self,
        caption: str,
        header: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        note: str = "",
        digits: int = 3,
    ) -> None:
        """Write a table; numbers are aligned to the right and shown with ``digits`` significant digits."""
        cells = [list(row) for row in rows]
        right = [k > 0 and any(_is_number(row[k]) for row in cells) for k in range(len(header))]
        body = "".join(
            f"<tr>{''.join(_cell(c, digits, k == 0, right[k]) for k, c in enumerate(row))}</tr>"
            for row in cells
        )
        head = "".join(
            f'<th scope="col" class="{"number" if right[k] else "word"}">{_inline(h)}</th>'
            for k, h in enumerate(header)
        )
        self._tables.append(caption)
        small = f'<p class="note">{_inline(note)}</p>' if note else ""
        title = f"<b>Table {len(self._tables)}.</b> {_inline(caption)}"
        html = f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        _display({"text/html": f'<div class="table">{html}</div>{small}'})

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
            What is seen and what it means (Markdown).
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
        number = len(self._figures)
        fine = escape(" ".join(_stop(s) for s in small))
        html = (
            f'<figure id="figure-{name}">{drawing.svg(figure, name, alt)}<figcaption><b>Figure {number}.</b> '
            f'{_inline(caption)} <span class="fine">{fine}</span></figcaption></figure>'
        )
        _display({"text/html": html, FIGURE: {"name": name}})

    def _period(self, shows: Sequence[str]) -> str:
        """Return until when the data of releases were taken, as their sources state it."""
        ids: list[str] = []
        for key in shows:
            known = key in self.comparison.datasets
            ids += self.comparison.dataset(key).releases if known else [self.release(key).id]
        return periods([load(reference) for reference in dict.fromkeys(ids)])


def here(folder: Path | None = None) -> Page:
    """Return the page of the comparison in a folder (the working directory, unless another is named)."""
    return Page(declaration.read((folder or Path.cwd()).resolve()))


def _in_mode(reference: str, mode: str | None) -> str:
    """Return ``NAME@VERSION:MODE`` if the release has that mode, else without it."""
    return f"{reference}:{mode}" if mode and mode in declared_modes(load(reference))[1] else reference


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


def _cell(value: Cell, digits: int, first: bool, right: bool) -> str:
    tag = "th" if first else "td"
    scope = ' scope="row"' if first else ""
    kind = ' class="number"' if right else ""
    return f"<{tag}{scope}{kind}>{_written(value, digits)}</{tag}>"


def _written(value: Cell, digits: int) -> str:
    """Return what stands in a cell: numbers with so many significant digits, texts as Markdown."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(value).replace("-", "−")
    if isinstance(value, float | np.floating):
        return number(float(value), digits)
    return _inline("–" if value is None else str(value))


#: A number as a report may have written it: sign, digits, power of ten, error, %, σ.
_PRINTED = re.compile(r"(([−+±]|− ?|± ?)?\d[\d.]*(×10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?( ?[%σ])?[ /]*)+")


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _PRINTED.fullmatch(value) is not None
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _inline(text: str) -> str:
    """Return Markdown of one paragraph without the paragraph."""
    return markdown(text).removeprefix("<p>").removesuffix("</p>")


def _stop(sentence: str) -> str:
    return sentence if sentence.endswith(".") else sentence + "."


def _display(data: Mapping[str, Any]) -> None:
    from IPython.display import display

    display(dict(data), raw=True)  # type: ignore[no-untyped-call]
