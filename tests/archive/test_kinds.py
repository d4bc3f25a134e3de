"""Every kind that a release can declare has a schema, and every schema of a kind has its module."""

from pathlib import Path

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
            if key != "kind" and not ("description" in value or "const" in value):
                undescribed.append(f"{kind}.{key}")
    assert undescribed == []
