"""How flavours and levels mix: three active neutrinos and any number of sterile ones, with all phases."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.constants import STANDARD
from nuanomaly.model.levels import Levels
from nuanomaly.model.mixing import rotation
from nuanomaly.model.probabilities import Array, Parameter
from nuanomaly.model.waves import Complex

_MEANINGS = {
    "sin2_theta12": ("1", 0.0, 1.0, "sin²θ12"),
    "sin2_theta13": ("1", 0.0, 1.0, "sin²θ13"),
    "sin2_theta23": ("1", 0.0, 1.0, "sin²θ23"),
    "delta_cp": ("rad", -np.inf, np.inf, "CP phase δ of the active neutrinos"),
    "dm2_21": ("eV**2", -np.inf, np.inf, "Δm²_21"),
    "dm2_31": ("eV**2", -np.inf, np.inf, "Δm²_31"),
}
STANDARD_PARAMETERS = tuple(
    Parameter(name, *_MEANINGS[name], default=value) for name, value in STANDARD.items()
)
_ACTIVE = (("e", "e"), ("mu", "μ"), ("tau", "τ"))


@dataclass(frozen=True)
class SterileLevel:
    """A level that is mostly sterile.

    Attributes
    ----------
    number : int
        4, 5, …
    lighter : bool
        Whether it lies below the active ones: its splitting is Δm²_1k = m²_1 − m²_k then.
    free_phase : bool
        Whether its CP phase in U_μk is a parameter without default.
    """

    number: int
    lighter: bool = False
    free_phase: bool = False

    @property
    def splitting(self) -> str:
        """The name of its mass splitting, which is positive."""
        return f"dm2_1{self.number}" if self.lighter else f"dm2_{self.number}1"

    def mixing(self, flavour: str) -> str:
        """Return the name of the parameter |U_αk|²."""
        return f"U{flavour}{self.number}_sq"

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Splitting, three elements of U and two phases."""
        k = self.number
        label = f"Δm²_1{k} = m²_1 − m²_{k}" if self.lighter else f"Δm²_{k}1"
        return (
            Parameter(self.splitting, "eV**2", 0.0, np.inf, label, log=True, scan=(1e-2, 1e2)),
            *(
                Parameter(
                    self.mixing(name),
                    "1",
                    0.0,
                    1.0,
                    f"|U_{symbol}{k}|²",
                    default=0.0 if name == "tau" else None,
                    log=True,
                    scan=(1e-4, 0.5),
                    null=0.0,
                )
                for name, symbol in _ACTIVE
            ),
            *(
                Parameter(
                    f"delta_{row}{k}",
                    "rad",
                    -np.inf,
                    np.inf,
                    f"CP phase δ{row}{k} of U_{symbol}{k}",
                    default=None if free else 0.0,
                    scan=(0.0, 2.0 * np.pi),
                )
                for row, symbol, free in ((1, "e", False), (2, "μ", self.free_phase))
            ),
        )

    def column(self, p: Mapping[str, Array]) -> Complex:
        """Return U_αk of the active flavours, shape (P, 3): U_τk is real."""
        size = np.sqrt(np.array([p[self.mixing(name)] for name, _ in _ACTIVE]))
        phases = np.array([p[f"delta_1{self.number}"], p[f"delta_2{self.number}"]])
        column = size.astype(complex)
        column[:2] *= np.exp(-1j * phases)
        return np.asarray(column.T)


