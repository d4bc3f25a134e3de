"""The plane of a question, in which toys are evaluated, and toys shared out to processes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nuanomaly.inference.engine import Plane
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Question
from nuanomaly.inference.resolution import resolved
from nuanomaly.inference.toys import blocks
from nuanomaly.inference.workers import Placement, run
from nuanomaly.model.probabilities import Array

#: Blocks of toys per piece of work.
_BLOCKS = 20


def plane_of(what: Question, extra: Mapping[str, Array] | None = None, gridded: bool = False) -> Plane:
    """Return the hypotheses of a question: its grid, with more splittings where minima would lie between.

    With ``gridded`` they are the points of the grid alone, and nothing is looked for between them.
    """
    what.check_felt()
    axes = what.axes
    if what.likelihood.data is not None and not gridded:
        axes = resolved(what.objective, axes, what.parameters)
    return Plane(what.objective, axes, what.parameters, extra or {}, what.axes, gridded)


def anchored(plane: Plane) -> Plane:
    """Return a plane whose last hypothesis is a point of its grid, if the model has none without oscillation.

    Tests of a point and of compatibility do not need that one, as with the three mixing angles.
    """
    if any(plane.known[axis.name].null is not None for axis in plane.axes):
        return plane
    middle = {axis.name: float(axis.values[len(axis) // 2]) for axis in plane.axes}
    known = {n: replace(p, null=middle[n]) if n in middle else p for n, p in plane.known.items()}
    return replace(plane, known=known)


def shared_out(
    piece: Any, payload: Any, key: str, toys: int, placement: Placement | None, progress: Progress | None
) -> Array:
    """Return what a piece of work gives for so many toys, made in blocks, side by side."""
    total = blocks(toys)
    arguments = [(first, min(_BLOCKS, total - first)) for first in range(0, total, _BLOCKS)]
    values = np.concatenate(run(piece, payload, arguments, key, placement, progress))
    return values[:toys]  # blocks are whole, and their random numbers the same however many are wanted
