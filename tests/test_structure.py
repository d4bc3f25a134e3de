"""The page on the house says how large its rooms are, to a tenth, and names files that exist."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from nuanomaly.model.registry import model, models

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


# --- what is known by name ----------------------------------------------------------------------------------

#: Names of models and their parameters that stand in code outside the rooms of models and pages, and why.
NAMED = {
    "cli/contributing.py": {"3nu"},  # the default of an option, said before anything is imported
    "likelihood/parameter_surface.py": {"alpha_4"},  # a table over the coupling by which ν4 decays
}


def names_of_models() -> set[str]:
    """Names of models, of their parts, and of the parameters that they need or that oscillation has."""
    parts = {"3+1/decay", "3+1/wave-packet", "3+2/nsi"}
    return {*models(), *(p.name for name in {*models(), *parts} for p in model(name).parameters)}


def written(file: Path) -> set[str]:
    """Texts of a file that are no docstring; of a text with places to fill in, what it begins with."""
    tree = ast.parse(file.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    }


def known_by_name(package: Path) -> dict[str, set[str]]:
    names = names_of_models()
    beginnings = {"2nu-", "sin2_2theta_", "3+"}
    found = {}
    for room in ("archive", "likelihood", "inference", "cli"):
        for file in sorted((package / room).rglob("*.py")):
            known = {text for text in written(file) if text in names | beginnings}
            if known:
                found[file.relative_to(package).as_posix()] = known
    return found


def test_no_room_but_that_of_models_knows_a_model_or_its_parameters_by_name() -> None:
    assert known_by_name(PACKAGE) == NAMED


def test_a_model_known_by_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "inference").mkdir()
    code = '"""3+1 in a docstring."""\nNAMES = ("dm2_41", "Ue4_sq")\nMODEL = "3+1"\nVIEW = f"2nu-{NAMES}"\n'
    (tmp_path / "inference" / "named.py").write_text(code, "utf-8")
    assert known_by_name(tmp_path) == {"inference/named.py": {"dm2_41", "Ue4_sq", "3+1", "2nu-"}}
