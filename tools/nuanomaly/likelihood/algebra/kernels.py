"""Waves summed over the nodes of a channel: each sum made once, in the way that is least work."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.chebyshev import Series, series
from nuanomaly.likelihood.algebra.collapse import Collapsed, collapse
from nuanomaly.likelihood.algebra.line_waves import along_lines
from nuanomaly.likelihood.algebra.lines import Lines, lines
from nuanomaly.likelihood.algebra.node_waves import summed_waves
from nuanomaly.likelihood.algebra.wave_tables import WaveTable, is_worthwhile, piece_width
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Nodes
from nuanomaly.model.waves import Array, Expansion

if TYPE_CHECKING:
    from scipy import sparse

Weights: TypeAlias = "Array | sparse.csr_array"

#: How many sin² values are held at once (doubles) while kernels are made.
_CHUNK = 131_072
#: From how many points on waves may be added up at the nodes; below, a fit moves along one parameter.
_FEW = 8
#: Waves that so many points share each are worth a kernel that is remembered, and are read off no table.
_SHARED = 32
#: How many outputs (doubles) are added to at once: they stay in a core's own cache.
_NEAR = 16_384
#: How many numbers (doubles) of kernels are remembered of a channel.
_REMEMBERED = 8_000_000
#: What kernels are remembered by: kind of wave, Δm², decay and coherence (see Expansion).
_Key = tuple[str, float, float, float]
#: Amplitudes of points (P,), kernels (U, n_out), and which kernel each point has (P,).
_Shared = tuple[Array, Array, NDArray[np.intp]]


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
class Kernels:
    """Sums of waves over nodes with weights.

    Attributes
    ----------
    nodes : Nodes
        As models are asked for them.
    weights : array or CSR array, shape (n_out, N)
    collapsible : bool
        Whether nodes may be collapsed in L/E (see :mod:`nuanomaly.likelihood.algebra.collapse`).
    slow_below : float
        Δm² in eV² below which waves are read off a series (:mod:`nuanomaly.likelihood.algebra.chebyshev`).

    Examples
    --------
    >>> nodes = Nodes(np.array([10.0, 20.0]), np.array([4.0, 4.0]), None, {})
    >>> Kernels(nodes, np.ones((1, 2))).kernel(np.array([0.0, 0.3])).round(4)
    array([[0.    ],
           [1.5571]])
    """

    nodes: Nodes
    weights: Weights
    collapsible: bool = False
    slow_below: float = 0.0

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return int(self.weights.shape[0])

    @cached_property
    def L_over_E(self) -> Array:
        """L/E in m/MeV."""
        return np.ascontiguousarray(self.nodes.L / self.nodes.E)

    @cached_property
    def _widths(self) -> tuple[Array, NDArray[np.intp]]:
        """Half widths, each once, and which of them each node has."""
        widths, which = np.unique(np.asarray(self.nodes.half_width, float), return_inverse=True)
        return widths, which

    @cached_property
    def total(self) -> Array:
        """Outputs at probability one, shape (n_out,)."""
        return np.asarray(self.weights.sum(axis=1), float).ravel()

    @cached_property
    def digest(self) -> str:
        """The sha256 of what kernels depend on: L/E, its intervals, energies, weights."""
        weights = self.weights
        csr = () if isinstance(weights, np.ndarray) else (weights.data, weights.indices, weights.indptr)
        half = np.zeros(0) if self.nodes.half_width is None else self.nodes.half_width
        checksum = hashlib.sha256(repr((weights.shape, self.collapsible, self.slow_below)).encode())
        for array in (self.L_over_E, half, self.nodes.E, *(csr or (weights,))):
            checksum.update(np.ascontiguousarray(array).tobytes())
        return checksum.hexdigest()

    @cached_property
    def _memory(self) -> _Memory:
        """What is remembered of these nodes, shared by all channels of the same content."""
        return _MEMORIES.setdefault(self.digest, _Memory())

    @cached_property
    def collapsed(self) -> Collapsed | None:
        """The nodes collapsed in L/E; None where they are added up one by one."""
        if not self.collapsible or self.nodes.half_width is not None or isinstance(self.weights, np.ndarray):
            return None
        if self._memory.collapsed is None:
            self._memory.collapsed = collapse(self.L_over_E, self.weights)
        result = self._memory.collapsed
        return result if result.size < self.L_over_E.size else None

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
        if self.nodes.half_width is not None:
            ends += self.nodes.half_width
        return float(ends.max())

    @cached_property
    def table(self) -> WaveTable | None:
        """The waves tabulated in Δm²; None where that is no less work than the nodes."""
        entries = self.weights.size if isinstance(self.weights, np.ndarray) else self.weights.nnz
        if self.slow_below or not is_worthwhile(self.n_out, self.nodes.E.size + entries, self._reach):
            return None
        if self._memory.table is None:
            self._memory.table = WaveTable(self._sums, piece_width(self._reach))
        return self._memory.table

    @cached_property
    def lines(self) -> Lines | None:
        """The nodes as lines of equal energy, where they form few long ones."""
        return lines(self.nodes, self.weights)

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
        if values.size == 1 and decay is not None and coherence is not None:
            remembered = known.get((wave, values.item(), decay.item(), coherence.item()))
            if remembered is not None:
                return remembered[None].copy()
        zeros = np.zeros(values.size)
        columns = [values, zeros if decay is None else decay, zeros if coherence is None else coherence]
        keys: list[_Key] = [(wave, *row) for row in zip(*(c.tolist() for c in columns), strict=True)]
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if not missing:
            return np.array([known[key] for key in keys])
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
        """Return kernels of damped waves, shape (M, n_out)."""
        dm2, decay, coherence = (_column(keys, i)[None, :] for i in (1, 2, 3))
        one, zero = np.ones_like(dm2), np.zeros_like(dm2)
        amplitudes = (one, zero) if wave == "sin2" else (zero, one)
        return self._added_up(Expansion(zero[0], dm2, *amplitudes, decay, coherence), [0])

    def by_node(self, dm2: Array, wave: str = "sin2") -> Array:
        """Return the same as :meth:`kernel`, each node's wave by itself, and nothing remembered."""
        step = max(1, _CHUNK // self.L_over_E.size)
        parts = [
            self._each_weighted(self._waves(dm2[start : start + step], wave))
            for start in range(0, dm2.size, step)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.n_out))

    def _each_weighted(self, waves: Array) -> Array:
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
        if self.nodes.half_width is None and wave == "sin2":
            waves = np.multiply.outer(self.L_over_E, PHASE * dm2)
            np.sin(waves, out=waves)
            waves *= waves
            return np.asarray(waves)
        waves = np.multiply.outer(self.L_over_E, 2.0 * PHASE * dm2)
        (np.cos if wave == "sin2" else np.sin)(waves, out=waves)
        if self.nodes.half_width is not None:
            widths, which = self._widths
            waves *= np.sinc(np.multiply.outer(widths, 2.0 * PHASE * dm2 / np.pi))[which]
        if wave == "sin2":
            waves *= -0.5
            waves += 0.5
        return np.asarray(waves)

    def outputs(self, expansion: Expansion) -> Array:
        """Return the outputs of an expansion in waves, shape (P, n_out)."""
        array = expansion.constant[:, None] * self.total
        points, damped, scattered = expansion.constant.size, expansion.damped, []
        rates = expansion.rates() if damped else ()
        shared: list[_Shared] = []
        for k, (sin2, sin) in enumerate(zip(expansion.sin2, expansion.sin, strict=True)):
            if damped and points == 1 and self.lines is not None:
                scattered.append(k)
                continue
            values, inverse = _different(expansion.dm2[k], *(rate[k] for rate in rates))
            is_read_off = not damped and self._is_read_off(values.shape[1], points)
            if (
                not is_read_off
                and self._is_scattered(values.shape[1], points, damped)
                and (damped or np.abs(values[0]).max() > self.slow_below)
            ):
                scattered.append(k)
                continue
            for wave, amplitude in (("sin2", sin2), ("sin", sin)):
                if amplitude[0] if points == 1 else amplitude.any():
                    kernel = (
                        self.table.rows(values[0], wave)
                        if is_read_off and self.table is not None
                        else self.kernel(values[0], wave, values[1], values[2])
                    )
                    shared.append((amplitude, kernel, inverse))
        _add_shared(array, shared)
        if scattered:
            array += self._added_up(expansion, scattered)
        return array

    def _is_read_off(self, different: int, points: int) -> bool:
        """Say whether waves are read off the table: many of them, each for a few points."""
        return different >= _FEW and points < _SHARED * different and self.table is not None

    def _is_scattered(self, different: int, points: int, damped: bool) -> bool:
        """Say whether waves are hardly shared by points, so that kernels would be made for one use each."""
        if damped and self.lines is not None:
            return 2 * different > points  # so cheap that a fit need not remember them
        return points >= _FEW and 2 * different > points and self.collapsed is None

    def _added_up(self, expansion: Expansion, chosen: Sequence[int]) -> Array:
        """Return what some of the waves add to the outputs, added up at the nodes first, shape (P, n_out)."""
        part = expansion.part(chosen, slice(None))
        few = self.lines if expansion.damped else None
        if few is None:
            return self._at_nodes(part)
        sums, left = along_lines(part, few)
        if left.size:
            sums[left] = self._at_nodes(part.part(range(len(chosen)), left))
        return sums

    def _at_nodes(self, expansion: Expansion) -> Array:
        """Return the same, from all nodes."""
        spread = None if self.nodes.half_width is None else self._widths
        step = max(1, _CHUNK // (2 * self.nodes.E.size))
        parts = []
        for start in range(0, expansion.constant.size, step):
            part = expansion.part(range(len(expansion.dm2)), slice(start, start + step))
            parts.append(self.weighted(summed_waves(part, self.nodes, spread)))
        return np.concatenate(parts)

    def weighted(self, P: Array) -> Array:
        """Return the outputs of probabilities at the nodes, shapes (P, N) → (P, n_out)."""
        return np.asarray((self.weights @ P.T).T, float)


def _add_shared(array: Array, waves: Sequence[_Shared]) -> None:
    """Add waves that points share to outputs (P, n_out), in place, so few points at a time as stay near."""
    step = max(1, _NEAR // array.shape[1])
    for start in range(0, len(array), step):
        some = slice(start, start + step)
        part = array[some]
        for amplitude, kernel, inverse in waves:
            part += amplitude[some, None] * (kernel if len(kernel) == 1 else kernel[inverse[some]])


def _different(*waves: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return (Δm², decay, coherence) of waves, each once, shape (3, U), and which of them each point has."""
    if waves[0].size == 1:
        one = np.zeros((3, 1))
        one[: len(waves)] = waves
        return one, np.zeros(1, np.intp)
    # each number by its place among the different ones: whole numbers are sorted faster than rows
    place: NDArray[np.intp] = np.zeros(waves[0].size, np.intp)
    for column in waves:
        values, inverse = np.unique(column, return_inverse=True)
        place = place * values.size + inverse.ravel()
    _, first, which = np.unique(place, return_index=True, return_inverse=True)
    different = np.zeros((3, first.size))
    different[: len(waves)] = [column[first] for column in waves]
    return different, which.ravel()


def _column(keys: Sequence[_Key], place: int) -> Array:
    return np.array([key[place] for key in keys], float)
