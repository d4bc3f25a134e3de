"""Recompute what papers say: benchmarks."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from nuanomaly.cli import output


@click.command()
@click.argument("references", metavar="NAME[@VERSION]…", nargs=-1)
@click.option(
    "-j", "--workers", default=1, show_default=True, help="How many processes work at the same time."
)
@output.as_json
def benchmarks(references: Sequence[str], workers: int, as_json: bool) -> None:
    """Recompute the published numbers of releases (all, if none is named).

    Each is compared with what the paper says, within a tolerance that has a source. Exits with 1 if one does
    not agree.
    """
    from nuanomaly.archive.anomalies import groups
    from nuanomaly.inference.benchmarks import benchmarks as recompute

    names = [member for r in references for member in groups().get(r, (r,))]
    with output.progress("releases") as progress:
        rows = recompute(names or None, workers=workers, progress=progress)
    if as_json:
        output.emit(rows)
    else:
        _tell(rows)
    sys.exit(0 if all(row["ok"] for row in rows) else 1)


def _tell(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a table for each release, what could not be computed, and the sum of it."""
    headings = [
        "",
        "quantity",
        "kind",
        "expected",
        "recomputed",
        "tolerance",
        "source",
        "source of the tolerance",
    ]
    if output.console().width < 160:  # on a narrow terminal, --json has it
        headings.pop()
    for release in dict.fromkeys(row["release"] for row in rows):
        click.echo(release)
        own = [_cells(row)[: len(headings)] for row in rows if row["release"] == release]
        output.table(headings, own, right=("expected", "recomputed", "tolerance"))
        click.echo()
    for row in rows:
        if row.get("reason"):
            click.echo(f"{row['release']}, {row['quantity']}: {row['reason']}")
    from nuanomaly.inference.agreement import WORDS, of_benchmark

    published = [row for row in rows if row["kind"] == "published"]
    good, held = (sum(bool(row["ok"]) for row in some) for some in (rows, published))
    words = Counter(of_benchmark(row).word for row in published)
    click.echo(f"published numbers: {', '.join(f'{words[w]} {w}' for w in WORDS if words[w]) or 'none'}")
    click.echo(f"{good} of {len(rows)} agree; of the published ones, {held} of {len(published)}")


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    error = f" ± {output.number(row['uncertainty'])}" if row["uncertainty"] is not None else ""
    return (
        "✓" if row["ok"] else "✗",
        row["quantity"],
        row["kind"],
        f"{output.number(row['expected'])}{error}",
        output.number(row["recomputed"]),
        "" if row["tolerance"] is None else output.number(row["tolerance"]),
        row["source"],
        row["tolerance_source"],
    )
