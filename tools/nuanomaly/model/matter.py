"""Matter of constant density: levels with the potentials of charged and neutral currents."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.constants import Avogadro, physical_constants

from nuanomaly.model.constants import PHASE
from nuanomaly.model.levels import Levels, rows_of
from nuanomaly.model.probabilities import Array, Nodes, Parameter, Transition
from nuanomaly.model.waves import Complex, average

#: ħc in MeV m, and √2 G_F times electrons per mole in cm³, which makes V in eV for Y ρ in g/cm³.
_HBARC = physical_constants["reduced Planck constant times c in MeV fm"][0] * 1e-15
_FERMI = physical_constants["Fermi coupling constant"][0] * 1e-18  # 1/eV²
POTENTIAL: float = float(np.sqrt(2.0) * _FERMI * Avogadro * (_HBARC * 1e6 * 1e2) ** 3)

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
            energies, states = self._solved(levels, k, unique, asked.antineutrino, electrons)
            place = inverse.ravel()
            result[k] = _summed(energies[place], states[place], asked, L, relative)
        return result

    def _solved(
        self, levels: Levels, k: int, columns: Array, antineutrino: bool, electrons: float
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
        H[:, 0, 0] += charged
        for a in range(3):
            H[:, a, a] += neutral
        if levels.decay is None:
            values, states = np.linalg.eigh(H)
            return values.astype(complex), states
        return tuple(np.linalg.eig(H))  # type: ignore[return-value]


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
