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

from nuanomaly.model.constants import PHASE
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


def sines() -> dict[str, float]:
    """Return sin²θ_ij of the point, from |U_e4|² = s14², |U_μ4|² = c14² s24², |U_τ4|² = c14² c24² s34²."""
    e4, mu4, tau4 = POINT["Ue4_sq"], POINT["Umu4_sq"], POINT["Utau4_sq"]
    active = {f"{i}{j}": POINT[f"sin2_theta{i}{j}"] for i, j in ((1, 2), (1, 3), (2, 3))}
    return {**active, "14": e4, "24": mu4 / (1.0 - e4), "34": tau4 / (1.0 - e4 - mu4)}


def angles() -> dict[str, float]:
    """Return θ_ij of the point in rad."""
    return {name: float(np.arcsin(np.sqrt(value))) for name, value in sines().items()}


def archive(L: float, E: float, antineutrino: bool) -> Array:
    """Return the archive's own probabilities at the point."""
    chosen: Any = model("3+1")
    place = np.array([L]), np.array([E])
    point = {name: np.array([value]) for name, value in POINT.items()}

    def one(initial: str, final: str) -> float:
        return float(np.squeeze(chosen.probability(initial, final, antineutrino, *place, **point)))

    return np.array([[one(a, b) for b in FLAVOURS] for a in FLAVOURS[:3]])


def nusquids(L: float, E: float, antineutrino: bool) -> Array:
    """Return the probabilities of nuSQuIDS in vacuum."""
    import nuSQuIDS as nsq

    kind = nsq.NeutrinoType.antineutrino if antineutrino else nsq.NeutrinoType.neutrino
    solver, unit = nsq.nuSQUIDS(4, kind), nsq.Const()
    for name, angle in angles().items():
        solver.Set_MixingAngle(int(name[0]) - 1, int(name[1]) - 1, angle)
    for index, name in enumerate(("dm2_21", "dm2_31", "dm2_41"), 1):
        solver.Set_SquareMassDifference(index, POINT[name])
    for (i, j), name in (((0, 2), "delta_cp"), ((0, 3), "delta_14"), ((1, 3), "delta_24")):
        solver.Set_CPPhase(i, j, POINT[name])
    solver.Set_E(E * unit.MeV)
    solver.Set_Body(nsq.Vacuum())
    solver.Set_Track(nsq.Vacuum.Track(L * unit.meter))
    rows = []
    for start in np.eye(4)[:3]:
        solver.Set_initial_state(start, nsq.Basis.flavor)
        solver.EvolveState()
        rows.append([solver.EvalFlavor(final) for final in range(4)])
    return np.array(rows)


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
        *(float(np.sqrt(sines()[name])) for name in order),
        sign * POINT["delta_cp"],
        *(POINT[name] for name in ("dm2_21", "dm2_31", "dm2_41")),
        sign * POINT["delta_14"],
        sign * POINT["delta_24"],
    )
    flat = probabilities_4nu(np.asarray(hamiltonian) / (E * 1e6), L * 1e-3 * PER_KM)
    return np.asarray(flat, dtype=float).reshape(4, 4)[:3]


def jaxnu(L: float, E: float, antineutrino: bool, *, transposed: bool = True) -> Array:
    """Return those of jaxnu, whose matrix has the final flavour in its rows."""
    import jaxnu as package

    angle = angles()
    point = package.Sterile3plus1(
        *(angle[name] for name in ("12", "13", "23", "14", "24", "34")),
        *(POINT[name] for name in ("delta_cp", "delta_24", "dm2_21", "dm2_31", "dm2_41", "delta_14")),
    )
    matrix = np.asarray(
        package.probability_vacuum(point, E * 1e-3, L * 1e-3, anti=antineutrino, backend="eigh")
    )
    return np.asarray((matrix.T if transposed else matrix)[:3], dtype=float)


def nu_waves(L: float, E: float, antineutrino: bool) -> Array:
    """Return those of nu-waves, which puts the sterile rotations to the right of the active ones."""
    from nu_waves.hamiltonian import vacuum
    from nu_waves.models.mixing import Mixing
    from nu_waves.models.spectrum import Spectrum
    from nu_waves.propagation.oscillator import Oscillator

    order = ("23", "13", "12", "34", "24", "14")
    mixing = Mixing(
        n_neutrinos=4,
        mixing_angles={(int(name[0]), int(name[1])): angles()[name] for name in order},
        dirac_phases={(1, 3): POINT["delta_cp"], (1, 4): POINT["delta_14"], (2, 4): POINT["delta_24"]},
    )
    splittings = {(2, 1): POINT["dm2_21"], (3, 1): POINT["dm2_31"], (4, 1): POINT["dm2_41"]}
    spectrum = Spectrum(n_neutrinos=4, m_lightest=0.0, dm2=splittings)
    hamiltonian = vacuum.Hamiltonian(mixing=mixing, spectrum=spectrum, antineutrino=antineutrino)
    matrix = Oscillator(hamiltonian=hamiltonian).probability(L_km=L * 1e-3, E_GeV=E * 1e-3)
    return np.asarray(matrix, dtype=float).reshape(4, 4)[:3]


#: Package, what is done, its function: the right conventions first, then what goes wrong with the wrong one.
CASES: Sequence[tuple[str, str, Probabilities]] = (
    ("nusquids", "rotations, phases and units as here", nusquids),
    ("nuoscprobexact", "angles in the order 12, 23, 13; all phases turned for antineutrinos", nuoscprobexact),
    ("nuoscprobexact", "phases not turned for antineutrinos", partial(nuoscprobexact, phases_turn=False)),
    (
        "nuoscprobexact",
        "angles in the order 12, 13, 23",
        partial(nuoscprobexact, order=("12", "13", "23", "14", "24", "34")),
    ),
    ("jaxnu", "matrix read as P[final, initial]", jaxnu),
    ("jaxnu", "matrix read as P[initial, final]", partial(jaxnu, transposed=False)),
    ("nu-waves", "the same angles, sterile rotations on the right of the active ones", nu_waves),
)


def differences(probabilities: Probabilities) -> list[float]:
    """Return the largest |ΔP| of all channels at each place, neutrinos and antineutrinos together."""
    return [
        max(float(np.abs(probabilities(*place, bar) - archive(*place, bar)).max()) for bar in (False, True))
        for place in PLACES
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
    stored = {"places": [list(place) for place in PLACES], "point": dict(POINT), "rows": rows}
    (docs / "crosscheck.json").write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    page = docs / "conventions.md"
    page.write_text(with_table(page.read_text("utf-8"), rows), "utf-8")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
