"""Slips of units that leave a probability between 0 and 1: a model of your own that is a wave elsewhere.

L is given in m and E in MeV. A function that takes one of them for km or GeV has a phase that is wrong by a
thousand: no wave at all, or one that turns so often that only its average is seen. Both are possible models,
so that neither is refused; it is said what the model does here, and that it would be a wave at a thousand
times more or less.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import atoms
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.model.three_flavour import WithThreeFlavour
from nuanomaly.model.vacuum import is_long

#: What a slip of km or GeV is wrong by.
_SLIP = 1000.0
#: Below this a probability is not changed, and above that it is.
_UNCHANGED, _CHANGED = 1e-4, 1e-2
#: By which part of itself L is made longer to see whether waves turn; sources and detectors are less sharp.
_LONGER = 1e-3
#: How much of the range of probabilities changes then: a wave that is resolved changes by less than the
#: second number (a phase below some 70), one that is not by more than the first (half, for random phases).
_TURNED, _RESOLVED = 0.2, 0.05
#: How many nodes of a channel are looked at.
_NODES = 64


class _Seen(NamedTuple):
    """What a channel shows at some scale of L: how far P is from no effect, and how much of it turns.

    At kilometres (``long``) waves of eV² are averaged out as they should be.
    """

    effect: float
    turned: float
    long: bool


def slip(likelihood: Likelihood, model: Model, point: Mapping[str, float]) -> str:
    """Return what looks like a slip of units at a point, empty if nothing does.

    Models of the archive are not looked at.

    Parameters
    ----------
    likelihood : Likelihood
        Of a release, or of several: each is looked at.
    point : mapping
        The parameters of the model; others are ignored.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> from nuanomaly.model.registry import model
    >>> def kilometres(initial, final, antineutrino, L, E, dm2):
    ...     lost = 0.3 * np.sin(1.267 * dm2 * 1e-3 * L / E) ** 2
    ...     return 1 - lost if initial == final == "e" else float(initial == final)
    >>> slip(likelihood("best"), model(kilometres), {"dm2": 1.3})[:31]
    'the model changes nothing here,'
    >>> slip(likelihood("best"), model(kilometres), {"dm2": 1300.0})
    ''
    """
    own = model.short if isinstance(model, WithThreeFlavour) else model
    if not isinstance(own, FunctionModel):
        return ""
    given = {p.name: point.get(p.name, p.default) for p in own.parameters}
    values = {name: np.array([value], float) for name, value in given.items()}
    here: list[_Seen] = []
    far: list[_Seen] = []
    near: list[_Seen] = []
    for channel in _channels(likelihood):
        try:
            looks = [_look(channel, own, values, scale) for scale in (1.0, _SLIP, 1.0 / _SLIP)]
        except NuanomalyError:
            continue  # what goes wrong there is said where it is evaluated
        for found, look in zip((here, far, near), looks, strict=True):
            found.append(look)
    if not here:
        return ""
    if max(s.effect for s in here) < _UNCHANGED and max(s.effect for s in far) > _CHANGED:
        return "the model changes nothing here, and would at 1000 times L/E; L is given in m, E in MeV"
    waves = [(s, n) for s, n in zip(here, near, strict=True) if s.effect > _CHANGED and not s.long]
    if waves and all(s.turned > _TURNED and n.turned < _RESOLVED for s, n in waves):
        return (
            "the model's waves are averaged out here (they turn when L changes by 0.1 %), and would be seen "
            "at a thousandth of L/E; L is given in m, E in MeV"
        )
    return ""


def _channels(likelihood: Likelihood) -> Iterator[Channel]:
    for part in atoms(likelihood):
        if isinstance(part, ResponseLikelihood):
            yield from part.response.channels


def _look(channel: Channel, model: Model, values: Mapping[str, Array], scale: float) -> _Seen:
    """Return what a model does at some nodes of a channel whose baselines are longer by a factor."""
    nodes = channel.nodes
    at = np.unique(np.linspace(0, nodes.E.size - 1, _NODES).astype(int))
    known = {k: v[at] for k, v in nodes.known.items()}
    P, moved = (
        model.probability(
            channel.initial,
            channel.final,
            channel.antineutrino,
            scale * s * nodes.L[at],
            nodes.E[at],
            known,
            **values,
        )
        for s in (1.0, 1.0 + _LONGER)
    )
    none = float(channel.final in (channel.initial, "active"))
    reach = float(np.ptp(np.concatenate([P, moved])))
    change = float(np.sqrt(np.mean((P - moved) ** 2)))
    turned = change / reach if reach > _UNCHANGED else 0.0
    return _Seen(float(np.abs(P - none).max()), turned, is_long(channel.max_L_over_E))
