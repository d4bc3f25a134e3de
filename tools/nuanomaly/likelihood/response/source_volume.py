"""Lines of a radioactive source, averaged over the volumes of source and target with weight 1/L².

Each measurement is the ratio of captures with oscillation to those without, so its weights add up to one:
weight = line fraction × cross section × share of the distance L. A node stands for an interval of L, over
which probabilities are averaged. See :mod:`nuanomaly.likelihood.gallium.solids`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Count, TableName, completed
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.gallium.solids import Nodes, Solid, Volume, lengths, volume
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array


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
    measurements = release.arrays(config["measurements"])
    lines = _in_units(release, config["lines"], {"energy": "MeV"})
    volumes = declared_volumes(release, config["solids"])
    numbers = config["nodes"]
    nodes = Nodes(
        numbers["radius"], numbers["height"], numbers["polar"], numbers["azimuth"], numbers["length"]
    )
    entries: dict[tuple[str, str], tuple[Any, Any]] = {}
    parts = []
    for isotope, *ends in zip(*(measurements[c] for c in ("isotope", "source", "target")), strict=True):
        pair = str(ends[0]), str(ends[1])
        for name in pair:
            if name not in volumes:
                raise UnknownNameError("volume", name, volumes, f"{release.id} {config['solids']}")
        if pair not in entries:
            entries[pair] = lengths(source_of(volumes, pair[0]), volumes[pair[1]], nodes)
        own = lines["isotope"] == isotope
        if not own.any():
            raise UnknownNameError(
                "isotope", str(isotope), lines["isotope"], f"{release.id} {config['lines']}"
            )
        parts.append((*entries[pair], {name: column[own] for name, column in lines.items()}))
    return Response((_channel(parts),), len(parts))


def _channel(parts: Sequence[tuple[Any, Any, Mapping[str, Array]]]) -> Channel:
    """Return the ν_e → ν_e channel with the nodes of all measurements side by side."""
    baselines, energies, weights, widths, halves, isotopes = [], [], [], [], [], []
    for L, share, lines in parts:
        strength = lines["fraction"] * lines["cross_section"]
        energy = np.repeat(lines["energy"], L.size)
        baselines.append(np.tile(L, strength.size))
        energies.append(energy)
        half = 0.5 * (L[1] - L[0]) if L.size > 1 else 0.0
        widths.append(half / energy)
        halves.append(np.full(energy.size, half))
        isotopes.append(np.repeat(lines["isotope"].astype(str), L.size))
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
    solids = _in_units(release, table, {"radius": "m", "z_low": "m", "z_high": "m"})
    rows: dict[str, list[tuple[str, Solid]]] = {}
    columns = ("volume", "role", "shape", "radius", "z_low", "z_high")
    for name, role, shape, *sizes in zip(*(solids[c] for c in columns), strict=True):
        rows.setdefault(str(name), []).append((str(role), Solid(str(shape), *map(float, sizes))))
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


def _in_units(release: Release, table: str, wanted: Mapping[str, str]) -> Mapping[str, Array]:
    """Return the columns of a table if they have the units that the calculation takes them to have.

    Raises
    ------
    NuanomalyError
        Naming the first column that has another unit.
    """
    units = {c.name: c.unit for c in expand_columns(release.declared(table)["columns"])}
    for column, unit in wanted.items():
        if units.get(column) != unit:
            raise NuanomalyError(
                f"{release.id} {table}: column {column!r} must be in {unit}, "
                f"it is declared in {units.get(column)}"
            )
    return release.arrays(table)
