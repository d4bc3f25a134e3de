"""A figure together with the numbers behind it, and the parts that all figures share."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.durable import write_output
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.question import Question
from nuanomaly.report.drawing import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Formats of a saved figure.
FORMATS = ("pdf", "png", "svg")
#: Colours of data sets, in the order they are drawn, and of all of them together.
TONES, JOINT = ("blue", "vermillion", "green", "orange", "purple", "sky"), "black"
#: What the sum of all data sets is called.
TOGETHER = "all together"


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and the numbers behind it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    table : pandas.DataFrame
        What was drawn.
    """

    figure: "Figure"
    table: "pd.DataFrame"

    def save(self, path: str | Path) -> tuple[Path, Path]:
        """Write the figure (the suffix says the format) and, beside it, the numbers as CSV.

        Raises
        ------
        NuanomalyError
            For a suffix that is none of ``.pdf``, ``.png``, ``.svg``.
        """
        file = Path(path)
        if file.suffix.lstrip(".") not in FORMATS:
            raise NuanomalyError(f"{file.name}: a figure is saved as .pdf, .png or .svg")
        dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
        drawn = io.BytesIO()
        with style():
            self.figure.savefig(drawn, format=file.suffix[1:], dpi=200, metadata=dates.get(file.suffix))
        numbers = file.with_suffix(".csv")
        write_output(file, drawn.getvalue())
        write_output(numbers, self.table.to_csv(index=False).encode())
        return file, numbers

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with style():
            self.figure.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def parts(what: Question) -> list[tuple[str, Question, str]]:
    """Return name, question and colour of each side, and of all together if there are several."""
    sides = [(name, what.side(k), TONES[k % len(TONES)]) for k, name in enumerate(what.names)]
    return [*sides, (TOGETHER, what, JOINT)] if len(sides) > 1 else sides


def frame(axes: Sequence[Any], name: str, **columns: Any) -> "pd.DataFrame":
    """Return the points of a grid as rows, with arrays of its shape as columns."""
    import pandas as pd

    mesh = np.meshgrid(*(a.values for a in axes), indexing="ij")
    points = {a.name: m.ravel() for a, m in zip(axes, mesh, strict=True)}
    return pd.DataFrame({"data": name, **points, **{key: v.ravel() for key, v in columns.items()}})
