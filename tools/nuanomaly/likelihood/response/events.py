"""Simulated events as nodes: an event adds weight × probability to the bin of its reconstructed energy.

Config
------
columns : {reconstructed, energy, baseline, weight}
    Columns of the event tables, in any unit of energy and length.
phase_constant : number, optional
    The constant of the oscillation phase the release was made with (CODATA's if left out).
channels : list, each with
    channel : such as ``numubar->nuebar``
    table : the events
    select : {column: value}, optional; only events that have these values
    weight : column, optional; in place of ``columns.weight``
    normalise : ``table`` | ``selection`` | ``none`` | {table, column}
        Divide the weights by the number of rows of the table, of the selection, or not at all; or scale
        them such that all channels of these outputs together give, at probability one, this column.
    scale : optional, 1
        Factor of the weights.
    bins : {table, low, high}
        Bins of reconstructed energy, low ≤ E < high.
    outputs : [first, last)
        The outputs these bins are. Channels with the same outputs add up.
    interaction : optional, ``CC``

Oscillations of many events are made from their moments in cells of L/E, with an error below 1e-10 of the
events in a bin, up to 100 eV² (:mod:`nuanomaly.likelihood.algebra.collapse`); above, and for models that are
no sum of waves, event by event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array


def build(config: Mapping[str, Any], release: Release) -> Response:
    """Build from a declaration (see the module)."""
    n_out = max(int(entry["outputs"][1]) for entry in config["channels"])
    phase = float(config.get("phase_constant", PHASE))
    channels = tuple(
        _channel(entry, config["columns"], n_out, phase, release) for entry in config["channels"]
    )
    return Response(_normalised(channels, config["channels"], release), n_out)


def _normalised(
    channels: tuple[Channel, ...], declared: Sequence[Mapping[str, Any]], release: Release
) -> tuple[Channel, ...]:
    """Return the channels, those with a column to agree with scaled to it bin by bin."""
    items = list(channels)
    for entry in declared:
        if not isinstance(entry["normalise"], Mapping):
            continue
        same = [k for k, e in enumerate(declared) if e["outputs"] == entry["outputs"]]
        if any(declared[k]["normalise"] != entry["normalise"] for k in same):
            raise NuanomalyError(f"{release.id}: channels of the outputs {entry['outputs']} disagree")
        first, last = entry["outputs"]
        wanted = release.table(entry["normalise"]["table"])[entry["normalise"]["column"]].to_numpy(float)
        total = np.sum([channels[k].total[first:last] for k in same], axis=0)
        if wanted.size != total.size or not (total > 0.0).all():
            raise NuanomalyError(f"{release.id}: no events in a bin of the outputs {entry['outputs']}")
        factor = np.ones(channels[0].n_out)
        factor[first:last] = wanted / total
        for k in same:
            scaled = sparse.csr_array(sparse.diags_array(factor) @ channels[k].weights)
            items[k] = replace(channels[k], weights=scaled)
    return tuple(items)


def _channel(
    entry: Mapping[str, Any], columns: Mapping[str, str], n_out: int, phase: float, release: Release
) -> Channel:
    table = str(entry["table"])
    kept = _selected(release, table, entry.get("select", {}))
    column = {**columns, **({"weight": entry["weight"]} if "weight" in entry else {})}

    def values(name: str, unit: str) -> Array:
        quantity = release.quantity(table, column[name]).to(unit)
        return np.asarray(quantity.magnitude, float)

    weight = values("weight", "event") * (float(entry.get("scale", 1.0)) / _events(entry["normalise"], kept))
    low, high = _edges(entry["bins"], release)
    first, last = (int(i) for i in entry["outputs"])
    if last - first != low.size:
        raise NuanomalyError(
            f"{release.id}: channel {entry['channel']} has {low.size} bins, but outputs {first} to {last}"
        )
    place = bin_numbers(values("reconstructed", "MeV"), low, high)
    # Nodes in the order of their bins: the sparse product then runs through memory once.
    used = np.flatnonzero(kept & (place >= 0) & (weight != 0.0))
    used = used[np.argsort(place[used], kind="stable")]
    weights = sparse.csr_array(
        (weight[used], (first + place[used], np.arange(used.size))), shape=(n_out, used.size)
    )
    initial, final, antineutrino = flavours(str(entry["channel"]))
    return Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction=str(entry.get("interaction", "CC")),
        L=values("baseline", "m")[used],
        E=values("energy", "MeV")[used],
        weights=weights,
        phase_constant=phase,
        label=f"{entry['channel']} ({table})",
        collapsible=True,
    )


def _selected(release: Release, table: str, select: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    frame = release.table(table)
    kept = np.ones(len(frame), bool)
    for name, value in select.items():
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), f"{release.id} {table}")
        kept &= (frame[name] == value).to_numpy(bool)
    if not kept.any():
        raise NuanomalyError(f"{release.id}: no event of {table} has {dict(select)}: check `select`")
    return kept


def _events(normalise: Any, kept: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    """Return what the weights are divided by."""
    if isinstance(normalise, Mapping):
        return 1.0
    return {"table": float(kept.size), "selection": float(kept.sum()), "none": 1.0}[normalise]


def _edges(bins: Mapping[str, str], release: Release) -> tuple[Array, Array]:
    low, high = (
        np.asarray(release.quantity(bins["table"], bins[side]).to("MeV").magnitude, float)
        for side in ("low", "high")
    )
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
