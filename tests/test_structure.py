"""The page on the house says how large its rooms are, to a tenth, and names files that exist."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/structure.md").read_text("utf-8")
PACKAGE = ROOT / "tools/nuanomaly"


def lines(room: str) -> int:
    files = [f for f in (PACKAGE / room).rglob("*") if f.suffix in (".py", ".js", ".css") and f.is_file()]
    return sum(len(f.read_text("utf-8").splitlines()) for f in files)


def test_the_lines_of_each_room_are_right_to_a_tenth() -> None:
    said = {
        room: int(n.replace(" ", "")) for room, n in re.findall(r"^\| `(\w+)` \| ([\d ]+) \|", PAGE, re.M)
    }
    rooms = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert set(said) == rooms
    assert {room: n for room, n in said.items() if abs(lines(room) - n) > 0.1 * n} == {}


def test_modules_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:model|likelihood|inference)/[\w/]+(?:\.py|/))`", PAGE)
    assert len(named) >= 5
    assert [name for name in named if not (PACKAGE / name).exists()] == []


# --- what runs back -----------------------------------------------------------------------------------------


def imports() -> dict[str, set[str]]:
    """Modules of the package, and which of them each imports: at once, in a function, or for types."""
    modules = {
        ".".join(("nuanomaly", *file.relative_to(PACKAGE).with_suffix("").parts)): file
        for file in PACKAGE.rglob("*.py")
        if file.name != "__init__.py"
    }
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for name, file in modules.items():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                graph[name] |= named & modules.keys()
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & modules.keys()
    return graph


def test_no_file_needs_one_that_needs_it() -> None:
    graph = imports()
    assert sum(map(len, graph.values())) > 1500
    TopologicalSorter(graph).prepare()
    graph["nuanomaly.archive.tables"].add("nuanomaly.archive.gate")
    graph["nuanomaly.archive.errors"].add("nuanomaly.archive.tables")
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()
