"""Tables of other packages in the units of the archive: cross sections of SNOwGLoBES, fluxes of daemonflux.

Both packages have numbers that look like what they are not: SNOwGLoBES tabulates σ/E in 10⁻³⁸ cm²/GeV over
the logarithm of the energy, daemonflux E³Φ in GeV²/(cm² s sr) under the name of a flux. What goes wrong
otherwise is in ``docs/conventions.md``. Neither package is a dependency: snowglobes-data is read where it is
installed or from a folder, an object of daemonflux, which downloads its splines, is given by the user.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

Array = NDArray[np.float64]
#: Columns of SNOwGLoBES after the logarithm of the energy.
_COLUMNS = {
    (flavour, bar): 1 + k + 3 * bar for bar in (False, True) for k, flavour in enumerate(("e", "mu", "tau"))
}
#: The tables of snowglobes-data 1.3 that are integrated to a recoil energy, and that energy in MeV.
_TRUNCATED = ("coh_helm_", "coh_klein-nystrand_")
RECOIL_CUT = 0.010


@dataclass(frozen=True)
class Tabulated:
    """A function of energy that another package tabulates.

    Attributes
    ----------
    energy : array, shape (n,)
        In MeV, rising.
    values : array, shape (n,)
    unit : str
        Of the values.
    power : float
        The values are smooth when divided by this power of the energy, which is how they are tabulated.
    source : str
        Package, table and convention.
    """

    energy: Array
    values: Array
    unit: str
    power: float
    source: str

    def __call__(self, energy: ArrayLike) -> Array:
        """Return the values at energies in MeV, shape of the energies.

        Raises
        ------
        NuanomalyError
            For an energy outside the table, which is neither zero there nor continued.
        """
        E = np.asarray(energy, float)
        low, high = self.energy[[0, -1]] * (1 - 1e-12, 1 + 1e-12)
        outside = ~((low <= E) & (high >= E))
        if outside.any():
            raise NuanomalyError(
                f"{self.source} ranges from {low:.6g} to {high:.6g} MeV: there is nothing at "
                f"{float(E[outside].flat[0]):.6g} MeV"
            )
        smooth = np.interp(np.log(E), np.log(self.energy), self.values * self.energy**-self.power)
        return np.asarray(smooth * E**self.power)


def snowglobes_cross_section(
    channel: str,
    flavour: str,
    antineutrino: bool,
    *,
    folder: Path | None = None,
    truncated: bool = False,
) -> Tabulated:
    """Return a cross section of SNOwGLoBES in cm² for one target.

    Parameters
    ----------
    channel : str
        The table, such as ``ibd``, ``nue_e``, ``nue_C12``.
    flavour : str
        ``e``, ``mu`` or ``tau``.
    antineutrino : bool
    folder : pathlib.Path, optional
        Of the files ``xs_CHANNEL.dat``; that of the installed snowglobes-data if left out.
    truncated : bool
        Takes the tables of coherent scattering with a form factor, which end at recoils of 10 keV: above a
        neutrino energy of about 25 MeV on xenon they hold less than the whole cross section.

    Raises
    ------
    NuanomalyError
        If there is no such package, table or flavour in it, or the table is one of the truncated ones.
    """
    file = (folder or _installed()) / f"xs_{channel}.dat"
    if not file.is_file():
        known = sorted(f.stem.removeprefix("xs_") for f in file.parent.glob("xs_*.dat"))
        raise UnknownNameError("table of cross sections", channel, known, str(file.parent))
    if channel.startswith(_TRUNCATED) and not truncated:
        raise NuanomalyError(
            f"{channel} is integrated to recoils of {1e3 * RECOIL_CUT:g} keV only: say truncated=True to "
            "take it so, or integrate nuanomaly.likelihood.cevns.cross_section"
        )
    if (flavour, antineutrino) not in _COLUMNS:
        raise UnknownNameError("flavour", flavour, ("e", "mu", "tau"))
    rows = np.loadtxt(file, comments="#", ndmin=2)
    if rows.shape[1] != 7 or (np.diff(rows[:, 0]) <= 0.0).any():
        raise NuanomalyError(f"{file}: is no table of log10(E/GeV) and six flavours, rising in energy")
    per_energy = rows[:, _COLUMNS[flavour, antineutrino]]
    if not per_energy.any():
        raise NuanomalyError(
            f"{channel} holds nothing for ν{'̄' if antineutrino else ''} {flavour}: all are zero"
        )
    GeV = 10.0 ** rows[:, 0]
    return Tabulated(1e3 * GeV, 1e-38 * per_energy * GeV, "cm**2", 1.0, f"snowglobes {channel} (σ/E times E)")


def _installed() -> Path:
    spec = find_spec("snowglobes_data")
    if spec is None or not spec.submodule_search_locations:
        raise NuanomalyError(
            "cross sections of SNOwGLoBES need its files: pip install snowglobes-data, or give their folder"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "xscns"


def daemonflux_flux(
    flux: Any,
    flavour: str,
    antineutrino: bool,
    zenith: float | str = "average",
    *,
    energies: Sequence[float] | None = None,
    total: bool = True,
) -> Tabulated:
    """Return an atmospheric flux of daemonflux in 1/MeV/cm²/s/sr.

    Parameters
    ----------
    flux : daemonflux.Flux
        Made by the user, as the package downloads what it needs: ``daemonflux.Flux(location="generic")``.
    flavour : str
        ``e`` or ``mu``.
    antineutrino : bool
        daemonflux's ``numu`` is the neutrino alone, its ``numuflux`` the sum of both.
    zenith : float or str
        In degrees, or ``average``.
    energies : sequence of float, optional
        In MeV; 0.1 GeV to 1 PeV, forty to a decade, if left out.
    total : bool
        Prompt neutrinos too (``total_numu``), or the conventional ones alone.

    Raises
    ------
    UnknownNameError
        For another flavour.
    """
    if flavour not in ("e", "mu"):
        raise UnknownNameError("flavour", flavour, ("e", "mu"))
    quantity = f"{'total_' if total else ''}{'anti' if antineutrino else ''}nu{flavour}"
    MeV = np.asarray(energies, float) if energies is not None else np.geomspace(1e2, 1e9, 281)
    GeV = MeV * 1e-3
    ask: Callable[..., Any] = flux.flux
    cubed = np.asarray(ask(GeV, zenith, quantity), float)
    return Tabulated(
        MeV,
        1e-3 * cubed / GeV**3,
        "1/MeV/cm**2/s/sr",
        -3.0,
        f"daemonflux {quantity} at {zenith} (E³Φ over E³)",
    )
