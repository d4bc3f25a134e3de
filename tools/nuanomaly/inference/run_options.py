"""What runs of several kinds declare alike, and the question that they ask."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

from nuanomaly.archive.options import Count
from nuanomaly.archive.runs import inputs
from nuanomaly.inference.datasets import Dataset
from nuanomaly.inference.grid import Grid
from nuanomaly.inference.question import Question
from nuanomaly.inference.workers import Placement
from nuanomaly.inference.workload import Effort
from nuanomaly.likelihood.build import join

#: Data sets of a run, each by its name; a list among them is one data set, its releases together.
Datasets = Annotated[
    str | list[str | list[str]],
    "Releases as NAME@VERSION[:MODE], or groups; a list in this list is one data set, its releases together.",
]
ModelName = Annotated[
    str, "A model by its name; a model file is named from the folder of runs.yaml, and its sha256 stored."
]
Fixed = Annotated[dict[str, float], {"default": {}}, "Parameters that are not free, and their values."]
#: An axis: how many points, a range, or values.
AxisOptions = Annotated[
    dict[str, int | list[Any]],
    {"default": {}},
    "Axes of free parameters: a number of points, [low, high, number, log or lin], or a list of values.",
]
#: A point: the values of all free parameters.
Point = dict[str, float]
Seed = Annotated[int, {"default": 0}, "Of random numbers."]
Toys = Annotated[int, {"minimum": 0}, "How many toys are made."]


class Asked(TypedDict):
    """A question: data under a model."""

    datasets: Datasets
    model: ModelName
    mode: NotRequired[
        Annotated[str | dict[str, str], "The analysis variant of data that have it, or of each by its name."]
    ]
    fixed: NotRequired[Fixed]
    grid: NotRequired[AxisOptions]
    allow_overlap: NotRequired[
        Annotated[bool, {"default": False}, "Combine data sets although they share data, and say so."]
    ]


class AskedOfSome(Asked):
    """A question that data which cannot take the model may be left out of."""

    leave_out: NotRequired[
        Annotated[bool, {"default": False}, "Leave out data sets that cannot take the model, and say so."]
    ]


class Searched(AskedOfSome):
    """A question that is answered by searches."""

    seed: NotRequired[Annotated[int, {"default": 0}, "Of the starting points of searches."]]
    starts: NotRequired[
        Annotated[
            Count, {"default": Effort.starts}, "From how many points that fill the space each search starts."
        ]
    ]
    searches: NotRequired[
        Annotated[
            Count,
            {"default": Effort.searches},
            "How many searches there are at most; fewer than three never count as converged.",
        ]
    ]
    fewest: NotRequired[
        Annotated[Count, {"default": Effort.fewest}, "How many there are at least, even if they agree."]
    ]


class AskedByToys(Asked):
    """A question that is answered by toys."""

    toys: Toys
    seed: NotRequired[Seed]


def question(config: Mapping[str, Any]) -> Question:
    """Return the question of a run."""
    datasets = config["datasets"]
    return Question(
        [datasets] if isinstance(datasets, str) else [dataset(entry) for entry in datasets],
        config["model"],
        fixed=config["fixed"],
        grid=axes(config["grid"]),
        mode=config.get("mode"),
        allow_overlap=config["allow_overlap"],
        leave_out=config.get("leave_out", False),
    )


def dataset(entry: str | list[str]) -> Dataset:
    """Return a data set as it is named, or the releases of a list as one."""
    return entry if isinstance(entry, str) else join(" + ".join(entry), entry)


def axes(declared: Mapping[str, Any]) -> Grid:
    """Return axes as a question takes them.

    Examples
    --------
    >>> axes({"a": 21, "b": [0.1, 1.0, 31, "log"], "c": [1.0, 2.0]})
    {'a': 21, 'b': (0.1, 1.0, 31, 'log'), 'c': [1.0, 2.0]}
    """
    return {name: axis(spec) for name, spec in declared.items()}


def axis(spec: Any) -> Any:
    """Return an axis: a list of low, high, number and spacing is a range, any other one the values."""
    return tuple(spec) if isinstance(spec, list) and len(spec) == 4 and isinstance(spec[3], str) else spec


def effort(config: Searched, placement: Placement | None) -> Effort:
    """Return how long is searched: what is declared may take as long as it takes."""
    chosen = placement or Placement()
    return Effort(
        config["seed"],
        chosen.workers,
        float("inf"),
        config["starts"],
        config["searches"],
        config["fewest"],
        None if chosen.store is None else chosen.store / _named(config),
    )


def _named(config: Mapping[str, Any]) -> str:
    """Return what names a run's finished searches: the declaration, not how many, and what it reads."""
    same = {key: entry for key, entry in config.items() if key not in ("fewest", "searches", "errors")}
    text = json.dumps([same, inputs(config, Path())], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
