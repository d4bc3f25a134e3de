"""Statistics by toys: significance, feldman-cousins, coverage."""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import conditions, options, output

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis
    from nuanomaly.inference.feldman_cousins import FeldmanCousins
    from nuanomaly.inference.workers import Placement

toys = click.option("--toys", type=click.IntRange(1), default=1000, show_default=True, help="Toys per point.")
seed = click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the toys.")
levels = click.option(
    "--cl",
    "levels",
    multiple=True,
    type=float,
    help="Confidence level; 0.6827, 0.9, 0.95 and 0.99 if left out.",
)
_DISTRIBUTED = (
    click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."),
    click.option("--scheduler", metavar="tcp://…", help="Address of a Dask scheduler."),
    click.option(
        "--resume",
        type=output.FOLDER,
        help="Folder of finished pieces of work.",
    ),
)


def distributed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where work is done, as one argument ``placement``."""

    @wraps(command)
    def called(workers: int, scheduler: str | None, resume: Path | None, **more: Any) -> Any:
        from nuanomaly.inference.workers import Placement

        if scheduler is not None and workers > 1:
            raise NuanomalyError(
                "--workers are processes of this machine, --scheduler is a cluster: give one"
            )
        return command(**more, placement=Placement(workers, scheduler, resume))

    for option in reversed(_DISTRIBUTED):
        called = option(called)
    return called


@click.command()
@options.question
@toys
@seed
@distributed
@output.as_json
def significance(
    asked: "Analysis",
    toys: int,
    seed: int,
    placement: "Placement",
    as_json: bool,
) -> None:
    """Test no oscillation by toys, beside Wilks' theorem, which does not hold where the amplitude ends."""
    with output.progress("making toys") as progress:
        toy_test = asked.toy_significance(toys=toys, seed=seed, placement=placement, progress=progress)
    wilks = asked.significance()
    if as_json:
        output.emit({"toys": toy_test.to_dict(), "wilks": wilks.to_dict(), "seed": seed})
        return
    click.echo(f"{' + '.join(asked.names)}, model {asked.model.name}: against no oscillation")
    conditions.ranges(asked)
    click.echo(f"  toys:  {toy_test}")
    click.echo(f"  Wilks: {wilks}")
    click.echo(_verdict(toy_test.sigma_interval(0.95), wilks.sigma, bool(toy_test.above)))
    conditions.state(asked)


def _verdict(interval: tuple[float, float], wilks: float | None, reached: bool) -> str:
    """Say in words whether both agree."""
    if wilks is None:
        return "  Wilks' theorem tests nothing here."
    if interval[0] <= wilks <= interval[1]:
        return "  Both agree." if reached else "  Both agree as far as so few toys can tell."
    return f"  Wilks' theorem {'overstates' if wilks > interval[1] else 'understates'} the significance here."


@click.command("feldman-cousins")
@options.question
@levels
@toys
@click.option("--most", type=click.IntRange(1), help="Toys at most, where the verdict is uncertain.")
@click.option(
    "--every", type=click.IntRange(1), default=1, show_default=True, help="Compute each n-th point."
)
@seed
@distributed
@click.option("-o", "--output", "folder", type=output.FOLDER, help="Folder to save to.")
@output.as_json
def feldman_cousins(
    asked: "Analysis",
    levels: Sequence[float],
    toys: int,
    most: int | None,
    every: int,
    seed: int,
    placement: "Placement",
    folder: Path | None,
    as_json: bool,
) -> None:
    """Find critical values by toys on a grid (Feldman and Cousins), and the regions they allow.

    Toys and data are minimised in one way: over the grid, with more splittings where the data need them,
    between its points, and no oscillation. Nuisances are drawn from their priors, and profiled. The same seed
    gives the same result however the work is shared out.
    """
    from nuanomaly.inference.feldman_cousins import save
    from nuanomaly.inference.nominal import LEVELS

    with output.progress("making toys") as progress:
        result = asked.feldman_cousins(
            levels=tuple(sorted(levels)) or LEVELS,
            toys=toys,
            most=most,
            seed=seed,
            every=every,
            placement=placement,
            progress=progress,
        )
    if folder is not None:
        save(result, folder)
    allowed = {f"{100 * cl:g} %": int(result.region(cl).sum()) for cl in result.levels}
    if as_json:
        output.emit({**result.to_dict(), "allowed_grid_points": allowed, "folder": folder})
        return
    about = result.to_dict()
    click.echo(
        f"{' + '.join(result.datasets)}, model {result.model}: {result.index.size} points, seed {seed}"
    )
    rows = [
        (
            f"{100 * cl:g} %",
            f"{wilks:.2f}",
            f"{result.critical[:, k].min():.2f} … {result.critical[:, k].max():.2f}",
            f"{about['median_critical'][k]:.2f}",
            f"{allowed[f'{100 * cl:g} %']}",
        )
        for k, (cl, wilks) in enumerate(zip(result.levels, about["wilks"], strict=True))
    ]
    headings = ["confidence", "Wilks", "critical values", "median", "grid points allowed"]
    output.table(headings, rows, right=headings[1:])
    conditions.state(asked)
    click.echo(f"saved to {folder}" if folder else "not saved: name a folder with -o")


