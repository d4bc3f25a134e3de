"""Versions of a dataset: log, diff."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import output

if TYPE_CHECKING:
    from nuanomaly.archive.difference import Difference, TableDifference
    from nuanomaly.archive.release import Release
    from nuanomaly.inference.physics_difference import Numbers, Physics

#: How many entries of the metadata are listed for people.
_MOST = 60


@click.command()
@click.argument("name", metavar="NAME")
@output.as_json
def log(name: str, as_json: bool) -> None:
    """List the versions of a dataset, newest first, and why each of them exists."""
    from nuanomaly.archive import difference, names, release
    from nuanomaly.archive.errors import UnknownNameError

    wanted, version = names.split(name)
    known: dict[str, dict[str, Any]] = {}
    for place in reversed(release.places()):
        for each, versions in release.folders(place).items():
            known.setdefault(each, {}).update(versions)
    if wanted not in known:
        raise UnknownNameError("dataset", wanted, known)
    order = sorted(known[wanted], key=names.sort_key, reverse=True)
    chosen = [v for v in order if version in (None, v, v.rpartition("-r")[0])]
    items = difference.versions([release.read(known[wanted][v]) for v in chosen])
    if as_json:
        output.emit([v.as_dict() for v in items])
        return
    for one in items:
        about = f" (published {one.released})" if one.released else ""
        click.echo(f"{one.id}  {one.state}{about}")
        if one.retracted:
            successor = f"; use {one.retracted['successor']}" if one.retracted.get("successor") else ""
            click.echo(f"  retracted: {output.line(one.retracted['reason'])}{successor}")
        for change in one.changes:
            click.echo(f"  {change['kind']}: {output.line(change['reason'])}")


@click.command()
@click.argument("old", metavar="NAME@A")
@click.argument("new", metavar="NAME@B")
@click.option("--no-physics", is_flag=True, help="Compare metadata and tables alone.")
@output.as_json
def diff(old: str, new: str, no_physics: bool, as_json: bool) -> None:
    """Show what differs between two versions: metadata, tables, and the physics."""
    from nuanomaly.archive import comparisons, paths
    from nuanomaly.archive.difference import difference
    from nuanomaly.archive.loading import load

    first, second = load(old), load(new)
    if first.name != second.name:
        raise NuanomalyError(
            f"{first.id} and {second.id} are two datasets, not two versions of one: to test whether they "
            f"agree, `nuanomaly compare {first.name} {second.name}`"
        )
    result = difference(first, second)
    effect = None
    if not no_physics:
        root = paths.checkout()
        effect = _refitted(first, second, comparisons.declared(root) if root else {})
    if as_json:
        said = {"physics": effect.as_dict()} if effect else {}
        output.emit({**result.as_dict(), **said})
        return
    click.echo("\n".join([*as_lines(result), *(physics_lines(effect) if effect else [])]))


def _refitted(old: "Release", new: "Release", declared: Mapping[str, Mapping[str, Any]]) -> "Physics":
    """Return what the new version does to the physics; a terminal is told what is fitted, and how far."""
    from nuanomaly.inference.physics_difference import physics, refitted

    with output.progress("refitting") as progress:
        if progress:
            modes, comparisons = refitted(old, new, declared)
            named = [*(f"{mode} ({model})" for mode, model in modes), *comparisons]
            said = f"Fitting with both versions: {', '.join(named)} (not with --no-physics)"
            click.echo(said if named else "No fit uses these tables", err=True)
        return physics(old, new, declared, progress=progress)


def as_lines(result: "Difference") -> list[str]:
    """Return metadata and tables that differ, for people."""
    lines = [f"{result.old} → {result.new}"]
    if result.metadata:
        lines += ["", "Metadata"]
        shown = result.metadata[:_MOST]
        lines += [f"  {e.path}: {_short(e.old)} → {_short(e.new)}" for e in shown]
        more = len(result.metadata) - len(shown)
        lines += [f"  … and {more} more (all of them with --json)"] if more else []
    lines += ["", "Tables"] if result.tables else ["", "Tables: no value differs"]
    for table in result.tables:
        lines += _table(table)
    return lines


def _table(table: "TableDifference") -> list[str]:
    rows = " → ".join("–" if n is None else str(n) for n in table.rows)
    lines = [f"  {table.table}: {table.status}, rows {rows}"]
    lines += [f"    column {c}: added" for c in table.columns_added]
    lines += [f"    column {c}: removed" for c in table.columns_removed]
    for column in table.columns[:12]:
        largest = "" if column.largest is None else f", at most {output.number(column.largest, 3)} relative"
        first = f"row {column.first.row}: {column.first.old} → {column.first.new}"
        lines.append(f"    column {column.column}: {column.changed} values{largest}; {first}")
    more = len(table.columns) - 12
    return [*lines, f"    … and {more} more columns"] if more > 0 else lines


def physics_lines(effect: "Physics") -> list[str]:
    """Return what changes in the physics, for people."""
    lines = ["", f"Physics: {'numbers change' if effect.changes else 'no number changes'}"]
    for point in effect.points:
        at = ", ".join(f"{k}={output.number(v)}" for k, v in point.parameters.items())
        change = _change(point.value.as_dict())
        lines.append(f"  {point.mode}, {point.model} at {at} ({point.benchmark}): {change}")
    for heading, group in (("mode", effect.modes), ("comparison", effect.comparisons)):
        for numbers in group:
            lines += _numbers(heading, numbers)
    return lines


def _numbers(heading: str, numbers: "Numbers") -> list[str]:
    verdict = "would change" if numbers.changes else "would not change"
    lines = [f"  {heading} {numbers.name} ({numbers.model}): {verdict}"]
    lines += [f"    {key}: {_change(pair.as_dict())}" for key, pair in numbers.values.items()]
    return [*lines, *(f"    {problem}" for problem in numbers.problems)]


def _change(pair: Mapping[str, Any]) -> str:
    change = pair["difference"]
    delta = "" if change is None else f" (Δ = {output.number(change, 3)})"
    return f"{output.number(pair['old'])} → {output.number(pair['new'])}{delta}"


def _short(value: Any) -> str:
    if value is None:
        return "–"
    text = output.line(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 100 else text[:97] + "…"
