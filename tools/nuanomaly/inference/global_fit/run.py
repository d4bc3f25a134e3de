"""A declared run of the tension of a global fit: χ²PG of the data, and its p-value by toys of one truth.

runs:
  NAME:
    kind: global-tension
    datasets: list of {name, release, depends, model, skeleton}
        ``release`` as NAME@VERSION[:MODE] or a group; ``depends`` is e, mu or product; ``skeleton`` is
        [hypotheses, training toys] where the statistic is no form of few features; one may have ``own``
        parameters: {names, starts, steps, limits, fixed}, or ``fixed`` ones,
        and ``coarse`` axes: [Δm², mixing].
    dm2: {low, high, largest, phase, smallest}
        The axis of Δm²: steps of its logarithm between ``smallest`` and ``largest``, such that one is at most
        ``phase``/Δm².
    mixing: [low, high, number]
    typical: list of [Δm², |Ue4|², |Uμ4|²]
        Points whose toys say how large features are.
    truth: joint, or [Δm², |Ue4|², |Uμ4|²]
    toys: number of plain toys
    subset: {toys, moves}, optional; tilted: {toys, untilted}, optional
    seed: number

The p-value is that of importance sampling where it is declared, else of subset simulation; the others stand
beside it. Components of the mixture are means of clusters of the highest level of subset simulation, whose
toys are used for nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.inference.global_fit import rare
from nuanomaly.inference.global_fit.assembly import Assembly, OwnParameters, Part
from nuanomaly.inference.global_fit.toys import GlobalFit
from nuanomaly.inference.significance import sigma
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model

if TYPE_CHECKING:
    import pandas as pd

#: Toys that are made at once, the three parameters, and thresholds at which methods are compared.
BLOCK, NAMES = 400, ("dm2_41", "Ue4_sq", "Umu4_sq")
THRESHOLDS = (6.0, 9.0, 12.0, 16.0, 20.0)
#: The histogram of χ²PG, and how much of the upper tail is kept value by value.
BINS, TAIL = np.linspace(0.0, 50.0, 201), 500
#: Clusters of the highest level, and how often their middles are moved.
_CLUSTERS, _ROUNDS = 24, 30


def dm2_axis(low: float, high: float, largest: float, phase: float, smallest: float) -> Array:
    """Return an axis of Δm² with steps that follow the waves of the experiments.

    Examples
    --------
    >>> axis = dm2_axis(0.01, 100.0, 0.035, 0.055, 0.012)
    >>> axis.size, round(float(axis[-1]), 9)
    (457, 100.0)
    """
    steps = [0.0]
    while steps[-1] < np.log(high / low):
        here = low * float(np.exp(steps[-1]))
        steps.append(steps[-1] + min(largest, max(phase / here, smallest)))
    return np.asarray(low * np.exp(np.array(steps) * np.log(high / low) / steps[-1]))


def assembly(declared: Mapping[str, Any], progress: Callable[[str], None] | None = None) -> Assembly:
    """Return the data sets and axes of a declared run."""
    parts = []
    for entry in declared["datasets"]:
        own = entry.get("own")
        parts.append(
            Part(
                entry["name"],
                likelihood(entry["release"]),
                model(entry.get("model", "3+1-sbl")),
                entry["depends"],
                tuple(entry["skeleton"]) if "skeleton" in entry else None,
                OwnParameters(
                    tuple(own["names"]),
                    tuple(tuple(start) for start in own["starts"]),
                    tuple(own["steps"]),
                    tuple((low, high) for low, high in own["limits"]),
                    dict(own.get("fixed", {})),
                )
                if own
                else None,
                dict(entry.get("fixed", {})),
                tuple(entry["coarse"]) if "coarse" in entry else None,
            )
        )
    truths = tuple(dict(zip(NAMES, point, strict=True)) for point in declared["typical"])
    low, high, number = declared["mixing"]
    return Assembly(
        tuple(parts), dm2_axis(**declared["dm2"]), np.geomspace(low, high, int(number)), truths, progress
    )


@dataclass(frozen=True, eq=False)
class TensionRun:
    """The tension of a global fit by toys of one truth.

    Attributes
    ----------
    observed, grid : float
        χ²PG of the data between the points of the grid, and on them.
    points : mapping
        Where the three minima of the data are, by name.
    truth : mapping
        The point that toys were drawn at.
    plain : array, shape (N,)
        χ²PG of plain toys.
    difference : (float, float)
        Mean and root mean square of χ²PG between the points less that on them, in plain toys.
    subset : mapping
        Threshold to probability.
    subset_error : float
        Relative error of that of the data, about.
    tilted : rare.Weighted or None
    """

    observed: float
    grid: float
    points: Mapping[str, Mapping[str, float]]
    truth: Mapping[str, float]
    plain: Array
    difference: tuple[float, float]
    subset: Mapping[float, float]
    tilted: rare.Weighted | None
    subset_error: float = 0.0

    @property
    def p_value(self) -> tuple[float, float]:
        """The p-value and its standard error, by the best method that was declared."""
        if self.tilted is not None:
            return self.tilted.above(self.observed)
        if self.subset:
            p = self.subset[self.observed]
            return p, self.subset_error * p
        share = float((self.plain >= self.observed).mean())
        return share, float(np.sqrt(share * (1.0 - share) / self.plain.size))

    @property
    def method(self) -> str:
        """What the p-value is of."""
        if self.tilted is not None:
            return "importance sampling"
        return "subset simulation" if self.subset else "plain toys"

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        p, error = self.p_value
        entries: dict[str, Any] = {
            "chi2": self.observed,
            "chi2_grid": self.grid,
            "points": {name: dict(point) for name, point in self.points.items()},
            "truth": dict(self.truth),
            "toys": int(self.plain.size),
            "plain": {f"{q:g}": int((self.plain >= q).sum()) for q in (*THRESHOLDS, self.observed)},
            "refined_minus_grid": {"mean": self.difference[0], "rms": self.difference[1]},
            "p_value": p,
            "p_value_error": error,
            "sigma": sigma(float(np.log(p)), "two-sided") if p > 0.0 else None,
            "subset": {f"{q:g}": value for q, value in self.subset.items()},
            "method": self.method,
        }
        if self.tilted is not None:
            tilted = self.tilted
            entries["tilted"] = {f"{q:g}": tilted.above(q) for q in (*THRESHOLDS, self.observed)}
            entries["tilted_toys"] = int(tilted.values.size)
            entries["effective_toys"] = tilted.effective(self.observed)
            entries["largest_share"] = tilted.largest(self.observed)
            entries["mean_weight"] = tilted.total()
        return entries

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the histogram of plain toys, and the upper tails."""
        import pandas as pd

        counts, _ = np.histogram(self.plain, BINS)
        frames = {
            "histogram": pd.DataFrame({"low": BINS[:-1], "high": BINS[1:], "toys": counts}),
            "tail": pd.DataFrame({"chi2": np.sort(self.plain)[::-1][:TAIL]}),
        }
        if self.tilted is not None:
            order = np.argsort(self.tilted.values)[::-1][: 4 * TAIL]
            frames["tilted"] = pd.DataFrame(
                {"chi2": self.tilted.values[order], "weight": self.tilted.weights[order]}
            )
        return frames


