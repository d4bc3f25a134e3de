"""What could be expected: sensitivity."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from nuanomaly.cli import conditions, options, output
from nuanomaly.cli.statistics import distributed, seed

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis
    from nuanomaly.inference.workers import Placement

#: So many rows of limits are printed.
_ROWS = 12


@click.command()
@options.question
@click.option("--cl", type=float, default=0.95, show_default=True, help="Confidence level.")
@click.option(
    "--construction",
    type=click.Choice(["plane", "raster"]),
    default="plane",
    show_default=True,
    help="Count Δ from the smallest value anywhere, or from that at the same value of the other parameter.",
)
@click.option(
    "--toys", type=click.IntRange(0), default=500, show_default=True, help="0 for the Asimov limit alone."
)
@seed
@distributed
@click.option("-o", "--output", "file", type=output.FILE, help="A figure: .pdf, .png or .svg, and a CSV.")
@output.as_json
def sensitivity(
    asked: "Analysis",
    cl: float,
    construction: Literal["plane", "raster"],
    toys: int,
    seed: int,
    placement: "Placement",
    file: Path | None,
    as_json: bool,
) -> None:
    """Say which limits on an amplitude were to be expected without oscillation, beside the observed ones.

    Free are an amplitude and at most one other parameter; fix the rest with --set.
    """
    with output.progress("making toys") as progress:
        result = asked.sensitivity(
            cl=cl, construction=construction, toys=toys, seed=seed, placement=placement, progress=progress
        )
    written: tuple[Any, ...] = ()
    if file is not None:
        from nuanomaly.report.plotting import plot

        written = plot(result).save(file)
    if as_json:
        output.emit({**result.to_dict(), "written": written})
        return
    click.echo(f"{' + '.join(result.datasets)}, model {result.model}: limits on {result.amplitude.name}")
    conditions.ranges(asked)
    frame = result.to_frame()
    shown = frame.iloc[:: max(1, -(-len(frame) // _ROWS))]
    rows = [[output.number(float(v), 3) for v in row] for row in shown.itertuples(index=False)]
    output.table([str(name) for name in frame], rows, right=[str(name) for name in frame])
    click.echo(result.how)
    conditions.state(asked)
    for path in written:
        click.echo(f"written to {path}")
