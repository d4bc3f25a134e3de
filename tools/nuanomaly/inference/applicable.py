"""Which data sets can take a model: the others are refused by name, or left out and named."""

import warnings
from collections.abc import Mapping, Sequence
from math import exp, isfinite, log
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import atoms
from nuanomaly.inference.grid import known_parameters
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.probabilities import Model, NotApplicableError, Parameter

#: What releases have said, while their likelihoods live: a question is often asked again on another grid.
_REASONS: WeakKeyDictionary[Likelihood, dict[tuple[Any, ...], str]] = WeakKeyDictionary()


def applicable(
    sides: Sequence[Likelihood], model: Model, fixed: Mapping[str, float], leave_out: bool = False
) -> tuple[tuple[Likelihood, ...], dict[str, str]]:
    """Return the sides without the releases that cannot take a model, and why those cannot, by name.

    A side of which nothing is left is left out as a whole.

    Raises
    ------
    NotApplicableError
        If there are any and they are not to be left out, or if nothing would be left.
    """
    reasons = {m.release: said for s in sides for m in atoms(s) if (said := refusal(m, model, fixed))}
    if not reasons:
        return tuple(sides), {}
    said = "; ".join(reason if name in reason else f"{name}: {reason}" for name, reason in reasons.items())
    kept = tuple(left for side in sides if (left := _without(side, reasons)) is not None)
    if not leave_out or not kept:
        hint = "; leave it out with {}, and the result says so" if kept else ""
        raise NotApplicableError(said + hint.format("leave_out=True")).typed(
            said + hint.format("--leave-out")
        )
    return kept, reasons


def refusal(likelihood: Likelihood, model: Model, fixed: Mapping[str, float]) -> str:
    """Return why a release cannot take a model, empty if it can.

    It is asked for its predictions at one point inside the ranges. Whatever else goes wrong there is left
    to the question itself, which may be about other points.
    """
    reasons, key = _REASONS.setdefault(likelihood, {}), (model, str(sorted(fixed.items())))
    if key not in reasons:
        reasons[key] = _asked(likelihood, model, fixed)
    return reasons[key]


def _asked(likelihood: Likelihood, model: Model, fixed: Mapping[str, float]) -> str:
    """Return what a release says when it is asked for its predictions."""
    known = known_parameters(likelihood, model)
    point = {name: fixed.get(name, _typical(parameter)) for name, parameter in known.items()}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            likelihood.observables(model, likelihood.points(model, point))
    except NotApplicableError as error:
        return str(error)
    except NuanomalyError:
        return ""
    return ""


def _typical(parameter: Parameter) -> float:
    """Return a value of a parameter that is allowed, and inside what is scanned if that is declared."""
    if parameter.default is not None:
        return parameter.default
    low, high = parameter.scan or (parameter.low, parameter.high)
    if not (isfinite(low) and isfinite(high)):
        return min(max(1.0, low), high)
    return exp(0.5 * (log(low) + log(high))) if parameter.log and low > 0.0 else 0.5 * (low + high)


def _without(side: Likelihood, names: Mapping[str, str]) -> Likelihood | None:
    """Return a side without some of its releases, None if nothing is left."""
    kept = [m for m in atoms(side) if m.release not in names]
    if len(kept) == len(atoms(side)):
        return side
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else combine(kept)
