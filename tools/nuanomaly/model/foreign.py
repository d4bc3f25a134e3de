"""Probabilities of other packages as models, with the conventions that make them ours.

What differs from package to package is in ``docs/conventions.md``, and ``make crosscheck`` compares it: jaxnu
has the final flavour in the rows of its matrix, nuSQuIDS natural units. Both are 3+1 in vacuum with the
parameters of ``3+1``: for what a package can do beyond that (matter, decoherence) derive from its class, or
write a function.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.probabilities import Array, Parameter
from nuanomaly.model.vacuum import ThreePlusOne

_ROWS = {"e": 0, "mu": 1, "tau": 2, "sterile": 3}


def angles(parameters: Mapping[str, float]) -> dict[str, float]:
    """Return θ_ij of 3+1 in rad: |U_e4|² = s14², |U_μ4|² = c14² s24², |U_τ4|² = c14² c24² s34².

    Examples
    --------
    >>> small = {"Ue4_sq": 0.25, "Umu4_sq": 0.0, "Utau4_sq": 0.0}
    >>> active = {"sin2_theta12": 0.0, "sin2_theta13": 0.0, "sin2_theta23": 0.0}
    >>> round(float(np.degrees(angles({**small, **active})["14"])), 9)
    30.0
    """
    e4, mu4, tau4 = (parameters[name] for name in ("Ue4_sq", "Umu4_sq", "Utau4_sq"))
    squares = {
        **{f"{i}{j}": parameters[f"sin2_theta{i}{j}"] for i, j in ((1, 2), (1, 3), (2, 3))},
        "14": e4,
        "24": mu4 / (1.0 - e4) if e4 < 1.0 else 0.0,
        "34": tau4 / (1.0 - e4 - mu4) if e4 + mu4 < 1.0 else 0.0,
    }
    return {name: float(np.arcsin(np.sqrt(square))) for name, square in squares.items()}


class _Foreign(ABC):
    """3+1 in vacuum as another package computes it."""

    name: ClassVar[str]
    #: The package's module and the name under which it is installed.
    module: ClassVar[tuple[str, str]]
    parameters: ClassVar[tuple[Parameter, ...]] = ThreePlusOne.parameters
    unitary: ClassVar[bool] = True
    three_flavour: ClassVar[bool] = True

    def __init__(self) -> None:
        module, package = self.module
        try:
            self._package: Any = import_module(module)
        except ImportError as error:
            raise NuanomalyError(
                f"model {self.name!r} needs the package {package}, which cannot be imported ({error}): "
                f"install {package}, or nuanomaly[crosscheck]"
            ) from error

    def probability(
        self, initial: str, final: str, antineutrino: bool, L: Array, E: Array, **parameters: float
    ) -> Array:
        """Return P(initial→final), shape (N,), at baselines L (m) and energies E (MeV), shape (N,)."""
        baseline, energy = np.broadcast_arrays(np.atleast_1d(L), np.atleast_1d(E))
        row = self._row(_ROWS[initial], antineutrino, baseline, energy, parameters)
        return np.asarray(row[_ROWS[final]])

    @abstractmethod
    def _row(self, initial: int, antineutrino: bool, L: Array, E: Array, point: Mapping[str, float]) -> Array:
        """Return the probabilities to e, μ, τ and sterile, shape (4, N)."""


class Jaxnu(_Foreign):
    """3+1 by jaxnu, whose matrix is P[final, initial] and whose units are GeV and km."""

    name = "jaxnu"
    module = ("jaxnu", "jaxnu")

    def _row(self, initial: int, antineutrino: bool, L: Array, E: Array, point: Mapping[str, float]) -> Array:
        import jax

        turn = angles(point)
        levels = self._package.Sterile3plus1(
            *(turn[name] for name in ("12", "13", "23", "14", "24", "34")),
            *(point[name] for name in ("delta_cp", "delta_24", "dm2_21", "dm2_31", "dm2_41", "delta_14")),
        )

        def matrix(energy: Any, baseline: Any) -> Any:
            return self._package.oscillator.probability_vacuum(
                levels, energy, baseline, anti=antineutrino, backend="eigh"
            )

        together = jax.jit(jax.vmap(matrix))(E * 1e-3, L * 1e-3)
        return np.asarray(together, dtype=float)[:, :, initial].T


class Nusquids(_Foreign):
    """3+1 by nuSQuIDS, one evolution in vacuum for each node."""

    name = "nusquids"
    module = ("nuSQuIDS", "nusquids")

    def _row(self, initial: int, antineutrino: bool, L: Array, E: Array, point: Mapping[str, float]) -> Array:
        package, unit = self._package, self._package.Const()
        kind = package.NeutrinoType.antineutrino if antineutrino else package.NeutrinoType.neutrino
        solver = package.nuSQUIDS(4, kind)
        for name, angle in angles(point).items():
            solver.Set_MixingAngle(int(name[0]) - 1, int(name[1]) - 1, angle)
        for level, name in enumerate(("dm2_21", "dm2_31", "dm2_41"), 1):
            solver.Set_SquareMassDifference(level, point[name])
        for (i, j), name in (((0, 2), "delta_cp"), ((0, 3), "delta_14"), ((1, 3), "delta_24")):
            solver.Set_CPPhase(i, j, point[name])
        solver.Set_Body(package.Vacuum())
        start, row = np.eye(4)[initial], np.empty((4, L.size))
        for k, (baseline, energy) in enumerate(zip(L, E, strict=True)):
            solver.Set_E(float(energy) * unit.MeV)
            solver.Set_Track(package.Vacuum.Track(float(baseline) * unit.meter))
            solver.Set_initial_state(start, package.Basis.flavor)
            solver.EvolveState()
            row[:, k] = [solver.EvalFlavor(final) for final in range(4)]
        return row


#: The packages that :func:`nuanomaly.model.registry.model` knows by name.
FOREIGN: dict[str, type[_Foreign]] = {kind.name: kind for kind in (Jaxnu, Nusquids)}
