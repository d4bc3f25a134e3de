"""Hypotheses that add events: a template for each experiment, with one strength that they share.

A heavy neutrino or a dark photon that decays to e⁺e⁻ is no oscillation: it adds events of its own shape. What
it adds to one experiment says nothing of another unless you say so; an experiment without a template is *not
given*, which is not zero::

    signal = ExtraEvents("dark-sector", {"miniboone-nue:nu": events, "karmen": np.zeros(9)})
    nuanomaly.fit("miniboone-nue:nu", signal)

A template is either an array of the events in the outputs of the release's response (bins of reconstructed
energy), or a function of the true variables, ``f(L, E, node, p1, …)``: events at a node of the channel, in
units of what one unit of probability would give there, so that efficiency and resolution are those of the
channel. Parameters of these functions are parameters of the hypothesis.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.on_oscillation import OnOscillation
from nuanomaly.model.probabilities import Array, Model, Nodes, NotApplicableError, Parameter

STRENGTH = Parameter("strength", "1", 0.0, np.inf, "strength of the extra events", scan=(0.0, 3.0), null=0.0)


@dataclass(frozen=True, eq=False)
class Template:
    """What a hypothesis adds to one release.

    Attributes
    ----------
    events : array, shape (n_out,), or None
        In the outputs of the response.
    function : callable or None
        Of true variables (see the module).
    parameters : tuple of str
        What the function takes besides L, E and node.
    systematics : mapping of str to array, shape (n_out,) or ()
        What part of the events one standard deviation of each effect adds.
    """

    events: Array | None
    function: Callable[..., Any] | None
    parameters: tuple[str, ...] = ()
    systematics: Mapping[str, Array] = field(default_factory=dict)

    def distorted(self, events: Array, points: Mapping[str, Array]) -> Array:
        """Return events (P or 1, n_out) with the systematic effects of points (P,)."""
        factor: Array | float = 1.0
        for name, part in self.systematics.items():
            factor = factor + points[name][:, None] * part
        return np.asarray(events * factor)

    def at_nodes(self, nodes: Nodes, points: Mapping[str, Array]) -> Array:
        """Return the function at nodes, shape (P, N)."""
        assert self.function is not None
        size = max((v.size for v in points.values()), default=1)
        rows = []
        for k in range(size):
            own = {name: float(np.broadcast_to(points[name], (size,))[k]) for name in self.parameters}
            values = np.asarray(self.function(nodes.L, nodes.E, nodes.known, **own), float)
            rows.append(np.broadcast_to(values, nodes.E.shape))
        return np.array(rows)


class ExtraEvents(OnOscillation):
    """Extra events beside a model of oscillation (see the module).

    Parameters
    ----------
    name : str
    templates : mapping of str to array_like or callable
        By release: ``NAME``, ``NAME:MODE``, ``NAME@VERSION`` or ``NAME@VERSION:MODE``; the longest name that
        fits counts.
    channel : (initial, final)
        The channel whose efficiency and resolution functions of true variables have.
    strength : Parameter, optional
        The factor of all templates.
    parameters : iterable of Parameter
        Of the functions; what is not declared has no range.
    oscillation : Model, optional
        Three flavours if left out.
    systematics : mapping of str to mapping, optional
        By release as for the templates: name of an effect → what part of the template one standard deviation
        adds, a number or one for each output. Effects are free parameters with a Gaussian prior of width one,
        each of one release (a second one would count the prior twice); what all share is the strength.

    Examples
    --------
    >>> signal = ExtraEvents("excess", {"karmen": lambda L, E, node, slope: np.exp(-E / slope)})
    >>> [p.name for p in signal.parameters if p.default is None]
    ['strength', 'slope']
    """

    def __init__(
        self,
        name: str,
        templates: Mapping[str, ArrayLike | Callable[..., Any]],
        channel: tuple[str, str] = ("mu", "e"),
        strength: Parameter = STRENGTH,
        parameters: Iterable[Parameter] = (),
        oscillation: Model | None = None,
        systematics: Mapping[str, Mapping[str, ArrayLike]] | None = None,
    ) -> None:
        if not templates:
            raise NuanomalyError(
                f"hypothesis {name!r} has no template: give one for each experiment it is for"
            )
        self.channel, self._strength = channel, strength.name
        effects = {key: dict(named) for key, named in (systematics or {}).items()}
        for key in effects:
            if key not in templates:
                raise UnknownNameError("template", key, templates, f"systematics of {name}")
        names = [n for named in effects.values() for n in named]
        if len(set(names)) < len(names):
            raise NuanomalyError(f"hypothesis {name!r}: a systematic effect stands twice: one release each")
        self.templates = {
            key: replace(
                _template(value),
                systematics={n: np.asarray(f, float) for n, f in effects.get(key, {}).items()},
            )
            for key, value in templates.items()
        }
        declared = {p.name: p for p in parameters}
        shape = dict.fromkeys(n for t in self.templates.values() for n in t.parameters)
        own = tuple(
            declared.get(n, Parameter(n, "1", -np.inf, np.inf, "a parameter of the template")) for n in shape
        )
        pulls = tuple(
            Parameter(n, "1", -10.0, 10.0, "systematic effect, in standard deviations", scan=(-4.0, 4.0))
            for n in names
        )
        super().__init__(name, (strength, *own, *pulls), oscillation)

    def template(self, release: str, mode: str | None) -> Template:
        """Return what is added to a release.

        Raises
        ------
        NotApplicableError
            If nothing is given for it.
        """
        name = release.partition("@")[0]
        for key in (f"{release}:{mode}", f"{name}:{mode}", release, name):
            if key in self.templates:
                return self.templates[key]
        raise NotApplicableError(
            f"not applicable: {release}: not given: {self.name!r} has templates for "
            f"{', '.join(self.templates)}, and an experiment without one is not one without events"
        )

    def penalty(self, release: str, mode: str | None, points: Mapping[str, Array]) -> Array | float:
        """Return what the priors of a release's systematic effects add to the statistic, shape (P,)."""
        return sum((points[n] ** 2 for n in self.template(release, mode).systematics), 0.0)

    def strength(self, points: Mapping[str, Array]) -> Array:
        """Return the strength, shape (P,)."""
        return np.asarray(points[self._strength], float)


def _template(given: ArrayLike | Callable[..., Any]) -> Template:
    if not callable(given):
        return Template(np.asarray(given, float), None)
    names = list(signature(given).parameters)
    if len(names) < 3:
        raise NuanomalyError("a template of true variables must take (L, E, node, parameters…)")
    return Template(None, given, tuple(names[3:]))
