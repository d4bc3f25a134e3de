"""Reports hold what is special about a page: what takes more than ten lines is a function of the library."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "comparisons"
MOST = 10
#: What may be longer, and why. Nothing may be added: take the function into the library, with a test.
LONGER = {
    "coherent-nsi/changed": "the choices of one other analysis that are put in: the question of that page",
    "miniboone-contours/table_of": "the columns of two tables of that page",
}


def long_functions(script: Path) -> dict[str, int]:
    """Lines of the functions of a report that have more than there may be, docstring included."""
    nodes = ast.walk(ast.parse(script.read_text("utf-8")))
    functions = (n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    lines = {f"{script.parent.name}/{f.name}": (f.end_lineno or 0) - f.lineno + 1 for f in functions}
    return {name: count for name, count in lines.items() if count > MOST}


def test_what_takes_more_than_ten_lines_is_in_the_library() -> None:
    found = {name for script in ROOT.glob("*/report.py") for name in long_functions(script)}
    assert found == LONGER.keys()


def test_a_long_function_is_seen(tmp_path: Path) -> None:
    script = tmp_path / "page" / "report.py"
    script.parent.mkdir()
    short, long = ("".join(f"    x = {k}\n" for k in range(count)) for count in (MOST - 1, MOST))
    script.write_text(
        f"def short():\n{short}\n\nif True:\n\n    def long():\n{long.replace('    ', '        ')}", "utf-8"
    )
    assert long_functions(script) == {"page/long": MOST + 1}
