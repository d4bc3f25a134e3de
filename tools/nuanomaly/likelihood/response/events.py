"""Simulated events as nodes: an event adds weight × probability to the bin of its reconstructed energy.

Oscillations of many events are made from their moments in cells of L/E, with an error below 1e-10 of the
events in a bin, up to 100 eV² (:mod:`nuanomaly.likelihood.algebra.collapse`); above, and for models that are
no sum of waves, event by event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    SIDES,
    Bins,
    Column,
    Interaction,
    Outputs,
    Positive,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array


class EventColumns(TypedDict):
    """Columns of the event tables, in any unit of energy and length."""

    reconstructed: Annotated[str, "Reconstructed neutrino energy."]
    energy: Annotated[str, "True neutrino energy."]
    baseline: Annotated[str, "Distance from production to interaction."]
    weight: Annotated[str, "Events if the neutrinos were fully converted, up to the normalisation."]


class Sample(TypedDict):
    """A sample of events."""

    channel: Annotated[
        str,
        {"pattern": "^nu(e|mu|tau)(bar)?->(nu(e|mu|tau)(bar)?|active|sterile)$"},
        "Initial and final flavour, such as numubar->nuebar.",
    ]
    interaction: NotRequired[Annotated[Interaction, {"default": "CC"}, "What the neutrinos do."]]
    table: Annotated[str, "The events."]
    select: NotRequired[
        Annotated[
            dict[str, bool | float | str],
            {"minProperties": 1},
            "Column to value: only events with these values.",
        ]
    ]
    weight: NotRequired[Annotated[str, "Column of weights of this channel, in place of the common one."]]
    normalise: Annotated[
        Literal["table", "selection", "none"] | Column,
        "What the weights are divided by: the number of rows of the table, of the selection, or nothing; or "
        "the "
        "column that all channels of these outputs give together at probability one.",
    ]
    scale: NotRequired[Annotated[Positive, {"default": 1.0}, "Factor of the weights."]]
    bins: Annotated[Bins, "Ascending bins of reconstructed energy, low ≤ E < high."]
    outputs: Annotated[Outputs, "First output of these bins, and the one after the last."]


class Options(TypedDict):
    """Options of the response."""

    phase_constant: NotRequired[
        Annotated[
            Positive,
            "Constant of the oscillation phase the release was made with, in MeV/(eV² m); CODATA's if left "
            "out.",
        ]
    ]
    columns: EventColumns
    channels: Annotated[
        list[Sample], {"minItems": 1}, "Samples of events; those with the same outputs add up."
    ]


@completed
def build(config: Options, release: Release) -> Response:
    """Build from a declaration (see the module)."""
    n_out = max(entry["outputs"][1] for entry in config["channels"])
    phase = float(config.get("phase_constant", PHASE))
    channels = tuple(
        _channel(entry, config["columns"], n_out, phase, release) for entry in config["channels"]
    )
    return Response(_normalised(channels, config["channels"], release), n_out)


def _normalised(
    channels: tuple[Channel, ...], declared: Sequence[Sample], release: Release
) -> tuple[Channel, ...]:
    """Return the channels, those with a column to agree with scaled to it bin by bin."""
    items = list(channels)
    for entry in declared:
        column = entry["normalise"]
        if not isinstance(column, dict):
            continue
        same = [k for k, e in enumerate(declared) if e["outputs"] == entry["outputs"]]
        if any(declared[k]["normalise"] != column for k in same):
            raise NuanomalyError(f"{release.id}: channels of the outputs {entry['outputs']} disagree")
        first, last = entry["outputs"]
        wanted = release.numbers(column)
        total = np.sum([channels[k].total[first:last] for k in same], axis=0)
        if wanted.size != total.size or not (total > 0.0).all():
            raise NuanomalyError(f"{release.id}: no events in a bin of the outputs {entry['outputs']}")
        factor = np.ones(channels[0].n_out)
        factor[first:last] = wanted / total
        for k in same:
            scaled = sparse.csr_array(sparse.diags_array(factor) @ channels[k].weights)
            items[k] = replace(channels[k], weights=scaled)
    return tuple(items)


def _channel(entry: Sample, columns: EventColumns, n_out: int, phase: float, release: Release) -> Channel:
    table = entry["table"]

    def values(column: str, unit: str) -> Array:
        return release.in_unit(table, column, unit)

    weight = values(entry.get("weight", columns["weight"]), "event")
    kept = _selected(release, table, entry.get("select", {}), weight.size)
    weight = weight * (entry["scale"] / _events(entry["normalise"], kept))
    low, high = _edges(entry["bins"], release)
    first, last = entry["outputs"]
    if last - first != low.size:
        raise NuanomalyError(
            f"{release.id}: channel {entry['channel']} has {low.size} bins, but outputs {first} to {last}"
        )
    place = bin_numbers(values(columns["reconstructed"], "MeV"), low, high)
    # Nodes in the order of their bins: the sparse product then runs through memory once.
    used = np.flatnonzero(kept & (place >= 0) & (weight != 0.0))
    used = used[np.argsort(place[used], kind="stable")]
    weights = sparse.csr_array(
        (weight[used], (first + place[used], np.arange(used.size))), shape=(n_out, used.size)
    )
    initial, final, antineutrino = flavours(entry["channel"])
    return Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction=entry["interaction"],
        L=values(columns["baseline"], "m")[used],
        E=values(columns["energy"], "MeV")[used],
        weights=weights,
        phase_constant=phase,
        label=f"{entry['channel']} ({table})",
        collapsible=True,
    )


def _selected(
    release: Release, table: str, select: Mapping[str, Any], size: int
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    kept = np.ones(size, bool)
    for name, value in select.items():
        column = release.arrays(table, name)  # it alone: columns of text take long
        if name not in column:
            raise UnknownNameError("column", name, release.arrays(table), f"{release.id} {table}")
        kept &= column[name] == value
    if not kept.any():
        raise NuanomalyError(f"{release.id}: no event of {table} has {dict(select)}: check `select`")
    return kept


def _events(normalise: Any, kept: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    """Return what the weights are divided by."""
    if isinstance(normalise, dict):
        return 1.0
    return {"table": float(kept.size), "selection": float(kept.sum()), "none": 1.0}[normalise]


def _edges(bins: Bins, release: Release) -> tuple[Array, Array]:
    low, high = (release.in_unit(bins["table"], bins[side], "MeV") for side in SIDES)
    if (low >= high).any() or (low[1:] < high[:-1]).any():
        raise NuanomalyError(f"{release.id} {bins['table']}: bins must ascend and not overlap")
    return low, high


def bin_numbers(values: Array, low: Array, high: Array) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the number of the bin, low ≤ value < high, each value is in; −1 if it is in none.

    Parameters
    ----------
    values : array, shape (N,)
    low, high : arrays, shape (B,)
        Edges of ascending bins; there may be gaps between them.

    Examples
    --------
    >>> edges = np.array([200.0, 300.0, 375.0])
    >>> bin_numbers(np.array([199.9, 200.0, 300.0, 375.0]), edges[:-1], edges[1:]).tolist()
    [-1, 0, 1, -1]
    """
    place = np.searchsorted(low, values, side="right") - 1
    inside = (place >= 0) & (values < high[place])
    return np.where(inside, place, -1)
