"""How much a result depends on choices: the definition of χ²."""

from collections.abc import Sequence

import click

from nuanomaly.cli import options, output


@click.command()
@click.argument("dataset", metavar="DATASET[:MODE]")
@options.model
@options.settings
@options.grid
@click.option("--bins/--no-bins", default=True, help="Leave a tenth of the bins out at a time, too.")
@output.as_json
def ablation(
    dataset: str, model: str, settings: Sequence[str], grids: Sequence[str], bins: bool, as_json: bool
) -> None:
    """Fit a data set by each definition of χ² that makes sense for it.

    Neyman, Pearson, both combined, Poisson, a covariance taken at data or prediction, with and without
    ln det, bins left out: the best fit and the significance against no oscillation (Wilks) of each.
    """
    from nuanomaly.inference.ablation import ablation as run

    known = options.parameters(model, [dataset], ())
    found = run(
        dataset,
        model,
        options.parse_grid(grids, known, model),
        options.parse_settings(settings, known, model),
        bins=bins,
    )
    if as_json:
        output.emit([row.as_dict() for row in found])
        return
    click.echo(f"{dataset}, model {model}: against no oscillation, by definition of χ²")
    rows = [
        (
            row.definition,
            ", ".join(f"{n} = {output.with_unit(v, known[n].unit)}" for n, v in row.parameters.items()),
            f"{row.value:.2f}",
            f"{row.delta:.2f}",
            "–" if row.sigma is None else f"{row.sigma:.1f}σ",
        )
        for row in found
    ]
    headings = ["definition", "best fit", "value", "Δ of no oscillation", "significance"]
    output.table(headings, rows, right=headings[2:])
