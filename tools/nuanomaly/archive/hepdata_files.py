"""The files of a HEPData submission, wherever they are, and the YAML in them."""

import io
import re
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from nuanomaly.archive import document, yamlio
from nuanomaly.archive.errors import NuanomalyError

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]
    """Safe loader that reads the texts of older downloads, which carry the tags of Python 2, as texts."""


for _tag in ("unicode", "str"):
    _Loader.add_constructor(f"tag:yaml.org,2002:python/{_tag}", lambda loader, node: str(node.value))
#: More than any submission has; a compressed file may hide more.
_LARGEST = 500_000_000


def files(source: str) -> dict[str, bytes]:
    """Return the files of a submission by their path beside ``submission.yaml``."""
    if source.startswith(("http://", "https://")):
        return _submission_files(_unpacked(_download(source), source), source)
    path = Path(source)
    if path.is_dir():
        entries = {p.relative_to(path).as_posix(): p for p in sorted(path.rglob("*")) if p.is_file()}
        return _submission_files({name: p.read_bytes() for name, p in entries.items()}, source)
    if not path.is_file():
        raise NuanomalyError(f"{source}: no such file or folder")
    if path.name == "submission.yaml":
        return files(str(path.parent))
    if path.suffix in (".yaml", ".yml"):  # all in one file
        return {"submission.yaml": path.read_bytes()}
    return _submission_files(_unpacked(path.read_bytes(), source), source)


def _download(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            content: bytes = answer.read(_LARGEST + 1)
    except OSError as error:
        raise NuanomalyError(f"{address}: {error}: get the file another way, and name it") from None
    if len(content) > _LARGEST:
        raise NuanomalyError(f"{address}: has more than {_LARGEST} bytes")
    return content


def _unpacked(content: bytes, source: str) -> dict[str, bytes]:
    """Return the plain files of an archive; nothing is written, and no link is followed."""
    contents: dict[str, bytes] = {}
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                _limit(sum(i.file_size for i in packed.infolist()), source)
                contents = {i.filename: packed.read(i) for i in packed.infolist() if not i.is_dir()}
        else:
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                members = [m for m in tar.getmembers() if m.isfile()]
                _limit(sum(m.size for m in members), source)
                for member in members:
                    stream = tar.extractfile(member)
                    contents[member.name] = stream.read() if stream else b""
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise NuanomalyError(f"{source}: neither YAML nor a zip or tar archive ({error})") from None
    return contents


def _limit(size: int, source: str) -> None:
    if size > _LARGEST:
        raise NuanomalyError(f"{source}: unpacks to more than {_LARGEST} bytes")


def _submission_files(files: Mapping[str, bytes], source: str) -> dict[str, bytes]:
    """Return the files in the folder of the topmost ``submission.yaml``."""
    paths = [PurePosixPath(name) for name in files if PurePosixPath(name).name == "submission.yaml"]
    if not paths:
        raise NuanomalyError(f"{source}: has no submission.yaml")
    base = min(paths, key=lambda p: len(p.parts)).parent
    prefix = "" if str(base) == "." else f"{base}/"
    return {name.removeprefix(prefix): content for name, content in files.items() if name.startswith(prefix)}


def documents(files: Mapping[str, bytes], name: str) -> list[Any]:
    """Return the mappings of a YAML file."""
    if name not in files:
        raise NuanomalyError(f"{name}: is not there")
    runs: list[list[dict[str, Any]]] = []
    try:
        text = _RUN.sub(lambda run: _taken_out(run, runs), files[name].decode("utf-8"))
        document.refuse_bombs(text, name)
        with yamlio.located(name):
            items = list(yaml.load_all(text, Loader=_Loader))
    except UnicodeDecodeError as error:
        raise yamlio.YamlError(name, str(error).splitlines()[0]) from None
    mappings = [d for d in items if isinstance(d, dict)]
    if not mappings:
        raise NuanomalyError(f"{name}: holds no mapping")
    for mapping in mappings:
        for variable in _variables(mapping):
            values = variable.get("values")
            if isinstance(values, str) and values.startswith(_MARK):
                variable["values"] = runs[int(values.removeprefix(_MARK))]
    return mappings


#: A list of plain numbers, one a line: a YAML parser takes a minute for what is read in a second this way.
_RUN = re.compile(r"(?<=values:\n)(?: *- \{value: [-+.0-9eE]+\}\n)++(?! *-)")
_MARK = "run of numbers "
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_REAL = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?")


def _taken_out(run: re.Match[str], runs: list[list[dict[str, Any]]]) -> str:
    """Keep a run of numbers and return what stands for it; the run itself if YAML may read it otherwise."""
    words = [line.partition("value: ")[2][:-1] for line in run[0].splitlines()]
    if not all(_REAL.fullmatch(w) or _INTEGER.fullmatch(w) for w in words):
        return run[0]
    runs.append([{"value": float(w) if "." in w else int(w)} for w in words])
    return f"      {_MARK}{len(runs) - 1}\n"


def _variables(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for part in ("independent_variables", "dependent_variables"):
        listed = mapping.get(part)
        for variable in listed if isinstance(listed, list) else ():
            if isinstance(variable, dict):
                yield variable
