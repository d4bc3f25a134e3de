"""Nodes and weights: how a probability becomes a number per bin."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.chebyshev import Series, series
from nuanomaly.likelihood.algebra.collapse import Collapsed, collapse
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array, Expansion, Model

Weights = Array | sparse.csr_array

#: How many sin² values are held at once (doubles) while kernels are made.
_CHUNK = 131_072
#: How many numbers (doubles) of kernels are remembered of a channel.
_REMEMBERED = 8_000_000
#: Places and shares at which a probability without expansion is averaged over a node's interval of L/E.
_GAUSS = (
    (-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526),
    (0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693),
)


class _Memory:
    """What was made of the nodes of a channel: kernels by wave and Δm², moments in cells of L/E."""

    def __init__(self) -> None:
        self.kernels: dict[tuple[str, float], Array] = {}
        self.collapsed: Collapsed | None = None
        self.slow: Series | None = None


#: By content of the nodes, as long as a channel with that content exists.
_MEMORIES: WeakValueDictionary[str, _Memory] = WeakValueDictionary()


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
        What else is known of a node (production process, source width, σ_E, density …).
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

    @cached_property
    def L_over_E(self) -> Array:
        """Rescaled L/E in m/MeV."""
        return np.ascontiguousarray(self.effective_L / self.E)

    @cached_property
    def max_L_over_E(self) -> float:
        """The largest L/E in m/MeV."""
        return float(self.L_over_E.max())

    @cached_property
    def _widths(self) -> tuple[Array, "np.ndarray[Any, np.dtype[np.intp]]"]:
        """Rescaled half widths, each once, and which of them each node has."""
        widths, which = np.unique(np.asarray(self.half_width, float), return_inverse=True)
        return widths * (self.phase_constant / PHASE), which

    @cached_property
    def total(self) -> Array:
        """Outputs at probability one, shape (n_out,)."""
        return np.asarray(self.weights.sum(axis=1), float).ravel()

    @cached_property
    def digest(self) -> str:
        """The sha256 of what kernels depend on: L/E, its intervals, weights."""
        weights = self.weights
        csr = () if isinstance(weights, np.ndarray) else (weights.data, weights.indices, weights.indptr)
        half = np.zeros(0) if self.half_width is None else self.half_width * (self.phase_constant / PHASE)
        found = hashlib.sha256(repr((weights.shape, self.collapsible, self.slow_below)).encode())
        for array in (self.L_over_E, half, *(csr or (weights,))):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    @cached_property
    def _memory(self) -> _Memory:
        """What is remembered of these nodes, shared by all channels of the same content."""
        return _MEMORIES.setdefault(self.digest, _Memory())

    @cached_property
    def collapsed(self) -> Collapsed | None:
        """The nodes collapsed in L/E; None where they are added up one by one."""
        if not self.collapsible or self.half_width is not None or isinstance(self.weights, np.ndarray):
            return None
        if self._memory.collapsed is None:
            self._memory.collapsed = collapse(self.L_over_E, self.weights)
        found = self._memory.collapsed
        return found if found.size < self.L_over_E.size else None

    @property
    def slow(self) -> Series:
        """The series that waves of small Δm² are read off."""
        if self._memory.slow is None:
            ends = self.L_over_E.copy()
            if self.half_width is not None:
                ends += self.half_width * (self.phase_constant / PHASE)
            dense: Any = self.weights
            scale: Array = np.asarray(abs(dense).sum(axis=1), float).ravel()
            self._memory.slow = series(self.by_node, self.slow_below, float(ends.max()), scale)
        return self._memory.slow

    def kernel(self, dm2: Array, wave: str = "sin2") -> Array:
        """Return W·sin²φ (or W·sin 2φ for ``wave="sin"``) at each Δm² in eV², shape (M, n_out)."""
        values, known = np.asarray(dm2, float), self._memory.kernels
        missing = np.array([v for v in dict.fromkeys(values.tolist()) if (wave, v) not in known])
        if len(known) + missing.size > max(1, _REMEMBERED // self.n_out):
            known.clear()
            missing = np.unique(values)
        few = self.collapsed
        bounded = np.zeros(missing.size, bool) if few is None else missing <= few.limit
        slow = (missing <= self.slow_below) & (wave == "sin2") & (self.slow_below > 0.0)
        made = [(missing[slow], self.slow.rows(missing[slow]))] if slow.any() else []
        missing, bounded = missing[~slow], bounded[~slow]
        made.append((missing[~bounded], self.by_node(missing[~bounded], wave)))
        if few is not None:
            made.append((missing[bounded], few.rows(missing[bounded], wave)))
        for part, rows in made:
            known.update({(wave, v): row for v, row in zip(part.tolist(), rows, strict=True)})
        return np.array([known[wave, v] for v in values.tolist()])

    def by_node(self, dm2: Array, wave: str = "sin2") -> Array:
        """Return the same as :meth:`kernel`, each node's wave by itself, and nothing remembered."""
        step = max(1, _CHUNK // self.L_over_E.size)
        parts = [
            self._weighted(self._waves(dm2[start : start + step], wave)) for start in range(0, dm2.size, step)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.n_out))

    def _weighted(self, waves: Array) -> Array:
        """Return W·waves transposed, shape (M, n_out), each row the same to the bit whatever M is."""
        if isinstance(self.weights, np.ndarray):
            # a matrix product adds in an order that depends on its size; a vector product does not
            return np.array([self.weights @ column for column in np.ascontiguousarray(waves.T)])
        return np.asarray((self.weights @ waves).T, float)

    def forget(self) -> None:
        """Forget all that was made of these nodes."""
        self._memory.kernels.clear()
        self._memory.collapsed = self._memory.slow = None
        self.__dict__.pop("collapsed", None)

    def _waves(self, dm2: Array, wave: str) -> Array:
        """Return sin²φ or sin 2φ at each Δm², averaged over the nodes' intervals of L/E, shape (N, M)."""
        # in place: the arrays are long, and writing new ones costs as much as the sine
        if self.half_width is None and wave == "sin2":
            waves = np.multiply.outer(self.L_over_E, PHASE * dm2)
            np.sin(waves, out=waves)
            waves *= waves
            return np.asarray(waves)
        waves = np.multiply.outer(self.L_over_E, 2.0 * PHASE * dm2)
        (np.cos if wave == "sin2" else np.sin)(waves, out=waves)
        if self.half_width is not None:
            widths, which = self._widths
            waves *= np.sinc(np.multiply.outer(widths, 2.0 * PHASE * dm2 / np.pi))[which]
        if wave == "sin2":
            waves *= -0.5
            waves += 0.5
        return np.asarray(waves)

    def outputs(
        self, model: Model, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the channel's outputs, shape (P, n_out)."""
        factor = None if self.strength is None else np.asarray(self.strength(interaction), float)
        if factor is not None and not factor.any():
            return np.zeros((factor.size, self.n_out))
        expansion = model.expansion(
            self.initial, self.final, self.antineutrino, self.max_L_over_E, parameters
        )
        found = self._from_nodes(model, parameters) if expansion is None else self._from_expansion(expansion)
        if factor is not None:
            found = found * factor[:, None]
        return found

    def _from_expansion(self, expansion: Expansion) -> Array:
        found = expansion.constant[:, None] * self.total
        for dm2, sin2, sin in zip(expansion.dm2, expansion.sin2, expansion.sin, strict=True):
            values, inverse = np.unique(dm2, return_inverse=True)
            for wave, amplitude in (("sin2", sin2), ("sin", sin)):
                if amplitude.any():
                    found += amplitude[:, None] * self.kernel(values, wave)[inverse]
        return found

    def _from_nodes(self, model: Model, parameters: Mapping[str, Array]) -> Array:
        points = len(next(iter(parameters.values()))) if parameters else 1
        step = max(1, _CHUNK // self.E.size)
        parts: list[Any] = []
        for start in range(0, points, step):
            chunk = {k: v[start : start + step] for k, v in parameters.items()}
            parts.append((self.weights @ self._probability(model, chunk).T).T)
        return np.concatenate(parts)

    def _probability(self, model: Model, parameters: Mapping[str, Array]) -> Array:
        """Return P at the nodes, shape (P, N); over an interval of L/E it is averaged at fixed energy."""
        initial, final, antineutrino = self.initial, self.final, self.antineutrino
        if self.half_width is None:
            return model.probability(
                initial, final, antineutrino, self.effective_L, self.E, self.node, **parameters
            )
        total = np.zeros(1)
        for place, share in zip(*_GAUSS, strict=True):
            L = (self.L + place * self.half_width * self.E) * (self.phase_constant / PHASE)
            found = model.probability(initial, final, antineutrino, L, self.E, self.node, **parameters)
            total = total + share * found
        return np.asarray(total)


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
