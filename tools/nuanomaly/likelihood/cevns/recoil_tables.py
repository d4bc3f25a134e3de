"""What new interactions add to coherent scattering, recoil by recoil.

Standard rates are weights of channels, because their couplings are the same at all momentum transfers. A
propagator is not: here the spectrum of recoils is kept, and what a mediator of any mass adds is one product
with what the detector sees of each recoil. Neutrinos keep their flavour on the way (tens of metres).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nuanomaly.likelihood.cevns.cross_section import SIN2_THETA_W, Couplings, Nucleus, cross_section
from nuanomaly.likelihood.stopped_pions.pion_decay import Component
from nuanomaly.model.constants import ALPHA
from nuanomaly.model.probabilities import Array
from nuanomaly.model.recoil import CM2, RecoilInteraction

#: Mass of the electron in MeV.
ELECTRON = 0.51099895
#: Points that are evaluated at once.
_TOGETHER = 256


@dataclass(frozen=True, eq=False)
class NucleusTable:
    """Recoils of one nucleus.

    Attributes
    ----------
    nucleus : Nucleus
    T : array, shape (T,)
        Recoil energies in MeV, middles of equal intervals.
    proton, neutron : arrays, shape (T,)
        Form factors there.
    seen : array, shape (bins, T)
        What a cross section in cm²/MeV at a recoil adds to each bin of visible energy.
    spectra : mapping of Component to (low, high, part)
        Intervals of neutrino energy, and the part of the neutrinos in each.
    """

    nucleus: Nucleus
    T: Array
    proton: Array
    neutron: Array
    seen: Array
    spectra: Mapping[Component, tuple[Array, Array, Array]]

    @property
    def q2(self) -> Array:
        """Squared momentum transfers in MeV², shape (T,)."""
        return np.asarray(2.0 * self.nucleus.M * self.T)

    @cached_property
    def folded(self) -> dict[Component, Array]:
        """What each kind of cross section at a recoil adds to each bin, shape (3 T, bins), by component."""
        return {
            component: np.concatenate(
                [section[:, None] * self.seen.T for section in self.kinematics(component)]
            )
            for component in self.spectra
        }

    def kinematics(self, component: Component) -> tuple[Array, Array, Array]:
        """Return the cross section per squared charge, per squared scalar coupling (MeV⁴) and per squared
        magnetic moment, averaged over a spectrum, shape (T,) each, in cm²/MeV."""
        low, high, part = self.spectra[component]
        E, T, M = 0.5 * (low + high), self.T[:, None], self.nucleus.M
        vector = cross_section(self.T, E, self.nucleus, np.ones_like(self.T)) @ part
        possible = T * (1.0 / E + 0.5 * M / E**2) < 1.0
        scalar = np.where(possible, M**2 * T / (4.0 * np.pi * E**2), 0.0) @ part * CM2
        magnetic = np.where(possible, 1.0 / T - 1.0 / E, 0.0) @ part
        return vector, scalar, magnetic * np.pi * ALPHA**2 / ELECTRON**2 * CM2


@dataclass(frozen=True, eq=False)
class RecoilTable:
    """Recoils of a target and the cells they are seen in.

    Attributes
    ----------
    nuclei : sequence of NucleusTable
    couplings : Couplings
        The standard ones.
    energy : array of int, shape (cells,)
        The bin of visible energy of each cell.
    arrivals : mapping of Component to array, shape (cells,)
        Part of the neutrinos that comes in the time of each cell.
    factor : array, shape (cells,)
        Events of the release over computed ones.
    """

    nuclei: Sequence[NucleusTable]
    couplings: Couplings
    energy: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    arrivals: Mapping[Component, Array]
    factor: Array

    def added(
        self, new: RecoilInteraction, points: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the events that an interaction adds to each cell, shape (P, cells)."""
        size = max(v.size for v in (*points.values(), *interaction.values()))
        parts = []
        for start in range(0, size, _TOGETHER):
            rows = slice(start, start + _TOGETHER)
            some, given = ({n: v[rows] for n, v in m.items()} for m in (points, interaction))
            parts.append(self._added(new, some, given))
        return np.concatenate(parts)

    def _added(
        self, new: RecoilInteraction, points: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        total: Array | float = 0.0
        for table in self.nuclei:
            for flavour in ("e", "mu"):
                terms = self._terms(table, flavour, new, points, interaction)
                for component in table.spectra:
                    if component.flavour == flavour:
                        events = _events(terms, table.folded[component])
                        total = total + events[:, self.energy] * self.arrivals[component]
        return np.asarray(total * self.factor)

    def _terms(
        self,
        table: NucleusTable,
        flavour: str,
        new: RecoilInteraction,
        points: Mapping[str, Array],
        interaction: Mapping[str, Array],
    ) -> tuple[Array | None, Array | None, Array | None]:
        """Return what is added to the squared charge, squared scalar coupling and moment, (P, T) each.

        None where nothing is.
        """
        Z, N = table.nucleus.Z, table.nucleus.N
        what = new.couplings(flavour, table.q2, points)
        proton, neutron = (g[:, None] for g in self._standard(flavour, interaction))
        charge = Z * proton * table.proton + N * neutron * table.neutron
        shift = Z * what.proton * table.proton + N * what.neutron * table.neutron
        scale = (interaction["cevns_strength"] * interaction[f"cevns_strength_{flavour}"])[:, None]
        scalar: Array | None = None
        magnetic: Array | None = None
        if what.scalar_proton is not None and what.scalar_neutron is not None:
            added = Z * what.scalar_proton * table.proton + N * what.scalar_neutron * table.neutron
            scalar = scale * added**2
        if what.magnetic is not None:
            magnetic = scale * (what.magnetic[:, None] * Z * table.proton) ** 2
        vector = scale * (2.0 * charge + shift) * shift if shift.any() else None
        return vector, scalar, magnetic

    def _standard(self, flavour: str, interaction: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return g_p and g_n of a flavour at interaction parameters, shape (P,) each."""
        name = f"eps_{flavour}{flavour}"
        up, down = (interaction[f"{name}_{quark}"] + interaction[name] for quark in "ud")
        mixed = self.couplings.proton - 2.0 * (interaction["sin2_theta_w"] - SIN2_THETA_W)
        return mixed + 2.0 * up + down, self.couplings.neutron + up + 2.0 * down


def _events(terms: Sequence[Array | None], folded: Array) -> Array:
    """Return what the kinds of cross section add to bins of visible energy, shape (P, bins)."""
    size = len(folded) // len(terms)
    parts = [term @ folded[k * size : (k + 1) * size] for k, term in enumerate(terms) if term is not None]
    return np.asarray(np.sum(parts, axis=0)) if parts else np.zeros((1, folded.shape[1]))
