"""Lines of a radioactive source, averaged over the volumes of source and target with weight 1/L².

Each measurement is the ratio of captures with oscillation to those without, so its weights add up to one:
weight = line fraction × cross section × share of the distance L. A node stands for an interval of L, over
which probabilities are averaged. See :mod:`nuanomaly.likelihood.gallium.solids`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

import numpy as np
import pandas as pd

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Count, TableName, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.gallium.solids import Nodes, Solid, Volume, lengths, volume
from nuanomaly.likelihood.parts import Response


class NodeNumbers(TypedDict):
    """Numbers of quadrature nodes."""

    radius: Annotated[Count, "In r² of the source."]
    height: Annotated[Count, "In z of the source."]
    polar: Annotated[Count, "In cos θ of the direction."]
    azimuth: Annotated[Count, "In the angle from the source point, 0 to π."]
    length: Annotated[Count, "Bins of the distance."]


class Options(TypedDict):
    """Options of the response."""

    measurements: Annotated[
        TableName, "Table with columns measurement, isotope, source, target: one output per row."
    ]
    lines: Annotated[TableName, "Table with columns isotope, energy (MeV), fraction, cross_section."]
    solids: Annotated[
        TableName,
        "Table with columns volume, role (body, hole), shape (cylinder, sphere, point), radius, z_low, "
        "z_high (m); a "
        "source is one body.",
    ]
    nodes: NodeNumbers


@completed
def build(config: Options, release: Release) -> Response:
    """Build from a declaration (see the module)."""
    measurements = release.table(config["measurements"])
    lines = in_units(release.table(config["lines"]), {"energy": "MeV"})
    volumes = declared_volumes(release, config["solids"])
    numbers = config["nodes"]
    nodes = Nodes(
        numbers["radius"], numbers["height"], numbers["polar"], numbers["azimuth"], numbers["length"]
    )
    entries: dict[tuple[str, str], tuple[Any, Any]] = {}
    parts = []
    for row in measurements.itertuples():
        pair = str(row.source), str(row.target)
        for name in pair:
            if name not in volumes:
                raise UnknownNameError("volume", name, volumes, f"{release.id} {config['solids']}")
        if pair not in entries:
            entries[pair] = lengths(source_of(volumes, pair[0]), volumes[pair[1]], nodes)
        own = lines[lines["isotope"] == row.isotope]
        if own.empty:
            raise UnknownNameError(
                "isotope", str(row.isotope), lines["isotope"], f"{release.id} {config['lines']}"
            )
        parts.append((*entries[pair], own))
    return Response((_channel(parts),), len(parts))


def _channel(parts: list[tuple[Any, Any, pd.DataFrame]]) -> Channel:
    """Return the ν_e → ν_e channel with the nodes of all measurements side by side."""
    baselines, energies, weights, widths, halves, isotopes = [], [], [], [], [], []
    for L, share, lines in parts:
        strength = (lines["fraction"] * lines["cross_section"]).to_numpy(float)
        energy = np.repeat(lines["energy"].to_numpy(float), L.size)
        baselines.append(np.tile(L, len(lines)))
        energies.append(energy)
        half = 0.5 * (L[1] - L[0]) if L.size > 1 else 0.0
        widths.append(half / energy)
        halves.append(np.full(energy.size, half))
        isotopes.append(np.repeat(lines["isotope"].to_numpy(str), L.size))
        weights.append(np.outer(strength / strength.sum(), share).ravel())
    matrix = np.zeros((len(parts), sum(w.size for w in weights)))
    start = 0
    for row, weight in zip(matrix, weights, strict=True):
        row[start : start + weight.size] = weight
        start += weight.size
    return Channel(
        initial="e",
        final="e",
        antineutrino=False,
        interaction="CC",
        L=np.concatenate(baselines),
        E=np.concatenate(energies),
        weights=matrix,
        half_width=np.concatenate(widths),
        node={
            "half_length": np.concatenate(halves),
            "isotope": np.concatenate(isotopes),
            "process": np.full(start, "electron-capture"),
        },
    )


def declared_volumes(release: Release, table: str) -> dict[str, Volume]:
    """Return the volumes of a table of solids by name (see the module)."""
    solids = in_units(release.table(table), {"radius": "m", "z_low": "m", "z_high": "m"})
    rows: dict[str, list[tuple[str, Solid]]] = {}
    for s in solids.itertuples():
        solid = Solid(str(s.shape), float(s.radius), float(s.z_low), float(s.z_high))  # type: ignore[arg-type]
        rows.setdefault(str(s.volume), []).append((str(s.role), solid))
    return {name: volume(entries, name) for name, entries in rows.items()}


def source_of(volumes: Mapping[str, Volume], name: str) -> Solid:
    """Return the one body of a source.

    Raises
    ------
    NuanomalyError
        If the source has holes.
    """
    if volumes[name].holes:
        raise NuanomalyError(f"source {name!r} has holes: a source is one body")
    return volumes[name].body


def in_units(frame: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    """Return the table if its columns have the units that the calculation takes them to have.

    Raises
    ------
    NuanomalyError
        Naming the first column that has another unit.
    """
    units = frame.attrs["units"]
    for column, unit in wanted.items():
        if units.get(column) != unit:
            where = f"{frame.attrs['release']} {frame.attrs['table']}"
            raise NuanomalyError(
                f"{where}: column {column!r} must be in {unit}, it is declared in {units.get(column)}"
            )
    return frame
