"""Coherent elastic neutrino-nucleus scattering: couplings, form factors, cross section.

dσ/dT = (G_F² M/π) [Z g_p F_p(q) + N g_n F_n(q)]² (1 − T/E − MT/(2E²)), q² = 2MT (D. Z. Freedman,
Phys. Rev. D 9 (1974) 1389). The axial part, which spins of single nucleons give, is left out.

The weak charge is a polynomial in the couplings, so that a rate is a sum of fixed spectra, each with a factor
that depends on sin²θ_W and on non-standard couplings: see :class:`Charge`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, TypedDict, final

import numpy as np
import scipy

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Count, Positive, completed, rules
from nuanomaly.model.constants import ATOMIC_MASS, FERMI_GEV, HBAR_C
from nuanomaly.model.probabilities import Array, Parameter


@final
@rules(oneOf=[{"required": ["r0"]}, {"required": ["c", "a"]}])
class Helm(TypedDict):
    """Helm's form factor, all lengths in fm (J. D. Lewin and P. F. Smith, Astropart. Phys. 6 (1996) 87)."""

    kind: Literal["helm"]
    s: Annotated[Positive, "Skin in fm."]
    r0: NotRequired[Annotated[Positive, "R = r0 A^(1/3) in fm, R0² = R² − 5s²."]]
    c: NotRequired[Annotated[tuple[float, float], "c = c0 A^(1/3) + c1 in fm, R0² = c² + 7π²a²/3 − 5s²."]]
    a: NotRequired[Annotated[Positive, "a of that, in fm."]]


@final
class KleinNystrand(TypedDict):
    """The form factor of Klein and Nystrand, all lengths in fm."""

    kind: Literal["klein-nystrand"]
    r0: Annotated[Positive, "R = r0 A^(1/3) in fm."]
    a: Annotated[Positive, "Range of the Yukawa potential in fm."]


FormFactorOptions = Helm | KleinNystrand


class Atom(TypedDict):
    """Atoms of one kind."""

    Z: Annotated[Count, "Protons."]
    A: Annotated[Count, "Nucleons."]
    mass: Annotated[Positive, "Atomic mass in u."]


CouplingsOption = Annotated[Literal["tree", "radiative"], "Vector couplings of proton and neutron."]


#: Fermi constant in MeV⁻².
FERMI: float = FERMI_GEV * 1e-6
#: (ħc)² in MeV² cm².
_CM2 = (HBAR_C * 1e-13) ** 2
#: Weak mixing angle at zero momentum transfer, MS-bar (Particle Data Group, as quoted in arXiv:2110.07730).
SIN2_THETA_W = 0.23857

FormFactor = Callable[[Array], Array]


@dataclass(frozen=True)
class Nucleus:
    """A nucleus: protons, nucleons, atomic mass in u, atoms per formula unit."""

    Z: int
    A: int
    mass: float
    count: float = 1.0

    @property
    def N(self) -> int:
        """Number of neutrons."""
        return self.A - self.Z

    @property
    def M(self) -> float:
        """Mass in MeV; binding and mass of the electrons, 2e-4, are left in."""
        return self.mass * ATOMIC_MASS


@dataclass(frozen=True)
class Couplings:
    """Vector couplings of proton and neutron at ``SIN2_THETA_W``; g_p falls by 2 per unit of sin²θ_W."""

    proton: float
    neutron: float


#: ``tree``: g_p = ½ − 2 sin²θ_W, g_n = −½. ``radiative``: with radiative corrections, as the configuration
#: for the 2017 result uses them (J. Erler and S. Su, arXiv:1303.5522, in the public code schol/dukecevns).
COUPLINGS: dict[str, Couplings] = {
    "tree": Couplings(0.5 - 2.0 * SIN2_THETA_W, -0.5),
    "radiative": Couplings(0.0298, -0.5117),
}


def couplings(name: str) -> Couplings:
    """Return couplings by name.

    Raises
    ------
    UnknownNameError
    """
    if name not in COUPLINGS:
        raise UnknownNameError("couplings", name, COUPLINGS)
    return COUPLINGS[name]


