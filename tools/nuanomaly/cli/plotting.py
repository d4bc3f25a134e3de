"""Draw figures: plot."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.cli import conditions, options, output

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis
    from nuanomaly.inference.runs import StoredRun
    from nuanomaly.report.plotting import Picture

_file = click.option("-o", "--output", "file", type=output.FILE, required=True, help="A .pdf, .png or .svg.")
_levels = click.option(
    "--cl", "levels", multiple=True, type=float, help="Confidence level; 0.9 and 0.99 if left out."
)
_toys = click.option(
    "--toys",
    "stored",
    multiple=True,
    metavar="COMPARISON/RUN",
    help="Draw what is drawn last with the critical values of a stored run of Feldman-Cousins too.",
)
_point = click.option(
    "--at", "point", default="", metavar="NAME=VALUE,…", help="The point; the best fit if left out."
)


@click.group(subcommand_metavar="regions|profile|spectrum|ladder|survey …")
def plot() -> None:
    """Draw a figure in the style of the archive's pages, as PDF, PNG or SVG.

    The numbers behind the figure are written as CSV beside it. Each DATASET is drawn, and all together.
    """


def _figure(command: Callable[..., "Picture"]) -> Callable[..., None]:
    """Add the question and the file to a command that returns a picture."""

    @options.question
    @_file
    @output.as_json
    @wraps(command)
    def called(asked: "Analysis", file: Path, as_json: bool, **more: Any) -> None:
        with output.progress("points") as progress:
            picture = command(asked, progress=progress, **more)
        title = f"{' + '.join(asked.names)}, model {asked.model.name}: {command.__name__}"
        _written(picture, file, as_json, title)
        if not as_json:
            conditions.state(asked)

    return called


def _written(picture: "Picture", file: Path, as_json: bool, title: str) -> None:
    written, numbers = picture.save(file)
    if as_json:
        output.emit({"figure": written, "numbers": numbers, "rows": len(picture.table)})
        return
    click.echo(title)
    click.echo(f"written to {written}, the numbers to {numbers}")


@plot.command()
@_levels
@click.option("--contour", "contours", multiple=True, metavar="NAME", help="Published contour of the plane.")
@_toys
@_figure
def regions(
    asked: "Analysis", levels: Sequence[float], contours: Sequence[str], stored: Sequence[str], **more: Any
) -> "Picture":
    """Draw allowed and excluded regions of two parameters, by Wilks' theorem.

    With --grid for two of more parameters, the others are minimised over. `plot contours` lists the published
    ones.
    """
    from nuanomaly.report.plotting import plot as draw

    chosen = tuple(levels) or (0.90, 0.99)
    return draw(asked, kind="regions", levels=chosen, contours=contours, toys=_runs(stored), **more)


@plot.command()
@_levels
@_toys
@click.option("--parameter", default="", help="The first free one if left out.")
@_figure
def profile(
    asked: "Analysis", levels: Sequence[float], stored: Sequence[str], parameter: str, **more: Any
) -> "Picture":
    """Draw Δ above the minimum along one parameter, all others minimised over."""
    from nuanomaly.report.plotting import plot as draw

    chosen = tuple(levels) or (0.90, 0.99)
    return draw(asked, kind="profile", parameter=parameter, levels=chosen, toys=_runs(stored), **more)


@plot.command()
@_point
@_figure
def spectrum(asked: "Analysis", point: str, **more: Any) -> "Picture":
    """Draw data beside the prediction at a point and that of three neutrinos, and the pulls below."""
    from nuanomaly.report.plotting import plot as draw

    return draw(asked, kind="spectrum", at=_at(asked, point), **more)


@plot.command()
@_point
@_figure
def ladder(asked: "Analysis", point: str, **more: Any) -> "Picture":
    """Draw data over what three neutrinos predict, one below the other, and the prediction at a point."""
    from nuanomaly.report.plotting import plot as draw

    return draw(asked, kind="ladder", at=_at(asked, point), **more)


@plot.command()
@click.argument("datasets", metavar="[DATASET…]", nargs=-1)
@options.model
@options.settings
@click.option("--fit", is_flag=True, help="Fit what is not --set to each release alone.")
@_file
@output.as_json
def survey(
    datasets: Sequence[str], model: str, settings: Sequence[str], fit: bool, file: Path, as_json: bool
) -> None:
    """Draw what every release (or each DATASET) makes of one point of a model, beside three neutrinos."""
    from nuanomaly.cli.surveying import verdicts
    from nuanomaly.inference.survey import with_likelihood
    from nuanomaly.report.plotting import plot as draw

    chosen, entries = verdicts(list(datasets) or with_likelihood(), model, settings, fit)
    _written(draw(entries), file, as_json, f"model {chosen.name}: survey of {len(entries)} data sets")


@plot.command()
@output.as_json
def contours(as_json: bool) -> None:
    """List the published contours that can be drawn over regions, by the amplitude of their plane."""
    from nuanomaly.report.plotting.regions import published_contours

    known = published_contours()
    if as_json:
        output.emit(known)
        return
    for amplitude, names in known.items():
        click.echo(f"{amplitude}: {', '.join(names)}")


def _at(asked: "Analysis", point: str) -> "dict[str, float] | None":
    settings = [text for text in point.split(",") if text]
    return options.parse_settings(settings, asked.parameters, asked.model.name) or None


def _runs(stored: Sequence[str]) -> "list[StoredRun]":
    """Return stored runs by COMPARISON/RUN."""
    from nuanomaly.archive.errors import NuanomalyError
    from nuanomaly.inference.runs import stored_run

    runs = []
    for text in stored:
        comparison, slash, name = text.partition("/")
        if not slash:
            raise NuanomalyError(f"--toys {text!r}: write COMPARISON/RUN, such as miniboone-contours/lattice")
        runs.append(stored_run(output.checkout() / "comparisons" / comparison, name))
    return runs
