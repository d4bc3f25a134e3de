"""Change digits in tables that likelihoods read, and see who notices: ``make mutate``.

A digit that is copied wrongly leaves no trace in a hash that is renewed with it. This program changes one
digit of one number at a time, seals the release anew, as a contributor would, and asks in turn validation
(with everything that is an error for a release the ledger does not know), the benchmarks that read the table,
and the physics of the modes that read it. A change that none of them notices is silent.

A table is drawn with equal chance from all that likelihoods read, a number with equal chance from its cells
of numbers, and a digit from its first three significant ones: what is changed further back is below 1 % of
one number, and mostly below the digits that papers print.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mutated import Numbers
from mutations import DIGITS, Change, Readers, Record, summary, with_table, written

from nuanomaly.archive import document, memory, names, paths, release, tables
from nuanomaly.archive.release import Release
from nuanomaly.archive.validate import copies, validate
from nuanomaly.archive.validate.subject import ReleaseSubject, open_release
from nuanomaly.inference import benchmarks, sanity
from nuanomaly.likelihood import build

_NUMBERS = ("float64", "int64")
_DIGIT = re.compile(r"[0-9]")


def newest_revisions(root: Path, only: Sequence[str] = ()) -> list[Release]:
    """Return the newest revision of every upstream release that has a likelihood and is released.

    Parameters
    ----------
    only : sequence of str
        Data sets or releases (all, if none is named).
    """
    chosen: list[Release] = []
    wanted = {reference.partition("@")[0] for reference in only}
    for name, versions in release.folders(root).items():
        if wanted and name not in wanted:
            continue
        newest: dict[str, Release] = {}
        for version in sorted(versions, key=names.sort_key):
            one = release.read(versions[version])
            if one.state == "released":
                newest[version.rpartition("-r")[0]] = one
        chosen += newest.values()
    return [
        one for one in chosen if one.metadata.get("likelihood") and (not only or {one.id, one.name} & {*only})
    ]


def readers(result: Release) -> dict[str, Readers]:
    """Return who reads each table of a release that its likelihood reads."""
    modes: dict[str, list[str]] = {}
    proofs: dict[str, list[tuple[float, str]]] = {}
    with recorded(result.id) as seen:
        for mode in result.metadata["likelihood"]["modes"]:
            seen.clear()
            build._build.cache_clear()
            build.likelihood(result, mode)
            for table in seen:
                modes.setdefault(table, []).append(mode)
        for entry in result.metadata.get("benchmarks", ()):
            seen.clear()
            build._build.cache_clear()
            begin = time.process_time()
            benchmarks.row(entry, result)
            for table in seen:
                proofs.setdefault(table, []).append((time.process_time() - begin, entry["id"]))
    return {
        table: Readers(tuple(items), tuple(id for _, id in sorted(proofs.get(table, ()))))
        for table, items in modes.items()
    }


@contextmanager
def recorded(id: str) -> Iterator[set[str]]:
    """Yield a set that every table of one release is added to when it is read."""
    seen: set[str] = set()
    read = Release._content  # every way to a table goes through it

    def content(self: Release, table: str, path: Path, sealed: str | None) -> bytes | None:
        if self.id == id:
            seen.add(table)
        return read(self, table, path, sealed)

    Release._content = content  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Release._content = read  # type: ignore[method-assign]


def drawn(result: Release, table: str, chance: random.Random) -> Change:
    """Return a change of one digit of a table."""
    entry = result.declared(table)
    columns = [c.name for c in tables.expand_columns(entry["columns"]) if c.type in _NUMBERS]
    frame = result.table(table)
    while True:
        column, row = chance.choice(columns), chance.randrange(len(frame))
        old = str(frame[column].iloc[row])
        places = significant(old)
        if places:
            break
    digit = chance.randrange(len(places))
    at = places[digit]
    new = old[:at] + chance.choice([d for d in "0123456789" if d != old[at]]) + old[at + 1 :]
    return Change(result.id, table, row, column, old, new, digit + 1)


def significant(number: str) -> list[int]:
    """Return the places of the first significant digits of a printed number; none of zero or a gap.

    Examples
    --------
    >>> significant("-0.02505"), significant("1e-05"), significant("0.0")
    ([4, 5, 6], [0], [])
    """
    mantissa = number.lower().partition("e")[0]
    digits = [m.start() for m in _DIGIT.finditer(mantissa)]
    nonzero = [k for k, at in enumerate(digits) if mantissa[at] != "0"]
    return digits[nonzero[0] : nonzero[0] + DIGITS] if nonzero else []


class Bench:
    """A copy of the archive in which tables are changed and mended again.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    folder : pathlib.Path
        Where the copy goes. Its ledger knows no release: all that is asked of a contribution is asked.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.whole, self.alone = folder / "whole", folder / "alone"
        for name in ("datasets", "anomalies", "schemas"):
            shutil.copytree(root / name, self.whole / name)
        (self.whole / "catalog.yaml").write_text('schema: "1"\nreleases: []\n')
        self._shelf = copies.Shelf()
        self._expected: dict[str, set[tuple[str, ...]]] = {}
        self._usual: dict[tuple[str, tuple[str, ...]], set[str]] = {}

    @cached_property
    def _releases(self) -> list[ReleaseSubject]:
        folders = release.folders(self.whole).values()
        return [open_release(folder, self.whole) for versions in folders for folder in versions.values()]

    def judged(self, change: Change, readers: Readers) -> Change:
        """Return a change with who notices it."""
        folder = self._folder(change)
        usual = (change.release, readers.modes)
        if usual not in self._usual:
            self._usual[usual] = self._doubts(folder, readers)
        noticed = self.validated(change)
        if not noticed:
            with self._changed(folder, change):
                noticed = self._benchmark(folder, readers)
                if not noticed:
                    noticed = min(self._doubts(folder, readers) - self._usual[usual], default="")
        return replace(change, noticed=noticed)

    def validated(self, change: Change) -> str:
        """Return the code of the first finding of a change; empty if validation does not notice it."""
        folder = self._folder(change)
        if change.release not in self._expected:
            self._lay_out(folder)
            self._expected[change.release] = self._findings(folder)
        with self._changed(folder, change):
            new = self._findings(folder) - self._expected[change.release]
        return min(new)[0] if new else ""

    def _folder(self, change: Change) -> Path:
        name, _, version = change.release.partition("@")
        return self.whole / "datasets" / name / version

    def _lay_out(self, folder: Path) -> None:
        """Lay out an archive with one release, whose validation reads nothing else."""
        alone = self._alone(folder)
        shutil.copytree(folder, alone / "datasets" / folder.parent.name / folder.name)
        (alone / "schemas").symlink_to(self.whole / "schemas")
        (alone / "catalog.yaml").write_text('schema: "1"\nreleases: []\n')

    def _alone(self, folder: Path) -> Path:
        return self.alone / f"{folder.parent.name}@{folder.name}"

    def _findings(self, folder: Path) -> set[tuple[str, ...]]:
        id = f"{folder.parent.name}@{folder.name}"
        report = validate([id], self._alone(folder))
        found = [f for f in report.errors if f.file != "catalog.yaml"]
        found += copies.check(open_release(folder, self.whole), self._releases, self._shelf)
        self._shelf.forget(id)
        return {(f.code, f.table, f.column) for f in found}

    @contextmanager
    def _changed(self, folder: Path, change: Change) -> Iterator[None]:
        """Change a table and seal its release, in both archives, for a while."""
        other = self._alone(folder) / "datasets" / folder.parent.name / folder.name
        entry = release.read(folder).declared(change.table)
        file, metadata = folder / entry["file"], folder / "release.yaml"
        before, text = file.read_bytes(), metadata.read_text("utf-8")
        content = changed(before, entry, change)
        sealed = {"sha256": f'"{hashlib.sha256(content).hexdigest()}"', "size": str(len(content))}
        read = document.parse(text, str(metadata))
        anew = document.set_scalars(read, ["tables", change.table], sealed, "file")
        try:
            for place in (folder, other):
                (place / entry["file"]).write_bytes(content)
                (place / "release.yaml").write_text(anew, "utf-8")
            yield
        finally:
            for place in (folder, other):
                (place / entry["file"]).write_bytes(before)
                (place / "release.yaml").write_text(text, "utf-8")

    def _benchmark(self, folder: Path, readers: Readers) -> str:
        """Return the id of the first benchmark that fails."""
        result = release.read(folder)
        entries = {entry["id"]: entry for entry in result.metadata.get("benchmarks", ())}
        failing = (id for id in readers.benchmarks if not benchmarks.row(entries[id], result)["ok"])
        id = next(failing, "")
        return f"benchmark {id}" if id else ""

    def _doubts(self, folder: Path, readers: Readers) -> set[str]:
        """Return the codes of what a physicist doubts in the modes that read a table."""
        return {f.code for f in sanity.findings(release.read(folder), self.whole, readers.modes)}


