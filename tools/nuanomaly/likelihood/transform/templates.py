"""A signal that the model changes, and backgrounds with a fixed shape; nuisances scale or deform each.

μ = S (1 + Σ f ξ) + Σ ξ V + Σ_b [B_b (1 + Σ f ξ) + Σ ξ D_b]: linear in the nuisances, products of two of them
are left out.

Config
------
signal : {outputs: [first, last), effects}, optional
    Outputs of the response that are the bins. Effects: list of {nuisance, fraction} (of the signal per unit
    of the nuisance, 1 if left out; {table, column} for one per bin) or {nuisance, variation} (the response's
    variation, counted from 1: the outputs that follow).
backgrounds : list of {name, counts: {table, column}, projections, total, effects}
    ``projections``: list of lists of columns of the table, the template is then the product of its sums over
    all other columns. ``total``: events it is scaled to. Effects: {nuisance, fraction} or {nuisance, plus,
    minus}, columns of the same table with the template at ±1; without ``minus`` the difference of ``plus`` to
    the standard counts. Deformed templates are scaled to the standard's total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.model.probabilities import Array


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


def build(config: Mapping[str, Any], release: Release, response: Response, nuisances: Nuisances) -> Templates:
    """Build from a declaration (see the module).

    Raises
    ------
    UnknownNameError
        For a nuisance or a column that does not exist.
    NuanomalyError
        If signal and backgrounds have not the same number of bins, or a nuisance has no effect.
    """
    signal = config["signal"]
    first, last = (int(i) for i in signal["outputs"])
    n = last - first
    place = {name: k for k, name in enumerate(nuisances.ids)}
    fractions, variations = np.zeros((n, len(place))), []
    for effect in signal.get("effects", ()):
        k = _nuisance(effect, place, release)
        if "variation" in effect:
            start = first + n * int(effect["variation"])
            if start + n > response.n_out:
                raise NuanomalyError(f"{release.id}: the response has no variation {effect['variation']}")
            variations.append((k, start))
        else:
            fractions[:, k] += _fraction(effect, release)
    templates, deformed = {}, np.zeros((n, len(place)))
    for entry in config["backgrounds"]:
        templates[str(entry["name"])] = template = _template(entry, release)
        if template.size != n:
            raise NuanomalyError(f"{release.id}: {entry['name']} has {template.size} bins, the signal {n}")
        for effect in entry.get("effects", ()):
            deformed[:, _nuisance(effect, place, release)] += _effect(effect, entry, template, release)
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


def _nuisance(effect: Mapping[str, Any], place: Mapping[str, int], release: Release) -> int:
    name = str(effect["nuisance"])
    if name not in place:
        raise UnknownNameError("nuisance", name, place, release.id)
    return place[name]


def _fraction(effect: Mapping[str, Any], release: Release) -> Any:
    """Return what part of the signal one unit adds: a number, or one per bin."""
    size = effect.get("fraction", 1.0)
    if isinstance(size, Mapping):
        return _column(release.table(size["table"]), size["column"], release)
    return float(size)


def _column(table: pd.DataFrame, name: str, release: Release) -> Array:
    if name not in table:
        raise UnknownNameError("column", name, map(str, table.columns), release.id)
    return table[name].to_numpy(float)


def _template(entry: Mapping[str, Any], release: Release) -> Array:
    """Return a background's bins."""
    table = release.table(entry["counts"]["table"])
    counts = _column(table, entry["counts"]["column"], release)
    if "projections" in entry:
        counts = projected(table, counts, entry["projections"])
    if "total" in entry:
        counts = counts * (float(entry["total"]) / counts.sum())
    return counts


def _effect(effect: Mapping[str, Any], entry: Mapping[str, Any], template: Array, release: Release) -> Array:
    """Return what a unit of a nuisance adds to a background."""
    if "plus" not in effect:
        return template * float(effect.get("fraction", 1.0))
    table = release.table(entry["counts"]["table"])
    plus, minus = (
        _column(table, effect[side], release) if side in effect else None for side in ("plus", "minus")
    )
    assert plus is not None
    total = template.sum()
    if minus is None:
        return np.asarray(plus * (total / plus.sum()) - template)
    return np.asarray(0.5 * (plus * (total / plus.sum()) - minus * (total / minus.sum())))


def projected(table: pd.DataFrame, counts: Array, axes: Sequence[Sequence[str]]) -> Array:
    """Return the product of the sums of counts over everything but each axis, with the same total.

    Parameters
    ----------
    table : DataFrame
        Holds the columns that the axes are.
    counts : array, shape (n,)
    axes : list of lists of columns

    Examples
    --------
    >>> table = pd.DataFrame({"x": [0, 0, 1, 1], "y": [0, 1, 0, 1]})
    >>> projected(table, np.array([4.0, 0.0, 1.0, 5.0]), [["x"], ["y"]]).tolist()
    [2.0, 2.0, 3.0, 3.0]
    """
    total = counts.sum()
    values = np.full(counts.shape, total)
    for columns in axes:
        keys = table.groupby(list(columns), sort=True).ngroup().to_numpy()
        values = values * (np.bincount(keys, weights=counts)[keys] / total)
    return np.asarray(values)
