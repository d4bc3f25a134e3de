"""Profiles of one parameter, with the levels of one degree of freedom or those that toys gave."""

from collections.abc import Sequence

from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.scan import Scan
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.plotting.picture import Picture, frame
from nuanomaly.report.plotting.regions import axis_label, critical_values


def profiles(
    scans: Sequence[tuple[str, Scan, str]], levels: Sequence[float], stored: Sequence[StoredRun] = ()
) -> Picture:
    """Draw Δ of one parameter (name, scan, colour)."""
    import pandas as pd
    from matplotlib.ticker import FuncFormatter, LogLocator

    figure, axes = figures.new(5.6, 4.2)
    axis = scans[0][1].axes[0]
    frames = []
    for name, scan, tone in scans:
        figures.curve(axes, scan.axes[0].values, scan.delta(), name, tone)
        frames.append(frame(scan.axes, name, delta=scan.delta()))
    for run in stored:
        for cl in levels:
            critical = critical_values(run, [axis], cl)
            figures.curve(axes, axis.values, critical, f"{run.name}, {100 * cl:g} % (toys)", "grey", "dashed")
            frames.append(frame([axis], f"{run.name}, {100 * cl:g} %", critical=critical))
    top = figures.wilks(max(levels), 1)
    with style():
        for cl in levels:
            limit = figures.wilks(cl, 1)
            axes.axhline(limit, color=COLOURS["grey"], linewidth=0.8, linestyle="dotted")
            axes.annotate(
                f"{100 * cl:g} %",
                (1.0, limit),
                xytext=(-3.0, 2.0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                fontsize=8.5,
                ha="right",
            )
        axes.set(xlabel=axis_label(axis), ylabel="Δ above the minimum", ylim=(0.0, 2.0 * top))
        axes.set_xlim(axis.low, axis.high)
        if axis.log:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(numticks=12))
            axes.xaxis.set_major_formatter(FuncFormatter(figures.power))
            axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, position: ""))
            axes.set_xlim(axis.low, axis.high)
    figures.legend(figure, axes, columns=2)
    return Picture(figure, pd.concat(frames, ignore_index=True))
