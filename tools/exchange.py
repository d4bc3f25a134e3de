"""Exports read as their readers do: the official validator of each format, and its library's own reading.

``make exchange`` installs the readers (lock ``exchange``), exports every release in every format, has it
validated, reads it back and compares every value with the release. Verdicts and versions are stored in
``docs/exchange.json``, with a checksum, and shown in ``docs/exchange.md``. What was found before with the
same release, the same exporters and the same readers is not done again.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from marks import between, checksum

from nuanomaly.archive import catalog, exporting, release
from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.hepdata import read as read_submission
from nuanomaly.archive.hepdata_parts import LARGEST_FILE
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns

ROOT = Path(__file__).resolve().parents[1]
STORED, PAGE = ROOT / "docs" / "exchange.json", ROOT / "docs" / "exchange.md"
MARKS = ("<!-- table of exchange.json -->", "<!-- end of table -->")
#: The packages that judge a format, and that read it back.
READERS: Mapping[str, tuple[str, ...]] = {
    "hepdata": ("hepdata-validator", "hepdata-lib"),
    "rocrate": ("roc-validator", "rocrate"),
    "datapackage": ("frictionless",),
    "croissant": ("mlcroissant",),
}
#: Values of a table that hepdata_lib, which rounds them one by one, is given.
_HEPDATA_LIB = 2_000

#: Of a column of a table: its name and values, as the reader has them.
Columns = Iterator[tuple[str, str, Sequence[Any]]]


@dataclass
class Verdict:
    """What the reader of a format says of a release.

    Attributes
    ----------
    problems : list of str
        What its validator finds; none if the export is valid.
    values, equal : int
        Values of the release's tables, and how many of them are read back to the last bit and letter.
    different : list of str
        Columns that are not.
    largest : int
        Bytes of the largest file.
    """

    problems: list[str] = field(default_factory=list)
    values: int = 0
    equal: int = 0
    different: list[str] = field(default_factory=list)
    largest: int = 0

    @property
    def good(self) -> bool:
        """Whether the export is valid and nothing is read back as something else."""
        return not self.problems and self.equal == self.values and not self.different


# --- the readers --------------------------------------------------------------------------------------------


def hepdata(folder: Path, original: Release) -> tuple[list[str], Columns]:
    """Validate a submission as HEPData does, and read its tables; hepdata_lib must give what stands there."""
    from hepdata_validator.full_submission_validator import FullSubmissionValidator

    validator = FullSubmissionValidator()
    valid = validator.validate(directory=str(folder))
    said = [str(m.message) for messages in validator.get_messages().values() for m in messages]
    problems = [] if valid and not said else said or ["refused without a word"]
    return [*problems, *_hepdata_lib(folder)], _of_submission(folder)


def _of_submission(folder: Path) -> Columns:
    for draft in read_submission(str(folder)).tables:
        for name in draft.frame.columns:
            yield draft.name, str(name), draft.frame[name].tolist()


def _hepdata_lib(folder: Path) -> Iterator[str]:
    """Yield the variables that hepdata_lib, given their values, would write otherwise."""
    import yaml
    from hepdata_lib import Uncertainty, Variable

    for path in sorted(folder.glob("*.yaml")):
        if path.name == "submission.yaml" or path.stat().st_size > 100 * _HEPDATA_LIB:
            continue
        table = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for side, independent in (("independent_variables", True), ("dependent_variables", False)):
            for entry in table[side]:
                values = entry["values"]
                binned = all("low" in v for v in values)
                if not all(("low" in v) == binned for v in values):
                    continue
                given = [(v["low"], v["high"]) if binned else v["value"] for v in values]
                variable = Variable(
                    entry["header"]["name"], is_independent=independent, is_binned=binned,
                    units=entry["header"].get("units", ""), values=given, zero_uncertainties_warning=False,
                )  # fmt: skip
                variable.digits = 17
                for label in dict.fromkeys(e["label"] for v in values for e in v.get("errors", ())):
                    variable.add_uncertainty(_uncertainty(Uncertainty, label, values))
                if not _same_values(variable.make_dict()["values"], values):
                    yield f"hepdata_lib writes {path.name} {entry['header']['name']!r} otherwise"


def _uncertainty(kind: Any, label: str, values: Sequence[Mapping[str, Any]]) -> Any:
    errors = [next((e for e in v.get("errors", ()) if e["label"] == label), None) for v in values]
    symmetric = all(e is None or "symerror" in e for e in errors)
    made = kind(label, is_symmetric=symmetric)
    if symmetric:
        made.values = [None if e is None else e["symerror"] for e in errors]
    else:
        pairs = [None if e is None else e["asymerror"] for e in errors]
        made.values = [None if p is None else (p["minus"], p["plus"]) for p in pairs]
    return made


def _same_values(written: Sequence[Mapping[str, Any]], values: Sequence[Mapping[str, Any]]) -> bool:
    def numbers(entry: Mapping[str, Any]) -> list[Any]:
        flat = [entry.get(key) for key in ("low", "high", "value")]
        for error in entry.get("errors", ()):
            size = error.get("symerror")  # as which equal sides are written
            sides = error["asymerror"] if size is None else {"minus": -size, "plus": size}
            flat += [error["label"], sides["minus"], sides["plus"]]
        return flat

    def same(a: Any, b: Any) -> bool:
        number = isinstance(a, int | float) and isinstance(b, int | float)
        return bool(abs(a - b) <= 1e-15 * abs(b)) if number else a == b

    return len(written) == len(values) and all(
        len(numbers(a)) == len(numbers(b)) and all(map(same, numbers(a), numbers(b)))
        for a, b in zip(written, values, strict=True)
    )


def rocrate(folder: Path, original: Release) -> tuple[list[str], Columns]:
    """Validate a crate by what its profile requires and recommends, and read its files and their hashes."""
    from rocrate.rocrate import ROCrate
    from rocrate_validator import models, services
    from rocrate_validator.utils.http import HttpRequester

    HttpRequester.get = _context  # its one way out: nothing of this asks the network
    settings = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.RECOMMENDED,
    )
    result = services.validate(settings)
    required = [str(i.message) for i in result.get_issues() if i.severity == models.Severity.REQUIRED]
    # what is recommended beyond: an address of each organisation, which nobody can look up for all of them
    advice = {str(i.message) for i in result.get_issues() if i.severity != models.Severity.REQUIRED}
    required += sorted(advice - {"The organization SHOULD have a URL."})
    return required, _of_crate(ROCrate(folder), folder, original)


def _context(_: Any, url: str, **__: Any) -> Any:
    """Return the context of RO-Crate 1.1 as its server would, from the package that holds it."""
    import requests
    import rocrate as reader

    content = (Path(str(reader.__file__)).parent / "data" / "ro-crate.jsonld").read_bytes()
    if json.loads(content)["@id"] != url:
        raise RuntimeError(f"the installed rocrate does not hold {url}")
    response = requests.Response()
    response.status_code, response._content = 200, content
    response.headers["Content-Type"] = "application/ld+json"
    return response


def _of_crate(crate: Any, folder: Path, original: Release) -> Columns:
    files = {entity.id: entity for entity in crate.data_entities}
    for table in original.tables:
        file = str(original.declared(table)["file"])
        sha256 = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        same = file in files and files[file]["sha256"] == sha256 == original.declared(table)["sha256"]
        frame = original.table(table)
        for name in frame.columns:
            yield table, str(name), frame[name].tolist() if same else []


def datapackage(folder: Path, original: Release) -> tuple[list[str], Columns]:
    """Validate a package with frictionless, and read its rows."""
    import frictionless

    report = frictionless.validate(str(folder / "datapackage.json"))
    problems = [f"{title}: {note}" for title, note in report.flatten(["title", "note"])]
    if not report.valid and not problems:
        problems = ["refused without a word"]
    return problems, _of_package(frictionless.Package(str(folder / "datapackage.json")))


def _of_package(package: Any) -> Columns:
    for resource in package.resources:
        with resource:
            rows = [list(row.values()) for row in resource.row_stream]
        for position, declared in enumerate(resource.schema.fields):
            yield resource.name, declared.name, [row[position] for row in rows]


def croissant(folder: Path, original: Release) -> tuple[list[str], Columns]:
    """Validate a description in Croissant with mlcroissant, and read all records."""
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    return list(dataset.metadata.ctx.issues.errors), _of_records(dataset)


def _of_records(dataset: Any) -> Columns:
    for records in dataset.metadata.record_sets:
        rows = list(dataset.records(records.uuid))
        for declared in records.fields:
            yield records.uuid, declared.uuid.partition("/")[2], [row[declared.uuid] for row in rows]


FORMATS: Mapping[str, Callable[[Path, Release], tuple[list[str], Columns]]] = {
    "hepdata": hepdata,
    "rocrate": rocrate,
    "datapackage": datapackage,
    "croissant": croissant,
}

# --- comparison ---------------------------------------------------------------------------------------------


def judge(original: Release, format: str, folder: Path) -> Verdict:
    """Export a release into a folder, have it validated and read back, and compare every value."""
    written = exporting.write(original, format, folder)
    verdict = Verdict(largest=max(path.stat().st_size for path in written))
    problems, columns = FORMATS[format](folder, original)
    verdict.problems = problems
    values = {(table, name): column for table, name, column in columns}
    for table in original.tables:
        frame = original.table(table)
        for column in expand_columns(original.declared(table)["columns"]):
            held = frame[column.name].tolist()
            same = _count_equal(held, values.pop((table, column.name), []), column.type)
            verdict.values += len(held)
            verdict.equal += same
            if same != len(held):
                verdict.different.append(f"{table}.{column.name}")
    verdict.different += [f"{table}.{name} (not of the release)" for table, name in values]
    return verdict


def _count_equal(held: Sequence[Any], given: Sequence[Any], type: str) -> int:
    """Return how many values are read back as they are; a gap is NaN or, of a text, nothing."""
    if len(held) != len(given):
        return 0
    if type == "string":
        texts = [v.decode() if isinstance(v, bytes) else "" if v is None else v for v in given]
        return sum(isinstance(b, str) and a == b for a, b in zip(held, texts, strict=True))
    if type == "float64":
        if any(isinstance(v, str | bytes) for v in given):
            return 0
        numbers = np.array([float("nan") if v is None else float(v) for v in given])
        expected = np.array(held, float)
        return int(((numbers == expected) | (np.isnan(numbers) & np.isnan(expected))).sum())
    return sum(a == b and not isinstance(b, str | bytes) for a, b in zip(held, given, strict=True))


# --- what is stored -----------------------------------------------------------------------------------------


def exporter(format: str) -> str:
    """Return a digest of the code that writes a format, and of the versions of its readers."""
    archive = ROOT / "tools" / "nuanomaly" / "archive"
    files = [archive / "exporting" / f"{format}.py", archive / "exporting" / "jsonld.py"]
    files += [archive / f"hepdata_{part}.py" for part in ("parts", "errors")] if format == "hepdata" else []
    readers = "".join(f"{name} {version(name)}" for name in READERS[format])
    return hashlib.sha256(b"".join(path.read_bytes() for path in files) + readers.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of all readers."""
    names = {name for packages in READERS.values() for name in packages}
    return {name: version(name) for name in sorted(names)}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return verdicts as a table in Markdown, a line for each release.

    Examples
    --------
    >>> row = {"problems": 0, "values": 9, "equal": 9, "different": [], "largest": 20}
    >>> print(table([{"release": "a@1-r1", "values": 9, "formats": {"hepdata": row, "croissant": row}}]))
    | release | values | hepdata | rocrate | datapackage | croissant |
    |---|---|---|---|---|---|
    | a@1-r1 | 9 | valid, equal | – | – | valid, equal |
    """
    lines = [f"| release | values | {' | '.join(FORMATS)} |", f"|{'---|' * (len(FORMATS) + 2)}"]
    for row in rows:
        cells = [_words(row["formats"].get(format)) for format in FORMATS]
        lines.append(f"| {row['release']} | {row['values']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _words(verdict: Mapping[str, Any] | None) -> str:
    if verdict is None:
        return "–"
    found = verdict["problems"]
    valid = "valid" if not found else f"{found if isinstance(found, int) else len(found)} problems"
    missing = verdict["values"] - verdict["equal"]
    return f"{valid}, {'equal' if not missing and not verdict['different'] else f'{missing:,} values differ'}"


def with_table(page: str, content: Mapping[str, Any]) -> str:
    """Return a page with the verdicts between its two marks written anew.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    packages = ", ".join(f"{name} {number}" for name, number in content["versions"].items())
    lists = {
        "Not judged yet": content["missing"],
        "Announced, with no tables to export": content["announced"],
    }
    left = "".join(f"\n\n{said}: {', '.join(names)}." for said, names in lists.items() if names)
    return between(page, MARKS, f"With {packages}:\n\n{table(content['rows'])}{left}")


