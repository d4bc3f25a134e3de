"""What a new version of a release does to the physics.

For each mode of the likelihood: the statistic at the points of the benchmarks of both versions, the best fit,
the significance against no oscillation. For each comparison that pins the old version: the same with it and
with the new one in its place.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from nuanomaly.archive import comparisons
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release
from nuanomaly.inference import page_test
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import TWO_FLAVOUR
from nuanomaly.model.registry import model as make_model

#: Differences below this are the minimiser's, not the data's: a fit is repeated to a few times 1e-6.
NOISE = 1e-4


@dataclass(frozen=True)
class Pair:
    """A number of both versions; None where it cannot be computed."""

    old: float | None
    new: float | None

    @property
    def changes(self) -> bool:
        """Whether the number differs by more than the noise of a fit."""
        if self.old is None or self.new is None:
            return self.old is not self.new
        return abs(self.new - self.old) > NOISE * max(1.0, abs(self.old))

    def as_dict(self) -> dict[str, Any]:
        """Return both and their difference, for JSON."""
        known = self.old is not None and self.new is not None
        change = self.new - self.old if self.new is not None and self.old is not None else None
        return {"old": self.old, "new": self.new, "difference": change if known else None}


@dataclass(frozen=True)
class Numbers:
    """Numbers of both versions under one heading.

    Attributes
    ----------
    name : str
        A mode, or a comparison.
    model : str
    values : mapping of str to Pair
        Such as ``best fit``, ``dm2_41``, ``significance``.
    problems : tuple of str
        Why numbers are missing.
    """

    name: str
    model: str
    values: Mapping[str, Pair]
    problems: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether any of the numbers differs."""
        return any(pair.changes for pair in self.values.values())

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "name": self.name,
            "model": self.model,
            "changes": self.changes,
            "values": {k: v.as_dict() for k, v in self.values.items()},
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class Point:
    """The statistic at a point of a benchmark."""

    mode: str
    model: str
    parameters: Mapping[str, float]
    benchmark: str
    value: Pair

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {**asdict(self), "parameters": dict(self.parameters), "value": self.value.as_dict()}


@dataclass(frozen=True)
class Physics:
    """What a new version does to the physics."""

    points: tuple[Point, ...] = ()
    modes: tuple[Numbers, ...] = ()
    comparisons: tuple[Numbers, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def changes(self) -> bool:
        """Whether any number differs."""
        numbers = any(n.changes for n in (*self.modes, *self.comparisons))
        return numbers or any(p.value.changes for p in self.points)

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "changes": self.changes,
            "points": [p.as_dict() for p in self.points],
            "modes": [n.as_dict() for n in self.modes],
            "comparisons": [n.as_dict() for n in self.comparisons],
            "problems": list(self.problems),
        }


