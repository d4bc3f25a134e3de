"""What git knows of the archive's past; read with plain git, and nothing of it is ever changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nuanomaly.archive.repository import NoHistoryError, git


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes
    ----------
    id : str
        Its full hash.
    date : str
        Day of the commit.
    subject : str
        The first line of its message.
    """

    id: str
    date: str
    subject: str

    def __str__(self) -> str:
        return f"{self.id[:10]} ({self.date}: {self.subject})"


@dataclass(frozen=True)
class History:
    """The git history of a checkout.

    Attributes
    ----------
    root : pathlib.Path
        The archive, which is the top of the working tree or a folder in it.
    """

    root: Path

    @cached_property
    def _prefix(self) -> str:
        return self._git("rev-parse", "--show-prefix").decode().strip()

    def commits(self, path: str, since: Commit | None = None) -> list[Commit]:
        """Return the commits that changed a path, from old to new; of one only the descendants."""
        span = ["--ancestry-path", f"{since.id}..HEAD"] if since else ["HEAD"]
        order = ("--full-history", "--topo-order", "--reverse", "-z", "--format=%H%x1f%cs%x1f%s")
        listed = self._git("log", *order, *span, "--", path).decode("utf-8", "replace")
        # a subject may hold whatever else ends a line for somebody
        return [Commit(*entry.split("\x1f", 2)) for entry in listed.split("\0") if entry]

    def contents(self, wanted: Sequence[tuple[str, str]]) -> Iterator[bytes | None]:
        """Yield the content of files at commits, ``(commit, path)``, in order; None where there is none."""
        names = [f"{commit}:{self._prefix}{path}" for commit, path in wanted]
        asked = "".join(f"{name}\n" for name in names if "\n" not in name)  # git has no other separator
        output = (
            self._git("cat-file", "--batch", given=asked.encode("utf-8", "surrogateescape")) if asked else b""
        )
        at = 0
        for name in names:
            if "\n" in name:
                yield None
                continue
            end = output.index(b"\n", at)
            words = output[at:end].split(b" ")
            at = end + 1
            if words[-1] == b"missing" or words[1] != b"blob":
                # a tree has content too, which is passed over
                at += 0 if words[-1] == b"missing" else int(words[2]) + 1
                yield None
                continue
            size = int(words[2])
            yield output[at : at + size]
            at += size + 1

    def tree(self, commit: str, path: str) -> dict[str, str]:
        """Return the blob of each file below a folder at a commit, by path relative to the folder."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, f"{self._prefix}{path}/")
        entries = {}
        for line in listed.decode("utf-8", "backslashreplace").split("\0")[:-1]:
            about, _, name = line.partition("\t")
            entries[name.removeprefix(f"{self._prefix}{path}/")] = about.split(" ")[2]
        return entries

    def _git(self, *words: str, given: bytes | None = None) -> bytes:
        return git(self.root, *words, given=given)


def history(root: Path) -> History:
    """Return the history of an archive.

    Raises
    ------
    NoHistoryError
        If it is not in a git working tree, has no commit, or is a shallow clone.
    """
    shallow = git(root, "rev-parse", "--is-shallow-repository").decode().strip()
    if shallow == "true":
        raise NoHistoryError("this is a shallow clone (get the rest with `git fetch --unshallow`)")
    git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return History(root)


__all__ = ["Commit", "History", "NoHistoryError", "git", "history"]
