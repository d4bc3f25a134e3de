"""What is minimised: a likelihood under a model, as a function of the free parameters alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nuanomaly.inference.grid import Axis, points, size, slowest_first
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model

#: Called with how many points are done, and how many there are.
Progress = Callable[[int, int], None]

#: How many entries of predictions and their derivatives are held at once.
_CHUNK = 2_000_000
#: A chunk is never smaller than this (small ones waste time) and, for the sake of progress bars and of
#: caches, never larger.
_SMALLEST, _LARGEST = 64, 4096


@dataclass(frozen=True, eq=False)
class Objective:
    """The statistic of a likelihood as a function of the free parameters.

    Attributes
    ----------
    likelihood : Likelihood
    model : Model
    fixed : mapping
        Values of the parameters that are not free and not at their default.
    without_prior : tuple of str
        Nuisances whose prior is left out (it is counted elsewhere).
    """

    likelihood: Likelihood
    model: Model
    fixed: Mapping[str, float] = field(default_factory=dict)
    without_prior: tuple[str, ...] = ()

    def points(self, free: Mapping[str, Array]) -> dict[str, Array]:
        """Return complete parameter points for values of the free parameters, shape (P,) each."""
        return self.likelihood.points(self.model, {**self.fixed, **free})

    def __call__(self, free: Mapping[str, Array]) -> Array:
        """Return the statistic, shape (P,); infinite where the model does not exist (Σ|U_α4|² > 1)."""
        complete = self.points(free)
        possible = self.model.allowed(complete)
        if possible.all():
            return self._value(complete)
        values = np.full(possible.shape, np.inf)
        if possible.any():
            values[possible] = self._value({k: v[possible] for k, v in complete.items()})
        return values

    def _value(self, complete: Mapping[str, Array]) -> Array:
        released = [name for name in self.without_prior if name in self.likelihood.nuisances.ids]
        if not released:
            return self.likelihood.value(self.model, complete)
        priors = self.likelihood.nuisances.without_prior(released)
        return self.likelihood.profiled(self.model, complete, priors)[0]

    @property
    def width(self) -> int:
        """Roughly how many numbers one point needs."""
        return max(1, self.likelihood.n_bins or 1) * (1 + len(self.likelihood.nuisances))

    @property
    def chunk(self) -> int:
        """How many points of a grid are evaluated at once."""
        return int(np.clip(_CHUNK // self.width, _SMALLEST, _LARGEST))

    def on(self, axes: Sequence[Axis], progress: Progress | None = None) -> Array:
        """Return the statistic on the grid of ``axes``, shape (len(a) for a in axes).

        Chunks depend on the grid alone, so that the same grid gives the same bits.
        """
        order = slowest_first(axes)
        walked = [axes[k] for k in order]
        total = size(walked)
        step = self.chunk
        values = np.empty(total)
        for start in range(0, total, step):
            stop = min(total, start + step)
            values[start:stop] = self(points(walked, start, stop))
            if progress is not None:
                progress(stop, total)
        return np.transpose(values.reshape([len(a) for a in walked]), np.argsort(order))
