"""A first ``release.yaml`` from files: every entry explained, what nobody can guess marked ``TODO``."""

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from nuanomaly.archive import guessing, names, paths, proposals, reading, release, seal, tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.guessing import Draft
from nuanomaly.archive.limits import LARGEST_RELEASE, MOST_FILES
from nuanomaly.archive.names import safe_path
from nuanomaly.archive.printed_units import TODO

#: Of an original whose name no path of a release may have.
_NAMED = "the file's own name is {!r}: for `file`, name a copy by letters, digits, '.', '_', '+' and '-'"
#: Above this a table becomes Parquet.
_LARGEST_CSV = 1_000_000
_LAST = """\
# How the data are turned into a likelihood: response, transform, statistic (or a surface), by kind. The kinds
# are the schemas in schemas/kinds; a release without this is read, but not fitted.
# likelihood:
#   response: {kind: …}
#   transform: {kind: identity}
#   statistic: {kind: gaussian, data: {table: …, column: …}, covariance: …}
#   modes: {default: {}}

# Published numbers that the archive recomputes, each with its source; at least one for a likelihood. What is
# proposed here are rows and sums of the tables: confirm each by the number that is printed, or take it out.
# What proves a likelihood is of the form
#   - id: without-oscillation
#     quantity: "χ² without oscillation"
#     kind: published
#     compute: {kind: value, model: 2nu-ee, parameters: {dm2_41: 1.0, sin2_2theta_ee: 0.0}}
#     expected: 0.0
#     tolerance: 0.1
#     tolerance_source: "printed digits"
#     source: "where the number stands"
{benchmarks}

# Other releases that hold some of the same data.
# overlaps:
#   - {with: "name@label", relation: shares, reason: …}
"""


@dataclass(frozen=True)
class Scaffold:
    """A release that was written from files.

    Attributes
    ----------
    folder : pathlib.Path
        Where it is.
    left : dict
        Files that are originals and became no tables, and why.
    passed : dict
        What is in the folder of the files and was not looked at, and why.
    notes : list of str
        What should be known of how tables were read.
    """

    folder: Path
    left: dict[str, str]
    passed: dict[str, str]
    notes: list[str]


def new(root: Path, name: str, version: str, source: Path) -> Scaffold:
    """Write a release from the files in a folder.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    name, version : str
        Such as ``best`` and ``2022-r1``.
    source : pathlib.Path
        The folder of files; those that hold tables become tables (:mod:`nuanomaly.archive.reading`), all are
        named as originals. Links in it are not followed.

    Raises
    ------
    NuanomalyError
        If the release exists, a name is not of the required form, no file is a table, or there are more files
        than those of a release.
    """
    files, passed = found(source)
    drafts, left, taken, ids = list[Draft](), dict[str, str](), set[str](), set[str]()
    notes = list[str]()
    originals = []
    for file in sorted(files):
        originals.append(original(file, files[file].read_bytes(), ids))
        try:
            made = reading.drafts(files[file])
        except NuanomalyError as error:
            left[file] = str(error)
            continue
        for draft in made:
            drafts.append(replace(draft, name=names.free(draft.name, taken)))
            draft.declared.update({"status": TODO, "source": TODO, "originals": [originals[-1]["id"]]})
            notes += [f"{file}: {note}" for note in draft.notes]
    if not drafts:
        reasons = "".join(f"; {file} {reason}" for file, reason in [*left.items(), *passed.items()][:3])
        raise NuanomalyError(f"{source}: no file is a table{reasons}")
    folder = write(root, name, version, drafts, {"originals": originals})
    return Scaffold(folder, left, passed, notes)


