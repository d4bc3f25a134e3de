"""Released migration matrices: bins of true L/E in, bins of reconstructed energy out.

A node is a bin of L/E: probabilities are averaged over the bin in closed form, so that coarse bins are
right at every Δm². The energy of a node is that of its L/E at the nominal baseline of the detector, which
only models that are no functions of L/E alone would see.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import SIDES, Interaction, Outputs, Positive, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array


class Truth(TypedDict):
    """Bins of L/E."""

    table: Annotated[str, "Their table."]
    low: Annotated[str, "Column of lower edges."]
    high: Annotated[str, "Column of upper edges."]
    baseline: Annotated[Positive, "Nominal baseline in m; it gives the energy of a bin."]


class MatrixColumns(TypedDict):
    """Columns of the matrices; elements that are left out are zero, those that stand more than once add "
    "up."""

    truth: Annotated[str, "Number of the bin of L/E, from 0."]
    reconstructed: Annotated[str, "Number of the reconstructed bin, from 0."]
    weight: Annotated[str, "Events at probability one."]


class Part(TypedDict):
    """A matrix."""

    table: Annotated[str, "Elements of the matrix, one a row."]
    outputs: Annotated[Outputs, "First output of its reconstructed bins, and the one after the last."]


class Sample(TypedDict):
    """A channel and its matrices."""

    channel: Annotated[str, "Such as numu->nue."]
    interaction: NotRequired[Annotated[Interaction, {"default": "CC"}, "What the neutrinos do."]]
    truth: Annotated[str, "Name of the bins of L/E."]
    select: NotRequired[
        Annotated[dict[str, Any], {"default": {}}, "Only elements whose columns have these values."]
    ]
    parts: Annotated[list[Part], {"minItems": 1}, "Matrices."]


class Options(TypedDict):
    """Options of the response."""

    truths: Annotated[dict[str, Truth], {"minProperties": 1}, "Bins of L/E, by name."]
    columns: MatrixColumns
    channels: Annotated[list[Sample], {"minItems": 1}, "Channels; those with the same outputs add up."]


Index = NDArray[np.intp]


@completed
def build(config: Options, release: Release) -> Response:
    """Build from a declaration (see the module)."""
    n_out = max(part["outputs"][1] for entry in config["channels"] for part in entry["parts"])
    channels = tuple(_channel(entry, config, n_out, release) for entry in config["channels"])
    return Response(channels, n_out)


def _channel(entry: Sample, config: Options, n_out: int, release: Release) -> Channel:
    name = entry["truth"]
    if name not in config["truths"]:
        raise UnknownNameError("truth", name, config["truths"], release.id)
    truth = config["truths"][name]
    low, high = (release.in_unit(truth["table"], truth[side], "m/MeV") for side in SIDES)
    parts = [_elements(p, entry["select"], config["columns"], release) for p in entry["parts"]]
    node, output, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    if node.min() < 0 or node.max() >= low.size:
        raise NuanomalyError(
            f"{release.id}: {entry['channel']} has true bins beyond the {low.size} of {name}"
        )
    used, place = np.unique(node, return_inverse=True)
    ratio = 0.5 * (low + high)[used]
    baseline = float(truth["baseline"])
    initial, final, antineutrino = flavours(entry["channel"])
    return Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction=entry["interaction"],
        L=np.full(used.size, baseline),
        E=baseline / ratio,
        weights=sparse.csr_array((weight, (output, place)), shape=(n_out, used.size)),
        half_width=0.5 * (high - low)[used],
        label=f"{entry['channel']} ({name})",
    )


def _elements(
    part: Part, select: Mapping[str, Any], columns: MatrixColumns, release: Release
) -> tuple[Index, Index, Array]:
    """Return true bin, output and weight of the elements of one matrix."""
    table = part["table"]
    frame = release.arrays(table)
    for name in (*select, columns["truth"], columns["reconstructed"], columns["weight"]):
        if name not in frame:
            raise UnknownNameError("column", name, frame, f"{release.id} {table}")
    kept = np.ones(frame[columns["truth"]].size, bool)
    for name, value in select.items():
        kept &= frame[name] == value
    if not kept.any():
        raise NuanomalyError(f"{release.id}: no element of {table} has {dict(select)}: check `select`")
    first, last = part["outputs"]
    reconstructed = frame[columns["reconstructed"]].astype(np.intp)[kept]
    if reconstructed.min() < 0 or reconstructed.max() >= last - first:
        raise NuanomalyError(
            f"{release.id}: {table} has other reconstructed bins than the outputs {first} to {last}"
        )
    weight = release.in_unit(table, columns["weight"], "event")[kept]
    return frame[columns["truth"]].astype(np.intp)[kept], first + reconstructed, weight
