"""The page of an anomaly: what is claimed, what this archive finds, and everything here that tests it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release
from nuanomaly.report import render, start
from nuanomaly.report.declaration import Comparison
from nuanomaly.report.overview import Overview
from nuanomaly.report.portrait import overlay


def anomaly_page(
    anomaly: Mapping[str, Any],
    every: Sequence[Release],
    results: Sequence[Mapping[str, Any]],
    declared: Sequence[Comparison],
    whole: Overview,
    store: Path,
) -> str:
    """Return the page of an anomaly; ``store`` holds the pictures of releases."""
    carry = [(r, _known(r)) for r in anomaly["releases"]["carry"]]
    named = [(r, _known(r)) for r in anomaly["releases"]["test"]]
    test = [*named, *_tested_by(anomaly["name"], every, declared, [*carry, *named])]
    held, tested = ([release for _, release in side if release is not None] for side in (carry, test))
    return render.page(
        "anomaly.html.j2",
        up="../",
        anomaly=anomaly,
        claim=start.claim(anomaly, whole, results, declared),
        numbers={entry["key"]: n for n, entry in enumerate(anomaly["references"], 1)},
        carry=carry,
        test=test,
        data=[release.id for release in held],
        pictures=overlay.pictures(anomaly["name"], list(anomaly.get("groups", {})), held, tested, store),
        outside=[{**entry, "releases": _newest(entry, every)} for entry in anomaly.get("outside", ())],
        sector_names=start.SECTORS,
    )


def _newest(entry: Mapping[str, Any], every: Iterable[Release]) -> list[str]:
    """Return the newest releases of the data sets that hold a result."""
    known = {r.name: r.id for r in start.newest(every)}
    return [known[name] for name in entry.get("releases", ()) if name in known]


def _tested_by(
    name: str,
    every: Iterable[Release],
    declared: Iterable[Comparison],
    listed: Iterable[tuple[str, Release | None]],
) -> list[tuple[str, Release]]:
    """Return the newest releases that comparisons about an anomaly use and its declaration does not name."""
    newest = {r.name: r for r in start.newest(every)}
    known = {release.name for _, release in listed if release is not None}
    used = [
        reference.partition("@")[0]
        for comparison in declared
        if name in comparison.metadata["anomalies"]
        for dataset in comparison.datasets.values()
        for reference in dataset.releases
    ]
    return [(newest[n].id, newest[n]) for n in dict.fromkeys(used) if n in newest and n not in known]


def _known(reference: str) -> Release | None:
    try:
        return load(reference)
    except NuanomalyError:
        return None
