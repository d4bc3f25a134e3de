"""The JSON Schema of options that are declared as a type (:mod:`nuanomaly.archive.options`)."""

import inspect
import re
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict

from nuanomaly.archive.options import bare, classes, fields, plain


def schema(options: Any, kind: str = "") -> dict[str, Any]:
    """Return the JSON Schema of options.

    Parameters
    ----------
    options : a TypedDict, or a union of some
    kind : str
        What stands under ``kind`` beside the options, if anything has to.

    Examples
    --------
    >>> from nuanomaly.archive.options import Column
    >>> schema(Column)["required"], schema(Column)["properties"]["table"]
    (['table', 'column'], {'type': 'string', 'description': 'Its table.'})
    >>> schema(Column, "my-kind")["properties"]["kind"]
    {'const': 'my-kind'}
    """
    shared = _Shared(options)
    written = shared.object(options) if is_typeddict(options) else shared.of(options)
    if kind:
        written["required"] = ["kind", *written.get("required", ())]
        written["properties"] = {"kind": {"const": kind}, **written.get("properties", {})}
        for branch in () if is_typeddict(options) else ("then", "else"):
            written[branch]["properties"] = {"kind": True, **written[branch]["properties"]}
    parts = {name: shared.described(part) for part, name in shared.names.items()}
    return {**written, **({"$defs": parts} if parts else {})}


class _Shared:
    """Writes schemas; what is met more than once is written once, under ``$defs``."""

    def __init__(self, options: Any) -> None:
        met = list(classes(options))
        often = {part for part in met if met.count(part) > 1}
        self.names = {part: _dashed(part.__name__) for part in dict.fromkeys(met) if part in often}

    def of(self, hint: Any) -> dict[str, Any]:
        """Return the schema of a type."""
        base, keywords = bare(hint)
        return keywords if "$ref" in keywords else {**self._of_bare(base), **keywords}

    def _of_bare(self, hint: Any) -> dict[str, Any]:
        origin, parts = get_origin(hint), get_args(hint)
        if is_typeddict(hint):
            if hint in self.names:
                return {"$ref": f"#/$defs/{self.names[hint]}"}
            return self.described(hint)
        if origin is Literal:
            return {"enum": list(parts)} if len(parts) > 1 else {"const": parts[0]}
        if origin is list:
            return {"type": "array", "items": self.of(parts[0])}
        if origin is tuple:
            items = [self.of(part) for part in parts]
            alike = all(item == items[0] for item in items)
            what = {"items": items[0]} if alike else {"prefixItems": items}
            return {"type": "array", **what, "minItems": len(items), "maxItems": len(items)}
        if origin is dict:
            value = self.of(parts[1])
            return {"type": "object", **({"additionalProperties": value} if value else {})}
        if origin in (Union, UnionType):
            return self._union(parts)
        if hint in (Any, object):
            return {}
        return {"type": {str: "string", float: "number", int: "integer", bool: "boolean"}[hint]}

    def described(self, options: Any) -> dict[str, Any]:
        """Return the schema of a class of options, with the first paragraph of its docstring."""
        return {"description": first_paragraph(options), **self.object(options)}

    def object(self, options: Any) -> dict[str, Any]:
        """Return the schema of a class of options."""
        own = fields(options)
        required = [name for name in own if name in options.__required_keys__]
        return {
            "type": "object",
            **({"required": required} if required else {}),
            "additionalProperties": False,
            "properties": {name: self.of(field) for name, field in own.items()},
            **getattr(options, "__rules__", {}),
        }

    def _union(self, parts: tuple[Any, ...]) -> dict[str, Any]:
        """Return the schema of alternatives, such that what is wrong is said of the one that was meant."""
        objects = [part for part in parts if is_typeddict(plain(part))]
        if len(objects) > 1 and len(objects) == len(parts):
            return self._alternatives(objects)
        written = [self.object(plain(part)) if part in objects else self.of(part) for part in parts]
        types = [alternative.get("type") for alternative in written]
        if None not in types and len(set(types)) == len(types) and not {"number", "integer"} <= set(types):
            # limits of a text are none of a list, so that all may stand side by side
            return {k: v for alternative in written for k, v in alternative.items()} | {"type": types}
        if len(objects) == 1 and len(parts) == 2:
            then, other = sorted(written, key=lambda alternative: alternative.get("type") != "object")
            return {
                "if": {"type": "object"},
                "then": {k: then[k] for k in then if k != "type"},
                "else": other,
            }
        return {"anyOf": written}

    def _alternatives(self, objects: list[Any]) -> dict[str, Any]:
        """Return the schema of mappings that a word under a common key tells apart, or one that has a key."""
        written = [{k: v for k, v in self.object(part).items() if k != "type"} for part in objects]
        for key in fields(objects[0]):
            words = [w["properties"].get(key, {}).get("const") for w in written]
            if None not in words:
                told = [
                    {
                        "if": {"required": [key], "properties": {key: {"const": word}}},
                        "then": {**w, "properties": {**w["properties"], key: True}},
                    }
                    for word, w in zip(words, written, strict=True)
                ]
                return {
                    "type": "object",
                    "required": [key],
                    "properties": {key: {"enum": words}},
                    "allOf": told,
                }
        first, second = written
        key = next(name for name in first["required"] if name not in second["properties"])
        return {"type": "object", "if": {"required": [key]}, "then": first, "else": second}


def first_paragraph(documented: Any) -> str:
    """Return the first paragraph of a docstring, in one line.

    Examples
    --------
    >>> first_paragraph(first_paragraph)
    'Return the first paragraph of a docstring, in one line.'
    """
    return " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())


def _dashed(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
