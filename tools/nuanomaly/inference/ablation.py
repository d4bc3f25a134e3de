"""How much a result depends on the definition of χ²: best fit, Δχ² and significance for each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from nuanomaly.inference.fit import fit_of, significance_of
from nuanomaly.inference.grid import Grid
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.result import Test, point_text
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.wrappers.marginal import without_bins
from nuanomaly.likelihood.wrappers.variants import with_covariance_of, with_fixed_covariance
from nuanomaly.model.probabilities import Array, Model, NotApplicableError

if TYPE_CHECKING:
    import pandas as pd

#: What a row changes: nothing, the definition of χ², or which bins are used.
Group = Literal["own", "definition", "bins"]
#: Bins are left out in so many groups.
_PARTS = 10


@dataclass(frozen=True, repr=False)
class Row(Test):
    """One definition of χ², and what it gives; as a test, that of oscillation against none.

    Attributes
    ----------
    definition : str
    group : {"own", "definition", "bins"}
    value : float
        At the best fit.
    parameters : mapping
        The best fit.
    delta : float
        The value without oscillation above that.
    sigma : float or None
        Of that, by Wilks' theorem.
    """

    definition: str
    group: Group
    value: float
    parameters: Mapping[str, float]
    delta: float
    sigma: float | None
    dof: int | None = None
    p_value: float | None = None
    how: str = ""

    def __str__(self) -> str:
        sigma = "" if self.sigma is None else f", {self.sigma:.1f}σ"
        return f"{self.definition}: {point_text(self.parameters)}, Δ = {self.delta:.2f}{sigma} ({self.how})"

    def to_dict(self) -> dict[str, Any]:
        """Return the row for a result file."""
        return {
            "definition": self.definition,
            "group": self.group,
            "value": self.value,
            "parameters": dict(self.parameters),
            "delta_null": self.delta,
            "dof": self.dof,
            "p_value": self.p_value,
            "sigma": self.sigma,
            "how": self.how,
        }


@dataclass(frozen=True)
class Ablation:
    """What every definition gives: the result of a declared run.

    Attributes
    ----------
    rows : tuple of Row
    """

    rows: tuple[Row, ...]

    def __str__(self) -> str:
        return f"{len(self.rows)} definitions, {self.rows[0]}"

    def to_dict(self) -> dict[str, Any]:
        """Return the rows for a result file."""
        return {"rows": [row.to_dict() for row in self.rows]}

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the rows, as they are stored; see :meth:`to_frame`."""
        return {"definitions": self.to_frame()}

    def to_frame(self) -> "pd.DataFrame":
        """Return definitions, values, Δ over no oscillation and best fits as a table."""
        import pandas as pd

        keys = ("definition", "group", "value", "delta")
        return pd.DataFrame([{**{k: getattr(row, k) for k in keys}, **row.parameters} for row in self.rows])


def restored(about: Mapping[str, Any]) -> Ablation:
    """Return an ablation from what :meth:`Ablation.to_dict` gives.

    Examples
    --------
    >>> row = Row("as released", "own", 3.0, {"dm2_41": 1.0}, 2.0, 0.5, 2, 0.6, "Wilks")
    >>> restored(Ablation((row,)).to_dict()) == Ablation((row,))
    True
    """
    rows = ({("delta" if key == "delta_null" else key): x for key, x in row.items()} for row in about["rows"])
    return Ablation(tuple(Row(**row) for row in rows))


@dataclass(frozen=True, eq=False)
class Variant:
    """A likelihood by another definition."""

    definition: str
    group: Group
    likelihood: Likelihood


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def ablation(
    data: Data,
    model: AnyModel,
    *,
    bins: bool = True,
    **settings: Unpack[Settings],
) -> list[Row]:
    """Return what each definition of χ² gives that makes sense for the data, their own first.

    They are: another counting variance (Neyman, Pearson, combined) or a Poisson likelihood, with or without
    ln det, a covariance taken at the data or at the prediction without oscillation, and each tenth of the
    bins left out.

    Parameters
    ----------
    data, model, fixed, grid, mode, allow_overlap, leave_out
        As for :func:`nuanomaly.inference.fit.fit`.
    bins : bool
        Leave bins out, too.

    Examples
    --------
    >>> rows = ablation("karmen", "2nu-mue", grid={"dm2_41": 15, "sin2_2theta_mue": 9}, bins=False)
    >>> [row.definition for row in rows]  # doctest: +NORMALIZE_WHITESPACE
    ['as released', 'variance: Neyman and Pearson combined', 'variance: Neyman (of the data)',
     'variance: Pearson (of the prediction)']
    """
    what = Question(data, model, **settings)
    return ablation_of(what, bins=bins)


def ablation_of(what: Question, *, bins: bool = True) -> list[Row]:
    """Return the definitions that answer a question; see :func:`ablation`."""
    rows = []
    for variant in variants_of(what, bins=bins):
        asked = what.of(variant.likelihood)
        best = fit_of(asked)
        test = significance_of(asked, best=best)
        rows.append(
            Row(
                variant.definition,
                variant.group,
                best.value,
                best.parameters,
                test.delta,
                test.sigma,
                test.dof,
                test.p_value,
                test.how,
            )
        )
    return rows


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def variants(
    data: Data,
    model: AnyModel,
    *,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    bins: bool = True,
) -> Iterator[Variant]:
    """Give the definitions of χ², the data's own first; arguments as of :func:`ablation`."""
    return variants_of(Question(data, model, grid=grid, fixed=fixed), bins=bins)


def variants_of(what: Question, *, bins: bool = True) -> Iterator[Variant]:
    """Give the definitions of χ² of the data of a question; see :func:`variants`."""
    likelihood, model = what.likelihood, what.model
    yield Variant("as released", "own", likelihood)
    if isinstance(likelihood, ResponseLikelihood):
        for said, measure in likelihood.measure.definitions():
            changed = replace(likelihood, measure=measure, statistic=measure.kind)
            yield Variant(said, "definition", changed)
    null = likelihood.points(model, {**what.fixed, **null_point(what.axes, what.parameters, model.name)})
    for said, other in _other_covariances(likelihood, model, null):
        yield Variant(said, "definition", other)
    size = likelihood.n_bins or 0
    if not bins or size < 3:
        return
    for part in np.array_split(np.arange(size), min(_PARTS, size)):
        named = f"bin {part[0]}" if part.size == 1 else f"bins {part[0]} to {part[-1]}"
        try:
            yield Variant(f"without {named}", "bins", without_bins(likelihood, part.tolist()))
        except NotApplicableError:
            return


def _other_covariances(
    likelihood: Likelihood, model: Model, null: Mapping[str, Array]
) -> Iterator[tuple[str, Likelihood]]:
    """Give the likelihood with one covariance for all hypotheses, at the prediction and at the data."""
    sides: tuple[Literal["prediction", "data"], ...] = ("prediction", "data")
    for at in sides:
        try:
            if isinstance(likelihood, ResponseLikelihood) and _follows(likelihood.measure):
                yield f"covariance fixed at the {at}", with_covariance_of(likelihood, model, null, at)
            elif len(likelihood.nuisances):
                fixed_likelihood = with_fixed_covariance(likelihood, model, null, at)
                yield f"nuisances in a covariance at the {at}", fixed_likelihood
        except NotApplicableError:
            return


def _follows(measure: Statistic) -> bool:
    """Say whether a statistic's covariance is one of the prediction, and of nothing else."""
    return isinstance(measure, FollowingCovariance) and not measure.follows_data
