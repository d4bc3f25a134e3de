"""Posteriors by samplers of others: emcee (an ensemble of walkers) and dynesty (nested sampling).

Both are optional (``pip install "nuanomaly[samplers]"``). What they draw is returned as ArviZ's
``InferenceData``, which holds the draws, how they were made, and for nested sampling the evidence.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.density import Density
from nuanomaly.inference.objective import Progress
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import arviz

#: Walkers per parameter, and the smallest number of them; the part of the steps that is thrown away.
_PER_PARAMETER, _FEWEST, _BURN = 8, 32, 0.25


def sample(
    density: Density,
    sampler: str = "dynesty",
    *,
    draws: int = 2000,
    seed: int = 0,
    progress: Progress | None = None,
) -> "arviz.InferenceData":
    """Return draws from the posterior; see :meth:`nuanomaly.Analysis.sample`.

    Raises
    ------
    UnknownNameError
        For a sampler that is not known.
    NuanomalyError
        If its package, or ArviZ, is not installed.
    """
    if sampler not in _SAMPLERS:
        raise UnknownNameError("sampler", sampler, _SAMPLERS)
    for package in (sampler, "arviz"):
        if find_spec(package) is None:
            raise NuanomalyError(f'{package} is not installed: pip install "nuanomaly[samplers]"')
    return _SAMPLERS[sampler](density, draws, seed, progress)


def _emcee(density: Density, draws: int, seed: int, progress: Progress | None) -> "arviz.InferenceData":
    """Return draws of walkers, a quarter of whose steps is thrown away."""
    import emcee

    count = len(density.names)
    walkers = max(_FEWEST, _PER_PARAMETER * count)
    random = np.random.default_rng(seed)
    # over the unit cube, in the measure of the prior, where the walkers' stretches fit the ranges
    ensemble = emcee.EnsembleSampler(walkers, count, _of_unit(density), vectorize=True)
    start = emcee.State(
        _start(density, random, walkers), random_state=np.random.RandomState(seed).get_state()
    )
    kept = -(-draws // walkers)
    steps = kept + int(np.ceil(_BURN / (1.0 - _BURN) * kept))
    for done, _ in enumerate(ensemble.sample(start, iterations=steps), 1):
        if progress is not None:
            progress(done, steps)
    units = np.swapaxes(ensemble.get_chain(discard=steps - kept), 0, 1)
    about = {"walkers": walkers, "steps": steps, "acceptance": float(ensemble.acceptance_fraction.mean())}
    return _data(density, density.prior_transform(units), "emcee", seed, about)


def _start(density: Density, random: np.random.Generator, walkers: int) -> Array:
    """Return points of the prior drawn in proportion to their likelihood, none of them twice.

    Walkers do not cross from one island to another that is far away, so that islands begin with their share.
    """
    units = random.random((64 * walkers, len(density.names)))
    logs = np.asarray(density.log_likelihood(density.prior_transform(units)))
    # the largest of ln L plus Gumbel noise are a draw without replacement
    order = np.argsort(-(logs + random.gumbel(size=logs.size)), kind="stable")
    return np.asarray(units[order[:walkers]])


def _of_unit(density: Density) -> Callable[[Array], Array]:
    """Return ln of the likelihood over the unit cube, where the prior is flat."""

    def logs(units: Array) -> Array:
        result = np.full(len(units), -np.inf)
        inside = ((units >= 0.0) & (units <= 1.0)).all(axis=1)
        if inside.any():
            result[inside] = density.log_likelihood(density.prior_transform(units[inside]))
        return result

    return logs


def _dynesty(density: Density, draws: int, seed: int, progress: Progress | None) -> "arviz.InferenceData":
    """Return draws of equal weight of nested sampling, and the evidence."""
    import dynesty

    sampler = dynesty.NestedSampler(
        density.log_likelihood,
        density.prior_transform,
        len(density.names),
        nlive=max(250, draws // 4),
        rstate=np.random.default_rng(seed),
    )
    sampler.run_nested(print_progress=False, dlogz=0.01)
    result = sampler.results
    equal = result.samples_equal(rstate=np.random.default_rng(seed + 1))
    chosen = np.random.default_rng(seed + 2).choice(len(equal), min(draws, len(equal)), replace=False)
    about = {
        "log_evidence": float(result.logz[-1]),
        "log_evidence_error": float(result.logzerr[-1]),
        "evaluations": int(np.sum(result.ncall)),
    }
    if progress is not None:
        progress(draws, draws)
    return _data(density, equal[chosen][None], "dynesty", seed, about)


def _data(
    density: Density, chains: Array, sampler: str, seed: int, about: Mapping[str, Any]
) -> "arviz.InferenceData":
    """Return draws (chains, draws, k) with what they are of."""
    import arviz

    question = density.question
    flat = chains.reshape(-1, chains.shape[-1])
    logs = np.asarray(density.log_likelihood(flat)).reshape(chains.shape[:2])
    data = arviz.from_dict(
        posterior={name: chains[:, :, k] for k, name in enumerate(density.names)},
        sample_stats={"lp": logs},
    )
    attributes = {
        "datasets": ", ".join(question.names),
        "model": question.model.name,
        "prior": ", ".join(f"{kind} in {name}" for name, kind in density.prior.items()),
        "fixed": ", ".join(f"{name} = {value:g}" for name, value in question.fixed.items()),
        "approximate": question.likelihood.approximate,
        "sampler": sampler,
        "seed": seed,
        **about,
    }
    data.posterior.attrs.update(attributes)
    result: arviz.InferenceData = data
    return result


_SAMPLERS: dict[str, Callable[[Density, int, int, Progress | None], "arviz.InferenceData"]] = {
    "emcee": _emcee,
    "dynesty": _dynesty,
}
