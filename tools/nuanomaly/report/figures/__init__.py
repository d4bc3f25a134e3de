"""Figures as this field draws them: allowed regions, spectra over stacked backgrounds, ratios.

Every function draws on axes that :func:`new` made and returns nothing; captions, which say what the regions
are and when the data were taken, are added by :meth:`nuanomaly.report.context.Page.figure`.
"""

from nuanomaly.report.figures.canvas import (
    LABELS,
    band,
    curve,
    legend,
    new,
    note,
    percent,
    points,
    power,
    wilks,
)
from nuanomaly.report.figures.planes import (
    Kind,
    best_fit,
    chains,
    ellipse,
    plane,
    published,
    region,
    scan,
    upright,
)
from nuanomaly.report.figures.spectra import ladder, spectrum, uncertainty

__all__ = [
    "LABELS",
    "Kind",
    "band",
    "best_fit",
    "chains",
    "curve",
    "ellipse",
    "ladder",
    "legend",
    "new",
    "note",
    "percent",
    "plane",
    "points",
    "power",
    "published",
    "region",
    "scan",
    "spectrum",
    "uncertainty",
    "upright",
    "wilks",
]