def _row(original: Release, digest: str, work: Path, before: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the verdicts on a release, anew after each of them.

    One of the same exporter and readers is taken over, so that a run that was stopped goes on where it was.
    """
    known = before.get("formats", {}) if before.get("sha256") == digest else {}
    codes = {format: exporter(format) for format in FORMATS}
    formats = {f: known[f] for f in FORMATS if known.get(f, {}).get("exporter") == codes[f]}
    values = sum(original.table(table).size for table in original.tables)
    row = {"release": original.id, "sha256": digest, "values": values, "formats": formats}
    yield row
    for format in FORMATS:
        if format in formats:
            continue
        shutil.rmtree(work, ignore_errors=True)
        begin = time.process_time()
        verdict = judge(original, format, work)
        formats[format] = {
            "exporter": codes[format],
            "problems": verdict.problems,
            "values": verdict.values,
            "equal": verdict.equal,
            "different": verdict.different[:20],
            "largest": verdict.largest,
        }
        seconds = time.process_time() - begin
        said = f"{original.id} {format}: {_words(formats[format])} in {seconds:.0f} s of one CPU"
        print(said, *verdict.problems[:5], flush=True)
        yield row


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge all releases, or those that are named; store and show the verdicts."""
    parser = argparse.ArgumentParser(description="Exports read as their readers do.")
    parser.add_argument("names", nargs="*", help="releases, NAME@VERSION; all if left out")
    parser.add_argument("--again", action="store_true", help="judge again what was judged before")
    chosen = parser.parse_args(arguments)
    folders = {f"{n}@{v}": f for n, vs in release.folders(ROOT).items() for v, f in vs.items()}
    if unknown := set(chosen.names) - set(folders):
        parser.error(f"{', '.join(sorted(unknown))}: no release of the archive, NAME@VERSION")
    before: Any = json.loads(STORED.read_text("utf-8")) if STORED.is_file() else {"rows": []}
    rows = {row["release"]: row for row in before["rows"] if row["release"] in folders}
    with tempfile.TemporaryDirectory() as work:
        for id in sorted(chosen.names or folders):
            original = release.read(folders[id])
            if original.state != "announced":
                digest = catalog.collect(folders[id]).digest
                known = {} if chosen.again else rows.get(id, {})
                for row in _row(original, digest, Path(work) / "export", known):
                    rows[id] = row
                    content = _store([rows[key] for key in sorted(rows)])
    bad = [
        f"{row['release']} {name}"
        for row in content["rows"]
        for name, verdict in row["formats"].items()
        if verdict["problems"] or verdict["equal"] != verdict["values"] or verdict["different"]
    ]
    submissions = [row["formats"]["hepdata"] for row in content["rows"] if "hepdata" in row["formats"]]
    largest = max((verdict["largest"] for verdict in submissions), default=0)
    print(f"{len(content['rows'])} releases; largest file of a submission {largest} of {LARGEST_FILE} bytes")
    print(*(f"not as it should be: {what}" for what in bad), sep="\n", end="\n" if bad else "")
    return 1 if bad else 0


def _store(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    known = [release.read(f) for folders in release.folders(ROOT).values() for f in folders.values()]
    judged = {row["release"] for row in rows if set(row["formats"]) == set(FORMATS)}
    announced = {r.id for r in known if r.state == "announced"}
    content: dict[str, Any] = {
        "versions": versions(),
        "announced": sorted(announced),
        "missing": sorted({r.id for r in known} - announced - judged),
        "rows": list(rows),
    }
    content["sha256"] = checksum(content)
    write_atomically(STORED, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(PAGE, with_table(PAGE.read_text("utf-8"), content).encode())
    return content


if __name__ == "__main__":
    sys.exit(main())
