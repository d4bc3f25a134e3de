"""How much a result depends on choices (the definition of χ², the prior), and what toys cost."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nuanomaly.cli import conditions, options, output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nuanomaly.inference.analysis import Analysis


@click.command()
@options.question
@click.option("--bins/--no-bins", default=True, help="Leave a tenth of the bins out at a time, too.")
@output.as_json
def ablation(asked: "Analysis", bins: bool, as_json: bool) -> None:
    """Fit data sets by each definition of χ² that makes sense for them.

    Neyman, Pearson, both combined, Poisson, a covariance taken at data or prediction, with and without
    ln det, bins left out: the best fit and the significance against no oscillation (Wilks) of each.
    """
    items = asked.ablation(bins=bins)
    if as_json:
        output.emit([row.to_dict() for row in items])
        return
    click.echo(
        f"{' + '.join(asked.names)}, model {asked.model.name}: against no oscillation, by definition of χ²"
    )
    rows = [
        (
            row.definition,
            ", ".join(f"{n} = {output.with_unit(v, asked.units[n])}" for n, v in row.parameters.items()),
            f"{row.value:.2f}",
            f"{row.delta:.2f}",
            "–" if row.sigma is None else f"{row.sigma:.1f}σ",
        )
        for row in items
    ]
    headings = ["definition", "best fit", "value", "Δ of no oscillation", "significance"]
    output.table(headings, rows, right=headings[2:])
    conditions.state(asked)


@click.command()
@options.question
@click.option(
    "--prior",
    "priors",
    multiple=True,
    metavar="NAME=log|flat",
    help="Density of a parameter over its grid; by the grid's spacing if left out.",
)
@output.as_json
def bayes(asked: "Analysis", priors: Sequence[str], as_json: bool) -> None:
    """Weigh oscillation against none by a Bayes factor, with named priors, and give the posterior's region.

    Two data sets are also weighed against each other: the ratio of evidences, and the suspiciousness, which
    does not depend on the width of the prior (arXiv:1902.04029).
    """
    prior = dict(_pair(text) for text in priors)
    posterior = asked.posterior(prior=prior)
    both = asked.suspiciousness(prior=prior) if len(asked.sides) == 2 else None
    if as_json:
        numbers = ("prior", "ln_bayes_factor", "information", "region_95")
        about = {key: value for key, value in posterior.to_dict().items() if key in numbers}
        output.emit({**about, "tension": both and both.to_dict()})
        return
    click.echo(
        f"{' + '.join(posterior.datasets)}, model {asked.model.name}, priors: {_named(posterior.prior)}"
    )
    click.echo(f"  ln of the Bayes factor for oscillation: {output.number(posterior.log_bayes_factor, 3)}")
    for name, (low, high) in posterior.interval(0.95).items():
        click.echo(f"  95 % of the posterior: {name} {output.number(low, 3)} … {output.number(high, 3)}")
    if both is not None:
        p = "no dimension is shared" if both.p_value is None else f"p = {both.p_value:.2g}"
        click.echo(
            f"  against each other: ln R = {output.number(both.log_ratio, 3)}, ln S = "
            f"{output.number(both.log_suspiciousness, 3)} ({p})"
        )
    conditions.state(asked)


def _pair(text: str) -> tuple[str, str]:
    name, equals, kind = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r}: write NAME=log or NAME=flat", param_hint="--prior")
    return name, kind


def _named(prior: "Mapping[str, str]") -> str:
    return ", ".join(f"{kind} in {name}" for name, kind in prior.items())


@click.command()
@click.option("-o", "--output", "folder", type=output.FOLDER, help="Folder to store it in.")
@output.as_json
def cost(folder: Path | None, as_json: bool) -> None:
    """Measure what toys cost against points, toys and bins, and what a global Feldman–Cousins would.

    CPU seconds of the machine it runs on: set OMP_NUM_THREADS=1 to have those of one core. It takes some
    minutes.
    """
    from nuanomaly.inference import cost as measured
    from nuanomaly.inference.run_files import write

    with output.progress("timing engines") as progress:
        rates = measured.rates(progress)
    with output.progress("timing the global fit") as progress:
        whole = measured.global_fit(progress=progress)
    about = measured.about(rates)
    if folder is not None:
        write(folder, {"rates": rates, "global": whole}, about)
    if as_json:
        output.emit({**about, "rates": rates.to_dict("records"), "global": whole.to_dict("records")})
        return
    rows = [
        (name, varied, f"{one['exponent']:.2f} ± {one['error']:.2f}")
        for name, content in about["laws"].items()
        for varied, one in content.items()
    ]
    output.table(
        ["data set", "varied", "cost grows with the power"], rows, right=["cost grows with the power"]
    )
    total = measured.extrapolated(whole, 10_000, 1000)
    click.echo(
        f"global fit: {total['seconds_per_toy']:.3g} CPU seconds per toy; 10 000 true points of 1000 toys on "
        f"100 cores: {total['hours']:.3g} ± {total['error']:.2g} hours"
    )
    click.echo(f"stored in {folder}" if folder else "not stored: name a folder with -o")
