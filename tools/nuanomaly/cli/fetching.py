"""Get releases: fetch, lock."""

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetch import Fetcher, Watcher, fetcher
from nuanomaly.cli import output

if TYPE_CHECKING:
    from rich.progress import Progress


@click.command()
@click.argument("references", metavar="NAME[@VERSION]…", nargs=-1)
@click.option("-o", "--output", "folder", type=output.FOLDER, help="Put them below this folder.")
@click.option("--format", "format", help="Convert the tables: csv, parquet or json.")
@click.option("--upstream", is_flag=True, help="Get the original files from their authors instead.")
@click.option("--offline", is_flag=True, help="Never touch the network; say what is missing.")
@click.option("--all", "everything", is_flag=True, help="All releases but retracted ones.")
@click.option(
    "--source", "sources", multiple=True, help="A mirror, bundle or folder to ask instead of all others."
)
@click.option(
    "--locked", is_flag=True, help="Accept only what nuanomaly.lock pins; without names, all of it."
)
@click.option(
    "--unlisted", is_flag=True, help="Take from sources what the ledger of this program does not know too."
)
@click.option("--record", "recorded", is_flag=True, help="Keep the cache as a DataLad dataset.")
@output.as_json
def fetch(
    references: Sequence[str],
    folder: Path | None,
    format: str | None,
    upstream: bool,
    offline: bool,
    everything: bool,
    sources: Sequence[str],
    locked: bool,
    unlisted: bool,
    recorded: bool,
    as_json: bool,
) -> None:
    """Get releases (or groups of them) by name, whole and verified.

    Sources, in this order: the checkout, the mirrors in $NUANOMALY_SOURCES (http://, https://, file:// or
    paths, separated by blanks), a bundle nuanomaly-archive.zip beside them, the cache. In a checkout, a
    release is verified and used where it is. Without -o, releases go to the cache ($NUANOMALY_CACHE), where
    nuanomaly.load finds them. With --record, the cache is a DataLad dataset too: `datalad drop`, `get` and
    `rerun` work on it.
    """
    if bool(references) == everything and not locked:
        raise click.UsageError("Name releases, or ask for all of them with --all")
    if upstream and format:
        raise click.UsageError("--upstream gets files as they are: leave out --format")
    if recorded and (folder or format or upstream):
        raise click.UsageError("--record records the cache: leave out --output, --format and --upstream")
    _known_format(format)
    with _watched() as watcher:
        to = None if format or upstream else folder
        chosen = list(sources) or None
        with fetcher(
            to, offline=offline, locked=locked, sources=chosen, unlisted=unlisted, watcher=watcher
        ) as made:
            wanted = _wanted(made, references, everything)
            rows, worst = _each(made, wanted, folder, format, upstream, watcher)
        if recorded:
            _record(rows, watcher)
    if as_json:
        output.emit(rows)
    sys.exit(worst)


@click.command()
@click.argument("references", metavar="NAME[@VERSION]…", nargs=-1, required=True)
@click.option("-o", "--output", "file", type=output.FILE, help="The lock file to write.")
def lock(references: Sequence[str], file: Path | None) -> None:
    """Pin releases, by version and the hashes of all their files, in nuanomaly.lock.

    `nuanomaly fetch --locked` then gets exactly these and nothing else. What is pinned already stays; a new
    revision takes the place of the old one.
    """
    from nuanomaly.archive.fetch import lock as pin
    from nuanomaly.archive.lockfile import LOCK_FILE

    path = file or Path(LOCK_FILE)
    with _watched() as watcher, fetcher(watcher=watcher) as made:
        pinned = pin([m for r in references for m in made.members(r)], path, watcher)
    for id, entry in pinned.items():
        click.echo(f"{id}  {len(entry.files)} files, {entry.size / 1e6:.2f} MB")
    click.echo(f"written to {path}")


def _known_format(format: str | None) -> None:
    from nuanomaly.archive.errors import UnknownNameError
    from nuanomaly.archive.fetching import FORMATS

    if format is not None and format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)


def _wanted(made: Fetcher, references: Sequence[str], everything: bool) -> list[str]:
    """Return the releases that are asked for, groups taken apart."""
    if everything:
        texts = made.available()
        if not texts:
            raise NuanomalyError("no source has any release: see `nuanomaly fetch --help`")
        return texts
    return [m for r in references for m in made.members(r)] or sorted(made.trust.pins or {})