@click.command()
@options.question
@click.option(
    "--at",
    "points",
    multiple=True,
    metavar="NAME=VALUE,…",
    help="A true point; no oscillation is one anyway.",
)
@toys
@seed
@distributed
@output.as_json
def coverage(
    asked: "Analysis",
    points: Sequence[str],
    toys: int,
    seed: int,
    placement: "Placement",
    as_json: bool,
) -> None:
    """Say what regions of Wilks' theorem really cover: without oscillation, at the best fit, and at --at."""
    known = asked.parameters
    at = [options.parse_settings(text.split(","), known, asked.model.name) for text in points]
    with output.progress("making toys") as progress:
        result = asked.coverage(at=at, toys=toys, seed=seed, placement=placement, progress=progress)
    if as_json:
        output.emit(_rows(result))
        return
    click.echo(f"{' + '.join(result.datasets)}, model {result.model}: regions of Wilks' theorem cover")
    nominal = [f"{100 * cl:g} %" for cl in result.levels]
    rows = [
        (
            ", ".join(f"{n} = {output.with_unit(v, known[n].unit)}" for n, v in row["point"].items()),
            *(f"{100 * c:.1f} ± {100 * e:.1f} %" for c, e in zip(row["coverage"], row["error"], strict=True)),
        )
        for row in _rows(result)
    ]
    output.table(["true point", *nominal], rows, right=nominal)
    conditions.state(asked)


def _rows(result: "FeldmanCousins") -> list[dict[str, Any]]:
    """Return the coverage at each true point."""
    rows = []
    for k, index in enumerate(result.index.tolist()):
        covered = result.wilks_coverage[k].tolist()
        rows.append(
            {
                "point": {name: float(value[index]) for name, value in result.points.items()},
                "levels": list(result.levels),
                "coverage": covered,
                "error": [(c * (1.0 - c) / int(result.toys[k])) ** 0.5 for c in covered],
                "critical": result.critical[k].tolist(),
                "toys": int(result.toys[k]),
            }
        )
    return rows


@click.command("runs")
@click.argument("names", metavar="[COMPARISON[/RUN]…]", nargs=-1)
@click.option("--force", is_flag=True, help="Do runs again whose results are stored.")
@distributed
def runs_(names: Sequence[str], force: bool, placement: "Placement") -> None:
    """Do the long runs that comparisons declare in runs.yaml, and store their results beside it.

    All of them, those of a comparison, or a single one: `nuanomaly runs gallium-vs-carbon/compatibility`. A
    question of your own is named by its folder: `nuanomaly runs ./my-question` or `./my-question/RUN`.
    """
    from contextlib import chdir

    from nuanomaly.archive.runs import STORED
    from nuanomaly.inference.feldman_cousins import FeldmanCousins
    from nuanomaly.inference.runs import compute, is_current, record

    own = [entry for name in names if _is_question(name) for entry in _of_question(name)]
    archived = [name for name in names if not _is_question(name)]
    if archived or not names:
        own += _chosen(output.checkout() / "comparisons", archived)
    for home, run, declared in own:
        name, folder = home.name, home / STORED / run
        with chdir(home):  # where a question names its model file and its releases from
            if not force and is_current(folder, declared):
                click.echo(f"{name}/{run}: stored already")
                continue
            begun = _cpu()
            with output.progress(f"{name}/{run}") as progress:
                result = compute(declared, placement, progress)
            # finished pieces and a cluster's work are not seen from here
            cost = None if placement.store or placement.scheduler else _cpu() - begun
            record(folder, declared, result, cost)
        said = "" if isinstance(result, FeldmanCousins) else f"{result}, "
        click.echo(f"{name}/{run}: {said}written to {name}/{STORED}/{run}")


def _is_question(text: str) -> bool:
    """Say whether runs are those of a folder of one's own: COMPARISON/RUN names no folder that is here."""
    from nuanomaly.archive import references

    place = Path(text)
    here = text.startswith((".", "/")) or place.is_dir() or place.parent.is_dir()
    return references.is_folder(text) and here


def _of_question(text: str) -> list[tuple[Path, str, Any]]:
    """Return folder, run and declaration of the runs of a question of one's own, or of the named one."""
    from nuanomaly.archive.errors import UnknownNameError
    from nuanomaly.archive.runs import DECLARATION, declared_runs

    place = Path(text).resolve()
    home, wanted = (place, "") if place.is_dir() else (place.parent, place.name)
    runs = declared_runs(home)
    if not runs:
        raise NuanomalyError(f"{home} holds no {DECLARATION} that declares a run")
    if wanted and wanted not in runs:
        raise UnknownNameError("run", wanted, runs, f"{home.name}/{DECLARATION}")
    return [(home, run, declared) for run, declared in runs.items() if wanted in ("", run)]


def _chosen(base: Path, names: Sequence[str]) -> list[tuple[Path, str, Any]]:
    """Return folder, run and declaration of the runs of comparisons that are named, or of all."""
    from nuanomaly.archive.errors import UnknownNameError
    from nuanomaly.archive.runs import declared_runs

    known = sorted(f.parent.name for f in base.glob("*/runs.yaml"))
    items = []
    for text in names or known:
        name, _, wanted = text.partition("/")
        if name not in known:
            raise UnknownNameError("comparison with runs.yaml", name, known)
        runs = declared_runs(base / name)
        if wanted and wanted not in runs:
            raise UnknownNameError("run", wanted, runs, f"{name}/runs.yaml")
        items += [(base / name, run, declared) for run, declared in runs.items() if wanted in ("", run)]
    return items


def _cpu() -> float:
    """Return the processor time of this process and its finished children, in seconds."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
