"""New interactions of neutrinos with nuclei: light mediators, magnetic moments, charge radii.

Formulas and signs are those of M. Atzori Corona et al., arXiv:2202.11002 (mediators), and of M. Cadeddu et
al., arXiv:1810.05606 and 2005.01645 (electromagnetic properties). With the weak charge
C = Z g_p F_p + N g_n F_n of :mod:`nuanomaly.likelihood.cevns.cross_section`:

* a vector of mass m and coupling g with charges Q adds g² Q_ν (2Q_u + Q_d) / (√2 G_F (q² + m²)) to g_p and
  the same with (Q_u + 2Q_d) to g_n; far above q it is the non-standard coupling ε = g² Q_ν Q_q / (√2 G_F m²);
* a scalar adds dσ/dT = M² T / (4π E²) [g² Q_ν (Z Q_p F_p + N Q_n F_n) / (q² + m²)]², with charges of the
  nucleons, so that no hadronic matrix element is hidden in g;
* a magnetic moment μ adds dσ/dT = π α² μ² / m_e² (1/T − 1/E) Z² F_p², μ in Bohr magnetons;
* a charge radius ⟨r²⟩ takes √2πα/(3G_F) ⟨r²⟩ from g_p. It is what comes on top of the standard one.

The momentum transfer is that of each recoil: nothing is taken at a mean value.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nuanomaly.model.constants import ALPHA, FERMI_GEV, HBAR_C
from nuanomaly.model.on_oscillation import OnOscillation
from nuanomaly.model.probabilities import Array, Model, Parameter

#: Fermi constant in MeV⁻², (ħc)² in MeV² cm².
FERMI: float = FERMI_GEV * 1e-6
CM2: float = (HBAR_C * 1e-13) ** 2


@dataclass(frozen=True, eq=False)
class Couplings:
    """What an interaction adds for one flavour at momentum transfers, arrays of shape (P, T).

    Attributes
    ----------
    proton, neutron : array
        Added to the weak vector couplings g_p and g_n.
    scalar_proton, scalar_neutron : array, or None
        Scalar couplings over q² + m², in MeV⁻².
    magnetic : array, shape (P,), or None
        Magnetic moment in Bohr magnetons.
    """

    proton: Array
    neutron: Array
    scalar_proton: Array | None = None
    scalar_neutron: Array | None = None
    magnetic: Array | None = None


class RecoilInteraction(OnOscillation):
    """Base of interactions with nuclei: a derived class defines :meth:`couplings`."""

    @abstractmethod
    def couplings(self, flavour: str, q2: Array, points: Mapping[str, Array]) -> Couplings:
        """Return what is added for a flavour (``e``, ``mu``) at q² in MeV², shape (T,), and points (P,)."""


def _charge(name: str, default: float, meaning: str) -> Parameter:
    return Parameter(f"charge_{name}", "1", -10.0, 10.0, f"charge of {meaning}", default=default)


MASS = Parameter("mediator_mass", "MeV", 0.0, 1e6, "mass of the mediator", log=True, scan=(0.1, 1e3))
COUPLING = Parameter("coupling", "1", 0.0, 10.0, "coupling g", log=True, scan=(1e-6, 1e-3), null=0.0)
_NEUTRINOS = (_charge("e", 1.0, "ν_e"), _charge("mu", 1.0, "ν_μ"))


class LightVector(RecoilInteraction):
    """A vector mediator; universal unless charges are given (B − L: −1 for leptons, 1/3 for quarks).

    Examples
    --------
    >>> heavy = LightVector()
    >>> points = {"mediator_mass": [1e5], "coupling": [1.0], "charge_e": [1.0], "charge_mu": [1.0]}
    >>> points = {n: np.array(v) for n, v in {**points, "charge_u": [1.0], "charge_d": [1.0]}.items()}
    >>> epsilon = heavy.couplings("e", np.array([2500.0]), points).proton / 3.0
    >>> round(float(epsilon[0, 0] * np.sqrt(2.0) * FERMI * 1e10), 6)
    1.0
    """

    def __init__(self, oscillation: Model | None = None) -> None:
        quarks = (_charge("u", 1.0, "u quarks"), _charge("d", 1.0, "d quarks"))
        super().__init__("light-vector", (MASS, COUPLING, *_NEUTRINOS, *quarks), oscillation)

    def couplings(self, flavour: str, q2: Array, points: Mapping[str, Array]) -> Couplings:
        """Return what is added to the vector couplings (see the base)."""
        shared = _propagator(flavour, q2, points) / (np.sqrt(2.0) * FERMI)
        up, down = points["charge_u"][:, None], points["charge_d"][:, None]
        return Couplings(shared * (2.0 * up + down), shared * (up + 2.0 * down))


class LightScalar(RecoilInteraction):
    """A scalar mediator, coupled to protons and neutrons alike unless charges are given."""

    def __init__(self, oscillation: Model | None = None) -> None:
        nucleons = (_charge("p", 1.0, "protons"), _charge("n", 1.0, "neutrons"))
        super().__init__("light-scalar", (MASS, COUPLING, *_NEUTRINOS, *nucleons), oscillation)

    def couplings(self, flavour: str, q2: Array, points: Mapping[str, Array]) -> Couplings:
        """Return the scalar couplings (see the base)."""
        shared = _propagator(flavour, q2, points)
        none = np.zeros_like(shared)
        return Couplings(
            none, none, shared * points["charge_p"][:, None], shared * points["charge_n"][:, None]
        )


def _propagator(flavour: str, q2: Array, points: Mapping[str, Array]) -> Array:
    """Return g² Q_ν / (q² + m²) in MeV⁻², shape (P, T)."""
    strength = (points["coupling"] ** 2 * points[f"charge_{flavour}"])[:, None]
    return np.asarray(strength / (q2 + points["mediator_mass"][:, None] ** 2))


class MagneticMoment(RecoilInteraction):
    """Magnetic moments of ν_e and ν_μ."""

    def __init__(self, oscillation: Model | None = None) -> None:
        moments = tuple(
            Parameter(
                f"magnetic_moment_{flavour}",
                "bohr_magneton",
                0.0,
                1e-5,
                f"magnetic moment of {symbol}",
                log=True,
                scan=(1e-11, 1e-7),
                null=0.0,
            )
            for flavour, symbol in (("e", "ν_e"), ("mu", "ν_μ"))
        )
        super().__init__("magnetic-moment", moments, oscillation)

    def couplings(self, flavour: str, q2: Array, points: Mapping[str, Array]) -> Couplings:
        """Return the magnetic moment (see the base)."""
        moment = points[f"magnetic_moment_{flavour}"]
        none = np.zeros((moment.size, q2.size))
        return Couplings(none, none, magnetic=moment)


class ChargeRadius(RecoilInteraction):
    """Charge radii of ν_e and ν_μ, on top of those of the standard model.

    Examples
    --------
    The standard radii of ν_e and ν_μ, −0.83e-32 and −0.48e-32 cm², differ by 0.0083 in g_p
    (0.0401 and 0.0318 in arXiv:2202.11002):

    >>> points = {"charge_radius_e": np.array([-0.35e-32]), "charge_radius_mu": np.zeros(1)}
    >>> ChargeRadius().couplings("e", np.ones(1), points).proton.round(4).tolist()
    [[0.0083]]
    """

    def __init__(self, oscillation: Model | None = None) -> None:
        radii = tuple(
            Parameter(
                f"charge_radius_{flavour}",
                "cm**2",
                -1e-28,
                1e-28,
                f"charge radius ⟨r²⟩ of {symbol}, beyond the standard one",
                scan=(-1e-30, 1e-30),
                null=0.0,
            )
            for flavour, symbol in (("e", "ν_e"), ("mu", "ν_μ"))
        )
        super().__init__("charge-radius", radii, oscillation)

    def couplings(self, flavour: str, q2: Array, points: Mapping[str, Array]) -> Couplings:
        """Return what is added to the coupling of protons (see the base)."""
        scale = np.sqrt(2.0) * np.pi * ALPHA / (3.0 * FERMI) / CM2
        shift = -scale * points[f"charge_radius_{flavour}"][:, None] * np.ones_like(q2)
        return Couplings(shift, np.zeros_like(shift))
