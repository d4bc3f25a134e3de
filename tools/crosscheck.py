"""Probabilities of other packages beside the archive's, with the right convention and with the wrong one.

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
from numpy.typing import NDArray

from nuanomaly.likelihood.build import likelihood
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


def with_table(page: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a page with the table between its two marks written anew.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    head, _, rest = page.partition(TABLE[0])
    _, mark, tail = rest.partition(TABLE[1])
    if not mark:
        raise ValueError(f"the page has no marks {TABLE[0]} … {TABLE[1]}")
    return f"{head}{TABLE[0]}\n{table(rows)}\n{TABLE[1]}{tail}"


def main() -> int:
    """Compare, store the results, and write the table of the page."""
    docs = Path(__file__).resolve().parents[1] / "docs"
    rows = [
        {"package": name, "version": version(name), "convention": what, "differences": differences(function)}
        for name, what, function in CASES
    ]
    stored = {
        "statistics": statistics(),
        "places": [list(place) for place in PLACES],
        "point": dict(POINT),
        "rows": rows,
    }
    (docs / "crosscheck.json").write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    page = docs / "conventions.md"
    page.write_text(with_table(page.read_text("utf-8"), rows), "utf-8")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
