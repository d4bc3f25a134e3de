"""One point of one model, and what every release says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nuanomaly.archive.catalog import entries
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import load
from nuanomaly.inference.significance import p_value
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.model.probabilities import Model, complete
from nuanomaly.model.registry import model as make_model
from nuanomaly.model.vacuum import is_long


@dataclass(frozen=True)
class Verdict:
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
        Why the release is not applicable, or what its likelihood approximates.
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

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict for a result file."""
        return dict(self.__dict__)


def with_likelihood() -> list[str]:
    """Return the newest released version of every dataset that declares a likelihood."""
    names = dict.fromkeys(e.name for e in entries() if e.state == "released")
    return [r.id for r in map(load, names) if r.metadata.get("likelihood")]


def survey(
    model: AnyModel,
    parameters: Mapping[str, float],
    datasets: Sequence[str] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Verdict]:
    """Return what each release says of one point of a model; nothing is combined, so overlaps do not matter.

    Parameters
    ----------
    model : str, Model or function
    parameters : mapping
        The model's parameters, and interaction parameters; each release takes those it knows.
    datasets : sequence of str, optional
        ``NAME[@VERSION][:MODE]``; all releases with a likelihood if left out.

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
    found = [likelihood(name) for name in references]
    interactions = {p.name for lk in found for p in lk.interaction_parameters}
    # a name nobody knows, or one that is missing, is a mistake of the caller, not a property of one release
    complete(chosen, {k: v for k, v in parameters.items() if k not in interactions})
    verdicts = []
    for done, lk in enumerate(found):
        verdicts.append(_verdict(lk, chosen, parameters))
        if progress:
            progress(done + 1, len(found))
    return verdicts


def _names(model: Model) -> set[str]:
    return {p.name for p in model.parameters}


def _verdict(lk: Likelihood, model: Model, parameters: Mapping[str, float]) -> Verdict:
    own = {p.name for p in lk.interaction_parameters}
    known = own | _names(model)
    interaction = {k: v for k, v in parameters.items() if k in own}
    try:
        given = {k: v for k, v in parameters.items() if k in known}
        value = float(lk.chi2(model, **given))
        stated = float(lk.averaging_error(model, lk.points(model, given))[0])
        reference = float(lk.chi2("3nu", **interaction))
    except NuanomalyError as error:
        return Verdict(lk.release, lk.mode, None, lk.n_bins, None, None, None, None, _short(str(error)))
    fit = p_value(value, lk.n_bins) if lk.statistic == "chi2" and lk.n_bins else None
    reason = "; ".join(
        remark for remark in (_missing(lk, model), _averaged(stated), _approximate(lk)) if remark
    )
    return Verdict(
        lk.release, lk.mode, lk.statistic, lk.n_bins, value, reference, value - reference, fit, reason
    )


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
