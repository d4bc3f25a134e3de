"""A likelihood without some of its bins, whatever its statistic: what is left is the marginal one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.parts import Selected
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.wrappers.joint import JointLikelihood
from nuanomaly.model.probabilities import NotApplicableError


def without_bins(likelihood: Likelihood, gone: Sequence[int]) -> Likelihood:
    """Return a likelihood without some bins; those of a joint one are numbered member after member.

    Predictions that are normalised to the data still are normalised to all of them.

    Raises
    ------
    NotApplicableError
        If the statistic has no bins that could be left out.
    """
    left_out = np.asarray(gone, np.intp)
    if isinstance(likelihood, JointLikelihood):
        members, start = [], 0
        for member in likelihood.members:
            own = left_out[(left_out >= start) & (left_out < start + (member.n_bins or 0))] - start
            members.append(without_bins(member, own.tolist()) if own.size else member)
            start += member.n_bins or 0
        return replace(likelihood, members=tuple(members), n_bins=start - left_out.size)
    if not isinstance(likelihood, ResponseLikelihood):
        raise NotApplicableError(f"not applicable: {likelihood.release} has no bins")
    kept = likelihood.measure.kept(left_out.tolist())
    return replace(
        likelihood,
        n_bins=kept.size,
        measure=likelihood.measure.without(left_out.tolist()),
        transform=Selected(likelihood.transform, kept, likelihood.measure.data),
    )
