"""Lines of flight from a source through bodies of revolution: what a 1/L² average over volumes needs.

With L the distance from a point of the source, dV/L² = dL dΩ: along a ray every length inside the target has
the same weight. So the average is over rays alone (points of the source and directions, Gauss–Legendre and,
in azimuth, the midpoint rule), and the lengths at which a ray is inside each body are found exactly. All
bodies have the z axis as their axis; lengths are in m.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.array_store import Arrays, stored
from nuanomaly.likelihood.read_only import read_only
from nuanomaly.model.probabilities import Array

SHAPES = ("cylinder", "sphere", "point")


@dataclass(frozen=True)
class Solid:
    """A convex body around the z axis.

    Attributes
    ----------
    shape : {"cylinder", "sphere", "point"}
    radius, z_low, z_high : float
        In m; a sphere reaches from ``z_low`` to ``z_high``, a point lies at ``z_low`` = ``z_high``.
    """

    shape: str
    radius: float
    z_low: float
    z_high: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise UnknownNameError("shape", self.shape, SHAPES)
        height = self.z_high - self.z_low
        wrong = {
            "cylinder": self.radius <= 0.0 or height <= 0.0,
            "sphere": self.radius <= 0.0 or abs(height - 2.0 * self.radius) > 1e-9,
            "point": self.radius != 0.0 or height != 0.0,
        }
        if wrong[self.shape]:
            raise NuanomalyError(
                f"a {self.shape} cannot have radius {self.radius}, z {self.z_low} to {self.z_high} m"
            )

    def crossing(self, start: Array, direction: Array) -> tuple[Array, Array]:
        """Return the distances at which rays enter and leave, shape (N,); equal where a ray misses the body.

        Parameters
        ----------
        start, direction : arrays, shape (N, 3)
            Points in m and unit vectors. A ray begins at distance 0.
        """
        x, v = [start[:, 0], start[:, 1]], [direction[:, 0], direction[:, 1]]
        if self.shape != "cylinder":
            x, v = [*x, start[:, 2] - 0.5 * (self.z_low + self.z_high)], [*v, direction[:, 2]]
        # coordinate by coordinate: a sum over an axis of two or three takes several times as long
        a, b, c = _product(v, v), _product(x, v), _product(x, x) - self.radius**2
        discriminant = b * b - a * c
        root = np.sqrt(np.maximum(discriminant, 0.0))
        # a ray along the axis of a cylinder is inside its mantle everywhere or nowhere
        along = a < 1e-24
        endless = np.where(along & (c < 0.0), np.inf, 0.0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            enter = np.where(along, -endless, (-b - root) / a)
            leave = np.where(along, endless, (-b + root) / a)
            if self.shape == "cylinder":
                bottom, top = ((z - start[:, 2]) / direction[:, 2] for z in (self.z_low, self.z_high))
                enter = np.maximum(enter, np.fmin(bottom, top))
                leave = np.minimum(leave, np.maximum(bottom, top))
        enter, leave = np.maximum(enter, 0.0), np.maximum(leave, 0.0)
        hit = ((discriminant > 0.0) | along) & (leave > enter)
        return np.where(hit, enter, 0.0), np.where(hit, leave, 0.0)


def _product(x: Sequence[Array], y: Sequence[Array]) -> Array:
    """Return the scalar product of vectors that are given by their coordinates, each of shape (N,)."""
    return np.asarray(sum((a * b for a, b in zip(x[1:], y[1:], strict=True)), start=x[0] * y[0]))


@dataclass(frozen=True)
class Volume:
    """The points inside ``body`` and outside every one of ``holes``."""

    body: Solid
    holes: tuple[Solid, ...] = ()

    def segments(self, start: Array, direction: Array) -> list[tuple[int, Array, Array]]:
        """Return signed intervals of distance, (sign, from, to), that add up to what lies inside the volume.

        Inclusion and exclusion: body − body∩hole + body∩hole∩hole … ; the intersection of convex bodies is
        one interval of a ray.
        """
        body = self.body.crossing(start, direction)
        holes = [hole.crossing(start, direction) for hole in self.holes]
        items = []
        for number in range(len(holes) + 1):
            for chosen in combinations(holes, number):
                enter = np.maximum.reduce([body[0], *(h[0] for h in chosen)])
                leave = np.minimum.reduce([body[1], *(h[1] for h in chosen)])
                items.append(((-1) ** number, enter, np.maximum(enter, leave)))
        return items


@dataclass(frozen=True)
class Nodes:
    """Numbers of quadrature nodes.

    Attributes
    ----------
    radius, height : int
        Gauss–Legendre nodes in r² and z of the source (one each for a point).
    polar : int
        Gauss–Legendre nodes in cos θ of the direction.
    azimuth : int
        Midpoint nodes in the angle between direction and source point, 0 to π (one for a point on the axis).
    length : int
        Bins of equal width in L.
    """

    radius: int
    height: int
    polar: int
    azimuth: int
    length: int


@lru_cache(maxsize=1)  # of several targets around one source
def rays(source: Solid, nodes: Nodes) -> tuple[Array, Array, Array]:
    """Return rays that leave the source isotropically from everywhere: starts, directions, weights.

    Returns
    -------
    tuple of arrays, shapes (N, 3), (N, 3), (N,)
        Points in m, unit vectors, and weights of sum 1.

    Raises
    ------
    NuanomalyError
        If the source is neither a cylinder nor a point.
    """
    if source.shape == "sphere":
        raise NuanomalyError("a source is a cylinder or a point")
    extended = source.shape == "cylinder"
    r2, w_r = _gauss(nodes.radius if extended else 1, 0.0, source.radius**2)
    z, w_z = _gauss(nodes.height if extended else 1, source.z_low, source.z_high)
    cosine, w_c = _gauss(nodes.polar, -1.0, 1.0)
    turns = nodes.azimuth if extended else 1
    angle = (np.arange(turns) + 0.5) * np.pi / turns
    grids = np.meshgrid(np.sqrt(r2), z, cosine, angle, indexing="ij")
    r, z, cosine, angle = (g.ravel() for g in grids)
    weight = np.einsum("i,j,k,l->ijkl", w_r, w_z, w_c, np.full(turns, 1.0 / turns)).ravel()
    sine = np.sqrt(1.0 - cosine**2)
    start = np.stack([r, np.zeros_like(r), z], axis=1)
    direction = np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine], axis=1)
    return read_only((start, direction, weight))


def _gauss(number: int, low: float, high: float) -> tuple[Array, Array]:
    """Return Gauss–Legendre nodes on an interval, and weights of sum 1."""
    x, w = np.polynomial.legendre.leggauss(number)
    return 0.5 * (low + high) + 0.5 * (high - low) * x, 0.5 * w


@lru_cache(maxsize=64)
def lengths(source: Solid, target: Volume, nodes: Nodes) -> tuple[Array, Array]:
    """Return how distances from source to target are distributed, each volume element weighted with 1/L².

    Found once in a process: all modes of a release share its geometry.

    Returns
    -------
    tuple of arrays, shape (nodes.length,)
        The mid points of equal bins of L in m, and their weights of sum 1 (exact for the rays taken); both
        are read-only.
    """
    middles, share = _lengths(source, target, nodes)
    return read_only((middles, share))


@stored
def _lengths(source: Solid, target: Volume, nodes: Nodes) -> Arrays:
    start, direction, weight = rays(source, nodes)
    segments = target.segments(start, direction)
    edges = np.linspace(0.0, max(leave.max() for _, _, leave in segments), nodes.length + 1)
    ends = [(sign, _Ramps(enter, weight), _Ramps(leave, weight)) for sign, enter, leave in segments]
    share = _shares(edges, ends)
    # holes leave distances that do not occur at both ends: all bins go to those that do
    used = np.flatnonzero(share > 1e-12 * share.max())
    edges = np.linspace(edges[used[0]], edges[used[-1] + 1], nodes.length + 1)
    share = _shares(edges, ends)
    return 0.5 * (edges[1:] + edges[:-1]), share / share.sum()


class _Ramps:
    """Σ weight · max(0, edge − begin) as a function of edges; sorted once."""

    def __init__(self, begin: Array, weight: Array) -> None:
        order = np.argsort(begin)
        self.begin, weight = begin[order], weight[order]
        self.zeroth = np.concatenate([[0.0], np.cumsum(weight)])
        self.first = np.concatenate([[0.0], np.cumsum(weight * self.begin)])

    def __call__(self, edges: Array) -> Array:
        below = np.searchsorted(self.begin, edges)
        return np.asarray(edges * self.zeroth[below] - self.first[below])


def _shares(edges: Array, ends: Sequence[tuple[int, _Ramps, _Ramps]]) -> Array:
    """Return the length of the segments in each bin, summed over weighted rays."""
    total = np.zeros(edges.size)
    for sign, enter, leave in ends:
        total += sign * (enter(edges) - leave(edges))
    return np.diff(total)


def moment(source: Solid, target: Volume, nodes: Nodes, power: int) -> float:
    """Return ∫ dV L^(power−2) / 4π, averaged over the source.

    ``power=0`` is the mean path length in m (the rate is activity · density · cross section · path),
    ``power=2`` the volume over 4π in m³.

    Examples
    --------
    >>> sphere, middle = Solid("sphere", 2.0, -2.0, 2.0), Solid("point", 0.0, 0.0, 0.0)
    >>> round(moment(middle, Volume(sphere), Nodes(1, 1, 8, 1, 1), 0), 12)
    2.0
    """
    start, direction, weight = rays(source, nodes)
    total = 0.0
    for sign, enter, leave in target.segments(start, direction):
        total += sign * float(weight @ (leave ** (power + 1) - enter ** (power + 1))) / (power + 1)
    return total


def volume(rows: Sequence[tuple[str, Solid]], name: str) -> Volume:
    """Return the volume made of rows ``(role, solid)``: one ``body``, and any number of ``hole``.

    Raises
    ------
    NuanomalyError
        If there is not exactly one body, or a role is neither.
    """
    bodies = [solid for role, solid in rows if role == "body"]
    holes = tuple(solid for role, solid in rows if role == "hole")
    if len(bodies) != 1 or len(bodies) + len(holes) != len(rows):
        raise NuanomalyError(f"volume {name!r} needs one row with role 'body'; all others have role 'hole'")
    return Volume(bodies[0], holes)
