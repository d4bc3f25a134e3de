"""Antineutrino fluxes of reactors: predictions per isotope, measured spectra unfolded, corrections.

Reads the text files of the papers as public repositories carry them: Huber's tables and polynomials,
Mueller's, the summation spectra of Estienne, Fallot et al., Kurchatov's and Haag's ²³⁸U, Daya Bay unfolded
alone and with PROSPECT, the spent fuel and the corrections for finite irradiation; and the fluxes and the
cross section of GLoBESfit. Numbers are read as they are; only powers of ten in units are multiplied in.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers._globesfit import cross_section, flux, lines, text_frame
from nuanomaly.archive.errors import NuanomalyError

JUNO = "reactor/flux_models_juno"
GNA = "reactor/flux_models_gna"
ISOTOPES = ("u235", "u238", "pu239", "pu241")
#: Columns of Huber's tables after energy and flux.
HUBER_ERRORS = tuple(
    f"{error}_{sign}"
    for error in ("statistical", "bias", "charge", "weak_magnetism", "normalisation", "total")
    for sign in ("minus", "plus")
)
#: Columns of the summation spectra: isotope and days of irradiation.
SUMMATION = ("u235_12h", "u235_450d", "pu239_36h", "pu239_450d", "pu241_36h", "pu241_450d", "u238_450d")
#: Spectra of Daya Bay, in the order of their covariance.
UNFOLDED = ("u235", "pu", "total")
U238_ERRORS = ("energy", "error_database", "error_forbidden", "error_corrections", "error_missing")

Floats = NDArray[np.float64]


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/flux_models_*`` and ``reactor/globesfit_fluxes``.
    """
    juno = originals / JUNO
    mueller = {i: rows(juno / f"{i}_mueller.csv") for i in ISOTOPES}
    kurchatov = {i: rows(juno / f"{i}_kopeikin.csv") for i in ("u235", "u238")}
    errors = {f"{i}_error": values[:, [0, 2]] * [1.0, 0.01] for i, values in kurchatov.items()}
    return {
        "huber": _huber(juno),
        "polynomials": _polynomials(originals / "reactor/flux_huber_mueller_nuosc"),
        "mueller": _side_by_side(mueller),
        "mueller-u238-errors": pd.DataFrame(mueller["u238"][:, [0, 2, 3, 4, 5]], columns=U238_ERRORS),
        "huber-mueller": flux(originals, ""),
        "hkss": flux(originals, "_HKSS"),
        "summation": pd.DataFrame(rows(juno / "EF_spectra.txt"), columns=["energy", *SUMMATION]),
        "kurchatov": _side_by_side({**kurchatov, **errors}),
        "haag-u238": pd.DataFrame(
            rows(juno / "u238_haag.csv") * [1.0, 1.0, 0.01, 0.01],
            columns=["energy", "u238", "error", "normalisation_error"],
        ),
        **_daya_bay(juno),
        **_daya_bay_prospect(juno),
        "spent-fuel": pd.DataFrame(
            rows(originals / GNA / "SNF/kopeikin_0412.044_spent_fuel_spectrum.dat"),
            columns=["energy", "ratio"],
        ),
        "off-equilibrium": _side_by_side(
            {
                isotope: rows(originals / GNA / f"Mueller/offeq/mueller_offequilibrium_corr_{name}.dat")
                for isotope, name in (("u235", "U235"), ("pu239", "Pu239"), ("pu241", "Pu241"))
            }
        ),
        "cross-section": cross_section(originals),
    }


def rows(path: Path) -> Floats:
    """Return the lines of numbers of a text file, between tabs, blanks or commas; all have the same length.

    Lines that begin with no number are headers.
    """
    arrays = [numbers for _, numbers in _numbered(path)]
    if len({len(numbers) for numbers in arrays}) != 1:
        raise NuanomalyError(f"{path}: lines of numbers have different lengths")
    return np.array(arrays)


def _numbered(path: Path) -> Iterator[tuple[int, list[float]]]:
    """Yield number and numbers of each line of a file that begins with a number."""
    for number, line in enumerate(lines(path), 1):
        cells = line.replace(",", " ").split()
        try:
            float(cells[0]) if cells else float("")
        except ValueError:
            continue
        try:
            yield number, [float(cell) for cell in cells]
        except ValueError:
            raise NuanomalyError(f"{path}, line {number}: is not all numbers: {line.strip()!r}") from None


