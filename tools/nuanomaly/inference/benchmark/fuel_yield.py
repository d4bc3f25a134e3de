"""The yield of inverse beta decay that fluxes predict for a mixture of isotopes, or its error.

Σ_i f_i Y_i in 1e-43 cm²/fission, with Y_i as in the kind ``predicted-yield``. The error is that of the
normalisations, √(Σ_ij f_i Y_i σ_i C_ij σ_j f_j Y_j): it reads the tables that a likelihood takes its priors
from.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import (
    NotNegative,
    TableName,
    completed,
    rules,
)
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.predicted_yield import Folded, of_isotope


class Uncertainties(TypedDict):
    """Uncertainties of the normalisations; needed for the error."""

    table: Annotated[TableName, "Table with a row per isotope."]
    column: Annotated[str, "Its column of relative standard deviations."]


@rules(
    **{
        "if": {"properties": {"which": {"const": "error"}}},
        "then": {"required": ["uncertainties", "inverse_correlation"]},
    }
)
class Options(Folded):
    """Options of the benchmark."""

    shares: Annotated[
        dict[str, Annotated[NotNegative, {"maximum": 1}]],
        {"minProperties": 1},
        "Share of the fissions by isotope.",
    ]
    which: Annotated[
        Literal["value", "error"], "The yield, or the error from the normalisations of the isotopes."
    ]
    uncertainties: NotRequired[Uncertainties]
    inverse_correlation: NotRequired[
        Annotated[TableName, "Their inverse correlation, in the order of the rows; needed for the error."]
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the yield, or its error.

    Raises
    ------
    UnknownNameError
        For an isotope without a flux or an uncertainty.
    """
    parts = {
        isotope: share * of_isotope(config, config["flux"], isotope, release)
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
