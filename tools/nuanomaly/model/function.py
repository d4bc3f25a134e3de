"""A model of your own: a function or an object that gives probabilities.

The smallest one is a function with the signature ``(initial, final, antineutrino, L, E, node, p1, p2, …)``::

    def damped(initial, final, antineutrino, L, E, node, dm2, sin2_2theta, width=0.0):
        ...
        return P          # L in m, E in MeV: arrays (N,); result (N,)

``initial`` and ``final`` are ``e``, ``mu``, ``tau`` or ``sterile``. At kilometre baselines the function
has to contain three-flavour oscillation itself. ``node`` may be left out. Whatever follows is a
parameter of the model; a default makes it optional. Give units, ranges, what to scan and where
oscillation vanishes with :class:`~nuanomaly.model.probabilities.Parameter`, so that fits and significances
need to be told nothing::

    model = FunctionModel(damped, parameters=[
        Parameter("dm2", "eV**2", 0.0, 1e3, "Δm²", log=True, scan=(1e-2, 1e2)),
        Parameter("sin2_2theta", "1", 0.0, 1.0, "sin²2θ", log=True, scan=(1e-3, 1.0), null=0.0),
    ])

An object (or a class without arguments) with a method ``probability`` of that signature, and optionally
``name`` and ``parameters``, is accepted as well. A vacuum model derives from
:class:`~nuanomaly.model.probabilities.VacuumModel` and returns its phase expansion, which makes it as fast as
the built-in ones and lets it be read on surfaces if it has two-flavour coordinates.
"""

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter as SignatureParameter
from inspect import signature
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.probabilities import Array, NotApplicableError, Parameter

_REQUIRED = ("initial", "final", "antineutrino", "L", "E")


class FunctionModel:
    """A user's function as a model (see the module).

    Parameters
    ----------
    function : callable
    name : str, optional
        The function's own name if left out.
    vectorised : bool, optional
        True: the function takes parameters of shape (P, 1) and returns (P, N). False: it is called once per
        point with numbers. None: tried on the first call, and believed if it gives what single calls give.
    parameters : iterable of Parameter, optional
        Units, ranges and nulls of some or all of the function's parameters.

    Examples
    --------
    >>> def lost(initial, final, antineutrino, L, E, share):
    ...     return 1.0 - share if initial == final else 0.0
    >>> model = FunctionModel(lost)
    >>> model.probability("e", "e", False, np.ones(2), np.ones(2), {}, share=np.array([0.25]))
    array([[0.75, 0.75]])
    """

    vacuum = False

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        vectorised: bool | None = None,
        parameters: Iterable[Parameter] = (),
    ) -> None:
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        self._function, self._vectorised = function, vectorised
        found = list(signature(function).parameters.values())
        if len(found) < len(_REQUIRED):
            raise NuanomalyError(
                f"model function {self.name!r} must take "
                "(initial, final, antineutrino, L, E, node, parameters…)"
            )
        own = [p for p in found[5:] if p.name != "node" and p.kind not in _VARIADIC]
        self._takes_node = any(p.name == "node" for p in found)
        given = {p.name: p for p in parameters}
        # a function of **keywords has the parameters that are declared
        if any(p.kind is SignatureParameter.VAR_KEYWORD for p in found):
            names = list(dict.fromkeys([*(p.name for p in own), *given]))
        else:
            names = [p.name for p in own]
        for unknown in given.keys() - set(names):
            raise UnknownNameError("parameter", unknown, names, f"model function {self.name}")
        defaults = {p.name: p.default for p in own if p.default is not SignatureParameter.empty}
        self.parameters: tuple[Parameter, ...] = tuple(
            given.get(n) or _undeclared(n, defaults.get(n)) for n in names
        )

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> None:
        """Return None: a function has no expansion, it is evaluated at every node."""
        return None

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Refuse: a function has no two-flavour coordinates."""
        raise NotApplicableError(
            f"not applicable: {self.name!r} is a function of your own, and a surface is only known in "
            "two-flavour coordinates; use releases with a response"
        )

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: Array,
        E: Array,
        node: Mapping[str, Array],
        **parameters: Array,
    ) -> Array:
        """Return P, shape (P, N), checked for shape and finite values.

        A neutral-current channel asks for the final state ``active``; a function that knows flavours only is
        asked for e, μ and τ, and the three are added up.
        """
        if final == "active":
            flavours = ("e", "mu", "tau")
            parts = [self.probability(initial, f, antineutrino, L, E, node, **parameters) for f in flavours]
            return np.asarray(np.sum(parts, axis=0))
        where = (initial, final, antineutrino, L, E)
        keywords: dict[str, Any] = {"node": node} if self._takes_node else {}
        points = max((np.size(v) for v in parameters.values()), default=1)
        flat = {k: np.broadcast_to(np.ravel(v), (points,)) for k, v in parameters.items()}
        if self._vectorised is None and points > 1:
            self._vectorised = self._agrees(where, keywords, flat)
        result = (
            self._together(where, keywords, flat) if self._vectorised else self._each(where, keywords, flat)
        )
        if not np.isfinite(result).all():
            raise NuanomalyError(f"model function {self.name!r} returned a value that is not finite")
        return result

    def _together(
        self, where: tuple[Any, ...], keywords: Mapping[str, Any], flat: Mapping[str, Array]
    ) -> Array:
        points = max((v.size for v in flat.values()), default=1)
        found = self._called(where, {**keywords, **{k: v[:, None] for k, v in flat.items()}})
        return self._shaped(found, (points, where[3].size))

    def _called(self, where: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        """Call the function; what goes wrong in it is said with its line.

        Raises
        ------
        NuanomalyError
        """
        try:
            return self._function(*where, **keywords)
        except NuanomalyError:
            raise
        except Exception as error:
            frame = extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}, line {frame.lineno}"
            said = f"{type(error).__name__}: {error}"
            raise NuanomalyError(f"model function {self.name!r} failed: {said} ({place})") from error

    def _each(self, where: tuple[Any, ...], keywords: Mapping[str, Any], flat: Mapping[str, Array]) -> Array:
        points = max((v.size for v in flat.values()), default=1)
        rows = []
        for i in range(points):
            one = {k: float(v[i]) for k, v in flat.items()}
            rows.append(self._shaped(self._called(where, {**keywords, **one}), where[3].shape))
        return np.array(rows)

    def _shaped(self, found: Any, shape: tuple[int, ...]) -> Array:
        values = np.asarray(found, float)
        if values.ndim == len(shape) + 1 and values.shape[0] == 1:
            values = values[0]  # one point of a built-in model, which a function may well pass on
        try:
            return np.broadcast_to(values, shape)
        except ValueError:
            raise NuanomalyError(
                f"model function {self.name!r} returned shape {np.shape(found)} where {shape} was expected"
            ) from None

    def _agrees(self, where: tuple[Any, ...], keywords: Mapping[str, Any], flat: Mapping[str, Array]) -> bool:
        """Say whether one call for the first and last point gives what two calls give."""
        ends = {k: v[[0, -1]] for k, v in flat.items()}
        single = self._each(where, keywords, ends)
        try:
            both = self._together(where, keywords, ends)
        except NuanomalyError:
            return False  # a function of numbers: `if dm2 > 1`, math.sin …
        return bool(np.allclose(both, single, rtol=1e-9, atol=1e-12))


_VARIADIC = (SignatureParameter.VAR_KEYWORD, SignatureParameter.VAR_POSITIONAL)


def _undeclared(name: str, default: Any) -> Parameter:
    fixed = None if default is None else float(default)
    return Parameter(name, "1", -np.inf, np.inf, "a parameter of the function", fixed)
