#!/usr/bin/env bash
# sntools 1.4, channels c12e and c12eb (charged currents on ¹²C) beside snowglobes-data 1.3.2 (run on 2026-11-30)
#
# Guess: the two cross sections, "fits to Table V of nucl-th/9903022", are good to the per cents of a fit, and the outgoing
#   energies are total energies, as in the package's inverse beta decay.
# Behaviour: the cubics follow SNOwGLoBES's tables of the same process to 4 % from 40 MeV on and lose them near the
#   threshold. That of ν̄e is negative from 15.2 to 18.37 MeV, and then a third of the table at 20 MeV; that of νe is 3
#   times the table at 20 MeV and 1.26 times at 25. The energy of the electron is that of the neutrino less the
#   threshold, as if the electron were made for nothing: it is the kinetic energy, given as the total one, and 0.511 MeV
#   is lost (masses of ¹²N and ¹²B: 12.018613 and 12.014353 u).
# Where it leads: negative events are subtracted: of supernova ν̄e with a mean of 12 MeV and a pinching of 3, 73 % are
#   left, 61 % at 10 MeV. For muons at rest all νe on carbon are one channel with 1.42e-41 cm², where the transition to
#   the ground state, the only one with that energy of the electron, was measured to be 8.9e-42 (LSND, hep-ex/0105068).
# Right: an interpolated table, zero below its threshold, and E = Eν − threshold + 0.511 MeV.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "numpy==2.3.5" "scipy==1.16.3"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install --no-deps "snowglobes-data==1.3.2" "sntools==1.4"
"$folder/venv/bin/python" - <<'PY'
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sntools.interaction_channels import c12e, c12eb, ibd

tables = Path(next(iter(find_spec("snowglobes_data").submodule_search_locations))) / "xscns"
PER_MeV = 5.067731e10  # 1 cm in 1/MeV


def table(name, energy, column):
    """σ in cm² at energies in MeV: the files hold log10(E/GeV) and σ/E in 1e-38 cm²/GeV."""
    rows = np.loadtxt(tables / f"xs_{name}_C12.dat", comments="#")
    return 1e-38 * energy * 1e-3 * np.interp(np.log10(energy * 1e-3), rows[:, 0], rows[:, column], left=0.0)


def package(module, flavour, energy):
    """σ in cm²: the box of ± epsilon that stands for a line, integrated, in the package's range of neutrino energies."""
    channel = module.Channel(flavour)
    low = channel.bounds_eNu[0]
    return np.array([2 * module.epsilon * channel.dSigma_dE(e, channel.get_eE(e)) / PER_MeV**2 if e >= low else 0.0 for e in energy])


E = np.array([16.0, 18.0, 20.0, 25.0, 30.0, 40.0, 50.0, 80.0])
for name, module, flavour, column, expected in (
    ("nue", c12e, "e", 1, [2.99, 1.26, 1.003, 0.966, 0.997, 1.000]),
    ("nuebar", c12eb, "eb", 4, [0.311, 0.728, 0.927, 1.037, 1.033, 0.987]),
):
    mine, theirs = package(module, flavour, E), table(name, E, column)
    print(name, "cm² at", E.tolist(), "MeV: package", mine, "table", theirs)
    ratio = mine[2:] / theirs[2:]
    print("   ratio", ratio.round(3))
    assert np.allclose(ratio, expected, rtol=5e-3)
assert (package(c12eb, "eb", np.linspace(15.2, 18.35, 60)) < 0.0).all() and package(c12eb, "eb", [18.4])[0] > 0.0
E = np.linspace(14.0, 100.0, 4301)
mine, theirs = package(c12eb, "eb", E), table("nuebar", E, 4)
for mean, left in ((10.0, 0.615), (12.0, 0.731), (15.0, 0.846)):
    spectrum = E**3 * np.exp(-4.0 * E / mean)
    share = float((spectrum * mine).sum() / (spectrum * theirs).sum())
    print("supernova electron antineutrinos of mean", mean, "MeV, package over table", round(share, 3))
    assert abs(share - left) < 5e-3
E = np.linspace(0.01, 52.83, 5001)
michel = E**2 * (52.83 - E)
average = float((michel * package(c12e, "e", E)).sum() / michel.sum())
print("muons at rest, electron neutrinos:", average, "cm²; ground state measured 8.9e-42")
assert abs(average / 1.42e-41 - 1.0) < 0.01
u, electron = 931.494102, 0.51099895
for name, module, flavour, mass in (("nue", c12e, "e", 12.018613), ("nuebar", c12eb, "eb", 12.014353)):
    charge = 1 if flavour == "e" else -1  # nuclear masses: atoms less six electrons, seven or five
    right = 40.0 - ((mass - 12.0) * u - charge * electron)
    given = module.Channel(flavour).get_eE(40.0)
    print(name, "of 40 MeV: energy of the electron", given, "MeV, from the masses", round(right, 3))
    assert abs(right - given - electron) < 0.02
at_rest = ibd.Channel("eb").get_eE(ibd.eThr + 1e-6, 0.0)
print("inverse beta decay at its threshold: energy of the positron", round(at_rest, 3), "MeV, a total energy")
assert abs(at_rest - electron) < 2e-3
PY