def clusters(z: Array, count: int, random: np.random.Generator) -> Array:
    """Return the middles of clusters of toys (N, m) in the few directions in which they are not noise.

    Directions are those of the second moments that are larger than noise of so many toys makes them (the edge
    of Marchenko and Pastur), at least two and at most sixteen.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> z = random.standard_normal((600, 50))
    >>> z[:300, 0] += 5.0
    >>> z[300:, 1] += 5.0
    >>> middles = clusters(z, 2, random)
    >>> bool(np.abs(np.sort(middles[:, :2].max(axis=1)) - 5.0).max() < 0.4)
    True
    """
    values, vectors = np.linalg.eigh(z.T @ z / len(z))
    edge = 1.15 * (1.0 + np.sqrt(z.shape[1] / len(z))) ** 2
    kept = int(np.clip((values > edge).sum(), 2, 16))
    basis = vectors[:, -kept:]
    at = z @ basis
    middle = at[random.choice(len(at), size=count, replace=False)]
    for _ in range(_ROUNDS):
        nearest = (at @ middle.T - 0.5 * (middle**2).sum(axis=1)).argmax(axis=1)
        middle = np.array(
            [at[nearest == k].mean(axis=0) if (nearest == k).any() else middle[k] for k in range(count)]
        )
    return np.asarray(middle[np.bincount(nearest, minlength=count) >= 8] @ basis.T)


