"""What a response adds up to: events without oscillation, or an average cross section."""

from typing import Annotated, Any, Literal, NotRequired

import numpy as np

from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.likelihood.build import component, declared_modes
from nuanomaly.model.registry import THREE_NEUTRINOS, model


class Part(OfLikelihood):
    """What the result is divided by."""

    replace: NotRequired[
        Annotated[
            dict[str, Any],
            {"default": {}},
            "Keys of the response's declaration, and what stands in their place.",
        ]
    ]
    remove: NotRequired[Annotated[list[str], {"default": []}, "Keys of the declaration that are left out."]]
    outputs: NotRequired[
        Annotated[
            tuple[Annotated[int, {"minimum": 0}], Annotated[int, {"minimum": 0}]],
            "First and last output, the last not included; all but variations if left out.",
        ]
    ]
    parameters: NotRequired[Annotated[Point, {"default": {}}, "Values of interaction parameters."]]
    which: NotRequired[
        Annotated[
            Literal["events", "flux-average"],
            {"default": "events"},
            "Events, or the average cross section in 1e-40 cm².",
        ]
    ]


class Options(Part):
    """Options of the benchmark."""

    over: NotRequired[Part]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the sum of the outputs, or the ratio of two."""
    value = _total(config, release)
    return value / _total(config["over"], release) if "over" in config else value


def _total(config: Part, release: Release) -> float:
    declared, _, default = declared_modes(release)
    mode = declared["modes"][config.get("mode", default)]
    given = {**mode.get("response", declared.get("response", {})), **config["replace"]}
    response = component("response", {k: v for k, v in given.items() if k not in config["remove"]}, release)
    if config["which"] == "flux-average":
        return 1e40 * float(response.flux_average)
    chosen = model(THREE_NEUTRINOS)
    physics = {p.name: np.array([p.default], float) for p in chosen.parameters}
    values = {p.name: p.default for p in response.interaction_parameters} | config["parameters"]
    outputs = response(chosen, physics, {k: np.array([v], float) for k, v in values.items()})[0]
    first, last = config.get("outputs", (0, response.n_nominal))
    return float(outputs[first:last].sum())
