"""BESTIOLE, summation of 2023 (arXiv:2304.14992): fluxes per fission of four isotopes, and of activation."""

from pathlib import Path

import numpy as np
import pandas as pd

from importers._daya_bay_release import FOLDER as RELEASE
from importers._daya_bay_release import Files
from importers._inverse_beta_decay import total
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

FOLDER = "reactor/flux_bestiole_2023"
ISOTOPES = ("u235", "u238", "pu239", "pu241")
ACTIVATION = ("u239", "np239")
#: Energies in MeV of the table of the cross section: from its threshold on.
_SECTION = np.round(np.concatenate([[1.806], np.arange(1.81, 12.305, 0.01)]), 3)
_DIGITS = 8


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    section = total(_SECTION, Files(originals / RELEASE).constants)
    return {
        "flux": _together(originals / FOLDER, ISOTOPES),
        "activation": pd.concat([_alone(originals / FOLDER, name) for name in ACTIVATION], ignore_index=True),
        "cross-section": pd.DataFrame(
            {"energy": _SECTION, "cross_section": [float(f"{x:.{_DIGITS}g}") for x in section]}
        ),
    }


def _alone(folder: Path, name: str) -> pd.DataFrame:
    frame = read_text(folder / f"bestiole_{name}.txt", ["energy", "spectrum"], ",")
    frame.insert(0, "isotope", name)
    return frame


def _together(folder: Path, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the spectra of several files, which must have the same energies, side by side."""
    frames = {name: read_text(folder / f"bestiole_{name}.txt", ["energy", name], ",") for name in names}
    first = frames[names[0]]["energy"]
    for name, frame in frames.items():
        if not frame["energy"].equals(first):
            raise NuanomalyError(f"{folder}: the energies of {name} are not those of {names[0]}")
    return pd.DataFrame({"energy": first, **{name: frame[name] for name, frame in frames.items()}})