def _each(
    made: Fetcher,
    references: Sequence[str],
    folder: Path | None,
    format: str | None,
    upstream: bool,
    watcher: Watcher,
) -> tuple[list[dict[str, Any]], int]:
    """Get one after the other; a failure is told at once, and the others are still got."""
    rows: list[dict[str, Any]] = []
    worst = 0
    for reference in references:
        try:
            if upstream:
                items, ok = _upstream(made, reference, folder, watcher)
                rows += items
                worst = max(worst, 0 if ok else 1)
            else:
                rows.append(_one(made, reference, folder, format))
        except NuanomalyError as error:
            if len(references) == 1:
                raise
            click.echo(f"Error: {error}", err=True)
            worst = max(worst, error.exit_code)
    return rows, worst


def _one(made: Fetcher, reference: str, folder: Path | None, format: str | None) -> dict[str, Any]:
    """Get a release, convert it if asked for, and say where it is."""
    got = made.get(reference)
    path = got.folder
    if format:
        from nuanomaly.archive.fetching.convert import converted

        path = converted(got.folder, format, folder)
    said = {
        "fetched": f"from {got.origin}",
        "present": "was here, verified",
        "checkout": "in the checkout, verified",
    }
    _say(f"{got.release}  {path}  ({said[got.how]}, {got.size / 1e6:.2f} MB)")
    return {"release": got.release, "folder": path, "how": got.how, "origin": got.origin, "size": got.size}


def _record(rows: Sequence[Mapping[str, Any]], watcher: Watcher) -> None:
    """Record what was fetched; without git-annex, say how to get that; the releases are there anyway."""
    from nuanomaly.archive import paths
    from nuanomaly.archive.datalad import programs
    from nuanomaly.archive.datalad.record import record
    from nuanomaly.archive.fetch import Fetched

    if all(row["how"] == "checkout" for row in rows):
        _say("nothing to record: these lie in the checkout, and git has them")
        return
    try:
        new = record(paths.cache(), [Fetched(**row) for row in rows])
    except programs.ProgramError as error:
        watcher.note(f"not recorded: {error}")
        return
    _say(f"recorded in {paths.cache()}: {', '.join(new) or 'nothing new'}")


def _upstream(
    made: Fetcher, reference: str, folder: Path | None, watcher: Watcher
) -> tuple[list[dict[str, Any]], bool]:
    """Get the originals of a release, and say which have no URL."""
    from nuanomaly.archive import paths, release
    from nuanomaly.archive.fetching import upstream

    result = release.read(made.get(reference).folder)
    root = folder or paths.cache() / "originals"
    got = upstream.originals(result, root, offline=made.offline, policy=made.policy, watcher=watcher)
    _say(f"{result.id}: {upstream.summary(got)}")
    for original in got:
        _say(f"  {original.message}")
    rows = [
        {"release": result.id, "original": o.id, "how": o.how, "path": o.path, "message": o.message}
        for o in got
    ]
    return rows, all(o.ok for o in got)


def _say(line: str) -> None:
    """Print a line for people; with --json, only JSON is printed."""
    if not click.get_current_context().params["as_json"]:
        click.echo(line)


class _Notes(Watcher):
    """Prints notes on stderr."""

    def note(self, text: str) -> None:
        """Print it."""
        click.echo(f"note: {text}", err=True)


class _Bars(Watcher):
    """A bar for each release, on a terminal."""

    def __init__(self, bars: "Progress") -> None:
        self._bars, self._lock = bars, threading.Lock()
        self._task: Any = None

    def note(self, text: str) -> None:
        """Print it above the bars."""
        self._bars.console.print(f"note: {text}", markup=False)

    def begin(self, what: str, size: int) -> None:
        """Draw a bar."""
        self._task = self._bars.add_task(what, total=size or None)

    def advance(self, count: int) -> None:
        """Move it."""
        with self._lock:
            self._bars.advance(self._task, count)

    def end(self) -> None:
        """Take it away."""
        self._bars.remove_task(self._task)


@contextmanager
def _watched() -> Iterator[Watcher]:
    """Give what is told how a fetch goes on: bars if stderr is a terminal, else notes alone."""
    if not sys.stderr.isatty():
        yield _Notes()
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=output.console(error=True), transient=True) as bars:
        yield _Bars(bars)
