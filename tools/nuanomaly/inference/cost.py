"""What toys cost: CPU time of the engines against points, toys and bins, and of a global Feldman–Cousins.

Everything is measured in CPU seconds (all threads of the process), so that a busy machine changes little; set
``OMP_NUM_THREADS=1`` to have seconds of one core. Rates are those of the machine they were measured on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.inference import dependence, separable
from nuanomaly.inference.engine import Engine, make_engine
from nuanomaly.inference.grid import Grid, axes, known_parameters
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.question import Question
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.inference.toys import BLOCK, generator
from nuanomaly.likelihood.build import group_members, likelihood
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.transform.identity import Identity
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import FOUR_NEUTRINOS, TWO_FLAVOUR, short
from nuanomaly.model.registry import model as make_model

if TYPE_CHECKING:
    import pandas as pd

#: Every measurement is repeated so often, for at least so many seconds; the smallest counts. A block of toys
#: is made smaller if it takes longer.
_REPEATS, _AT_LEAST, _LONG = 3, 0.1, 2.0
#: True points per measurement: random numbers are shared by true points, so one alone costs more.
_TRUTHS = 20
#: What is varied: points of the plane, blocks of toys, bins.
POINTS, BLOCKS, BINS = (500, 1000, 2000, 4000), (1, 2, 4), (15, 30, 60, 120)
#: A disappearance and an appearance, as model and mixing parameter.
_VANISHING, _APPEARING = (
    (TWO_FLAVOUR[channel].name, TWO_FLAVOUR[channel].amplitude) for channel in (("e", "e"), ("mu", "e"))
)
#: Data sets whose engines are timed beside the bins made up here: model and mixing parameter.
TIMED = {
    "gallium": _VANISHING,
    "reactor-rates@2020": _VANISHING,
    "prospect": _VANISHING,
    "danss": _VANISHING,
    "neos": _VANISHING,
    "miniboone-nue@2020": _APPEARING,
    "karmen": _APPEARING,
}
#: The model of the global fit, what its splitting and mixings are called, what the fit is made of, its grid,
#: and how many points are timed.
WHOLE = make_model(FOUR_NEUTRINOS)
NAMES = dependence.roles(WHOLE)
GLOBAL = (
    "lsnd", "karmen", "miniboone-nue@2020", "gallium", "reactor-rates@2020:huber-mueller-short-baseline",
    "danss", "neos", "prospect", "stereo", "nue-carbon", "minos-sterile", "cdhs", "ccfr",
)  # fmt: skip
CUBE, _TIMED_POINTS = (200, 80, 80), 512


@dataclass(frozen=True)
class Law:
    """cost ∝ xᵏ, fitted in logarithms.

    Attributes
    ----------
    exponent, error : float
        k, and its error from the scatter about the line.
    """

    exponent: float
    error: float


def law(x: Iterable[float], cost: Iterable[float]) -> Law:
    """Return the power of x that the cost grows with.

    Examples
    --------
    >>> law([1, 2, 4, 8], [3.0, 6.0, 12.0, 24.0])
    Law(exponent=1.0, error=0.0)
    """
    u, v = np.log(np.asarray(list(x), float)), np.log(np.asarray(list(cost), float))
    u, v = u - u.mean(), v - v.mean()
    slope = float(u @ v / (u @ u))
    scatter = float(((v - slope * u) ** 2).sum()) / max(1, u.size - 2)
    return Law(round(slope, 12), round(float(np.sqrt(scatter / (u @ u))), 12))


def seconds(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the CPU seconds of some work, the smallest of several repeats, and their relative spread."""
    items = []
    for _ in range(_REPEATS):
        start, count = process_time(), 0
        while process_time() - start < _AT_LEAST or not count:
            work()
            count += 1
        items.append((process_time() - start) / count)
    return min(items), (max(items) - min(items)) / min(items)


def of_engine(engine: Engine, blocks: int = 1) -> tuple[float, float]:
    """Return CPU seconds per toy at one true point, random numbers shared by several, and their spread."""
    plane = engine.plane
    truths = np.linspace(0, plane.size - 1, _TRUTHS).astype(int).tolist()
    engine.many(truths[0], 1)  # tables are made once
    turn = iter(range(10**9))

    def work() -> None:
        first = blocks * next(turn)  # other random numbers every time: none are kept from before
        for truth in truths:
            engine.many(truth, blocks, first)

    took, spread = seconds(work)
    return took / (len(truths) * blocks * BLOCK), spread


