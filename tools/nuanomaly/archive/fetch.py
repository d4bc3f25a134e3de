"""Get releases by name: from the checkout, a mirror or a bundle, verified, into the cache or a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nuanomaly.archive import anomalies, lockfile, paths
from nuanomaly.archive.errors import IntegrityError
from nuanomaly.archive.fetching.download import Policy
from nuanomaly.archive.fetching.fetcher import Fetched, Fetcher, FetchError
from nuanomaly.archive.fetching.listing import ReleaseEntry
from nuanomaly.archive.fetching.sources import configured
from nuanomaly.archive.fetching.store import Store
from nuanomaly.archive.fetching.trust import Trust
from nuanomaly.archive.fetching.watcher import Watcher


def fetch(
    reference: str,
    output: str | Path | None = None,
    *,
    format: str | None = None,
    offline: bool = False,
    locked: bool | str | Path = False,
    sources: Sequence[str] | None = None,
    unlisted: bool = False,
    watcher: Watcher | None = None,
) -> Path:
    """Get a release and return the folder its files are in.

    Nothing but a complete, verified release is ever visible there: files are streamed, compared with their
    sha256, continued where a connection broke off, and published together. A release in the checkout is
    verified and used where it is.

    Parameters
    ----------
    reference : str
        ``NAME`` (the newest released version), ``NAME@LABEL`` or ``NAME@VERSION``.
    output : path, optional
        Put it into ``output/NAME/VERSION``; left out, it goes to the cache, where
        :func:`nuanomaly.load` looks.
    format : {"csv", "parquet", "json"}, optional
        Write the tables, converted exactly, beside a ``release.json``, instead of the release itself.
    offline : bool
        Never touch the network.
    locked : bool or path
        Accept only what ``nuanomaly.lock`` (or the lock file named) pins.
    sources : sequence of str, optional
        URLs or paths of mirrors, bundles or checkouts, instead of the configured ones.
    unlisted : bool
        Take from them what the ledger of this program does not know too (as ``$NUANOMALY_UNLISTED=1`` does).
    watcher : Watcher, optional
        Is told what happens.

    Raises
    ------
    UnknownNameError
        If there is no such dataset or version.
    FetchError
        If no source gives it, with the reason of each.
    StorageError
        If it cannot be written.

    Examples
    --------
    >>> fetch("best").name
    '2022-r2'
    """
    to = None if format else output  # what is converted is kept in the cache, as it was
    with fetcher(
        to, offline=offline, locked=locked, sources=sources, unlisted=unlisted, watcher=watcher
    ) as made:
        fetched = made.get(reference)
    if format is None:
        return fetched.folder
    from nuanomaly.archive.fetching import convert

    return convert.converted(fetched.folder, format, Path(output) if output else None)


def fetcher(
    output: str | Path | None = None,
    *,
    offline: bool = False,
    locked: bool | str | Path = False,
    sources: Sequence[str] | None = None,
    unlisted: bool = False,
    watcher: Watcher | None = None,
    policy: Policy | None = None,
) -> Fetcher:
    """Return what gets several releases from the same sources (see :func:`fetch`)."""
    patience = policy or Policy()
    to_cache = output is None
    return Fetcher(
        sources=configured(sources, patience, cached=not to_cache),
        store=Store(paths.cache()) if output is None else Store(Path(output).expanduser(), below=""),
        in_place=to_cache,
        offline=offline,
        policy=patience,
        watcher=watcher or Watcher(),
        trust=Trust(ledger(), catalogue(), anomalies.groups(), unlisted or paths.unlisted(), _pins(locked)),
    )


def ledger() -> Mapping[str, str]:
    """Return the digests of released releases, ``{NAME@VERSION: sha256}``, of this program's catalogue."""
    from nuanomaly.archive import catalog_content

    return catalog_content.ledger(paths.catalog_file())


def catalogue() -> Mapping[str, Mapping[str, ReleaseEntry]]:
    """Return the releases of this program's catalogue, ``{name: {version: entry}}``, and their files."""
    from nuanomaly.archive import catalog_content
    from nuanomaly.archive.fetching import index

    if not paths.catalog_file().is_file():
        return {}
    try:
        return index.assembled(map(index.release_entry, catalog_content.read()["releases"])).releases
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        said = f"{paths.catalog_file()} is damaged ({type(error).__name__}: {error})"
        raise IntegrityError(f"{said}: write it anew with `nuanomaly catalog`") from None


def lock(
    references: Sequence[str], file: str | Path = lockfile.LOCK_FILE, watcher: Watcher | None = None
) -> dict[str, ReleaseEntry]:
    """Pin releases, got first where they are not here yet, in a lock file; return all it pins.

    A release that is pinned already by name and label is replaced, others stay.
    """
    from nuanomaly.archive.fetching import index

    path = Path(file)
    pinned = lockfile.read(path) if path.exists() else {}
    with fetcher(watcher=watcher) as made:
        got = [index.describe(made.get(reference).folder) for reference in references]
    for entry in got:
        label = entry.version.rpartition("-r")[0]
        pinned = {
            k: e for k, e in pinned.items() if (e.name, e.version.rpartition("-r")[0]) != (entry.name, label)
        }
        pinned[entry.id] = entry
    lockfile.write(path, pinned.values())
    return pinned


def _pins(locked: bool | str | Path) -> dict[str, ReleaseEntry] | None:
    if locked is False:
        return None
    return lockfile.read(lockfile.find() if locked is True else Path(locked))


__all__ = ["FetchError", "Fetched", "Fetcher", "Watcher", "fetch", "fetcher", "ledger", "lock"]
