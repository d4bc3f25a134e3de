"""Build the pages of comparisons and compare two builds: report build, list, site, drift."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from nuanomaly.cli import output

_OUT = click.option("-o", "--output", "folder", type=output.FOLDER, help="Where to; build/site if left out.")


@click.group()
def report() -> None:
    """Build the comparison pages and the static site around them."""


@report.command()
@click.argument("names", metavar="NAME…", nargs=-1)
@click.option("--force", is_flag=True, help="Build also what has not changed.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A site that was built before: a page lists every number that moved.",
)
@_OUT
@output.as_json
def build(names: Sequence[str], force: bool, since: Path | None, folder: Path | None, as_json: bool) -> None:
    """Build comparisons (all, if none is named), and the site. What has not changed is not built again.

    A question of your own is named by its folder, `./my-question`: its page is written into `page` there
    (or the folder of -o), inside and outside of a checkout. The folder holds comparison.yaml (title, model,
    datasets; see schemas/question.schema.json) and may hold a model file, releases of your own, and a
    report.py.

    Exits with 1 if a number is not what is expected of it; the page is written, and says so.
    """
    from nuanomaly.archive.references import is_folder

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    asked = [name for name in names if is_folder(name)]
    if folder is not None and len(asked) > 1:
        raise click.UsageError("each question has a page of its own: name one folder with -o")
    results = _own(asked, force, folder, say)
    archived = [name for name in names if name not in asked]
    if archived or not names:
        results += _archived(archived, force, folder, since, say)
    if as_json:
        keys = ("name", "state", "ok", "problems", "verdict", "page", "seconds")
        output.emit([{key: getattr(result, key) for key in keys} for result in results])
    else:
        for result in results:
            _tell(result)
        if archived or not names:
            first = (folder or results[-1].page.parents[2] if results else Path()) / "index.html"
            click.echo(f"start page: {first}")
    sys.exit(0 if all(result.ok for result in results) else 1)


def _own(asked: Sequence[str], force: bool, folder: Path | None, say: Callable[[str], None]) -> list[Any]:
    """Build the pages of questions of one's own."""
    if not asked:
        return []
    from nuanomaly.report import own

    return [own.build(Path(name), force, folder, progress=say) for name in asked]


def _archived(
    names: Sequence[str], force: bool, folder: Path | None, since: Path | None, say: Callable[[str], None]
) -> list[Any]:
    """Build comparisons of the archive; where all of them stand, nothing is loaded to find that out."""
    from nuanomaly.archive import paths
    from nuanomaly.report import standing

    root = paths.checkout()
    if root is not None and not names and not force and since is None:
        results = standing.standing(root, folder or root / "build" / "site")
        if results is not None:
            say("nothing has changed since the last build")
            return list(results)
    from nuanomaly.report.pages import build as run

    return list(run(names or None, force, folder, progress=say, since=since))


@report.command("list")
@output.as_json
def list_(as_json: bool) -> None:
    """List the comparisons: which data sets, under which model."""
    from nuanomaly.report.declaration import comparisons

    items = comparisons()
    if as_json:
        output.emit([{"name": c.name, **c.metadata} for c in items])
        return
    rows = [(c.name, c.metadata["model"], ", ".join(c.pinned), c.metadata["title"]) for c in items]
    output.table(["comparison", "model", "releases", "title"], rows)


@report.command()
@_OUT
@click.pass_context
def site(context: click.Context, folder: Path | None) -> None:
    """Build the whole site: every comparison, anomaly, release and model."""
    context.invoke(build, names=(), force=False, since=None, folder=folder, as_json=False)


@report.command()
@_OUT
def explorer(folder: Path | None) -> None:
    """Build the explorer alone: the page on which data sets are chosen and fitted in the browser."""
    from nuanomaly.report import declaration
    from nuanomaly.report.explorer.page import write

    click.echo(
        write(folder or declaration.root() / "build" / "site", lambda line: click.echo(line, err=True))
    )


@report.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--absolute", default=0.0, metavar="NUMBER", help="Leave out changes up to this size.")
@click.option("--relative", default=0.0, metavar="NUMBER", help="The same in units of the larger value.")
@click.option(
    "--by",
    "order",
    type=click.Choice(["relative", "absolute"]),
    default="relative",
    show_default=True,
    help="By which size numbers are sorted.",
)
@click.option("--rows", default=60, show_default=True, help="How many changes of a kind are shown.")
@output.as_json
def drift(
    old: Path, new: Path, absolute: float, relative: float, order: str, rows: int, as_json: bool
) -> None:
    """Show every number that is not the same in two built sites, OLD and NEW, the largest change first.

    Numbers, texts such as verdicts, and what appeared or vanished are compared: of the results of comparisons
    and of the benchmarks. Exits with 0 if both say the same (within the thresholds), with 1 if not.
    """
    from nuanomaly.cli import drifting
    from nuanomaly.report import drift as comparing

    result = comparing.drift(
        old,
        new,
        absolute=absolute,
        relative=relative,
        order="absolute" if order == "absolute" else "relative",
    )
    if as_json:
        output.emit(result.as_dict())
    else:
        drifting.tell(result, rows)
    sys.exit(0 if result.equal else 1)


def _tell(result: Any) -> None:
    click.echo(f"\n{result.name}: {result.verdict or 'no verdict'}\n  {result.page}")
    for problem in result.problems:
        click.echo(f"  NOT as expected: {problem}")
