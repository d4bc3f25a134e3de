"""CDHS and CCFR, 1984: ratios of two detectors as entered in public fitting codes, and contours of others."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nuanomaly.archive.text import read_csv, read_text

#: From here on the points of a contour are the frame of its figure.
_FRAME = 0.99


def tables(
    originals: Path, *, ratio: str, columns: Mapping[str, str], contour: str
) -> dict[str, pd.DataFrame]:
    """Return the tables of a release.

    Parameters
    ----------
    originals : pathlib.Path
    ratio : str
        File of the ratios.
    columns : mapping
        Its columns to those of the archive.
    contour : str
        File of points (sin²2θ, Δm²); those on the frame, at full mixing, are left out.
    """
    frame = read_csv(originals / ratio, columns)
    # the ratios are corrected for everything but oscillation
    frame["no_oscillation"] = 1.0
    points = read_text(originals / contour, ("sin2_2theta_mumu", "dm2_41"), separator=",")
    points = points[points["sin2_2theta_mumu"] < _FRAME].reset_index(drop=True)
    return {"ratio": frame, "contour": points[["dm2_41", "sin2_2theta_mumu"]]}
