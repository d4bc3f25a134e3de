#!/usr/bin/env bash
# oscillations 1.1.1 (three-flavour probabilities in vacuum; run on 2026-11-30)
#
# Guess: `setL` and `setE` take the same kind of number: either both natural units (value times `units.km`, times
#   `units.GeV`), or both plain kilometres and GeV; `setE(0.6)` works, so `setL(295)` should.
# Behaviour: `setE` multiplies by GeV, which is 1, so that both ways work; `setL` multiplies by nothing: 295 is 295/GeV,
#   6e-17 km. No error: the neutrino does not oscillate.
# Where it leads: P(mu -> mu) is 1 to all digits at every energy, and a plot of it looks like "no disappearance".
#   The other half: the metre is 5.07e15/GeV, rounded to three digits (5.0677), so all phases are 0.045 % large.
# Right: `setL(295 * units.km)`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "oscillations==1.1.1"
"$folder/venv/bin/python" - <<'PY'
import oscillations
from oscillations import nu_mu, units

calculator = oscillations.pdg2020()
calculator.setE(0.6)
calculator.setL(295.0)
plain = calculator.p(nu_mu, nu_mu)
calculator.setL(295.0 * units.km)
natural = calculator.p(nu_mu, nu_mu)
print("P(mu -> mu) with setL(295)", plain, "with setL(295 * units.km)", natural)
assert abs(plain - 1.0) < 1e-12 and natural < 0.1
metre = 1.0 / 1.973269804e-16  # 1/ħc in 1/GeV per metre, CODATA 2018
print("metre", units.m, "from ħc", metre, "ratio", units.m / metre)
assert 4.4e-4 < units.m / metre - 1.0 < 4.7e-4
PY
