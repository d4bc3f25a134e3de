"""What is minimised: a likelihood under a model, as a function of the free parameters alone."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nuanomaly.inference import remembered
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

        What data sets that share no nuisance add is computed apart, each over the axes it knows, and
        remembered (:mod:`~nuanomaly.inference.remembered`). Chunks depend on the grid alone, so that the same
        grid gives the same bits.
        """
        parts = self.likelihood.independent
        if len(parts) < 2 or not remembered.possible(self.model):
            return self._whole(axes, progress)
        arrays = []
        for done, part in enumerate(parts, 1):
            own, place = self._of(part, axes)
            arrays.append(np.reshape(own._whole([axes[k] for k in place]), _spread(axes, place)))
            if progress is not None:
                progress(size(axes) * done // len(parts), size(axes))
        return np.asarray(np.sum(np.broadcast_arrays(np.zeros([len(a) for a in axes]), *arrays), axis=0))

    def _of(self, part: Likelihood, axes: Sequence[Axis]) -> "tuple[Objective, list[int]]":
        """Return the objective of a part of the data, and which of the axes it knows."""
        known = {p.name for p in (*self.model.parameters, *part.interaction_parameters)}
        fixed = {name: value for name, value in self.fixed.items() if name in known}
        place = [k for k, a in enumerate(axes) if a.name in known]
        return Objective(part, self.model, fixed, self.without_prior), place

    def key(self, axes: Sequence[Axis]) -> Hashable | None:
        """Return what names the statistic on axes; None if it cannot be remembered."""
        return remembered.key(self.likelihood, self.model, self.fixed, self.without_prior, axes)

    def _whole(self, axes: Sequence[Axis], progress: Progress | None = None) -> Array:
        """Return the same, all data at once."""
        return remembered.GRIDS.once(self.key(axes), lambda: self._walked(axes, progress)).copy()

    def _walked(self, axes: Sequence[Axis], progress: Progress | None = None) -> Array:
        """Return the same, computed."""
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


def _spread(axes: Sequence[Axis], place: Sequence[int]) -> list[int]:
    """Return the shape of values over some of the axes, one long in the others."""
    return [len(a) if k in place else 1 for k, a in enumerate(axes)]
