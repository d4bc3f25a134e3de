"""Data with another background than the one that was released, to see what a choice of it does."""

from dataclasses import replace

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.transform.templates import Templates
from nuanomaly.model.probabilities import Array


def with_background(
    likelihood: Likelihood, background: str, template: Array, nuisance: str, error: float
) -> Likelihood:
    """Return a likelihood of templates with another template of a background, and another error of it.

    Parameters
    ----------
    background : str
        Its name, such as ``steady state``.
    template : array, shape (n,)
    nuisance : str
        The nuisance that scales it alone.
    error : float
        Relative, on both sides.

    Raises
    ------
    UnknownNameError
        If there is no such background or nuisance.
    NuanomalyError
        If the likelihood is not made of templates.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> lk = likelihood("coherent-csi@2017-r2", "long-steady-state")
    >>> template, name = lk.transform.backgrounds["steady state"], "coherent-csi-2017-steady-state-long"
    >>> same = with_background(lk, "steady state", 2.0 * template, name, 0.1)
    >>> bool(same.predict("3nu").sum() > lk.predict("3nu").sum())
    True
    """
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(likelihood.transform, Templates):
        raise NuanomalyError(f"{likelihood.release}: only data of templates have backgrounds by name")
    transform, ids = likelihood.transform, likelihood.nuisances.ids
    if background not in transform.backgrounds:
        raise UnknownNameError("background", background, transform.backgrounds, likelihood.release)
    if nuisance not in ids:
        raise UnknownNameError("nuisance", nuisance, ids, likelihood.release)
    deformed = transform.deformed.copy()
    deformed[:, ids.index(nuisance)] = template
    changed = replace(
        transform,
        backgrounds={**transform.backgrounds, background: template},
        fixed=transform.fixed - transform.backgrounds[background] + template,
        deformed=deformed,
    )
    items = [
        replace(n, plus=error, minus=error) if n.id == nuisance else n for n in likelihood.nuisances.items
    ]
    nuisances = Nuisances(tuple(items))
    measure = replace(likelihood.measure, nuisances=nuisances)  # type: ignore[call-arg]
    return replace(likelihood, transform=changed, measure=measure, nuisances=nuisances)
