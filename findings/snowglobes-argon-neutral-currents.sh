#!/usr/bin/env bash
# snowglobes-data 1.3.2, tables xs_nc_*_Ar40 and xs_nc_ah_*_Ar40 (run on 2026-11-30)
#
# Guess: of two tables of one process, neutral currents on argon, the second is a refinement: they differ by some tens of
#   per cent, as the charged-current ones do; and antineutrinos have a smaller cross section than neutrinos.
# Behaviour: the tables differ by a factor of 121 at 10 MeV, 7 at 30 and 16 at 50 MeV, and cross twice below 30 MeV. In
#   both, ν and ν̄ of all flavours have the same numbers, to the last digit.
# Where it leads: neutral-current events of pions and muons at rest in liquid argon are more or fewer by a factor of 13,
#   the background of a coherent-scattering or sterile-neutrino search (neutral currents do not oscillate into sterile
#   neutrinos: their rate is the test of it).
# Right: say which table, and take the spread for what is known.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install --no-deps "snowglobes-data==1.3.2"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "numpy==2.3.5"
"$folder/venv/bin/python" - <<'PY'
from importlib.util import find_spec
from pathlib import Path

import numpy as np

tables = Path(next(iter(find_spec("snowglobes_data").submodule_search_locations))) / "xscns"


def section(name, energy, column=1):
    """σ in cm² at energies in MeV: the files hold log10(E/GeV) and σ/E in 1e-38 cm²/GeV."""
    rows = np.loadtxt(tables / f"xs_{name}.dat", comments="#")
    GeV = energy * 1e-3
    return 1e-38 * GeV * np.interp(np.log10(GeV), rows[:, 0], rows[:, column], left=0.0)


energy = np.array([10.0, 15.0, 30.0, 50.0])
ratio = section("nc_nue_Ar40", energy) / section("nc_ah_nue_Ar40", energy)
print("nc_nue_Ar40 over nc_ah_nue_Ar40 at", energy.tolist(), "MeV:", ratio.round(1).tolist())
assert np.allclose(ratio, [120.7, 4.0, 7.3, 16.1], rtol=0.02)
for kind in ("nc", "nc_ah"):
    same = [np.array_equal(np.loadtxt(tables / f"xs_{kind}_nue_Ar40.dat", comments="#"),
                           np.loadtxt(tables / f"xs_{kind}_{other}_Ar40.dat", comments="#"))
            for other in ("nuebar", "numu", "numubar", "nutau", "nutaubar")]  # fmt: skip
    print(kind, "same file for every flavour, neutrino and antineutrino:", same)
    assert all(same)
E = np.linspace(9.8, 52.83, 5001)
electron, muon = E**2 * (52.83 - E), E**2 * (3.0 - 4.0 * E / 105.658)
spectrum = electron / electron.sum() + muon / muon.sum()
events = (spectrum * section("nc_nue_Ar40", E)).sum() / (spectrum * section("nc_ah_nue_Ar40", E)).sum()
charged = (electron * section("nue_Ar40", E)).sum() / (electron * section("nue_Ar40_marley", E)).sum()
print("events of muons at rest: neutral currents", round(float(events), 1), "charged", round(float(charged), 2))
assert 9.0 < events < 16.0 and 0.9 < charged < 1.1
PY
