"""Vacuum oscillation with three and four neutrinos, and its two-flavour views."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.model.constants import PHASE, STANDARD
from nuanomaly.model.flavours import STANDARD_PARAMETERS, Flavours
from nuanomaly.model.levels import FLAVOURS, Levels
from nuanomaly.model.mixing import check_unitary, matrix, small_branch, unitary
from nuanomaly.model.probabilities import LevelsModel, NotApplicableError, Parameter, Transition, VacuumModel
from nuanomaly.model.waves import Array, Expansion

#: Above this value of PHASE·Δm²_31·L/E the three-flavour part is not negligible (sin²2θ13 sin² > 0.3 %).
SHORT_BASELINE_PHASE = 0.2

DM2_41 = Parameter("dm2_41", "eV**2", 0.0, np.inf, "Δm²_41", log=True, scan=(1e-2, 1e2))
MIXING = (
    Parameter("Ue4_sq", "1", 0.0, 1.0, "|U_e4|²", log=True, scan=(1e-4, 0.5), null=0.0),
    Parameter("Umu4_sq", "1", 0.0, 1.0, "|U_μ4|²", log=True, scan=(1e-4, 0.5), null=0.0),
    Parameter("Utau4_sq", "1", 0.0, 1.0, "|U_τ4|²", default=0.0, log=True, scan=(1e-4, 0.5), null=0.0),
)
PHASES = (
    Parameter("delta_14", "rad", -np.inf, np.inf, "CP phase δ14", default=0.0, scan=(0.0, 2.0 * np.pi)),
    Parameter("delta_24", "rad", -np.inf, np.inf, "CP phase δ24", default=0.0, scan=(0.0, 2.0 * np.pi)),
)


def _rows(flavour: str) -> tuple[int, ...]:
    """Return the rows of U that a final state names (``active`` is e, μ and τ together)."""
    if flavour == "active":
        return (0, 1, 2)
    if flavour not in FLAVOURS:
        raise UnknownNameError("flavour", flavour, [*FLAVOURS, "active"])
    return (FLAVOURS.index(flavour),)


class _OneSterile(VacuumModel):
    """What exact 3+1 and its short-baseline limit have in common."""

    unitary = True

    def allowed(self, parameters: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where |U_e4|² + |U_μ4|² + |U_τ4|² does not exceed one."""
        return unitary(parameters)

    def refuse_impossible(self, parameters: Mapping[str, Array]) -> None:
        """Refuse a last column of U that is longer than one."""
        check_unitary(parameters)

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return Δm²_41 and the short-baseline effective amplitude of the channel."""
        return parameters["dm2_41"], np.abs(_amplitude(initial, final, parameters))


class ThreePlusOne(LevelsModel, _OneSterile):
    """One sterile neutrino: exact in vacuum at every baseline, three-flavour oscillation included.

    Examples
    --------
    >>> model = ThreePlusOne()
    >>> p = model.probability("e", "e", True, 10.0, 4.0, dm2_41=1.0, Ue4_sq=0.02, Umu4_sq=0.0)
    >>> p.shape
    (1, 1)
    """

    name = "3+1"
    parameters: tuple[Parameter, ...] = (DM2_41, *MIXING, *PHASES, *STANDARD_PARAMETERS)

    @property
    def short_baseline(self) -> "ShortBaseline":
        """Δm²_21, Δm²_31 → 0."""
        return ShortBaseline()

    def levels(self, parameters: Mapping[str, Array]) -> Levels:
        """Return the four levels."""
        zero = np.zeros_like(parameters["dm2_41"])
        masses = np.array([zero, parameters["dm2_21"], parameters["dm2_31"], parameters["dm2_41"]])
        return Levels(matrix(parameters), masses)


class ThreeFlavour(LevelsModel):
    """The standard three neutrinos, exact in vacuum."""

    name = "3nu"
    parameters: tuple[Parameter, ...] = STANDARD_PARAMETERS

    def levels(self, parameters: Mapping[str, Array]) -> Levels:
        """Return the three levels."""
        return Flavours("3nu").levels(parameters)

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return a vanishing amplitude: at short baselines three neutrinos do not oscillate."""
        return np.ones_like(parameters["dm2_31"]), np.zeros_like(parameters["dm2_31"])


def _amplitude(initial: str, final: str, p: Mapping[str, Array]) -> Array:
    """Return the coefficient of sin²(φ_41) in P(initial→final) in the short-baseline limit."""
    e4, mu4, tau4 = p["Ue4_sq"], p["Umu4_sq"], p["Utau4_sq"]
    weights = {"e": e4, "mu": mu4, "tau": tau4, "sterile": 1.0 - e4 - mu4 - tau4}
    (a,) = _rows(initial)
    start = weights[FLAVOURS[a]]
    total = np.zeros_like(e4)
    for b in _rows(final):
        total = total - 4.0 * start * (float(a == b) - weights[FLAVOURS[b]])
    return total


