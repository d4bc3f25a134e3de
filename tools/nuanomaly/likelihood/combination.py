"""Many points as combinations of few, for probabilities that are polynomials in some of their parameters.

Outputs are linear in the probabilities, and most functions are polynomials of the first or second degree in
their mixings (sin²2θ, |Uα4|²), whatever else is in them. On a grid, such a function then has to be asked only
at the different values of its other parameters, with two or three values of each mixing; all points follow by
Lagrange's formula, as do their outputs.

Nothing is declared for that: mixings are found by probing, and what follows is compared with the function
itself, at every point at a few nodes that are spread over L/E, and at a few points at very many nodes. Where
anything differs by more than rounding (a mixing that is cut off, a threshold, a random number), all points
are asked for as ever. So they are where a function refuses a combination that nobody asked for.

Values outside of 0 to 1 are refused wherever the function is asked: every combination at all nodes, every
point at the few nodes, the few points at very many. A polynomial of the first degree in each of its mixings
is largest and smallest at the combinations, so that nothing escapes; one of the second degree that is in
range at its three values leaves it by an eighth at most in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.channel import Channel
from nuanomaly.model.probabilities import Array, Model, Nodes

Index = NDArray[np.intp]

#: Fewer points than this are asked for themselves, as are more, unless combinations are so many times fewer.
_MANY, _SPARED = 256, 2
#: At how many nodes every point is compared, at how many points very many nodes, and at how many of these.
_NODES, _POINTS, _SPREAD = 8, 32, 512
#: How many values are probed of a parameter, and at how many points.
_VALUES, _PLACES = 5, 4
#: What rounding makes of a polynomial, in units of the largest probability.
_ROUNDING = 1e-11
#: Degrees of polynomials, and how many parameters are taken at most.
_DEGREES, _MOST = (1, 2), 4


@dataclass(frozen=True, eq=False)
class Combination:
    """Points (P,) as weighted sums of others (R,), of which T in a row belong to a group of points.

    Attributes
    ----------
    parameters, interaction : mapping of arrays, shape (R,)
        The others.
    group : array of int, shape (P,)
        Which T of them a point is made of.
    weights : array, shape (P, T)
    """

    parameters: Mapping[str, Array]
    interaction: Mapping[str, Array]
    group: Index
    weights: Array

    @property
    def each(self) -> int:
        """How many others a point is made of."""
        return int(self.weights.shape[1])

    def __len__(self) -> int:
        return int(self.group.size and (self.group.max() + 1) * self.each)

    def first(self, point: int) -> int:
        """Return the first of the others that a point is made of."""
        return int(self.group[point]) * self.each

    def __call__(self, values: Array) -> Array:
        """Return what values of the others give at the points, shapes (R, n) → (P, n)."""
        return values if self.each == 1 else np.asarray(self._matrix(self.weights, len(values)) @ values)

    def bound(self, sizes: Array) -> Array:
        """Return how large at most errors of the others are at the points, shapes (R, n) → (P, n)."""
        return sizes if self.each == 1 else np.asarray(self._matrix(np.abs(self.weights), len(sizes)) @ sizes)

    def _matrix(self, weights: Array, others: int) -> "scipy.sparse.csr_array":
        place = self.group[:, None] * self.each + np.arange(self.each)
        start = np.arange(0, weights.size + 1, self.each)
        return scipy.sparse.csr_array((weights.ravel(), place.ravel(), start), shape=(len(weights), others))

    def restricted(self, rows: Index) -> "tuple[Combination, Index]":
        """Return the combination of some of the points, and which of the others are left."""
        if self.each == 1:  # made of themselves
            groups, own = self.group[rows], np.arange(rows.size)
        else:
            groups, own = np.unique(self.group[rows], return_inverse=True)
        kept = (groups[:, None] * self.each + np.arange(self.each)).ravel()
        parameters, interaction = (
            {k: v[kept] for k, v in given.items()} for given in (self.parameters, self.interaction)
        )
        return Combination(parameters, interaction, own.ravel(), self.weights[rows]), kept

    def batches(self, rows: Index, step: int) -> "Iterator[tuple[Index, Combination]]":
        """Yield points with what they are made of: so many others at a time, or one group."""
        if self.each == 1:
            for k in range(0, rows.size, step):
                yield rows[k : k + step], self.restricted(rows[k : k + step])[0]
            return
        ordered = rows[np.argsort(self.group[rows], kind="stable")]
        starts = np.flatnonzero(np.diff(self.group[ordered], prepend=-1))
        for part in np.split(ordered, starts[:: max(1, step // self.each)][1:]):
            if part.size:
                yield part, self.restricted(part)[0]


def themselves(parameters: Mapping[str, Array], interaction: Mapping[str, Array], total: int) -> Combination:
    """Return points (P,) that are made of themselves."""
    return Combination(parameters, interaction, np.arange(total), np.ones((total, 1)))


def combination(model: Model, channels: Sequence[Channel], points: Combination) -> Combination | None:
    """Return points as combinations of fewer; None if the model is no such polynomial, or little is spared.

    Parameters
    ----------
    points : Combination
        Points made of themselves.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> from nuanomaly.model.function import FunctionModel
    >>> def lost(initial, final, antineutrino, L, E, *, share, length):
    ...     return 1.0 - share * np.exp(-L / length) if initial == final else 0.0 * L
    >>> share, length = (m.ravel() for m in np.meshgrid(np.linspace(0.0, 1.0, 40), np.linspace(1.0, 2.0, 20)))
    >>> points = themselves({"share": share, "length": length}, {}, share.size)
    >>> fewer = combination(FunctionModel(lost), likelihood("best").response.channels, points)
    >>> share.size, fewer.parameters["share"].size
    (800, 40)
    """
    if points.group.size < _MANY:
        return None
    given = {**points.parameters, **points.interaction}
    coded = {name: np.unique(values, return_inverse=True) for name, values in given.items()}
    codes = {name: place.ravel() for name, (values, place) in coded.items() if values.size > 1}
    probed = _transitions(model, channels, points)
    if not probed or not codes.keys() & points.parameters.keys():
        return None
    try:
        with np.errstate(all="ignore"):  # of what a function says where nobody asked it
            degrees = _degrees(model, probed, points.parameters, codes)
            fewer = _fewest(points, degrees, codes)
            agrees = fewer is not None and _agrees(model, probed, points, fewer)
    except NuanomalyError:
        return None
    return fewer if agrees else None


@dataclass(frozen=True, eq=False)
class _Probed:
    """A transition, and nodes at which it is looked at: a few, and very many."""

    asked: tuple[str, str, bool]
    few: Nodes
    many: Nodes

    def values(self, model: Model, nodes: Nodes, parameters: Mapping[str, Array]) -> Array:
        """Return P at nodes, shape (P, N)."""
        points = max((v.size for v in parameters.values()), default=1)
        initial, final, antineutrino = self.asked
        P = model.probability(initial, final, antineutrino, nodes.L, nodes.E, nodes.known, **parameters)
        return np.broadcast_to(P, (points, nodes.E.size))


def _transitions(model: Model, channels: Sequence[Channel], points: Combination) -> list[_Probed]:
    """Return what is asked of a model; nothing if it averages anything in closed form."""
    one = {name: values[:1] for name, values in points.parameters.items()}
    grouped: dict[tuple[str, str, bool, tuple[str, ...]], list[Nodes]] = {}
    for channel in channels:
        if channel.closed(model, one) is not None:
            return []
        nodes = channel.nodes
        key = (channel.initial, channel.final, channel.antineutrino, tuple(sorted(nodes.known)))
        grouped.setdefault(key, []).append(nodes)
    return [
        _Probed(key[:3], _chosen(together, _NODES), _chosen(together, _SPREAD))
        for key, together in ((key, _joined(nodes)) for key, nodes in grouped.items())
    ]


def _joined(parts: Sequence[Nodes]) -> Nodes:
    known = {name: np.concatenate([np.asarray(p.known[name]) for p in parts]) for name in parts[0].known}
    return Nodes(np.concatenate([p.L for p in parts]), np.concatenate([p.E for p in parts]), None, known)


def _chosen(nodes: Nodes, count: int) -> Nodes:
    """Return so many of the nodes, spread over L/E."""
    order = np.argsort(nodes.L / nodes.E, kind="stable")
    place = order[np.unique(np.linspace(0, order.size - 1, count).astype(int))]
    return Nodes(nodes.L[place], nodes.E[place], None, {k: v[place] for k, v in nodes.known.items()})


def _degrees(
    model: Model, probed: Sequence[_Probed], parameters: Mapping[str, Array], codes: Mapping[str, Index]
) -> dict[str, int]:
    """Return in which parameters all transitions seem to be polynomials, and of which degree."""
    total = next(iter(parameters.values())).size
    rows = np.linspace(0, total - 1, _PLACES).astype(int).repeat(_VALUES)
    degrees = {}
    for name in (n for n in parameters if n in codes):
        low, high = parameters[name].min(), parameters[name].max()
        # the ends, the middle, and elsewhere
        values = np.tile(low + (high - low) * np.array([0.0, 0.5, 1.0, 0.23, 0.71]), _PLACES)
        at = {k: v[rows] for k, v in parameters.items()} | {name: values}
        P = [one.values(model, one.few, at).reshape(_PLACES, _VALUES, -1) for one in probed]
        for degree in _DEGREES:
            if all(_follows(p, values[:_VALUES], degree) for p in P):
                degrees[name] = degree
                break
    return degrees


def _follows(P: Array, values: Array, degree: int) -> bool:
    """Say whether P (places, values, nodes) is a polynomial of a degree in the values."""
    own = [0, 2] if degree == 1 else [0, 1, 2]
    return _same(np.einsum("vk,pkn->pvn", _lagrange(values, values[own]), P[:, own]), P)


def _same(one: Array, two: Array) -> bool:
    return bool(np.abs(one - two).max(initial=0.0) <= _ROUNDING * np.abs(two).max(initial=0.0))


def _lagrange(values: Array, nodes: Array) -> Array:
    """Return the weights of nodes (K,) that give a polynomial at values (P,), shape (P, K).

    Examples
    --------
    >>> _lagrange(np.array([0.25]), np.array([0.0, 1.0]))
    array([[0.75, 0.25]])
    """
    weights = np.ones((values.size, nodes.size))
    for k, m in product(range(nodes.size), repeat=2):
        if k != m:
            weights[:, k] *= (values - nodes[m]) / (nodes[k] - nodes[m])
    return weights


def _fewest(
    points: Combination, degrees: Mapping[str, int], codes: Mapping[str, Index]
) -> Combination | None:
    """Return the points as combinations in the parameters that spare most; None if that is little."""
    total = points.group.size
    fewest: float = total / _SPARED
    best: tuple[dict[str, int], Index, Index] | None = None
    for count in range(1, min(_MOST, len(degrees)) + 1):
        for names in combinations(degrees, count):
            place: Index = np.zeros(total, np.intp)
            for name in (n for n in codes if n not in names):
                # counted anew each time, so that the products stay small
                _, place = np.unique(place * (codes[name].max() + 1) + codes[name], return_inverse=True)
            _, first, group = np.unique(place, return_index=True, return_inverse=True)
            needed = first.size * prod(degrees[n] + 1 for n in names)
            if needed < fewest:
                fewest, best = needed, ({n: degrees[n] for n in names}, first, group.ravel())
    return _made(points, *best) if best else None


def _made(points: Combination, degrees: Mapping[str, int], first: Index, group: Index) -> Combination:
    """Return the combination, from a point of each group and the group of each point."""
    weights, chosen = np.ones((points.group.size, 1)), []
    for name, degree in degrees.items():
        values = points.parameters[name]
        nodes = np.linspace(values.min(), values.max(), degree + 1)
        own = _lagrange(values, nodes)
        weights = (weights[:, :, None] * own[:, None, :]).reshape(len(weights), -1)
        chosen.append(nodes)
    tensor = np.array(list(product(*chosen)))
    each = len(tensor)
    parameters, interaction = (
        {k: v[first].repeat(each) for k, v in given.items()}
        for given in (points.parameters, points.interaction)
    )
    parameters |= {name: np.tile(tensor[:, k], first.size) for k, name in enumerate(degrees)}
    return Combination(parameters, interaction, group, weights)


def _agrees(model: Model, probed: Sequence[_Probed], points: Combination, fewer: Combination) -> bool:
    """Say whether combinations give what the model gives: at all points, and at some points at many nodes."""
    rows = np.unique(np.linspace(0, points.group.size - 1, _POINTS).astype(int))
    some, own = points.restricted(rows)[0], fewer.restricted(rows)[0]

    def agree(one: _Probed, nodes: Nodes, exact: Combination, made: Combination) -> bool:
        P = one.values(model, nodes, exact.parameters)
        return _same(made(one.values(model, nodes, made.parameters)), P)

    return all(agree(one, one.few, points, fewer) and agree(one, one.many, some, own) for one in probed)
