"""How a measured total is shared out among sites, bin by bin.

μ_sb = N_b · O_sb / Σ_s O_sb, with O the outputs of a response by site and bin, and N_b the data summed over
the sites. Only differences between sites count: a spectrum that is wrong everywhere cancels in each bin.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Column, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Shares, Transform
from nuanomaly.likelihood.response.migration import SiteResponse
from nuanomaly.model.probabilities import Array


class Options(TypedDict):
    """Options of the transform."""

    data: Annotated[Column, "The data, in the order of the outputs."]
    total: Annotated[
        Literal["bin", "site"], "Totals N_b per bin over all sites, or N_s per site over all bins."
    ]


@dataclass(frozen=True, eq=False)
class GroupShares(Transform):
    """Data (sites, bins); ``axis`` is the one that is summed over."""

    data: Array
    axis: int

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    @property
    def groups(self) -> NDArray[np.intp]:
        """Which total each datum is a part of, shape (n,)."""
        return np.asarray(np.indices(self.data.shape)[1 - self.axis].ravel(), np.intp)

    def shares(self, outputs: Array) -> Array:
        """Return the part of its total that each datum should be, shape (P, n)."""
        spectra = outputs.reshape(-1, *self.data.shape)
        content = spectra / spectra.sum(axis=self.axis + 1, keepdims=True)
        return np.asarray(content.reshape(len(outputs), -1))

    @property
    def follows_data(self) -> bool:
        """True: the totals are the data's."""
        return True

    def with_data(self, data: Array) -> "GroupShares":
        """Return the transform that shares out the totals of other data."""
        return replace(self, data=data.reshape(self.data.shape))

    def shared(self, outputs: Array) -> Shares:
        """Return the shares and their groups."""
        return Shares(self.shares(outputs), self.groups)

    def __call__(self, outputs: Array) -> Prediction:
        """Return the totals of the data, shared out as the outputs are."""
        total = np.broadcast_to(self.data.sum(axis=self.axis, keepdims=True), self.data.shape)
        return Prediction(self.shares(outputs) * total.ravel(), np.zeros((*outputs.shape, 0)))


@completed
def build(config: Options, release: Release, response: Response, nuisances: Nuisances) -> GroupShares:
    """Build from a declaration (see the module)."""
    if not isinstance(response, SiteResponse) or len(nuisances):
        raise NuanomalyError(f"{release.id}: group-shares needs sites and bins, and no nuisances")
    data = release.numbers(config["data"])
    if data.size != response.n_out:
        raise NuanomalyError(f"{release.id}: {data.size} data, but {response.n_out} outputs")
    return GroupShares(data.reshape(len(response.sites), response.bins), 0 if config["total"] == "bin" else 1)