def _blocks(path: Path) -> list[Floats]:
    """Return the tables of a file in which headers stand between tables."""
    items = list(_numbered(path))
    ends = [k + 1 for k, (a, b) in enumerate(pairwise(items)) if b[0] != a[0] + 1]
    parts = (items[i:j] for i, j in pairwise([0, *ends, len(items)]))
    return [np.array([numbers for _, numbers in part]) for part in parts]


def _side_by_side(columns: dict[str, Floats]) -> pd.DataFrame:
    """Return tables of (energy, value, …) as one with a column each; the energies must agree."""
    energies = next(iter(columns.values()))[:, 0]
    for name, values in columns.items():
        if not np.array_equal(values[:, 0], energies):
            raise NuanomalyError(f"{name}: the energies are not those of {next(iter(columns))}")
    return pd.DataFrame({"energy": energies, **{name: values[:, 1] for name, values in columns.items()}})


def _huber(folder: Path) -> pd.DataFrame:
    parts = []
    for isotope in ("u235", "pu239", "pu241"):
        frame = pd.DataFrame(rows(folder / f"{isotope}_huber.csv"), columns=["energy", "flux", *HUBER_ERRORS])
        frame.insert(0, "isotope", isotope)
        parts.append(frame)
    return pd.concat(parts)


def _polynomials(folder: Path) -> pd.DataFrame:
    table = text_frame(folder / "exp_polynomial_coefficients.csv")
    numbers = {f"a{k}": table[f"a{k}"].astype(float) for k in range(6)}
    return pd.DataFrame({"isotope": table["isotope"].str.lower(), **numbers})


def _daya_bay(folder: Path) -> dict[str, pd.DataFrame]:
    """Return Daya Bay's unfolded spectra, their covariances and smearing matrices."""
    # three tables per spectrum: the spectrum, A_c, the covariance without the bias of the method
    blocks = _blocks(folder / "UnfoldAntineutrinoSpectra.txt")
    if [len(b) for b in blocks] != [25] * 9:
        raise NuanomalyError(f"{folder}: Daya Bay has {len(blocks)} tables, nine of 25 lines are needed")
    edges = np.append(1.8 + 0.25 * np.arange(25), 9.5).round(2)
    spectra = [
        pd.DataFrame(
            {"spectrum": n, "low": edges[:-1], "high": edges[1:], "weighted": b[:, 1], "flux": b[:, 2]}
        )
        for n, b in zip(UNFOLDED, blocks[::3], strict=True)
    ]
    return {
        "daya-bay": pd.concat(spectra),
        "daya-bay-covariance": _matrix(rows(folder / "CovMatrix_unfolding_DYB.txt")),
        "daya-bay-smearing": _stack(blocks[1::3]),
        "daya-bay-covariance-without-bias": _stack(blocks[2::3]),
    }


def _stack(blocks: Sequence[Floats]) -> pd.DataFrame:
    parts = []
    for name, block in zip(UNFOLDED, blocks, strict=True):
        frame = _matrix(block)
        frame.insert(0, "spectrum", name)
        parts.append(frame)
    return pd.concat(parts)


def _matrix(values: Floats) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"c{k}" for k in range(values.shape[1])])


def _daya_bay_prospect(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the spectra unfolded from Daya Bay and PROSPECT together, in cm²/fission/MeV."""
    parts = []
    for isotope in ("u235", "pu239"):
        values = rows(folder / f"{isotope}_unfolded_DYB_PROSPECT.txt")
        frame = pd.DataFrame(
            {"low": values[:, 0], "high": values[:, 2], "weighted": _scaled(values[:, 3], -43)}
        )
        frame.insert(0, "isotope", isotope)
        parts.append(frame)
    covariance = rows(folder / "CovMatrix_unfolding_DYB_PROSPECT.txt")
    return {
        "daya-bay-prospect": pd.concat(parts),
        "daya-bay-prospect-covariance": _matrix(_scaled(covariance, -86)),
    }


def _scaled(values: Floats, power: int) -> Floats:
    """Return values times a power of ten, to the nearest float64 of their decimals."""
    exact = [float(Decimal(repr(float(v))).scaleb(power)) for v in values.ravel()]
    return np.array(exact).reshape(values.shape)
