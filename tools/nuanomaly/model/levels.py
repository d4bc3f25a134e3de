"""Vacuum oscillation of any number of levels: a mixing matrix, mass splittings, and nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.constants import PHASE
from nuanomaly.model.waves import Array, Complex, Expansion

FLAVOURS = ("e", "mu", "tau", "sterile")
#: What is below this is rounding of a unitary matrix.
_ROUNDING = 1e-15
#: Points × nodes that are made at once: they stay in the cache.
_BLOCK = 8192


@dataclass(frozen=True, eq=False)
class Levels:
    """Mixing of flavours and levels at P parameter points.

    Attributes
    ----------
    U : complex array, shape (P, r, n)
        Rows e, μ, τ and, where they are known, the sterile ones; a column for each level.
    m2 : array, shape (n, P)
        Squared masses of the levels in eV², less any common one.
    decay : array, shape (n, P), or None
        m Γ of each level in eV² (invisible decay); None: all are stable.
    width : array, shape (P,), or None
        Width of the wave packets in m; None: plane waves.
    """

    U: Complex
    m2: Array
    decay: Array | None = None
    width: Array | None = None

    def expansion(self, initial: str, final: str, antineutrino: bool) -> Expansion:
        """Return the exact expansion of P(initial→final), also of neutrinos that decay or lose coherence.

        P(α→β) = |Σ_i U*_αi U_βi e^(−2i φ_i)|² = Σ_ij X_ij e^(−2i φ_ij), X_ij = U*_αi U_βi U_αj U*_βj; the odd
        part changes sign for antineutrinos (PDG review, eq. 14.13). For a unitary U without damping the
        constant is δ_αβ.
        """
        a, rows, side = rows_of(initial, final, *self.U.shape[1:])
        points, n = self.U.shape[0], self.U.shape[2]
        pairs = [(i, j) for i in range(n) for j in range(i)]
        constant = np.full(points, 1.0 if side < 0.0 else 0.0)
        sin2, sin = np.zeros((len(pairs), points)), np.zeros((len(pairs), points))
        # what is not active is sterile, level by level
        own = (np.abs(self.U[:, a]) ** 2).T if side < 0.0 else np.zeros((n, points))
        sign = -side if antineutrino else side
        for b in rows:
            constant += side * self._at_the_source(a, b)
            own = own + side * (np.abs(self.U[:, a]) * np.abs(self.U[:, b])).T ** 2
            for k, (i, j) in enumerate(pairs):
                x = self.U[:, a, i].conj() * self.U[:, b, i] * self.U[:, a, j] * self.U[:, b, j].conj()
                sin2[k] -= 4.0 * side * x.real
                sin[k] += 2.0 * sign * x.imag
        dm2 = np.array([self.m2[i] - self.m2[j] for i, j in pairs]).reshape(len(pairs), points)
        decay = coherence = None
        if self.width is not None:
            # (L/L_coh)² with L_coh = 4√2 E² σ/Δm², Δm² in MeV² (Giunti and Kim, hep-ph/9711363)
            coherence = np.abs(dm2) * 1e-12 / (4.0 * np.sqrt(2.0) * self.width)
        if self.decay is not None:
            # a level's own term is a wave of no frequency that decays
            decay = np.array([*(self.decay[i] + self.decay[j] for i, j in pairs), *(2.0 * self.decay)])
            dm2, sin2 = np.concatenate([dm2, np.zeros((n, points))]), np.concatenate([sin2, -2.0 * own])
            sin = np.concatenate([sin, np.zeros((n, points))])
            coherence = None if coherence is None else np.concatenate([coherence, np.zeros((n, points))])
        used = (np.abs(sin2).max(axis=1, initial=0.0) > _ROUNDING) | (
            np.abs(sin).max(axis=1, initial=0.0) > _ROUNDING
        )
        if self.decay is not None:
            used &= (np.abs(dm2).max(axis=1) > 0.0) | (np.asarray(decay).max(axis=1) > 0.0)
        return Expansion(
            constant,
            dm2[used],
            sin2[used],
            np.where(np.abs(sin[used]) > _ROUNDING, sin[used], 0.0),
            None if decay is None else decay[used],
            None if coherence is None else coherence[used],
        )

    def _at_the_source(self, a: int, b: int) -> Array:
        """Return |Σ_i U*_ai U_bi|²: δ_ab, unless U is not unitary."""
        content = np.abs((self.U[:, a].conj() * self.U[:, b]).sum(axis=1)) ** 2
        return np.where(np.abs(content - float(a == b)) < 1e-12, float(a == b), content)

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: ArrayLike,
        E: ArrayLike,
        half_length: ArrayLike = 0.0,
    ) -> Array:
        """Return P, exact in vacuum from the source to any distance, shape (P, N).

        Parameters
        ----------
        L, E : array_like, shape (N,)
            In m and MeV.
        half_length : array_like
            Half of an interval of L in m over which P is averaged in closed form: of source and detector, or
            what a width ±δE of energies amounts to, L·δE/E.
        """
        baseline, energy, half = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(v, float)) for v in (L, E, half_length))
        )
        x = baseline / energy
        if half.any():
            return self.expansion(initial, final, antineutrino).probability(x, energy, half / energy)
        if self.decay is not None or self.width is not None:
            return self.expansion(initial, final, antineutrino).probability(x, energy)
        a, rows, side = rows_of(initial, final, *self.U.shape[1:])
        U = self.U.conj() if antineutrino else self.U
        products = U[:, [a]].conj() * U[:, rows]
        half_phases = PHASE * (self.m2 - self.m2[0])
        total = np.empty((U.shape[0], x.size))
        step = max(256, _BLOCK // U.shape[0])
        for start in range(0, x.size, step):
            part = slice(start, start + step)
            total[:, part] = _interfered(products, half_phases, x[part])
        return total if side > 0.0 else 1.0 - total


def _interfered(products: Complex, half_phases: Array, x: Array) -> Array:
    """Return Σ_β |Σ_i a_βi exp(−2i φ_i)|², shape (P, N).

    One sine and one cosine for each level but the first, both from the tangent of half the angle: the waves
    of pairs of levels are their products.

    Parameters
    ----------
    products : complex array, shape (P, rows, n)
        a_βi = U*_αi U_βi.
    half_phases : array, shape (n, P)
        φ_i per L/E.
    x : array, shape (N,)
        L/E in m/MeV.
    """
    real = [np.repeat(first.real[:, None], x.size, axis=1) for first in products[:, :, 0].T]
    imaginary = [np.repeat(first.imag[:, None], x.size, axis=1) for first in products[:, :, 0].T]
    for i in range(1, products.shape[2]):
        t = np.tan(np.multiply.outer(half_phases[i], x))
        square = t * t
        norm = 1.0 / (1.0 + square)
        cos, sin = (1.0 - square) * norm, 2.0 * t * norm
        for k, weight in enumerate(products[:, :, i].T):
            re, im = weight.real[:, None], weight.imag[:, None]
            real[k] += re * cos
            imaginary[k] -= re * sin
            if im.any():
                real[k] += im * sin
                imaginary[k] += im * cos
    return np.asarray(sum(re * re + im * im for re, im in zip(real, imaginary, strict=True)))


def rows_of(initial: str, final: str, known: int, n: int) -> tuple[int, tuple[int, ...], float]:
    """Return the row of the initial state, those of the final one, and the sign they count with.

    All sterile states together are what the active ones leave (sign −1), if not all rows are known.

    Parameters
    ----------
    known, n : int
        Number of rows that are known, and of levels.

    Raises
    ------
    UnknownNameError
        For a name that is no flavour.
    NuanomalyError
        If there are several states of that name, or none.
    """
    if initial not in FLAVOURS:
        raise UnknownNameError("flavour", initial, FLAVOURS)
    if final not in (*FLAVOURS, "active"):
        raise UnknownNameError("flavour", final, [*FLAVOURS, "active"])
    a, active = FLAVOURS.index(initial), tuple(range(min(3, known)))
    if a >= known or (a == 3 and n > 4):
        raise NuanomalyError(
            f"no neutrino starts as {initial!r} in a model of {n} levels: name an active flavour"
        )
    if final == "active":
        return a, active, 1.0
    if final != "sterile":
        return a, (FLAVOURS.index(final),) if FLAVOURS.index(final) < known else (), 1.0
    return (a, tuple(range(3, n)), 1.0) if known == n else (a, active, -1.0)


def vacuum(U: ArrayLike, m2: ArrayLike) -> Levels:
    """Return neutrinos of any n × n mixing matrix, whose probabilities are exact at every distance.

    Parameters
    ----------
    U : array_like, shape (n, n) or (P, n, n)
        Rows e, μ, τ, then sterile ones; it need not be unitary.
    m2 : array_like, shape (n,) or (n, P)
        Squared masses in eV²; only their differences matter.

    Raises
    ------
    NuanomalyError
        If the shapes do not fit.

    Examples
    --------
    A detector and a source of ±0.5 m, at which the wave has nearly averaged out:

    >>> c, s = np.sqrt(0.9), np.sqrt(0.1)
    >>> two = vacuum([[c, s], [-s, c]], [0.0, 7.0])
    >>> two.probability("e", "e", True, 10.0, [2.0, 4.0]).round(4)
    array([[0.9552, 0.9884]])
    >>> two.probability("e", "e", True, 10.0, [2.0, 4.0], half_length=0.5).round(4)
    array([[0.7907, 0.8806]])
    """
    mixing, masses = np.asarray(U, complex), np.asarray(m2, float)
    mixing = mixing[None] if mixing.ndim == 2 else mixing
    masses = masses[:, None] if masses.ndim == 1 else masses
    n = masses.shape[0]
    if mixing.ndim != 3 or mixing.shape[1:] != (n, n) or n < 2 or masses.ndim != 2:
        raise NuanomalyError(
            f"a mixing matrix of shape {np.shape(U)} and squared masses of shape {np.shape(m2)}: "
            "give (n, n) and (n,), or (P, n, n) and (n, P)"
        )
    try:
        points = np.broadcast_shapes(mixing.shape[:1], masses.shape[1:])[0]
    except ValueError:
        raise NuanomalyError(
            f"{mixing.shape[0]} mixing matrices and {masses.shape[1]} sets of masses do not fit together"
        ) from None
    return Levels(
        np.ascontiguousarray(np.broadcast_to(mixing, (points, n, n))),
        np.ascontiguousarray(np.broadcast_to(masses, (n, points))),
    )