def made_up(bins: int) -> ResponseLikelihood:
    """Return bins of ν_e that disappear, with a fixed covariance, of whatever number."""
    ratio = np.linspace(0.5, 8.0, bins)
    channel = Channel("e", "e", True, "CC", ratio, np.ones(bins), np.eye(bins))
    random = generator(1)
    root = 0.03 * (np.eye(bins) + 0.1 * random.standard_normal((bins, bins)) / np.sqrt(bins))
    measure = Gaussian(np.ones(bins), np.linalg.inv(root @ root.T), Nuisances())
    return ResponseLikelihood(
        release="bins@1-r1",
        mode=None,
        statistic="chi2",
        n_bins=bins,
        response=Response((channel,), bins),
        transform=Identity(bins, np.zeros((bins, 0))),
        measure=measure,
    )


def engine_of(data: Likelihood | str, model: str, mixing: str, points: int) -> Engine:
    """Return the engine of a data set on a plane of about so many points, twice as many Δm² as mixings."""
    across = max(2, round(np.sqrt(points / 2)))
    high = 10.0 if (model, mixing) == _VANISHING else 100.0
    splitting, first, second = NAMES
    grid: Grid = {
        splitting: (0.1, high, max(2, round(points / across)), "log"),
        mixing: (0.01, 1.0, across, "log"),
    }
    fixed = {second: 0.0} if mixing == first else None
    return make_engine(plane_of(Question(data, model, fixed=fixed, grid=grid)), seed=1)


def rates(progress: Progress | None = None) -> "pd.DataFrame":
    """Return CPU seconds per toy and true point against points, toys and bins, one row per measurement.

    Columns: ``dataset``, ``engine``, ``varied`` (points, toys or bins), ``points``, ``toys``, ``bins``,
    ``seconds_per_toy``, ``spread``.
    """
    import pandas as pd

    made = {"linear": _VANISHING, "not-linear": (short(WHOLE).name, NAMES[1])}
    plan: list[tuple[str, str, int, int, int]] = []
    for name in (*made, *TIMED):
        plan += [(name, "points", p, 1, 60) for p in POINTS]
        plan += [(name, "toys", POINTS[1], b, 60) for b in BLOCKS]
        plan += [(name, "bins", POINTS[1], 1, n) for n in BINS if name in made]
    rows = []
    for done, (name, varied, points, blocks, bins) in enumerate(plan, 1):
        model, mixing = {**made, **TIMED}[name]
        engine = engine_of(made_up(bins) if name in made else name, model, mixing, points)
        took, spread = of_engine(engine, blocks)
        rows.append(
            {
                "dataset": f"bins, {name}" if name in made else name,
                "engine": type(engine).__name__,
                "varied": varied,
                "points": engine.plane.count,
                "toys": blocks * BLOCK,
                "bins": int(engine.data.size),
                "seconds_per_toy": took,
                "spread": spread,
            }
        )
        if progress:
            progress(done, len(plan))
    return pd.DataFrame(rows)


def laws(frame: "pd.DataFrame") -> dict[str, dict[str, dict[str, float]]]:
    """Return how the cost of a run at one true point grows with what was varied, by data set."""
    numbers: dict[str, dict[str, dict[str, float]]] = {}
    for (name, varied), part in frame.groupby(["dataset", "varied"], sort=False):
        total = part["seconds_per_toy"] * part["toys"]
        fitted = law(part[str(varied)], total)
        numbers.setdefault(str(name), {})[str(varied)] = {
            "exponent": round(fitted.exponent, 4),
            "error": round(fitted.error, 4),
        }
    return numbers


def global_fit(
    names: Sequence[str] = GLOBAL, cube: tuple[int, int, int] = CUBE, progress: Progress | None = None
) -> "pd.DataFrame":
    """Return CPU seconds per toy of each data set of the global fit, on its own part of the cube.

    A data set is evaluated over what it depends on (:mod:`nuanomaly.inference.dependence`): two of the three
    parameters. Some hundred points are timed and their cost is taken for all of them. What makes no toys (a
    tabulated surface) has no seconds. The last row is the sum of all tables and its minimum.

    Columns: ``dataset``, ``depends``, ``points``, ``timed_points``, ``seconds_per_toy``, ``spread``.
    """
    import pandas as pd

    rows = []
    for done, name in enumerate(names, 1):
        data = likelihood(name)
        member = dependence.member(name, data, WHOLE, NAMES)
        # what depends on both mixings because of |Ue4|² alone is taken without it
        depends = "mu" if member.depends == "both" else member.depends
        points = _points(depends, cube)
        timed, took, spread = _member(data, member.model, depends, points)
        rows.append(
            {
                "dataset": name,
                "depends": depends,
                "points": points,
                "timed_points": timed,
                "seconds_per_toy": took,
                "spread": spread,
            }
        )
        if progress:
            progress(done, len(names) + 1)
    took, spread = _sum_and_minimum([str(row["depends"]) for row in rows], cube)
    size = int(np.prod(cube))
    rows.append(
        {
            "dataset": "sum and minimum",
            "depends": "both",
            "points": size,
            "timed_points": size,
            "seconds_per_toy": took,
            "spread": spread,
        }
    )
    return pd.DataFrame(rows)


