"""Nodes and weights: how a probability becomes a number per bin."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.chebyshev import Series, series
from nuanomaly.likelihood.algebra.collapse import Collapsed, collapse
from nuanomaly.likelihood.algebra.lines import Lines, lines
from nuanomaly.likelihood.algebra.node_waves import summed_waves
from nuanomaly.likelihood.algebra.wave_tables import WaveTable, is_worthwhile, piece_width
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Model, Nodes, Transition
from nuanomaly.model.waves import Array, Expansion, averaged_wave

Weights = Array | sparse.csr_array

#: How many sin² values are held at once (doubles) while kernels are made.
_CHUNK = 131_072
#: From how many points on waves may be added up at the nodes; below, a fit moves along one parameter.
_FEW = 8
#: Waves that so many points share each are worth a kernel that is remembered, and are read off no table.
_SHARED = 32
#: How many numbers (doubles) of kernels are remembered of a channel.
_REMEMBERED = 8_000_000
#: What kernels are remembered by: kind of wave, Δm², decay and coherence (see Expansion).
_Key = tuple[str, float, float, float]


class _Memory:
    """What was made of the nodes of a channel: kernels by wave and Δm², moments in cells of L/E."""

    def __init__(self) -> None:
        self.kernels: dict[_Key, Array] = {}
        self.collapsed: Collapsed | None = None
        self.slow: Series | None = None
        self.table: WaveTable | None = None


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
        checksum = hashlib.sha256(repr((weights.shape, self.collapsible, self.slow_below)).encode())
        for array in (self.L_over_E, half, *(csr or (weights,))):
            checksum.update(np.ascontiguousarray(array).tobytes())
        return checksum.hexdigest()

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
        result = self._memory.collapsed
        return result if result.size < self.L_over_E.size else None

    @cached_property
    def nodes(self) -> Nodes:
        """The nodes as models are asked for them: rescaled baselines, intervals, what is known."""
        scale = self.phase_constant / PHASE
        half = None if self.half_width is None else np.asarray(self.half_width, float) * scale
        return Nodes(self.effective_L, np.asarray(self.E, float), half, self.node)

    @property
    def slow(self) -> Series:
        """The series that waves of small Δm² are read off."""
        if self._memory.slow is None:
            dense: Any = self.weights
            scale: Array = np.asarray(abs(dense).sum(axis=1), float).ravel()
            self._memory.slow = series(self.by_node, self.slow_below, self._reach, scale)
        return self._memory.slow

    @cached_property
    def _reach(self) -> float:
        """The largest L/E in m/MeV that a node stands for."""
        ends = self.L_over_E.copy()
        if self.half_width is not None:
            ends += self.half_width * (self.phase_constant / PHASE)
        return float(ends.max())

    @cached_property
    def table(self) -> WaveTable | None:
        """The waves tabulated in Δm²; None where that is no less work than the nodes."""
        entries = self.weights.size if isinstance(self.weights, np.ndarray) else self.weights.nnz
        if self.slow_below or not is_worthwhile(self.n_out, self.E.size + entries, self._reach):
            return None
        if self._memory.table is None:
            self._memory.table = WaveTable(self._sums, piece_width(self._reach))
        return self._memory.table

    def _sums(self, dm2: Array, wave: str) -> Array:
        """Return the sums of plane waves from cells of L/E where they hold, else node by node."""
        few = self.collapsed
        if few is None or np.abs(dm2).max() > few.limit:
            return self.by_node(dm2, wave)
        return few.rows(dm2, wave)

    def kernel(
        self, dm2: Array, wave: str = "sin2", decay: Array | None = None, coherence: Array | None = None
    ) -> Array:
        """Return W·sin²φ (or W·sin 2φ for ``wave="sin"``) at each Δm² in eV², shape (M, n_out).

        With ``decay`` in eV² and ``coherence`` in MeV²/m, shape (M,), the waves are damped: see
        :class:`~nuanomaly.model.waves.Expansion`.
        """
        values, known = np.asarray(dm2, float), self._memory.kernels
        zeros = np.zeros(values.size)
        columns = [values, zeros if decay is None else decay, zeros if coherence is None else coherence]
        keys: list[_Key] = [(wave, *row) for row in zip(*(c.tolist() for c in columns), strict=True)]
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if len(known) + len(missing) > max(1, _REMEMBERED // self.n_out):
            known.clear()
            missing = sorted(set(keys))
        plain = [key for key in missing if not key[2] and not key[3]]
        damped = [key for key in missing if key[2] or key[3]]
        few = self.collapsed
        # splittings may be negative: of two heavy levels, or in inverted ordering
        read_off = self.slow_below if wave == "sin2" else 0.0
        slow = [key for key in plain if abs(key[1]) < read_off]
        plain = [key for key in plain if not abs(key[1]) < read_off]
        bounded = [few is not None and abs(key[1]) <= few.limit for key in plain]
        alone = [key for key, inside in zip(plain, bounded, strict=True) if not inside]
        made = [(alone, self.by_node(_column(alone, 1), wave))]
        if slow:
            made.append((slow, self.slow.rows(np.abs(_column(slow, 1)))))
        if few is not None:
            together = [key for key, inside in zip(plain, bounded, strict=True) if inside]
            made.append((together, few.rows(_column(together, 1), wave)))
        if damped:
            made.append((damped, self._damped(damped, wave)))
        for part, rows in made:
            known.update(zip(part, rows, strict=True))
        return np.array([known[key] for key in keys])

    def _damped(self, keys: Sequence[_Key], wave: str) -> Array:
        """Return kernels of damped waves, each node's wave by itself, shape (M, n_out)."""
        L, E, half, _ = self.nodes
        parts = []
        step = max(1, _CHUNK // self.E.size)
        for start in range(0, len(keys), step):
            dm2, decay, coherence = (_column(keys[start : start + step], i) for i in (1, 2, 3))
            seen = averaged_wave(dm2, L / E, half, decay, coherence, E)
            waves = 0.5 * (1.0 - seen.real) if wave == "sin2" else seen.imag
            parts.append(self._weighted(np.ascontiguousarray(waves.T)))
        return np.concatenate(parts)

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
        self._memory.collapsed = self._memory.slow = self._memory.table = None
        for name in ("collapsed", "table"):
            self.__dict__.pop(name, None)

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
        values = self._from_nodes(model, parameters) if expansion is None else self._from_expansion(expansion)
        if factor is not None:
            values = values * factor[:, None]
        return values

    def _from_expansion(self, expansion: Expansion) -> Array:
        array = expansion.constant[:, None] * self.total
        decay, coherence = expansion.rates()
        scattered = []
        for k, (sin2, sin) in enumerate(zip(expansion.sin2, expansion.sin, strict=True)):
            waves = np.stack([expansion.dm2[k], decay[k], coherence[k]])
            if expansion.damped:
                values, inverse = np.unique(waves, axis=1, return_inverse=True)
            else:
                unique, inverse = np.unique(waves[0], return_inverse=True)
                values = np.stack([unique, np.zeros(unique.size), np.zeros(unique.size)])
            is_read_off = not expansion.damped and self._is_read_off(values.shape[1], sin2.size)
            if (
                not is_read_off
                and np.abs(values[0]).max() > self.slow_below
                and self._is_scattered(values.shape[1], sin2.size)
            ):
                scattered.append(k)
                continue
            for wave, amplitude in (("sin2", sin2), ("sin", sin)):
                if amplitude.any():
                    kernel = (
                        self.table.rows(values[0], wave)
                        if is_read_off and self.table is not None
                        else self.kernel(values[0], wave, values[1], values[2])
                    )
                    array += amplitude[:, None] * kernel[inverse.ravel()]
        if scattered:
            array += self._added_up(expansion, scattered)
        return array

    def _is_read_off(self, different: int, points: int) -> bool:
        """Say whether waves are read off the table: many of them, each for a few points."""
        return different >= _FEW and points < _SHARED * different and self.table is not None

    def _is_scattered(self, different: int, points: int) -> bool:
        """Say whether waves are hardly shared by points, so that kernels would be made for one use each."""
        return points >= _FEW and 2 * different > points and self.collapsed is None

    def _added_up(self, expansion: Expansion, chosen: Sequence[int]) -> Array:
        """Return what some of the waves add to the outputs, added up at the nodes first, shape (P, n_out)."""
        points, spread = expansion.constant.size, None if self.half_width is None else self._widths
        step = max(1, _CHUNK // (2 * self.E.size))
        parts = []
        for start in range(0, points, step):
            part = expansion.part(chosen, slice(start, start + step))
            parts.append(self.weighted(summed_waves(part, self.nodes, spread)))
        return np.concatenate(parts)

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
        return np.asarray((self.weights @ P.T).T, float)

    @cached_property
    def weight_sizes(self) -> Weights:
        """|W|: what an error of a probability adds to each output at most."""
        return np.asarray(np.abs(self.weights)) if isinstance(self.weights, np.ndarray) else abs(self.weights)

    @cached_property
    def lines(self) -> Lines | None:
        """The nodes as lines of equal energy, where they form few long ones."""
        return lines(self.nodes, self.weights)

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


def _column(keys: Sequence[_Key], place: int) -> Array:
    return np.array([key[place] for key in keys], float)


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
