"""A global fit from likelihoods: the sums of the data sets on its three sides, over common axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.dependence import Names, combined
from nuanomaly.inference.engine.lowrank import Linear, compress
from nuanomaly.inference.global_fit import draws, rows
from nuanomaly.inference.global_fit.part import Part
from nuanomaly.inference.global_fit.profile import profile
from nuanomaly.inference.global_fit.sides import Axes, Side, Splined, allowance, side, splined
from nuanomaly.inference.global_fit.skeleton import skeleton
from nuanomaly.inference.global_fit.toys import GlobalFit
from nuanomaly.model.probabilities import Array

#: Error of χ² in few directions that is aimed at, by side; near minima it is some hundred times smaller.
_TOLERANCE: Mapping[str, float] = {"product": 0.02, "e": 0.1, "mu": 0.02}
#: Points of the coarse axes on which own parameters are profiled: Δm² and mixing.
_COARSE = (90, 16)
#: Toys of each truth that say how large features are, and seeds.
_TYPICAL, _SEED = 40, 777


@dataclass(frozen=True, eq=False)
class Known:
    """What choices of the same data sets share.

    Attributes
    ----------
    typical : mapping
        Typical data of each data set.
    forms : dict
        How each is held, as far as it was made.
    """

    typical: Mapping[str, Array]
    forms: dict[str, tuple[Linear | Splined, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Assembly:
    """Data sets over the axes of a global fit.

    Attributes
    ----------
    parts : tuple of Part
    dm2, mixing : array, shapes (D,) and (E,)
        The splitting (Δm² in eV²), and both mixings, logarithmic with one step.
    truths : tuple of mapping
        Points whose toys say what is typical.
    progress : callable, optional
        Is told what was done.
    known : Known, optional
        What choices of the same data sets share, see :meth:`only`.
    """

    parts: tuple[Part, ...]
    dm2: Array
    mixing: Array
    truths: tuple[Mapping[str, float], ...]
    progress: Callable[[str], None] | None = None
    known: Known | None = None

    def only(self, names: Sequence[str]) -> "Assembly":
        """Return the fit of some of the data sets.

        Rows and typical data of each are made once, for the first choice that has it.

        Raises
        ------
        UnknownNameError
            For a name that no data set has.
        """
        own = [part.name for part in self.parts]
        for name in names:
            if name not in own:
                raise UnknownNameError("data set of the run", name, own)
        known = self.known or Known(dict(zip(own, self._typical_parts, strict=True)))
        parts = tuple(part for part in self.parts if part.name in names)
        return replace(self, parts=parts, known=known)

    @property
    def _typical_parts(self) -> list[Array]:
        return [self.typical[:, self.columns[part.name]] for part in self.parts]

    @property
    def names(self) -> Names:
        """What the splitting and both mixings are called."""
        return self.parts[0].names

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
        every = [part.fitted for part in self.parts]
        items = [part.draw(truth, part.best(*part.place(truth)) if part.own else ()) for part in every]
        ends = np.cumsum([0, *(one.size for one in items)]).tolist()

        def data(z: Array) -> Array:
            cuts = zip(items, ends, ends[1:], strict=False)
            return np.hstack([one.data(z[:, a:b]) for one, a, b in cuts])

        return draws.Draw(data, ends[-1])

    @cached_property
    def typical(self) -> Array:
        """Toys of several truths, and the data."""
        if self.known:
            return np.hstack([self.known.typical[part.name] for part in self.parts])
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
        linear: list[tuple[slice, Linear]] = []
        others: list[Splined] = []
        for part in self.parts:
            if part.depends != depends:
                continue
            for form in self._forms(part, axes):
                if isinstance(form, Linear):
                    linear.append((self.columns[part.name], form))
                else:
                    others.append(replace(form, columns=self.columns[part.name]))
        splitting, first, second = (self.truths[0][name] for name in self.names)
        at = combined(depends, first, second)
        row = int(np.abs(np.log(self.dm2 / splitting)).argmin())
        reference = row * axes.shape[1] + int(np.abs(np.log(axes.mixing / at)).argmin())
        return side(axes.shape, linear, others, self.typical, reference, _TOLERANCE[depends])

    def _forms(self, part: Part, axes: Axes) -> tuple[Linear | Splined, ...]:
        """Return what a data set is the sum of; choices of the same data sets share it."""
        forms: dict[str, tuple[Linear | Splined, ...]] = {} if self.known is None else self.known.forms
        if part.name not in forms:
            if part.gains:
                gain = self.gain(part, self.typical[:, self.columns[part.name]])
                forms[part.name] = (self._made(part.held, axes), gain)
            else:
                forms[part.name] = (self._made(part, axes),)
            if self.progress:
                self.progress(f"{part.name}: {axes.shape[0]} × {axes.shape[1]} hypotheses")
        return forms[part.name]

    def _made(self, part: Part, axes: Axes) -> Linear | Splined:
        columns = self.columns[part.name]
        if part.own or part.coarse:
            coarse, typical = self._coarse(part), self.typical[:, columns]
            value = profile(part, coarse, typical) if part.own else evaluated(part, coarse, typical)
            return splined(columns, value, coarse, axes)
        dm2, mixing = axes.points()
        if part.skeleton:
            return self._skeleton(part, dm2, mixing)
        form = rows.linear(part.likelihood, part.model, part.points(dm2, mixing))
        if form is None:
            raise NuanomalyError(f"{part.name}: say how many hypotheses its skeleton has")
        return form

    def gain(self, part: Part, typical: Array) -> Splined:
        """Return what fitting a data set's own parameters gains over holding them.

        It is smooth, and read by splines between the points of the coarse axes of the own parameters.

        Parameters
        ----------
        typical : array, shape (T, n)
            Data of the data set that say how large features are.
        """
        assert part.own is not None
        assert part.own.coarse is not None
        axes = self._between(part.own.coarse, part.own.highest or self.mixing[-1])
        fitted, held = profile(part.fitted, axes, typical), evaluated(part.held, axes, typical)

        def value(data: Array) -> Array:
            return fitted(data) - held(data)

        return splined(slice(0, typical.shape[1]), value, axes, self.axes(part.depends))

    def table(self, part: Part) -> Array:
        """Return the statistic of one data set's own data at all points of its side, shape (D, K).

        It is the likelihood itself, but for splines where ``coarse`` axes are declared.
        """
        axes = self.axes(part.depends)
        if part.gains:
            # other data sets may make no toys
            more = self.gain(part, replace(self, parts=(part,), known=None).typical)
            first = float(self.dm2[0]), float(self.mixing[0])
            dm2, mixing = self.dm2[:1], self.mixing[:1]
            best = part.fitted.points(dm2, mixing, part.fitted.best(*first)), part.held.points(dm2, mixing)
            fitted, held = (float(part.likelihood.value(part.model, point)[0]) for point in best)
            gain = more.exact(more.value(np.asarray(part.data, float)[None]))[0]  # counted from there
            return np.asarray(self.table(part.held) + gain + fitted - held)
        if part.own or part.coarse:
            data = np.asarray(part.data, float)[None]
            coarse, columns = self._coarse(part), slice(0, data.size)
            value = (
                profile(part, coarse, self.typical[:, self.columns[part.name]])
                if part.own
                else part.likelihood.tabulate(part.model, part.points(*coarse.points()))
            )
            whole = splined(columns, value, coarse, axes)
            nodes = value(data)
            return np.asarray(whole.exact(nodes)[0] + nodes[0, 0])  # splines count from their first node
        values = part.objective.likelihood.value(part.model, part.points(*axes.points()))
        return np.asarray(values, float).reshape(axes.shape)

    def _coarse(self, part: Part) -> Axes:
        return self._between(part.coarse or _COARSE, self.mixing[-1])

    def _between(self, numbers: tuple[int, int], highest: float) -> Axes:
        """Return coarse axes up to a mixing: equal steps of ln Δm² and of the root of the mixing."""
        (first, second), low = numbers, float(np.sqrt(self.mixing[0]))
        roots = np.linspace(low, float(np.sqrt(highest)), second)
        return Axes(np.geomspace(self.dm2[0], self.dm2[-1], first), roots**2)

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


def evaluated(part: Part, axes: Axes, typical: Array) -> Callable[[Array], Array]:
    """Return a statistic at the points of some axes, in few directions where it has features."""
    points = part.points(*axes.points())
    form = rows.linear(part.likelihood, part.model, points)
    if form is None:
        return part.likelihood.tabulate(part.model, points)
    reference = Linear(form.features, form.rows - form.rows[0])
    return compress(reference, typical, 1e-2, allowance(reference(typical)))
