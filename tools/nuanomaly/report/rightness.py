"""How right the archive is: every published number beside the one recomputed, in words and in a histogram."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive import names
from nuanomaly.archive.release import Release
from nuanomaly.inference.agreement import WORDS, Agreement, of_benchmark, of_expectation
from nuanomaly.report import drawing, figures
from nuanomaly.report.declaration import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Differences beyond this many quoted errors stand in the last bins of the histogram.
_FARTHEST = 2.0


@dataclass(frozen=True)
class Line:
    """One published number and what the archive finds for it.

    Attributes
    ----------
    where : str
        The release or comparison.
    link : str
        Its page, from the start page.
    quantity : str
    agreement : Agreement
    why : str
        Source of the tolerance, or why it is not reproduced.
    source : str
    read : str
        How the published number was read, if a page says it: ``recalled`` ones are not counted.
    """

    where: str
    link: str
    quantity: str
    agreement: Agreement
    why: str
    source: str
    read: str = ""

    @property
    def counted(self) -> bool:
        """Whether it is evidence: what was only recalled is none."""
        return self.read != "recalled"


def of_releases(rows: Mapping[str, Sequence[Mapping[str, Any]] | None]) -> Iterator[Line]:
    """Yield the published benchmarks of releases that were recomputed: of revisions the newest alone."""
    newest: dict[str, str] = {}
    for release in sorted(rows, key=lambda r: names.sort_key(r.partition("@")[2])):
        newest[release.rpartition("-r")[0]] = release
    for release, items in rows.items():
        name, _, version = release.partition("@")
        if newest[release.rpartition("-r")[0]] != release:
            continue
        for row in items or ():
            if row["kind"] == "published":
                why = row["reason"] or row["tolerance_source"]
                link = f"releases/{name}/{version}/index.html"
                yield Line(release, link, row["quantity"], of_benchmark(row), why, row["source"])


def of_comparisons(results: Iterable[Mapping[str, Any]], declared: Iterable[Comparison]) -> Iterator[Line]:
    """Yield what comparisons expect of published numbers, and the cited ones they recompute."""
    metadata = {c.name: c.metadata for c in declared}
    for result in results:
        name = result["comparison"]
        link = f"comparisons/{name}/report.html"
        for row in result["expectations"]:
            if row["kind"] == "published":
                yield Line(
                    result["title"],
                    link,
                    row["key"],
                    of_expectation(row),
                    row["tolerance_source"],
                    row["source"],
                )
        for entry in metadata.get(name, {}).get("cited", ()):
            if "recomputed" in entry:
                content, *ends = (
                    result["results"].get(key, {}).get("value")
                    for key in (entry["recomputed"], *entry.get("between", ()))
                )
                errors = entry.get("uncertainty"), entry.get("tolerance")
                between = (float(ends[0]), float(ends[1])) if ends and None not in ends else None
                agreement = Agreement(entry["value"], content, *errors, between)
                why = entry.get("because", "") if agreement.word != "reproduced" else ""
                source = f"{entry['reference']}, {entry['where']} ({entry['read']})"
                yield Line(
                    result["title"],
                    link,
                    entry["quantity"],
                    agreement,
                    why or entry.get("tolerance_source", ""),
                    source,
                    entry["read"],
                )


def counts(lines: Iterable[Line]) -> dict[str, int]:
    """Return how many published numbers each word stands for, in the order of the words."""
    entries = Counter(line.agreement.word for line in lines if line.counted)
    return {word: entries[word] for word in WORDS}


def without(releases: Iterable[Release]) -> list[tuple[Release, Mapping[str, Any]]]:
    """Return the releases that recompute no published number, and what was searched for one.

    Of those that are in force: announced ones, drafts and older revisions are left out.
    """
    newest: dict[str, Release] = {}
    for release in sorted(releases, key=lambda r: names.sort_key(r.version)):
        if release.state == "released":
            newest[release.id.rpartition("-r")[0]] = release
    return [
        (release, release.metadata.get("no_published_benchmark", {}))
        for release in sorted(newest.values(), key=lambda r: r.id)
        if not any(b["kind"] == "published" for b in release.metadata.get("benchmarks", ()))
    ]


def silent(declared: Iterable[Comparison]) -> list[tuple[Comparison, str]]:
    """Return the comparisons without a published counterpart, and what was searched (empty: nobody said)."""
    items = []
    for comparison in declared:
        metadata = comparison.metadata
        published = any(e["kind"] == "published" for e in metadata["expectations"])
        cited = any("recomputed" in e for e in metadata.get("cited", ()))
        if not published and not cited:
            items.append((comparison, str(metadata.get("counterpart", ""))))
    return items


def histogram(lines: Iterable[Line]) -> str:
    """Return the histogram of differences in units of the quoted error, as an SVG element."""
    pulls: dict[str, list[float]] = {"reproduced": [], "consistent": [], "not reproduced": []}
    for line in lines:
        if line.counted and line.agreement.pull is not None and line.agreement.word in pulls:
            pulls[line.agreement.word].append(float(np.clip(line.agreement.pull, -_FARTHEST, _FARTHEST)))
    figure, axes = figures.new(7.3, 3.2)
    edges = np.linspace(-_FARTHEST, _FARTHEST, 41)
    colours = {"reproduced": "blue", "consistent": "orange", "not reproduced": "vermillion"}
    axes.hist(
        list(pulls.values()),
        bins=edges.tolist(),
        stacked=True,
        color=[drawing.COLOURS[colours[word]] for word in pulls],
        label=[f"{word} ({len(values)})" for word, values in pulls.items()],
    )
    axes.set(
        xlabel="(recomputed − published) / quoted error",
        ylabel="published numbers",
        xlim=(-_FARTHEST, _FARTHEST),
    )
    figures.legend(figure, axes)
    return _svg(figure, "pulls", "Most differences are far below the quoted error.")


def _svg(figure: "Figure", name: str, alt: str) -> str:
    return str(drawing.svg(figure, name, alt))
