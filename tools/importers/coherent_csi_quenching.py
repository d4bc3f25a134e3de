"""Quenching of CsI[Na]: measurements of the 2017 release, scintillation response of 2021."""

from pathlib import Path

import pandas as pd

from importers.coherent_csi_2017 import FOLDER as OLD
from importers.coherent_csi_2021 import FOLDER as NEW
from importers.coherent_csi_2021 import scintillation
from nuanomaly.archive.text import read_text


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release; the points of TUNL in order of their energy.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    chicago = read_text(
        originals / OLD / "qfData_chicago.txt", ("energy", "energy_error", "factor", "factor_error"), ","
    )
    tunl = read_text(
        originals / OLD / "qfData_tunl.txt",
        ("energy", "energy_plus", "energy_minus", "factor", "factor_plus", "factor_minus"),
        ",",
    )
    return {
        "chicago": chicago,
        "tunl": tunl.sort_values("energy").reset_index(drop=True),
        "scintillation": scintillation(originals / NEW / "scintRespCoefficients.txt"),
    }
