"""A kind is described once: its module gives its parser, the schema that validation reads, and the manual."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import kinds  # tools/ is on the path, as the package in it is installed from there
import pytest

from nuanomaly.archive import schemas
from nuanomaly.archive.options import classes, complete, fields
from nuanomaly.likelihood.build import likelihood

ROOT = Path(__file__).resolve().parents[2]
ALL = [(p, k) for p in kinds.PARTS for k in kinds.kinds(p)]
PARSERS = ("build", "compute")


def test_what_is_written_of_the_kinds_is_what_they_declare() -> None:
    stale = [
        file.relative_to(ROOT) for file, text in kinds.files().items() if file.read_text("utf-8") != text
    ]
    assert stale == [], "write them anew: make kinds"


def test_every_schema_is_that_of_a_kind() -> None:
    assert sorted((part, kind) for part in schemas.PARTS for kind in schemas.kinds(part)) == sorted(ALL)


@pytest.mark.parametrize("part", schemas.PARTS)
def test_every_option_is_described(part: str) -> None:
    undescribed = [
        path
        for kind in schemas.kinds(part)
        for path, option in options(schemas.kind_validator(part, kind).schema, kind)
        if option is not True and not {"description", "const", "enum", "not"} & set(option)
    ]
    assert undescribed == []


@pytest.mark.parametrize("part", schemas.PARTS)
def test_options_that_name_a_table_are_marked(part: str) -> None:
    unmarked = [
        path
        for kind in schemas.kinds(part)
        for path, option in options(schemas.kind_validator(part, kind).schema, kind)
        if isinstance(option, dict) and option.get("items", option).get("type") == "string"
        if str(option.get("description", "")).startswith(("Table ", "Tables "))
        and not path.endswith(".table")
        if not (option.get("x-table") or option.get("items", {}).get("x-table"))
    ]
    assert unmarked == [], "declare them as a TableName, for validation"


def options(schema: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every option of a schema, at any depth."""
    for key, option in (schema.get("properties") or {}).items() if isinstance(schema, dict) else ():
        yield f"{path}.{key}", option
        yield from options(option, f"{path}.{key}")
    if isinstance(schema, dict):
        others = [value for key, value in schema.items() if key not in ("properties", "if", "$defs")]
    else:
        others = schema if isinstance(schema, list) else []
    for part in others:
        yield from options(part, path)


@pytest.mark.parametrize(("part", "kind"), ALL)
def test_the_parser_of_a_kind_has_the_type_of_its_options(part: str, kind: str) -> None:
    # so that mypy refuses an option that is read and not declared
    own = kinds.module(part, kind)
    parser = next(getattr(own, name) for name in PARSERS if hasattr(own, name))
    first = next(iter(inspect.signature(parser).parameters))
    assert get_type_hints(parser)[first] == own.Options
    assert parser.__wrapped__, "it is @completed, so that it finds defaults"


@pytest.mark.parametrize(("part", "kind"), ALL)
def test_every_option_that_is_declared_is_read(part: str, kind: str) -> None:
    own = kinds.module(part, kind)
    read = set(names_read(own))
    declared = {f"{c.__name__}.{name}": name for c in set(classes(own.Options)) for name in fields(c)}
    assert [path for path, name in sorted(declared.items()) if name not in read] == []


def names_read(module: ModuleType) -> Iterator[str]:
    """Yield the words under which code reads something: of a module, and of those of the package it uses."""
    sources = {module, *filter(None, (inspect.getmodule(value) for value in vars(module).values()))}
    for source in sources:
        if source.__name__.startswith("nuanomaly."):
            yield from words_of(source)


@cache
def words_of(module: ModuleType) -> frozenset[str]:
    return frozenset(words(ast.parse(inspect.getsource(module))))


def words(node: ast.AST) -> Iterator[str]:
    """Yield words that are a key, the first argument of ``get``, looked for in a mapping, or gone through."""
    if isinstance(node, ast.Subscript):
        if ast.unparse(node.value) in ("Annotated", "Literal", "NotRequired"):
            return  # a declaration
        yield from texts(node.slice)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        yield from texts(node.args[0])
    elif isinstance(node, ast.Compare):
        yield from texts(node.left)
    elif isinstance(node, ast.Tuple | ast.List | ast.IfExp):
        yield from texts(node)
    for part in ast.iter_child_nodes(node):
        yield from words(part)


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression is, holds, or chooses between."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List):
        for part in node.elts:
            yield from texts(part)
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def test_a_default_is_what_the_declaration_says() -> None:
    own = kinds.module("statistic", "scaled-covariance")
    assert complete(own.Options, {"data": []}) == {
        "data": [],
        "log_determinant": True,
        "statistical": "signal",
    }
    assert likelihood("miniboone-nue@2012").measure.log_determinant is True  # type: ignore[attr-defined]


def test_alternatives_are_told_apart_by_what_only_one_of_them_has() -> None:
    own = kinds.module("statistic", "gaussian")
    assert [c.__name__ for c in get_args(own.Options)] == ["Blocks", "Block"]
    check = schemas.kind_validator("statistic", "gaussian")
    data = {"data": {"table": "t", "column": "c"}, "covariance": "m"}
    assert check.is_valid({"kind": "gaussian", **data})
    assert check.is_valid({"kind": "gaussian", "blocks": [data]})
    assert not check.is_valid({"kind": "gaussian", "blocks": [data], "covariance": "m"})
    assert not check.is_valid({"kind": "gaussian", "blocks": [{**data, "covarianc": "m"}]})
