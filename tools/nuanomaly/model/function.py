"""A model of your own: a function or an object that gives probabilities.

The smallest one is a function with the signature ``(initial, final, antineutrino, L, E, node, p1, p2, …)``::

    def damped(initial, final, antineutrino, L, E, node, dm2, sin2_2theta, width=0.0):
        ...
        return P          # L in m, E in MeV: arrays (N,); result (N,)

``initial`` and ``final`` are ``e``, ``mu``, ``tau`` or ``sterile``. ``node`` holds what the release knows of
each node (see :class:`nuanomaly.likelihood.channel.Channel`) and may be left out. Whatever follows is a
parameter of the model; a default makes it optional. Give units, ranges, what to scan and where oscillation
vanishes with :class:`~nuanomaly.model.probabilities.Parameter`, so that fits and significances need to be
told nothing::

    model = FunctionModel(damped, parameters=[
        Parameter("dm2", "eV**2", 0.0, 1e3, "Δm²", log=True, scan=(1e-2, 1e2)),
        Parameter("sin2_2theta", "1", 0.0, 1.0, "sin²2θ", log=True, scan=(1e-3, 1.0), null=0.0),
    ])

An object (or a class without arguments) with a method ``probability`` of that signature, and optionally
``name``, ``parameters``, ``unitary`` and ``three_flavour``, is accepted as well.

At kilometre baselines the function has to contain three-flavour oscillation, or be composed with it
(:func:`nuanomaly.model.three_flavour.with_three_flavour`, ``FILE.py:NAME/3nu``).

A function is averaged over the interval of L/E that a node stands for by more and more points, until the
statistic no longer moves, or refused (:mod:`nuanomaly.likelihood.averaging`). A method ``waves`` in place of
``probability`` gives waves instead, which are averaged exactly (:mod:`nuanomaly.model.wave_model`). A vacuum
model derives from :class:`~nuanomaly.model.probabilities.VacuumModel` and returns its phase expansion, or
from :class:`~nuanomaly.model.probabilities.LevelsModel` and returns a mixing matrix and masses, which makes
it as fast as the built-in ones.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter as SignatureParameter
from inspect import signature
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.improbable import in_range, refuse_improbable, refuse_sum
from nuanomaly.model.probabilities import LEVELS, Array, Model, Nodes, NotApplicableError, Parameter

_REQUIRED = ("initial", "final", "antineutrino", "L", "E")
#: How many nodes are looked at when probabilities are added up, and how many points are enough.
_SAMPLED, _ENOUGH = 16, 64


@dataclass
class _Summed:
    """Where probabilities were added up: at which baselines, between which values, at how many points."""

    baselines: Array
    limits: Mapping[str, tuple[float, float]]
    points: int = 0


class FunctionModel(Model):
    """A user's function as a model (see the module).

    Parameters
    ----------
    function : callable
    name : str, optional
        The function's own name if left out.
    vectorised : bool, optional
        True: the function takes parameters of shape (P, 1) and returns (P, N). False: it is called once per
        point with numbers. None: tried for each transition when it is first asked for, and believed if it
        gives what single calls give.
    parameters : iterable of Parameter, optional
        Units, ranges and nulls of some or all of the function's parameters.
    unitary : bool
        Whether the probabilities to e, μ, τ and sterile add up to one. That is checked then; otherwise, that
        those to e, μ and τ do not exceed one.
    three_flavour : bool, optional
        Whether the function contains standard oscillation; taken from whether it has a parameter ``dm2_31``
        if left out.
    known_as : mapping, optional
        What parameters that releases know by name are called by the function, or their constant values:
        ``{"dm2_31": "atmospheric"}``. A release with a prior on one of them (MINOS) refuses the model else.
    factor : bool
        Whether the function gives a factor of the rates, which may exceed one: nothing is checked then but
        that it is finite.

    Examples
    --------
    >>> def lost(initial, final, antineutrino, L, E, share):
    ...     return 1.0 - share if initial == final else 0.0
    >>> model = FunctionModel(lost)
    >>> model.probability("e", "e", False, np.ones(2), np.ones(2), {}, share=np.array([0.25]))
    array([[0.75, 0.75]])
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        vectorised: bool | None = None,
        parameters: Iterable[Parameter] = (),
        unitary: bool = False,
        three_flavour: bool | None = None,
        factor: bool = False,
        known_as: Mapping[str, str | float] | None = None,
    ) -> None:
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        self._function, self._vectorised, self.unitary = function, vectorised, unitary
        self._factor = factor
        self._together_for: dict[tuple[str, str, bool], bool] = {}
        self._summed: dict[tuple[str, bool, int], _Summed] = {}
        items = list(signature(function).parameters.values())
        if len(items) < len(_REQUIRED):
            raise NuanomalyError(
                f"model function {self.name!r} must take "
                "(initial, final, antineutrino, L, E, node, parameters…)"
            )
        own = [p for p in items[5:] if p.name != "node" and p.kind not in _VARIADIC]
        self._takes_node = any(p.name == "node" for p in items)
        given = {p.name: p for p in parameters}
        # a function of **keywords has the parameters that are declared
        if any(p.kind is SignatureParameter.VAR_KEYWORD for p in items):
            names = list(dict.fromkeys([*(p.name for p in own), *given]))
        else:
            names = [p.name for p in own]
        for unknown in given.keys() - set(names):
            raise UnknownNameError("parameter", unknown, names, f"model function {self.name}")
        defaults = {p.name: p.default for p in own if p.default is not SignatureParameter.empty}
        self.parameters: tuple[Parameter, ...] = tuple(
            given.get(n) or _undeclared(n, defaults.get(n)) for n in names
        )
        self.known_as = dict(known_as or {})
        standard = "dm2_31" in names or "dm2_31" in self.known_as
        self.three_flavour = standard if three_flavour is None else three_flavour
        self._undeclared = set(names) - set(given)
        self._short = three_flavour is False

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """Parameters that may be one that releases know by name; none if it is said that there is none."""
        if self._short:
            return ()
        unknown = {*super().ambiguous, *(n for n in self._undeclared if not LEVELS.fullmatch(n))}
        return tuple(p.name for p in self.parameters if p.name in unknown)

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Refuse: a function has no two-flavour coordinates."""
        raise NotApplicableError(
            f"not applicable: {self.name!r} is a function of your own, and a surface is only known in "
            "two-flavour coordinates; use releases with a response"
        )

    @property
    def function(self) -> Callable[..., Any]:
        """The user's function."""
        return self._function

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: Any,
        E: Any,
        node: Mapping[str, Array] | None = None,
        **parameters: Any,
    ) -> Array:
        """Return P, shape (P, N), checked for shape, finite values and the range from 0 to 1.

        A neutral-current channel asks for the final state ``active``; a function that knows flavours only is
        asked for e, μ and τ, and the three are added up.
        """
        nodes = Nodes(L, E, None, node or {})
        return self.evaluated(initial, final, antineutrino, nodes, parameters)

    def evaluated(
        self, initial: str, final: str, antineutrino: bool, nodes: Nodes, parameters: Mapping[str, Any]
    ) -> Array:
        """Return P as the function gives it, shape (P, N), in range."""
        if final == "active":
            parts = [self.evaluated(initial, f, antineutrino, nodes, parameters) for f in ("e", "mu", "tau")]
            return np.asarray(np.sum(parts, axis=0))
        asked = (initial, final, antineutrino)
        points = max((np.size(v) for v in parameters.values()), default=1)
        flat = {k: _long(v, points) for k, v in parameters.items()}
        result = self._all(asked, nodes, flat)
        if not self._factor and in_range(result):
            return result
        if not np.isfinite(result).all():
            raise NuanomalyError(f"model function {self.name!r} returned a value that is not finite")
        if self._factor:
            return result

        def again(L: Array, E: Array, k: int) -> Array:
            """Return P of one point at other places, for the sentence that says what may be wrong."""
            one = {name: v[[k]] for name, v in flat.items()}
            return np.asarray(self._each(asked, Nodes(L, E, None, nodes.known), one)[0])

        refuse_improbable(self.name, asked, result, nodes, flat, again)
        return result

    def check(self, initial: str, antineutrino: bool, nodes: Nodes, parameters: Mapping[str, Array]) -> None:
        """Refuse probabilities of one initial state that add up to more than one, at a few nodes and points.

        Inside of the range in which many points have been looked at, no more are.

        Raises
        ------
        NuanomalyError
        """
        if self._factor or not nodes.E.size or self._summed_at(initial, antineutrino, nodes, parameters):
            return
        places = np.unique(np.linspace(0, nodes.E.size - 1, _SAMPLED).astype(int))
        known = {k: v[places] for k, v in nodes.known.items()}
        few = Nodes(nodes.L[places], nodes.E[places], None, known)
        points = max((np.size(v) for v in parameters.values()), default=1)
        some = np.unique(np.linspace(0, points - 1, _looked_at(points)).astype(int))
        flat = {k: _long(v, points)[some] for k, v in parameters.items()}
        parts = {}
        for final in ("e", "mu", "tau", *(["sterile"] if self.unitary else [])):
            try:
                parts[final] = self.evaluated(initial, final, antineutrino, few, flat)
            except NuanomalyError:
                if self.unitary:
                    raise  # a model that declares itself unitary has to know all final states
        if parts:
            refuse_sum(self.name, (initial, antineutrino), parts, few, flat, self.unitary)

    def _summed_at(
        self, initial: str, antineutrino: bool, nodes: Nodes, parameters: Mapping[str, Array]
    ) -> bool:
        """Say whether sums have been looked at often enough around these points; they count from now on."""
        limits = {name: (float(np.min(v)), float(np.max(v))) for name, v in parameters.items()}
        key = initial, antineutrino, id(nodes.L)
        known = self._summed.get(key)
        if known is None or known.baselines is not nodes.L:
            known = self._summed[key] = _Summed(nodes.L, limits)
        inside = all(known.limits[n][0] <= a and b <= known.limits[n][1] for n, (a, b) in limits.items())
        if inside and known.points >= _ENOUGH:
            return True
        known.points += _looked_at(max((np.size(v) for v in parameters.values()), default=1))
        known.limits = {n: (min(a, limits[n][0]), max(b, limits[n][1])) for n, (a, b) in known.limits.items()}
        return False

    def _all(self, asked: tuple[str, str, bool], nodes: Nodes, flat: Mapping[str, Array]) -> Array:
        """Return P of all points, together where the function can do that."""
        points = max((v.size for v in flat.values()), default=1)
        together = self._vectorised
        if together is None and points > 1:
            if asked not in self._together_for:
                self._together_for[asked] = self._agrees(asked, nodes, flat)
            together = self._together_for[asked]
        return self._together(asked, nodes, flat) if together else self._each(asked, nodes, flat)

    def _together(self, asked: tuple[str, str, bool], nodes: Nodes, flat: Mapping[str, Array]) -> Array:
        points = max((v.size for v in flat.values()), default=1)
        given = {k: v[:, None] for k, v in flat.items()}
        return self._finished(self._called(asked, nodes, given), (points, nodes.E.size), nodes)

    def _each(self, asked: tuple[str, str, bool], nodes: Nodes, flat: Mapping[str, Array]) -> Array:
        points = max((v.size for v in flat.values()), default=1)
        rows = []
        for i in range(points):
            one = {k: float(v[i]) for k, v in flat.items()}
            rows.append(self._finished(self._called(asked, nodes, one), nodes.E.shape, nodes))
        return np.array(rows)

    def _called(self, asked: tuple[str, str, bool], nodes: Nodes, given: Mapping[str, Any]) -> Any:
        """Call the function; what goes wrong in it is said with its line.

        Raises
        ------
        NuanomalyError
        """
        keywords = {"node": nodes.known, **given} if self._takes_node else given
        try:
            return self._function(*asked, nodes.L, nodes.E, **keywords)
        except NuanomalyError:
            raise
        except Exception as error:
            frame = extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}, line {frame.lineno}"
            said = f"{type(error).__name__}: {error}"
            raise NuanomalyError(f"model function {self.name!r} failed: {said} ({place})") from error

    def _finished(self, given: Any, shape: tuple[int, ...], nodes: Nodes) -> Array:
        """Return what the function gave as an array of a shape."""
        values = np.asarray(given, float)
        if values.ndim == len(shape) + 1 and values.shape[0] == 1:
            values = values[0]  # one point of a built-in model, which a function may well pass on
        try:
            return np.broadcast_to(values, shape)
        except ValueError:
            raise NuanomalyError(
                f"model function {self.name!r} returned shape {np.shape(given)} where {shape} was expected"
            ) from None

    def _agrees(self, asked: tuple[str, str, bool], nodes: Nodes, flat: Mapping[str, Array]) -> bool:
        """Say whether one call for points that differ in every parameter gives what single calls give."""
        differ = {0, *(int(np.argmax(v != v[0])) for v in flat.values()), len(next(iter(flat.values()))) - 1}
        some = {k: v[sorted(differ)] for k, v in flat.items()}
        single = self._each(asked, nodes, some)
        try:
            both = self._together(asked, nodes, some)
        except NuanomalyError:
            return False  # a function of numbers: `if dm2 > 1`, math.sin …
        return bool(np.allclose(both, single, rtol=1e-9, atol=1e-12))


def _looked_at(points: int) -> int:
    """Return at how many of so many points probabilities are added up."""
    return min(max(3, points // 64), 8)


def _long(values: Any, points: int) -> Array:
    """Return values as an array of so many points; a view, if there are so many."""
    array = np.ravel(values)
    return array if array.size == points else np.broadcast_to(array, (points,))


_VARIADIC = (SignatureParameter.VAR_KEYWORD, SignatureParameter.VAR_POSITIONAL)


def _undeclared(name: str, default: Any) -> Parameter:
    fixed = None if default is None else float(default)
    return Parameter(name, "1", -np.inf, np.inf, "a parameter of the function", fixed)
