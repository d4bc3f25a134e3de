"""Appearance against disappearance for many choices of data sets, by their likelihoods and by Wilks' theorem.

Every data set is tabulated over what it depends on (:mod:`nuanomaly.inference.separable`); minima of sums are
followed exactly. Degrees of freedom are those of the ranks of the Jacobians of all predictions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.options import completed
from nuanomaly.inference import dependence, separable
from nuanomaly.inference.compatibility import parameter_goodness
from nuanomaly.inference.dependence import Member
from nuanomaly.inference.grid import axes as grid_axes
from nuanomaly.inference.grid import known_parameters
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.rank import rank
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.separable import Grid3, Lowest
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.build import join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.model.registry import FOUR_NEUTRINOS, model

if TYPE_CHECKING:
    import pandas as pd

SideName = Literal["appearance", "disappearance"]
SIDES: tuple[SideName, SideName] = "appearance", "disappearance"
_NOTHING = "no oscillation"
_RANK_POINTS = 12


@dataclass(frozen=True)
class Tension:
    """What one choice of data sets says.

    Attributes
    ----------
    fits : mapping of str to Lowest
        The lowest points of ``joint``, ``appearance`` and ``disappearance``.
    ranks : mapping of str to int
        How many parameters each constrains.
    test : Significance
        The parameter goodness of fit.
    gain : Significance
        Of the joint fit over no oscillation.
    """

    fits: Mapping[str, Lowest]
    ranks: Mapping[str, int]
    test: Significance
    gain: Significance


@dataclass(eq=False)
class Separated:
    """Data sets on two sides, each tabulated once on each grid.

    Attributes
    ----------
    members : mapping of str to Member
    likelihoods : mapping of str to Likelihood
        What ranks are found with.
    sides : mapping of str to str
        ``appearance`` or ``disappearance``.
    grid : Grid3
        The one that the point of ranks is found on.
    today : sequence of str
        The data sets at whose lowest point ranks are found.
    model : Model
    """

    members: Mapping[str, Member]
    likelihoods: Mapping[str, Likelihood]
    sides: Mapping[str, SideName]
    grid: Grid3
    today: Sequence[str]
    model: Model
    _tables: dict[tuple[str, int], Array] = field(default_factory=dict)
    _lowest: dict[tuple[tuple[str, ...], int], Lowest] = field(default_factory=dict)
    _ranks: dict[frozenset[str], int] = field(default_factory=dict)

    def table(self, name: str, over: Grid3 | None = None) -> Array:
        """Return the values of a data set on a grid, see :func:`.separable.tabulate`."""
        grid = over or self.grid
        if (name, id(grid)) not in self._tables:
            self._tables[name, id(grid)] = separable.tabulate(self.members[name], grid)
        return self._tables[name, id(grid)]

    def lowest(self, names: Sequence[str], over: Grid3 | None = None) -> Lowest:
        """Return the lowest point of the sum of some data sets."""
        grid, wanted = over or self.grid, tuple(names)
        if (wanted, id(grid)) not in self._lowest:
            self._lowest[wanted, id(grid)] = separable.refined(
                [self.members[k] for k in wanted], [self.table(k, grid) for k in wanted], grid
            )
        return self._lowest[wanted, id(grid)]

    def on(self, names: Sequence[str], side: SideName) -> tuple[str, ...]:
        """Return those of some data sets that are on a side."""
        return tuple(name for name in names if self.sides[name] == side)

    def constrained(self, names: Sequence[str]) -> int:
        """Return the rank of the Jacobian of all predictions in the three parameters.

        It is that of the kinds of dependence among the data sets, and computed once for each choice of kinds.
        """
        kinds = frozenset(self.members[name].depends for name in names)
        if kinds not in self._ranks:
            exact, together = self.model, combine([self.likelihoods[name] for name in names])
            limits = zip(self.grid.names, self.grid.axes, strict=True)
            spec = {n: (float(axis[0]), float(axis[-1]), _RANK_POINTS, "log") for n, axis in limits}
            axes = grid_axes(known_parameters(together, exact), list(self.grid.names), spec)
            near = [dict(self.lowest(self.today).point)]
            self._ranks[kinds] = rank(Objective(together, exact), axes, near=near).constrained
        return self._ranks[kinds]

    def null(self, names: Sequence[str]) -> dict[str, float]:
        """Return the values of some data sets without oscillation."""
        return dependence.statistics(
            [self.members[name] for name in names], dependence.unmixed(self.grid.names)
        )

    def descended(self, names: Sequence[str], start: Lowest, rounds: int = 10) -> float:
        """Return the value after an exact descent: to the lowest of 27 neighbours, or half the step.

        Parameters
        ----------
        names : sequence of str
            Data sets whose sum descends.
        start : Lowest
            Where it begins; steps are those of the grid.
        rounds : int
        """
        place = np.log([start.point[name] for name in self.grid.names])
        step = np.array([np.log(axis[1] / axis[0]) for axis in self.grid.axes])
        ends = np.log([(axis[0], axis[-1]) for axis in self.grid.axes]).T
        moves = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
        value = start.value
        for _ in range(rounds):
            trial = np.clip(place + step * moves, *ends)
            values = np.sum([self.members[name].value(*np.exp(trial.T)) for name in names], axis=0)
            best = int(np.argmin(values))
            if values[best] < value - 1e-9:
                value, place = float(values[best]), trial[best]
            else:
                step = step / 2.0
        return value

    def tension(self, names: Sequence[str], over: Grid3 | None = None) -> Tension:
        """Return what appearance and disappearance say of each other in a choice of data sets."""
        sets: dict[str, tuple[str, ...]] = {"joint": tuple(names)}
        sets |= {side: self.on(names, side) for side in SIDES}
        fits = {fit: self.lowest(own, over) for fit, own in sets.items()}
        ranks = {fit: self.constrained(own) for fit, own in sets.items()}
        joint = fits["joint"].value
        test = parameter_goodness(joint, ranks["joint"], [(fits[s].value, ranks[s]) for s in SIDES])
        against = sum(self.null(names).values())
        return Tension(fits, ranks, test, Significance(against - joint, ranks["joint"], against=_NOTHING))


def separated(declared: Mapping[str, Any]) -> tuple[Separated, dict[str, Grid3]]:
    """Return the data sets of a declaration, and its grids."""
    members, likelihoods, sides = {}, {}, {}
    read = model(declared.get("model", FOUR_NEUTRINOS))
    names = dependence.roles(read)
    for entry in declared["datasets"]:
        name, release = entry["name"], entry["release"]
        own = likelihood(release) if isinstance(release, str) else join(name, release)
        if entry["side"] not in SIDES:
            raise UnknownNameError("side", str(entry["side"]), SIDES)
        likelihoods[name], sides[name] = own, entry["side"]
        if "map" in entry:
            table = load(release).table(entry["map"]["table"])
            about = entry["map"]
            members[name] = dependence.mapped(name, table, about["columns"], about["value"], names)
        else:
            members[name] = dependence.member(name, own, read, names)
    grids = {
        name: separable.grid(tuple(one["dm2"]), tuple(one["mixing"]), names)
        for name, one in declared["grids"].items()
    }
    first = next(iter(grids.values()))
    return Separated(members, likelihoods, sides, first, declared["today"], read), grids


def chosen(declared: Mapping[str, Any], choice: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the data sets of a choice.

    Raises
    ------
    NuanomalyError
        If it says ``only`` beside ``without`` or ``replace``.
    UnknownNameError
        For a data set that is not declared.

    Examples
    --------
    >>> run = {"datasets": [{"name": "a"}, {"name": "b"}, {"name": "c"}], "today": ["a", "b"]}
    >>> chosen(run, {"replace": {"a": "c"}}), chosen(run, {"without": ["a"]})
    (('c', 'b'), ('b',))
    """
    if "only" in choice and {"without", "replace"} & set(choice):
        raise NuanomalyError("a choice says `only`, or `without` and `replace`: write one of them")
    other, out = choice.get("replace", {}), choice.get("without", ())
    known = [entry["name"] for entry in declared["datasets"]]
    for name in (*choice.get("only", ()), *out, *other, *other.values()):
        if name not in known:
            raise UnknownNameError("data set of the run", name, known)
    if "only" in choice:
        return tuple(choice["only"])
    return tuple(other.get(name, name) for name in declared["today"] if name not in out)


