"""Which energy a column is in, and tables that are joined only where it is the same one.

Two spectra can have the same edges and the same totals and yet differ by a third in a bin: Daya Bay's
supplement of 2022 counts in true prompt energy, its full release of 2025 in reconstructed energy. So a column
says which energy it holds (``energy`` in ``release.yaml``, or in ``amendments.yaml`` for what was released
before).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    import pandas as pd

#: The kinds of energy, and what each is.
ENERGIES: Mapping[str, str] = {
    "neutrino": "energy of the neutrino or antineutrino itself",
    "neutrino-reconstructed": "energy of the neutrino as reconstructed from what was seen of it",
    "prompt": "true prompt energy of inverse beta decay, 0.78 MeV below the antineutrino's",
    "prompt-reconstructed": "prompt energy of inverse beta decay as the detector gives it",
    "positron": "energy of the positron alone",
    "visible": "energy that makes light in the detector",
    "deposited": "energy that is left in the detector, before its response",
    "recoil": "kinetic energy of the recoiling nucleus",
    "electron-equivalent": "energy of an electron that would make the same signal",
    "light": "photo-electrons of scintillation",
    "charge": "photo-electrons of the charge signal",
}


def declared(columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the kind of energy by column, for the columns that say it.

    Examples
    --------
    >>> declared([{"name": "low", "energy": "prompt"}, {"name": "counts"}])
    {'low': 'prompt'}
    """
    return {str(column["name"]): str(column["energy"]) for column in columns if "energy" in column}


def join(left: "pd.DataFrame", right: "pd.DataFrame", on: str | Sequence[str]) -> "pd.DataFrame":
    """Return two tables of releases joined on columns that both have, as :meth:`pandas.DataFrame.merge` does.

    Parameters
    ----------
    left, right : pandas.DataFrame
        From :meth:`nuanomaly.Release.table`.
    on : str or sequence of str
        Columns that both have.

    Raises
    ------
    NuanomalyError
        If one of these columns is in another unit, or in another kind of energy, on the two sides.

    Examples
    --------
    >>> from nuanomaly.archive.loading import load
    >>> old = load("daya-bay@2022-r1").table("spectra")
    >>> new = load("daya-bay@2025-r1").table("spectra")
    >>> join(old, new, on=["energy_low", "energy_high"])
    Traceback (most recent call last):
        ...
    nuanomaly.archive.errors.NuanomalyError: column energy_low is in prompt energy (true prompt energy ...
    """
    for column in [on] if isinstance(on, str) else on:
        for what in ("units", "energies"):
            first, second = (frame.attrs.get(what, {}).get(column) for frame in (left, right))
            if first != second:
                sides = " and ".join(_side(frame, what, column) for frame in (left, right))
                raise NuanomalyError(f"column {column} is in {sides}: the two must not be joined")
    return left.merge(right, on=on)


def _side(frame: "pd.DataFrame", what: str, column: str) -> str:
    """Return what one side says of a column."""
    said = frame.attrs.get(what, {}).get(column)
    name = frame.attrs.get("release", "a table without a release")
    if said is None:
        return f"no {'unit' if what == 'units' else 'energy'} that {name} says"
    return f"{said} energy ({ENERGIES[said]}) in {name}" if what == "energies" else f"{said} in {name}"
