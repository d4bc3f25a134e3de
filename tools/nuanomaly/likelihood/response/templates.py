"""A tabulated prediction, and tabulated templates added to it in proportion to interaction parameters.

μ = fixed + Σ_k η_k T_k. Nothing says which neutrinos the events came from, so nothing can oscillate: the
response is applicable to the models it names, those that leave the prediction as it was released.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Column, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array, Model, NotApplicableError, Parameter


class Template(TypedDict):
    """Events that are added in proportion to an interaction parameter."""

    parameter: Annotated[str, "Name of the interaction parameter."]
    meaning: Annotated[str, "What it is, for tables of parameters."]
    table: Annotated[str, "Table of the template."]
    column: Annotated[str, "Its column: events at the value one."]
    minus: NotRequired[Annotated[str, "Column that is subtracted from it."]]
    low: Annotated[float, "Lower end of the parameter's range."]
    high: Annotated[float, "Upper end of the parameter's range."]
    default: NotRequired[
        Annotated[float, "Its value unless another is given; without it, a fit leaves it free."]
    ]


class Options(TypedDict):
    """Options of the response."""

    prediction: Annotated[Column, "The prediction where all parameters vanish."]
    templates: NotRequired[
        Annotated[list[Template], {"default": []}, "One template per interaction parameter."]
    ]
    models: Annotated[list[str], {"minItems": 1}, "Models that leave the prediction as it was released."]
    reason: Annotated[str, {"minLength": 1}, "Why no other model can be evaluated."]


@dataclass(frozen=True, eq=False)
class Templates(Response):
    """A prediction (n,), one template (n,) per interaction parameter, and the models it is right for."""

    fixed: Array = field(kw_only=True)
    templates: Array = field(kw_only=True)
    models: tuple[str, ...] = field(kw_only=True)
    reason: str = field(kw_only=True)

    def __call__(
        self, model: Model, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the prediction, shape (P, n_out).

        Raises
        ------
        NotApplicableError
            If the model changes the probabilities that the prediction was made with.
        """
        if model.name not in self.models:
            raise NotApplicableError(f"not applicable: model {model.name!r}: {self.reason}")
        points = max((v.size for v in (*parameters.values(), *interaction.values())), default=1)
        total = np.tile(self.fixed, (points, 1))
        for parameter, template in zip(self.interaction_parameters, self.templates, strict=True):
            total += interaction[parameter.name][:, None] * template
        return total


@completed
def build(config: Options, release: Release) -> Templates:
    """Build from a declaration (see the module)."""
    fixed = _column(release, config["prediction"]["table"], config["prediction"]["column"])
    declared = config["templates"]
    shapes = np.zeros((len(declared), fixed.size))
    for k, entry in enumerate(declared):
        shapes[k] = _column(release, entry["table"], entry["column"])
        if "minus" in entry:
            shapes[k] -= _column(release, entry["table"], entry["minus"])
    parameters = tuple(
        Parameter(
            entry["parameter"],
            "1",
            float(entry["low"]),
            float(entry["high"]),
            entry["meaning"],
            default=entry.get("default"),
            scan=(float(entry["low"]), float(entry["high"])),
            null=0.0,
        )
        for entry in declared
    )
    return Templates(
        (),
        fixed.size,
        parameters,
        fixed=fixed,
        templates=shapes,
        models=tuple(config["models"]),
        reason=config["reason"],
    )


def _column(release: Release, table: str, column: str) -> Array:
    frame = release.arrays(table)
    if column not in frame:
        raise UnknownNameError("column", column, frame, f"{release.id} {table}")
    return frame[column].astype(float)