def refitted(
    old: Release | None, new: Release, declared: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[list[tuple[str, str]], dict[str, Mapping[str, Any]]]:
    """Return what is fitted with both versions: modes with their models, and comparisons that pin either.

    Parameters
    ----------
    old, new, declared
        As in :func:`physics`.

    Examples
    --------
    >>> karmen = load("karmen@2002-r1")
    >>> refitted(karmen, karmen, {"mine": {"datasets": {}}})
    ([('default', '2nu-mue')], {})
    """
    sides = [r for r in (old, new) if r]
    ids = {r.id for r in sides}
    chosen = {name: data for name, data in (declared or {}).items() if ids & set(comparisons.pinned(data))}
    modes = dict.fromkeys((m, b) for r in sides for m, b in _models(r, chosen))
    return list(modes), chosen if old else {}


def physics(
    old: Release | None,
    new: Release,
    declared: Mapping[str, Mapping[str, Any]] | None = None,
    find: Callable[[str], Release] = load,
    progress: Callable[[int, int], None] | None = None,
) -> Physics:
    """Return what a new version does to the physics.

    Parameters
    ----------
    old : Release or None
        What the new one takes the place of; None for the first version of a dataset.
    new : Release
    declared : mapping, optional
        ``comparison.yaml`` by name of the comparison.
    find : callable
        Returns the other releases that comparisons pin.
    progress : callable, optional
        Told how many modes and comparisons are done, and how many there are.
    """
    sides = (old, new)
    modes, chosen = refitted(old, new, declared)
    points = tuple(p for key in _points(sides) for p in _at(sides, *key))
    memory: page_test.Memory = {}
    fits: list[Callable[[], Numbers]] = [partial(_mode, sides, *mode, memory) for mode in modes]
    fits += [partial(_comparison, sides, name, data, find, memory) for name, data in chosen.items()]
    numbers = []
    for done, fit in enumerate(fits):
        if progress:
            progress(done, len(fits))
        numbers.append(fit())
    return Physics(points, tuple(numbers[: len(modes)]), tuple(numbers[len(modes) :]))


def _modes(release: Release) -> list[str]:
    return list((release.metadata.get("likelihood") or {}).get("modes") or ())


def _default(release: Release) -> str:
    declared = release.metadata.get("likelihood") or {}
    return str(declared.get("default_mode", next(iter(declared.get("modes") or [""]))))


def _models(release: Release, chosen: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each mode with its models: those of its benchmarks, else the simplest of comparisons.

    Where there is neither, it is the two-neutrino model of the release's first channel.
    """
    named: dict[str, list[str]] = {mode: [] for mode in _modes(release)}
    for entry in release.metadata.get("benchmarks", ()):
        compute = entry["compute"]
        mode = str(compute.get("mode") or _default(release))
        if compute["kind"] == "best-fit" and "datasets" not in compute and mode in named:
            named[mode].append(str(compute["model"]))
    asked: dict[str, list[str]] = {mode: [] for mode in named}
    for data in chosen.values():
        for side in data["datasets"].values():
            if release.id in side["releases"]:
                mode = side.get("mode") if side.get("mode") in named else _default(release)
                asked.get(str(mode), []).append(str(side.get("model", data["model"])))
    for mode, models in named.items():
        simplest = min(asked[mode], key=_size, default=_by_channel(release))
        for model in dict.fromkeys(models or filter(None, [simplest])):
            yield mode, model


def _size(model: str) -> int:
    """Return how many parameters a model has; a name that is none sorts last."""
    try:
        return len(make_model(model).parameters)
    except NuanomalyError:
        return sys.maxsize


def _by_channel(release: Release) -> str:
    """Return the two-flavour view of a release's first channel: its model, if nothing else names one."""
    for channel in release.metadata.get("channels", ()):
        initial, final = (f.removeprefix("nu").removesuffix("bar") for f in str(channel).split("->"))
        if (initial, final) in TWO_FLAVOUR:
            return TWO_FLAVOUR[initial, final].name
    return ""


def _points(sides: Sequence[Release | None]) -> dict[tuple[str, str, tuple[tuple[str, float], ...]], str]:
    """Return mode, model and parameters of all benchmarks that are values at a point, each once."""
    numbers: dict[tuple[str, str, tuple[tuple[str, float], ...]], str] = {}
    for release in filter(None, sides):
        for entry in release.metadata.get("benchmarks", ()):
            compute = entry["compute"]
            if compute["kind"] != "value" or "datasets" in compute:
                continue
            for at in (compute, {**compute, **compute.get("minus", {})}):
                mode = str(at.get("mode") or _default(release))
                key = mode, str(at["model"]), tuple(sorted(at["parameters"].items()))
                numbers.setdefault(key, str(entry["id"]))
    return numbers


def _at(
    sides: Sequence[Release | None], mode: str, model: str, parameters: tuple[tuple[str, float], ...]
) -> Iterator[Point]:
    values = [_try(partial(_value, r, mode, model, dict(parameters)))[0] for r in sides]
    name = _points(sides)[mode, model, parameters]
    yield Point(mode, model, dict(parameters), name, Pair(values[0], values[1]))


def _built(release: Release | None, mode: str) -> Likelihood:
    if release is None:
        raise NuanomalyError("there is no older version")
    return page_test.in_mode(release, mode)


def _value(release: Release | None, mode: str, model: str, parameters: Mapping[str, float]) -> float:
    value: float = _built(release, mode).chi2(model, **parameters)
    return value


def _mode(sides: Sequence[Release | None], mode: str, model: str, memory: page_test.Memory) -> Numbers:
    """Return best fit and significance of a mode, of both versions."""

    def computed(version: Release | None) -> dict[str, float]:
        return page_test.fitted(_built(version, mode), model, memory)

    rows = [_try(partial(computed, r)) for r in sides]
    return _numbers(mode, model, rows, silent=0 if sides[0] is None else None)


def _comparison(
    sides: Sequence[Release | None],
    name: str,
    data: Mapping[str, Any],
    find: Callable[[str], Release],
    memory: page_test.Memory,
) -> Numbers:
    """Return the numbers of a comparison with the old version, and with the new one in its place."""
    ids = {r.id for r in sides if r}

    def compared(version: Release | None) -> dict[str, float]:
        if version is None:
            raise NuanomalyError("there is no older version")
        return page_test.numbers(data, lambda ref: version if ref in ids else find(ref), ids, memory)

    return _numbers(name, str(data["model"]), [_try(partial(compared, r)) for r in sides])


def _try(compute: Callable[[], Any]) -> tuple[Any, str]:
    """Return a result, or None and why there is none."""
    try:
        return compute(), ""
    except Exception as error:  # whatever is wrong with one version is what the reader must know
        return None, f"{type(error).__name__}: {error}"


def _numbers(name: str, model: str, rows: Sequence[tuple[Any, str]], silent: int | None = None) -> Numbers:
    (old, _), (new, _) = rows
    keys = dict.fromkeys([*(old or {}), *(new or {})])
    values = {key: Pair((old or {}).get(key), (new or {}).get(key)) for key in keys}
    labels = ("old", "new")
    problems = [f"{labels[k]}: {said}" for k, (_, said) in enumerate(rows) if said and k != silent]
    return Numbers(name, model, values, tuple(problems))
