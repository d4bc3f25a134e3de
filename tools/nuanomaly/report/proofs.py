"""The benchmarks of releases, recomputed when the release or the code has changed and kept otherwise."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path
from typing import Any

from nuanomaly.archive.release import Release, read
from nuanomaly.inference import benchmarks
from nuanomaly.report import provenance

Rows = list[dict[str, Any]]
#: Told what happens, one line at a time.
Progress = Callable[[str], None]


def recompute(
    releases: Iterable[Release],
    store: Path,
    processes: Executor,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Rows]:
    """Return the benchmark rows of releases by ``NAME@VERSION``.

    Parameters
    ----------
    store : pathlib.Path
        Folder in which rows are kept, with the hash of what they were made from.
    processes : concurrent.futures.Executor
        Where they are recomputed.
    """
    say = progress or (lambda line: None)
    wanted = {release.id: release for release in releases if release.metadata.get("benchmarks")}
    entries = {} if force else {k: rows for k, r in wanted.items() if (rows := kept(r, store)) is not None}
    missing = {k: r for k, r in wanted.items() if k not in entries}
    running: dict[Future[Rows], Release] = {
        processes.submit(_rows, str(release.folder)): release for release in missing.values()
    }
    for done in as_completed(running):
        release = running[done]
        entries[release.id] = done.result()
        _keep(release, store, entries[release.id])
        say(f"{release.id}: {summary(entries[release.id])}")
    return {k: entries[k] for k in wanted}


def summary(rows: Rows) -> str:
    """Return how many benchmarks hold.

    Examples
    --------
    >>> summary([{"ok": True}, {"ok": False}])
    '1 of 2 benchmarks hold'
    """
    good = sum(bool(row["ok"]) for row in rows)
    if good == len(rows) == 1:
        return "its one benchmark holds"
    return f"all {good} benchmarks hold" if good == len(rows) else f"{good} of {len(rows)} benchmarks hold"


def _rows(folder: str) -> Rows:
    return benchmarks.of_release(read(Path(folder)))


def _inputs(release: Release) -> str:
    parts = [provenance.release_files(release), provenance.code(provenance.NUMBERS), provenance.packages()]
    return provenance.fingerprint(parts)


def _file(release: Release, store: Path) -> Path:
    return store / f"{release.id}.json"


def kept(release: Release, store: Path) -> Rows | None:
    """Return the rows that were kept for exactly this release and code, if any."""
    try:
        document = json.loads(_file(release, store).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    rows: Rows = document["rows"]
    return rows if document["inputs"] == _inputs(release) else None


def _keep(release: Release, store: Path, rows: Rows) -> None:
    store.mkdir(parents=True, exist_ok=True)
    document = {"inputs": _inputs(release), "rows": rows}
    _file(release, store).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
