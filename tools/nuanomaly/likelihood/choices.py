"""Data read with other declared parts than those of their mode, to see what each choice does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood import build
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood


def with_choices(
    likelihood: Likelihood,
    release: Release,
    nuisances: Sequence[Mapping[str, Any]],
    transform: Mapping[str, Any],
    response: Mapping[str, Any] | None = None,
) -> Likelihood:
    """Return a likelihood with other nuisances, another transform, and perhaps another response.

    Parameters
    ----------
    likelihood : Likelihood
        Of the release; what is not named stays as it is there.
    release : Release
    nuisances : sequence of mappings
        As ``release.yaml`` declares them.
    transform, response : mapping
        Likewise.

    Raises
    ------
    NuanomalyError
        If the likelihood has no response, such as a table of its values.

    Examples
    --------
    >>> from nuanomaly.archive.loading import load
    >>> from nuanomaly.likelihood.build import likelihood
    >>> release = load("coherent-csi@2017-r2")
    >>> declared = release.metadata["likelihood"]
    >>> lk = likelihood(release)
    >>> same = with_choices(lk, release, declared["nuisances"], declared["transform"])
    >>> bool(abs(same.chi2("3nu") - lk.chi2("3nu")) < 1e-9)
    True
    """
    if not isinstance(likelihood, ResponseLikelihood):
        raise NuanomalyError(f"{likelihood.release}: it has no response whose parts could be chosen")
    parts = build.nuisances({"nuisances": list(nuisances)}, release)
    seen = likelihood.response if response is None else build.component("response", response, release)
    made = build.component("transform", transform, release, seen, parts)
    statistic = release.metadata["likelihood"]["statistic"]
    measure = build.component("statistic", statistic, release, made, parts)
    return replace(likelihood, response=seen, transform=made, measure=measure, nuisances=parts)
