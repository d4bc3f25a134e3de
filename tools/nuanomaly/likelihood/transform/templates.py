"""A signal that the model changes, and backgrounds with a fixed shape; nuisances scale or deform each.

μ = S (1 + Σ f ξ) + Σ ξ V + Σ_b [B_b (1 + Σ f ξ) + Σ ξ D_b]: linear in the nuisances, products of two of them
are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Column, Count, Positive, completed, rules
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.model.probabilities import Array


@rules(dependentSchemas={"variation": {"properties": {"fraction": False}}})
class SignalEffect(TypedDict):
    """What one unit of a nuisance adds to the signal."""

    nuisance: Annotated[str, "Its id."]
    fraction: NotRequired[
        Annotated[
            float | Column,
            {"default": 1.0},
            "Part of the signal that one unit adds. A column has one number per bin.",
        ]
    ]
    variation: NotRequired[
        Annotated[
            Count,
            "The response's variation that one unit adds, counted from 1: the outputs that follow.",
        ]
    ]


class Signal(TypedDict):
    """Outputs of the response that are the signal, and what nuisances do to it."""

    outputs: Annotated[
        tuple[Annotated[int, {"minimum": 0}], Annotated[int, {"minimum": 0}]],
        "First and last output of the response, the last not included: the bins.",
    ]
    effects: NotRequired[Annotated[list[SignalEffect], {"default": []}, "What nuisances do to the signal."]]


@rules(
    dependentRequired={"minus": ["plus"]},
    dependentSchemas={"plus": {"properties": {"fraction": False}}},
)
class Effect(TypedDict):
    """What one unit of a nuisance adds to a background."""

    nuisance: Annotated[str, "Its id."]
    fraction: NotRequired[Annotated[float, {"default": 1.0}, "Part of the background that one unit adds."]]
    plus: NotRequired[
        Annotated[
            str,
            "Column of the same table with the template at plus one; it is scaled to the total of the "
            "standard one.",
        ]
    ]
    minus: NotRequired[Annotated[str, "Column with the template at minus one; the standard one if left out."]]


class Background(TypedDict):
    """A template that is added, and what nuisances do to it."""

    name: Annotated[str, "What it is."]
    counts: Annotated[Column, "Events per bin."]
    projections: NotRequired[
        Annotated[
            list[Annotated[list[str], {"minItems": 1}]],
            {"minItems": 1},
            "Axes, each one or several columns: the template is the product of the sums over everything "
            "else.",
        ]
    ]
    total: NotRequired[Annotated[Positive, "Events it is scaled to; those of the table if left out."]]
    effects: NotRequired[Annotated[list[Effect], {"default": []}, "What nuisances do to the background."]]


class Options(TypedDict):
    """Options of the transform."""

    signal: Signal
    backgrounds: Annotated[list[Background], "Templates that are added, and what nuisances do to them."]


@dataclass(frozen=True, eq=False)
class Templates(Transform):
    """Signal and backgrounds in n bins, and what K nuisances do to them.

    Attributes
    ----------
    backgrounds : mapping
        Name to template, shape (n,).
    fixed : array, shape (n,)
        Their sum.
    deformed : array, shape (n, K)
        What a unit of each nuisance adds to them.
    fractions : array, shape (n, K)
        What part of the signal a unit of each nuisance adds.
    variations : tuple of (nuisance, first output)
        The nuisances whose effect on the signal the response gives.
    first : int
        The signal's first output.
    """

    backgrounds: Mapping[str, Array]
    fixed: Array
    deformed: Array
    fractions: Array
    variations: tuple[tuple[int, int], ...]
    first: int

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.fixed.size)

    def __call__(self, outputs: Array) -> Prediction:
        """Return bins for outputs of shape (P, n_out)."""
        n = self.n_bins
        signal = outputs[:, self.first : self.first + n]
        jacobian = signal[:, :, None] * self.fractions + self.deformed
        for nuisance, start in self.variations:
            jacobian[:, :, nuisance] += outputs[:, start : start + n]
        return Prediction(signal + self.fixed, jacobian, components=signal)


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> Templates:
    """Build from a declaration (see the module).

    Raises
    ------
    UnknownNameError
        For a nuisance or a column that does not exist.
    NuanomalyError
        If signal and backgrounds have not the same number of bins, or a nuisance has no effect.
    """
    signal = config["signal"]
    first, last = signal["outputs"]
    n = last - first
    place = {name: k for k, name in enumerate(nuisances.ids)}
    fractions, variations = np.zeros((n, len(place))), []
    for effect in signal["effects"]:
        k = _nuisance(effect, place, release)
        if "variation" in effect:
            start = first + n * effect["variation"]
            if start + n > response.n_out:
                raise NuanomalyError(f"{release.id}: the response has no variation {effect['variation']}")
            variations.append((k, start))
        else:
            fractions[:, k] += _fraction(effect, release)
    templates, deformed = {}, np.zeros((n, len(place)))
    for entry in config["backgrounds"]:
        templates[entry["name"]] = template = _template(entry, release)
        if template.size != n:
            raise NuanomalyError(f"{release.id}: {entry['name']} has {template.size} bins, the signal {n}")
        for change in entry["effects"]:
            deformed[:, _nuisance(change, place, release)] += _effect(change, entry, template, release)
    result = Templates(
        backgrounds=templates,
        fixed=np.sum([np.zeros(n), *templates.values()], axis=0),
        deformed=deformed,
        fractions=fractions,
        variations=tuple(variations),
        first=first,
    )
    acting = set(np.flatnonzero(fractions.any(axis=0))) | set(np.flatnonzero(deformed.any(axis=0)))
    idle = [x for x, k in place.items() if k not in acting | {k for k, _ in variations}]
    if idle:
        raise NuanomalyError(f"{release.id}: {', '.join(idle)} has no effect: declare one, or leave it out")
    return result


def _nuisance(effect: SignalEffect | Effect, place: Mapping[str, int], release: Release) -> int:
    name = effect["nuisance"]
    if name not in place:
        raise UnknownNameError("nuisance", name, place, release.id)
    return place[name]


def _fraction(effect: SignalEffect, release: Release) -> Any:
    """Return what part of the signal one unit adds: a number, or one per bin."""
    size = effect["fraction"]
    if isinstance(size, dict):
        return _column(release.arrays(size["table"]), size["column"], release)
    return size


def _column(table: Mapping[str, Array], name: str, release: Release) -> Array:
    if name not in table:
        raise UnknownNameError("column", name, table, release.id)
    return table[name].astype(float)


def _template(entry: Background, release: Release) -> Array:
    """Return a background's bins."""
    table = release.arrays(entry["counts"]["table"])
    counts = _column(table, entry["counts"]["column"], release)
    if "projections" in entry:
        counts = projected(table, counts, entry["projections"])
    if "total" in entry:
        counts = counts * (entry["total"] / counts.sum())
    return counts


