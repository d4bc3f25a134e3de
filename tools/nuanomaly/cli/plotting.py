"""Draw figures: plot."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nuanomaly.cli import conditions, options, output

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis


@click.command()
@click.argument(
    "kind", metavar="regions|profile|spectrum", type=click.Choice(["regions", "profile", "spectrum"])
)
@options.question
@click.option("--parameter", default="", help="Of a profile; the first free one if left out.")
@click.option(
    "--at", "point", default="", metavar="NAME=VALUE,…", help="Of a spectrum; the best fit if left out."
)
@click.option("--cl", "levels", multiple=True, type=float, help="Confidence level; 0.9 and 0.99 if left out.")
@click.option("--contour", "contours", multiple=True, help="Published contour of the release `contours`.")
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path), required=True, help="A .pdf, .png or .svg."
)
@output.as_json
def plot(
    kind: str,
    asked: "Analysis",
    parameter: str,
    point: str,
    levels: Sequence[float],
    contours: Sequence[str],
    file: Path,
    as_json: bool,
) -> None:
    """Draw allowed regions, the profile of a parameter, or data beside their prediction, in the style of the
    archive's pages. The numbers behind the figure are written as CSV beside it.

    Each DATASET is drawn, and all together. Regions are those of Wilks' theorem.
    """
    from nuanomaly.report.plotting import plot as draw

    settings = [text for text in point.split(",") if text]
    at = options.parse_settings(settings, asked.parameters, asked.model.name) or None
    picture = draw(
        asked, kind=kind, parameter=parameter, at=at, levels=tuple(levels) or (0.90, 0.99), contours=contours
    )
    written, numbers = picture.save(file)
    if as_json:
        output.emit({"figure": written, "numbers": numbers, "rows": len(picture.table)})
        return
    click.echo(f"{' + '.join(asked.names)}, model {asked.model.name}: {kind}")
    conditions.state(asked)
    click.echo(f"written to {written}, the numbers to {numbers}")
