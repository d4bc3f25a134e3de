"""Standard oscillation composed with a model that leaves it out.

P(α→β) = Σ_γ P_model(α→γ) · P_3ν(γ→β), γ = e, μ, τ: what the model makes of a flavour near the source
oscillates on as three neutrinos do. Without the model's effect this is exactly three flavours, at short
baselines it is the model alone; in between the interference of the two is left out: of exact 3+1 it neglects
terms of |U_α4|⁴ sin²2θ and the shift of fast phases by Δm²_31 (at 1650 m, averaged over 3 % of the energy,
P changes by less than 2e-5 for |U_e4|² = 0.02 and 7e-4 for 0.1).
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.constants import PHASE, STANDARD
from nuanomaly.model.flavours import STANDARD_PARAMETERS
from nuanomaly.model.probabilities import Array, Model, Nodes, Parameter, complete, places
from nuanomaly.model.vacuum import ThreeFlavour
from nuanomaly.model.wave_model import Wave, WaveModel, multiplied
from nuanomaly.model.waves import Expansion, product, total

Ordering = Literal["normal", "inverted"]
_ACTIVE = ("e", "mu", "tau")


def standard_parameters(ordering: Ordering = "normal", **values: float) -> dict[str, float]:
    """Return the parameters of three flavours.

    Parameters
    ----------
    ordering : {"normal", "inverted"}
        Inverted: Δm²_32 is negative and as large as Δm²_31 is for normal ordering; the angles stay.
    **values
        Any of them, in place of the archive's.

    Raises
    ------
    UnknownNameError, NuanomalyError

    Examples
    --------
    >>> round(standard_parameters("inverted")["dm2_31"], 7)
    -0.0024511
    """
    for name in values:
        if name not in STANDARD:
            raise UnknownNameError("parameter", name, STANDARD, "three flavours")
    if ordering not in ("normal", "inverted"):
        raise NuanomalyError(f"ordering is normal or inverted, not {ordering!r}")
    chosen = {**STANDARD, **values}
    if ordering == "inverted" and "dm2_31" not in values:
        chosen["dm2_31"] = chosen["dm2_21"] - chosen["dm2_31"]
    return chosen


class WithThreeFlavour(Model):
    """A model with standard oscillation (see the module); use :func:`with_three_flavour`."""

    three_flavour = True

    def __init__(self, model: Model, standard: Mapping[str, float], label: str) -> None:
        self.short, self.name, self.vacuum, self.unitary = model, label, model.vacuum, model.unitary
        self.parameters = (*model.parameters, *_own(model, standard))
        self.sampled, self.known_as = model.sampled, model.known_as
        self._three = ThreeFlavour()

    def _split(self, parameters: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the parameters of the model and those of three flavours."""
        short = {k: v for k, v in parameters.items() if k not in STANDARD}
        return short, {k: v for k, v in parameters.items() if k in STANDARD}

    def allowed(self, parameters: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where the model's parameters are possible together."""
        mask = self.short.allowed(self._split(parameters)[0])
        return np.broadcast_to(mask, next(iter(parameters.values())).shape)

    def refuse_impossible(self, parameters: Mapping[str, Array]) -> None:
        """Refuse what the model refuses."""
        self.short.refuse_impossible(self._split(parameters)[0])

    def check(self, initial: str, antineutrino: bool, nodes: Nodes, parameters: Mapping[str, Array]) -> None:
        """Refuse probabilities of the model that are none."""
        self.short.check(initial, antineutrino, nodes, self._split(parameters)[0])

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return the coordinates of the model: surfaces are of short baselines."""
        return self.short.two_flavour(initial, final, self._split(parameters)[0])

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion | None:
        """Return the products of the waves of both, or None if the model has none."""
        if self.sampled:
            return None
        short, standard = self._split(parameters)
        if final == "sterile":
            # what became sterile stays so
            return self.short.expansion(initial, final, antineutrino, 0.0, short)
        parts = []
        for flavour in _ACTIVE:
            # asked for at the source, where no short-baseline limit is refused
            first = self.short.expansion(initial, flavour, antineutrino, 0.0, short)
            second = self._three.expansion(flavour, final, antineutrino, max_L_over_E, standard)
            if first is None or second is None:
                return None
            parts.append(product(first, second))
        return total(parts)

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: Array,
        E: Array,
        node: Mapping[str, Array] | None = None,
        **parameters: Array,
    ) -> Array:
        """Return P(initial→final), shape (P, N)."""
        short, standard = self._split(complete(self, parameters))
        if not self.sampled:
            baseline, energy = places(L, E)
            ratio, points = baseline / energy, {**short, **standard}
            expansion = self.expansion(initial, final, antineutrino, float(ratio.max()), points)
            if expansion is not None:
                return expansion.probability(ratio, energy)
        if final == "sterile":
            return self.short.probability(initial, final, antineutrino, L, E, node, **short)
        if all(np.ptp(v) == 0.0 for v in standard.values()):
            standard = {k: v[:1] for k, v in standard.items()}  # the same at all points: made once
        result: Array | float = 0.0
        for flavour in _ACTIVE:
            on = self._three.probability(flavour, final, antineutrino, L, E, node, **standard)
            if on.max() > 1e-14:
                near = self.short.probability(initial, flavour, antineutrino, L, E, node, **short)
                result = result + on * near
        return np.asarray(result)


class WavesWithThreeFlavour(WaveModel):
    """A model that declares its waves, with standard oscillation: products of waves, averaged exactly."""

    def __init__(self, model: WaveModel, standard: Mapping[str, float], label: str) -> None:
        super().__init__(
            model.function, label, parameters=model.parameters, unitary=model.unitary, three_flavour=True
        )
        self.parameters = (*model.parameters, *_own(model, standard))
        self._three, self._standard = ThreeFlavour(), dict(standard)

    def waves(
        self, asked: tuple[str, str, bool], nodes: Nodes, given: Mapping[str, Any]
    ) -> tuple[ArrayLike, list[Wave]]:
        """Return Σ_γ of the products of the model's waves to γ and those of three flavours from γ on."""
        initial, final, antineutrino = asked
        short = {k: v for k, v in given.items() if k not in STANDARD}
        if final == "sterile":
            return super().waves(asked, nodes, short)
        values = [np.ravel(np.asarray(given.get(k, v), float)) for k, v in self._standard.items()]
        standard = dict(zip(self._standard, np.broadcast_arrays(*values), strict=True))
        constant: Any = 0.0
        waves: list[Wave] = []
        for flavour in _ACTIVE:
            on = self._three.expansion(flavour, final, antineutrino, 0.0, standard)
            if on is None or not (on.constant.any() or on.dm2.size):
                continue
            first = super().waves((initial, flavour, antineutrino), nodes, short)
            offset, products = multiplied(first, _as_waves(on, nodes))
            constant, waves = constant + offset, [*waves, *products]
        return constant, waves


def _as_waves(expansion: Expansion, nodes: Nodes) -> tuple[Array, list[Wave]]:
    """Return an undamped expansion as a constant and waves at nodes, shapes (P, 1) and (P, N)."""
    x = nodes.L / nodes.E
    return expansion.constant[:, None], [
        Wave(np.multiply.outer(PHASE * dm2, x), sin2[:, None], sin[:, None])
        for dm2, sin2, sin in zip(expansion.dm2, expansion.sin2, expansion.sin, strict=True)
    ]


def _own(model: Model, standard: Mapping[str, float]) -> tuple[Parameter, ...]:
    """Return the parameters of three flavours with their values as defaults.

    Raises
    ------
    NuanomalyError
        If the model has them already.
    """
    clash = {p.name for p in model.parameters} & set(STANDARD)
    if clash or model.three_flavour:
        raise NuanomalyError(
            f"model {model.name!r} contains three-flavour oscillation already"
            + (f": it has the parameters {', '.join(sorted(clash))}" if clash else "")
        )
    return tuple(
        Parameter(p.name, p.unit, p.low, p.high, p.meaning, default=standard[p.name])
        for p in STANDARD_PARAMETERS
    )


def with_three_flavour(model: Model, ordering: Ordering = "normal", **values: float) -> Model:
    """Return a model composed with standard oscillation (see the module).

    Parameters
    ----------
    model : Model
        See :func:`nuanomaly.model.registry.model` for what can be made one.
    ordering : {"normal", "inverted"}
    **values
        Parameters of three flavours (``sin2_theta13``, ``dm2_31``, …) in place of the archive's; all of them
        become parameters of the model.

    Raises
    ------
    NuanomalyError
        If the model contains three-flavour oscillation already.

    Examples
    --------
    >>> from nuanomaly.model.registry import model
    >>> whole = with_three_flavour(model("3+1-sbl"))
    >>> point = {"dm2_41": 1.0, "Ue4_sq": 0.02, "Umu4_sq": 0.0}
    >>> exact = model("3+1").probability("e", "e", True, 1650.0, [2.0, 3.5], **point)
    >>> (whole.probability("e", "e", True, 1650.0, [2.0, 3.5], **point) - exact).round(3)
    array([[ 0.001, -0.002]])
    """
    suffix = "3nu" if ordering == "normal" else "3nu-inverted"
    standard, label = standard_parameters(ordering, **values), f"{model.name}/{suffix}"
    if isinstance(model, WaveModel):
        return WavesWithThreeFlavour(model, standard, label)
    return WithThreeFlavour(model, standard, label)
