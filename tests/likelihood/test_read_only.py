"""What a cache hands out cannot be changed, so that nobody changes the answers of others."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from nuanomaly.inference.benchmarks import every_release
from nuanomaly.likelihood.build import likelihood

RELEASES = [r.id for r in every_release() if r.metadata.get("likelihood")]


def arrays(held: Any, seen: set[int]) -> Iterator[np.ndarray]:
    """Every array that can be reached through fields, items and sparse matrices."""
    if id(held) in seen:
        return
    seen.add(id(held))
    if isinstance(held, np.ndarray):
        yield held
    elif sparse.issparse(held):
        yield from (held.data, held.indices, held.indptr)
    elif isinstance(held, dict):
        for value in held.values():
            yield from arrays(value, seen)
    elif isinstance(held, tuple | list):
        for value in held:
            yield from arrays(value, seen)
    elif is_dataclass(held):
        for field in fields(held):
            yield from arrays(vars(held).get(field.name), seen)


@pytest.mark.parametrize("name", RELEASES)
def test_no_array_of_a_likelihood_can_be_written_to(name: str) -> None:
    data = likelihood(name)
    found = list(arrays(data, set()))
    assert found
    assert [a.shape for a in found if a.flags.writeable] == []


def test_a_change_in_place_is_refused_and_changes_no_later_answer() -> None:
    point = {"dm2_41": 1.0, "sin2_2theta_ee": 0.2}
    before = likelihood("best").chi2("2nu-ee", **point)
    data = likelihood("best").data
    assert data is not None
    with pytest.raises(ValueError, match="read-only"):
        data[:] += 1.0
    assert likelihood("best").chi2("2nu-ee", **point) == before
    copied = data.copy()
    copied += 1.0  # a copy is the user's own
    assert likelihood("best").given(copied).chi2("2nu-ee", **point) != before
