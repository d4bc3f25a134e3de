"""Write the manual's page of kinds, ``docs/kinds.md``, from their schemas: ``python tools/kinds_page.py``.

Each kind and each of its options is described once, in ``schemas/kinds``, which validation reads too; a test
compares the page with what this program would write.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import schemas

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "kinds.md"
PARTS = {
    "response": "Responses: what turns probabilities into predictions",
    "transform": "Transforms: what is done with predictions before they meet data",
    "statistic": "Statistics: how predictions meet data",
    "surface": "Surfaces: likelihoods that were published as a table",
    "benchmark": "Benchmarks: numbers that a release must give",
}
_HEAD = """\
# Kinds

<!-- Written by tools/kinds_page.py from schemas/kinds: do not edit. -->

`release.yaml` declares a likelihood by kinds: a response, a transform and a statistic, or a surface; a
benchmark says by its kind what is computed. `nuanomaly show NAME` prints what a release declares. An option
without a mark may be left out.

A package may bring further kinds of responses, transforms and statistics for releases of one's own, as entry
points of the group `nuanomaly.kinds`: `"statistic.student-t" = "my_package.student_t"`, a module with
`SCHEMA` (the JSON Schema of its options) and `build(config, release, …)`. Every result then says which
package its kind came from.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(line for part, title in PARTS.items() for line in _part(part, title))])


def _part(part: str, title: str) -> Iterator[str]:
    yield f"## {title}\n"
    folder = ROOT / "schemas" / "kinds" / part
    for kind in schemas.kinds(part, ROOT / "schemas"):
        schema = json.loads((folder / f"{kind}.schema.json").read_text("utf-8"))
        yield f"### {kind}\n"
        if schema.get("description"):
            yield f"{schema['description']}\n"
        yield "\n".join(_options(schema, schema)) + "\n"


def _options(schema: Mapping[str, Any], whole: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Yield one line for each option, those of an option that is a mapping below it."""
    required = schema.get("required", ())
    for name, declared in schema.get("properties", {}).items():
        option = _resolved(declared, whole)
        if name == "kind" or not isinstance(option, Mapping):
            continue
        mark = " **(needed)**" if name in required else ""
        said = str(option.get("description", "")).strip()
        values = option.get("enum") or ([option["const"]] if "const" in option else [])
        one_of = f" One of {', '.join(f'`{v}`' for v in values)}." if values else ""
        yield f"{'  ' * depth}* `{name}`{mark}: {said}{one_of}".rstrip(": ")
        if depth < 2:
            inner = _resolved(option.get("items", option), whole)
            if isinstance(inner, Mapping) and inner.get("properties"):
                yield from _options(inner, whole, depth + 1)


def _resolved(option: Any, whole: Mapping[str, Any]) -> Any:
    """Return an option with what it refers to in the same schema; references to others stay as they are."""
    place = option.get("$ref", "") if isinstance(option, Mapping) else ""
    if not place.startswith("#/$defs/"):
        return option
    target = whole.get("$defs", {}).get(place.rpartition("/")[2], {})
    return {**target, **{k: v for k, v in option.items() if k != "$ref"}}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
