"""The start page, which answers first, and the list of all releases."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from nuanomaly.archive import anomalies, names
from nuanomaly.archive.release import Release
from nuanomaly.inference.agreement import WORDS, of_benchmark
from nuanomaly.report import overview, proofs, render, spread, verdicts
from nuanomaly.report.declaration import Comparison
from nuanomaly.report.overview import Overview

SECTORS = {
    "source": "Radioactive sources",
    "reactor": "Reactors",
    "decay-at-rest": "Decay at rest",
    "decay-in-flight": "Decay in flight",
    "cevns": "Coherent scattering on nuclei",
    "other": "Other",
}
#: From the best provenance to the least direct one.
STATUSES = ("official", "transcribed", "digitised", "derived")
#: Of what stands in no question of the overview.
_OTHER = "Other questions"


def page(
    whole: Overview,
    results: Sequence[Mapping[str, Any]],
    declared: Sequence[Comparison],
    every: Sequence[Release],
    right: Mapping[str, int],
) -> str:
    """Return the start page.

    Parameters
    ----------
    whole : Overview
        The tests behind the matrix.
    results : sequence of mapping
        Of the comparisons that were built.
    declared : sequence of Comparison
    every : sequence of Release
    right : mapping of str to int
        How many published numbers are reproduced, consistent, or neither.
    """
    moved = spread.spreads(results, declared)
    return render.page(
        "index.html.j2",
        up="",
        whole=whole,
        answer=_answer(whole, results),
        questions=questions(whole, results, declared),
        anomalies=[claim(anomaly, whole, results, declared) for anomaly in anomalies.anomalies().values()],
        thresholds=verdicts.THRESHOLDS,
        right=right,
        spreads=moved,
        spread_figure=Markup(spread.figure(moved)) if moved else "",
        sectors=_counts(every),
    )


def _answer(whole: Overview, results: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the verdict on the question of the archive; none if its page was not built to its end."""
    entry = whole.declared.get("answer", {})
    for result in results:
        if result["comparison"] == entry.get("comparison") and result["verdict"]:
            said = {name: entry[name] for name in ("figure", "caption")}
            return {"result": result, "test": whole.answer, **said}
    return None


def questions(
    whole: Overview, results: Iterable[Mapping[str, Any]], declared: Iterable[Comparison]
) -> list[dict[str, Any]]:
    """Return the comparisons by question, those of no question last."""
    thumbnails = {c.name: c.metadata["thumbnail"] for c in declared}
    built = {r["comparison"]: r for r in results}
    order = {entry["title"]: entry["comparisons"] for entry in whole.declared["questions"]}
    placed = {name for listed in order.values() for name in listed}
    order[_OTHER] = [name for name in built if name not in placed]
    groups = []
    for title, listed in order.items():
        cards = [_card(built[name], thumbnails, whole) for name in listed if name in built]
        if cards:
            groups.append({"title": title, "cards": cards})
    return groups


def _card(result: Mapping[str, Any], thumbnails: Mapping[str, str], whole: Overview) -> dict[str, Any]:
    made = result["status"] != "error"  # a report that ended before may have drawn nothing
    return {
        "result": result,
        "thumbnail": thumbnails[result["comparison"]] if made else "",
        "alt": result.get("alts", {}).get(thumbnails[result["comparison"]], ""),
        "word": overview.word(result, whole),
        "tests": whole.of_comparison(result["comparison"]),
    }


def claim(
    anomaly: Mapping[str, Any],
    whole: Overview,
    results: Iterable[Mapping[str, Any]],
    declared: Iterable[Comparison],
) -> dict[str, Any]:
    """Return an anomaly with its claim, what this archive finds for it, and the comparisons that test it."""
    about = {c.name for c in declared if anomaly["name"] in c.metadata["anomalies"]}
    numbers = anomaly["claim"]["numbers"]
    return {
        "anomaly": anomaly,
        "claimed": next((n for n in numbers if n.get("significance")), numbers[0]),
        "here": whole.cells.get(whole.declared["anomalies"].get(anomaly["name"], "")),
        "tests": [
            {"result": r, "word": overview.word(r, whole)} for r in results if r["comparison"] in about
        ],
    }


def newest(every: Iterable[Release]) -> list[Release]:
    """Return the newest version of each data set, by name."""
    known = {r.name: r for r in sorted(every, key=lambda r: names.sort_key(r.version))}
    return [known[name] for name in sorted(known)]


def _counts(every: Iterable[Release]) -> list[dict[str, Any]]:
    """Return how many data sets there are in each sector, and how many have a likelihood."""
    last = newest(every)
    return [
        {
            "title": title,
            "key": key,
            "count": sum(r.metadata["sector"] == key for r in last),
            "likelihoods": sum(
                r.metadata["sector"] == key and bool(r.metadata.get("likelihood")) for r in last
            ),
        }
        for key, title in SECTORS.items()
        if any(r.metadata["sector"] == key for r in last)
    ]


# --- releases -----------------------------------------------------------------------------------------------


def releases(every: Sequence[Release], proven: Mapping[str, proofs.Rows | None]) -> str:
    """Return the page that lists all releases, by sector; newer versions of a data set before older ones."""
    sectors: dict[str, list[dict[str, Any]]] = {}
    ordered = sorted(every, key=lambda r: names.sort_key(r.version), reverse=True)
    ordered.sort(key=lambda r: (list(SECTORS).index(r.metadata["sector"]), r.name))
    for release in ordered:
        sectors.setdefault(release.metadata["sector"], []).append(_line(release, proven[release.id]))
    return render.page("releases.html.j2", up="", sectors=sectors, sector_names=SECTORS)


def _line(release: Release, rows: proofs.Rows | None) -> dict[str, Any]:
    """Return what the list says of a release."""
    counts = Counter(table["status"] for table in release.metadata["tables"].values())
    likelihood = release.metadata.get("likelihood") or {}
    modes = list(likelihood.get("modes", ()))
    kind = "none" if not likelihood else "yes" if len(modes) < 2 else f"{len(modes)} modes"
    good = "not recomputed" if rows is None else _words(rows) if rows else "none"
    return {
        "release": release,
        "statuses": {word: counts[word] for word in STATUSES if counts[word]},
        "likelihood": kind,
        "benchmarks": good,
    }


def _words(rows: proofs.Rows) -> str:
    """Return how many benchmarks are reproduced, consistent or neither.

    Examples
    --------
    >>> _words([{"expected": 1.0, "recomputed": 1.0}, {"expected": 2.0, "recomputed": 9.0}])
    '1 reproduced, 1 not reproduced'
    """
    entries = Counter(of_benchmark(row).word for row in rows)
    return ", ".join(f"{entries[word]} {word}" for word in WORDS if entries[word])
