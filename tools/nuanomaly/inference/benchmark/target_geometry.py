"""Mean path or volume of a target, as the response ``source-volume`` of the likelihood has it."""

from math import pi
from typing import Annotated, Literal, TypedDict

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.gallium.solids import Nodes, moment
from nuanomaly.likelihood.response.source_volume import declared_volumes, source_of


class Options(TypedDict):
    """Options of the benchmark."""

    source: Annotated[str, "Volume of the source."]
    target: Annotated[str, "Volume of the target."]
    which: Annotated[
        Literal["path", "volume"], "Mean path in m from the source through the target, or volume in m³."
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the path or the volume."""
    response = release.metadata["likelihood"]["response"]
    volumes, nodes = declared_volumes(release, response["solids"]), Nodes(**response["nodes"])
    for name in (config["source"], config["target"]):
        if name not in volumes:
            raise UnknownNameError("volume", name, volumes, release.id)
    source, target = source_of(volumes, config["source"]), volumes[config["target"]]
    if config["which"] == "path":
        return moment(source, target, nodes, 0)
    return 4.0 * pi * moment(source, target, nodes, 2)
