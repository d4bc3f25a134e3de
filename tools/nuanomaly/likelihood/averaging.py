"""Averages of a user's probability over intervals of L/E, to a stated error of the statistic.

A node of many responses stands for an interval of L/E. A sum of waves is averaged over it in closed form; of
any other function only values are known. They are taken at 1, 2, 4, … points of each interval (Gauss's rule)
until the statistic no longer moves by more than :data:`TOLERANCE`. What is compared is not the statistic
alone, which may agree by chance: the change of each node's average counts with its absolute weight, in
several patterns of signs. A rule that resolves the waves is wrong by far less than it differs from the
coarser one: by less than 0.3 d²/A, if d is the difference and A how far probabilities reach (two points for
one, a wave of small phase; more points are better still), and 4 d²/A is counted. A rule that does not resolve
them differs by about A at nearly every node, and d itself is counted. Where a few wide intervals decide, the
difference may be smaller than the error by chance, and four times what comes out is stated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.lines import DEGREES
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array, Model, NotApplicableError

#: How far the statistic may move when points are doubled.
TOLERANCE = 0.01
#: What is stated, in units of how far the statistic moved.
_SAFETY = 4.0
#: In units of d²/A, what a difference counts for that is small compared with how far probabilities reach.
_RESOLVED = 4.0
#: The largest number of points in an interval.
LARGEST = 256
#: How many probabilities at nodes are held at once: they stay in the cache.
_HELD = 131_072

#: (outputs, numbers of the points they belong to) → statistic.
Valued = Callable[[Array, NDArray[np.intp]], Array]


@dataclass(frozen=True, eq=False)
class Sampling:
    """What is averaged: a response, a model that is sampled, and what judges the outputs.

    Attributes
    ----------
    response : Response
    model : Model
    statistic : callable
        The statistic, nuisances profiled, of outputs (p, n_out) of some of the points.
    release : str
        For messages.
    """

    response: Response
    model: Model
    statistic: Valued
    release: str

    def settled(
        self, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        """Return outputs (P, n_out) and the stated errors of the statistic (P,).

        Parameters
        ----------
        parameters, interaction : mappings of arrays, shape (P,)

        Raises
        ------
        NotApplicableError
            If the statistic still moves at the largest number of points.
        """
        total = max((v.size for v in (*parameters.values(), *interaction.values())), default=1)
        width = sum(channel.E.size for channel in self.response.channels)
        step = max(1, _HELD // max(1, width))
        physics, strengths = (
            {k: np.broadcast_to(v, (total,)) for k, v in given.items()} for given in (parameters, interaction)
        )
        outputs, errors = along_lines(self, physics, strengths, total)
        left = np.flatnonzero(~(errors <= TOLERANCE))
        for rows in (left[k : k + step] for k in range(0, left.size, step)):
            own, factors = ({k: v[rows] for k, v in given.items()} for given in (physics, strengths))
            outputs[rows], errors[rows] = _Refinement(self, own, factors, rows).settled()
        return outputs, errors

    def spread(self, outputs: Array, change: Array, rows: NDArray[np.intp]) -> Array:
        """Return how far the statistic may be moved by changes of the outputs, shapes (p, n_out) → (p,)."""
        n = outputs.shape[1]
        signs = np.where(np.random.default_rng(n).random(n) < 0.5, -1.0, 1.0)
        tried = np.concatenate([outputs, outputs + change, outputs + signs * change])
        values = self.statistic(tried, np.tile(rows, 3)).reshape(3, -1)
        return np.asarray(_SAFETY * np.max(np.abs(values[1:] - values[0]), axis=0))


def along_lines(
    sampling: Sampling, parameters: Mapping[str, Array], interaction: Mapping[str, Array], total: int
) -> tuple[Array, Array]:
    """Return outputs (P, n_out) and stated errors (P,) from polynomials in the baseline; infinite: not known.

    See :mod:`nuanomaly.likelihood.algebra.lines`. Points that the largest degree does not settle are left.
    """
    outputs = np.zeros((total, sampling.response.n_out))
    errors = np.full(total, np.inf)
    channels = [(c, c.lines) for c in sampling.response.channels]
    left = np.arange(total if all(nodes is not None for _, nodes in channels) else 0)
    for degree in DEGREES:
        rules = [(channel, nodes.rule(degree)) for channel, nodes in channels if nodes is not None]
        step = max(1, _HELD // max(1, sum(rule.nodes.L.size for _, rule in rules)))
        for rows in [left[k : k + step] for k in range(0, left.size, step)]:
            own, strengths = ({k: v[rows] for k, v in given.items()} for given in (parameters, interaction))
            made, change = np.zeros((2, rows.size, outputs.shape[1]))
            for channel, rule in rules:
                factor = channel.factor(strengths)
                initial, final, antineutrino = channel.initial, channel.final, channel.antineutrino
                sampling.model.check(initial, antineutrino, channel.nodes, own)
                L, E, _, node = rule.nodes
                P = np.asarray(sampling.model.probability(initial, final, antineutrino, L, E, node, **own))
                P = np.broadcast_to(P, (rows.size, L.size))
                size = np.ones((1, 1)) if factor is None else factor[:, None]
                made += size * (P @ rule.weights.T)
                change += np.abs(size) * rule.change(P)
            outputs[rows], errors[rows] = made, sampling.spread(made, change, rows)
        left = left[errors[left] > TOLERANCE]
    return outputs, errors


class _Refinement:
    """Points whose averages are refined together.

    Attributes
    ----------
    outputs : array, shape (p, n_out)
    stated : array, shape (p,)
    """

    def __init__(
        self,
        sampling: Sampling,
        parameters: Mapping[str, Array],
        interaction: Mapping[str, Array],
        rows: NDArray[np.intp],
    ) -> None:
        self.sampling, self.parameters, self.rows = sampling, parameters, rows
        self.outputs = np.zeros((rows.size, sampling.response.n_out))
        self.stated = np.zeros(rows.size)
        #: Channels that are sampled: strengths (p,) and latest averages (open points, N).
        self.open: list[tuple[Channel, Array, Array]] = []
        model = sampling.model
        for channel in sampling.response.channels:
            factor = channel.factor(interaction)
            if factor is not None and not factor.any():
                continue
            strength = np.ones(rows.size) if factor is None else np.broadcast_to(factor, rows.shape)
            model.check(channel.initial, channel.antineutrino, channel.nodes, parameters)
            closed = channel.closed(model, parameters)
            P = self._whole(channel.sampled(model, parameters, 1) if closed is None else closed, rows.size)
            self.outputs += strength[:, None] * channel.weighted(P)
            if closed is None and channel.extended:
                self.open.append((channel, strength, P))

    @staticmethod
    def _whole(P: Array, points: int) -> Array:
        """Return P for all points, if it is the same at all of them."""
        return np.broadcast_to(P, (points, P.shape[1]))

    def settled(self) -> tuple[Array, Array]:
        """Return outputs and stated errors; points are doubled where they have to be."""
        left, number = np.arange(self.rows.size), 1
        while self.open and left.size:
            number *= 2
            change = np.zeros((left.size, self.outputs.shape[1]))
            refined = [self._finer(part, left, number, change) for part in self.open]
            self.stated[left] = self.sampling.spread(self.outputs[left], change, self.rows[left])
            moving = self.stated[left] > TOLERANCE
            if number >= LARGEST and moving.any():
                self._refuse(int(left[np.argmax(self.stated[left])]))
            self.open = [(c, s, P[moving]) for (c, s, _), P in zip(self.open, refined, strict=True)]
            left = left[moving]
        return self.outputs, self.stated

    def _finer(
        self, part: tuple[Channel, Array, Array], left: NDArray[np.intp], number: int, change: Array
    ) -> Array:
        """Return averages over so many points; outputs follow, and changes at all nodes are added up."""
        channel, strength, P = part
        chosen = {k: v[left] for k, v in self.parameters.items()}
        finer = self._whole(channel.sampled(self.sampling.model, chosen, number), left.size)
        factor, step = strength[left][:, None], finer - P
        size = np.abs(step)
        reach = np.ptp(finer, axis=1, keepdims=True)
        share = np.divide(_RESOLVED * size, reach, out=np.ones_like(size), where=reach > 0.0)
        size *= np.minimum(share, 1.0)
        self.outputs[left] += factor * channel.weighted(step)
        change += np.abs(factor) * np.asarray((channel.weight_sizes @ size.T).T, float)
        return finer

    def _refuse(self, point: int) -> None:
        """Say where a function cannot be averaged.

        Raises
        ------
        NotApplicableError
        """
        model, values = self.sampling.model, {k: float(v[point]) for k, v in self.parameters.items()}
        x, half = max(
            (self._widest(channel) for channel, _, _ in self.open), key=lambda interval: interval[1]
        )
        phases = [
            f"{p.name}·L/E = {values[p.name] * x:.3g} ± {values[p.name] * half:.2g} eV² m/MeV"
            for p in model.parameters
            if p.unit == "eV**2" and p.default is None
        ]
        phase = f" ({', '.join(phases)})" if phases else ""
        at = ", ".join(f"{p.name} = {values[p.name]:g}" for p in model.parameters if p.default is None)
        raise NotApplicableError(
            f"not applicable: {self.sampling.release}: {LARGEST} points in an interval of L/E = {x:.3g} ± "
            f"{half:.2g} m/MeV{phase} do not average {model.name!r} at {at}: the statistic still moves by "
            f"{float(self.stated[point]) / _SAFETY:.2g}. Are L taken in m and E in MeV? A model that "
            "declares its waves is averaged exactly (nuanomaly.model.wave_model)"
        )

    @staticmethod
    def _widest(channel: Channel) -> tuple[float, float]:
        """Return middle and half of the widest interval of L/E of a channel, in m/MeV."""
        halves = channel.nodes.half_width
        assert halves is not None  # only channels with intervals are sampled more than once
        place = int(np.argmax(halves))
        return float(channel.L_over_E[place]), float(halves[place])
