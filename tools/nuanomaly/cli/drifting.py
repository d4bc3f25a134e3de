"""The differences of two built sites, for people."""

from typing import TYPE_CHECKING

import click

from nuanomaly.cli import output

if TYPE_CHECKING:
    from nuanomaly.report.drift import Change, Drift

_HEADINGS = {
    "number": "Numbers that moved",
    "text": "Texts that changed",
    "appeared": "Values that appeared",
    "vanished": "Values that vanished",
}


def tell(drift: "Drift", rows: int) -> None:
    """Print changes by kind, ``rows`` of each at most, and the sum of it."""
    for kind, heading in _HEADINGS.items():
        changes = [change for change in drift.changes if change.kind == kind]
        if changes:
            click.echo(f"{heading}: {len(changes)}")
            _show(kind, changes[:rows])
            if len(changes) > rows:
                click.echo(f"… and {len(changes) - rows} more (--rows, or --json for all)")
            click.echo()
    for word, files in (("NEW", drift.appeared), ("OLD", drift.vanished)):
        for file in files:
            click.echo(f"only in {word}: {file}")
    for file, sources in drift.sources.items():
        click.echo(f"{file.removesuffix('/provenance.json')}: made from other {_listed(sources)}")
    below = f", {drift.below} numbers moved within the thresholds" if drift.below else ""
    same = "nothing differs" if drift.equal else f"{len(drift.changes)} changes"
    click.echo(f"{drift.compared} values compared: {same}{below}")


def _show(kind: str, changes: "list[Change]") -> None:
    if kind == "text":
        for change in changes:
            click.echo(f"  {_place(change)}\n    old: {change.old}\n    new: {change.new}")
    elif kind == "number":
        headings = ["number", "old", "new", "change", "relative"]
        cells = [
            (
                _place(c),
                output.number(c.old, 8),
                output.number(c.new, 8),
                output.number(float(c.new or 0) - float(c.old or 0), 3),
                output.number(c.relative, 2),
            )
            for c in changes
        ]
        output.table(headings, cells, right=headings[1:])
    else:
        values = [(_place(c), output.number(c.new if kind == "appeared" else c.old, 8)) for c in changes]
        output.table(["value", "is" if kind == "appeared" else "was"], values)


def _place(change: "Change") -> str:
    page = change.file.removeprefix("comparisons/").removesuffix("/result.json").removesuffix(".json")
    return f"{page}: {change.key.removeprefix('results.').removeprefix('rows.')}"


def _listed(names: tuple[str, ...], shown: int = 6) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
