"""One data set of a global fit: the side it is on, how its statistic is held, and its own parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.dependence import Dependence, Names, combined
from nuanomaly.inference.global_fit import draws
from nuanomaly.inference.objective import Objective
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model


@dataclass(frozen=True)
class OwnParameters:
    """Parameters that a data set has for itself.

    Attributes
    ----------
    names : tuple of str
        The last one may sit at its lower limit.
    starts : tuple of tuple of float
        Points of expansion.
    steps : tuple of float
        Of differences.
    limits : tuple of (float, float)
    fixed : mapping
        Other parameters of the model.
    coarse : (int, int) or None
        Points of Δm² and mixing at which it is evaluated what fitting them gains over holding them; the
        statistic with them held has axes of its own. None: they are fitted at all points of the part's axes.
    highest : float or None
        The largest mixing of these points; above it, the gain is that of the same Δm² there.
    """

    names: tuple[str, ...]
    starts: tuple[tuple[float, ...], ...]
    steps: tuple[float, ...]
    limits: tuple[tuple[float, float], ...]
    fixed: Mapping[str, float] = field(default_factory=dict)
    coarse: tuple[int, int] | None = None
    highest: float | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """One data set of a global fit.

    Attributes
    ----------
    name : str
    likelihood : Likelihood
    model : Model
    depends : {"e", "mu", "product"}
        The mixing it is read over; what else it depends on is left out, and said so.
    names : tuple of str
        What its model calls the splitting and both mixings.
    skeleton : (int, int) or None
        Hypotheses and training toys, where the statistic has no form of few features.
    own : OwnParameters or None
    fixed : mapping
        Parameters of the model that are held; own parameters too, where what fitting them gains is apart.
    coarse : (int, int) or None
        Points of Δm² and mixing at which it is evaluated; between them it is read by splines.
    """

    name: str
    likelihood: Likelihood
    model: Model
    depends: Dependence
    names: Names
    skeleton: tuple[int, int] | None = None
    own: OwnParameters | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)
    coarse: tuple[int, int] | None = None

    @cached_property
    def objective(self) -> Objective:
        """What it is evaluated with."""
        return Objective(self.likelihood, self.model, self._held)

    @cached_property
    def held(self) -> "Part":
        """The same with its own parameters held, if it is said where."""
        return replace(self, own=None)

    @cached_property
    def fitted(self) -> "Part":
        """The same with its own parameters free at every point."""
        return replace(self, fixed={}, coarse=None) if self.gains else self

    @property
    def gains(self) -> bool:
        """Whether it is apart what fitting its own parameters gains over holding them."""
        return self.own is not None and self.own.coarse is not None

    @property
    def _held(self) -> dict[str, float]:
        return {**self.fixed, **(self.own.fixed if self.own else {})}

    def points(self, dm2: Array, mixing: Array, own: Sequence[float] = ()) -> dict[str, Array]:
        """Return complete points at Δm² and its mixing (P,), the product for appearance."""
        none = np.zeros_like(mixing)
        electron, muon = {
            "e": (mixing, none),
            "mu": (none, mixing),
            "product": (np.sqrt(mixing), np.sqrt(mixing)),
        }[self.depends]
        free = dict(zip(self.names, (dm2, electron, muon), strict=True))
        if self.own:
            free |= {n: np.full(dm2.size, float(v)) for n, v in zip(self.own.names, own, strict=True)}
        return self.objective.points({n: v for n, v in free.items() if n not in self._held})

    @property
    def data(self) -> Array:
        """The observed data."""
        values = self.likelihood.data
        if values is None:
            raise NuanomalyError(f"{self.name}: no toys can be made of {self.likelihood.release}")
        return values

    def draw(self, truth: Mapping[str, float], own: Sequence[float] = ()) -> draws.Draw:
        """Return how its toys follow from normal numbers at a truth, which has a value of each name."""
        dm2, mixing = self.place(truth)
        return draws.draw(self.likelihood, self.model, self.points(np.array([dm2]), np.array([mixing]), own))

    def place(self, truth: Mapping[str, float]) -> tuple[float, float]:
        """Return the splitting and the mixing that it is read over at a truth."""
        splitting, first, second = (truth[name] for name in self.names)
        return splitting, combined(self.depends, first, second)

    def best(self, dm2: float, mixing: float) -> tuple[float, ...]:
        """Return its own parameters where they fit its data best at a hypothesis; none if it has none."""
        at = dm2, mixing
        if at not in self._best:
            self._best[at] = self._searched(dm2, mixing) if self.own else ()
        return self._best[at]

    @cached_property
    def _best(self) -> dict[tuple[float, float], tuple[float, ...]]:
        return {}

    def _searched(self, dm2: float, mixing: float) -> tuple[float, ...]:
        assert self.own is not None
        from scipy.optimize import minimize

        limits, steps = np.array(self.own.limits), np.array(self.own.steps)

        def value(eta: Array) -> float:
            inside = np.clip(eta, limits[:, 0], limits[:, 1])
            outside = float((((eta - inside) / steps) ** 2).sum())
            point = self.points(np.array([dm2]), np.array([mixing]), inside.tolist())
            return float(self.objective.likelihood.value(self.model, point)[0]) + outside

        best = min(
            (
                minimize(
                    value,
                    start,
                    method="Nelder-Mead",
                    options={
                        "xatol": 1e-5,
                        "fatol": 1e-5,
                        "initial_simplex": np.array(start) + np.vstack([0 * steps, 2.0 * np.diag(steps)]),
                    },
                )
                for start in self.own.starts
            ),
            key=lambda content: float(content.fun),
        )
        return tuple(np.clip(best.x, limits[:, 0], limits[:, 1]).tolist())
