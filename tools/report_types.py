"""Check the types of the reports: ``python tools/report_types.py [PAGE…]``, as `make check` does.

All reports are called ``report.py``, in folders whose names are no Python names, so that mypy takes no two of
them at once. They are read as modules of one folder below ``build``, under their pages' names, with the
settings of ``pyproject.toml`` (``build.reports.*``), and what is said is said of the file that was read.
"""

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Where the modules are, from the root; pyproject.toml names it.
FOLDER = "build/reports"


def checked(root: Path, pages: Sequence[str] = ()) -> tuple[list[str], int]:
    """Return what mypy says of the reports of some pages (all, if none is named), and its exit code.

    Raises
    ------
    SystemExit
        For a page that does not exist.
    """
    try:
        from mypy import api
    except ModuleNotFoundError:
        raise SystemExit("mypy is not installed here: `make .venv/dev.stamp` installs it") from None

    known = {file.parent.name: file for file in sorted((root / "comparisons").glob("*/report.py"))}
    unknown = [page for page in pages if page not in known]
    if unknown:
        raise SystemExit(f"no page is called {', '.join(unknown)}: they are {', '.join(known)}")
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for page, file in known.items():
        shutil.copyfile(file, folder / f"{module(page)}.py")
    wanted = [f"{FOLDER}/{module(page)}.py" for page in pages or known]
    # what the reports import is checked for itself
    said, trouble, code = api.run(["--config-file", "pyproject.toml", "--follow-imports=silent", *wanted])
    names = {module(page): page for page in known}
    lines = [_placed(line, names) for line in (said + trouble).splitlines()]
    return lines, code


def module(page: str) -> str:
    """Return what the report of a page is called as a module.

    Examples
    --------
    >>> module("lsnd-vs-karmen")
    'lsnd_vs_karmen'
    """
    return page.replace("-", "_")


def _placed(line: str, names: dict[str, str]) -> str:
    """Return a line of mypy with the name of the file that was read."""
    return re.sub(
        rf"^{re.escape(FOLDER)}/(\w+)\.py", lambda m: f"comparisons/{names.get(m[1], m[1])}/report.py", line
    )


def main() -> None:
    """Print what is wrong, and exit as mypy does."""
    lines, code = checked(ROOT, sys.argv[1:])
    print("\n".join(lines))
    sys.exit(code)


if __name__ == "__main__":
    main()
