"""What a response adds up to: events without oscillation, or an average cross section.

Config
------
mode : mode of the likelihood (optional)
replace : keys of the response's declaration and what stands in their place (optional)
remove : keys of the declaration that are left out (optional)
outputs : [first, last) (all but variations if left out)
parameters : values of the interaction parameters (optional)
which : ``events`` (default) or ``flux-average`` (1e-40 cm²)
over : the same without ``over``: the result is divided by that of these keys (optional)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.likelihood.build import component, declared_modes
from nuanomaly.model.registry import model


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the sum of the outputs, or the ratio of two."""
    value = _total(config, release)
    return value / _total(config["over"], release) if "over" in config else value


def _total(config: Mapping[str, Any], release: Release) -> float:
    declared, _, default = declared_modes(release)
    mode = declared["modes"][config.get("mode", default)]
    given = {**mode.get("response", declared.get("response", {})), **config.get("replace", {})}
    response = component(
        "response", {k: v for k, v in given.items() if k not in config.get("remove", ())}, release
    )
    if config.get("which") == "flux-average":
        return 1e40 * float(response.flux_average)
    chosen = model("3nu")
    physics = {p.name: np.array([p.default], float) for p in chosen.parameters}
    values = {p.name: p.default for p in response.interaction_parameters} | dict(config.get("parameters", {}))
    outputs = response(chosen, physics, {k: np.array([v], float) for k, v in values.items()})[0]
    first, last = config.get("outputs", (0, response.n_nominal))
    return float(outputs[first:last].sum())
