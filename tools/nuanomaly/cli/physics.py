"""Do physics: models, chi2, scan, fit, compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import conditions, options, output

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis
    from nuanomaly.inference.fit import Fit

#: How many nuisances and bins a fit prints.
_SHOWN, _DRIVERS = 8, 3


_workers = click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes on this machine."
)
_limit = click.option(
    "--limit",
    type=click.FloatRange(0.0),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Refuse what is estimated to take longer.",
)


@click.command()
@output.as_json
def models(as_json: bool) -> None:
    """List the models, and their parameters with units and ranges.

    Experiments may have parameters of their own besides, such as strengths and couplings of coherent
    scattering: they stand below, and `nuanomaly show` lists those of each.
    """
    from nuanomaly.likelihood.cevns.cross_section import PARAMETERS
    from nuanomaly.model.registry import model as make_model
    from nuanomaly.model.registry import models as names

    made = [make_model(name) for name in names()]
    listed = [*((m.name, m.parameters) for m in made), ("(any, coherent scattering)", PARAMETERS)]
    if as_json:
        keys = ("name", "unit", "low", "high", "default", "meaning")
        output.emit(
            [
                {"name": name, "parameters": [{k: getattr(p, k) for k in keys} for p in parameters]}
                for name, parameters in listed
            ]
        )
        return
    rows = [
        (
            name if k == 0 else "",
            p.name,
            p.unit,
            f"{p.low:g} … {p.high:g}",
            output.number(p.default),
            p.meaning,
        )
        for name, parameters in listed
        for k, p in enumerate(parameters)
    ]
    output.table(["model", "parameter", "unit", "range", "default", "meaning"], rows)


@click.command()
@click.argument("dataset", metavar="DATASET")
@click.option("--mode", help="Analysis variant; the default one if left out.")
@options.model
@options.settings
@options.free
@options.scale
@output.as_json
def chi2(
    dataset: str,
    mode: str | None,
    model: str,
    settings: Sequence[str],
    freed: Sequence[str],
    scales: Sequence[str],
    as_json: bool,
) -> None:
    """Evaluate the statistic of DATASET at a point of a model, nuisances profiled.

    DATASET is NAME[@VERSION][:MODE], a group, the folder of a release of your own (./my-release), or a sum of
    these (lsnd+karmen).
    """
    modes = [mode] if mode else []
    asked = options.analysis([dataset], model, modes=modes, settings=settings, freed=freed, scales=scales)
    likelihood, values = asked.likelihood, asked.fixed
    row = {
        "release": likelihood.release,
        "mode": likelihood.mode,
        "model": asked.model.name,
        "parameters": values,
        "statistic": likelihood.statistic,
        "value": asked.chi2(),
        "n_bins": likelihood.n_bins,
        **_approximate(likelihood.approximate),
    }
    if as_json:
        output.emit(row)
        return
    mode_text = f" ({likelihood.mode})" if likelihood.mode else ""
    click.echo(f"{likelihood.release}{mode_text}, model {asked.model.name}")
    _point(values, asked.units)
    click.echo(_statistic(row["statistic"], row["value"], row["n_bins"]))
    conditions.state(asked, point=values)


@click.command()
@options.question
@click.option("--profile", "profiled", multiple=True, metavar="NAME", help="Minimise over it at each point.")
@click.option("-o", "--output", "file", type=output.FILE, help="Save as .parquet, .csv or .npz.")
@_workers
@_limit
@output.as_json
def scan(
    asked: "Analysis",
    profiled: Sequence[str],
    file: Path | None,
    workers: int,
    limit: float,
    as_json: bool,
) -> None:
    """Evaluate the statistic of one or several data sets, added up, on a grid of a model's parameters.

    Without --grid, all free parameters are scanned over their own ranges.
    """
    if file is not None and file.suffix not in (".parquet", ".csv", ".npz"):
        raise NuanomalyError(f"{file.name}: a scan is saved as .npz, .parquet or .csv")
    with output.progress("scanning") as progress:
        result = asked.scan(profile=profiled, workers=workers, limit=limit, progress=progress)
    if file is not None:
        result.save(file)
    if as_json:
        output.emit(_tidy({**result.to_dict(), "file": file}))
        return
    click.echo(f"{' + '.join(result.datasets)}, model {result.model}")
    for axis in result.axes:
        scale = "logarithmic" if axis.log else "linear"
        unit = "" if axis.unit == "1" else f" {axis.unit}"
        click.echo(f"  {axis.name}: {len(axis)} points, {axis.low:g} … {axis.high:g}{unit}, {scale}")
    _point(result.fixed, asked.units)
    click.echo("minimum on the grid: " + _statistic(result.statistic, result.minimum, result.n_bins))
    _point(result.best, asked.units, at="at ")
    conditions.state(asked)
    click.echo(f"saved to {file}" if file else "not saved: name a file with -o")


@click.command()
@options.question
@click.option(
    "--errors", type=click.Choice(["hesse", "minos"]), help="How errors are found; none if left out."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the searches' starting points."
)
@_workers
@_limit
@output.as_json
def fit(
    asked: "Analysis",
    errors: str | None,
    seed: int,
    workers: int,
    limit: float,
    as_json: bool,
) -> None:
    """Find the best fit of one or several data sets, and the significance against no oscillation."""
    with output.progress("fitting") as progress:
        best = asked.fit(errors=errors, seed=seed, workers=workers, limit=limit, progress=progress)
        against, why = None, ""
        try:
            against = asked.significance(best=best)
        except NuanomalyError as error:  # a model without such a point, or a surface that lacks it
            why = str(error)
    if as_json:
        test = None if against is None else against.to_dict()
        output.emit(_tidy({**best.to_dict(), "significance": test}))
        return
    click.echo(f"{' + '.join(best.datasets)}, model {best.model}")
    conditions.ranges(asked)
    click.echo("best fit: " + _statistic(best.statistic, best.value, best.n_bins))
    for name, value in best.parameters.items():
        lower, upper = best.errors.get(name, (None, None))
        spread = f" {output.number(lower, 3)} +{output.number(upper, 3)}" if lower is not None else ""
        edge = " (at the edge of its range)" if name in best.at_boundary else ""
        click.echo(f"  {name} = {output.with_unit(value, asked.units[name])}{spread}{edge}")
    _point(best.fixed, asked.units, at="fixed: ")
    _nuisances(best)
    _drivers(best)
    if against is None:
        click.echo(f"against no oscillation: not computed ({why})")
    else:
        click.echo(f"against no oscillation: {against}")
    click.echo(f"found by {best.agreement}")
    conditions.state(asked, point=best.parameters)


@click.command()
@options.question
@click.option("--toys", type=click.IntRange(1), help="Calibrate the test with so many toys.")
@click.option(
    "--truth",
    type=click.Choice(["joint", "null", "first", "second"]),
    default="joint",
    show_default=True,
    help="Where toys are drawn: joint best fit, no oscillation, best fit of the first or second side.",
)
@click.option(
    "--resume",
    type=output.FOLDER,
    help="Folder of finished pieces of work: an interrupted run goes on.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of toys and starting points."
)
@_workers
@_limit
@output.as_json
def compare(
    asked: "Analysis",
    toys: int | None,
    truth: str,
    resume: Path | None,
    seed: int,
    workers: int,
    limit: float,
    as_json: bool,
) -> None:
    """Test whether two or more data sets are compatible under a model: the parameter goodness of fit of
    Maltoni and Schwetz (hep-ph/0304176).

    Each DATASET is one side: NAME[@VERSION][:MODE], a group, the folder of a release of your own, or a sum of
    these (lsnd+karmen).
    """
    with output.progress("fitting") as progress:
        compatibility = asked.compare(seed=seed, workers=workers, limit=limit, progress=progress)
    test = None
    if toys is not None:
        with output.progress("making toys") as progress:
            from nuanomaly.inference.workers import Placement

            placement = Placement(store=resume)
            test = asked.toy_compatibility(
                toys=toys, seed=seed, truth=truth, placement=placement, progress=progress
            )
    if as_json:
        calibrated = {} if test is None else {"pg_toys": {**test.to_dict(), "seed": seed}}
        output.emit(_tidy({**compatibility.to_dict(), **calibrated}))
        return
    _sides(compatibility.datasets, compatibility.model)
    conditions.ranges(asked)
    click.echo()
    rows = [
        (
            part.name if len(part.name) <= _LONG else f"side {k + 1}",
            output.STATISTICS[part.statistic][0],
            f"{part.minimum:.3f}".replace("-", "−"),
            f"{part.joint:.3f}".replace("-", "−"),
            f"{part.pull:.3f}".replace("-", "−"),
            ", ".join(
                f"{n} = {output.with_unit(v, asked.units[n])}"
                for n, v in part.parameters.items()
                if n in asked.units
            ),
        )
        for k, part in enumerate(compatibility.parts)
    ]
    numbers = ("own minimum", "at joint best fit", "difference")
    output.table(["data set", "statistic", *numbers, "own best fit"], rows, right=numbers)
    click.echo("\njoint best fit:")
    _point(compatibility.best_fit, asked.units)
    click.echo(f"parameter goodness of fit: {compatibility.pg}")
    if not compatibility.converged:
        click.echo("not converged: searches from other starting points do not agree, on all or on one side")
    if test is not None:
        click.echo(f"  by toys: {test}")
    if compatibility.goodness_of_fit is not None:
        click.echo(f"goodness of the joint fit: {compatibility.goodness_of_fit}")
    conditions.state(asked, compatibility.approximate, compatibility.best_fit)


# --- nuisances and bins ------------------------------------------------------------------------------------


def _nuisances(best: "Fit") -> None:
    """Print the nuisances at the best fit, those furthest from their priors first."""
    pulls, values = best.pulls, best.nuisances
    order = sorted({**values, **pulls}, key=lambda name: -abs(pulls.get(name, 0.0)))
    for name in order[:_SHOWN]:
        value = f" = {output.number(values[name], 3)}" if name in values else ""
        pull = f"{_signed(pulls[name])} σ of its prior" if name in pulls else "free"
        click.echo(f"  nuisance {name}{value} ({pull})")
    if len(order) > _SHOWN:
        click.echo(f"  and {len(order) - _SHOWN} nuisances more, all nearer to their priors: see --json")


def _signed(number: float) -> str:
    return f"{number:+z.2f}".replace("-", "−")


def _drivers(best: "Fit") -> None:
    """Print the bins that add most to the value."""
    bins = [(share, part.release) for part in best.breakdown for share in part.largest(_DRIVERS)]
    bins.sort(key=lambda pair: -pair[0].contribution)
    said = [
        f"bin {share.bin} of {release} ({share.contribution:.2f}, {_signed(share.pull)} σ)"
        for share, release in bins[:_DRIVERS]
    ]
    if said:
        click.echo(f"  driven by {', '.join(said)}")


#: Names of sides that are longer are told apart from the table.
_LONG = 40


def _sides(names: Sequence[str], model: str) -> None:
    """Say what is compared; long sums on lines of their own."""
    if all(len(name) <= _LONG for name in names):
        click.echo(f"{' against '.join(names)}, model {model}")
        return
    click.echo(f"model {model}")
    for k, name in enumerate(names):
        click.echo(f"  side {k + 1}: {name}")


# --- how numbers are printed --------------------------------------------------------------------------------


def _statistic(kind: str, value: float, n_bins: int | None) -> str:
    """Return a value with what it is."""
    symbol, meaning = output.STATISTICS[kind]
    bins = f"{n_bins} bins" if n_bins is not None else "a tabulated surface"
    return f"{symbol} = {value:.4f} ({bins}; {meaning})".replace("= -", "= −")


def _point(values: Mapping[str, Any], units: Mapping[str, str], at: str = "") -> None:
    for name, value in values.items():
        click.echo(f"  {at}{name} = {output.with_unit(value, units.get(name, '1'))}")


def _approximate(reason: str) -> dict[str, str]:
    return {"approximate": reason} if reason else {}


def _tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing."""
    return {k: v for k, v in row.items() if not (k in ("approximate", "file") and not v)}
