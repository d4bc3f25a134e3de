"""How commands print: JSON for scripts, tables for people, a progress bar on a terminal only."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

#: What a value of a likelihood is, by its kind: symbol, and what a reader must know of it.
STATISTICS = {
    "chi2": ("χ²", "may be added up for a goodness of fit"),
    "-2lnL": ("−2lnL", "up to a constant: only differences mean something"),
    "delta": ("Δ", "above the minimum of its own surface: only differences mean something"),
}

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


class _Named(click.Path):
    """A file or folder that a command will write: what cannot be one is said before any work is done."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; of a folder that a link leads to, where it is."""
        from nuanomaly.archive.durable import named

        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        target = named(path)
        return path if self.file_okay else target


#: What `-o` takes.
FILE = _Named(dir_okay=False, readable=False, path_type=Path)
FOLDER = _Named(file_okay=False, readable=False, path_type=Path)


def emit(data: Any) -> None:
    """Print data as JSON; what JSON has no number for (NaN, infinity) becomes null."""
    click.echo(json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def console(error: bool = False) -> "Console":
    """Return where text for people is printed; in a pipe, lines are as long as they are."""
    from rich.console import Console

    result = Console(stderr=error, highlight=False, soft_wrap=False)
    return result if result.is_terminal else Console(stderr=error, highlight=False, width=10_000)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print a table; columns named in ``right`` are aligned on the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    where = console()
    if where.is_terminal:
        where.print(made)
        return
    with where.capture() as captured:
        where.print(made)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def number(value: object, digits: int = 6) -> str:
    """Return a number as text for people, with a true minus sign.

    Examples
    --------
    >>> number(-0.5), number(344.51899), number(None), number(True)
    ('−0.5', '344.519', '–', 'yes')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.{digits}g}".replace("-", "−") if isinstance(value, int | float) else str(value)


def with_unit(value: object, unit: str) -> str:
    """Return a number and its unit (``"1"`` for none).

    Examples
    --------
    >>> with_unit(1.25, "eV**2"), with_unit(0.34, "1")
    ('1.25 eV**2', '0.34')
    """
    return number(value) if unit == "1" else f"{number(value)} {unit}"


def several(count: int, noun: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> several(1, "dataset"), several(1200, "file"), several(0, "file")
    ('1 dataset', '1,200 files', '0 files')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function to be called with what is done and what there is; None unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def line(text: object) -> str:
    """Return a text of several lines as one.

    Examples
    --------
    >>> line("a\\n  b")
    'a b'
    """
    return " ".join(str(text).split())


def checkout() -> Path:
    """Return the root of the checkout.

    Raises
    ------
    NuanomalyError
        If there is none.
    """
    from nuanomaly.archive import paths
    from nuanomaly.archive.errors import NuanomalyError

    root = paths.checkout()
    if root is None:
        raise NuanomalyError("there is no checkout here: run it inside one, or set $NUANOMALY_ARCHIVE")
    return root
