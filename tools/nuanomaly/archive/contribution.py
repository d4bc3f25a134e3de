"""What a branch changes in the archive, against the branch it is to be merged into."""

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from nuanomaly.archive import history, names, release
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.archive.validate import Finding, Report
from nuanomaly.archive.validate.past import ledger_in

#: What a contribution of data may change: nothing in it is ever run.
DATA_FOLDERS = ("datasets", "anomalies")
DATA_FILES = ("catalog.yaml",)
#: Endings of files that could be run, wherever they are.
_DATA_ENDINGS = (".yaml", ".csv", ".parquet")
#: What validation reads of an archive.
_ARCHIVE = ("datasets", "anomalies", "comparisons", "schemas")
_BASES = ("origin/main", "main")


@dataclass(frozen=True)
class Change:
    """A file that differs.

    Attributes
    ----------
    path : str
        Relative to the root of the archive.
    how : {"added", "changed", "removed"}
    """

    path: str
    how: str

    @property
    def is_data(self) -> bool:
        """Whether it is a file of data or metadata, where such files belong."""
        path = PurePosixPath(self.path)
        inside = path.parts[0] in DATA_FOLDERS and path.suffix in _DATA_ENDINGS
        return inside or self.path in DATA_FILES

    @property
    def release(self) -> str:
        """``NAME@VERSION`` of the release it belongs to; empty if it belongs to none."""
        parts = PurePosixPath(self.path).parts
        return f"{parts[1]}@{parts[2]}" if len(parts) > 3 and parts[0] == "datasets" else ""


@dataclass(frozen=True)
class Contribution:
    """A branch with all that is not committed yet, against its base.

    Attributes
    ----------
    root : pathlib.Path
    base : str
        The commit it branched off.
    changes : tuple of Change
    """

    root: Path
    base: str
    changes: tuple[Change, ...]

    @property
    def other_changes(self) -> tuple[Change, ...]:
        """What is no data: code, tests, schemas, reports, workflows."""
        return tuple(c for c in self.changes if not c.is_data)

    @property
    def kind(self) -> str:
        """``data``, ``code`` (something is no data) or ``empty``."""
        return "code" if self.other_changes else "data" if self.changes else "empty"

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases that are there and differ."""
        entries = dict.fromkeys(c.release for c in self.changes if c.release)
        folders = release.folders(self.root)
        pairs = [(r, r.partition("@")) for r in entries]
        return tuple(r for r, (name, _, version) in pairs if version in folders.get(name, {}))

    def concerns(self, finding: Finding) -> bool:
        """Return whether a finding is one of this contribution: in its files, its releases, the catalogue."""
        return finding.file in self._paths or finding.release in self._touched or finding.file in DATA_FILES

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(change.path for change in self.changes)

    @cached_property
    def _touched(self) -> frozenset[str]:
        return frozenset(change.release for change in self.changes if change.release)


def contribution(root: Path, base: str | None = None) -> Contribution:
    """Return what the working tree changes since it branched off.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    base : str, optional
        The branch or commit it is to be merged into; ``origin/main`` or ``main`` if left out.

    Raises
    ------
    NoHistoryError
        If there is no git history, or no such branch.
    """
    wanted = base or _default_base(root)
    try:
        commit = history.git(root, "merge-base", "--end-of-options", wanted, "HEAD").decode().strip()
    except history.NoHistoryError as error:
        said = f"--base {wanted}: {str(error) or 'it shares no history with this branch'}"
        raise history.NoHistoryError(f"{said}: name a branch or commit that this one began from") from None
    history.git(root, "read-tree", "HEAD")  # an index of our own: each file is looked at
    listed = history.git(root, "diff", "--name-status", "--no-renames", "--relative", "-z", commit, "--", ".")
    words = listed.decode("utf-8", "backslashreplace").split("\0")
    hows = {"A": "added", "D": "removed"}
    entries = {path: hows.get(how, "changed") for how, path in zip(words[::2], words[1::2], strict=False)}
    others = history.git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    entries |= dict.fromkeys(filter(None, others.decode("utf-8", "backslashreplace").split("\0")), "added")
    return Contribution(root, commit, tuple(Change(p, h) for p, h in sorted(entries.items())))


def _default_base(root: Path) -> str:
    for name in _BASES:
        try:
            history.git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except history.NoHistoryError:
            continue
        return name
    raise history.NoHistoryError(f"there is no branch {' or '.join(_BASES)}: name one with --base")


def write_base(contribution: Contribution, scratch: Path) -> Path:
    """Write what the archive was in the base into a folder; return where it is."""
    parts = [name for name in _ARCHIVE if history.History(contribution.root).tree(contribution.base, name)]
    whole = history.git(contribution.root, "archive", "--format=tar", contribution.base, *parts, *DATA_FILES)
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        tar.extractall(scratch, filter="data")
    return scratch


def known(contribution: Contribution) -> frozenset[str]:
    """Return the releases that the ledger of the base has: that of the contribution is its contributor's."""
    past = history.History(contribution.root)
    [content] = past.contents([(contribution.base, "catalog.yaml")])
    return frozenset(ledger_in(content or b""))


def predecessor(contribution: Contribution, wanted: str, scratch: Path) -> Release | None:
    """Return what a release takes the place of: itself as it was, else the version before it, else None.

    Parameters
    ----------
    contribution : Contribution
    wanted : str
        ``NAME@VERSION``.
    scratch : pathlib.Path
        A folder into which it is written as it was in the base.
    """
    name, _, version = wanted.partition("@")
    known = _versions(contribution, name)
    older = [v for v in known if names.sort_key(v) <= names.sort_key(version)]
    if not older:
        return None
    before = sorted(older, key=names.sort_key)[-1]
    folder = f"datasets/{name}/{before}"
    archive = history.git(contribution.root, "archive", "--format=tar", contribution.base, folder)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(scratch, filter="data")
    try:
        return release.read(scratch / folder)
    except NuanomalyError:  # it was broken
        return None


def _versions(contribution: Contribution, name: str) -> list[str]:
    """Return the versions of a dataset in the base."""
    entries = history.History(contribution.root).tree(contribution.base, f"datasets/{name}")
    folders = {path.partition("/")[0] for path in entries}
    return [folder for folder in sorted(folders) if names.VERSION.fullmatch(folder)]


def split(contribution: Contribution, report: Report) -> tuple[list[Finding], list[Finding]]:
    """Return the findings of a contribution, and those that are elsewhere."""
    own = [f for f in report.findings if contribution.concerns(f)]
    return own, [f for f in report.findings if not contribution.concerns(f)]


def anomalies_that_name(root: Path, datasets: Iterable[str]) -> list[str]:
    """Return the anomalies whose releases or groups name one of the datasets."""
    from nuanomaly.archive import yamlio

    wanted, items = set(datasets), []
    for path in sorted(root.glob("anomalies/*.yaml")):
        try:
            data = yamlio.read(path)
            said = [*data["releases"]["carry"], *data["releases"]["test"]]
            said += [m for members in (data.get("groups") or {}).values() for m in members]
        except (NuanomalyError, KeyError, TypeError):  # validation says so
            continue
        if wanted & {str(s).partition("@")[0] for s in said}:
            items.append(path.stem)
    return items
