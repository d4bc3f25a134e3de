"""Write what kinds declare of themselves: ``make kinds`` writes ``schemas/kinds`` and ``docs/kinds.md``.

Each kind is described once, in its module: the docstring says what it is, the class ``Options`` what may
stand in a declaration (:mod:`nuanomaly.archive.options`). Of these are made the JSON Schemas that validation
reads, so that it needs no physics, and the manual's page. A test compares both with what this program would
write.
"""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from nuanomaly.archive.option_schemas import first_paragraph, schema
from nuanomaly.archive.yamlio import read
from nuanomaly.inference import benchmarks, runs
from nuanomaly.likelihood import build

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas" / "kinds"
PAGE = ROOT / "docs" / "kinds.md"
PARTS = {
    "response": "Responses: what turns probabilities into predictions",
    "transform": "Transforms: what is done with predictions before they meet data",
    "statistic": "Statistics: how predictions meet data",
    "surface": "Surfaces: likelihoods that were published as a table",
    "benchmark": "Benchmarks: numbers that a release must give",
    "run": "Runs: what takes long, declared in runs.yaml beside a page",
}
_WIDTH = 110
_HEAD = """\
# Kinds

<!-- Written by `make kinds` from the modules of the kinds: do not edit. -->

`release.yaml` declares a likelihood by kinds: a response, a transform and a statistic, or a surface; a
benchmark says by its kind what is computed, and so does a run in `runs.yaml` beside a page. `nuanomaly show
NAME` prints what a release declares. An option without a mark may be left out; the examples are declarations
of releases, and the runs of all pages stand in `comparisons/*/runs.yaml`.

A package may bring further kinds of responses, transforms and statistics for releases of one's own, as entry
points of the group `nuanomaly.kinds`: `"statistic.student-t" = "my_package.student_t"`, a module with
`Options` (see `nuanomaly.archive.options`) and `build(config, release, …)`. Every result then says which
package its kind came from.
"""


def kinds(part: str) -> list[str]:
    """Return the kinds of a part, such as ``response``."""
    if part == "surface":
        return sorted(build.SURFACES)
    listed = {"benchmark": benchmarks.kinds, "run": runs.kinds}
    return listed[part]() if part in listed else build.kinds(part)


def module(part: str, kind: str) -> ModuleType:
    """Return the module that describes a kind, and builds or computes it."""
    if part == "run":
        return runs.module(kind)
    room = {"benchmark": "inference.benchmark", "surface": "likelihood"}.get(part, f"likelihood.{part}")
    return import_module(f"nuanomaly.{room}.{kind.replace('-', '_')}")


