"""Released migration matrices: bins of true L/E in, bins of reconstructed energy out.

A node is a bin of L/E: probabilities are averaged over the bin in closed form, so that coarse bins are
right at every Δm². The energy of a node is that of its L/E at the nominal baseline of the detector, which
only models that are no functions of L/E alone would see.

Config
------
truths : {name: {table, low, high, baseline}}
    Bins of L/E: a table with their edges, and the nominal baseline in m.
columns : {truth, reconstructed, weight}
    Columns of the matrices: number of the bin of L/E, number of the reconstructed bin, events at
    probability one. Elements that are left out are zero, those that stand more than once add up.
channels : list, each with
    channel : such as ``numu->nue``
    interaction : optional, ``CC``
    truth : name of the bins of L/E
    select : {column: value}, optional; only elements that have these values
    parts : list of {table, outputs: [first, last)}
        Matrices, and the outputs that their reconstructed bins are. Channels with the same outputs add up.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array

Index = NDArray[np.intp]


def build(config: Mapping[str, Any], release: Release) -> Response:
    """Build from a declaration (see the module)."""
    n_out = max(int(part["outputs"][1]) for entry in config["channels"] for part in entry["parts"])
    channels = tuple(_channel(entry, config, n_out, release) for entry in config["channels"])
    return Response(channels, n_out)


def _channel(entry: Mapping[str, Any], config: Mapping[str, Any], n_out: int, release: Release) -> Channel:
    name = str(entry["truth"])
    if name not in config["truths"]:
        raise UnknownNameError("truth", name, config["truths"], release.id)
    truth = config["truths"][name]
    low, high = (
        np.asarray(release.quantity(truth["table"], truth[side]).to("m/MeV").magnitude, float)
        for side in ("low", "high")
    )
    parts = [_elements(p, entry.get("select", {}), config["columns"], release) for p in entry["parts"]]
    node, output, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    if node.min() < 0 or node.max() >= low.size:
        raise NuanomalyError(
            f"{release.id}: {entry['channel']} has true bins beyond the {low.size} of {name}"
        )
    used, place = np.unique(node, return_inverse=True)
    ratio = 0.5 * (low + high)[used]
    baseline = float(truth["baseline"])
    initial, final, antineutrino = flavours(str(entry["channel"]))
    return Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction=str(entry.get("interaction", "CC")),
        L=np.full(used.size, baseline),
        E=baseline / ratio,
        weights=sparse.csr_array((weight, (output, place)), shape=(n_out, used.size)),
        half_width=0.5 * (high - low)[used],
        label=f"{entry['channel']} ({name})",
    )


def _elements(
    part: Mapping[str, Any], select: Mapping[str, Any], columns: Mapping[str, str], release: Release
) -> tuple[Index, Index, Array]:
    """Return true bin, output and weight of the elements of one matrix."""
    table = str(part["table"])
    frame = release.table(table)
    for name in (*select, *columns.values()):
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), f"{release.id} {table}")
    kept = np.ones(len(frame), bool)
    for name, value in select.items():
        kept &= (frame[name] == value).to_numpy(bool)
    if not kept.any():
        raise NuanomalyError(f"{release.id}: no element of {table} has {dict(select)}: check `select`")
    first, last = (int(i) for i in part["outputs"])
    reconstructed = frame[columns["reconstructed"]].to_numpy(np.intp)[kept]
    if reconstructed.min() < 0 or reconstructed.max() >= last - first:
        raise NuanomalyError(
            f"{release.id}: {table} has other reconstructed bins than the outputs {first} to {last}"
        )
    weight = np.asarray(release.quantity(table, columns["weight"]).to("event").magnitude, float)[kept]
    return frame[columns["truth"]].to_numpy(np.intp)[kept], first + reconstructed, weight
