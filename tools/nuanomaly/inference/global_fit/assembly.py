"""A global fit from likelihoods: which of the three sides each is on, and how its statistic is held."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.engine.lowrank import Linear, compress
from nuanomaly.inference.global_fit import draws, rows
from nuanomaly.inference.global_fit.own import OwnProfile, own_profile
from nuanomaly.inference.global_fit.sides import Axes, Side, Splined, allowance, side, splined
from nuanomaly.inference.global_fit.skeleton import skeleton
from nuanomaly.inference.global_fit.toys import GlobalFit
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.separable import Dependence
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import Array, Model

Places = NDArray[np.intp]

#: Error of χ² in few directions that is aimed at, by side; near minima it is some hundred times smaller.
_TOLERANCE: Mapping[str, float] = {"product": 0.02, "e": 0.1, "mu": 0.02}
#: Points of the coarse axes on which own parameters are profiled: Δm² and mixing.
_COARSE = (90, 16)
#: Steps of the descents of own parameters.
_DESCENTS = 3
#: Toys of each truth that say how large features are, and seeds.
_TYPICAL, _SEED = 40, 777


@dataclass(frozen=True)
class OwnParameters:
    """Parameters that a data set has for itself.

    Attributes
    ----------
    names : tuple of str
        The last one may sit at its lower limit.
    starts : tuple of tuple of float
        Points of expansion.
    steps : tuple of float
        Of differences.
    limits : tuple of (float, float)
    fixed : mapping
        Other parameters of the model.
    """

    names: tuple[str, ...]
    starts: tuple[tuple[float, ...], ...]
    steps: tuple[float, ...]
    limits: tuple[tuple[float, float], ...]
    fixed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Part:
    """One data set of a global fit.

    Attributes
    ----------
    name : str
    likelihood : Likelihood
    model : Model
    depends : {"e", "mu", "product"}
        The mixing it is read over; what else it depends on is left out, and said so.
    skeleton : (int, int) or None
        Hypotheses and training toys, where the statistic has no form of few features.
    own : OwnParameters or None
    fixed : mapping
        Parameters of the model that are held.
    coarse : (int, int) or None
        Points of Δm² and mixing at which it is evaluated; between them it is read by splines.
    """

    name: str
    likelihood: Likelihood
    model: Model
    depends: Dependence
    skeleton: tuple[int, int] | None = None
    own: OwnParameters | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)
    coarse: tuple[int, int] | None = None

    @cached_property
    def objective(self) -> Objective:
        """What it is evaluated with."""
        return Objective(self.likelihood, self.model, self._held)

    @property
    def _held(self) -> dict[str, float]:
        return {**self.fixed, **(self.own.fixed if self.own else {})}

    def points(self, dm2: Array, mixing: Array, own: Sequence[float] = ()) -> dict[str, Array]:
        """Return complete points at Δm² and its mixing (P,), the product for appearance."""
        none = np.zeros_like(mixing)
        electron, muon = {
            "e": (mixing, none),
            "mu": (none, mixing),
            "product": (np.sqrt(mixing), np.sqrt(mixing)),
        }[self.depends]
        free = {"dm2_41": dm2, "Ue4_sq": electron, "Umu4_sq": muon}
        if self.own:
            free |= {n: np.full(dm2.size, float(v)) for n, v in zip(self.own.names, own, strict=True)}
        return self.objective.points({n: v for n, v in free.items() if n not in self._held})

    @property
    def data(self) -> Array:
        """The observed data."""
        values = self.likelihood.data
        if values is None:
            raise NuanomalyError(f"{self.name}: no toys can be made of {self.likelihood.release}")
        return values

    def draw(self, truth: Mapping[str, float], own: Sequence[float] = ()) -> draws.Draw:
        """Return how its toys follow from normal numbers at a truth (Δm², |Ue4|², |Uμ4|²)."""
        mixing = {
            "e": truth["Ue4_sq"],
            "mu": truth["Umu4_sq"],
            "product": truth["Ue4_sq"] * truth["Umu4_sq"],
        }[self.depends]
        at = self.points(np.array([truth["dm2_41"]]), np.array([mixing]), own)
        return draws.draw(self.likelihood, self.model, at)

    def fitted(self, dm2: float, mixing: float) -> tuple[float, ...]:
        """Return its own parameters where they fit its data best at a hypothesis; none if it has none."""
        if self.own is None:
            return ()
        from scipy.optimize import minimize

        limits, steps = np.array(self.own.limits), np.array(self.own.steps)

        def value(eta: Array) -> float:
            inside = np.clip(eta, limits[:, 0], limits[:, 1])
            outside = float((((eta - inside) / steps) ** 2).sum())
            point = self.points(np.array([dm2]), np.array([mixing]), inside.tolist())
            return float(self.objective.likelihood.value(self.model, point)[0]) + outside

        best = min(
            (
                minimize(
                    value,
                    start,
                    method="Nelder-Mead",
                    options={
                        "xatol": 1e-5,
                        "fatol": 1e-5,
                        "initial_simplex": np.array(start) + np.vstack([0 * steps, 2.0 * np.diag(steps)]),
                    },
                )
                for start in self.own.starts
            ),
            key=lambda content: float(content.fun),
        )
        return tuple(np.clip(best.x, limits[:, 0], limits[:, 1]).tolist())


@dataclass(frozen=True, eq=False)
class Assembly:
    """Data sets over the axes of a global fit.

    Attributes
    ----------
    parts : tuple of Part
    dm2, mixing : array, shapes (D,) and (E,)
        Δm² in eV², and |Ue4|² and |Uμ4|², logarithmic with one step.
    truths : tuple of mapping
        Points whose toys say what is typical.
    progress : callable, optional
        Is told what was done.
    """

    parts: tuple[Part, ...]
    dm2: Array
    mixing: Array
    truths: tuple[Mapping[str, float], ...]
    progress: Callable[[str], None] | None = None

    @cached_property
    def columns(self) -> dict[str, slice]:
        """Where each data set's data are."""
        ends = np.cumsum([0, *(part.data.size for part in self.parts)]).tolist()
        return {part.name: slice(a, b) for part, a, b in zip(self.parts, ends, ends[1:], strict=False)}

    @cached_property
    def data(self) -> Array:
        """All data side by side."""
        return np.concatenate([np.asarray(part.data, float) for part in self.parts])

    def axes(self, depends: str) -> Axes:
        """Return the axes of a side."""
        if depends != "product":
            return Axes(self.dm2, self.mixing)
        low, high = (2.0 * np.log(self.mixing[[0, -1]])).tolist()
        return Axes(self.dm2, np.exp(np.linspace(low, high, 2 * self.mixing.size - 1)))

    def draw(self, truth: Mapping[str, float]) -> draws.Draw:
        """Return how toys of all data sets follow from normal numbers at a truth."""
        items = [
            part.draw(truth, part.fitted(truth["dm2_41"], truth["Umu4_sq"]) if part.own else ())
            for part in self.parts
        ]
        ends = np.cumsum([0, *(one.size for one in items)]).tolist()

        def data(z: Array) -> Array:
            cuts = zip(items, ends, ends[1:], strict=False)
            return np.hstack([one.data(z[:, a:b]) for one, a, b in cuts])

        return draws.Draw(data, ends[-1])

    @cached_property
    def typical(self) -> Array:
        """Toys of several truths, and the data."""
        arrays = [self.data[None]]
        for k, truth in enumerate(self.truths):
            made = self.draw(truth)
            z = np.random.default_rng([_SEED, k]).standard_normal((_TYPICAL, made.size))
            arrays.append(made.data(z))
        return np.vstack(arrays)

    def side(self, depends: str) -> Side:
        """Return the sum of all data sets on one side.

        Raises
        ------
        NuanomalyError
            If there is none.
        """
        if depends not in [part.depends for part in self.parts]:
            raise NuanomalyError(f"a global fit needs a data set that depends on {depends}: there is none")
        axes = self.axes(depends)
        dm2, mixing = axes.points()
        linear: list[tuple[slice, Linear]] = []
        others: list[Splined] = []
        for part in self.parts:
            if part.depends != depends:
                continue
            columns = self.columns[part.name]
            if part.own or part.coarse:
                coarse = self._coarse(part)
                typical = self.typical[:, columns]
                value = profile(part, coarse, typical) if part.own else _evaluated(part, coarse, typical)
                others.append(splined(columns, value, coarse, axes))
            elif part.skeleton:
                linear.append((columns, self._skeleton(part, dm2, mixing)))
            else:
                form = rows.linear(part.likelihood, part.model, part.points(dm2, mixing))
                if form is None:
                    raise NuanomalyError(f"{part.name}: say how many hypotheses its skeleton has")
                linear.append((columns, form))
            if self.progress:
                self.progress(f"{part.name}: {axes.shape[0]} × {axes.shape[1]} hypotheses")
        middle = self.truths[0]
        centre = {"e": middle["Ue4_sq"], "mu": middle["Umu4_sq"]}
        at = centre.get(depends, middle["Ue4_sq"] * middle["Umu4_sq"])
        row = int(np.abs(np.log(self.dm2 / middle["dm2_41"])).argmin())
        reference = row * axes.shape[1] + int(np.abs(np.log(axes.mixing / at)).argmin())
        return side(axes.shape, linear, others, self.typical, reference, _TOLERANCE[depends])

    def table(self, part: Part) -> Array:
        """Return the statistic of one data set's own data at all points of its side, shape (D, K).

        It is the likelihood itself, but for splines where ``coarse`` axes are declared.
        """
        axes = self.axes(part.depends)
        data = np.asarray(part.data, float)[None]
        if part.own or part.coarse:
            coarse, columns = self._coarse(part), slice(0, data.size)
            value = (
                profile(part, coarse, self.typical[:, self.columns[part.name]])
                if part.own
                else part.likelihood.tabulate(part.model, part.points(*coarse.points()))
            )
            whole = splined(columns, value, coarse, axes)
            return np.asarray(whole.exact(value(data))[0])
        values = part.objective.likelihood.value(part.model, part.points(*axes.points()))
        return np.asarray(values, float).reshape(axes.shape)

    def _coarse(self, part: Part) -> Axes:
        first, second = part.coarse or _COARSE
        roots = np.sqrt(self.mixing[[0, -1]]).tolist()
        return Axes(
            np.geomspace(self.dm2[0], self.dm2[-1], first), np.linspace(roots[0], roots[1], second) ** 2
        )

    def _skeleton(self, part: Part, dm2: Array, mixing: Array) -> Linear:
        assert part.skeleton is not None
        size, training = part.skeleton
        each = -(-training // len(self.truths))
        data = [np.asarray(part.data, float)[None]]
        for k, truth in enumerate(self.truths):
            made = part.draw(truth)
            data.append(made.data(np.random.default_rng([_SEED + 1, k]).standard_normal((each, made.size))))
        points = part.points(dm2, mixing)
        values = part.likelihood.tabulate(part.model, points)(np.vstack(data))
        result = skeleton(values, size, allowance(values))
        few = {name: value[result.chosen] for name, value in points.items()}
        return result.linear(part.likelihood.tabulate(part.model, few))

    def fit(self) -> GlobalFit:
        """Return the fit."""
        return GlobalFit(self.side("e"), self.side("mu"), self.side("product"))


def _evaluated(part: Part, axes: Axes, typical: Array) -> Callable[[Array], Array]:
    """Return a statistic at the points of some axes, in few directions where it has features."""
    points = part.points(*axes.points())
    form = rows.linear(part.likelihood, part.model, points)
    if form is None:
        return part.likelihood.tabulate(part.model, points)
    reference = Linear(form.features, form.rows - form.rows[0])
    return compress(reference, typical, 1e-2, allowance(reference(typical)))


def profile(part: Part, axes: Axes, typical: Array) -> OwnProfile:
    """Return a statistic whose covariance follows the prediction, its own parameters profiled.

    Raises
    ------
    NuanomalyError
        If its covariance does not follow the prediction.
    """
    own, likelihood = part.own, part.likelihood
    assert own is not None
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(
        likelihood.measure, FollowingCovariance
    ):
        raise NuanomalyError(
            f"{part.name}: own parameters are profiled where the covariance is the prediction's"
        )
    measure = likelihood.measure
    dm2, mixing = axes.points()

    limits, steps = np.array(own.limits), np.array(own.steps)
    every = np.arange(dm2.size)

    def points(chosen: Places, eta: Array) -> dict[str, Array]:
        free = part.points(dm2[chosen], mixing[chosen], eta[0].tolist())
        return {**free, **{n: eta[:, k] for k, n in enumerate(own.names)}}

    def predicted(chosen: Places, eta: Array) -> Prediction:
        return likelihood.prediction(part.model, points(chosen, eta))

    middle = predicted(every[:1], np.array([own.starts[0]])).mu

    def linear(chosen: Places, eta: Array) -> Linear:
        # the first row whitens: the same for all, so that all have the same features
        mu = np.vstack([middle, predicted(chosen, eta).mu])
        result = rows.following(measure, Prediction(mu, np.zeros((*mu.shape, 0))))
        return Linear(result.features, result.rows[1:])

    def predict(chosen: Places, eta: Array) -> Array:
        return predicted(chosen, eta).mu

    def curvature(chosen: Places, eta: Array) -> Array:
        return np.asarray(np.linalg.inv(measure.covariance(predicted(chosen, eta))), float)

    def penalty(eta: Array) -> Array:
        chosen = np.zeros(len(eta), np.intp)
        total = np.zeros(len(eta))
        for term in likelihood.penalties:
            total += term(part.model, points(chosen, eta), likelihood.release)
        return total

    def fitted(start: tuple[float, ...]) -> Array:
        """Return where the observed data are fitted best at each hypothesis, by Gauss and Newton."""
        result = np.empty((dm2.size, len(start)))
        inside = limits + np.array([1.0, -1.0]) * steps[:, None]
        for first in range(0, dm2.size, 240):
            chosen = every[first : first + 240]
            eta = np.tile(np.array(start), (chosen.size, 1))
            for _ in range(_DESCENTS):
                eta = np.clip(eta + _descent(chosen, eta), inside[:, 0], inside[:, 1])
            result[chosen] = eta
        return result

    def _descent(chosen: Places, eta: Array) -> Array:
        mu, inverse = predict(chosen, eta), curvature(chosen, eta)
        slopes, tilt, bend = [], [], []
        for k, step in enumerate(steps):
            move = step * (np.arange(steps.size) == k)
            slopes.append(
                (predicted(chosen, eta + move).mu - predicted(chosen, eta - move).mu) / (2.0 * step)
            )
            up, down, here = penalty(eta + move), penalty(eta - move), penalty(eta)
            tilt.append((up - down) / (4.0 * step))
            bend.append(0.5 * (up + down - 2.0 * here) / step**2)
        slope = np.stack(slopes, axis=1)
        weighted = slope @ inverse
        hessian = weighted @ slope.swapaxes(1, 2)
        hessian[:, range(steps.size), range(steps.size)] += np.stack(bend, axis=1)
        gradient = np.einsum("pki,pi->pk", weighted, part.data - mu) - np.stack(tilt, axis=1)
        return np.asarray(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0])

    return own_profile(
        linear,
        predict,
        curvature,
        penalty,
        dm2.size,
        [fitted(start) for start in own.starts],
        steps,
        own.limits,
        typical,
    )
