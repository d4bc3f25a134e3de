"""Other releases of the archive beside a new one: the same data under another name, and the same channel."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive import names, release
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood

#: So many equal counts in a row are no accident.
_FEWEST = 5
#: Tables with more rows are not compared: events, surfaces.
_MOST_ROWS = 2000


def doubts(result: Release, root: Path) -> Iterator[tuple[str, str]]:
    """Yield a doubt for each dataset with the same counts or paper where no overlap is declared."""
    named = {str(entry.get("with", "")).partition("@")[0] for entry in result.metadata.get("overlaps", ())}
    own, papers = _counts(result), _papers(result)
    for other in _newest(root, result.name):
        back = {str(e.get("with", "")).partition("@")[0] for e in other.metadata.get("overlaps", ())}
        if other.name in named or result.name in back:
            continue
        same = own & _counts(other)
        if same:
            values = ", ".join(f"{v:g}" for v in min(same)[:3])
            yield (
                "OVERLAP_MISSING",
                f"{other.id} holds the same counts ({values}, …)",
            )
        elif papers & _papers(other):
            paper = min(papers & _papers(other))
            yield (
                "OVERLAP_MISSING",
                f"{other.id} has the same primary paper ({paper})",
            )


def places(root: Path, sector: str, initial: str, final: str, but: str) -> list[tuple[float, float]]:
    """Return the median L (m) and the median L/E (m/MeV) of other experiments with a channel.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    sector, initial, final : str
    but : str
        The dataset that is left out.
    """
    stamp = (root / "catalog.yaml").stat().st_mtime_ns if (root / "catalog.yaml").is_file() else 0
    return [
        medians
        for name, ends, medians in _nodes(root, sector, stamp)
        if ends == (initial, final) and name != but
    ]


@lru_cache(maxsize=16)
def _nodes(
    root: Path, sector: str, stamp: int
) -> tuple[tuple[str, tuple[str, str], tuple[float, float]], ...]:
    """Return dataset, flavours, and medians of L and L/E of every channel of a sector's released releases."""
    rows = []
    for other in _newest(root, ""):
        if other.metadata.get("sector") != sector or other.state != "released":
            continue
        if not other.metadata.get("likelihood"):
            continue
        try:
            made = likelihood(other)
        except (NuanomalyError, ValueError, KeyError):
            continue
        if isinstance(made, ResponseLikelihood):
            for channel in made.response.channels:
                medians = float(np.median(channel.L)), float(np.median(channel.L / channel.E))
                rows.append((other.name, (channel.initial, channel.final), medians))
    return tuple(rows)


def _newest(root: Path, but: str) -> Iterator[Release]:
    """Yield the newest readable version of every other dataset."""
    for name, versions in release.folders(root).items():
        if name == but:
            continue
        for version in sorted(versions, key=names.sort_key, reverse=True):
            try:
                yield release.read(versions[version])
            except NuanomalyError:  # validation says why
                continue
            break


def _papers(result: Release) -> set[str]:
    primary = [p for p in result.metadata.get("publications", ()) if p.get("role") == "primary"]
    return {str(p[key]) for p in primary for key in ("doi", "arxiv") if key in p}


def _counts(result: Release) -> set[tuple[float, ...]]:
    """Return the columns of counts of a release, each as a tuple."""
    columns: set[tuple[float, ...]] = set()
    for table in result.tables:
        entry = result.declared(table)
        if not _FEWEST <= int(entry.get("rows", 0)) <= _MOST_ROWS:
            continue
        wanted = [c for c in entry["columns"] if _is_count(c)]
        if wanted:
            frame = result.table(table)
            columns |= {tuple(frame[str(c["name"])].to_numpy(float)) for c in wanted}
    return {values for values in columns if len(set(values)) >= _FEWEST}


def _is_count(column: Any) -> bool:
    """Return whether a column holds counts: it says so, or it holds whole numbers of events."""
    whole = column.get("type") in ("int64", "float64", None) and column.get("unit") == "event"
    return "count" not in column and bool(column.get("counts") or whole)
