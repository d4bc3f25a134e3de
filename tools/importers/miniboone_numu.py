"""MiniBooNE, 0903.2465: νμ and ν̄μ candidates, covariance of their shape, and χ² tables."""

from pathlib import Path

import pandas as pd

from importers.miniboone import read
from nuanomaly.archive.errors import NuanomalyError

_FOLDER = "accelerator/miniboone_numudis_2009"
#: Mode of the archive: folder and word of the release.
_MODES = {"nu": ("fhcmode", "numu"), "nubar": ("rhcmode", "numubar")}


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``accelerator/``.

    Raises
    ------
    NuanomalyError
        If a file has not the shape it must have.
    """
    frames = {}
    for mode, (folder, word) in _MODES.items():
        base = originals / _FOLDER / folder
        frames[f"spectrum-{mode}"] = _spectrum(
            base / "miniboone_binboundaries_disap.txt", base / f"miniboone_{word}data_disap.txt"
        )
        matrix = read(base / f"miniboone_frac_shape_matrix_{word}_disap.txt", len(frames[f"spectrum-{mode}"]))
        frames[f"covariance-{mode}"] = pd.DataFrame(matrix, columns=[f"c{i}" for i in range(len(matrix))])
        points = read(base / f"{word}_chi2.txt", 3)
        frames[f"chi2-{mode}"] = pd.DataFrame(points, columns=["dm2_41", "sin2_2theta_mumu", "chi2"])
    return frames


def _spectrum(edges: Path, counts: Path) -> pd.DataFrame:
    """Return bins in GeV and counts."""
    borders, data = read(edges).ravel(), read(counts).ravel()
    if data.size != borders.size - 1:
        raise NuanomalyError(f"{counts}: {data.size} counts for {borders.size - 1} bins")
    return pd.DataFrame({"low": borders[:-1], "high": borders[1:], "data": data.astype("int64")})