def _points(depends: str, cube: tuple[int, int, int]) -> int:
    dm2, electron, muon = cube
    return dm2 * {"e": electron, "mu": muon, "product": electron + muon - 1}[depends]


def _member(data: Likelihood, model: str, depends: str, points: int) -> tuple[int, float, float]:
    """Return how many points were timed, CPU seconds per toy at all of them, and their spread."""
    if data.data is None:
        return 0, float("nan"), float("nan")
    chosen = make_model(model)
    known = known_parameters(data, chosen)
    rows = max(4, _TIMED_POINTS // 16)
    splitting, first, second = NAMES
    own = {"e": (first,), "mu": (second,), "product": (first, second)}[depends]
    grid: Grid = {splitting: (0.103, 9.7, rows, "log"), own[0]: (1e-4, 0.3, 16, "log")}
    dm2, mixing = axes(known, (splitting, own[0]), grid)
    mesh = np.meshgrid(dm2.values, mixing.values, indexing="ij")
    none = np.zeros(mesh[0].size)
    at = {splitting: mesh[0].ravel(), first: none, second: none}
    at |= {name: mesh[1].ravel() for name in own}
    every = Objective(data, chosen).points(at)
    truth = {name: value[:1] for name, value in every.items()}
    table = data.tabulate(chosen, every)
    random = generator(2)

    def toys(count: int) -> Array:
        drawn = data.nuisances.draw(count, random, {name: 0.0 for name in data.nuisances.ids})
        return data.toys(chosen, truth, count, random, drawn)

    table(toys(2))
    count = 25
    while count < BLOCK:  # in blocks as in a run, unless one takes very long: calls have a cost of their own
        start = process_time()
        table(toys(count))
        if process_time() - start > _LONG:
            break
        count = min(4 * count, BLOCK)
    took, spread = seconds(lambda: table(toys(count)))  # made anew every time
    return none.size, took / count * points / none.size, spread


def _sum_and_minimum(depends: Sequence[str], cube: tuple[int, int, int]) -> tuple[float, float]:
    """Return CPU seconds to add up tables of one toy over the cube and to find the minimum."""
    dm2, electron, muon = cube
    random = generator(3)
    wide = random.random((dm2, electron + muon - 1))
    across = np.add.outer(np.arange(electron), np.arange(muon))
    shapes = {"e": (dm2, electron, 1), "mu": (dm2, 1, muon)}
    tables = [random.random(shapes[d]) if d in shapes else wide[:, across] for d in depends]
    return seconds(lambda: separable.total(tables).min())


def extrapolated(
    frame: "pd.DataFrame", truths: int, toys: int, cores: int = 100, leave_out: Sequence[str] = ()
) -> dict[str, float]:
    """Return the hours of a global Feldman–Cousins and their error, all cores busy all the time.

    Parameters
    ----------
    frame : DataFrame
        From :func:`global_fit`.
    truths, toys : int
        True points, and toys at each.
    leave_out : sequence of str
        Data sets that are not part of it.
    """
    kept = frame[~frame["dataset"].isin(list(leave_out)) & frame["seconds_per_toy"].notna()]
    own = kept["seconds_per_toy"].to_numpy(float)
    error = float(np.sqrt(((own * kept["spread"].to_numpy(float)) ** 2).sum()))
    scale = truths * toys / cores / 3600.0
    return {"hours": float(own.sum()) * scale, "error": error * scale, "seconds_per_toy": float(own.sum())}


def about(frame: "pd.DataFrame", cube: tuple[int, int, int] = CUBE) -> Mapping[str, Any]:
    """Return what a stored measurement says of itself beside its tables."""
    return {
        "laws": laws(frame),
        "cube": list(cube),
        "block": BLOCK,
        "releases": {
            name: list(group_members(name)) or likelihood(name).release for name in (*TIMED, *GLOBAL)
        },
        "unit": "CPU seconds of one core",
    }
