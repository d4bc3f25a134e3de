"""Terms that a release adds to its χ² for what other experiments know of a parameter of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.model.known_names import UnnamedParameterError, value_of
from nuanomaly.model.probabilities import Array, Model, NotApplicableError


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
    >>> from nuanomaly.model.registry import model
    >>> atmospheric(model("3nu"), points).round(9).tolist()
    [0.0, 1.0]
    """

    factors: Mapping[str, float]
    value: float
    sigma: float
    absolute: bool = False

    def __call__(self, model: Model, points: Mapping[str, Array], release: str = "") -> Array | float:
        """Return the term, shape (P,); zero for a model without these parameters, where it is a constant.

        Raises
        ------
        NotApplicableError
            If the model may have one of them under a name of its own, and does not say so.
        """
        values = {}
        for name in self.factors:
            try:
                values[name] = value_of(model, name, points)
            except UnnamedParameterError as error:
                raise NotApplicableError(
                    f"not applicable: {release or 'the release'} has a prior on {name}, which the model "
                    f"{model.name!r} has under no such name: {error}"
                ) from None
        known = {name: value for name, value in values.items() if value is not None}
        if len(known) < len(values):
            return 0.0
        total = sum(factor * np.asarray(known[name]) for name, factor in self.factors.items())
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
