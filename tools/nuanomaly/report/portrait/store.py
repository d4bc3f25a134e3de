"""Pictures of all releases: made when a release or the code has changed, kept otherwise."""

import json
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from nuanomaly.archive.release import Release, read
from nuanomaly.report import declaration, provenance, threads
from nuanomaly.report.drawing import standalone
from nuanomaly.report.portrait.picture import Drawn
from nuanomaly.report.portrait.portraits import portraits
from nuanomaly.report.proofs import Progress

#: Folder of a site in which pictures are kept.
FOLDER = "pictures"
#: What a folder of pictures says of itself: its words, and what it was made from.
ABOUT = "about.json"


def redraw(
    releases: Iterable[Release],
    store: Path,
    workers: int,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """Draw the pictures of releases into a store, those that are not there yet or are out of date.

    Parameters
    ----------
    store : pathlib.Path
        Folder of a site, :data:`FOLDER`.
    workers : int
        Number of processes.
    """
    say = progress or (lambda line: None)
    wanted = [r for r in releases if r.metadata["tables"]]
    missing = [r for r in wanted if force or kept(r, store) is None]
    if not missing:
        return
    store.mkdir(parents=True, exist_ok=True)
    if len(missing) == 1:  # not worth the start of a process
        keep(store / missing[0].id, _inputs(missing[0]), portraits(missing[0]))
        return
    # spawned, not forked: a fork of a process with threads may hang
    say(f"pictures of {len(missing)} releases")
    pool_of = ProcessPoolExecutor(min(workers, len(missing)), mp_context=get_context("spawn"))
    with threads.single(), pool_of as pool:
        running = {pool.submit(_made, str(r.folder)): r for r in missing}
        for done in as_completed(running):
            keep(store / running[done].id, _inputs(running[done]), done.result())


def _made(folder: str) -> list[Drawn]:
    return portraits(read(Path(folder)))


def kept(release: Release, store: Path) -> list[Drawn] | None:
    """Return the pictures that were kept for exactly this release and code, if any."""
    return read_kept(store / release.id, _inputs(release))


def read_kept(folder: Path, inputs: str) -> list[Drawn] | None:
    """Return the pictures of a folder if they were made from these inputs and are all there."""
    try:
        document = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if document["inputs"] != inputs or not all((folder / name).is_file() for name in document["files"]):
        return None
    return [Drawn(one["name"], "", one["alt"], one["caption"], one["table"]) for one in document["pictures"]]


def keep(folder: Path, inputs: str, items: Sequence[Drawn]) -> None:
    """Write pictures, the tables behind them and what they were made from into a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = {f"{one.name}.svg": standalone(one.svg) for one in items}
    written |= {f"{one.name}.csv": one.csv for one in items if one.csv}
    for name, text in written.items():
        (folder / name).write_text(text, "utf-8")
    pictures = [
        {
            "name": one.name,
            "alt": one.alt,
            "caption": one.caption,
            "table": f"{one.name}.csv" if one.csv else "",
        }
        for one in items
    ]
    document = {"inputs": inputs, "files": sorted(written), "pictures": pictures}
    (folder / ABOUT).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _inputs(release: Release) -> str:
    return provenance.fingerprint([provenance.release_files(release), _code()])


@lru_cache(maxsize=1)
def _code() -> str:
    """Return the hash of everything but the release that a picture depends on, the contours beside it too."""
    report = Path(__file__).resolve().parents[1]
    files = [
        *sorted(report.glob("portrait/*.py")),
        *sorted(report.glob("figures/*.py")),
        report / "drawing.py",
    ]
    compiled = sorted((declaration.root() / "datasets/contours").rglob("*.csv"))
    hashes = [provenance.sha256(file) for file in (*files, *compiled)]
    return provenance.fingerprint([hashes, provenance.code(provenance.NUMBERS), provenance.packages()])
