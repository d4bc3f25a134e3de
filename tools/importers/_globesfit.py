"""What the files of GLoBESfit have in common: cells as text, tables of GLoBES, fluxes, the cross section.

A GLoBES table has the energy (GeV) and six columns, the fifth of all being ν̄_e. Numbers are read as decimals,
so that a change of unit is exact.
"""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError

ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
FOLDER = "reactor/globesfit_fluxes"


def text_frame(path: Path) -> pd.DataFrame:
    """Return a CSV file with every cell as the text it is."""
    return pd.read_csv(io.StringIO("\n".join(lines(path))), dtype=str, keep_default_na=False)


def numbers(path: Path) -> pd.DataFrame:
    """Return a CSV file of numbers."""
    return text_frame(path).astype(float)


def lines(path: Path) -> list[str]:
    """Return the lines of a text file."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NuanomalyError(f"{path}: the original is missing") from None


def flux(originals: Path, suffix: str) -> pd.DataFrame:
    """Return the fluxes of one model (its files end in ``suffix``): energy in MeV, a column per isotope."""
    columns: dict[str, list[float]] = {}
    for isotope in ISOTOPES:
        path = originals / FOLDER / f"Pure_{isotope}{suffix}.dat"
        rows = list(globes(path))
        energies = [float(1000 * energy) for energy, _ in rows]
        if columns.setdefault("energy", energies) != energies:
            raise NuanomalyError(f"{path}: the energies are not those of {ISOTOPES[0]}")
        columns[isotope.lower()] = [float(value) for _, value in rows]
    return pd.DataFrame(columns)


def cross_section(originals: Path) -> pd.DataFrame:
    """Return the cross section of inverse beta decay in cm² by energy in MeV."""
    # the file holds log10(E/GeV) and σ/E in 1e-38 cm²/GeV; decimals give the same digits on every machine
    rows = [(10**log_energy, value) for log_energy, value in globes(originals / FOLDER / "IBDnew.dat")]
    return pd.DataFrame(
        {
            "energy": [float(1000 * energy) for energy, _ in rows],
            "cross_section": [float(value * energy * Decimal("1e-38")) for energy, value in rows],
        }
    )


def globes(path: Path) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield (first column, ν̄_e column) of a GLoBES table; ``#`` begins a comment."""
    for number, line in enumerate(lines(path), 1):
        cells = line.partition("#")[0].split()
        if not cells:
            continue
        if len(cells) != 7:
            raise NuanomalyError(f"{path}, line {number}: has {len(cells)} columns, a GLoBES table has 7")
        yield Decimal(cells[0]), Decimal(cells[4])
