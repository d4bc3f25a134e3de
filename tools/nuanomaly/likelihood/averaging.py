"""Averages of a user's probability over intervals of L/E, to a stated error of the statistic.

A node of many responses stands for an interval of L/E. A sum of waves is averaged over it in closed form; of
any other function only values are known. They are taken at 1, 2, 4, … points of each interval (Gauss's rule)
until the statistic no longer moves by more than :data:`TOLERANCE`. What is compared is not the statistic
alone, which may agree by chance: the change of each node's average counts with its absolute weight, in several
patterns of signs. A rule that resolves the waves is wrong by far less than it differs from the coarser one,
and one that does not differs from it at every node. So what is stated is larger than the error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array, Model, NotApplicableError

#: How far the statistic may move when points are doubled.
TOLERANCE = 0.01
#: The largest number of points in an interval.
LARGEST = 64
#: How many probabilities at nodes are held at once.
_HELD = 2_000_000

#: (outputs, numbers of the points they belong to) → statistic.
Valued = Callable[[Array, "np.ndarray[tuple[int], np.dtype[np.intp]]"], Array]


@dataclass(eq=False)
class _Part:
    """A channel while its averages are refined."""

    channel: Channel
    factor: Array | None
    P: Array

    def scaled(self, outputs: Array, rows: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> Array:
        """Return outputs times the channel's strength."""
        if self.factor is None:
            return outputs
        factor = np.broadcast_to(self.factor, (max(self.factor.size, rows.max() + 1),))
        return outputs * factor[rows, None]


def settled(
    response: Response,
    model: Model,
    parameters: Mapping[str, Array],
    interaction: Mapping[str, Array],
    statistic: Valued,
    release: str,
) -> tuple[Array, Array]:
    """Return outputs (P, n_out) of a model that is sampled, and the stated errors of the statistic (P,).

    Parameters
    ----------
    response : Response
    model : Model
    parameters, interaction : mappings of arrays, shape (P,)
    statistic : callable
        The statistic, nuisances profiled, of outputs (p, n_out) of some of the points.
    release : str
        For the message.

    Raises
    ------
    NotApplicableError
        If the statistic still moves at the largest number of points.
    """
    total = max((v.size for v in (*parameters.values(), *interaction.values())), default=1)
    width = sum(channel.E.size for channel in response.channels)
    step = max(1, _HELD // max(1, width))
    outputs, errors = [], []
    for start in range(0, total, step):
        cut = slice(start, start + step)
        rows = np.arange(start, min(total, start + step))
        chunk = {k: v if v.size == 1 else v[cut] for k, v in parameters.items()}
        own = {k: v if v.size == 1 else v[cut] for k, v in interaction.items()}
        found, stated = _chunk(response, model, chunk, own, lambda o, r, at=rows: statistic(o, at[r]), release)
        outputs.append(found)
        errors.append(stated)
    return np.concatenate(outputs), np.concatenate(errors)


def _chunk(
    response: Response,
    model: Model,
    parameters: Mapping[str, Array],
    interaction: Mapping[str, Array],
    statistic: Valued,
    release: str,
) -> tuple[Array, Array]:
    points = max((v.size for v in (*parameters.values(), *interaction.values())), default=1)
    every = np.arange(points)
    full = {k: np.broadcast_to(v, (points,)) for k, v in parameters.items()}
    outputs, parts = np.zeros((points, response.n_out)), []
    for channel in response.channels:
        factor = channel.factor(interaction)
        if factor is not None and not factor.any():
            continue
        model.check(channel.initial, channel.antineutrino, channel.nodes, full)
        closed = channel.closed(model, full)
        P = channel.sampled(model, full, 1) if closed is None else closed
        part = _Part(channel, factor, np.broadcast_to(P, (points, channel.E.size)))
        outputs += part.scaled(channel.weighted(part.P), every)
        if closed is None and channel.extended:
            parts.append(part)
    stated = np.zeros(points)
    left, number = every, 1
    while parts and left.size:
        number *= 2
        chosen = {k: v[left] for k, v in full.items()}
        change, before = np.zeros((left.size, response.n_out)), outputs[left]
        for part in parts:
            finer = np.broadcast_to(part.channel.sampled(model, chosen, number), (left.size, part.channel.E.size))
            step = finer - part.P
            outputs[left] += part.scaled(part.channel.weighted(step), left)
            change += np.abs(part.scaled(_sized(part.channel, step), left))
            part.P = finer
        stated[left] = _spread(outputs[left], before, change, lambda o, at=left: statistic(o, at))
        open_ = stated[left] > TOLERANCE
        if number >= LARGEST and open_.any():
            _refuse(model, response, full, int(left[np.argmax(stated[left])]), float(stated[left].max()), release)
        for part in parts:
            part.P = part.P[open_]
        left = left[open_]
    return outputs, stated


def _sized(channel: Channel, step: Array) -> Array:
    """Return what changes of probabilities (P, N) add to each output at most."""
    return np.asarray((channel.weight_sizes @ np.abs(step).T).T, float)


def _spread(outputs: Array, before: Array, change: Array, statistic: Callable[[Array], Array]) -> Array:
    """Return how far the statistic may be moved by changes of the outputs, shape (P,)."""
    value = statistic(outputs)
    signs = np.where(np.random.default_rng(outputs.shape[1]).random(outputs.shape[1]) < 0.5, -1.0, 1.0)
    moved = [statistic(o) - value for o in (before, outputs + change, outputs + signs * change)]
    return np.asarray(np.max(np.abs(moved), axis=0))


def _refuse(
    model: Model,
    response: Response,
    parameters: Mapping[str, Array],
    point: int,
    moved: float,
    release: str,
) -> None:
    """Say where a function cannot be averaged.

    Raises
    ------
    NotApplicableError
    """
    widest = max((c for c in response.channels if c.extended), key=lambda c: float(np.max(c.nodes.half_width)))
    place = int(np.argmax(widest.nodes.half_width))
    x, half = float(widest.L_over_E[place]), float(widest.nodes.half_width[place])  # type: ignore[index]
    values = ", ".join(f"{name} = {float(v[point]):g}" for name, v in parameters.items())
    splittings = [
        f"{p.name}·L/E = {float(parameters[p.name][point]) * x:.3g} ± {float(parameters[p.name][point]) * half:.2g} eV² m/MeV"
        for p in model.parameters
        if p.unit == "eV**2" and p.default is None
    ]
    phase = f" ({', '.join(splittings)})" if splittings else ""
    raise NotApplicableError(
        f"not applicable: {release}: {LARGEST} points in an interval of L/E = {x:.3g} ± {half:.2g} m/MeV{phase} do "
        f"not average {model.name!r} at {values}: the statistic still moves by {moved:.2g}. Are L in m and E in "
        "MeV? A model that declares its waves is averaged exactly (nuanomaly.model.wave_model)"
    )
