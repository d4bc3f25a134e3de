"""The outputs are the prediction; declared nuisances scale it by a fraction per bin, or shift it.

Config
------
effects : optional list of {nuisance, fraction: number or {table, column}} or {nuisance, shift: …}
    fraction: ∂ln μ_bin/∂ξ, how much of each bin's prediction one unit of the nuisance adds.
    shift: ∂μ_bin/∂ξ, how much it adds whatever the prediction is. A relative error that scales the
    *measurement* is a shift by the measured value: profiled, it is the covariance σ² d dᵀ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.model.probabilities import Array


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


def build(config: Mapping[str, Any], release: Release, response: Response, nuisances: Nuisances) -> Identity:
    """Build from a declaration (see the module)."""
    sizes = {how: np.zeros((response.n_out, len(nuisances))) for how in ("fraction", "shift")}
    for effect in config.get("effects", ()):
        if effect["nuisance"] not in nuisances.ids:
            raise UnknownNameError("nuisance", effect["nuisance"], nuisances.ids, release.id)
        how = "shift" if "shift" in effect else "fraction"
        size = effect[how]
        if isinstance(size, Mapping):
            size = release.table(size["table"])[size["column"]].to_numpy(float)
        sizes[how][:, nuisances.ids.index(effect["nuisance"])] = size
    return Identity(response.n_out, sizes["fraction"], sizes["shift"])