def is_long(max_L_over_E: float) -> bool:
    """Say whether three-flavour oscillation matters up to some L/E (m/MeV)."""
    return PHASE * STANDARD["dm2_31"] * max_L_over_E > SHORT_BASELINE_PHASE


def _refuse_long_baseline(name: str, max_L_over_E: float) -> None:
    if is_long(max_L_over_E):
        raise NotApplicableError(
            f"not applicable: model {name!r} is the short-baseline limit, and this release reaches "
            f"L/E = {max_L_over_E:.0f} m/MeV where three-flavour oscillation matters; use '3+1'"
        )


class ShortBaseline(_OneSterile):
    """3+1 in the short-baseline limit Δm²_21, Δm²_31 → 0; refused where that fails."""

    name = "3+1-sbl"
    parameters: tuple[Parameter, ...] = (DM2_41, *MIXING)

    def expand(self, asked: Transition, parameters: Mapping[str, Array]) -> Expansion:
        """Return P = δ_αβ − 4|U_α4|²(δ_αβ − |U_β4|²) sin²φ_41."""
        _refuse_long_baseline(self.name, asked.max_L_over_E)
        check_unitary(parameters)
        return _single(_amplitude(asked.initial, asked.final, parameters), parameters["dm2_41"], asked)


def _single(amplitude: Array, dm2: Array, asked: Transition) -> Expansion:
    start = FLAVOURS.index(asked.initial) in _rows(asked.final)
    return Expansion(np.full_like(dm2, float(start)), dm2[None], amplitude[None], np.zeros((1, dm2.size)))


class TwoFlavour(VacuumModel):
    """An effective two-flavour view of 3+1, with the amplitude of one channel as parameter.

    The view changes one channel: ``2nu-ee`` lets ν_e disappear, ``2nu-mumu`` ν_μ, ``2nu-mue`` lets ν_e
    appear in a ν_μ beam (disappearance, which 3+1 would add, is left out). Where three-flavour oscillation
    is not negligible (PHASE·Δm²_31·L/E > 0.2), the two disappearance views are evaluated as exact 3+1 with
    |U_α4|² on the small branch, so that θ13 is not forgotten at kilometre baselines.
    """

    three_flavour = True

    def __init__(self, initial: str, final: str) -> None:
        self.channel = (initial, final)
        label = {"e": "e", "mu": "mu"}
        tag = label[initial] + label[final]
        self.name = f"2nu-{tag}"
        self.amplitude = f"sin2_2theta_{tag}"
        #: |U_α4|² of the initial flavour, on whose small branch the amplitude of a disappearance is read.
        self.element = f"U{initial}4_sq"
        greek = tag.replace("mu", "μ")
        #: The range of scans of the amplitude.
        self.scan = (1e-4 if tag == "mue" else 1e-3, 1.0)
        amplitude = Parameter(
            self.amplitude, "1", 0.0, 1.0, f"sin²2θ_{greek}", log=True, scan=self.scan, null=0.0
        )
        self.parameters = (DM2_41, amplitude, *STANDARD_PARAMETERS)

    def expand(self, asked: Transition, parameters: Mapping[str, Array]) -> Expansion:
        """Return the two-flavour expansion, or exact 3+1 where the baseline is long."""
        amplitude, dm2 = parameters[self.amplitude], parameters["dm2_41"]
        if not is_long(asked.max_L_over_E):
            return _single(self._short(asked.initial, asked.final, amplitude), dm2, asked)
        if self.channel[0] != self.channel[1]:
            _refuse_long_baseline(self.name, asked.max_L_over_E)
        zero = np.zeros_like(dm2)
        mixing = dict.fromkeys((p.name for p in (*MIXING, *PHASES)), zero)
        mixing[self.element] = small_branch(amplitude)
        return ThreePlusOne().expand(asked, {**parameters, **mixing})

    def _short(self, initial: str, final: str, amplitude: Array) -> Array:
        if (initial, final) == self.channel:
            return -amplitude if initial == final else amplitude
        if initial == self.channel[0] == self.channel[1] and final in ("active", "sterile"):
            return -amplitude if final == "active" else amplitude  # what disappears is sterile
        return np.zeros_like(amplitude)

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return the parameters themselves, for the view's own channel only."""
        if (initial, final) != self.channel:
            raise NotApplicableError(
                f"not applicable: model {self.name!r} says nothing of ν{initial}→ν{final}; "
                f"use '2nu-{initial}{final}' or '3+1'"
            )
        return parameters["dm2_41"], parameters[self.amplitude]