def described(part: str, kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind; one that is called as its part needs no ``kind``."""
    own = module(part, kind)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind,
        "description": first_paragraph(own),
        **schema(own.Options, "" if kind == part else kind),
    }


def files() -> dict[Path, str]:
    """Return what stands in each file that is written."""
    written = {
        SCHEMAS / part / f"{kind}.schema.json": f"{compact(described(part, kind))}\n"
        for part in PARTS
        for kind in kinds(part)
    }
    return {**written, PAGE: page()}


def compact(value: Any, depth: int = 0, before: int = 0) -> str:
    """Return JSON in lines as long as they may be.

    Examples
    --------
    >>> compact({"type": "number"})
    '{"type": "number"}'
    """
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + 2 * depth + before <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    indent = "  " * (depth + 1)
    if isinstance(value, list):
        lines = [f"{indent}{compact(item, depth + 1)}" for item in value]
    else:
        names = {name: f"{json.dumps(name, ensure_ascii=False)}: " for name in value}
        lines = [f"{indent}{names[k]}{compact(item, depth + 1, len(names[k]))}" for k, item in value.items()]
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([opened, ",\n".join(lines), f"{indent[2:]}{closed}"])


def page() -> str:
    """Return the manual's page."""
    return "\n".join([_HEAD, *(line for part, title in PARTS.items() for line in _part(part, title))])


def _part(part: str, title: str) -> Iterator[str]:
    yield f"## {title}\n"
    for kind in kinds(part):
        whole = described(part, kind)
        yield f"### {kind}\n"
        yield f"{_markdown(inspect.getdoc(module(part, kind)) or '')}\n"
        yield "\n".join(_options(whole, whole)) + "\n"
        if (part, kind) in _examples():
            release, declared = _examples()[part, kind]
            yield f"```yaml\n# {release}\n{declared}```\n"


def _markdown(docstring: str) -> str:
    """Return a docstring as it is read on a page."""
    return re.sub(r":\w+:`~?([^`]*)`", r"`\1`", docstring).replace("``", "`")


def _options(schema: Mapping[str, Any], whole: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Yield one line for each option, those of an option that is a mapping below it."""
    indent = "  " * depth
    required = schema.get("required", ())
    for name, declared in schema.get("properties", {}).items():
        option = _resolved(declared, whole)
        if isinstance(option, bool) or (name == "kind" and "description" not in option):
            continue
        mark = " **(needed)**" if name in required else ""
        items = option.get("items", option)
        inner = _resolved(items if isinstance(items, Mapping) else {}, whole)
        if inner.get("type") == "object" and isinstance(inner.get("additionalProperties"), dict):
            inner = _resolved(inner["additionalProperties"], whole)
        column = list(inner.get("properties", ())) == ["table", "column"]
        said = f"{_said(option)}{' (`{table, column}`)' if column else ''}"
        yield f"{indent}* `{name}`{mark}: {said}".rstrip(": ")
        if not column:
            yield from _options(inner, whole, depth + 1)
    for key in ("oneOf", "anyOf"):
        sets = [" and ".join(f"`{n}`" for n in rule.get("required", ())) for rule in schema.get(key, ())]
        if len(sets) > 1 and all(sets):
            said = "Exactly one" if key == "oneOf" else "At least one"
            yield f"{indent}* {said} of {', '.join(sets)} is needed."
    for rule in schema.get("allOf", ()):
        words = {k: v["const"] for k, v in rule.get("if", {}).get("properties", {}).items()}
        for name, word in words.items():
            yield f"{indent}* `{name}: {word}`"
            yield from _options(rule["then"], whole, depth + 1)
    if "required" in schema.get("if", {}):
        yield f"{indent}* Either"
        yield from _options(schema["then"], whole, depth + 1)
        yield f"{indent}* or"
        yield from _options(schema["else"], whole, depth + 1)


def _said(option: Mapping[str, Any]) -> str:
    """Return what an option means, which words it may be, and what it is if it is left out."""
    words = option.get("enum") or ([option["const"]] if "const" in option else [])
    choice = f"One of {', '.join(f'`{word}`' for word in words)}." if words else ""
    default = f"`{json.dumps(option['default'])}` if left out." if "default" in option else ""
    return " ".join(filter(None, [str(option.get("description", "")), choice, default]))


def _resolved(option: Any, whole: Mapping[str, Any]) -> Any:
    """Return an option with what it refers to in the same schema; references to others stay as they are."""
    place = option.get("$ref", "") if isinstance(option, Mapping) else ""
    if not place.startswith("#/$defs/"):
        return option
    target = whole.get("$defs", {}).get(place.rpartition("/")[2], {})
    return {**target, **{k: v for k, v in option.items() if k != "$ref"}}


@cache
def _examples() -> dict[tuple[str, str], tuple[str, str]]:
    """Return for each kind the release with the shortest declaration of it, and that as YAML."""
    shortest: dict[tuple[str, str], tuple[int, str, str]] = {}
    for file in sorted((ROOT / "datasets").glob("*/*/release.yaml")):
        for part, declared in _declarations(read(file)):
            text = yaml.safe_dump(
                declared, default_flow_style=None, sort_keys=False, allow_unicode=True, width=_WIDTH
            )
            where = f"{file.parent.parent.name}@{file.parent.name}"
            place = part, str(declared.get("kind", part))
            shortest[place] = min(shortest.get(place, (10**9, "", "")), (len(text), where, text))
    return {place: (where, text) for place, (_, where, text) in shortest.items()}


def _declarations(release: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield everything that a release declares by kind, and what it is a part of."""
    likelihood = release.get("likelihood") or {}
    for config in (likelihood, *likelihood.get("modes", {}).values()):
        yield from ((part, config[part]) for part in PARTS if part in config)
    yield from (("benchmark", entry["compute"]) for entry in release.get("benchmarks", ()))


if __name__ == "__main__":
    for file, text in files().items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