def _effect(effect: Effect, entry: Background, template: Array, release: Release) -> Array:
    """Return what a unit of a nuisance adds to a background."""
    if "plus" not in effect:
        return template * effect["fraction"]
    table = release.arrays(entry["counts"]["table"])
    plus, total = _column(table, effect["plus"], release), template.sum()
    if "minus" not in effect:
        return np.asarray(plus * (total / plus.sum()) - template)
    minus = _column(table, effect["minus"], release)
    return np.asarray(0.5 * (plus * (total / plus.sum()) - minus * (total / minus.sum())))


def projected(table: Mapping[str, Array], counts: Array, axes: Sequence[Sequence[str]]) -> Array:
    """Return the product of the sums of counts over everything but each axis, with the same total.

    Parameters
    ----------
    table : mapping of arrays, shape (n,)
        Holds the columns that the axes are.
    counts : array, shape (n,)
    axes : list of lists of columns

    Examples
    --------
    >>> table = {"x": np.array([0, 0, 1, 1]), "y": np.array([0, 1, 0, 1])}
    >>> projected(table, np.array([4.0, 0.0, 1.0, 5.0]), [["x"], ["y"]]).tolist()
    [2.0, 2.0, 3.0, 3.0]
    """
    total = counts.sum()
    values = np.full(counts.shape, total)
    for columns in axes:
        places = np.column_stack([np.unique(table[c], return_inverse=True)[1] for c in columns])
        keys = np.unique(places, axis=0, return_inverse=True)[1]
        values = values * (np.bincount(keys, weights=counts)[keys] / total)
    return np.asarray(values)
