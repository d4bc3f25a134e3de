"""Where releases come from, in the order in which it is asked."""

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from nuanomaly.archive import paths
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import Policy
from nuanomaly.archive.fetching.http import Stream
from nuanomaly.archive.fetching.listing import ReleaseEntry
from nuanomaly.archive.fetching.local import Checkout, Kept
from nuanomaly.archive.fetching.mirrors import Bundle, MirrorFolder, MirrorServer

BUNDLE_FILE = "nuanomaly-archive.zip"


class Source(Protocol):
    """Something that holds releases."""

    #: What to call it in a message.
    label: str
    #: Whether asking it touches the network.
    network: bool

    def names(self) -> Sequence[str]:
        """Return the names of its datasets."""
        ...

    def states(self, name: str) -> Mapping[str, str]:
        """Return ``{version: state}`` of a dataset; empty if it has none of that name."""
        ...

    def unreadable(self, name: str) -> Mapping[str, str]:
        """Return ``{version: reason}`` of the versions of a dataset that cannot be read."""
        ...

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release."""
        ...

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups of releases it declares."""
        ...

    def amendments(self, name: str) -> bytes:
        """Return the file of a dataset's amendments as it is there; empty if there is none."""
        ...

    def vouched(self, ledger: Mapping[str, str]) -> Mapping[str, str]:
        """Return the ledger it proves by a signature the user trusts, if it extends ours; else nothing."""
        ...

    def signed(self) -> tuple[bytes, bytes] | None:
        """Return its index and the signature of it that the user trusts, as they were read; else None."""
        ...

    def open(self, entry: ReleaseEntry, path: str, offset: int) -> AbstractContextManager[Stream]:
        """Open a file of a release from a byte on."""
        ...

    def limited(self, seconds: float) -> AbstractContextManager[threading.Event]:
        """Give up what is not finished in time; the event says that it was."""
        ...

    def close(self) -> None:
        """Let go of connections; what is being read ends with an error."""
        ...


def named(text: str, policy: Policy) -> Source:
    """Return the source of a URL (``http://``, ``https://``, ``file://``) or path.

    Raises
    ------
    NuanomalyError
        If it is none of these.
    """
    if text.lower().startswith(("http://", "https://")):
        return MirrorServer(text, policy)  # one that is no address says so when it is asked
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise NuanomalyError(f"source {text!r} is no address ({error})") from None
    if parts.scheme == "file":
        path = Path(url2pathname(parts.path))
    elif "://" in text:
        raise NuanomalyError(f"source {text!r}: write a path, file://, http:// or https://")
    else:
        path = Path(text).expanduser()
    if path.suffix == ".zip":
        return Bundle(path)
    if (path / index.INDEX_FILE).exists() or not (path / "datasets").is_dir():
        return MirrorFolder(path)
    return Checkout(path)


class Sources:
    """Sources in the order they are asked; the last ones are looked for when all others have been asked.

    Parameters
    ----------
    known : sequence of Source
    last : callable
        Gives the others.
    """

    def __init__(self, known: Sequence[Source], last: Callable[[], Iterable[Source]] = tuple) -> None:
        self.known = list(known)
        self._last = last

    def __iter__(self) -> Iterator[Source]:
        yield from self.known
        found, self._last = list(self._last()), tuple
        self.known += found
        yield from found

    def close(self) -> None:
        """Close those that are known by now."""
        for source in self.known:
            source.close()


def configured(given: Sequence[str] | None, policy: Policy, cached: bool = False) -> Sources:
    """Return the sources in the order they are asked.

    They are the checkout, ``$NUANOMALY_SOURCES``, a bundle beside them, and installed packages of releases:
    finding these takes as long as reading a release.

    Parameters
    ----------
    given : sequence of str, optional
        URLs or paths to use instead.
    cached : bool
        Ask the cache too, after all others: what is got is put elsewhere.
    """
    if given is not None:
        return Sources([named(text, policy) for text in given])
    root = paths.checkout()
    sources: list[Source] = [Checkout(root, home=True)] if root else []
    listed = re.split(r"[\s;]+", os.environ.get("NUANOMALY_SOURCES", "").strip())
    sources += [named(text, policy) for text in listed if text]
    beside = [Path.cwd(), *([root] if root else []), paths.cache(), Path(__file__).parents[2]]
    sources += [
        Bundle(folder / BUNDLE_FILE) for folder in dict.fromkeys(beside) if (folder / BUNDLE_FILE).is_file()
    ]
    cache = [Kept(paths.cache(), f"the cache {paths.cache()}")] if cached else []
    return Sources(sources, lambda: [*map(Checkout, paths.data_packages()), *cache])
