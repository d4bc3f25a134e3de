"""The ratio of two spectra, both oscillating: of one detector over another, or of one position over another.

μ_b = factor · (N_b / N_b⁰) / (D_b / D_b⁰), with N and D the spectra of the detectors in the numerator and the
denominator, summed. N⁰ and D⁰ are one, or what the spectra were divided by before the ratio was taken: the
expectation without oscillation, or with the three-flavour oscillation of fixed parameters. An energy scale ξ
moves the spectra of its detectors, quadratically through the three scales that the response gives; the ratio
is linearised again where the data want it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    Positive,
    completed,
    rules,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.likelihood.response.prompt_spectra import PromptSpectra
from nuanomaly.model.probabilities import Array, complete
from nuanomaly.model.registry import THREE_NEUTRINOS, model

Detectors = Annotated[list[str], {"minItems": 1, "uniqueItems": True}]
Expectation = Annotated[
    Literal["unoscillated"] | dict[str, float],
    "The spectrum without oscillation, or with the three-flavour oscillation of these parameters of the "
    "model 3nu.",
]


@rules(minProperties=1)
class Expected(TypedDict):
    """What a side was divided by before the ratio was taken."""

    numerator: NotRequired[Expectation]
    denominator: NotRequired[Expectation]


class Scale(TypedDict):
    """An energy scale."""

    nuisance: Annotated[str, "Relative change of the energy scale."]
    detectors: Annotated[Detectors, "Detectors it belongs to."]


class Options(TypedDict):
    """Options of the transform."""

    numerator: Annotated[Detectors, "Detectors of the response whose spectra are added up."]
    denominator: Annotated[Detectors, "Detectors of the response whose spectra are added up."]
    factor: NotRequired[Annotated[Positive, {"default": 1.0}, "What the ratio is multiplied with."]]
    expected: NotRequired[Expected]
    scales: NotRequired[
        Annotated[
            list[Scale],
            {"default": []},
            "Energy scales; the response must give its spectra at three of them.",
        ]
    ]


@dataclass(frozen=True, eq=False)
class SpectralRatio(Transform):
    """Ratio of sums of spectra.

    Attributes
    ----------
    response : PromptSpectra
    sides : array, shape (2, detectors)
        One where a detector is in the numerator (first) or in the denominator.
    factor : array, shape (bins,)
        Everything in front of N / D.
    scales : array, shape (detectors, K)
        How much of each nuisance is the change of a detector's energy scale.
    """

    response: PromptSpectra
    sides: Array
    factor: Array
    scales: Array

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.factor.size)

    def __call__(self, outputs: Array) -> Prediction:
        """Return the ratio at nominal scales, and how to have it at others."""
        spectra = self.response.spectra(outputs)
        none = np.zeros((len(spectra), self.scales.shape[1]))
        if not self.scales.any():
            ratio = self._parts(spectra[:, :, 0])[0]
            return Prediction(ratio, np.zeros((*ratio.shape, none.shape[1])))
        nominal, up, down = (np.ascontiguousarray(spectra[:, :, k]) for k in range(3))
        step = self.response.step
        first, second = (up - down) / (2.0 * step), (up + down - 2.0 * nominal) / step**2

        def moved(xi: Array, rows: NDArray[np.intp]) -> Prediction:
            shift, curve = (xi @ self.scales.T)[:, :, None], second[rows]
            slope = first[rows] + shift * curve
            ratio, part = self._parts(nominal[rows] + shift * (slope - 0.5 * shift * curve))
            jacobian = ratio[:, :, None] * ((part * slope).transpose(0, 2, 1) @ self.scales)
            return Prediction(ratio - (jacobian @ xi[:, :, None])[:, :, 0], jacobian)

        return replace(moved(none, np.arange(len(none))), moved=moved)

    def _parts(self, spectra: Array) -> tuple[Array, Array]:
        """Return the ratio (P, bins) of spectra (P, detectors, bins), and ∂ ln ratio by spectrum."""
        top, bottom = (np.tensordot(spectra, side, (1, 0)) for side in self.sides)
        part = self.sides[0][:, None] / top[:, None] - self.sides[1][:, None] / bottom[:, None]
        return self.factor * top / bottom, part


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> SpectralRatio:
    """Build from a declaration (see the module)."""
    if not isinstance(response, PromptSpectra):
        raise NuanomalyError(f"{release.id}: spectral-ratio needs a prompt-spectra response")
    sides = np.array([_members(config[side], response, release) for side in ("numerator", "denominator")])
    scales = np.zeros((len(response.detectors), len(nuisances)))
    for entry in config["scales"]:
        if entry["nuisance"] not in nuisances.ids:
            raise UnknownNameError("nuisance", entry["nuisance"], nuisances.ids, release.id)
        scales[:, nuisances.ids.index(entry["nuisance"])] += _members(entry["detectors"], response, release)
    if scales.any() and not response.step:
        raise NuanomalyError(f"{release.id}: an energy scale needs `scale` in the response")
    declared = config.get("expected", {})
    expected = (declared.get("numerator"), declared.get("denominator"))
    top, bottom = (
        1.0 if how is None else side @ _expected(how, response, release)
        for how, side in zip(expected, sides, strict=True)
    )
    bins = response.unoscillated.shape[2]
    factor = np.full(bins, config["factor"]) * bottom / top
    return SpectralRatio(response, sides, factor, scales)


def _members(names: Sequence[str], response: PromptSpectra, release: Release) -> Array:
    for name in names:
        if name not in response.detectors:
            raise UnknownNameError("detector", name, response.detectors, release.id)
    return np.array([float(name in names) for name in response.detectors])


def _expected(how: str | Mapping[str, float], response: PromptSpectra, release: Release) -> Array:
    """Return the spectra that are divided by, shape (detectors, bins)."""
    if isinstance(how, str):
        if how != "unoscillated":
            raise UnknownNameError("expectation", how, ["unoscillated"], release.id)
        return np.asarray(response.unoscillated[:, 0])
    three = model(THREE_NEUTRINOS)
    return np.asarray(response.spectra(response(three, complete(three, how), {}))[0, :, 0])
