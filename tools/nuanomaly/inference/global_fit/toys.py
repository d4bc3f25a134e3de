"""χ²PG of toys of a global fit."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nuanomaly.inference import cube
from nuanomaly.inference.dependence import Dependence
from nuanomaly.inference.global_fit.sides import Side
from nuanomaly.model.probabilities import Array

#: Toys whose tables are held at once.
TOGETHER = 64


@dataclass(frozen=True, eq=False)
class Fitted:
    """What fits of toys give; each array of shape (T,).

    Attributes
    ----------
    chi2, grid : array
        χ²PG with minima between the points of the grid, and on them.
    joint, disappearance, appearance : cube.Minima
        Where the three minima are.
    """

    chi2: Array
    grid: Array
    joint: cube.Minima
    disappearance: cube.Minima
    appearance: cube.Minima


@dataclass(frozen=True, eq=False)
class GlobalFit:
    """Three sides over one axis of Δm²: the first mixing, the second (|Ue4|², |Uμ4|²), and their product."""

    electron: Side
    muon: Side
    product: Side

    def of(self, depends: Dependence) -> Side:
        """Return the side of the data sets that depend on one of them."""
        return {"e": self.electron, "mu": self.muon, "product": self.product}[depends]

    def having(self, depends: Dependence, side: Side) -> "GlobalFit":
        """Return the fit with another side in the place of one."""
        sides = {"e": self.electron, "mu": self.muon, "product": self.product, depends: side}
        return GlobalFit(sides["e"], sides["mu"], sides["product"])

    def tables(
        self, data: Array, exact: bool = False
    ) -> Iterator[tuple[cube.Tables, cube.Tables, cube.Tables]]:
        """Yield the tables of the three sides for data (T, n), some toys at once."""
        sides = (self.electron, self.muon, self.product)
        numbers = [] if exact else [side.numbers(data) for side in sides]
        for k in range(0, len(data), TOGETHER):
            cut = slice(k, k + TOGETHER)
            held: list[cube.Tables] = (
                [side.exact(data[cut]) for side in sides]
                if exact
                else [side.values([n[cut] for n in own]) for side, own in zip(sides, numbers, strict=True)]
            )
            yield held[0], held[1], held[2]

    def delta(self, data: Array, row: int, product: int) -> Array:
        """Return Δχ² of the joint fit at one Δm² and one product of the mixings for data (T, n).

        Their ratio is fitted; the product is counted along its own axis.
        """
        parts = [
            cube.at_product(*tables, row, product) - cube.of_sum(*tables).refined
            for tables in self.tables(data)
        ]
        return np.maximum(np.concatenate(parts), 0.0)

    def __call__(self, data: Array, exact: bool = False) -> Fitted:
        """Return the parameter goodness of fit of data (T, n), appearance against disappearance."""
        parts = [of_tables(*tables) for tables in self.tables(data, exact)]

        def joined(name: str) -> cube.Minima:
            each = [getattr(part, name) for part in parts]
            return cube.Minima(
                np.concatenate([m.grid for m in each]),
                np.concatenate([m.refined for m in each]),
                np.concatenate([m.place for m in each]),
            )

        return Fitted(
            np.concatenate([part.chi2 for part in parts]),
            np.concatenate([part.grid for part in parts]),
            joined("joint"),
            joined("disappearance"),
            joined("appearance"),
        )


def of_tables(electron: cube.Tables, muon: cube.Tables, product: cube.Tables) -> Fitted:
    """Return the fit of tables (T, D, E), (T, D, M) and (T, D, E + M − 1) of the three sides."""
    joint = cube.of_sum(electron, muon, product)
    apart = cube.of_disappearance(electron, muon), cube.of_plane(product)
    refined, grid = (
        getattr(joint, name) - getattr(apart[0], name) - getattr(apart[1], name)
        for name in ("refined", "grid")
    )
    return Fitted(refined, grid, joint, *apart)
