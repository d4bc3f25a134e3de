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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.lines import DEGREES, Rule
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.combination import Combination, combination, themselves
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array, Model, Nodes, NotApplicableError

#: How far the statistic may move when points are doubled.
TOLERANCE = 0.01
#: What is stated, in units of how far the statistic moved.
_SAFETY = 4.0
#: In units of d²/A, what a difference counts for that is small compared with how far probabilities reach.
_RESOLVED = 4.0
#: Along a line, outputs that may change by more than this share of the largest one are not settled.
_FAR = 0.02
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
        physics, strengths = (
            {k: np.broadcast_to(v, (total,)) for k, v in given.items()} for given in (parameters, interaction)
        )
        points = themselves(physics, strengths, total)
        fewer = combination(self.model, self.response.channels, points)
        if fewer is not None:
            try:
                return self._settled(fewer)
            except NuanomalyError:  # nobody asked for the combination that is refused
                pass
        return self._settled(points)

    def _settled(self, points: Combination) -> tuple[Array, Array]:
        """Return outputs and stated errors of points made of others."""
        self._check(points)
        outputs, errors = along_lines(self, points)
        left = np.flatnonzero(~(errors <= TOLERANCE))
        width = sum(channel.E.size for channel in self.response.channels)
        for rows, own in points.batches(left, max(1, _HELD // max(1, width))):
            outputs[rows], errors[rows] = _Refinement(self, own, rows).settled()
        return outputs, errors

    def _check(self, points: Combination) -> None:
        """Refuse probabilities that add up to more than one."""
        for channel in self.response.channels:
            self.model.check(channel.initial, channel.antineutrino, channel.nodes, points.parameters)

    def spread(self, outputs: Array, change: Array, rows: NDArray[np.intp]) -> Array:
        """Return how far the statistic may be moved by changes of the outputs, shapes (p, n_out) → (p,)."""
        tried = np.concatenate([outputs, outputs + change, outputs + _signs(outputs.shape[1]) * change])
        values = self.statistic(tried, np.tile(rows, 3)).reshape(3, -1)
        return np.asarray(_SAFETY * np.max(np.abs(values[1:] - values[0]), axis=0))


@lru_cache(maxsize=64)
def _signs(n: int) -> Array:
    """Return a pattern of signs, shape (n,)."""
    return np.where(np.random.default_rng(n).random(n) < 0.5, -1.0, 1.0)


def along_lines(sampling: Sampling, points: Combination) -> tuple[Array, Array]:
    """Return outputs (P, n_out) and stated errors (P,) from polynomials in the baseline; infinite: not known.

    See :mod:`nuanomaly.likelihood.algebra.lines`. Points that the largest degree does not settle are left.
    """
    total = points.group.size
    outputs, errors = np.zeros((total, sampling.response.n_out)), np.full(total, np.inf)
    lines = [channel.lines for channel in sampling.response.channels]
    if any(nodes is None for nodes in lines):
        return outputs, errors
    channels = list(zip(sampling.response.channels, filter(None, lines), strict=True))
    step = max(1, _HELD // max(1, sum(nodes.rule(DEGREES[0]).nodes.L.size for _, nodes in channels)))
    for rows, own in points.batches(np.arange(total), step):
        known: list[Array | None] = [None] * len(channels)
        for degree in DEGREES:
            rules = [(channel, nodes.rule(degree)) for channel, nodes in channels]
            made, change, P = _of_degree(sampling.model, rules, own, known)
            outputs[rows] = made
            # what may change by so much is not settled, whatever the statistic says
            far = change.max(axis=1, initial=0.0) > _FAR * np.abs(made).max(axis=1, initial=0.0)
            near = np.flatnonzero(~far if degree < DEGREES[-1] else np.ones_like(far))
            if near.size:
                errors[rows[near]] = sampling.spread(made[near], change[near], rows[near])
            moving = np.flatnonzero(errors[rows] > TOLERANCE)
            if not moving.size:
                break
            own, kept = own.restricted(moving)
            rows, known = rows[moving], [values[kept] for values in P]
    return outputs, errors


def _of_degree(
    model: Model, rules: Sequence[tuple[Channel, Rule]], points: Combination, known: Sequence[Array | None]
) -> tuple[Array, Array, list[Array]]:
    """Return outputs (p, n_out) of polynomials of one degree, how far they may be off, and P of each channel.

    Parameters
    ----------
    known : sequence of array or None
        P of each channel in half the degree.
    """
    made: Array | float = 0.0
    change: Array | float = 0.0
    P: list[Array] = []
    for (channel, rule), coarser in zip(rules, known, strict=True):
        factor = channel.factor(points.interaction)
        size = np.ones((1, 1)) if factor is None else factor[:, None]
        P.append(rule.filled(coarser, _values(model, channel, points)))
        made = made + size * (P[-1] @ rule.weights.T)
        change = change + points.bound(np.abs(size) * rule.tails(P[-1])) @ rule.sizes.T
    return points(np.asarray(made)), np.asarray(change), P


def _values(model: Model, channel: Channel, points: Combination) -> Callable[[Nodes], Array]:
    """Return what gives P of the points at nodes, shape (p, N), so many at a time as stay in the cache."""

    def values(nodes: Nodes) -> Array:
        P, step = np.empty((len(points), nodes.L.size)), max(1, _HELD // nodes.L.size)
        for k in range(0, len(points), step):
            own = {name: v[k : k + step] for name, v in points.parameters.items()}
            P[k : k + step] = model.probability(
                channel.initial, channel.final, channel.antineutrino, nodes.L, nodes.E, nodes.known, **own
            )
        return P

    return values


class _Refinement:
    """Points whose averages are refined together."""

    def __init__(self, sampling: Sampling, points: Combination, rows: NDArray[np.intp]) -> None:
        self.sampling, self.points, self.rows = sampling, points, rows
        #: Of what the points are made of, shape (R, n_out).
        self.outputs = np.zeros((len(points), sampling.response.n_out))
        #: Channels that are sampled: strengths (R,) and latest averages (open ones, N).
        self.open: list[tuple[Channel, Array, Array]] = []
        model, parameters = sampling.model, points.parameters
        for channel in sampling.response.channels:
            factor = channel.factor(points.interaction)
            if factor is not None and not factor.any():
                continue
            strength = np.ones(len(points)) if factor is None else np.broadcast_to(factor, len(points))
            closed = channel.closed(model, parameters)
            P = self._whole(channel.sampled(model, parameters, 1) if closed is None else closed, len(points))
            self.outputs += strength[:, None] * channel.weighted(P)
            if closed is None and channel.extended:
                self.open.append((channel, strength, P))

    @staticmethod
    def _whole(P: Array, points: int) -> Array:
        """Return P for all points, if it is the same at all of them."""
        return np.broadcast_to(P, (points, P.shape[1]))

    def settled(self) -> tuple[Array, Array]:
        """Return outputs and stated errors of the points; nodes are doubled where they have to be."""
        outputs, stated = self.points(self.outputs), np.zeros(self.rows.size)
        left, number = np.arange(self.rows.size), 1
        points, inner = self.points, np.arange(len(self.points))
        while self.open and left.size:
            number *= 2
            change = np.zeros((inner.size, self.outputs.shape[1]))
            refined = [self._finer(part, inner, number, change) for part in self.open]
            outputs[left] = points(self.outputs[inner])
            stated[left] = self.sampling.spread(outputs[left], points.bound(change), self.rows[left])
            moving = np.flatnonzero(stated[left] > TOLERANCE)
            if number >= LARGEST and moving.size:
                worst = int(np.argmax(stated[left]))
                self._refuse(inner[points.first(worst)], float(stated[left[worst]]))
            left = left[moving]
            points, kept = points.restricted(moving)
            inner = inner[kept]
            self.open = [(c, s, P[kept]) for (c, s, _), P in zip(self.open, refined, strict=True)]
        return outputs, stated

    def _finer(
        self, part: tuple[Channel, Array, Array], inner: NDArray[np.intp], number: int, change: Array
    ) -> Array:
        """Return averages over so many nodes; outputs follow, and changes at all nodes are added up."""
        channel, strength, P = part
        chosen = {k: v[inner] for k, v in self.points.parameters.items()}
        finer = self._whole(channel.sampled(self.sampling.model, chosen, number), inner.size)
        factor, step = strength[inner][:, None], finer - P
        size = np.abs(step)
        reach = np.ptp(finer, axis=1, keepdims=True)
        share = np.divide(_RESOLVED * size, reach, out=np.ones_like(size), where=reach > 0.0)
        size *= np.minimum(share, 1.0)
        self.outputs[inner] += factor * channel.weighted(step)
        change += np.abs(factor) * np.asarray((channel.weight_sizes @ size.T).T, float)
        return finer

    def _refuse(self, point: int, stated: float) -> None:
        """Say where a function cannot be averaged.

        Raises
        ------
        NotApplicableError
        """
        model, values = self.sampling.model, {k: float(v[point]) for k, v in self.points.parameters.items()}
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
            f"{stated / _SAFETY:.2g}. Are L taken in m and E in MeV? A model that "
            "declares its waves is averaged exactly (nuanomaly.model.wave_model)"
        )

    @staticmethod
    def _widest(channel: Channel) -> tuple[float, float]:
        """Return middle and half of the widest interval of L/E of a channel, in m/MeV."""
        halves = channel.nodes.half_width
        assert halves is not None  # only channels with intervals are sampled more than once
        place = int(np.argmax(halves))
        return float(channel.L_over_E[place]), float(halves[place])
