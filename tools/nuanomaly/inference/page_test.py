"""The numbers of a comparison's test, from its declaration alone: which sides are set against which.

A page does more than this. What is computed here is its test (``tested`` in ``comparison.yaml``), on a
coarser grid, so that a new version of a release can be asked what it does to every page that pins it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from nuanomaly.archive import comparisons
from nuanomaly.archive.release import Release
from nuanomaly.inference import dependence, separable
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
from nuanomaly.model.probabilities import Model, NotApplicableError
from nuanomaly.model.registry import model as make_model

#: What has been computed and stays the same in another version of the archive.
Memory = dict[Hashable, Any]

#: Points at most of an axis; of a splitting and of its mixings where data sets are read one by one.
_POINTS, _SPLITTINGS, _MIXINGS = 61, 121, 31
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
    mapped = {
        in_mode(release, str(side.get("mode") or "")): (release, side)
        for key, side in sides.items()
        for release in _releases(side, find)
        if key in members and release.name in side.get("maps", {})
    }
    tables = _tables(declared, members, mapped, kept)
    if not tested:
        return _apart(declared, members, tables, kept)
    groups = [[m for key in keys for m in members[key]] for keys in tested.values()]
    if tables is None or shared_nuisances([joint(g) for g in groups]):
        return _together(declared, groups)
    return tables.test(groups)


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
    tables: "_Tables | None",
    memory: Memory,
) -> dict[str, float]:
    """Return the numbers of each side for itself."""
    entries: dict[str, float] = {}
    for key, side in members.items():
        model = declared["datasets"][key].get("model")
        if model is None and tables is not None:
            lowest = tables.lowest(side)
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


@dataclass(frozen=True, eq=False)
class _Tables:
    """Data sets of a comparison of three parameters, each in a table over what it depends on.

    Attributes
    ----------
    model : Model
    over : Grid3
        The declared scan with fewer points.
    maps : mapping of Likelihood to (Release, side)
        Data sets that are read from a released map.
    memory : dict
    """

    model: Model
    over: separable.Grid3
    maps: Mapping[Likelihood, tuple[Release, Mapping[str, Any]]]
    memory: Memory

    def members(self, group: Sequence[Likelihood]) -> tuple[dependence.Member, ...]:
        """Return a group as data sets that share no nuisance, from a map where there is one."""
        tied = clusters(one for one in group if one not in self.maps)
        kept, names = self.memory, self.over.names
        return (
            *(once(kept, ("member", part, names), partial(self._member, part)) for part in tied),
            *(
                once(kept, ("map", self.maps[one][0], names), partial(self._map, one))
                for one in group
                if one in self.maps
            ),
        )

    def _member(self, tied: tuple[Likelihood, ...]) -> dependence.Member:
        together, names = joint(tied), self.over.names
        places = dependence.probes(*(a[[0, -1]] for a in self.over.axes))
        return dependence.member(together.release, together, self.model, names, places)

    def _map(self, one: Likelihood) -> dependence.Member:
        release, side = self.maps[one]
        about = side["maps"][release.name]
        table, names = release.table(about["table"]), self.over.names
        return dependence.mapped(release.id, table, about["columns"], about["value"], names)

    def lowest(self, group: Sequence[Likelihood]) -> separable.Lowest:
        """Return the lowest point of a group of data sets."""
        over, memory, members = self.over, self.memory, self.members(group)
        limits = over.names, *((axis[0], axis[-1], axis.size) for axis in over.axes)

        def compute() -> separable.Lowest:
            tables = [
                once(memory, ("table", m, limits), partial(separable.tabulate, m, over)) for m in members
            ]
            return separable.refined(members, tables, over)

        return once(memory, ("lowest", members, limits), compute)

    def rank(self, group: Sequence[Likelihood]) -> int:
        """Return how many of the three parameters a group constrains."""
        names = self.over.names

        def compute() -> int:
            together = joint(group)
            limits = zip(names, self.over.axes, strict=True)
            spec = {name: (float(axis[0]), float(axis[-1]), _GENERIC, "log") for name, axis in limits}
            every = axes(known_parameters(together, self.model), list(names), spec)
            return rank(Objective(together, self.model), every).constrained

        return once(self.memory, ("rank", tuple(group), names), compute)

    def test(self, groups: Sequence[Sequence[Likelihood]]) -> dict[str, float]:
        """Return the parameter goodness of fit of groups of data sets."""
        every = [m for g in groups for m in g]
        *own, together = ((self.lowest(g), self.rank(g)) for g in (*groups, every))
        pg = parameter_goodness(together[0].value, together[1], [(low.value, k) for low, k in own])
        return _test(pg, together[0].value, together[0].point)


def _tables(
    declared: Mapping[str, Any],
    members: Mapping[str, Sequence[Likelihood]],
    maps: Mapping[Likelihood, tuple[Release, Mapping[str, Any]]],
    memory: Memory,
) -> _Tables | None:
    """Return how data sets are read one by one; None where they are not.

    Three parameters are scanned, which are all that the model needs, two of them over the same points, and
    some data set knows fewer than all three, which is found by probing.
    """
    spec, model = declared["parameters"], make_model(str(declared["model"]))
    needed = {p.name for p in model.parameters if p.default is None}
    if len(spec) != 3 or not needed <= set(spec) or any(s["scale"] != "log" for s in spec.values()):
        return None
    read = [m for key, side in members.items() if not declared["datasets"][key].get("model") for m in side]
    for splitting in spec:
        first, second = (name for name in spec if name != splitting)
        if spec[first] != spec[second]:
            continue
        limits = {name: (spec[name]["low"], spec[name]["high"]) for name in (splitting, first)}
        counts = {splitting: _SPLITTINGS, first: _MIXINGS}
        points = (int(min(spec[name]["points"], most)) for name, most in counts.items())
        along, across = ((*limits[name], n) for name, n in zip(counts, points, strict=True))
        tables = _Tables(model, separable.grid(along, across, (splitting, first, second)), maps, memory)
        try:
            if any(m.depends != "both" for m in tables.members(read)):
                return tables
        except NotApplicableError:
            return None  # a fit says of which data set, and why
    return None
