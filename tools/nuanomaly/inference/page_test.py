"""The numbers of a comparison's test, from its declaration alone: which sides are set against which.

A page does more than this. What is computed here is its test (``tested`` in ``comparison.yaml``), on a
coarser grid, so that a new version of a release can be asked what it does to every page that pins it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from nuanomaly.archive import comparisons
from nuanomaly.archive.release import Release
from nuanomaly.inference import separable
from nuanomaly.inference.compatibility import compare, parameter_goodness, shared_nuisances
from nuanomaly.inference.datasets import joint
from nuanomaly.inference.fit import fit, significance
from nuanomaly.inference.grid import Grid, axes, known_parameters
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.rank import rank
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.tabulated import clusters
from nuanomaly.likelihood.build import declared_modes, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import model as make_model

#: What has been computed and stays the same in another version of the archive.
Memory = dict[Hashable, Any]

#: Points at most of an axis; of Δm² and of the mixings where data sets are read one by one.
_POINTS, _SPLITTINGS, _MIXINGS = 61, 121, 31
_SEPARABLE = ("dm2_41", "Ue4_sq", "Umu4_sq")
#: Points of each axis where ranks are looked for.
_GENERIC = 12

_T = TypeVar("_T")


def once(memory: Memory, key: Hashable, compute: Callable[[], _T]) -> _T:
    """Return what stands in memory under a key, and compute it if nothing does."""
    if key not in memory:
        memory[key] = compute()
    result: _T = memory[key]
    return result


def numbers(
    declared: Mapping[str, Any],
    find: Callable[[str], Release],
    changed: set[str],
    memory: Memory | None = None,
) -> dict[str, float]:
    """Return the numbers of a comparison's test.

    Parameters
    ----------
    declared : mapping
        ``comparison.yaml``.
    find : callable
        Returns a pinned release, or the version that takes its place.
    changed : set of str
        Releases whose effect is asked for: sides that are not tested against each other are fitted only where
        they hold one of these.
    memory : dict, optional
        Keeps what does not depend on them from one call to the next.

    Raises
    ------
    UnknownNameError, NotApplicableError
    """
    kept: Memory = {} if memory is None else memory
    sides = declared["datasets"]
    tested = comparisons.tested(declared)
    members = {
        key: [in_mode(release, str(side.get("mode") or "")) for release in _releases(side, find)]
        for key, side in sides.items()
        if tested or changed & set(side["releases"])
    }
    maps = {
        in_mode(release, str(side.get("mode") or "")): once(
            kept, ("map", release), partial(_map, release, side)
        )
        for key, side in sides.items()
        for release in _releases(side, find)
        if key in members and release.name in side.get("maps", {})
    }
    if not tested:
        return _apart(declared, members, maps, kept)
    groups = [[m for key in keys for m in members[key]] for keys in tested.values()]
    return _separably(declared, groups, maps, kept) or _together(declared, groups)


def in_mode(release: Release, mode: str) -> Likelihood:
    """Return the likelihood of a release in a mode, its default one if it has none of that name."""
    return likelihood(release, mode if mode in declared_modes(release)[1] else None)


def _releases(side: Mapping[str, Any], find: Callable[[str], Release]) -> list[Release]:
    return list(dict.fromkeys(find(reference) for reference in side["releases"]))


def fitted(of: Likelihood, model: str, memory: Memory, grid: Grid | None = None) -> dict[str, float]:
    """Return the best fit of a likelihood and, where a parameter can vanish, the significance of it.

    Parameters
    ----------
    grid : mapping, optional
        As for :func:`nuanomaly.inference.fit.fit`; what the likelihood does not know is left out.
    """
    known = known_parameters(of, make_model(model))
    own = {name: axis for name, axis in (grid or {}).items() if name in known}

    def compute() -> dict[str, float]:
        best = fit(of, model, grid=own, allow_overlap=True)
        entries = {"best fit": best.value, **best.parameters}
        if any(known[name].null is not None for name in best.parameters):
            against = significance(of, model, grid=own, allow_overlap=True, best=best)
            entries["no oscillation − best fit"] = against.delta
            entries["significance (σ)"] = float(against.sigma or 0.0)
        return entries

    return once(memory, ("fitted", of, model, *own.items()), compute)


def _grid(declared: Mapping[str, Any]) -> dict[str, tuple[float, float, int, str]]:
    """Return the declared scan with fewer points."""
    return {
        name: (spec["low"], spec["high"], min(int(spec["points"]), _POINTS), spec["scale"])
        for name, spec in declared["parameters"].items()
    }


def _apart(
    declared: Mapping[str, Any],
    members: Mapping[str, Sequence[Likelihood]],
    maps: Mapping[Likelihood, separable.Member],
    memory: Memory,
) -> dict[str, float]:
    """Return the numbers of each side for itself."""
    entries: dict[str, float] = {}
    over = _cube(declared)
    for key, side in members.items():
        model = declared["datasets"][key].get("model")
        if model is None and over is not None:
            lowest = _lowest(_members(side, maps, memory), over, memory)
            own = {"best fit": lowest.value, **lowest.point}
        else:
            grid = None if model else _grid(declared)
            own = fitted(joint(side), str(model or declared["model"]), memory, grid)
        label = "" if len(declared["datasets"]) == 1 else f"{key}: "
        entries |= {f"{label}{name}": value for name, value in own.items()}
    return entries


def _together(declared: Mapping[str, Any], groups: Sequence[Sequence[Likelihood]]) -> dict[str, float]:
    """Return the parameter goodness of fit of groups of data sets, by fits of each and of all."""
    members, model = [joint(g) for g in groups], str(declared["model"])
    result = compare(members, model, grid=_grid(declared), allow_overlap=True)
    return _test(result.pg, result.value, result.best_fit)


def _test(pg: Significance, value: float, point: Mapping[str, float]) -> dict[str, float]:
    known = {"PG χ²": pg.delta, "PG dof": float(pg.dof), "joint best fit": value}
    return {**known, **point, "tension (σ)": float(pg.sigma or 0.0)}


def _separably(
    declared: Mapping[str, Any],
    groups: Sequence[Sequence[Likelihood]],
    maps: Mapping[Likelihood, separable.Member],
    memory: Memory,
) -> dict[str, float] | None:
    """Return the same in 3+1 with three parameters, each data set in a table over what it depends on.

    None where that is another model, or where nuisances tie data sets of different groups together.
    """
    over = _cube(declared)
    if over is None or shared_nuisances([joint(g) for g in groups]):
        return None
    every = [m for g in groups for m in g]
    lowest_points = [_lowest(_members(g, maps, memory), over, memory) for g in (*groups, every)]
    ranks = [_rank(g, declared, memory) for g in (*groups, every)]
    sides = [(lowest.value, rank) for lowest, rank in zip(lowest_points[:-1], ranks[:-1], strict=True)]
    pg = parameter_goodness(lowest_points[-1].value, ranks[-1], sides)
    return _test(pg, lowest_points[-1].value, lowest_points[-1].point)


def _cube(declared: Mapping[str, Any]) -> separable.Grid3 | None:
    """Return the declared scan of 3+1 with fewer points; None of another model or other axes."""
    spec = declared["parameters"]
    three = set(spec) == set(_SEPARABLE) and all(s["scale"] == "log" for s in spec.values())
    if not (three and str(declared["model"]) in ("3+1", "3+1-sbl") and spec["Ue4_sq"] == spec["Umu4_sq"]):
        return None
    dm2, mixing = spec["dm2_41"], spec["Ue4_sq"]
    return separable.grid(
        (dm2["low"], dm2["high"], min(int(dm2["points"]), _SPLITTINGS)),
        (mixing["low"], mixing["high"], min(int(mixing["points"]), _MIXINGS)),
    )


def _map(release: Release, side: Mapping[str, Any]) -> separable.Member:
    """Return a released map that a side of a comparison is read from."""
    about = side["maps"][release.name]
    return separable.mapped(release.id, release.table(about["table"]), about["columns"], about["value"])


def _members(
    group: Sequence[Likelihood], maps: Mapping[Likelihood, separable.Member], memory: Memory
) -> tuple[separable.Member, ...]:
    """Return a group as data sets that share no nuisance with each other, from a map where there is one."""
    tied = clusters(one for one in group if one not in maps)
    return (
        *(once(memory, ("member", part), partial(_member, part)) for part in tied),
        *(maps[one] for one in group if one in maps),
    )


def _member(tied: tuple[Likelihood, ...]) -> separable.Member:
    together = joint(tied)
    return separable.member(together.release, together)


def _lowest(members: tuple[separable.Member, ...], over: separable.Grid3, memory: Memory) -> separable.Lowest:
    """Return the lowest point of a group of data sets."""
    limits = tuple((axis[0], axis[-1], axis.size) for axis in over.axes)

    def compute() -> separable.Lowest:
        tables = [once(memory, ("table", m, limits), partial(separable.tabulate, m, over)) for m in members]
        return separable.refined(members, tables, over)

    return once(memory, ("lowest", members, limits), compute)


def _rank(group: Sequence[Likelihood], declared: Mapping[str, Any], memory: Memory) -> int:
    """Return how many of the three parameters a group constrains."""

    def compute() -> int:
        together, chosen = joint(group), make_model(str(declared["model"]))
        spec = {k: (v["low"], v["high"], _GENERIC, v["scale"]) for k, v in declared["parameters"].items()}
        every = axes(known_parameters(together, chosen), list(_SEPARABLE), spec)
        return rank(Objective(together, chosen), every).constrained

    return once(memory, ("rank", tuple(group)), compute)
