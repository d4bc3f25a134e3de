"""The mixing matrix of three active neutrinos and one sterile one."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.waves import Array, Complex


def rotation(i: int, j: int, sin2: Array, phase: Array | float = 0.0, size: int = 4) -> Complex:
    """Return the rotations in the plane (i, j), shape (P, size, size), for sin²θ (P,) and a CP phase."""
    s, c = np.sqrt(sin2), np.sqrt(1.0 - sin2)
    turn = np.zeros((s.size, size, size), complex)
    turn[:, range(size), range(size)] = 1.0
    turn[:, i, i] = turn[:, j, j] = c
    turn[:, i, j] = s * np.exp(-1j * np.asarray(phase))
    turn[:, j, i] = -s * np.exp(1j * np.asarray(phase))
    return turn


def unitary(p: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Return where |U_e4|² + |U_μ4|² + |U_τ4|² ≤ 1, up to rounding."""
    fits: NDArray[np.bool_] = p["Ue4_sq"] + p["Umu4_sq"] + p["Utau4_sq"] <= 1.0 + 1e-12
    return fits


def check_unitary(p: Mapping[str, Array]) -> None:
    """Refuse a last column of U that is longer than one.

    Raises
    ------
    NuanomalyError
    """
    if not unitary(p).all():
        raise NuanomalyError("Ue4_sq + Umu4_sq + Utau4_sq must not exceed 1: the mixing matrix is unitary")


def matrix(p: Mapping[str, Array]) -> Complex:
    """Return U = R34 R24(δ24) R14(δ14) R23 R13(δ_CP) R12, shape (P, 4, 4), rows e, μ, τ, sterile.

    |U_e4|² = s14², |U_μ4|² = c14² s24², |U_τ4|² = c14² c24² s34².

    Raises
    ------
    NuanomalyError
        If |U_e4|² + |U_μ4|² + |U_τ4|² exceeds one anywhere.
    """
    e4, mu4, tau4 = p["Ue4_sq"], p["Umu4_sq"], p["Utau4_sq"]
    check_unitary(p)
    s14 = e4
    s24 = _ratio(mu4, 1.0 - e4)
    s34 = _ratio(tau4, 1.0 - e4 - mu4)
    sterile = rotation(2, 3, s34) @ rotation(1, 3, s24, p["delta_24"]) @ rotation(0, 3, s14, p["delta_14"])
    active = (
        rotation(1, 2, p["sin2_theta23"])
        @ rotation(0, 2, p["sin2_theta13"], p["delta_cp"])
        @ rotation(0, 1, p["sin2_theta12"])
    )
    product: Complex = sterile @ active
    return product


def _ratio(part: Array, whole: Array) -> Array:
    share = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
    return np.clip(share, 0.0, 1.0)


def small_branch(sin2_2theta: Array) -> Array:
    """Return |U_α4|² ≤ 1/2 with 4|U_α4|²(1−|U_α4|²) = sin²2θ_αα.

    Examples
    --------
    >>> small_branch(np.array([0.36])).round(12)
    array([0.1])
    """
    # (1-√(1-s))/2 written without cancellation
    branch: Array = 0.5 * sin2_2theta / (1.0 + np.sqrt(1.0 - sin2_2theta))
    return branch
