"""The files of one release on their way from one source, some at once."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from nuanomaly.archive.fetching.download import Download, Policy, StoppedError
from nuanomaly.archive.fetching.http import SourceError
from nuanomaly.archive.fetching.listing import FileEntry, ReleaseEntry
from nuanomaly.archive.fetching.sources import Source
from nuanomaly.archive.fetching.store import Staging
from nuanomaly.archive.fetching.watcher import Watcher

_AT_ONCE = 4  # files from one server: hides the round trips of small files, and is polite


@dataclass(frozen=True)
class Transfer:
    """What a release lacks, from a source into the folder that it grows in.

    Attributes
    ----------
    source : Source
    entry : ReleaseEntry
    staging : Staging
    policy : Policy
    watcher : Watcher
    """

    source: Source
    entry: ReleaseEntry
    staging: Staging
    policy: Policy
    watcher: Watcher

    def run(self, missing: Sequence[FileEntry]) -> None:
        """Get all missing files into the staging folder.

        Raises
        ------
        SourceError
            If the source did not give some; the others are kept for the next source.
        """
        size = sum(f.size for f in missing)
        self.watcher.begin(self.entry.id, size)
        try:
            with self.source.limited(self.policy.allowed(size)) as stop:
                failed = self._each(missing, stop)
                if failed or stop.is_set():
                    told = "; ".join(map(str, failed[:3])) or "stopped"
                    raise SourceError(told + (" …" if len(failed) > 3 else ""))
        finally:
            self.watcher.end()

    def _each(self, missing: Sequence[FileEntry], stop: threading.Event) -> list[SourceError]:
        """Get each of the missing files; return what went wrong."""
        pool = ThreadPoolExecutor(_AT_ONCE if self.source.network and len(missing) > 1 else 1)
        try:
            return [error for error in pool.map(lambda file: self._one(file, stop), missing) if error]
        except BaseException:  # an interrupt, a full disk: the other threads need not finish
            stop.set()
            self.source.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, file: FileEntry, stop: threading.Event) -> SourceError | None:
        """Get one file; return what went wrong with it, if anything did."""
        # a disk is not waited for
        policy = self.policy if self.source.network else replace(self.policy, backoff=0.0)
        try:
            download = Download(self.staging.part(file), file.sha256, file.size, self.watcher.advance, stop)
            download.run(lambda offset: self.source.open(self.entry, file.path, offset), policy)
            self.staging.accept(file)
        except SourceError as error:
            return SourceError(f"{file.path}: {error}")
        except StoppedError:
            pass
        return None
