"""YAML and JSON Schema: what a file must be before anything else can be said of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from nuanomaly.archive.document import Steps
from nuanomaly.archive.errors import CONTROL, nearest
from nuanomaly.archive.printed_units import TODO
from nuanomaly.archive.validate.findings import Finding, finding
from nuanomaly.archive.validate.subject import Subject

if TYPE_CHECKING:
    import jsonschema
    from jsonschema.exceptions import ValidationError

_SEALED = ("sha256", "size", "rows")
#: Elements that load, run or restyle; an average such as ⟨L⟩ written <L> is none of them.
_ELEMENTS = (
    "a applet audio base body button details embed form frame frameset head html iframe img input link math "
    "meta object script select source style svg template textarea title track video"
)
#: Beginnings of the names of events, after "on".
_EVENTS = (
    "abort animation before blur cancel change click close context copy cut dblclick drag drop error focus "
    "fullscreen hashchange input invalid key load message mouse page paste pointer popstate reset resize "
    "scroll select show slot submit toggle touch transition unload wheel"
)
_MARKUP = re.compile(
    rf"<\s*/?\s*(?:{_ELEMENTS.replace(' ', '|')}|!|\?)(?![\w-])[^<>]*>?"
    # an attribute makes an element of any name, and a handler needs no quotes
    r"|<\s*[a-z][\w:-]*[\s/]+[a-z][\w:-]*\s*=[^<>]*>?"
    rf"|\bon(?:{_EVENTS.replace(' ', '|')})\w*\s*="
    r"|\bjavascript:|\bdata:text/html|&#\w|\bon[a-z]+\s*=\s*[\"']",
    re.IGNORECASE,
)
_TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing (null)",
}


def check(subject: Subject, validator: "jsonschema.Draft202012Validator") -> Iterator[Finding]:
    """Yield the findings of a whole file: duplicated keys, dangerous texts, and what its schema says."""
    for duplicate in subject.document.duplicates:
        message = f"{duplicate.key!r} stands twice in one mapping, first in line {duplicate.first_line}"
        yield finding(
            "YAML_DUPLICATE_KEY", message, file=subject.file, line=duplicate.line, release=subject.release
        )
    strange = list(keys_that_are_no_text(subject.data))
    for steps, key in strange:
        message = f"the key {key!r} is no text"
        yield subject.finding("YAML_NEEDS_QUOTES", message, [*steps, _as_written(key)])
    if not strange:
        leaves = [leaf for error in validator.iter_errors(subject.data) for leaf in _leaves(error)]
        allowed = {
            tuple(leaf.absolute_path): leaf.validator_value for leaf in leaves if leaf.validator == "enum"
        }
        yield from _texts(subject, subject.data, (), allowed)
        for leaf in leaves:
            yield from _findings(subject, leaf, list(leaf.absolute_path), validator.schema)


def schema_findings(
    subject: Subject, validator: "jsonschema.Draft202012Validator", instance: Any, steps: Steps = ()
) -> Iterator[Finding]:
    """Yield what a schema finds in a part of a file.

    Parameters
    ----------
    subject : Subject
    validator : jsonschema.Draft202012Validator
    instance : object
        The part.
    steps : sequence
        Where the part stands in the file.
    """
    for error in validator.iter_errors(instance):
        for leaf in _leaves(error):
            yield from _findings(subject, leaf, [*steps, *leaf.absolute_path], validator.schema)


def _keyword(error: "ValidationError") -> tuple[str, Any]:
    """Return the keyword of a schema that failed, and its value."""
    return str(error.validator), error.validator_value


def text_problem(text: str) -> tuple[str, str] | None:
    """Return code and message if a text must not be shown on a page as it stands.

    Examples
    --------
    >>> text_problem("p < 0.05, E > 3 MeV") is None
    True
    >>> text_problem("see <img src=x>")
    ('TEXT_RUNS_IN_PAGE', "the text holds '<img src=x>'")
    """
    markup = _MARKUP.search(text)
    if markup:
        return "TEXT_RUNS_IN_PAGE", f"the text holds {markup[0]!r}"
    control = CONTROL.search(text)
    return ("TEXT_CONTROL_CHARACTER", f"the text holds U+{ord(control[0]):04X}") if control else None


def _texts(
    subject: Subject, value: Any, steps: Steps, allowed: Mapping[tuple[Any, ...], Any]
) -> Iterator[Finding]:
    """Yield what is left to be filled in, with the values it may have, and texts that must not be shown."""
    if isinstance(value, str):
        if value.startswith(TODO):
            said = value.removeprefix(TODO).lstrip(": ")
            more = f": {said}" if said and str(steps[-1] if steps else "") == "unit" else ""
            if choices := allowed.get(tuple(steps)):
                more = f": one of {', '.join(map(str, choices))}"
            yield subject.finding("TODO_LEFT", f"{_name(steps)} is to be filled in{more}", steps)
        problem = text_problem(value)
        if problem:
            yield subject.finding(*problem, steps)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(subject, item, [*steps, key], allowed)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _texts(subject, item, [*steps, position], allowed)


def keys_that_are_no_text(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield place and value of every key that YAML does not read as a text."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield steps, key
            if isinstance(item, dict | list):
                yield from keys_that_are_no_text(item, [*steps, key])
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from keys_that_are_no_text(item, [*steps, position])


def _as_written(key: Any) -> str:
    return {True: "yes", False: "no", None: ""}.get(key, str(key)) if not isinstance(key, float) else str(key)


def _leaves(error: "ValidationError") -> Iterator["ValidationError"]:
    """Yield the errors that say most: those inside, where a schema offers alternatives for one type."""
    branches = error.context or []
    inside = [e for e in branches if e.validator != "type" and len(e.relative_path) > 0]
    if error.validator in ("anyOf", "oneOf") and inside:
        deepest = max(len(e.relative_path) for e in inside)
        yield from (leaf for e in inside if len(e.relative_path) == deepest for leaf in _leaves(e))
    else:
        yield error


def _findings(subject: Subject, error: "ValidationError", steps: Steps, schema: Any) -> Iterator[Finding]:
    """Yield the findings that one error of a schema stands for."""
    if isinstance(error.instance, str) and error.instance.startswith(TODO):
        return  # which is a finding already
    where = _name(steps)
    keyword, limit = _keyword(error)
    match keyword:
        case "additionalProperties":
            yield from _unknown_keys(subject, error, steps)
        case "unevaluatedProperties":
            given: Any = error.instance
            keys = [k for k in re.findall(r"'([^']+)'", error.message) if k in given]
            yield from _unknown(subject, keys, sorted(_properties(schema) - set(given)), steps)
        case "required" | "dependentRequired":
            yield _missing_key(subject, error, steps)
        case "type":
            yield _wrong_type(subject, error, steps)
        case "enum" | "const":
            allowed = limit if keyword == "enum" else [limit]
            yield _wrong_value(subject, error.instance, [str(a) for a in allowed], steps)
        case "pattern" if "propertyNames" in error.absolute_schema_path:
            yield subject.finding(
                "WRONG_NAME", f"{error.instance!r} in {where}", [*steps, str(error.instance)]
            )
        case "pattern":
            described = str(error.schema.get("description", "")) if isinstance(error.schema, dict) else ""
            remedy = f"Required: {described or limit}"
            message = f"{where} is {error.instance!r}"
            yield subject.finding("WRONG_FORM", message, steps, remedy=remedy)
        case "uniqueItems":
            yield subject.finding("REPEATED_ITEM", f"{where} holds an entry twice", steps)
        case "contains":
            yield subject.finding("NO_PRIMARY_PUBLICATION", f"none of {where} has the role primary", steps)
        case "not" if limit == {}:
            yield subject.finding(
                "KEY_NOT_ALLOWED_HERE", f"{where} does not go with the keys beside it", steps
            )
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            yield subject.finding("OUT_OF_RANGE", f"{where}: {error.message}", steps)
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            message = f"{where} is too {'short' if keyword.startswith('min') else 'long'}"
            yield subject.finding("OUT_OF_RANGE", f"{message} ({keyword} {limit})", steps)
        case _:
            yield subject.finding("SCHEMA_VIOLATION", f"{where}: {_cut(error.message)}", steps)


def _unknown_keys(subject: Subject, error: "ValidationError", steps: Steps) -> Iterator[Finding]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
    patterns = list(error.schema.get("patternProperties", {})) if isinstance(error.schema, dict) else []
    instance: Any = error.instance
    extra = [k for k in instance if k not in known and not any(re.search(p, k) for p in patterns)]
    yield from _unknown(subject, extra, [k for k in known if k not in instance], steps)


def _properties(schema: Any) -> set[str]:
    """Return every key that a schema knows anywhere."""
    if isinstance(schema, list):
        return {key for part in schema for key in _properties(part)}
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties")
    own = set(named) if isinstance(named, dict) else set()
    return own | {key for part in schema.values() for key in _properties(part)}


def _unknown(subject: Subject, keys: Sequence[str], known: Sequence[str], steps: Steps) -> Iterator[Finding]:
    for key in keys:
        near = nearest(key, known)
        remedy = "" if near or not known else f"Allowed here: {', '.join(known)}"
        message = f"{_name(steps)} has no key {key!r}"
        yield subject.finding("UNKNOWN_KEY", message, [*steps, key], remedy=remedy, suggestions=tuple(near))


def _missing_key(subject: Subject, error: "ValidationError", steps: Steps) -> Finding:
    key = _quoted(error.message)
    if key in _SEALED and len(steps) == 2 and steps[0] == "tables":
        return subject.finding("NOT_SEALED", f"table {steps[1]!r} has no {key}", steps, table=str(steps[1]))
    because = (
        f" (it goes with {_last_quoted(error.message)!r})" if error.validator == "dependentRequired" else ""
    )
    return subject.finding("MISSING_KEY", f"{_name(steps)} has no {key!r}{because}", steps)


def _wrong_type(subject: Subject, error: "ValidationError", steps: Steps) -> Finding:
    limit = _keyword(error)[1]
    wanted = limit if isinstance(limit, list) else [limit]
    node = subject.document.node(steps)
    written = node.value if isinstance(node, yaml.ScalarNode) else None
    if "string" in wanted and written is not None:
        if not written:
            return subject.finding(
                "YAML_NEEDS_QUOTES", f"{_name(steps)} is empty", steps, remedy="Give a text."
            )
        message = f"{_name(steps)} is {written}, which YAML reads as {error.instance!r}"
        return subject.finding("YAML_NEEDS_QUOTES", message, steps, remedy=f'Write "{written}".')
    kinds = " or ".join(_TYPES[w] for w in wanted)
    message = f"{_name(steps)} must be {kinds}, and is {_cut(repr(error.instance))}"
    return subject.finding("WRONG_TYPE", message, steps)


def _wrong_value(subject: Subject, value: Any, allowed: Sequence[str], steps: Steps) -> Finding:
    near = tuple(nearest(str(value), allowed))
    remedy = "" if near else f"Allowed: {', '.join(allowed)}"
    return subject.finding(
        "WRONG_VALUE", f"{_name(steps)} is {_cut(repr(value))}", steps, remedy=remedy, suggestions=near
    )


def _name(steps: Steps) -> str:
    """Return the path of an entry as people write it: ``tables.ratios.columns[2]``."""
    text = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps).lstrip(".")
    return text or "the file"


def _quoted(message: str) -> str:
    return message.split("'")[1] if "'" in message else message


def _last_quoted(message: str) -> str:
    return message.rsplit("'", 2)[1] if message.count("'") > 1 else message


def _cut(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."