@dataclass(frozen=True)
class Charge:
    """Factor of one term of the squared weak charge: its value over that of the standard model.

    With Q_p = Z g_p and Q_n = N g_n the rate has the terms ``pp`` Q_p² F_p², ``pn`` 2 Q_p Q_n F_p F_n and
    ``nn`` Q_n² F_n²; with one form factor, the one term ``all``, (Q_p + Q_n)² F².

    Examples
    --------
    >>> argon = Charge(Nucleus(18, 40, 39.962), COUPLINGS["tree"], "all")
    >>> argon(np.array([SIN2_THETA_W, 0.2]), np.zeros(2), np.zeros(2)).round(3).tolist()
    [1.0, 0.755]
    """

    nucleus: Nucleus
    couplings: Couplings
    term: str

    def __call__(self, sin2_theta_w: Array, eps_u: Array, eps_d: Array) -> Array:
        """Return the factor at sin²θ_W and vector couplings ε^{uV}, ε^{dV} of a flavour, arrays (P,)."""
        proton = self.couplings.proton - 2.0 * (sin2_theta_w - SIN2_THETA_W) + 2.0 * eps_u + eps_d
        neutron = self.couplings.neutron + eps_u + 2.0 * eps_d
        return np.asarray(self.value(proton, neutron) / self.standard)

    @property
    def standard(self) -> float:
        """The term in the standard model."""
        return float(self.value(self.couplings.proton, self.couplings.neutron))

    def value(self, proton: Any, neutron: Any) -> Any:
        """Return the term for couplings of proton and neutron."""
        p, n = self.nucleus.Z * proton, self.nucleus.N * neutron
        return {"pp": p * p, "pn": 2.0 * p * n, "nn": n * n, "all": (p + n) ** 2}[self.term]


#: A factor of a channel as a function of the interaction parameters, arrays (P,).
Strength = Callable[[Mapping[str, Array]], Array]

#: What the strengths of channels depend on.
PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "cevns_strength",
        "1",
        0.0,
        np.inf,
        "CEvNS cross section over that of the standard model",
        default=1.0,
        scan=(0.0, 2.0),
        null=0.0,
    ),
    Parameter("cevns_strength_e", "1", 0.0, np.inf, "the same for ν_e alone", default=1.0, scan=(0.0, 3.0)),
    Parameter("cevns_strength_mu", "1", 0.0, np.inf, "the same for ν_μ alone", default=1.0, scan=(0.0, 3.0)),
    Parameter(
        "sin2_theta_w",
        "1",
        0.0,
        1.0,
        "sin²θ_W at the momentum transfer of CEvNS",
        default=SIN2_THETA_W,
        scan=(0.1, 0.4),
    ),
    *(
        Parameter(
            name, "1", -np.inf, np.inf, f"vector coupling {what}", default=0.0, scan=(-1.0, 1.0), null=0.0
        )
        for name, what in (
            ("eps_ee_u", "ε_ee of ν_e to u quarks"),
            ("eps_ee_d", "ε_ee of ν_e to d quarks"),
            ("eps_ee", "ε_ee of ν_e to u and d quarks alike, added to those of each"),
            ("eps_mumu_u", "ε_μμ of ν_μ to u quarks"),
            ("eps_mumu_d", "ε_μμ of ν_μ to d quarks"),
            ("eps_mumu", "ε_μμ of ν_μ to u and d quarks alike, added to those of each"),
        )
    ),
)


@dataclass(frozen=True, eq=False)
class Universal:
    """What all flavours have in common."""

    charge: Charge

    def __call__(self, p: Mapping[str, Array]) -> Array:
        """Return the factor at interaction parameters, arrays (P,)."""
        zero = np.zeros_like(p["sin2_theta_w"])
        return np.asarray(p["cevns_strength"] * self.charge(p["sin2_theta_w"], zero, zero))


@dataclass(frozen=True, eq=False)
class Added:
    """What a flavour has besides; in the standard model nothing."""

    charge: Charge
    flavour: str

    def __call__(self, p: Mapping[str, Array]) -> Array:
        """Return the factor at interaction parameters, arrays (P,)."""
        name = f"eps_{self.flavour}{self.flavour}"
        up, down = (p[f"{name}_{quark}"] + p[name] for quark in "ud")
        factor = self.charge(p["sin2_theta_w"], up, down)
        whole = p["cevns_strength"] * p[f"cevns_strength_{self.flavour}"] * factor
        return np.asarray(whole - Universal(self.charge)(p))


def strengths(charge: Charge) -> dict[str, Strength]:
    """Return the factors of the channels that one term of a rate is, by final state.

    ``active`` has what all flavours have in common, ``e`` and ``mu`` what these have besides. So a flavour
    keeps its own coupling wherever oscillation takes it from or to.
    """
    return {"active": Universal(charge), "e": Added(charge, "e"), "mu": Added(charge, "mu")}


