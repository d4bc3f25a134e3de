"""Probabilities and tables of other packages beside the archive's, in the right convention and the wrong one.

``make crosscheck`` installs the packages (lock ``crosscheck``), computes all channels of one 3+1 point with
every mixing angle and phase on, at four baselines, for neutrinos and antineutrinos, and writes the
differences with the versions to ``docs/crosscheck.json`` and into the table of ``docs/conventions.md``.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from marks import between
from numpy.typing import NDArray

from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.cevns.cross_section import (
    SIN2_THETA_W,
    Nucleus,
    cross_section,
    endpoint,
    form_factor,
    recoil_momentum,
)
from nuanomaly.likelihood.foreign_tables import RECOIL_CUT, snowglobes_cross_section
from nuanomaly.likelihood.stopped_pions.muon_decay import inverse_beta_decay
from nuanomaly.model.constants import PHASE
from nuanomaly.model.foreign import FOREIGN, angles
from nuanomaly.model.registry import model

Array = NDArray[np.float64]
#: A function of (L in m, E in MeV, antineutrino) that gives P(α→β), shape (3, 4).
Probabilities = Callable[[float, float, bool], Array]

POINT: Mapping[str, float] = {
    "dm2_41": 1.3,
    "Ue4_sq": 0.03,
    "Umu4_sq": 0.02,
    "Utau4_sq": 0.04,
    "delta_14": 0.7,
    "delta_24": -1.1,
    "sin2_theta12": 0.31,
    "sin2_theta13": 0.0224,
    "sin2_theta23": 0.582,
    "delta_cp": 3.7874,
    "dm2_21": 7.39e-5,
    "dm2_31": 2.525e-3,
}
#: Baseline in m and energy in MeV: a research reactor, the Booster beam, a far reactor hall, MINOS.
PLACES = ((10.0, 4.0), (541.0, 800.0), (1650.0, 3.5), (735e3, 3000.0))
FLAVOURS = ("e", "mu", "tau", "sterile")
#: eV per inverse kilometre, from the phase constant that the archive takes from CODATA.
PER_KM = 4.0 * PHASE * 1e9
TABLE = ("<!-- table of crosscheck.json -->", "<!-- end of table -->")
SECTIONS = ("<!-- sections of crosscheck.json -->", "<!-- end of sections -->")
#: Neutrino energies in MeV at which cross sections are compared.
ENERGIES = (10.0, 20.0, 30.0, 40.0, 50.0)


def of_model(name: str, L: float, E: float, antineutrino: bool, *, transposed: bool = False) -> Array:
    """Return the probabilities of a model of the archive, its adapters of other packages among them.

    ``transposed`` is what is got from a matrix whose rows are taken for columns.
    """
    chosen: Any = model(name)
    place = np.array([L]), np.array([E])
    point = {parameter: np.array([value]) for parameter, value in POINT.items()}

    def one(initial: str, final: str) -> float:
        pair = (final, initial) if transposed else (initial, final)
        return float(np.squeeze(chosen.probability(*pair, antineutrino, *place, **point)))

    return np.array([[one(a, b) for b in FLAVOURS] for a in FLAVOURS[:3]])


archive = partial(of_model, "3+1")


def nuoscprobexact(
    L: float,
    E: float,
    antineutrino: bool,
    *,
    order: Sequence[str] = ("12", "23", "13", "14", "24", "34"),
    phases_turn: bool = True,
) -> Array:
    """Return those of NuOscProbExact, whose antineutrinos are neutrinos with all phases turned round."""
    from hamiltonians4nu import hamiltonian_4nu_vacuum_energy_independent as vacuum
    from oscprob4nu import probabilities_4nu

    sign = -1.0 if antineutrino and phases_turn else 1.0
    hamiltonian = vacuum(
        *(float(np.sin(angles(POINT)[name])) for name in order),
        sign * POINT["delta_cp"],
        *(POINT[name] for name in ("dm2_21", "dm2_31", "dm2_41")),
        sign * POINT["delta_14"],
        sign * POINT["delta_24"],
    )
    flat = probabilities_4nu(np.asarray(hamiltonian) / (E * 1e6), L * 1e-3 * PER_KM)
    return np.asarray(flat, dtype=float).reshape(4, 4)[:3]


def nu_waves(L: float, E: float, antineutrino: bool) -> Array:
    """Return those of nu-waves, which puts the sterile rotations to the right of the active ones."""
    from nu_waves.hamiltonian import vacuum
    from nu_waves.models.mixing import Mixing
    from nu_waves.models.spectrum import Spectrum
    from nu_waves.propagation.oscillator import Oscillator

    order = ("23", "13", "12", "34", "24", "14")
    mixing = Mixing(
        n_neutrinos=4,
        mixing_angles={(int(name[0]), int(name[1])): angles(POINT)[name] for name in order},
        dirac_phases={(1, 3): POINT["delta_cp"], (1, 4): POINT["delta_14"], (2, 4): POINT["delta_24"]},
    )
    splittings = {(2, 1): POINT["dm2_21"], (3, 1): POINT["dm2_31"], (4, 1): POINT["dm2_41"]}
    spectrum = Spectrum(n_neutrinos=4, m_lightest=0.0, dm2=splittings)
    hamiltonian = vacuum.Hamiltonian(mixing=mixing, spectrum=spectrum, antineutrino=antineutrino)
    matrix = Oscillator(hamiltonian=hamiltonian).probability(L_km=L * 1e-3, E_GeV=E * 1e-3)
    return np.asarray(matrix, dtype=float).reshape(4, 4)[:3]


#: Package, what is done, its function: the right conventions first, then what goes wrong with the wrong one.
CASES: Sequence[tuple[str, str, Probabilities]] = (
    ("nusquids", "rotations, phases and units as here", partial(of_model, "nusquids")),
    ("nuoscprobexact", "angles in the order 12, 23, 13; all phases turned for antineutrinos", nuoscprobexact),
    ("nuoscprobexact", "phases not turned for antineutrinos", partial(nuoscprobexact, phases_turn=False)),
    (
        "nuoscprobexact",
        "angles in the order 12, 13, 23",
        partial(nuoscprobexact, order=("12", "13", "23", "14", "24", "34")),
    ),
    ("jaxnu", "matrix read as P[final, initial]", partial(of_model, "jaxnu")),
    ("jaxnu", "matrix read as P[initial, final]", partial(of_model, "jaxnu", transposed=True)),
    ("nu-waves", "the same angles, sterile rotations on the right of the active ones", nu_waves),
)


def differences(probabilities: Probabilities) -> list[float]:
    """Return the largest |ΔP| of all channels at each place, neutrinos and antineutrinos together."""
    return [
        max(float(np.abs(probabilities(*place, bar) - archive(*place, bar)).max()) for bar in (False, True))
        for place in PLACES
    ]


def statistics() -> list[dict[str, Any]]:
    """Return what data sets say of the point by a package's probabilities and by the archive's own."""
    free = {
        name: value for name, value in POINT.items() if not name.startswith(("sin2_theta", "dm2_2", "dm2_3"))
    }
    return [
        {
            "package": package,
            "version": version(package),
            "release": likelihood(release).release,
            "difference": float(
                likelihood(release).chi2(package, **free) - likelihood(release).chi2("3+1", **free)
            ),
        }
        for package in FOREIGN
        for release in ("best", "karmen")
    ]


def cross_sections() -> list[dict[str, Any]]:
    """Return ratios of cross sections of SNOwGLoBES to the archive's, read as they are and otherwise."""
    energies = np.array(ENERGIES)
    ibd = snowglobes_cross_section("ibd", "e", True)
    ours, column = inverse_beta_decay(energies), ibd(energies) / (1e-3 * energies)
    helm = snowglobes_cross_section("coh_helm_nue_Xe", "e", False, truncated=True)(energies)
    whole, cut = (_xenon(energies, largest) for largest in (np.inf, RECOIL_CUT))
    cases = {
        ("ibd", "the column times the energy"): ibd(energies) / ours,
        ("ibd", "the column taken for the cross section"): column / ours,
        ("coh_helm_nue_Xe", "recoils to 10 keV; as at 10 MeV"): helm / cut / (helm[0] / cut[0]),
        ("coh_helm_nue_Xe", "all recoils; as at 10 MeV"): helm / whole / (helm[0] / whole[0]),
    }
    return [
        {
            "package": "snowglobes-data",
            "version": version("snowglobes-data"),
            "table": name,
            "convention": convention,
            "ratios": [float(ratio) for ratio in ratios],
        }
        for (name, convention), ratios in cases.items()
    ]


