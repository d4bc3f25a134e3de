#!/usr/bin/env bash
# snowglobes-data 1.3.2, detector_configurations.dat and the files of channels (run on 2026-11-30)
#
# Guess: the third column is the number of targets per nucleon mass, 2/18 for the protons of water and 1/40 for argon, and
#   a channel gives the targets of its kind relative to these, so that event rates are right where cross sections are.
# Behaviour: so it is for water, heavy water, scintillator, argon and lead. The three detectors of xenon have 0.0035 where
#   1/131.29 is 0.00762. In NOvA's mixture electrons are 3.09 a free proton, six times its carbon: those of hydrogen,
#   chlorine, oxygen and titanium are left out, and Z/A comes out as 0.33, below that of any nucleus.
# Where it leads: coherent scattering in xenon has 46 % of its events (7 t are 1.48e28 nuclei and not 3.21e28), scattering
#   on electrons in NOvA 60 %, with Z/A = 0.48 for the mass that is neither hydrogen nor carbon (76 % without it).
# Right: 1/131.29, and 5.1 electrons a proton.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install --no-deps "snowglobes-data==1.3.2"
"$folder/venv/bin/python" - <<'PY'
from importlib.util import find_spec
from pathlib import Path

data = Path(next(iter(find_spec("snowglobes_data").submodule_search_locations)))
factor, kilotons = {}, {}
for line in (data / "detector_configurations.dat").read_text().splitlines():
    fields = line.split()
    if len(fields) == 3 and not line.startswith("#"):
        kilotons[fields[0]], factor[fields[0]] = float(fields[1]), float(fields[2])


def weight(material, channel):
    """Targets of a channel per reference target."""
    rows = (line.split() for line in (data / "channels" / f"channels_{material}.dat").read_text().splitlines())
    return next(float(row[4]) for row in rows if row and row[0] == channel)


H, C, O, AR, XE, PB = 1.008, 12.011, 15.999, 39.948, 131.293, 207.2  # standard atomic weights
right = {"wc100kt30prct": 2 / (2 * H + O), "scint20kt": 2 / (2 * H + C), "ar40kt": 1 / AR, "halo1": 1 / PB,
         "d2O": 2 / (2 * 2.014 + O), "lz": 1 / XE, "xent": 1 / XE, "pandax": 1 / XE}  # fmt: skip
for name, value in right.items():
    print(f"{name:14} targets per nucleon mass {factor[name]:.4f}, from the atomic weights {value:.5f}, ratio {factor[name] / value:.3f}")
    assert abs(factor[name] / value - (0.4595 if value == 1 / XE else 1.0)) < 0.01
nuclei = [1e9 * kilotons["lz"] * f * 6.02214076e23 for f in (factor["lz"], 1 / XE)]
print("nuclei of lz:", [f"{n:.3g}" for n in nuclei])
for material, detector, z_over_a in (("water", "wc100kt30prct", 10 / (2 * H + O)), ("scint", "scint20kt", 8 / (2 * H + C)),
                                     ("argon", "ar40kt", 18 / AR), ("lead", "halo1", 82 / PB)):  # fmt: skip
    given = factor[detector] * weight(material, "nue_e")
    print(f"{material:10} electrons per nucleon mass {given:.3f}, Z/A {z_over_a:.3f}")
    assert abs(given / z_over_a - 1.0) < 0.01
electrons, carbon = weight("nova_soup", "nue_e"), weight("nova_soup", "nue_C12")
print("nova_soup  electrons per nucleon mass", round(factor["novaFD"] * electrons, 3))
assert abs(electrons - 6 * carbon) < 1e-9 and factor["novaFD"] * electrons < 82 / PB
rest = 1 / factor["novaFD"] - H - C * carbon  # mass per free proton that is neither hydrogen nor carbon
complete = 1 + 6 * carbon + 0.48 * rest
share = H * factor["novaFD"], C * carbon * factor["novaFD"], rest * factor["novaFD"]
print("its mass is hydrogen, carbon, other:", [round(s, 2) for s in share], "electrons a proton", round(complete, 2))
counted = electrons / complete, electrons / (1 + 6 * carbon)
print("part of the electrons that is counted:", round(counted[0], 2), "and of hydrogen's and carbon's alone", round(counted[1], 2))
assert abs(counted[0] - 0.60) < 0.01 and abs(counted[1] - 0.76) < 0.01
PY
