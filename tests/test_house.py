"""The walls of the house: what may lie where, which layer may import which, what is pinned."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tools" / "nuanomaly"

TOP_LEVEL = {
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "CITATION.cff",
    "pyproject.toml",
    "Makefile",
    "catalog.yaml",
    "datasets",
    "schemas",
    "anomalies",
    "comparisons",
    "docs",
    "findings",
    "tools",
    "tests",
}

LAYERS = ("cli", "report", "inference", "likelihood", "model", "archive")  # an import goes down this list
HEAVY = {
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "matplotlib",
    "iminuit",
    "pint",
    "dask",
    "datalad",
    "nbclient",
}

# Written in pieces: this file is tracked too.
MACHINE_PATH = re.compile(
    r"(?<![\w.~)}\]-])(?<!:/)/(?:" + "|".join(("home", "root", "work", "Users")) + r")/\w"
)


def tracked_files() -> list[str]:
    """All files git tracks, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [name for name in listing.split("\0") if name]


def unknown_entries(files: list[str]) -> set[str]:
    """Top-level entries that are neither in the plan of the house, nor dot files, nor lock files."""
    entries = {name.partition("/")[0] for name in files}
    return {
        entry for entry in entries - TOP_LEVEL if not entry.startswith(".") and not entry.endswith(".lock")
    }


# --- layers -------------------------------------------------------------------------------------------------


