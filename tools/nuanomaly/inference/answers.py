"""Stored runs as answers: a question as a run declares it, and its fit, scan or comparison as it is stored.

A page that needs a fit asks a :class:`~nuanomaly.inference.question.Question`. If one of its runs in
``runs.yaml`` declares the very same question, the stored minimum or grid stands in for the search; all that
follows from it (significance, pulls, ranks) is computed as ever. What is stored is evaluated again where it
is lowest: a likelihood that has changed since is an error, not an old number.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference import ablation
from nuanomaly.inference.ablation import Row
from nuanomaly.inference.compatibility import compatibility_at
from nuanomaly.inference.compatibility_result import Compatibility
from nuanomaly.inference.datasets import atoms, label
from nuanomaly.inference.fit import Fit, fit_at
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.question import Question
from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.scan import Scan
from nuanomaly.inference.tabulated import tabulation
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import known_name

Kind = Literal["fit", "scan", "comparison", "ablation"]
#: What other versions of packages may change in a value, relative to one or to itself.
_EXACT = 1e-6


def declaration(what: Question, kind: Kind) -> dict[str, Any] | None:
    """Return the run that asks a question, as ``runs.yaml`` declares it; None if none can.

    That is so of models and releases of one's own, of likelihoods that were changed, and of fits over tables,
    which are fast.

    Examples
    --------
    >>> declaration(Question("best@2022-r1", "2nu-ee", grid={"dm2_41": 31}), "fit")
    {'kind': 'fit', 'datasets': ['best@2022-r1:bahcall'], 'model': '2nu-ee', 'grid': {'dm2_41': 31}}
    """
    name = known_name(what.model)
    members = [atoms(side) for side in what.sides]
    unchanged = all(_is_as_declared(one) for side in members for one in side)
    if name is None or not unchanged or (kind == "comparison" and tabulation(what) is not None):
        return None
    sides: list[Any] = [[label(one) for one in side] for side in members]
    if kind == "comparison":
        sides = [side[0] if len(side) == 1 else side for side in sides]
    else:
        sides = [one for side in sides for one in side]
    declared: dict[str, Any] = {"kind": kind, "datasets": sides, "model": name}
    declared |= {"fixed": dict(what.fixed)} if what.fixed else {}
    declared |= {"grid": {key: _plain(axis) for key, axis in what.grid.items()}} if what.grid else {}
    return declared | ({"allow_overlap": True} if what.overlaps else {})


def _is_as_declared(one: Likelihood) -> bool:
    """Say whether a likelihood is the very one that its release declares."""
    return not one.private and likelihood(one.release, one.mode) is one


def _plain(axis: Any) -> Any:
    return axis if isinstance(axis, int) else np.asarray(axis, object).tolist()


def asks(run: Mapping[str, Any], declared: Mapping[str, Any] | None) -> bool:
    """Say whether a run declares a question; its seed is left out of it."""
    return declared is not None and {key: run[key] for key in run if key != "seed"} == dict(declared)


def stored_fit(what: Question, run: StoredRun) -> Fit:
    """Return the fit that a run stored, all that is known of it computed anew.

    Raises
    ------
    NuanomalyError
        If the likelihood is another one now.
    """
    result = run.result
    fit = fit_at(what, _minimum(result, result["parameters"]))
    _check(what, run, fit.value, fit.parameters)
    return fit


def stored_comparison(what: Question, run: StoredRun) -> Compatibility:
    """Return the comparison that a run stored, its ranks and shares computed anew.

    Raises
    ------
    NuanomalyError
        If the likelihood is another one now.
    """
    result = run.result
    parts = list(result["minimum"].values())[: len(what.sides)]
    separate = [_minimum(part, part["parameters"]) for part in parts]
    best = _minimum({**result["joint"], **_joint(result)}, result["best_fit"])
    _check(what, run, best.value, best.parameters)
    return compatibility_at(what, separate, best)


def stored_scan(what: Question, run: StoredRun) -> Scan:
    """Return the scan that a run stored.

    Raises
    ------
    NuanomalyError
        If the likelihood is another one now.
    """
    _check(what, run, run.scan.minimum, run.scan.best)
    about: dict[str, Any] = {"datasets": what.names, "modes": what.modes, "overlaps": what.overlaps}
    return replace(run.scan, **about)


def stored_ablation(what: Question, run: StoredRun) -> list[Row]:
    """Return the definitions of χ² that a run stored.

    Raises
    ------
    NuanomalyError
        If the likelihood is another one now.
    """
    rows = ablation.restored(run.result).rows
    _check(what, run, rows[0].value, rows[0].parameters)
    return list(rows)


def _joint(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: result[key] for key in ("at_boundary", "converged")}


def _minimum(about: Mapping[str, Any], parameters: Mapping[str, float]) -> Minimum:
    errors = {name: (low, high) for name, (low, high) in about.get("errors", {}).items()}
    counts = {key: about[key] for key in ("searches", "agreeing") if key in about}
    edge, ends = tuple(about["at_boundary"]), tuple(about.get("ends", ()))
    return Minimum(about["value"], dict(parameters), edge, about["converged"], errors, **counts, ends=ends)


def _check(what: Question, run: StoredRun, value: float, at: Mapping[str, float]) -> None:
    """Refuse a value that the likelihood does not have at its point any more."""
    now = float(what.objective({name: np.array([x]) for name, x in at.items()})[0])
    if not abs(now - value) <= _EXACT * max(1.0, abs(value)):
        raise NuanomalyError(
            f"run {run.name}: {value:.6f} is stored for its lowest point, where the likelihood is {now:.6f} "
            "now: do the run again and commit what it writes"
        )