@dataclass(frozen=True)
class Flavours:
    """Three active neutrinos and sterile levels.

    U = [T V, B]: B holds the columns U_αk of the sterile levels as the parameters give them, V is the mixing
    matrix of three neutrinos, and T, lower triangular with T Tᴴ = 1 − B Bᴴ, is what is left to the light
    levels (the triangular form of arXiv:1503.08879). With one sterile level this is R34 R24 R14 R23 R13 R12.

    Attributes
    ----------
    name : str
    sterile : tuple of SterileLevel

    Examples
    --------
    >>> two = Flavours("3+2", (SterileLevel(4), SterileLevel(5, free_phase=True)))
    >>> [p.name for p in two.parameters if p.default is None]
    ['dm2_41', 'Ue4_sq', 'Umu4_sq', 'dm2_51', 'Ue5_sq', 'Umu5_sq', 'delta_25']
    """

    name: str
    sterile: tuple[SterileLevel, ...] = ()

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the sterile levels, then those of three flavours."""
        return (*(p for level in self.sterile for p in level.parameters), *STANDARD_PARAMETERS)

    def _columns(self, p: Mapping[str, Array]) -> Complex:
        """Return B, shape (P, 3, k)."""
        return np.stack([level.column(p) for level in self.sterile], axis=2)

    def allowed(self, p: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where a unitary matrix with these columns exists, up to rounding, shape (P,)."""
        if not self.sterile:
            return np.ones(max((v.size for v in p.values()), default=1), bool)
        B = self._columns(p)
        if len(self.sterile) == 1:
            return np.asarray((np.abs(B) ** 2).sum(axis=(1, 2)) <= 1.0 + 1e-12)
        largest = np.linalg.eigvalsh(np.swapaxes(B.conj(), 1, 2) @ B)[:, -1]
        return np.asarray(largest <= 1.0 + 1e-12)

    def levels(self, p: Mapping[str, Array]) -> Levels:
        """Return the levels at parameters of shape (P,) each.

        Raises
        ------
        NuanomalyError
            If no unitary matrix has these columns.
        """
        zero = np.zeros_like(p["dm2_31"])
        masses = [zero, p["dm2_21"], p["dm2_31"]]
        V = _active(p)
        if not self.sterile:
            return Levels(V, np.array(masses))
        self.check(p)
        B = self._columns(p)
        rest = np.eye(3) - B @ np.swapaxes(B.conj(), 1, 2)
        masses += [-p[s.splitting] if s.lighter else p[s.splitting] for s in self.sterile]
        return Levels(np.concatenate([_cholesky(rest) @ V, B], axis=2), np.array(masses))

    def check(self, p: Mapping[str, Array]) -> None:
        """Refuse columns that no unitary matrix has.

        Raises
        ------
        NuanomalyError
        """
        if self.allowed(p).all():
            return
        if len(self.sterile) > 1:
            names = ", ".join(f"|U_α{level.number}|²" for level in self.sterile)
            raise NuanomalyError(
                f"model {self.name!r}: no unitary mixing matrix has such {names}: each column, each row and "
                "every superposition of columns must not be longer than 1"
            )
        raise NuanomalyError("Ue4_sq + Umu4_sq + Utau4_sq must not exceed 1: the mixing matrix is unitary")


def _active(p: Mapping[str, Array]) -> Complex:
    """Return R23 R13(δ) R12, shape (P, 3, 3)."""
    product: Complex = (
        rotation(1, 2, p["sin2_theta23"], size=3)
        @ rotation(0, 2, p["sin2_theta13"], p["delta_cp"], size=3)
        @ rotation(0, 1, p["sin2_theta12"], size=3)
    )
    return product


def _cholesky(matrix: Complex) -> Complex:
    """Return the lower triangular factors of (P, 3, 3) matrices that may be singular."""
    factor = np.zeros_like(matrix)
    for j in range(3):
        left = matrix[:, j, j].real - (np.abs(factor[:, j, :j]) ** 2).sum(axis=1)
        diagonal = np.sqrt(np.maximum(left, 0.0))
        factor[:, j, j] = diagonal
        for i in range(j + 1, 3):
            rest = matrix[:, i, j] - (factor[:, i, :j] * factor[:, j, :j].conj()).sum(axis=1)
            factor[:, i, j] = np.divide(rest, diagonal, out=np.zeros_like(rest), where=diagonal > 1e-12)
    return factor
