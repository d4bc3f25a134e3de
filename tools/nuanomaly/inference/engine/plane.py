"""The hypotheses that data and toys are minimised over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nuanomaly.inference.grid import Axis, points, size
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array, Parameter


@dataclass(frozen=True, eq=False)
class Plane:
    """The hypotheses: a grid of the free parameters, and no oscillation as the last one.

    Attributes
    ----------
    objective : Objective
    axes : tuple of Axis
    known : mapping of str to Parameter
    extra : mapping of arrays, shape (E,)
        More hypotheses, between the grid and no oscillation: the free parameters.
    asked : tuple of Axis, optional
        Axes of some of the points, if the grid has more of them so that no minimum lies between.
    gridded : bool
        Nothing is looked for between the points.
    """

    objective: Objective
    axes: tuple[Axis, ...]
    known: Mapping[str, Parameter]
    extra: Mapping[str, Array] = field(default_factory=dict)
    asked: tuple[Axis, ...] = ()
    gridded: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the grid."""
        return tuple(len(a) for a in self.axes)

    @property
    def size(self) -> int:
        """Points of the grid."""
        return size(self.axes)

    @property
    def null(self) -> int:
        """The index of no oscillation, the last hypothesis."""
        return self.size + max((v.size for v in self.extra.values()), default=0)

    @property
    def count(self) -> int:
        """All hypotheses: the grid, the extra ones, no oscillation."""
        return self.null + 1

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """The hypotheses of the grid that was asked for, row-major."""
        wanted = self.asked or self.axes
        kept = [np.searchsorted(a.values, w.values) for a, w in zip(self.axes, wanted, strict=True)]
        return np.asarray(np.ravel_multi_index(np.ix_(*kept), self.shape)).ravel()

    @cached_property
    def reported(self) -> NDArray[np.intp]:
        """The hypotheses that were asked for: of that grid, the extra ones, no oscillation."""
        return np.append(self.places, np.arange(self.size, self.count))

    @cached_property
    def coordinates(self) -> tuple[Array, ...]:
        """The coordinates of each axis in which χ² is most nearly quadratic: amplitudes as they are."""
        return tuple(a.internal(a.values) if self.known[a.name].null is None else a.values for a in self.axes)

    @cached_property
    def free(self) -> dict[str, Array]:
        """The free parameters at all hypotheses, shape (count,) each."""
        grid = points(self.axes, 0, self.size)
        null = null_point(self.axes, self.known, self.objective.model.name)
        none = np.zeros(0)
        return {name: np.concatenate([grid[name], self.extra.get(name, none), [null[name]]]) for name in grid}

    @cached_property
    def complete(self) -> dict[str, Array]:
        """All parameters at all hypotheses."""
        return self.objective.points(self.free)

    @cached_property
    def possible(self) -> NDArray[np.bool_]:
        """Where the model exists, shape (count,)."""
        return np.asarray(self.objective.model.allowed(self.complete))

    def point(self, index: int) -> dict[str, Array]:
        """Return all parameters at one hypothesis, shape (1,) each."""
        return {name: value[index : index + 1] for name, value in self.complete.items()}

    @property
    def amplitude(self) -> int | None:
        """Which axis is the only one whose parameter has a value without oscillation, or None."""
        nulls = [k for k, a in enumerate(self.axes) if self.known[a.name].null is not None]
        return nulls[0] if len(nulls) == 1 else None
