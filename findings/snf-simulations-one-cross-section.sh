#!/usr/bin/env bash
# snf-simulations 2.0.0 (June 2026), Detector.calculate_event_rate (run on 2026-11-30)
#
# Guess: the rate of inverse beta decays in a detector near spent fuel folds the antineutrinos of the isotopes with the
#   cross section over their energy.
# Behaviour: everything above 1.806 MeV is multiplied by one number, 1e-44 cm². The cross section rises from nothing at
#   the threshold; averaged over the package's own spectra it is 3.7e-44 for ⁹⁰Y, 9.3e-44 for ¹⁴⁴Pr, 1.38e-43 for ¹⁰⁶Rh
#   and 4.2e-43 for ⁸⁸Rb, by eq. 25 of Strumia and Vissani (astro-ph/0302055).
# Where it leads: the rate of the cask that the package brings as its example is too small by a factor of 10.7 half a
#   year after the reactor, 8.2 after five years and 3.7 after twenty, so that no factor mends it: from half a year to
#   ten years it falls to 1/124, not to 1/46, and an age read off the rate is wrong.
# Right: the spectra are good (their integrals are 0.998 to 0.999 a decay); fold them with the cross section.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install \
  "snf-simulations==2.0.0" "mendeleev==1.3.0" "pandas==3.0.3" "numpy==2.3.5" "matplotlib==3.10.7"
"$folder/venv/bin/python" - <<'PY'
from importlib.resources import files

import numpy as np
from snf_simulations.cask import Cask
from snf_simulations.detector import Detector
from snf_simulations.physics import calculate_flux_at_distance
from snf_simulations.spec import Spectrum


def inverse_beta_decay(energy):
    """Eq. 25 of astro-ph/0302055, cm²; energies in MeV."""
    positron, log = energy - 1.29333, np.log(energy)
    momentum = np.sqrt(np.maximum(positron**2 - 0.51099895**2, 0.0))
    section = 1e-43 * momentum * positron * energy ** (-0.07056 + 0.02018 * log - 0.001953 * log**3)
    return np.where(energy > 1.806, section, 0.0)


detector = Detector(volume=1.2, proton_density=4.6e22)  # the package's prototype, 10 m away


def rates(spectrum):
    """Rate of the package, and folded with the cross section, per second; decays of the spectrum; mean section in cm²."""
    energy = 0.5e-3 * (spectrum.energy[1:] + spectrum.energy[:-1])
    per_bin = spectrum.flux * np.diff(spectrum.energy)
    events = float((per_bin * inverse_beta_decay(energy)).sum())
    folded = detector.number_of_protons * calculate_flux_at_distance(events, 10.0)
    mean = events / spectrum.integrate(lower_energy=1806)
    return detector.calculate_event_rate(spectrum, distance=10.0), folded, float(per_bin.sum()), mean


for isotope, factor in {"Y90": 3.72, "Pr144": 9.26, "Rh106": 13.81, "Rb88": 42.0}.items():
    package, folded, decays, mean = rates(Spectrum.from_isotope(isotope))
    print(f"{isotope:6} {decays:.4f} antineutrinos a decay, mean section above the threshold {mean:.3g} cm²")
    assert 0.997 < decays < 1.0 and abs(folded / package / factor - 1.0) < 0.01
cask = Cask.from_tabqfile(str(files("snf_simulations.data") / "example.tbQ"), total_mass=1e4)
table = {}
for years, factor in ((0.5, 10.71), (5.0, 8.17), (10.0, 4.01), (20.0, 3.72)):
    package, folded, _, _ = rates(cask.get_total_spectrum(years))
    table[years] = package, folded
    print(f"cask after {years:4} years: {86400 * package:.4f} a day, folded {86400 * folded:.4f}, ratio {folded / package:.2f}")
    assert abs(folded / package / factor - 1.0) < 0.01
falls = [a / b for a, b in zip(table[0.5], table[10.0])]
print("from half a year to ten years: package 1 /", round(falls[0], 1), "folded 1 /", round(falls[1], 1))
assert abs(falls[0] - 46.3) < 0.5 and abs(falls[1] - 123.6) < 1.5
PY