def helm(q: Array, radius: float, s: float) -> Array:
    """Return the form factor 3 j₁(qR₀)/(qR₀) exp(−q²s²/2), q in MeV, R₀ and skin s in fm.

    R. H. Helm, Phys. Rev. 104 (1956) 1466.

    Examples
    --------
    >>> helm(np.array([0.0, 50.0]), 5.8, 0.9).round(3).tolist()
    [1.0, 0.779]
    """
    x = q / HBAR_C
    return _sphere(x * radius) * np.exp(-0.5 * (x * s) ** 2)


def klein_nystrand(q: Array, radius: float, range_: float) -> Array:
    """Return the form factor 3 j₁(qR)/(qR) / (1 + a²q²), q in MeV, R and Yukawa range a in fm.

    S. R. Klein and J. Nystrand, Phys. Rev. Lett. 84 (2000) 2330.

    Examples
    --------
    >>> klein_nystrand(np.array([0.0, 50.0]), 6.1, 0.7).round(3).tolist()
    [1.0, 0.757]
    """
    x = q / HBAR_C
    return np.asarray(_sphere(x * radius) / (1.0 + (x * range_) ** 2))


def _sphere(x: Array) -> Array:
    """Return 3 j₁(x)/x, one at x = 0."""
    safe = np.where(x > 1e-6, x, 1.0)
    return np.where(x > 1e-6, 3.0 * scipy.special.spherical_jn(1, safe) / safe, 1.0)


@completed
def form_factor(config: FormFactorOptions, A: int) -> FormFactor:
    """Return a declared form factor of a nucleus as a function of q in MeV.

    ``helm``: ``s`` and either ``r0`` (R = r0 A^⅓, R₀² = R² − 5s²) or ``c`` and ``a``
    (R₀² = (c₀A^⅓ + c₁)² + 7π²a²/3 − 5s², J. D. Lewin and P. F. Smith, Astropart. Phys. 6 (1996) 87).
    ``klein-nystrand``: ``r0`` (R = r0 A^⅓) and ``a``. All lengths in fm.

    Raises
    ------
    UnknownNameError
        For another kind.
    """
    root = float(A) ** (1.0 / 3.0)
    if config["kind"] == "klein-nystrand":
        radius, a = config["r0"] * root, config["a"]
        return lambda q: klein_nystrand(q, radius, a)
    if config["kind"] != "helm":
        raise UnknownNameError("form factor", str(config["kind"]), ["helm", "klein-nystrand"])
    s = float(config["s"])
    if "r0" in config:
        square = (config["r0"] * root) ** 2
    else:
        square = (config["c"][0] * root + config["c"][1]) ** 2 + 7.0 / 3.0 * (np.pi * config["a"]) ** 2
    effective = float(np.sqrt(square - 5.0 * s**2))
    return lambda q: helm(q, effective, s)


def recoil_momentum(T: Array, nucleus: Nucleus) -> Array:
    """Return the momentum transfer q = √(2MT) in MeV for recoil energies in MeV."""
    return np.sqrt(2.0 * nucleus.M * T)


def endpoint(E: float, nucleus: Nucleus) -> float:
    """Return the largest recoil energy in MeV for a neutrino energy in MeV.

    Examples
    --------
    >>> round(1e3 * endpoint(29.8, Nucleus(18, 40, 39.948)), 2)  # keV
    47.65
    """
    return 2.0 * E**2 / (nucleus.M + 2.0 * E)


def cross_section(T: Array, E: Array, nucleus: Nucleus, charge2: Array) -> Array:
    """Return dσ/dT in cm²/MeV, shape (n_T, n_E).

    Parameters
    ----------
    T, E : arrays, shapes (n_T,) and (n_E,)
        Recoil and neutrino energy in MeV.
    nucleus : Nucleus
    charge2 : array, shape (n_T,)
        The squared weak charge at these recoil energies, form factors included.

    Examples
    --------
    Point-like argon at rest: the total cross section is G_F² E²/π times the squared charge,

    >>> argon = Nucleus(18, 40, 39.962)
    >>> T = (np.arange(4000) + 0.5) * endpoint(10.0, argon) / 4000
    >>> total = cross_section(T, np.array([10.0]), argon, np.full(4000, 100.0)).sum() * (T[1] - T[0])
    >>> round(float(total) / (FERMI**2 * 10.0**2 / np.pi * (HBAR_C * 1e-13) ** 2 * 100.0), 3)
    0.999
    """
    kinematics = 1.0 - T[:, None] * (1.0 / E + 0.5 * nucleus.M / E**2)
    scale = FERMI**2 * nucleus.M / np.pi * _CM2
    return np.asarray(scale * charge2[:, None] * np.maximum(kinematics, 0.0))
