"""Pictures of all releases: made when a release or the code has changed, kept otherwise."""

import json
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from functools import lru_cache, partial
from pathlib import Path

from nuanomaly.archive.release import Release, read
from nuanomaly.report import declaration, provenance
from nuanomaly.report.drawing import standalone
from nuanomaly.report.portrait.picture import Drawn
from nuanomaly.report.portrait.portraits import portraits
from nuanomaly.report.workers import Task

#: Folder of a site in which pictures are kept.
FOLDER = "pictures"
#: What a folder of pictures says of itself: its words, and what it was made from.
ABOUT = "about.json"


def to_draw(releases: Iterable[Release], store: Path, processes: Executor, force: bool = False) -> list[Task]:
    """Return what is to be done to draw the pictures of releases that are not there yet or are out of date.

    Parameters
    ----------
    store : pathlib.Path
        Folder of a site, :data:`FOLDER`.
    processes : concurrent.futures.Executor
        Where they are drawn.
    """
    wanted = [r for r in releases if r.metadata["tables"]]
    missing = [r for r in wanted if force or kept(r, store) is None]
    return [partial(_draw, release, store, processes) for release in missing]


def _draw(release: Release, store: Path, processes: Executor) -> None:
    keep(store / release.id, _inputs(release), processes.submit(_made, str(release.folder)).result())


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
