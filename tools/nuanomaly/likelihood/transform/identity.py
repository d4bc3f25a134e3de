"""The outputs are the prediction; declared nuisances scale it by a fraction per bin, or shift it."""

from dataclasses import dataclass
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import (
    Column,
    completed,
    one_of,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.model.probabilities import Array


@one_of("fraction", "shift")
class Effect(TypedDict):
    """What one unit of a nuisance adds."""

    nuisance: Annotated[str, "Id of a declared nuisance."]
    fraction: NotRequired[
        Annotated[
            float | Column,
            "∂ln μ/∂ξ: how much of each bin's prediction one unit of the nuisance adds; one number, or a "
            "column "
            "with one per bin.",
        ]
    ]
    shift: NotRequired[
        Annotated[
            float | Column,
            "∂μ/∂ξ: how much one unit of the nuisance adds to each bin, whatever the prediction is; one "
            "number, or "
            "a column with one per bin. A relative error that scales the measurement is a shift by the "
            "measured "
            "value: profiled, it is the covariance σ² d dᵀ.",
        ]
    ]


class Options(TypedDict):
    """Options of the transform."""

    effects: NotRequired[Annotated[list[Effect], {"default": []}, "How nuisances change the prediction."]]


@dataclass(frozen=True, eq=False)
class Identity(Transform):
    """μ = outputs, ∂μ/∂ξ_k = fraction_k · μ + shift_k."""

    size: int
    fractions: Array
    shifts: Array | float = 0.0

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return self.size

    def __call__(self, outputs: Array) -> Prediction:
        """Return the outputs as the prediction."""
        return Prediction(outputs, outputs[:, :, None] * self.fractions + self.shifts)


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> Identity:
    """Build from a declaration (see the module)."""
    sizes = {how: np.zeros((response.n_out, len(nuisances))) for how in ("fraction", "shift")}
    for effect in config["effects"]:
        if effect["nuisance"] not in nuisances.ids:
            raise UnknownNameError("nuisance", effect["nuisance"], nuisances.ids, release.id)
        how: Literal["shift", "fraction"] = "shift" if "shift" in effect else "fraction"
        size = effect[how]
        sizes[how][:, nuisances.ids.index(effect["nuisance"])] = (
            release.numbers(size) if isinstance(size, dict) else size
        )
    return Identity(response.n_out, sizes["fraction"], sizes["shift"])