class Map(TypedDict):
    """A released table in the place of a likelihood, which serves the ranks alone."""

    table: Annotated[str, "The table."]
    columns: Annotated[
        dict[str, str], "Its columns of the splitting and of a mixing, by their names in the model."
    ]
    value: Annotated[str, "Its column of χ²."]


class DataSet(TypedDict):
    """A data set of one side."""

    name: Annotated[str, "What it is called."]
    release: Annotated[str | list[str], "NAME@VERSION[:MODE], a group, or releases that are one data set."]
    side: Annotated[SideName, "Which side it is on."]
    map: NotRequired[Annotated[Map, "A released table that is read in its place."]]


class GridOptions(TypedDict):
    """A grid."""

    dm2: Annotated[tuple[float, float, int], "The splitting: low, high, number."]
    mixing: Annotated[tuple[float, float, int], "Both mixings: low, high, number."]


class Choice(TypedDict, total=False):
    """Data sets: those that are named, or those of today with changes."""

    only: Annotated[list[str], "These alone."]
    without: Annotated[list[str], "Those of today but these."]
    replace: Annotated[dict[str, str], "Data sets of today, and what takes the place of each."]
    grid: Annotated[str, "The grid, the first one if left out."]


class Options(TypedDict):
    """Options of the run."""

    datasets: Annotated[list[DataSet], {"minItems": 1}, "All data sets."]
    grids: Annotated[dict[str, GridOptions], {"minProperties": 1}, "Grids by name."]
    today: Annotated[list[str], "The data sets that choices start from."]
    choices: Annotated[dict[str, Choice], {"minProperties": 1}, "Choices by name."]
    model: NotRequired[Annotated[str, "A splitting and two mixings, 3+1 if left out."]]


