"""A survey as a chart."""

from collections.abc import Sequence

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.survey import Verdict
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.plotting.picture import Picture


def chart(verdicts: Sequence[Verdict]) -> Picture:
    """Draw the differences of a survey to three neutrinos as bars, those that prefer the model first."""
    import pandas as pd

    known = sorted((v for v in verdicts if v.delta is not None), key=lambda v: v.delta or 0.0)
    if not known:
        raise NuanomalyError("no release could be evaluated: there is nothing to draw")
    figure, axes = figures.new(7.3, 1.0 + 0.26 * len(known))
    deltas = np.array([v.delta or 0.0 for v in known])
    with style():
        tones = [COLOURS["blue" if d < 0 else "vermillion"] for d in deltas]
        axes.barh(np.arange(len(known)), deltas, color=tones)
        names = [v.release + (f":{v.mode}" if v.mode else "") for v in known]
        axes.set_yticks(np.arange(len(known)), names)
        axes.invert_yaxis()
        axes.set_xscale("symlog", linthresh=1.0)
        axes.axvline(0.0, color=COLOURS["black"], linewidth=0.8)
        axes.set_xlabel("Δ to three neutrinos (blue: the release prefers the model)")
    rows = [
        {
            "data": v.release,
            "mode": v.mode or "",
            "statistic": v.statistic,
            "value": v.value,
            "three_neutrinos": v.three_neutrinos,
            "delta": v.delta,
            "status": v.status,
            "reason": v.reason,
        }
        for v in verdicts
    ]
    return Picture(figure, pd.DataFrame(rows))