def compute(
    declared: Mapping[str, Any],
    fit: GlobalFit | None = None,
    progress: Callable[[str], None] | None = None,
) -> TensionRun:
    """Return the result of a declared run.

    Parameters
    ----------
    fit : GlobalFit, optional
        That of the declared data sets, if it was made before.
    """
    sets = assembly(declared, progress)
    chosen = sets.fit() if fit is None else fit
    data = chosen(sets.data[None])
    places = {
        "joint": (sets.mixing, data.joint.place[0]),
        "disappearance": (sets.mixing, data.disappearance.place[0]),
        "appearance": (sets.axes("product").mixing, data.appearance.place[0]),
    }
    points = {}
    for name, (mixing, place) in places.items():
        own = ("product",) if name == "appearance" else NAMES[1:]
        values = [float(mixing[k]) for k in place[1:]]
        points[name] = {"dm2_41": float(sets.dm2[place[0]]), **dict(zip(own, values, strict=True))}
    wanted = declared["truth"]
    truth = points["joint"] if wanted == "joint" else dict(zip(NAMES, wanted, strict=True))
    made = sets.draw(truth)

    def statistic(z: Array) -> Array:
        parts = [chosen(made.data(z[k : k + BLOCK])).chi2 for k in range(0, len(z), BLOCK)]
        return np.concatenate(parts)

    seed, observed = int(declared["seed"]), float(data.chi2[0])
    plain, offsets = [], []
    for block in range(-(-int(declared["toys"]) // BLOCK)):
        z = np.random.default_rng([seed, 0, block]).standard_normal((BLOCK, made.size))
        fitted = chosen(made.data(z))
        plain.append(fitted.chi2)
        offsets.append(fitted.chi2 - fitted.grid)
        if progress:
            progress(f"{(block + 1) * BLOCK} toys")
    offset = np.concatenate(offsets)
    difference = float(offset.mean()), float(np.sqrt((offset**2).mean()))
    steps: dict[float, float] = {}
    subset_error = 0.0
    tilted = None
    if "subset" in declared:
        settings = declared["subset"]
        levels = rare.subset(
            statistic,
            made.size,
            observed,
            int(settings["toys"]),
            np.random.default_rng([seed, 1]),
            moves=int(settings["moves"]),
        )
        steps = {q: rare.above(levels, q) for q in (*THRESHOLDS, observed)}
        subset_error = rare.relative_error(levels, observed)
        if progress:
            progress(f"subset simulation: {steps[observed]:.2g}")
    if "subset" in declared and "tilted" in declared:
        random = np.random.default_rng([seed, 2])
        last = levels[-1]
        middles = clusters(last.z[last.values >= observed - 3.0], _CLUSTERS, random)
        shifts = np.vstack([np.zeros((1, made.size)), middles, 0.8 * middles])
        base = float(declared["tilted"]["untilted"])
        shares = np.concatenate([[base], np.full(len(shifts) - 1, (1.0 - base) / (len(shifts) - 1))])
        tilted = rare.mixture(statistic, shifts, shares, int(declared["tilted"]["toys"]), random)
    return TensionRun(
        observed,
        float(data.grid[0]),
        points,
        truth,
        np.concatenate(plain),
        difference,
        steps,
        tilted,
        subset_error,
    )
