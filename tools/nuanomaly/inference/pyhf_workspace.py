"""Counts with linear pulls as a workspace of pyhf: one amplitude as its parameter of interest.

A release whose statistic is Poisson, and whose prediction is a sum of a signal in proportion to one amplitude
and of fixed backgrounds, is exactly such a density: every pull is a ``histosys``, whose two variations lie
symmetrically about the nominal bins, so that pyhf's interpolation (code 0, its default) is linear. A
``normsys`` would be exponential, and is never written. Correlated pulls are turned into independent ones.

Anything else is no density of this kind and is refused with the reason: a covariance, a ratio of predictions,
a normalisation to the data, a combined Neyman–Pearson χ², a prior with two different halves or bounds.

pyhf 0.7.6 drops the uncertainty of Monte Carlo statistics (``staterror``) in bins where nothing is expected;
none is written here.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import atoms
from nuanomaly.inference.question import Question
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.model.probabilities import Array, Model

#: A prediction is in proportion to the amplitude to this part of its size.
_LINEAR = 1e-9
#: The version of the workspace's schema.
SCHEMA = "1.0.0"


@dataclass(frozen=True, eq=False)
class Parts:
    """Bins of one release: background and signal at unit amplitude, and what unit pulls add to each.

    Shapes (n,) and (n, K); pulls are independent and in standard deviations.
    """

    name: str
    data: Array
    background: Array
    signal: Array
    of_background: Array
    of_signal: Array


def workspace(what: Question) -> dict[str, Any]:
    """Return the workspace of a question of counts, as pyhf reads it.

    Parameters
    ----------
    what : Question
        One parameter is free: an amplitude that the prediction is linear in, or a strength.

    Returns
    -------
    dict
        ``channels`` (one for each release), ``observations``, ``measurements``, ``version``.

    Raises
    ------
    NuanomalyError
        If a data set is not of this kind; the reason is said.

    Examples
    --------
    >>> from nuanomaly.inference.analysis import Analysis
    >>> asked = Analysis("coherent-csi@2021", "3nu", grid={"cevns_strength": (0.0, 2.0, 21, "lin")})
    >>> spec = workspace(asked)
    >>> [m["type"] for m in spec["channels"][0]["samples"][0]["modifiers"]]
    ['normfactor', 'histosys', 'histosys']
    """
    together = what.likelihood
    members = [_counted(member) for member in atoms(together)]
    name = _amplitude(what)
    names, root = _independent(together.nuisances)
    parts = [_parts(what, member, name, together.nuisances, root) for member in members]
    low, high = max(0.0, what.axes[0].low), what.axes[0].high
    poi = {"name": name, "bounds": [[low, high]], "inits": [min(1.0, high)]}
    return {
        "channels": [_channel(part, name, names) for part in parts],
        "observations": [{"name": part.name, "data": part.data.tolist()} for part in parts],
        "measurements": [{"name": what.model.name, "config": {"poi": name, "parameters": [poi]}}],
        "version": SCHEMA,
    }


def _amplitude(what: Question) -> str:
    if not what.free:
        raise NuanomalyError(
            f"pyhf has one parameter of interest, and {what.model.name} leaves none free here: take a model "
            "with an amplitude, and give its range"
        ).typed(
            f"pyhf has one parameter of interest, and {what.model.name} leaves none free here: take a model "
            "with an amplitude (--model), and give its range (--grid)"
        )
    if len(what.free) != 1:
        raise NuanomalyError(
            f"pyhf has one parameter of interest, and {len(what.free)} are free ({', '.join(what.free)}): "
            "fix the others"
        ).typed("pyhf has one parameter of interest: leave one with --grid, and fix the others with --set")
    return what.free[0]


def _independent(nuisances: Nuisances) -> tuple[tuple[str, ...], Array]:
    """Return names of independent pulls, and what a unit of each is of the nuisances, shape (K, K)."""
    bad = [n.id for n in nuisances.items if n.piecewise]
    free = [n for n in nuisances.ids if n not in nuisances.with_prior()]
    if bad or free:
        said = (
            f"{', '.join(bad)} has a prior of two halves, or bounds" if bad else f"{', '.join(free)} is free"
        )
        raise NuanomalyError(f"{said}: a pull of pyhf is Gaussian over the whole line")
    root = np.linalg.cholesky(np.linalg.inv(nuisances.prior())) if len(nuisances) else np.zeros((0, 0))
    tied = {name for ids, _ in nuisances.blocks for name in ids}
    names = tuple(f"{name}, decorrelated" if name in tied else name for name in nuisances.ids)
    return names, root


def _counted(member: Likelihood) -> ResponseLikelihood:
    """Return a release, if its density is one of counts with pulls."""
    if not isinstance(member, ResponseLikelihood):
        raise NuanomalyError(
            f"{member.release}: {_KINDS.get(type(member).__name__, 'it')} is no density of counts"
        )
    if not isinstance(member.measure, Poisson):
        kind = type(member.measure).__name__
        raise NuanomalyError(f"{member.release}: {_KINDS.get(kind, kind)} is no density of counts with pulls")
    if member.penalties:
        raise NuanomalyError(
            f"{member.release}: it ties priors to parameters of the model, which pyhf has not"
        )
    return member


def _parts(what: Question, member: ResponseLikelihood, name: str, every: Nuisances, root: Array) -> Parts:
    """Return the bins of a release."""
    mu, jacobian = _at(what.model, member, what, name, np.array([0.0, 0.5, 1.0]))
    bent = max(np.abs(m[1] - 0.5 * (m[0] + m[2])).max() for m in (mu, jacobian) if m.size)
    if bent > _LINEAR * np.abs(mu).max():
        raise NuanomalyError(f"{member.release}: its prediction is not linear in {name}")
    place = [every.ids.index(n) for n in member.nuisances.ids]
    turned = [j @ root[place] for j in (jacobian[0], jacobian[2] - jacobian[0])]
    assert member.data is not None
    return Parts(member.release, member.data, mu[0], mu[2] - mu[0], *turned)


def _at(
    model: Model, member: ResponseLikelihood, what: Question, name: str, values: Array
) -> tuple[Array, Array]:
    known = {p.name for p in (*model.parameters, *member.interaction_parameters)}
    given = {n: v for n, v in what.fixed.items() if n in known}
    points = member.points(model, {**given, name: values})
    prediction = member.prediction(model, points)
    if prediction.moved is not None:
        raise NuanomalyError(f"{member.release}: its pulls do not act linearly")
    return prediction.mu, prediction.jacobian


#: What statistics are that pyhf has no density for.
_KINDS = {
    "SurfaceLikelihood": "a tabulated surface",
    "ParameterSurface": "a tabulated surface",
    "SurfaceProcess": "a tabulated surface",
    "Gaussian": "a χ² of a fixed covariance",
    "ScaledCovariance": "a χ² whose covariance follows the prediction",
    "RelativeCovariance": "a χ² whose covariance follows the prediction",
    "ComponentCovariance": "a χ² whose covariance follows the prediction",
    "CountsCovariance": "a combined Neyman–Pearson χ² with a covariance",
    "Pulls": "a χ² of counts with pulls",
    "ManyPulls": "a χ² of counts with pulls",
}


def _channel(part: Parts, name: str, pulls: tuple[str, ...]) -> dict[str, Any]:
    signal = [
        {"name": name, "type": "normfactor", "data": None},
        *_shapes(part.signal, part.of_signal, pulls),
    ]
    samples = [{"name": "signal", "data": part.signal.tolist(), "modifiers": signal}]
    if part.background.any() or part.of_background.any():
        modifiers = _shapes(part.background, part.of_background, pulls)
        samples.append({"name": "background", "data": part.background.tolist(), "modifiers": modifiers})
    return {"name": part.name, "samples": samples}


def _shapes(nominal: Array, effects: Array, pulls: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "type": "histosys",
            "data": {
                "hi_data": (nominal + effects[:, k]).tolist(),
                "lo_data": (nominal - effects[:, k]).tolist(),
            },
        }
        for k, name in enumerate(pulls)
        if effects[:, k].any()
    ]
