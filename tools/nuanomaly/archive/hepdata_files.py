"""The files of a HEPData submission, wherever they are, and the YAML in them."""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from nuanomaly.archive import document, scaffold, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching.download import Policy, content
from nuanomaly.archive.fetching.http import SourceError
from nuanomaly.archive.unpacking import LARGEST, unpacked

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]
    """Safe loader that reads the texts of older downloads, which carry the tags of Python 2, as texts."""


_Loader.add_constructor("tag:yaml.org,2002:float", yamlio.finite)
for _tag in ("unicode", "str"):
    _Loader.add_constructor(f"tag:yaml.org,2002:python/{_tag}", lambda loader, node: str(node.value))


def files(source: str) -> dict[str, bytes]:
    """Return the files of a submission by their path beside ``submission.yaml``."""
    if source.startswith(("http://", "https://")):
        return _submission_files(unpacked(_download(source), source), source)
    path = Path(source)
    if path.is_dir():
        entries, passed = scaffold.found(path)
        if wrong := [
            f"{path / file} {why}" for file, why in passed.items() if file.endswith((".yaml", ".yml"))
        ]:
            raise NuanomalyError(f"{wrong[0]}: put the file itself there")
        return _submission_files({name: p.read_bytes() for name, p in entries.items()}, source)
    if not path.is_file():
        raise NuanomalyError(f"{source}: no such file or folder")
    if path.name == "submission.yaml":
        return files(str(path.parent))
    if path.suffix in (".yaml", ".yml"):  # all in one file
        return {"submission.yaml": path.read_bytes()}
    return _submission_files(unpacked(path.read_bytes(), source), source)


def _download(address: str) -> bytes:
    try:
        return content(address, Policy(), LARGEST)
    except SourceError as error:
        raise NuanomalyError(f"{address}: {error}: get the file another way, and name it") from None


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
    numbers = [float(w) if "." in w else int(w) for w in words]
    if any(isinstance(n, float) and math.isinf(n) for n in numbers):
        return run[0]  # the parser says where
    runs.append([{"value": number} for number in numbers])
    return f"      {_MARK}{len(runs) - 1}" + "\n" * len(words)  # so that other lines keep their numbers


def _variables(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for part in ("independent_variables", "dependent_variables"):
        listed = mapping.get(part)
        for variable in listed if isinstance(listed, list) else ():
            if isinstance(variable, dict):
                yield variable
