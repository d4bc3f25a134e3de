"""Nodes and weights: how a probability becomes a number per bin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.kernels import Kernels, Weights
from nuanomaly.likelihood.algebra.lines import Lines
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Model, Nodes, Transition
from nuanomaly.model.waves import Array

#: How many probabilities at nodes are held at once (doubles).
_CHUNK = 131_072


@dataclass(frozen=True, eq=False)
class Channel:
    """One production-and-detection channel of a response.

    Attributes
    ----------
    initial, final : str
        Flavours ``e``, ``mu``, ``tau``, ``sterile``, or ``active`` (final only).
    antineutrino : bool
        ν̄ instead of ν.
    interaction : str
        ``CC``, ``NC``, ``CEvNS`` or ``ES``.
    L, E : arrays, shape (N,)
        Baseline in m and neutrino energy in MeV of each node.
    weights : array or CSR array, shape (n_out, N)
        What one unit of probability at a node adds to each output.
    node : mapping of arrays, shape (N,)
        What else the release knows of a node: ``half_length`` (of source and detector along the line of
        sight, in m), ``process`` (``fission``, ``electron-capture``, ``muon-decay``, ``pion-decay`` or
        ``decay-in-flight``), ``isotope``, ``sigma_E`` (resolution of the energy in MeV), ``density`` (of the
        matter on the way in g/cm³). A name that the release does not know is absent.
    phase_constant : float
        The constant the release was made with; L is rescaled so that models use the CODATA value.
    strength : callable or None
        Factor of the whole channel as a function of the interaction parameters (arrays of shape (P,)).
    half_width : array or None, shape (N,)
        Half of the interval of L/E, in m/MeV, that a node stands for and lies in the middle of: probabilities
        are averaged over it, waves in closed form. So few nodes are right at every Δm², and fast ones average
        out; without it, a node is a point.
    collapsible : bool
        Whether waves may be made from nodes collapsed in L/E
        (see :mod:`nuanomaly.likelihood.algebra.collapse`) where that is less work: for events, of which there
        are many. Probabilities without expansion are still made node by node.
    slow_below : float
        Δm² in eV² below which waves are read off a series in Δm² (see
        :mod:`nuanomaly.likelihood.algebra.chebyshev`): for fits of small splittings, where each point has its
        own. Zero: none are.
    """

    initial: str
    final: str
    antineutrino: bool
    interaction: str
    L: Array
    E: Array
    weights: Weights
    node: Mapping[str, Array] = field(default_factory=dict)
    phase_constant: float = PHASE
    strength: Callable[[Mapping[str, Array]], Array] | None = None
    label: str = ""
    half_width: Array | None = None
    collapsible: bool = False
    slow_below: float = 0.0

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return int(self.weights.shape[0])

    @cached_property
    def effective_L(self) -> Array:
        """Baselines in m, rescaled by ``phase_constant`` / CODATA."""
        return np.asarray(self.L * (self.phase_constant / PHASE), float)

    @property
    def L_over_E(self) -> Array:
        """Rescaled L/E in m/MeV."""
        return self.kernels.L_over_E

    @cached_property
    def max_L_over_E(self) -> float:
        """The largest L/E in m/MeV."""
        return float(self.L_over_E.max())

    @property
    def total(self) -> Array:
        """Outputs at probability one, shape (n_out,)."""
        return self.kernels.total

    @cached_property
    def nodes(self) -> Nodes:
        """The nodes as models are asked for them: rescaled baselines, intervals, what is known."""
        scale = self.phase_constant / PHASE
        half = None if self.half_width is None else np.asarray(self.half_width, float) * scale
        return Nodes(self.effective_L, np.asarray(self.E, float), half, self.node)

    @cached_property
    def kernels(self) -> Kernels:
        """The sums of waves over the nodes."""
        return Kernels(self.nodes, self.weights, self.collapsible, self.slow_below)

    def kernel(self, dm2: Array, wave: str = "sin2") -> Array:
        """Return W·sin²φ (or W·sin 2φ for ``wave="sin"``) at each Δm² in eV², shape (M, n_out)."""
        return self.kernels.kernel(dm2, wave)

    def forget(self) -> None:
        """Forget all waves that were summed over these nodes."""
        self.kernels.forget()

    def factor(self, interaction: Mapping[str, Array]) -> Array | None:
        """Return the channel's strength at interaction parameters, shape (P,); None if it has none."""
        return None if self.strength is None else np.asarray(self.strength(interaction), float)

    def outputs(
        self, model: Model, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the channel's outputs, shape (P, n_out).

        Probabilities of a model without expansion are taken at four points of each interval of L/E, unless it
        averages them itself; :mod:`nuanomaly.likelihood.averaging` takes as many as it needs.
        """
        factor = self.factor(interaction)
        if factor is not None and not factor.any():
            return np.zeros((factor.size, self.n_out))
        expansion = model.expansion(
            self.initial, self.final, self.antineutrino, self.max_L_over_E, parameters
        )
        values = self._from_nodes(model, parameters) if expansion is None else self.kernels.outputs(expansion)
        if factor is not None:
            values = values * factor[:, None]
        return values

    def _from_nodes(self, model: Model, parameters: Mapping[str, Array]) -> Array:
        points = max((v.size for v in parameters.values()), default=1)
        step = max(1, _CHUNK // self.E.size)
        parts: list[Array] = []
        for start in range(0, points, step):
            chunk = {k: v[start : start + step] for k, v in parameters.items()}
            known = self.closed(model, chunk)
            parts.append(self.weighted(self.sampled(model, chunk, 4) if known is None else known))
        return np.concatenate(parts)

    def weighted(self, P: Array) -> Array:
        """Return the outputs of probabilities at the nodes, shapes (P, N) → (P, n_out)."""
        return self.kernels.weighted(P)

    @cached_property
    def weight_sizes(self) -> Weights:
        """|W|: what an error of a probability adds to each output at most."""
        return np.asarray(np.abs(self.weights)) if isinstance(self.weights, np.ndarray) else abs(self.weights)

    @property
    def lines(self) -> Lines | None:
        """The nodes as lines of equal energy, where they form few long ones."""
        return self.kernels.lines

    @property
    def extended(self) -> bool:
        """Whether any node stands for an interval of L/E."""
        return self.half_width is not None and bool(np.any(self.half_width))

    def closed(self, model: Model, parameters: Mapping[str, Array]) -> Array | None:
        """Return P at the nodes, averaged in closed form, shape (P, N), or None if it is not known."""
        asked = Transition(self.initial, self.final, self.antineutrino, self.max_L_over_E)
        return model.averaged(asked, self.nodes, parameters)

    def sampled(self, model: Model, parameters: Mapping[str, Array], number: int) -> Array:
        """Return P at the nodes, shape (P, N), averaged by Gauss's rule over so many points of L.

        The energy stays fixed in the interval of L/E; where nodes are points, they are asked for as such.
        """
        initial, final, antineutrino = self.initial, self.final, self.antineutrino
        L, E, half, node = self.nodes
        if half is None or not self.extended:
            return np.asarray(model.probability(initial, final, antineutrino, L, E, node, **parameters))
        total: Array | float = 0.0
        for place, weight in zip(*_gauss(number), strict=True):
            at = L + place * half * E
            P = model.probability(initial, final, antineutrino, at, E, node, **parameters)
            total = total + 0.5 * weight * P
        return np.asarray(total)


@lru_cache(maxsize=16)
def _gauss(number: int) -> tuple[list[float], list[float]]:
    """Return places between −1 and 1 and weights of Gauss's rule."""
    places, weights = np.polynomial.legendre.leggauss(number)
    return places.tolist(), weights.tolist()


def flavours(channel: str) -> tuple[str, str, bool]:
    """Return (initial, final, antineutrino) of a declared channel; the final one may be ``active``.

    Raises
    ------
    NuanomalyError
        If the text is not ``INITIAL->FINAL`` of neutrinos, or of antineutrinos.

    Examples
    --------
    >>> flavours("numubar->nuebar")
    ('mu', 'e', True)
    """
    names = channel.split("->")
    antineutrino = names[0].endswith("bar")
    known = {f"nu{f}{'bar' if antineutrino else ''}": f for f in ("e", "mu", "tau")}
    final = {**known, "active": "active", "sterile": "sterile"}
    if len(names) != 2 or names[0] not in known or names[1] not in final:
        raise NuanomalyError(
            f"{channel!r} is no channel: write INITIAL->FINAL, such as numu->nue or nuebar->nuebar"
        )
    return known[names[0]], final[names[1]], antineutrino
