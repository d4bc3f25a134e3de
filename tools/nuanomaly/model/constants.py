"""Constants of nature and the three-flavour parameters that are kept fixed unless a caller sets them.

The values are those of CODATA 2022 (arXiv:2409.03787), written here so that no other version of them can move
a result; a test compares them with those of scipy.
"""

from math import pi

#: Exact by the definition of units: speed of light in m/s, elementary charge in C, Planck constant in J s,
#: Avogadro constant in 1/mol.
_LIGHT, _CHARGE, _PLANCK, AVOGADRO = 299792458.0, 1.602176634e-19, 6.62607015e-34, 6.02214076e23
#: Reduced Planck constant in J s.
_HBAR = _PLANCK / (2.0 * pi)
#: ħc in MeV fm.
HBAR_C = 197.3269804593025
#: Fermi constant G_F/(ħc)³ in 1/GeV².
FERMI_GEV = 1.1663787e-5
#: Fine-structure constant.
ALPHA = 0.0072973525643
#: Atomic mass constant in MeV.
ATOMIC_MASS = 931.49410372

#: Phase constant 1/(4 ħc) in MeV/(eV² m): sin²(PHASE · Δm²[eV²] · L[m] / E[MeV]).
PHASE: float = 1e-12 * (_CHARGE * 1e6) / (4.0 * _HBAR * _LIGHT)

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
