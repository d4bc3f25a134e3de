"""What one site should see, from what another one saw: a measured spectrum times a ratio of probabilities.

μ_b = e_b · (O_1b / O_2b) · (1 + Σ_k f_k ξ_k), with O the outputs of a response with two sites, e the
expectation if nothing happened between them, and f the effect of a nuisance on all bins alike.
"""

from dataclasses import dataclass
from typing import Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Column, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.likelihood.response.migration import SiteResponse
from nuanomaly.model.probabilities import Array


class Effect(TypedDict):
    """What one unit of a nuisance changes."""

    nuisance: Annotated[str, "Id of a declared nuisance."]
    fraction: Annotated[float, "Relative change of all bins per unit of the nuisance."]


class Options(TypedDict):
    """Options of the transform."""

    numerator: Annotated[str, "Site that is predicted."]
    denominator: Annotated[str, "Site whose measurement is the reference."]
    expected: Annotated[Column, "What is expected if both sites have the same probability."]
    effects: NotRequired[Annotated[list[Effect], {"default": []}, "Nuisances that scale all bins."]]


@dataclass(frozen=True, eq=False)
class SiteRatio(Transform):
    """Expectation (n,), the outputs that are divided by each other, and effects (K,) of the nuisances."""

    expected: Array
    numerator: slice
    denominator: slice
    effects: Array

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.expected.size)

    def __call__(self, outputs: Array) -> Prediction:
        """Return the expectation times the ratio of the two sites."""
        mu = self.expected * outputs[:, self.numerator] / outputs[:, self.denominator]
        return Prediction(mu, mu[:, :, None] * self.effects)


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> SiteRatio:
    """Build from a declaration (see the module)."""
    if not isinstance(response, SiteResponse):
        raise NuanomalyError(f"{release.id}: site-ratio needs a response with sites")
    numerator, denominator = (
        _outputs(config[side], response, release) for side in ("numerator", "denominator")
    )
    effects = np.zeros(len(nuisances))
    for effect in config["effects"]:
        if effect["nuisance"] not in nuisances.ids:
            raise UnknownNameError("nuisance", effect["nuisance"], nuisances.ids, release.id)
        effects[nuisances.ids.index(effect["nuisance"])] = effect["fraction"]
    expected = release.numbers(config["expected"])
    if expected.size != response.bins:
        raise NuanomalyError(f"{release.id}: {expected.size} expectations for {response.bins} bins")
    return SiteRatio(expected, numerator, denominator, effects)


def _outputs(site: str, response: SiteResponse, release: Release) -> slice:
    """Return the place of a site's outputs."""
    if site not in response.sites:
        raise UnknownNameError("site", site, response.sites, release.id)
    first = response.sites.index(site) * response.bins
    return slice(first, first + response.bins)
