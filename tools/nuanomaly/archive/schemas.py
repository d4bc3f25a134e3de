"""The JSON Schemas of the archive; every reference among them is given by hand, nothing is downloaded."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import paths
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

if TYPE_CHECKING:
    import jsonschema
    import referencing

#: What has kinds: schemas/kinds/PART/KIND.schema.json describes the configuration of each.
PARTS = ("response", "transform", "statistic", "surface", "benchmark", "run")


def names(folder: Path | None = None) -> list[str]:
    """Return the names of all schemas.

    Examples
    --------
    >>> {"release", "comparison", "question", "result"} <= set(names())
    True
    """
    return _listed(folder or paths.schemas())


def kinds(part: str, folder: Path | None = None) -> list[str]:
    """Return the kinds of a part (``response``, ``benchmark``, …) that have a schema."""
    return _listed((folder or paths.schemas()) / "kinds" / part)


def _listed(folder: Path) -> list[str]:
    """Return the names of the schemas in a folder; none if it is not there."""
    return list(_stems(folder, folder.stat().st_mtime_ns)) if folder.is_dir() else []


@lru_cache(maxsize=32)
def _stems(folder: Path, mtime_ns: int) -> tuple[str, ...]:
    """Return the names in a folder; its time stamp makes a schema that was added or removed a new entry."""
    return tuple(_stem(f) for f in sorted(folder.glob("*.schema.json")))


def validator(name: str, folder: Path | None = None) -> "jsonschema.Draft202012Validator":
    """Return the validator of ``schemas/NAME.schema.json``.

    Raises
    ------
    UnknownNameError
        If there is no such schema.

    Examples
    --------
    >>> [error.message for error in validator("catalog").iter_errors({"schema": "1", "releases": []})]
    ["'ledger' is a required property"]
    """
    base = folder or paths.schemas()
    if name not in names(base):
        raise UnknownNameError("schema", name, names(base))
    return _validator(base / f"{name}.schema.json", base)


def kind_validator(part: str, kind: str, folder: Path | None = None) -> "jsonschema.Draft202012Validator":
    """Return the validator of a kind's configuration.

    Raises
    ------
    UnknownNameError
        If the kind has no schema.
    """
    base = folder or paths.schemas()
    if kind not in kinds(part, base):
        raise UnknownNameError(f"{part} kind", kind, kinds(part, base))
    return _validator(base / "kinds" / part / f"{kind}.schema.json", base)


def validator_of(schema: Mapping[str, Any], folder: Path | None = None) -> "jsonschema.Draft202012Validator":
    """Return the validator of a schema from elsewhere, which may refer to those of the archive.

    Raises
    ------
    NuanomalyError
        If it is no JSON Schema.
    """
    import jsonschema

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise NuanomalyError(
            f"{schema.get('title', 'a schema')}: this is no JSON Schema: {error.message}"
        ) from None
    return jsonschema.Draft202012Validator(schema, registry=_registry(folder or paths.schemas()))


@lru_cache(maxsize=128)
def _validator(file: Path, folder: Path) -> "jsonschema.Draft202012Validator":
    import jsonschema

    registry = _registry(folder)
    schema = json.loads(file.read_text("utf-8"))
    resolver = registry.resolver_with_root(_resource(schema))
    return jsonschema.Draft202012Validator(_inlined(schema, resolver, ()), registry=registry)


@lru_cache(maxsize=8)
def _registry(folder: Path) -> "referencing.Registry[Any]":
    import referencing

    contents = [json.loads(f.read_text("utf-8")) for f in sorted(folder.glob("*.schema.json"))]
    empty: referencing.Registry[Any] = referencing.Registry()
    return empty.with_resources((c["$id"], _resource(c)) for c in contents)


def _resource(contents: Any) -> "referencing.Resource[Any]":
    from referencing.jsonschema import DRAFT202012

    return DRAFT202012.create_resource(contents)


def _inlined(schema: Any, resolver: Any, inside: tuple[str, ...]) -> Any:
    """Return a schema with its references written out: validation takes half the time.

    A schema that holds itself keeps its reference.
    """
    if isinstance(schema, list):
        return [_inlined(part, resolver, inside) for part in schema]
    if not isinstance(schema, dict):
        return schema
    beside = {k: _inlined(v, resolver, inside) for k, v in schema.items() if k not in ("$ref", "$defs")}
    if isinstance(beside.get("properties"), dict):
        # jsonschema reports a key whose schema is `false` without its name; `not: {}` means the same
        beside["properties"] = {k: {"not": {}} if v is False else v for k, v in beside["properties"].items()}
    target = schema.get("$ref")
    if not isinstance(target, str):
        kept = {"$defs": schema["$defs"]} if "$defs" in schema else {}
        return beside | kept
    content = resolver.lookup(target)
    identity = f"{id(content.contents)}"
    if identity in inside:
        return schema
    written = _inlined(content.contents, content.resolver, (*inside, identity))
    if not isinstance(written, dict) or set(written) & set(beside) - {"description"}:
        return {"allOf": [written], **beside}
    return written | beside


def _stem(file: Path) -> str:
    return file.name.removesuffix(".schema.json")
