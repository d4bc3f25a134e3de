"""Matter of constant density: levels with the potentials of charged and neutral currents."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nuanomaly.model.constants import AVOGADRO, FERMI_GEV, HBAR_C, PHASE
from nuanomaly.model.levels import Levels, rows_of
from nuanomaly.model.probabilities import Array, Nodes, Parameter, Transition
from nuanomaly.model.waves import Complex, average

#: ħc in MeV m, and √2 G_F times electrons per mole in cm³, which makes V in eV for Y ρ in g/cm³.
_HBARC = HBAR_C * 1e-15
_FERMI = FERMI_GEV * 1e-18  # 1/eV²
POTENTIAL: float = float(np.sqrt(2.0) * _FERMI * AVOGADRO * (_HBARC * 1e6 * 1e2) ** 3)

DENSITY = Parameter("density", "g/cm**3", 0.0, np.inf, "density of the matter on the way", default=2.8)
ELECTRONS = Parameter("electron_fraction", "1", 0.0, 1.0, "electrons per nucleon", default=0.5)


@dataclass(frozen=True)
class Matter:
    """An interaction on the way.

    V = √2 G_F n_e for ν_e, and −G_F n_n/√2 of neutral currents for the three active ones: where there are
    sterile levels, what they lack counts. Both change sign for antineutrinos. The density of a node, where a
    release knows it (``density`` in g/cm³), comes before the parameter.
    """

    name: str = "matter"
    parameters: tuple[Parameter, ...] = (DENSITY, ELECTRONS)

    def couplings(self, parameters: Mapping[str, Array], k: int) -> Array:
        """Return what flavours feel of the potential of electrons at one point, shape (3, 3): ν_e alone."""
        return np.diag([1.0, 0.0, 0.0])

    def probability(
        self, levels: Levels, asked: Transition, nodes: Nodes, parameters: Mapping[str, Array]
    ) -> Array:
        """Return P, averaged over intervals of L in closed form, shape (P, N)."""
        L, E, half, known = nodes
        points = levels.U.shape[0]
        given = known["density"] if "density" in known else parameters["density"][:, None]
        columns = np.stack(np.broadcast_arrays(np.broadcast_to(given, (points, E.size)), E), axis=-1)
        relative = None if half is None else np.divide(half * E, L, out=np.zeros_like(L), where=L > 0.0)
        result = np.empty((points, E.size))
        for k in range(points):
            # many nodes have the same energy: each Hamiltonian is solved once
            unique, inverse = np.unique(columns[k], axis=0, return_inverse=True)
            electrons = float(parameters["electron_fraction"][k])
            felt = self.couplings(parameters, k)
            energies, states = self._solved(levels, k, unique, asked.antineutrino, electrons, felt)
            place = inverse.ravel()
            result[k] = _summed(energies[place], states[place], asked, L, relative)
        return result

    def _solved(
        self, levels: Levels, k: int, columns: Array, antineutrino: bool, electrons: float, felt: Array
    ) -> tuple[Complex, Complex]:
        """Return 2κ-like wave numbers in 1/m (M, n) and the states (M, n, n) at densities and energies."""
        rho, E = columns.T
        U = _square(levels.U[k])
        U = U.conj() if antineutrino else U
        mass = levels.m2[:, k].astype(complex)
        if levels.decay is not None:
            mass = mass - 1j * levels.decay[:, k]
        # PHASE Δm² L/E is half of the phase: m²/2E is 2 PHASE m²/E in 1/m
        H = (2.0 * PHASE / E)[:, None, None] * ((U * mass) @ U.conj().T)
        sign = -1.0 if antineutrino else 1.0
        charged = sign * POTENTIAL * electrons * rho / (_HBARC * 1e6)
        neutral = -0.5 * sign * POTENTIAL * (1.0 - electrons) * rho / (_HBARC * 1e6)
        H[:, :3, :3] += charged[:, None, None] * felt
        for a in range(3):
            H[:, a, a] += neutral
        if levels.decay is None:
            values, states = np.linalg.eigh(H)
            return values.astype(complex), states
        return tuple(np.linalg.eig(H))  # type: ignore[return-value]


def _strength(name: str, meaning: str) -> Parameter:
    said = f"non-standard coupling {meaning}, real, in units of the potential of electrons"
    return Parameter(f"nsi_{name}", "1", -10.0, 10.0, said, default=0.0, scan=(-1.0, 1.0), null=0.0)


#: Non-standard couplings of matter: initial and final flavour, by parameter.
_PAIRS = {
    "nsi_ee": (0, 0),
    "nsi_mumu": (1, 1),
    "nsi_tautau": (2, 2),
    "nsi_emu": (0, 1),
    "nsi_etau": (0, 2),
    "nsi_mutau": (1, 2),
}


@dataclass(frozen=True)
class NonStandardMatter(Matter):
    """Matter with non-standard couplings: V (δ_e + ε_αβ) in place of V for ν_e alone.

    ε_αβ = Σ_f (n_f/n_e) ε^{fV}_αβ adds up what electrons, u and d quarks do.
    """

    name: str = "nsi"
    parameters: tuple[Parameter, ...] = (
        DENSITY,
        ELECTRONS,
        *(
            _strength(name, meaning)
            for name, meaning in (
                ("ee", "ε_ee"),
                ("mumu", "ε_μμ"),
                ("tautau", "ε_ττ"),
                ("emu", "ε_eμ"),
                ("etau", "ε_eτ"),
                ("mutau", "ε_μτ"),
            )
        ),
    )

    def couplings(self, parameters: Mapping[str, Array], k: int) -> Array:
        """Return what flavours feel of the potential of electrons at one point, shape (3, 3)."""
        matrix = super().couplings(parameters, k)
        for name, (a, c) in _PAIRS.items():
            matrix[a, c] += parameters[name][k]
            if a != c:
                matrix[c, a] += parameters[name][k]
        return matrix


def _square(U: Complex) -> Complex:
    """Return a mixing matrix with its sterile rows; matter does not tell them apart, so any will do."""
    r, n = U.shape
    if r == n:
        return U
    rows = np.linalg.qr(U.conj().T, mode="complete")[0][:, r:].conj().T
    return np.concatenate([U, rows])


def _summed(energies: Complex, states: Complex, asked: Transition, L: Array, relative: Array | None) -> Array:
    """Return Σ_ij of the interference of levels, each averaged over its interval of L, shape (N,)."""
    n = energies.shape[1]
    a, rows, side = rows_of(asked.initial, asked.final, n, n)
    inverse = np.linalg.inv(states)
    products = states[:, rows, :] * inverse[:, None, :, a]  # amplitude of level i from α to β, (N, rows, n)
    total = np.zeros(L.size)
    for i in range(n):
        for j in range(i + 1):
            weight = (products[:, :, i] * products[:, :, j].conj()).sum(axis=1)
            z = -1j * (energies[:, i] - energies[:, j].conj()) * L
            wave = np.exp(z) if relative is None else average(z, np.zeros(L.size), relative)
            total += (1.0 if i == j else 2.0) * (weight * wave).real
    return side * total
