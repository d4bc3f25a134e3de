"""Constants of nature and the three-flavour parameters that are kept fixed unless a caller sets them."""

from scipy.constants import c, e, hbar

#: Phase constant 1/(4 ħc) in MeV/(eV² m): sin²(PHASE · Δm²[eV²] · L[m] / E[MeV]), CODATA.
PHASE: float = 1e-12 * (e * 1e6) / (4.0 * hbar * c)

#: Three-flavour parameters: NuFIT 4.0 (arXiv:1811.05487, table 1, normal ordering with Super-Kamiokande),
#: which is also what the reactor compilation of arXiv:2005.01756 fixes for its mass splittings.
STANDARD: dict[str, float] = {
    "sin2_theta12": 0.310,
    "sin2_theta13": 0.02240,
    "sin2_theta23": 0.582,
    "delta_cp": 3.7874,
    "dm2_21": 7.39e-5,
    "dm2_31": 2.525e-3,
}
