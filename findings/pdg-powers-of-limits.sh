#!/usr/bin/env bash
# pdg 2026.0 (the Particle Data Group's Python interface, edition 2026; run on 2026-11-30)
#
# Guess: `display_value_text` times ten to the `display_power_of_ten` is the value, as it is for measurements
#   ("7.60+-0.17" with −5 is Δm²21), so a table of limits can be printed from these two fields.
# Behaviour: for some limits it is not. The neutrino's magnetic moment is "<6.4" with the power −10, while `value` is
#   6.4e-12 Bohr magnetons (the limit of XENONnT): 100 times too large. The electron's electric dipole moment is 100
#   times too large, K0L -> π0 ν ν̄ 10 times, and a branching of the top quark 100 times too small.
# Where it leads: a limit on the magnetic moment a hundred times too weak passes in silence, and with it a rate of
#   neutrino-electron scattering, which goes like the square, ten thousand times what is allowed.
# Right: `value`, or `value_text`, which carries its own power.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "pdg==2026.0" "sqlalchemy==2.1.9"
"$folder/venv/bin/python" - <<'PY'
import pdg

api = pdg.connect()
wrong = {"S066MGM": 100.0, "S003EDM": 100.0, "S013R40": 10.0, "Q007R20": 0.01}
for key, expected in wrong.items():
    limit = api.get(key).best_summary()
    shown = float(limit.display_value_text.strip("< ")) * 10.0**limit.display_power_of_ten
    print(key, repr(limit.display_value_text), limit.display_power_of_ten, limit.value, "ratio", shown / limit.value)
    assert abs(shown / limit.value / expected - 1.0) < 1e-6
splitting = api.get("S067DM3").best_summary()
shown = float(splitting.display_value_text.partition("+-")[0]) * 10.0**splitting.display_power_of_ten
print("S067DM3", shown, splitting.value)
assert abs(shown / splitting.value - 1.0) < 1e-3
PY
