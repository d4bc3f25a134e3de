"""Expected and observed limits on an amplitude."""

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.sensitivity import BANDS, Sensitivity
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.plotting.picture import Picture
from nuanomaly.report.plotting.regions import plane_of_axes


def limits(result: Sensitivity) -> Picture:
    """Draw limits along the other parameter: bands and median of toys, Asimov, observed.

    Raises
    ------
    NuanomalyError
        If there is no other parameter.
    """
    if result.along is None:
        raise NuanomalyError(
            "a limit on one amplitude alone is a number: leave another parameter free to draw"
        )
    figure, axes, _, y, _ = plane_of_axes([result.along, result.amplitude])
    upright = y is result.along
    splitting = result.along.values
    name = " + ".join(result.datasets)
    with style():
        fill = axes.fill_betweenx if upright else axes.fill_between
        for share, depth in zip(reversed(BANDS), (0.16, 0.30), strict=True):
            if len(result.toys):
                low, high = result.band(share)
                label = f"{100 * share:.4g} % of toys without oscillation"
                fill(splitting, low, high, color=COLOURS["blue"], alpha=depth, linewidth=0, label=label)
    lines = [
        ("expected (Asimov)", result.asimov, "blue", "dashed"),
        (f"observed, {name}", result.observed, "vermillion", "solid"),
    ]
    if len(result.toys):
        lines.insert(0, ("expected (median of toys)", result.median, "blue", "solid"))
    for label, values, tone, dash in lines:
        across, up = (values, splitting) if upright else (splitting, values)
        figures.curve(axes, across, up, label, tone, dash)
    figures.note(axes, f"{100 * result.cl:g} % CL")
    figures.legend(figure, axes, columns=2)
    return Picture(figure, result.to_frame())