def imported_modules(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a file imports from nuanomaly: lazily, relatively, by name."""
    home = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            # `from nuanomaly import report` names a layer by its last word, all other forms by the first
            names = [f"{source}.{alias.name}" for alias in node.names] if source == "nuanomaly" else [source]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            target = node.args[0].value
            if called in {"import_module", "__import__"} and isinstance(target, str):
                dots = len(target) - len(target.lstrip("."))
                base = home[: len(home) - dots + 1] if dots else []
                names = [".".join([*base, target.lstrip(".")])]
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "nuanomaly")


def layer_violations(package: Path) -> list[str]:
    """One sentence for each import that goes up, and for each module that belongs to no layer."""
    found = []
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        if relative.as_posix() in {"__init__.py", "__main__.py"}:
            continue
        layer = relative.parts[0].removesuffix(".py")
        if layer not in LAYERS:
            found.append(f"{relative}: {layer!r} is no layer; layers are {', '.join(LAYERS)}")
            continue
        is_package = path.name == "__init__.py"
        parts = relative.parent.parts if is_package else relative.with_suffix("").parts
        module = ".".join(("nuanomaly", *parts))
        for line, name in imported_modules(ast.parse(path.read_text("utf-8")), module, is_package):
            target = (*name.split("."), "")[1]
            if name == "nuanomaly.__version__":
                continue
            if target not in LAYERS:
                if layer != LAYERS[0]:  # the public names lie above all layers but the command line
                    found.append(
                        f"{relative}:{line}: {layer} imports {name}: import from the layer that defines it"
                    )
            elif LAYERS.index(target) < LAYERS.index(layer):
                found.append(f"{relative}:{line}: {layer} imports {name}, which lies above it")
    return found


def test_every_import_in_the_package_goes_down() -> None:
    assert layer_violations(PACKAGE) == []


def test_importers_know_the_archive_alone() -> None:
    room = ROOT / "tools" / "importers"
    imported = {
        (path.name, line, name)
        for path in room.glob("*.py")
        for line, name in imported_modules(
            ast.parse(path.read_text("utf-8")), f"importers.{path.stem}", False
        )
    }
    assert imported, "importers read text files with the archive's reader"
    assert [entry for entry in sorted(imported) if not f"{entry[2]}.".startswith("nuanomaly.archive.")] == []


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("archive/release.py", "import nuanomaly.model"),
        ("archive/release.py", "from nuanomaly.likelihood.build import likelihood"),
        ("archive/release.py", "from nuanomaly import report"),
        ("archive/release.py", "from nuanomaly import scan"),
        ("archive/release.py", "import nuanomaly"),
        ("archive/release.py", "from ..model import registry"),
        ("archive/release.py", "from .. import inference"),
        ("archive/__init__.py", "from ..model.registry import model"),
        ("archive/validate/checks.py", "from ...cli import main"),
        ("archive/validate/__init__.py", "from ... import cli"),
        ("model/registry.py", "def lazy():\n    from nuanomaly.likelihood import build"),
        ("model/registry.py", "import importlib\nimportlib.import_module('nuanomaly.inference.scan')"),
        (
            "model/registry.py",
            "from importlib import import_module\nimport_module('..likelihood', __package__)",
        ),
        ("model/registry.py", "__import__('nuanomaly.report')"),
        (
            "inference/scan.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nuanomaly.report.site",
        ),
        ("report/site.py", "from nuanomaly.cli.main import main"),
        ("tables.py", "x = 1"),
        ("odds/tables.py", "x = 1"),
    ],
)
def test_an_import_that_goes_up_is_reported(tmp_path: Path, file: str, code: str) -> None:
    write_package(tmp_path, file, code)
    violations = layer_violations(tmp_path)
    assert len(violations) == 1
    assert violations[0].startswith(file)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("archive/release.py", "from . import tables\nfrom .names import parse\nimport numpy"),
        (
            "archive/release.py",
            "from nuanomaly.archive.names import parse\nfrom nuanomaly import __version__",
        ),
        ("archive/validate/checks.py", "from ..release import load\nfrom .findings import Finding"),
        ("archive/validate/__init__.py", "from .checks import validate\nfrom ..release import load"),
        ("likelihood/build.py", "from ..archive.loading import load\nfrom nuanomaly import model"),
        ("likelihood/build.py", "from report import x\nimport report.cli"),
        ("cli/fit.py", "import nuanomaly\nfrom nuanomaly import fit\nfrom nuanomaly.report import build"),
        ("__init__.py", "from nuanomaly.cli import main"),
        ("__main__.py", "from nuanomaly.cli import main"),
    ],
)
def test_an_import_that_goes_down_is_allowed(tmp_path: Path, file: str, code: str) -> None:
    write_package(tmp_path, file, code)
    assert layer_violations(tmp_path) == []


def write_package(folder: Path, file: str, code: str) -> None:
    """A package of one file."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, "utf-8")


# --- start-up -----------------------------------------------------------------------------------------------


def modules_imported_by(*arguments: str) -> set[str]:
    """Top-level packages a fresh interpreter imports."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("arguments", [("-c", "import nuanomaly"), ("-m", "nuanomaly", "--help")])
def test_start_up_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    imported = modules_imported_by(*arguments)
    assert "nuanomaly" in imported
    assert imported & HEAVY == set()


def test_a_heavy_import_would_be_seen() -> None:
    assert "numpy" in modules_imported_by("-c", "import numpy")


# --- files --------------------------------------------------------------------------------------------------


def test_the_top_level_is_as_planned() -> None:
    assert unknown_entries(tracked_files()) == set()


def test_an_unknown_top_level_entry_is_reported() -> None:
    files = [
        "README.md",
        ".ci/run",
        "uv.lock",
        "datasets/best/2022-r1/release.yaml",
        "scripts/x.py",
        "notes.txt",
    ]
    assert unknown_entries(files) == {"scripts", "notes.txt"}


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = []
    for name in tracked_files():
        path = ROOT / name
        if path.is_file() and path.suffix not in {".parquet", ".png"}:
            lines = path.read_text("utf-8", errors="replace").splitlines()
            found += [f"{name}:{number}" for number, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
    assert found == []


@pytest.mark.parametrize("folder", ["home", "root", "work", "Users"])
def test_a_path_of_one_machine_would_be_seen(folder: str) -> None:
    assert MACHINE_PATH.search(f"path: /{folder}/someone/data")
    assert MACHINE_PATH.search(f"file:///{folder}/someone")
    assert not MACHINE_PATH.search(
        f"https://example.org/{folder}/page https://{folder}/x ./{folder}/x a/{folder}/b"
    )


# --- pins ---------------------------------------------------------------------------------------------------


def pins(lock: str) -> dict[str, str]:
    """Package name to pinned version."""
    text = (ROOT / "tools" / "locks" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))


def required_packages(*extras: str) -> set[str]:
    """Normalised names of what pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = list(project["project"]["dependencies"]) + list(project["dependency-groups"]["build"])
    for extra in extras:
        wanted += project["project"]["optional-dependencies"][extra]
    names = (re.split(r"[\[<>=~! ;]", requirement)[0] for requirement in wanted)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


#: Which extras each lock is for. The tests' lock holds what the pages need; the others lie on top of it.
LOCKS = {
    "report.txt": ("report", "root"),
    "dev.txt": ("report", "root", "dask", "datalad", "signing", "dev"),
    "exchange.txt": ("exchange",),
    "samplers.txt": ("samplers",),
    "browser.txt": ("browser",),
    "crosscheck.txt": ("crosscheck",),
}


def test_there_is_one_lock_for_each_purpose_and_each_extra_is_in_one() -> None:
    files = {file.name for file in (ROOT / "tools" / "locks").iterdir()}
    assert files == {*LOCKS, "uv.txt"}  # what installs the others
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = set(project["project"]["optional-dependencies"]) - {"data"}  # built here, and on no index before
    assert {extra for locked in LOCKS.values() for extra in locked} == extras


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_that_is_required(lock: str) -> None:
    assert required_packages(*LOCKS[lock]) <= pins(lock).keys()


def test_the_report_lock_is_part_of_the_dev_lock() -> None:
    assert pins("report.txt").items() <= pins("dev.txt").items()


def test_all_locks_agree_so_that_one_environment_holds_them_together() -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for package, version in pins(lock).items():
            versions.setdefault(package, set()).add(version)
    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("lock", [*LOCKS, "uv.txt"])
def test_a_lock_has_hashes_and_names_no_server(lock: str) -> None:
    text = (ROOT / "tools" / "locks" / lock).read_text("utf-8")
    requirements = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert all(line.endswith("\\") for line in requirements)  # a hash follows
    assert len(requirements) == len(pins(lock))
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE)


def _guesses(file: Path) -> Iterator[str]:
    """Where a file guesses what an object can do from how its attributes are called."""
    for node in ast.walk(ast.parse(file.read_text())):
        place = f"{file.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Name) and node.id in ("hasattr", "runtime_checkable"):
            yield f"{place} {node.id}"
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id == "getattr" and len(node.args) > 2:
            yield f"{place} getattr with a default"


@pytest.mark.parametrize("room", ["likelihood", "inference"])
def test_what_an_object_can_do_is_declared_and_not_guessed_from_its_attributes(room: str) -> None:
    assert [said for file in sorted((PACKAGE / room).rglob("*.py")) for said in _guesses(file)] == []
