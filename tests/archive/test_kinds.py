"""Every kind that a release can declare has a schema, and every schema of a kind has its module."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kinds_page  # tools/ is on the path, as the package in it is installed from there
import pytest

import nuanomaly
from nuanomaly.archive import schemas

PACKAGE = Path(nuanomaly.__file__).parent
FOLDERS = {part: PACKAGE / "likelihood" / part for part in ("response", "transform", "statistic")}
FOLDERS["benchmark"] = PACKAGE / "inference" / "benchmark"


@pytest.mark.parametrize("part", FOLDERS)
def test_modules_and_schemas_of_kinds_are_the_same(part: str) -> None:
    modules = {f.stem.replace("_", "-") for f in FOLDERS[part].glob("[a-z]*.py")}
    assert modules == set(schemas.kinds(part))


@pytest.mark.parametrize("part", schemas.PARTS)
def test_every_key_of_a_kind_is_described(part: str) -> None:
    undescribed = []
    for kind in schemas.kinds(part):
        schema = schemas.kind_validator(part, kind).schema
        assert isinstance(schema, dict)
        for key, value in schema.get("properties", {}).items():
            named = (
                schema["$defs"][value["$ref"].rpartition("/")[2]]
                if "#/$defs/" in value.get("$ref", "")
                else {}
            )
            if key != "kind" and not ({"description", "const"} & {*value, *named}):
                undescribed.append(f"{kind}.{key}")
    assert undescribed == []


@pytest.mark.parametrize("part", schemas.PARTS)
def test_options_that_name_a_table_are_marked(part: str) -> None:
    unmarked = []
    for kind in schemas.kinds(part):
        for path, option in texts(schemas.kind_validator(part, kind).schema, kind):
            described = str(option.get("description", ""))
            if described.startswith(("Table ", "Tables ")) and not path.endswith(".table"):
                unmarked += [] if marked(option) else [path]
    assert unmarked == [], 'write "x-table": true beside the type, for validation'


def texts(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every option that is a text or a list of texts."""
    for key, option in (schema.get("properties") or {}).items() if isinstance(schema, dict) else ():
        if isinstance(option, dict):
            inside = option.get("items", option)
            if isinstance(inside, dict) and inside.get("type") == "string":
                yield f"{path}.{key}", option
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from texts(part, path)


def marked(option: dict[str, Any]) -> bool:
    return bool(option.get("x-table") or option.get("items", {}).get("x-table"))


def test_the_manual_lists_every_kind_as_its_schema_describes_it() -> None:
    written = (Path(__file__).resolve().parents[2] / "docs" / "kinds.md").read_text("utf-8")
    assert written == kinds_page.page(), "write docs/kinds.md anew: python tools/kinds_page.py"
    assert all(f"### {kind}\n" in written for part in schemas.PARTS for kind in schemas.kinds(part))
