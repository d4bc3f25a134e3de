"""Probabilities as sums of waves, and the average of a wave over an interval of L/E in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.model.constants import PHASE

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

#: Below this value of s r² the Gaussian part of a damping is taken as linear over the interval: what is left
#: out is a third of it, relative to the wave.
_STRAIGHT = 1e-8
#: A wave that is damped by exp of minus this is none.
_FADED = 45.0


@dataclass(frozen=True, eq=False)
class Expansion:
    """A vacuum probability as a sum of waves with phases φ_k = PHASE · dm2_k · L/E.

    P = constant + Σ_k [ sin2_k · ½(1 − D_k cos 2φ_k) + sin_k · D_k sin 2φ_k ]

    Without damping D_k = 1, and the first term is sin2_k sin² φ_k. With it

    D_k = exp(−2 · PHASE · decay_k · L/E) · exp(−(coherence_k · L/E²)²)

    Attributes
    ----------
    constant : array, shape (P,)
    dm2, sin2, sin : arrays, shape (K, P)
        Mass splittings in eV² and the coefficients, for P parameter points.
    decay : array, shape (K, P), or None
        Rates of decay of the amplitudes in eV² (m Γ of the states, added up); None: nothing decays.
    coherence : array, shape (K, P), or None
        What wave packets of a finite width lose, in MeV²/m; None: plane waves.
    """

    constant: Array
    dm2: Array
    sin2: Array
    sin: Array
    decay: Array | None = None
    coherence: Array | None = None

    @property
    def damped(self) -> bool:
        """Whether any wave is damped."""
        return self.decay is not None or self.coherence is not None

    def rates(self) -> tuple[Array, Array]:
        """Return ``decay`` and ``coherence``, zeros where there are none, shapes (K, P)."""
        zero = np.zeros_like(self.dm2)
        return (
            zero if self.decay is None else self.decay,
            zero if self.coherence is None else self.coherence,
        )

    def part(self, waves: Sequence[int], points: "slice | NDArray[np.intp]") -> "Expansion":
        """Return some of the waves of some of the points; the constant stays that of all waves."""
        chosen = list(waves)
        rest = [None if rate is None else rate[chosen][:, points] for rate in (self.decay, self.coherence)]
        return Expansion(
            self.constant[points],
            self.dm2[chosen][:, points],
            self.sin2[chosen][:, points],
            self.sin[chosen][:, points],
            *rest,
        )

    def probability(self, L_over_E: Array, E: Array | None = None, half_width: Array | None = None) -> Array:
        """Return P, averaged over an interval of L/E around each node in closed form.

        Parameters
        ----------
        L_over_E, E : arrays, shape (N,)
            In m/MeV, and in MeV where waves lose their coherence, which does not depend on L/E alone.
        half_width : array, shape (N,), optional
            Half of the interval of L/E in m/MeV, over which L varies at fixed energy.

        Returns
        -------
        array, shape (P, N)
        """
        total = np.repeat(self.constant[:, None], L_over_E.size, axis=1)
        decay, coherence = self.rates()
        energy = np.ones_like(L_over_E) if E is None else E
        for k, (sin2, sin) in enumerate(zip(self.sin2, self.sin, strict=True)):
            wave = averaged_wave(self.dm2[k], L_over_E, half_width, decay[k], coherence[k], energy)
            total += sin2[:, None] * 0.5 * (1.0 - wave.real) + sin[:, None] * wave.imag
        return total


def averaged_wave(
    dm2: Array, L_over_E: Array, half_width: Array | None, decay: Array, coherence: Array, E: Array
) -> Complex:
    """Return the averages of D·exp(2iφ) over intervals of L/E, shape (P, N).

    Parameters
    ----------
    dm2, decay, coherence : arrays, shape (P,)
        See :class:`Expansion`.
    L_over_E, half_width, E : arrays, shape (N,)
        In m/MeV, m/MeV and MeV.
    """
    exponent = np.multiply.outer(2.0 * PHASE * (1j * dm2 - decay), L_over_E)
    gaussian = np.multiply.outer(coherence**2, (L_over_E / E) ** 2)
    if half_width is None:
        exponent -= gaussian
        return np.asarray(np.exp(exponent, out=exponent))
    relative = np.divide(half_width, L_over_E, out=np.zeros_like(L_over_E), where=L_over_E > 0.0)
    return average(exponent, gaussian, np.broadcast_to(relative, exponent.shape))


def average(exponent: Complex, gaussian: Array, relative: Array) -> Complex:
    """Return the average of exp(z(1 + u) − s(1 + u)²) over u between −r and r.

    This is what a wave becomes whose phase and damping are known in the middle of an interval of L and grow
    with L (and, for s, with L²), at fixed energy.

    Parameters
    ----------
    exponent : complex array
        z: i times the phase, less what decays, in the middle.
    gaussian : array of the same shape, at least 0
        s.
    relative : array of the same shape, from 0 to 1
        r: half of the interval over its middle.

    Examples
    --------
    >>> float(average(np.array([40j]), np.zeros(1), np.array([0.1]))[0].real).__round__(6)
    0.126185
    >>> u = np.linspace(-0.1, 0.1, 20001)
    >>> float(np.exp(40j * (1 + u)).mean().real).__round__(4)
    0.1262
    """
    z = np.asarray(exponent, np.complex128)
    s, r = np.asarray(gaussian, np.float64), np.asarray(relative, np.float64)
    slope = z - 2.0 * s
    turn = slope * r
    # sinh(w)/w: where w is small by its series, elsewhere as a difference of exponentials that stay below one
    # (the difference is not taken where the Gaussian bends: it would overflow there)
    curved = s * r**2 > _STRAIGHT
    small = ~curved & (np.abs(turn) < 1e-2)
    far = ~curved & ~small
    # where the Gaussian leaves nothing of the wave even at the near end, no error function is asked
    curved &= s * np.maximum(1.0 - r, 0.0) ** 2 < _FADED
    result = np.zeros(z.shape, np.complex128)
    w = turn[small]
    result[small] = np.exp(z[small] - s[small]) * (1.0 + w**2 / 6.0 * (1.0 + w**2 / 20.0))
    w, middle = turn[far], z[far] - s[far]
    result[far] = (np.exp(middle + w) - np.exp(middle - w)) / (2.0 * w)
    if curved.any():
        result[curved] = _curved(z[curved], s[curved], r[curved])
    return result


def _curved(z: Complex, s: Array, r: Array) -> Complex:
    """Return the same where the Gaussian bends inside the interval: error functions of complex arguments.

    ∫ exp(bu − su²) du = √π/(2√s) exp(b²/4s) erf(√s u − b/(2√s)), b = z − 2s, written with Faddeeva's
    function, in which nothing overflows: the Gaussian's middle, L = 0, lies outside the interval.
    """
    root, b = np.sqrt(s), z - 2.0 * s
    total = np.zeros_like(z)
    for sign in (1.0, -1.0):
        u = sign * r
        t = root * u - b / (2.0 * root)
        total -= sign * np.exp(z - s + b * u - s * u**2) * scipy.special.wofz(1j * t)
    return np.asarray(total * np.sqrt(np.pi) / (4.0 * r * root))


def product(first: Expansion, second: Expansion) -> Expansion:
    """Return the product of two probabilities as a sum of waves: of sum and difference for each pair."""
    a, b = _exponentials(first), _exponentials(second)
    terms = [
        *((dm2, weight * b[0], decay, coherence) for dm2, weight, decay, coherence in a[1]),
        *((dm2, weight * a[0], decay, coherence) for dm2, weight, decay, coherence in b[1]),
    ]
    for dm2, weight, decay, coherence in a[1]:
        for other, share, fading, spreading in b[1]:
            damping = decay + fading, np.hypot(coherence, spreading)
            terms.append((dm2 + other, 0.5 * weight * share, *damping))
            terms.append((dm2 - other, 0.5 * weight * share.conj(), *damping))
    return _expanded(a[0] * b[0], terms, first.damped or second.damped)


def total(parts: Sequence[Expansion]) -> Expansion:
    """Return the sum of probabilities, waves side by side."""
    rates = [part.rates() for part in parts]
    damped = any(part.damped for part in parts)
    return Expansion(
        np.sum([part.constant for part in parts], axis=0),
        np.concatenate([part.dm2 for part in parts]),
        np.concatenate([part.sin2 for part in parts]),
        np.concatenate([part.sin for part in parts]),
        np.concatenate([decay for decay, _ in rates]) if damped else None,
        np.concatenate([coherence for _, coherence in rates]) if damped else None,
    )


_Term = tuple[Array, Complex, Array, Array]


def _exponentials(expansion: Expansion) -> tuple[Array, list[_Term]]:
    """Return P as c + Σ Re(w D exp 2iφ): c, and (Δm², w, decay, coherence) of each wave."""
    weights = -0.5 * expansion.sin2 - 1j * expansion.sin
    waves = list(zip(expansion.dm2, weights, *expansion.rates(), strict=True))
    return expansion.constant + 0.5 * expansion.sin2.sum(axis=0), waves


def _expanded(constant: Array, terms: Sequence[_Term], damped: bool) -> Expansion:
    """Return the expansion of what :func:`_exponentials` takes apart, without waves too small to count."""
    kept = [t for t in terms if np.abs(t[1]).max(initial=0.0) > 1e-15]
    shape = (len(kept), constant.size)
    dm2, weight, decay, coherence = (
        np.array([np.broadcast_to(t[i], constant.shape) for t in kept]).reshape(shape) for i in range(4)
    )
    return Expansion(
        constant + weight.real.sum(axis=0),
        dm2.real,
        -2.0 * weight.real,
        -weight.imag,
        decay.real if damped else None,
        coherence.real if damped else None,
    )