def found(source: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the plain files below a folder by their names in it, without hidden ones; why others are left.

    No link is followed, as it may lead to any file of the machine, and no pipe or device is opened.

    Raises
    ------
    NuanomalyError
        If it holds more files, folders or bytes than those that a release is made of.
    """
    files, passed, seen, size = dict[str, Path](), dict[str, str](), 0, 0
    advice = "name a folder that holds the files of one release and no others"

    def unread(error: OSError) -> None:
        passed[Path(error.filename).relative_to(source).as_posix()] = f"cannot be read ({error.strerror})"

    for above, folders, inside in os.walk(source, onerror=unread):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = [Path(above, name) for name in sorted([*inside, *folders]) if not name.startswith(".")]
        seen += len(here)
        if seen > MOST_FILES:
            raise NuanomalyError(f"{source} holds more than {MOST_FILES} files and folders: {advice}")
        for path in here:
            file, status = path.relative_to(source).as_posix(), path.lstat()
            if stat.S_ISREG(status.st_mode):
                files[file] = path
                size += status.st_size
            elif not stat.S_ISDIR(status.st_mode):
                link = stat.S_ISLNK(status.st_mode)
                passed[file] = f"is {'a link, which is not followed' if link else 'no plain file'}"
        if size > LARGEST_RELEASE:
            raise NuanomalyError(f"{source} holds more than {LARGEST_RELEASE >> 20} MiB: {advice}")
    return files, passed


def original(
    file: str, content: bytes, taken: set[str], source: str = TODO, licence: str = TODO
) -> dict[str, Any]:
    """Return the entry of an original file; ``taken`` holds the ids of the others.

    A name that no path of a release may have (``Table 1 (left).yaml``) is told in a note.
    """
    safe = names.is_safe(file)
    return {
        "id": names.free(guessing.dashed(file.rpartition(".")[0] or file), taken),
        **({"file": file} if safe else {}),
        "source": source,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "licence": licence,
        "copy": "unverified",
        **({} if safe else {"note": _NAMED.format(file.encode("utf-8", "backslashreplace").decode()[:300])}),
    }


def write(root: Path, name: str, version: str, drafts: Sequence[Draft], known: Mapping[str, Any]) -> Path:
    """Write a release: tables, ``release.yaml``, sealed; return its folder.

    Parameters
    ----------
    known : mapping
        Entries of release.yaml that are known; the others are marked.

    Raises
    ------
    NuanomalyError
        If the release exists, or a name is not of the required form.
    """
    if not names.NAME.fullmatch(name) or not names.VERSION.fullmatch(version):
        raise NuanomalyError(
            f"{name}@{version} is not a release: write it like best 2022-r1 (label and revision)"
        )
    folder = root / "datasets" / name / version
    if folder.exists():
        raise NuanomalyError(f"{folder} exists: choose another version, or remove it")
    contents = [_content(draft) for draft in drafts]
    for file, _ in contents:
        safe_path(file)
    folder.mkdir(parents=True)
    try:
        for file, content in contents:
            (folder / file).write_bytes(content)
        declared = {d.name: _declaration(d, file) for d, (file, _) in zip(drafts, contents, strict=True)}
        (folder / "release.yaml").write_text(
            text(name, version, declared, known, proposals.proposed(drafts)), "utf-8"
        )
        seal.seal(folder)
        release.read(folder)  # what the gate refuses would end every command on the archive
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder


def _content(draft: Draft) -> tuple[str, bytes]:
    """Return name and content of a table's file."""
    columns = tables.expand_columns(draft.columns)
    content = tables.to_bytes(draft.frame, columns, "csv")
    if len(content) <= _LARGEST_CSV:
        return f"{draft.name}.csv", content
    return f"{draft.name}.parquet", tables.to_bytes(draft.frame, columns, "parquet")


def _declaration(draft: Draft, file: str) -> dict[str, Any]:
    order = ("title", "status", "source", "originals")
    said = {key: draft.declared[key] for key in order if key in draft.declared}
    more = {key: value for key, value in draft.declared.items() if key not in order}
    return {"file": file, "kind": draft.kind, **said, "columns": draft.columns, **more}


def text(
    name: str,
    version: str,
    declared: Mapping[str, Any],
    known: Mapping[str, Any],
    benchmarks: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return a ``release.yaml`` in which every entry is explained; ``benchmarks`` are proposed ones."""
    schema = json.loads((paths.schemas() / "release.schema.json").read_text("utf-8"))["properties"]
    publication = {"key": TODO, "title": TODO, "authors": TODO, "year": TODO, "role": "primary"}
    entries: dict[str, Any] = {
        "schema": "1",
        "name": name,
        "version": version,
        "title": TODO,
        "state": "draft",
        "sector": TODO,
        "experiment": TODO,
        "summary": f"{TODO}: two to four sentences: what was measured, what the tables hold",
        "channels": [TODO],
        "publications": [publication],
        "originals": [],
        "tables": dict(declared),
        "changes": [{"kind": "initial", "reason": "First representation in the archive."}],
    } | dict(known)
    parts = [
        f"# A release of the archive; what says {TODO} is to be filled in (nuanomaly validate finds it).\n"
    ]
    for key, value in entries.items():
        described = schema.get(key, {}).get("description", "")
        choices = schema.get(key, {}).get("enum")
        comment = _comment(f"{described} {f'One of {chr(44).join(choices)}.' if choices else ''}".strip())
        parts.append(comment + _dump({key: value}))
        if key == "tables":
            proposed = _dump({"benchmarks": list(benchmarks)}) if benchmarks else ""
            parts.append(_LAST.replace("{benchmarks}\n", proposed))
    return "\n".join(parts)


def _comment(described: str) -> str:
    words, lines = described.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 108:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}"
    return "".join(f"#{line}\n" for line in lines) if words else ""


class _Dumper(yaml.SafeDumper):
    """Lists indented; small mappings on one line; texts that YAML would misread in quotes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.MappingNode:
    flow = ("name" in data and "unit" in data) or set(data) <= {
        "kind",
        "reason",
        "table",
        "column",
        "tolerance",
    }
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=flow)


def _string(dumper: _Dumper, data: str) -> yaml.ScalarNode:
    plain = re.fullmatch(r"[A-Za-zνμ][^:#\"'\[\]{},&*!|>%@`]*", data) and data.lower() not in _WORDS
    style = None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(str, _string)


def _dump(data: Mapping[str, Any]) -> str:
    dumped = yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return str(dumped)
