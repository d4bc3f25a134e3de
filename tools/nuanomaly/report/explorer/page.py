"""``explore.html``: controls, tables, the scripts and d3, all in one file that needs no server."""

import json
from collections.abc import Callable
from concurrent.futures import Executor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from markupsafe import Markup

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.report import declaration, render
from nuanomaly.report.explorer import declared as declarations
from nuanomaly.report.explorer.critical import critical_values
from nuanomaly.report.explorer.declared import Declared
from nuanomaly.report.explorer.entries import entry, relations, sweep, to_make
from nuanomaly.report.workers import Task

#: The page, from the start of the site; what it may weigh, in bytes.
PLACE, LARGEST = "explore.html", 3_000_000
#: What one can choose from, from the checkout.
DECLARED = Path("comparisons") / declarations.FILE
#: The scripts, in the order in which they are put together.
SCRIPTS = ("tables", "statistics", "fit", "plots", "state", "results", "words", "page")
#: Where entries are kept between builds, from the checkout.
KEPT = Path("build") / "explorer"
#: The package whose wheel ships d3, and the file in it.
_SHIPS, _D3 = "mpld3", "mpld3/js/d3.v5.min.js"
_STATIC = Path(__file__).resolve().parent / "static"


def write(
    out: Path,
    say: Callable[[str], None] | None = None,
    declared: Declared | None = None,
    kept: Path | None = None,
) -> Path:
    """Write the page into a site and return it; tables that were made from the same before are not made anew.

    Parameters
    ----------
    out : pathlib.Path
        The site.
    say : callable, optional
        Told what happens, one line at a time.
    declared : Declared, optional
        What one can choose from; what ``comparisons/explorer.yaml`` says if left out.
    kept : pathlib.Path, optional
        Where tables are kept; ``build/explorer`` of the checkout if left out.

    Raises
    ------
    NuanomalyError
        If the page is larger than it may be, or d3 is not installed.
    """
    chosen = declared or declarations.read()
    home = kept or declaration.root() / KEPT
    about = document(chosen, home, say or (lambda line: None))
    sweep(chosen, home)
    text = render.page(
        "explorer.html.j2",
        up="",
        about=about,
        levels=(0.6827, 0.9, 0.95, 0.99, 0.9973),
        site_style=Markup(render.stylesheet()),
        style=Markup(_static("explorer.css")),
        tables=Markup(json.dumps(about, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")),
        d3=Markup(d3()),
        license=Markup(_static("d3-license.txt")),
        script=Markup(script()),
    )
    size = len(text.encode())
    if size > LARGEST:
        raise NuanomalyError(
            f"{PLACE} has {size:,} bytes, more than {LARGEST:,}: leave choices out of explorer.yaml"
        )
    file = out / PLACE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def tables(processes: Executor) -> list[Task]:
    """Return what is to be done so that all tables of the page are kept; none without a declaration."""
    root = declaration.root()
    if not (root / DECLARED).is_file():
        return []
    return to_make(declarations.read(), root / KEPT, processes)


def relate(processes: Executor) -> bool:
    """Find what data sets have to do with each other, in a process; say whether there is a declaration."""
    root = declaration.root()
    if not (root / DECLARED).is_file():
        return False
    processes.submit(relations, declarations.read(), root / KEPT).result()
    return True


def document(declared: Declared, kept: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Return all that the page knows: data sets and their choices, ranks, what shares data."""
    sets = []
    for dataset in declared.datasets:
        say(f"explorer: {dataset.title}")
        choices = [entry(choice, declared, kept) for choice in dataset.choices]
        about = {
            "key": dataset.key,
            "title": dataset.title,
            "side": dataset.side,
            "chosen": list(dataset.chosen),
        }
        sets.append({**about, "choices": choices, "critical": critical_values(dataset, declared)})
    ranges = {name: list(limits) for name, limits in declared.ranges.items()}
    return {
        "ranges": ranges,
        "mixing": list(declared.mixing),
        "datasets": sets,
        **relations(declared, kept),
    }


def d3() -> str:
    """Return d3, minified, as an installed package ships it.

    Raises
    ------
    NuanomalyError
        If the package is not installed.
    """
    try:
        file = Path(str(distribution(_SHIPS).locate_file(_D3)))
        return file.read_text("utf-8")
    except (PackageNotFoundError, OSError):
        raise NuanomalyError(
            f'the explorer draws with d3, which {_SHIPS} ships: pip install "nuanomaly[report]" installs it'
        ) from None


def script() -> str:
    """Return the page's own scripts, put together in a scope of their own."""
    parts = "\n".join(_static(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _static(name: str) -> str:
    return (_STATIC / name).read_text("utf-8")
