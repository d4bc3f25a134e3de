"""A declared run of the tension of several choices of data sets, each by toys of its own joint best fit.

Every choice has its own best fit, its own toys there, and its own goodness of fit of either side. So is
leaving out each data set in turn done, or the data of a year.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Count, completed
from nuanomaly.inference import workers
from nuanomaly.inference.dependence import Names
from nuanomaly.inference.global_fit.declaration import FitOptions, essence, names_of, prepared_choice
from nuanomaly.inference.global_fit.goodness import FITS, minima
from nuanomaly.inference.global_fit.pieces import BLOCK
from nuanomaly.inference.global_fit.run import key
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.toys import ToyTest
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

#: Blocks of toys whose minima are made absolute, for the goodness of fit: 4,000 toys.
_DEEP = 10


@dataclass(frozen=True)
class Part:
    """The argument of :func:`piece`: a block of toys of a choice, or its data where there is no number."""

    names: tuple[str, ...]
    seed: int
    number: int | None = None


def piece(text: str, part: Part) -> Array:
    """Return χ²PG, the minima of :data:`.goodness.FITS` and CPU seconds of each toy, shape (5, 400).

    Minima are made of the first blocks alone, and are not a number in the others. Of the data it is χ²PG, the
    three minima, and the three parameters of the joint best fit, shape (7,).
    """
    own = prepared_choice(text, part.names)
    if part.number is None:
        depths = minima(own, own.sets.data[None], own.data)[:, 0]
        return np.array([own.observed, *depths, *own.truth("joint")])
    begun = time.process_time()
    made = own.draw(own.truth("joint"))
    z = np.random.default_rng([part.seed, 0, part.number]).standard_normal((BLOCK, made.size))
    data = made.data(z)
    fitted = own.fit(data)
    deep = part.number < _DEEP
    depths = minima(own, data, fitted) if deep else np.full((len(FITS), BLOCK), np.nan)
    cost = (time.process_time() - begun) / BLOCK
    return np.vstack([fitted.chi2, depths, np.full(BLOCK, cost)])


class Choice(TypedDict, total=False):
    """Some of the data sets: those that are named, or the others."""

    only: Annotated[list[str], "These alone."]
    without: Annotated[list[str], "All but these."]


class Options(FitOptions):
    """Options of the run."""

    choices: Annotated[dict[str, Choice], {"minProperties": 1}, "Data sets of each choice."]
    toys: Annotated[Count, "How many plain toys of each choice."]
    seed: Annotated[int, "Of random numbers."]


@dataclass(frozen=True, eq=False)
class ChoicesRun(RunResult):
    """The tension of each choice of data sets.

    Attributes
    ----------
    names : tuple of str
    data : array, shape (N, 7)
        See :func:`piece`.
    counts : array, shape (N, 4)
        How many toys have as much χ²PG as the data, and minima as high.
    toys, deep : int
        Of each choice: all, and those whose minima are known.
    cpu_seconds : float
    parameters : tuple of str
        What the three of the joint best fit are called.
    """

    names: tuple[str, ...]
    data: Array
    counts: Array
    toys: int
    deep: int
    cpu_seconds: float
    parameters: Names

    def test(self, k: int) -> ToyTest:
        """Return the test of a choice by its toys."""
        return ToyTest(float(self.data[k, 0]), int(self.counts[k, 0]), self.toys, against="compatibility")

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        sigmas = [self.test(k).sigma for k in range(len(self.names))]
        least = int(np.argmin(sigmas))
        return {
            "choices": len(self.names),
            "toys_each": self.toys,
            "goodness_toys_each": self.deep,
            "toys_cpu_seconds": float(f"{self.cpu_seconds:.3g}"),
            "least": {"choice": self.names[least], "sigma": sigmas[least]},
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each choice."""
        import pandas as pd

        frame = pd.DataFrame({"choice": list(self.names), "chi2": self.data[:, 0]})
        for k, name in enumerate(self.parameters):
            frame[name] = self.data[:, 4 + k]
        frame["above"], frame["toys"] = self.counts[:, 0], self.toys
        for k, name in enumerate(FITS):
            frame[name], frame[f"{name}_above"] = self.data[:, 1 + k], self.counts[:, 1 + k]
        return {"choices": frame}

    def __str__(self) -> str:
        least = self.to_dict()["least"]
        count = f"{len(self.names)} choices, {self.toys} toys each"
        return f"{count}; {least['choice']} is smallest, {least['sigma']:.1f}σ"


def chosen(declared: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the data sets of each choice of a declaration.

    Raises
    ------
    UnknownNameError
        For a data set that is not declared.
    NuanomalyError
        If a choice says neither ``only`` nor ``without``, or both.

    Examples
    --------
    >>> sets = [{"name": "lsnd"}, {"name": "danss"}, {"name": "cdhs"}]
    >>> chosen({"datasets": sets, "choices": {"late": {"without": ["lsnd"]}}})
    {'late': ('danss', 'cdhs')}
    """
    names = [entry["name"] for entry in declared["datasets"]]
    result = {}
    for title, choice in declared["choices"].items():
        if set(choice) not in ({"only"}, {"without"}):
            raise NuanomalyError(f"choice {title!r}: write `only` or `without` and names of data sets")
        listed = choice["only"] if "only" in choice else choice["without"]
        for name in listed:
            if name not in names:
                raise UnknownNameError("data set of the run", name, names)
        result[str(title)] = tuple(name for name in names if (name in listed) == ("only" in choice))
    return result


@completed
def compute(
    declared: Options,
    placement: workers.Placement | None = None,
    progress: Progress | None = None,
) -> ChoicesRun:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown data set.
    NuanomalyError
        If it declares no toys, or a choice that is none.
    """
    count, seed = int(declared["toys"]), int(declared["seed"])
    if count < 1:
        raise NuanomalyError("a run of kind global-choices needs toys of each choice")
    names = chosen(declared)
    each = -(-count // BLOCK)
    parts = [Part(one, seed, number) for one in names.values() for number in (None, *range(each))]
    arrays = workers.run(piece, essence(declared), parts, key(declared), placement, progress)
    data, counts, cost = [], [], 0.0
    for k in range(len(names)):
        first, *blocks = arrays[k * (each + 1) : (k + 1) * (each + 1)]
        toys = np.hstack(blocks)[:, :count]
        data.append(first)
        counts.append((toys[:4] >= first[:4, None]).sum(axis=1))
        cost += float(toys[4].sum())
    deep = min(count, _DEEP * BLOCK)
    return ChoicesRun(tuple(names), np.array(data), np.array(counts), count, deep, cost, names_of(declared))
