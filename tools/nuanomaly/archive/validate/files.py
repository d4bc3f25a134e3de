"""The files of a release: there, plain, as sealed, and fit for git."""

from collections.abc import Iterator
from pathlib import Path

from nuanomaly.archive import amendments
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.names import safe_path
from nuanomaly.archive.validate.findings import Finding, finding
from nuanomaly.archive.validate.subject import ReleaseSubject, relative, some

MEGABYTE = 1_000_000
#: Above this a CSV table should be Parquet.
LARGEST_CSV = 1.5 * MEGABYTE
#: Above this no file belongs into git.
LARGEST_FILE = 20 * MEGABYTE
#: The whole archive must stay below this.
LARGEST_ARCHIVE = 80 * MEGABYTE


def check(subject: ReleaseSubject) -> Iterator[Finding]:
    """Yield the findings of all files of a release."""
    names = [str(entry.get("file")) for entry in subject.declared.values()]
    for table in subject.declared:
        yield from _table(subject, table, names)
    for name, path in subject.present.items():
        file = relative(path, subject.root)
        if path.is_symlink():
            message = f"{name} is a link"
            yield finding("FILE_IS_LINK", message, file=file, release=subject.release)
        elif name not in names and name != "release.yaml":
            message = f"no table is {name}"
            yield finding("FILE_UNUSED", message, file=file, release=subject.release)
    for name, facts in subject.facts.items():
        file = relative(subject.folder / name, subject.root)
        size = f"{name} has {facts.size / MEGABYTE:.1f} MB"
        if facts.size > LARGEST_FILE:
            message = f"{size}, the most is {LARGEST_FILE / MEGABYTE:.0f}"
            yield finding("FILE_TOO_LARGE", message, file=file, release=subject.release)
        elif name.endswith(".csv") and facts.size > LARGEST_CSV:
            yield finding("TABLE_BETTER_AS_PARQUET", size, file=file, release=subject.release)


def _table(subject: ReleaseSubject, table: str, names: list[str]) -> Iterator[Finding]:
    """Yield the findings of the file of one table."""
    entry, steps = subject.declared[table], ["tables", table]
    name = entry.get("file")
    if not isinstance(name, str):
        return
    try:
        safe_path(name)
    except NuanomalyError as error:
        yield subject.finding("PATH_UNSAFE", str(error), [*steps, "file"], table=table)
        return
    if names.count(name) > 1:
        others = [t for t, e in subject.declared.items() if e.get("file") == name and t != table]
        message = f"{name} is also the file of {some(others)}"
        yield subject.finding("FILE_SHARED", message, [*steps, "file"], table=table)
    if name not in subject.present:
        yield subject.finding("FILE_MISSING", f"{name} is not there", [*steps, "file"], table=table)
    elif name in subject.facts:
        facts = subject.facts[name]
        if entry.get("size") not in (None, facts.size):
            message = f"{name} has {facts.size} bytes, release.yaml says {entry['size']}"
            yield subject.finding("FILE_SIZE_DIFFERS", message, [*steps, "size"], table=table)
        elif entry.get("sha256") not in (None, facts.sha256):
            message = f"{name} has sha256 {facts.sha256}, release.yaml says {entry['sha256']}"
            yield subject.finding("FILE_CONTENT_DIFFERS", message, [*steps, "sha256"], table=table)


def stray(root: Path, known: list[Path]) -> Iterator[Finding]:
    """Yield the findings of what lies in ``datasets/`` outside the releases."""
    base = root / "datasets"
    for name in sorted(base.iterdir()) if base.is_dir() else []:
        inside = sorted(name.iterdir()) if name.is_dir() and not name.is_symlink() else []
        for path in inside or [name]:
            empty = path.is_dir() and not path.is_symlink() and not any(path.iterdir())
            beside = path.name == amendments.FILE and path != name  # checked by itself
            if empty or ((path in known or beside) and not path.is_symlink()):
                continue  # git knows no empty folder
            file = relative(path, root)
            if path.is_symlink():
                yield finding("FILE_IS_LINK", f"{path.name} is a link", file=file)
            elif path.is_dir() and path != name and (path / "release.yaml").exists():
                message = (
                    f"{file} is no place of a release: write NAME in lower-case words, VERSION as 2020-r1"
                )
                yield finding("PATH_UNSAFE", message, file=file)
            elif path.is_dir() and path != name:
                yield finding("RELEASE_WITHOUT_METADATA", f"{path.name} has no release.yaml", file=file)
            elif path.is_dir() or not path.is_file():
                yield finding("STRAY_FILE", f"{path.name} is no folder of a release and no file", file=file)
            else:
                yield finding("STRAY_FILE", f"{path.name} belongs to no release", file=file)


def total(subjects: list[ReleaseSubject]) -> Iterator[Finding]:
    """Yield a finding if all releases together are too large."""
    size = sum(facts.size for subject in subjects for facts in subject.facts.values())
    if size > LARGEST_ARCHIVE:
        largest = max(subjects, key=lambda s: sum(f.size for f in s.facts.values()))
        message = f"all releases together have {size / MEGABYTE:.0f} MB, the largest is {largest.release}"
        yield finding("ARCHIVE_TOO_LARGE", message, file="datasets")
