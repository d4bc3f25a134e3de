"""The yield of inverse beta decay that fluxes predict for a mixture of isotopes, or its error.

Σ_i f_i Y_i in 1e-43 cm²/fission, with Y_i as in the kind ``predicted-yield``. The error is that of the
normalisations, √(Σ_ij f_i Y_i σ_i C_ij σ_j f_j Y_j): it reads the tables that a likelihood takes its priors
from.

Config
------
flux, cross_section, window : as for the kind ``predicted-yield``
shares : {isotope: share of the fissions}
which : ``value`` or ``error``
uncertainties : {table, column}, relative σ in rows ``isotope`` (for ``error``)
inverse_correlation : table of C⁻¹, rows and columns in the order of ``uncertainties`` (for ``error``)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark import predicted_yield


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the yield, or its error.

    Raises
    ------
    UnknownNameError
        For an isotope without a flux or an uncertainty.
    """
    parts = {
        isotope: float(share) * predicted_yield.compute({**config, "isotope": isotope}, release)
        for isotope, share in config["shares"].items()
    }
    if config["which"] == "value":
        return sum(parts.values())
    said = config["uncertainties"]
    frame = release.table(said["table"]).set_index("isotope")
    for isotope in parts:
        if isotope not in frame.index:
            raise UnknownNameError("isotope", isotope, map(str, frame.index), f"{release.id} {said['table']}")
    sigma = frame[said["column"]].to_numpy(float)
    shifts = sigma * np.array([parts.get(str(isotope), 0.0) for isotope in frame.index])
    correlation = np.linalg.inv(release.matrix(config["inverse_correlation"]))
    return float(np.sqrt(shifts @ correlation @ shifts))
