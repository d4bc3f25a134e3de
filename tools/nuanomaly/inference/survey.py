"""One point of one model, and what every release says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

from nuanomaly.archive.catalog import newest_released
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import FoundOverlap, overlaps
from nuanomaly.inference.notebooks import shown_in_notebooks
from nuanomaly.inference.result import SYMBOLS, Result, point_text
from nuanomaly.inference.significance import p_value
from nuanomaly.inference.slips import slip
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.model.probabilities import Model, NotApplicableError, complete
from nuanomaly.model.registry import THREE_NEUTRINOS
from nuanomaly.model.registry import model as make_model
from nuanomaly.model.vacuum import is_long

#: What became of a release: it was evaluated; the model cannot be asked there; the model failed there.
Status = Literal["evaluated", "not applicable", "failed"]


@dataclass(frozen=True, repr=False)
class Verdict(Result):
    """What one release says.

    Attributes
    ----------
    release, mode, statistic, n_bins
        See :class:`nuanomaly.likelihood.interface.Likelihood`; statistic is None where nothing could be
        evaluated.
    value : float or None
        The statistic at the point, nuisances profiled.
    three_neutrinos : float or None
        The statistic of three neutrinos without a sterile one.
    delta : float or None
        value − three_neutrinos: negative where the release prefers the model.
    p_value : float or None
        Goodness of fit of the point, where the statistic is a χ² (Wilks, no parameter counted as fitted).
    reason : str
        Why the release is not applicable or the model failed, or what its likelihood approximates.
    status : {"evaluated", "not applicable", "failed"}
        Whether the release could be evaluated, cannot take the model, or the model went wrong there.
    null : float or None
        The statistic of the model itself without oscillation, where its parameters say what that is.
    fitted : mapping
        The parameters that were fitted to this release alone, where that was asked for.
    """

    release: str
    mode: str | None
    statistic: str | None
    n_bins: int | None
    value: float | None
    three_neutrinos: float | None
    delta: float | None
    p_value: float | None
    reason: str
    status: Status = "evaluated"
    null: float | None = None
    fitted: Mapping[str, float] = field(default_factory=dict)

    @property
    def how(self) -> str:
        """How it was obtained."""
        where = f"fitted to it alone: {point_text(self.fitted)}" if self.fitted else "at one point"
        return self.reason if self.status != "evaluated" else f"statistic of the release {where}"

    def __str__(self) -> str:
        if self.statistic is None or self.delta is None:
            return f"{self.release}: {self.status}"
        symbol = SYMBOLS[self.statistic]
        return f"{self.release}: {symbol} = {self.value:.2f}, Δ = {self.delta:.2f} to three neutrinos"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        numbers = {"value": self.value, "three neutrinos": self.three_neutrinos, "Δ": self.delta}
        shown = {name: f"{value:.2f}" for name, value in numbers.items() if value is not None}
        return {"release": self.release, **shown, "obtained by": self.how}

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict for a result file."""
        return {**self.__dict__, "fitted": dict(self.fitted)}


class Survey(list[Verdict]):
    """What releases say of one point of a model; a list of verdicts that shows itself as a table."""

    def _repr_html_(self) -> str:
        headings = ("release", "value", "three neutrinos", "Δ", "obtained by")
        head = "".join(f"<th>{heading}</th>" for heading in headings)
        rows = []
        for verdict in self:
            numbers = (verdict.value, verdict.three_neutrinos, verdict.delta)
            name = verdict.release + (f":{verdict.mode}" if verdict.mode else "")
            cells = [name, *("–" if n is None else f"{n:.2f}" for n in numbers), verdict.how]
            rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = f"Survey of {len(self)} data sets; Δ &lt; 0 where one prefers the model"
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def with_likelihood() -> list[str]:
    """Return the newest released version of every dataset that declares a likelihood."""
    return [release.id for release in newest_released("likelihood")]