def _xenon(energies: Array, largest: float) -> Array:
    """Return ∫dσ/dT to a recoil energy in MeV for the mean nucleus of natural xenon, Helm's form factor."""
    nucleus = Nucleus(54, 131, 131.293)
    helm = form_factor({"kind": "helm", "s": 0.9, "c": (1.23, -0.6), "a": 0.52}, nucleus.A)
    charge = 54.0 * (0.5 - 2.0 * SIN2_THETA_W) - 0.5 * (131.293 - 54.0)
    totals = []
    for energy in energies:
        edges = np.linspace(0.0, min(endpoint(float(energy), nucleus), largest), 4001)
        middle = 0.5 * (edges[1:] + edges[:-1])
        charge2 = charge**2 * helm(recoil_momentum(middle, nucleus)) ** 2
        rate = cross_section(middle, np.array([energy]), nucleus, charge2)[:, 0]
        totals.append(float((rate * np.diff(edges)).sum()))
    return np.array(totals)


def sections_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return stored ratios of cross sections as a table in Markdown.

    Examples
    --------
    >>> row = {"package": "a", "version": "1", "table": "b", "convention": "c", "ratios": [1, 1, 1, 1, 0.5]}
    >>> print(sections_table([row]).splitlines()[-1])
    | a 1 | b | c | 1 | 0.5 |
    """
    lines = ["| package | table | read as | ratio at 10 MeV | at 50 MeV |", "|---|---|---|---|---|"]
    for row in rows:
        name = f"{row['package']} {row['version']}"
        first, last = row["ratios"][0], row["ratios"][-1]
        lines.append(f"| {name} | {row['table']} | {row['convention']} | {first:.3g} | {last:.3g} |")
    return "\n".join(lines)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return stored results as a table in Markdown.

    Examples
    --------
    >>> print(table([{"package": "a", "version": "1", "convention": "b", "differences": [1e-15, 0.2]}]))
    | package | convention | largest difference of a probability |
    |---|---|---|
    | a 1 | b | 0.2 |
    """
    lines = ["| package | convention | largest difference of a probability |", "|---|---|---|"]
    for row in rows:
        name = f"{row['package']} {row['version']}"
        lines.append(f"| {name} | {row['convention']} | {max(row['differences']):.2g} |")
    return "\n".join(lines)


def with_table(page: str, rows: Sequence[Mapping[str, Any]], marks: tuple[str, str] = TABLE) -> str:
    """Return a page with the table between its two marks written anew.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    return between(page, marks, table(rows) if marks == TABLE else sections_table(rows))


def main() -> int:
    """Compare, store the results, and write the table of the page."""
    docs = Path(__file__).resolve().parents[1] / "docs"
    rows = [
        {"package": name, "version": version(name), "convention": what, "differences": differences(function)}
        for name, what, function in CASES
    ]
    stored: dict[str, Any] = {
        "statistics": statistics(),
        "places": [list(place) for place in PLACES],
        "point": dict(POINT),
        "rows": rows,
        "energies": list(ENERGIES),
        "sections": cross_sections(),
    }
    (docs / "crosscheck.json").write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    page = docs / "conventions.md"
    text = with_table(page.read_text("utf-8"), rows)
    page.write_text(with_table(text, stored["sections"], SECTIONS), "utf-8")
    print(table(rows), sections_table(stored["sections"]), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