@dataclass(frozen=True, eq=False)
class TensionsRun(RunResult):
    """The tension of every choice, and what each data set of today says.

    Attributes
    ----------
    tensions : mapping of str to Tension
    data : mapping of str to (float, float, float)
        Values of each data set without oscillation, at the joint best fit, and at its own.
    """

    tensions: Mapping[str, Tension]
    data: Mapping[str, tuple[float, float, float]]
    cpu_seconds: None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        first = next(iter(self.tensions.values()))
        return {"choices": len(self.tensions), "chi2": first.test.delta, "dof": first.test.dof}

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each choice, and one for each data set."""
        import pandas as pd

        rows = []
        for name, one in self.tensions.items():
            row: dict[str, Any] = {"choice": name, "chi2": one.test.delta, "dof": one.test.dof}
            row |= {"gain": one.gain.delta}
            for fit, lowest in one.fits.items():
                row |= {f"{fit}_rank": one.ranks[fit], f"{fit}_value": lowest.value}
                row |= {f"{fit}_{parameter}": value for parameter, value in lowest.point.items()}
                row[f"{fit}_edges"] = " ".join(lowest.edges)
            rows.append(row)
        data = [(name, *values) for name, values in self.data.items()]
        return {
            "tensions": pd.DataFrame(rows),
            "data": pd.DataFrame(data, columns=["name", "null", "joint", "minimum"]),
        }

    def __str__(self) -> str:
        first = next(iter(self.tensions.values())).test
        count = f"{len(self.tensions)} choices"
        return f"{count}; the first has χ²PG = {first.delta:.2f}, {first.sigma:.1f}σ by Wilks"


def restored(tensions: "pd.DataFrame") -> dict[str, Tension]:
    """Return the tensions of a stored run by name, as they were computed."""
    result = {}
    about = ("joint_rank", "joint_value", "joint_edges")
    columns = [name for name in tensions.columns if name.startswith("joint_") and name not in about]
    names = [name.removeprefix("joint_") for name in columns]
    for row in tensions.to_dict("records"):
        fits = {
            fit: Lowest(
                row[f"{fit}_value"],
                {parameter: row[f"{fit}_{parameter}"] for parameter in names},
                tuple(row[f"{fit}_edges"].split()),
            )
            for fit in ("joint", *SIDES)
        }
        ranks = {fit: int(row[f"{fit}_rank"]) for fit in fits}
        test = Significance(row["chi2"], int(row["dof"]), against="compatibility")
        gain = Significance(row["gain"], ranks["joint"], against=_NOTHING)
        result[str(row["choice"])] = Tension(fits, ranks, test, gain)
    return result


@completed
def compute(
    declared: Options,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> TensionsRun:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown side, grid or data set.
    """
    wanted = {
        str(name): (chosen(declared, one), one.get("grid")) for name, one in declared["choices"].items()
    }
    for _, grid in wanted.values():
        if grid is not None and grid not in declared["grids"]:
            raise UnknownNameError("grid", str(grid), declared["grids"])
    sets, grids = separated(declared)
    tensions = {}
    for k, (name, (names, grid)) in enumerate(wanted.items()):
        tensions[name] = sets.tension(names, grids[grid] if grid else None)
        if progress is not None:
            progress(k + 1, len(wanted))
    today, joint = tuple(declared["today"]), sets.lowest(declared["today"])
    null, there = sets.null(today), dependence.statistics([sets.members[k] for k in today], joint.point)
    data = {k: (null[k], there[k], sets.lowest((k,)).value) for k in today}
    return TensionsRun(tensions, data)