def changed(content: bytes, entry: Mapping[str, Any], change: Change) -> bytes:
    """Return the content of a table with one number replaced."""
    columns = tables.expand_columns(entry["columns"])
    path = Path(entry["file"])
    frame = tables.read(path, columns, content)
    kind = int if frame[change.column].dtype.kind == "i" else float
    frame.loc[change.row, change.column] = kind(change.new)
    return tables.to_bytes(frame, columns, "parquet" if path.suffix == ".parquet" else "csv")


def changes(
    releases: Sequence[Release], reading: Mapping[str, Mapping[str, Readers]], number: int, seed: int
) -> list[Change]:
    """Return seeded changes of tables, each table with equal chance."""
    places = [(result, table) for result in releases for table in sorted(reading[result.id])]
    chance = random.Random(seed)
    return [drawn(*chance.choice(places), chance) for _ in range(number)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Change digits, print who noticed, and write it down; what was judged before is not judged again."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__.partition("\n")[0])
    parser.add_argument("--changes", type=int, default=1000, help="how many digits are changed")
    parser.add_argument("--seed", type=int, default=20261130)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so much of one CPU")
    parser.add_argument(
        "--again", action="store_true", help="ask validation anew for what nobody noticed in --output"
    )
    parser.add_argument("--record", type=Path, help="what is done so far (JSON lines); a run goes on there")
    parser.add_argument("--output", type=Path, help="where the changes are written (JSON)")
    parser.add_argument("--page", type=Path, help="a page whose table is written anew")
    parser.add_argument("releases", nargs="*", help="only these, as NAME or NAME@VERSION")
    asked = parser.parse_args(arguments)
    root = paths.checkout()
    if root is None:
        print("there is no checkout of the archive here: run it inside one", file=sys.stderr)
        return 2
    record = Record(asked.record, [asked.seed, sorted(asked.releases), _digest(root / "catalog.yaml")])
    end = time.process_time() + 60.0 * asked.minutes
    if asked.again:
        results = stored(asked.output)
        judged = again(root, results, record, end)
        number = sum(not result.noticed for result in results)
    else:
        results, number = record.changes, asked.changes
        judged = run(root, asked.changes, asked.seed, asked.releases, record, end)
    for count, _ in enumerate(judged, 1):
        if count % 50 == 0 or count == number:
            print(f"{count} of {number}", file=sys.stderr, flush=True)
    content = {"seed": asked.seed, "asked": asked.changes, **summary(results)}
    if asked.output:
        asked.output.write_text(written(results, content), "utf-8")
    if asked.page:
        asked.page.write_text(with_table(asked.page.read_text("utf-8"), content), "utf-8")
    print(json.dumps({k: v for k, v in content.items() if k != "tables"}, indent=1))
    return 0


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@contextmanager
def prepared(root: Path) -> Iterator[Bench]:
    """Yield a bench that is the archive for a while, without warnings."""
    before = {name: os.environ.get(name) for name in ("NUANOMALY_ARCHIVE", "NUANOMALY_CACHE")}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bench = Bench(root, Path(scratch))
        os.environ["NUANOMALY_ARCHIVE"] = str(bench.whole)
        os.environ["NUANOMALY_CACHE"] = str(Path(scratch) / "cache")
        try:
            yield bench
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def run(
    root: Path, number: int, seed: int, only: Sequence[str], record: Record, end: float = float("inf")
) -> Iterator[Change]:
    """Yield seeded changes with who noticed each, first those of the record, up to a time of the CPU."""
    with prepared(root) as bench:
        chosen = newest_revisions(bench.whole, only)
        for result in chosen:
            if result.id not in record.readers:
                if time.process_time() > end:
                    return
                record.add(result.id, {t: [r.modes, r.benchmarks] for t, r in readers(result).items()})
        for k, change in enumerate(changes(chosen, record.readers, number, seed)):
            if k == len(record.changes):
                if time.process_time() > end:
                    return
                who = record.readers[change.release][change.table]
                record.add("change", list(asdict(bench.judged(change, who)).values()))
            yield record.changes[k]


def stored(file: Path) -> list[Change]:
    """Return the changes that a run wrote down."""
    return [Change(*each) for each in json.loads(file.read_text("utf-8"))["each"]]


def again(root: Path, results: list[Change], record: Record, end: float = float("inf")) -> Iterator[Change]:
    """Ask validation anew for the changes that nobody noticed, in the list itself; yield each of them.

    What benchmarks and physics said stands: they are those of the same release. The record keeps what this
    very program said, so that a run that was stopped goes on where it was. Nothing is written: the checks of
    numbers are given the changed table.
    """
    numbers = Numbers(root)
    for k in [k for k, result in enumerate(results) if not result.noticed]:
        key = (memory.program(), k)
        if key not in record.again:
            if time.process_time() > end:
                return
            record.add("again", [*key, numbers.noticed(results[k])])
        results[k] = replace(results[k], noticed=record.again[key])
        yield results[k]


if __name__ == "__main__":
    sys.exit(main())
