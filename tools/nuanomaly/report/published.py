"""Published contours by name: what was read off figures, and what collaborations released."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

#: The dataset of contours that were read off figures, and the table that says what each is.
DATASET, INDEX = "contours", "index"
#: Which of its tables belongs to the amplitude on an axis.
TABLES = {
    "sin2_2theta_ee": "nue-disappearance",
    "sin2_2theta_mumu": "numu-disappearance",
    "sin2_2theta_mue": "nue-appearance",
}
#: A column of |Uμ4|² where θ14 = 0, as MINOS and MINOS+ give it.
_SINE = "sin2_theta_24"


@dataclass(frozen=True, eq=False)
class Contour:
    """A published contour in the plane of an amplitude and a mass splitting.

    Attributes
    ----------
    name : str
        As it was asked for.
    label : str
        Whose it is, its level, and whether it is official, digitised or a fit of others.
    pieces : tuple of (array, array)
        Amplitude and Δm² (eV²) along each piece.
    about : mapping
        The row of the index, or the declaration of the table.
    """

    name: str
    label: str
    pieces: tuple[tuple[Array, Array], ...]
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def by_splitting(self, below: float = np.inf) -> "Contour":
        """Return it as one line with one amplitude at each splitting, points of larger amplitude left out.

        Curves of limits end in the frame of the figure that they were read off; ``below`` takes it away.
        """
        x, y = (np.concatenate(values) for values in zip(*self.pieces, strict=True))
        order = np.argsort(y, kind="stable")
        kept = order[x[order] < below]
        return Contour(self.name, self.label, ((x[kept], y[kept]),), self.about)

    def amplitude(self, splitting: Any) -> Array:
        """Return the amplitude at splittings, straight in the logarithms; NaN outside the curve."""
        ((x, y),) = self.by_splitting().pieces
        at = np.log(np.asarray(splitting, float))
        return np.asarray(np.exp(np.interp(at, np.log(y), np.log(x), left=np.nan, right=np.nan)))

    def inside(self, count: int = 31) -> list[Array]:
        """Return points inside each closed piece, its corners last: an even grid in the logarithms.

        Parameters
        ----------
        count : int
            Points of the grid along each side of the box around a piece.

        Returns
        -------
        list of array, shape (n, 2)
            Amplitude and Δm² of each point.
        """
        from matplotlib.path import Path as Polygon

        items = []
        for x, y in self.pieces:
            corners = np.log(np.column_stack([x, y]))
            low, high = corners.min(axis=0), corners.max(axis=0)
            across, up = (np.linspace(low[k], high[k], count) for k in (0, 1))
            mesh = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
            kept = mesh[Polygon(corners).contains_points(mesh)]
            items.append(np.exp(np.vstack([kept, corners])))
        return items

    def crossings(self, splitting: float) -> list[float]:
        """Return every amplitude at which the curve passes a splitting, straight in the logarithm of it."""
        items = []
        for x, y in self.pieces:
            ends = np.log(y)
            for k in np.flatnonzero(
                (np.minimum(y[:-1], y[1:]) <= splitting) & (splitting < np.maximum(y[:-1], y[1:]))
            ):
                share = (np.log(splitting) - ends[k]) / (ends[k + 1] - ends[k])
                items.append(float(x[k] + share * (x[k + 1] - x[k])))
        return sorted(items)


def contour(
    name: str, releases: Iterable[Release], find: Callable[[str], Release] | None = None, x: str = ""
) -> Contour:
    """Return a contour by its name.

    Parameters
    ----------
    name : str
        A contour of the dataset ``contours``, such as ``lsnd-99``, or ``RELEASE/TABLE`` for a table of
        another release, ``RELEASE/TABLE/LEVEL`` where one holds several levels.
    releases : iterable of Release
        Where contours are looked for, the first that has it.
    find : callable, optional
        Returns the release that ``RELEASE`` names.
    x : str, optional
        The amplitude of the plane, such as ``sin2_2theta_ee``; any if left out.

    Raises
    ------
    UnknownNameError
        For an unknown contour or level.
    NuanomalyError
        If there is no published contour in the plane of ``x``.
    """
    if "/" in name and find is not None:
        return _released(name, find)
    if x and x not in TABLES:
        raise NuanomalyError(f"no published contour is in the plane of {x}: draw {', '.join(TABLES)}")
    known: list[str] = []
    for release in releases:
        if release.name != DATASET:
            continue
        about = release.table(INDEX).set_index("contour")
        for table in [TABLES[x]] if x else TABLES.values():
            if table not in release.tables:
                continue
            frame = release.table(table)
            chosen = frame[frame["contour"] == name]
            if not chosen.empty:
                row = {str(k): "" if v != v else v for k, v in about.loc[name].items()}
                return Contour(name, label_of(row), _pieces(chosen), row)
            known += frame["contour"].unique().tolist()
    raise UnknownNameError("contour", name, known, f"the plane of {x}" if x else "")


def label_of(row: Mapping[str, Any]) -> str:
    """Return what a legend says of a contour of the index."""
    unknown = str(row["level"]).startswith("not stated")
    level = "level not stated" if unknown else f"{row['level']} CL" if "%" in row["level"] else row["level"]
    others = str(row["status"]).startswith("fit of others")
    return f"{row['experiment']}, {level}, {'by others (read off)' if others else 'published (digitised)'}"


def _released(name: str, find: Callable[[str], Release]) -> Contour:
    """Return a contour from a table of a release."""
    reference, table, *rest = name.split("/")
    release = find(reference)
    frame, about = release.table(table), release.metadata["tables"][table]
    level = rest[0] if rest else ""
    if level:
        known = frame["level"].astype(str).unique().tolist()
        if level not in known:
            raise UnknownNameError("level", level, known, f"{release.id}, table {table}")
        frame = frame[frame["level"].astype(str) == level]
    said = f", {level.replace('%', ' %')} CL" if "%" in level else f", {level}" if level else ""
    experiment = str(release.metadata["experiment"])
    return Contour(name, f"{experiment}{said}, published ({about['status']})", _pieces(frame), about)


def _pieces(frame: "pd.DataFrame") -> tuple[tuple[Array, Array], ...]:
    """Return the pieces of a table of points: ``sin2_2theta…``, ``dm2…`` and perhaps ``piece``."""
    if _SINE in frame:  # the branch of little mixing, on which sin²2θμμ = 4|Uμ4|²(1 − |Uμ4|²)
        little = frame[frame[_SINE] <= 0.5]
        frame = little.assign(sin2_2theta_mumu=4.0 * little[_SINE] * (1.0 - little[_SINE]))
    x = next(str(c) for c in frame.columns if str(c).startswith("sin2_2theta"))
    y = next(str(c) for c in frame.columns if str(c).startswith("dm2"))
    groups = [part for _, part in frame.groupby("piece")] if "piece" in frame else [frame]
    return tuple((part[x].to_numpy(float), part[y].to_numpy(float)) for part in groups)