@shown_in_notebooks
def survey(
    model: AnyModel,
    parameters: Mapping[str, float],
    datasets: Sequence[str] | None = None,
    *,
    fit: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Return what each release says of one point of a model; nothing is combined, so overlaps do not matter.

    Parameters
    ----------
    model : str, Model or function
    parameters : mapping
        The model's parameters, and interaction parameters; each release takes those it knows.
    datasets : sequence of str, optional
        ``NAME[@VERSION][:MODE]``; all releases with a likelihood if left out.
    fit : bool
        Fit the parameters that are not given to each release alone, over their own ranges.

    Raises
    ------
    NuanomalyError
        If a parameter is none of the model's, nor an interaction parameter of any of the releases.

    Examples
    --------
    >>> [v.release for v in survey("2nu-ee", {"dm2_41": 1.25, "sin2_2theta_ee": 0.34}, ["best", "lsnd"])]
    ['best@2022-r2', 'lsnd@2001-r1']
    """
    chosen = make_model(model)
    references = list(datasets) if datasets is not None else with_likelihood()
    likelihoods = [likelihood(name) for name in references]
    interactions = {p.name for lk in likelihoods for p in lk.interaction_parameters}
    # a name nobody knows, or one that is missing, is a mistake of the caller, not a property of one release
    own = {k: v for k, v in parameters.items() if k not in interactions}
    complete(chosen, {**_typical(chosen), **own} if fit else own)
    verdicts = []
    for done, lk in enumerate(likelihoods):
        verdicts.append(verdict_of(lk, chosen, parameters, fit))
        if progress:
            progress(done + 1, len(likelihoods))
    return Survey(verdicts)


def _names(model: Model) -> set[str]:
    return {p.name for p in model.parameters}


def _typical(model: Model) -> dict[str, float]:
    """Return some value of each parameter that a fit leaves free."""
    return {p.name: p.scan[0] if p.scan else p.low for p in model.parameters if p.default is None}


def combined(
    references: Sequence[str], verdicts: Sequence[Verdict]
) -> tuple[float | None, list[FoundOverlap]]:
    """Return the sum of all differences to three neutrinos, or None and what forbids it.

    It is allowed where no two of the releases that could be evaluated share data.
    """
    kept = [
        (likelihood(n), v.delta) for n, v in zip(references, verdicts, strict=True) if v.delta is not None
    ]
    shared = list(overlaps([lk for lk, _ in kept]))
    if shared or not kept or any(v.fitted for v in verdicts):
        return None, shared
    return sum(delta for _, delta in kept), []


def verdict_of(
    lk: Likelihood,
    model: Model,
    parameters: Mapping[str, float],
    fit: bool = False,
    three: Mapping[str, float] | None = None,
) -> Verdict:
    """Return what a release, or several together, say of a point; see :func:`survey`.

    Parameters
    ----------
    three : mapping, optional
        Parameters of the three neutrinos that it is set beside; their defaults if left out.
    """
    own = {p.name for p in lk.interaction_parameters}
    known = own | _names(model)
    interaction = {k: v for k, v in parameters.items() if k in own}
    given = {k: v for k, v in parameters.items() if k in known}
    fitted: Mapping[str, float] = {}
    lacking = [p.name for p in lk.interaction_parameters if p.default is None and p.name not in given]
    if lacking and not fit:
        return _silent(lk, "not applicable", f"not applicable without {', '.join(lacking)}: give a value")
    try:
        if fit:
            from nuanomaly.inference.fit import fit_of
            from nuanomaly.inference.question import Question

            fitted = fit_of(Question(lk, model, fixed=given)).parameters
        point = {**given, **fitted}
        value = float(lk.chi2(model, **point))
        stated = float(lk.averaging_error(model, lk.points(model, point))[0])
        reference = float(lk.chi2(THREE_NEUTRINOS, **interaction, **(three or {})))
    except NotApplicableError as error:
        return _silent(lk, "not applicable", _short(str(error)))
    except NuanomalyError as error:
        return _silent(lk, "failed", f"the model failed here: {error.command_line or error}")
    goodness = p_value(value, lk.n_bins) if lk.statistic == "chi2" and lk.n_bins else None
    remarks = (_missing(lk, model), slip(lk, model, point), _averaged(stated), _approximate(lk))
    reason = "; ".join(remark for remark in remarks if remark)
    return Verdict(
        lk.release,
        lk.mode,
        lk.statistic,
        lk.n_bins,
        value,
        reference,
        value - reference,
        goodness,
        reason,
        null=_null(lk, model, point),
        fitted=fitted,
    )


def _silent(lk: Likelihood, status: Status, reason: str) -> Verdict:
    return Verdict(lk.release, lk.mode, None, lk.n_bins, None, None, None, None, reason, status)


def _null(lk: Likelihood, model: Model, point: Mapping[str, float]) -> float | None:
    """Return the statistic of a model with all amplitudes at their null, None if it has none."""
    nulls = {p.name: p.null for p in model.parameters if p.null is not None and p.name in point}
    if not nulls:
        return None
    try:
        return float(lk.chi2(model, **{**point, **nulls}))
    except NuanomalyError:
        return None


def _missing(lk: Likelihood, model: Model) -> str:
    """Return what the model leaves out at the distances of a release."""
    reach = lk.max_L_over_E
    if model.three_flavour or reach is None or not is_long(reach):
        return ""
    return (
        f"three-flavour oscillation is missing: the release reaches L/E = {reach:.0f} m/MeV; compose "
        f"{model.name!r} with it (FILE.py:NAME/3nu), or say three_flavour=True if it is contained"
    )


def _averaged(error: float) -> str:
    """Return how well a function is averaged, if it had to be."""
    return f"averaged over intervals of L/E, Δ ± {error:.1g}" if error > 5e-5 else ""


def _approximate(lk: Likelihood) -> str:
    return f"approximate: {lk.approximate}" if lk.approximate else ""


def _short(message: str) -> str:
    text = message if "not applicable" in message else f"not applicable: {message}"
    return text[text.index("not applicable") :]
