"""Outputs of the response and fixed spectra stacked per bin; a statistic sees the sum and the components."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Column, Outputs, completed, rules
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Index, Prediction, Response, Transform
from nuanomaly.model.probabilities import Array


@rules(anyOf=[{"required": ["outputs"]}, {"required": ["fixed"]}])
class Component(TypedDict):
    """A component of the prediction."""

    bins: Annotated[
        str,
        {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "Group of bins; groups stand in the order in which they are first named.",
    ]
    name: NotRequired[Annotated[str, "A statistic may single the component out by it."]]
    outputs: NotRequired[Annotated[Outputs, "First output of the response, and the one after the last."]]
    fixed: NotRequired[
        Annotated[Column, "Numbers that do not depend on the model; with outputs, both add up."]
    ]


class Options(TypedDict):
    """Options of the transform."""

    components: Annotated[list[Component], {"minItems": 1}, "In the order of the covariance."]


@dataclass(frozen=True, eq=False)
class Stack(Transform):
    """m components, each in one of n bins.

    Attributes
    ----------
    groups : mapping
        Name of each group of bins to its slice of the bins.
    bin_of : array of int, shape (m,)
        The bin each component is in; −1 for none.
    output_of : array of int, shape (m,)
        The output each component is; −1 for a fixed one.
    fixed : array, shape (m,)
        What of the components does not depend on the model.
    names : mapping
        Name of each named component to its slice of the components.
    """

    groups: Mapping[str, slice]
    bin_of: Index
    output_of: Index
    fixed: Array
    names: Mapping[str, slice] = field(default_factory=dict)

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.bin_of.max()) + 1

    @property
    def varying(self) -> Index:
        """The components of its bins that the model changes."""
        return np.flatnonzero((self.output_of >= 0) & (self.bin_of >= 0))

    @property
    def sums(self) -> Array:
        """The matrix G, shape (n, m), that adds components to bins."""
        matrix = np.zeros((self.n_bins, self.bin_of.size))
        inside = np.flatnonzero(self.bin_of >= 0)
        matrix[self.bin_of[inside], inside] = 1.0
        return matrix

    def restricted(self, kept: Index) -> "Stack":
        """Return the stack of some bins, in their order; the components are all kept."""
        place = np.full(self.n_bins + 1, -1)
        place[kept] = np.arange(kept.size)
        ends = {name: np.searchsorted(kept, [s.start, s.stop]).tolist() for name, s in self.groups.items()}
        groups = {name: slice(first, last) for name, (first, last) in ends.items()}
        return replace(self, groups=groups, bin_of=place[self.bin_of])

    def __call__(self, outputs: Array) -> Prediction:
        """Return bins and components for outputs of shape (P, n_out)."""
        components = np.tile(self.fixed, (outputs.shape[0], 1))
        components[:, self.varying] += outputs[:, self.output_of[self.varying]]
        mu = components @ self.sums.T
        return Prediction(mu, np.zeros((*mu.shape, 0)), components)


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> Stack:
    """Build from a declaration (see the module)."""
    if len(nuisances):
        raise NuanomalyError(
            f"{release.id}: a stack knows no nuisances: {', '.join(nuisances.ids)} belong in the covariance"
        )
    parts = [_component(entry, release, response) for entry in config["components"]]
    groups: dict[str, slice] = {}
    size = 0
    for entry, (numbers, _) in zip(config["components"], parts, strict=True):
        name = entry["bins"]
        if name not in groups:
            groups[name] = slice(size, size + numbers.size)
            size += numbers.size
        content = groups[name].stop - groups[name].start
        if content != numbers.size:
            raise NuanomalyError(
                f"{release.id}: group {name!r} has {content} bins, a component {numbers.size}"
            )
    names = [entry["bins"] for entry in config["components"]]
    ends = np.cumsum([0, *(numbers.size for numbers, _ in parts)])
    return Stack(
        groups=groups,
        bin_of=np.concatenate([np.arange(groups[n].start, groups[n].stop) for n in names]),
        output_of=np.concatenate([numbers for numbers, _ in parts]),
        fixed=np.concatenate([values for _, values in parts]),
        names={
            entry["name"]: slice(int(ends[k]), int(ends[k + 1]))
            for k, entry in enumerate(config["components"])
            if "name" in entry
        },
    )


def _component(entry: Component, release: Release, response: Response) -> tuple[Index, Array]:
    """Return the output numbers (−1 for fixed) and the fixed values of one declared component."""
    values = None
    if "fixed" in entry:
        values = release.numbers(entry["fixed"])
        if "outputs" not in entry:
            return np.full(values.size, -1), values
    first, last = entry["outputs"]
    if not 0 <= first < last <= response.n_out:
        raise NuanomalyError(
            f"{release.id}: outputs {first} to {last} are declared, the response has {response.n_out}"
        )
    if values is None:
        values = np.zeros(last - first)
    if values.size != last - first:
        raise NuanomalyError(
            f"{release.id}: {values.size} fixed numbers and outputs {first} to {last} differ"
        )
    return np.arange(first, last), values
