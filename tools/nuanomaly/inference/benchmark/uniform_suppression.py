"""One factor common to all predicted rates, fitted with the likelihood of the archive.

The factor stands in for the probability at every distance and energy: a deficit as such, whatever makes it.
"""

from dataclasses import replace
from typing import Annotated, Literal, NotRequired

import numpy as np
from scipy.optimize import minimize_scalar

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Range, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfData, chosen
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Array


class Options(OfData):
    """Options of the benchmark."""

    bounds: NotRequired[
        Annotated[bool, {"default": True}, "False leaves out the hard bounds of the nuisances."]
    ]
    range: NotRequired[Annotated[Range, {"default": [0.3, 1.3]}, "Where the factor is searched."]]
    which: Annotated[
        Literal["ratio", "value", "delta", "significance"],
        "The best factor, the statistic there, that at factor one less the smallest, or √delta (Wilks, one "
        "degree of "
        "freedom, two-sided).",
    ]


RESULTS = ("ratio", "value", "delta", "significance")


def suppression(initial: str, final: str, antineutrino: bool, L: Array, E: Array, *, factor: Array) -> Array:
    """Return the factor as the probability of a neutrino to keep its flavour, zero for all else."""
    return factor * np.ones_like(L) if initial == final else np.zeros_like(factor * L)


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    UnknownNameError
        If ``which`` is none of the results.
    """
    which = config["which"]
    if which not in RESULTS:
        raise UnknownNameError("result", which, RESULTS, release.id)
    likelihood = chosen(config, release)
    if not config["bounds"]:
        likelihood = unbounded(likelihood)
    low, high = config["range"]

    model = FunctionModel(suppression, factor=True)

    def value(factor: float) -> float:
        return float(likelihood.chi2(model, factor=factor))

    minimum = minimize_scalar(value, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    best = float(minimum.x)
    delta = value(1.0) - value(best)
    return {"ratio": best, "value": value(best), "delta": delta, "significance": float(np.sqrt(delta))}[which]


def unbounded(likelihood: Likelihood) -> Likelihood:
    """Return the likelihood with priors as they are, but no hard bounds of its nuisances."""
    items = tuple(replace(n, low=-np.inf, high=np.inf) for n in likelihood.nuisances.items)
    return replace(combine([likelihood]), nuisances=Nuisances(items, likelihood.nuisances.blocks))
