"""A picture of a release: the drawing, its words, and the numbers behind it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nuanomaly.report import drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawn:
    """A picture.

    Attributes
    ----------
    name : str
        ``data``, ``region``, ``correlation``, …; unique within a release.
    svg : str
        An ``<svg>`` element; empty once it is a file of the site.
    alt : str
        What is seen, for readers who do not see it.
    caption : str
        What is seen and how it was made (Markdown).
    csv : str
        What was drawn, as a table (its file, once it is one); empty if a table of the release is that.
    """

    name: str
    svg: str
    alt: str
    caption: str
    csv: str = ""


def drawn(figure: "Figure", name: str, alt: str, caption: str, frame: "pd.DataFrame | None" = None) -> Drawn:
    """Return a finished figure as a picture."""
    table = "" if frame is None else frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    return Drawn(name, drawing.svg(figure, name, alt), alt, caption, table)
