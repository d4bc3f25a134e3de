"""Terms that a release adds to its χ² for what other experiments know of a parameter of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.model.probabilities import Array


@dataclass(frozen=True)
class Penalty:
    """((Σ_k f_k p_k − value) / sigma)², the sum taken absolute where its sign is not known.

    Attributes
    ----------
    factors : mapping
        f_k by the name of the parameter.
    value, sigma : float
        In the unit of the sum.
    absolute : bool

    Examples
    --------
    >>> atmospheric = Penalty({"dm2_31": 1.0, "dm2_21": -1.0}, 2.5e-3, 0.5e-3, absolute=True)
    >>> points = {"dm2_31": np.array([2.575e-3, -2.925e-3]), "dm2_21": np.array([7.5e-5, 7.5e-5])}
    >>> atmospheric(points).round(9).tolist()
    [0.0, 1.0]
    """

    factors: Mapping[str, float]
    value: float
    sigma: float
    absolute: bool = False

    def __call__(self, points: Mapping[str, Array]) -> Array | float:
        """Return the term, shape (P,); zero for a model without these parameters, where it is a constant."""
        if not set(self.factors) <= set(points):
            return 0.0
        total = np.sum([factor * points[name] for name, factor in self.factors.items()], axis=0)
        return np.asarray((((np.abs(total) if self.absolute else total) - self.value) / self.sigma) ** 2)


def penalties(declared: Sequence[Mapping[str, Any]]) -> tuple[Penalty, ...]:
    """Return the penalties declared under ``penalties``."""
    return tuple(
        Penalty(
            {str(name): float(factor) for name, factor in entry["parameters"].items()},
            float(entry["value"]),
            float(entry["sigma"]),
            bool(entry.get("absolute", False)),
        )
        for entry in declared
    )
