"""Rates relative to no oscillation: yields of isotopes, mixed by fission fractions, with free normalisations.

R_a = Σ_i (1 + ξ_i) f_ai Y_i(site of a) / Σ_i f_ai Y_i⁰, where Y is the response's yield and Y⁰ that at
probability one. A nuisance ξ_i is the relative departure of the isotope's flux from the flux model.

Of data that were corrected for the oscillation of three flavours, Y_i Y_i⁰ / Y_i³ᵛ takes the place of Y_i.
Yields per fission are the numerator alone, in the unit of the response's yields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    TableName,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.likelihood.reactor.inverse_beta_decay import IsotopeResponse
from nuanomaly.model.probabilities import Array, complete
from nuanomaly.model.registry import THREE_NEUTRINOS, model


class Options(TypedDict):
    """Options of the transform."""

    rates: Annotated[
        list[TableName],
        {"minItems": 1},
        "Tables with rows (site, f_ISOTOPE for each isotope of the response), in the order of the data.",
    ]
    isotopes: Annotated[dict[str, str], "Isotope to the nuisance that scales its flux."]
    corrected_for: NotRequired[
        Annotated[
            dict[str, float],
            "Parameters of the three-flavour oscillation (model 3nu) that the data were corrected for: all "
            "rows, or "
            "those that a column corrected of the tables names.",
        ]
    ]
    quantity: NotRequired[
        Annotated[
            Literal["ratio", "yield"],
            {"default": "ratio"},
            "What the data are: ratios to no oscillation, or yields per fission.",
        ]
    ]


@dataclass(frozen=True, eq=False)
class IsotopeMixture(Transform):
    """Factors (n, I) of each isotope's yield, the site of each row (n,), and ξ by isotope (I, K)."""

    shares: Array
    site: "np.ndarray[Any, np.dtype[np.intp]]"
    effect: Array

    @property
    def n_bins(self) -> int:
        """Number of rates."""
        return int(self.site.size)

    def __call__(self, outputs: Array) -> Prediction:
        """Return the rates relative to no oscillation."""
        n_isotopes = self.shares.shape[1]
        parts = outputs.reshape(len(outputs), -1, n_isotopes)[:, self.site] * self.shares
        return Prediction(parts.sum(axis=2), parts @ self.effect)


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> IsotopeMixture:
    """Build from a declaration (see the module)."""
    if not isinstance(response, IsotopeResponse):
        raise NuanomalyError(
            f"{release.id}: isotope-mixture needs a response with yields per site and isotope"
        )
    tables = [release.arrays(name) for name in config["rates"]]
    sites = np.concatenate([table["site"] for table in tables])
    for name in sites:
        if name not in response.sites:
            raise UnknownNameError("site", str(name), response.sites, release.id)
    site = np.array([response.sites.index(name) for name in sites])
    fractions = np.column_stack(
        [np.concatenate([t[f"f_{isotope}"] for t in tables]).astype(float) for isotope in response.isotopes]
    )
    factors = fractions.copy()
    if "corrected_for" in config:
        corrected = np.concatenate([t.get("corrected", np.ones(t["site"].size, bool)) for t in tables])
        factors[corrected] *= _correction(response, config["corrected_for"])[site[corrected]]
    if config["quantity"] == "ratio":
        factors /= (fractions * response.unoscillated[site]).sum(axis=1, keepdims=True)
    effect = np.zeros((len(response.isotopes), len(nuisances)))
    for isotope, nuisance in config["isotopes"].items():
        if isotope not in response.isotopes:
            raise UnknownNameError("isotope", isotope, response.isotopes, release.id)
        if nuisance not in nuisances.ids:
            raise UnknownNameError("nuisance", nuisance, nuisances.ids, release.id)
        effect[response.isotopes.index(isotope), nuisances.ids.index(nuisance)] = 1.0
    return IsotopeMixture(factors, site, effect)


def _correction(response: IsotopeResponse, parameters: Mapping[str, float]) -> Array:
    """Return yields without oscillation over those of three flavours, shape (sites, isotopes)."""
    three, unoscillated = model(THREE_NEUTRINOS), response.unoscillated
    return unoscillated / response(three, complete(three, parameters), {}).reshape(unoscillated.shape)
