#!/usr/bin/env bash
# nuflux 2.0.7 (tables of atmospheric neutrino fluxes; run on 2026-11-30)
#
# Guess: a flux asked for outside its table is extrapolated or refused; `honda2006` is the classical calculation, which
#   is known down to 0.1 GeV.
# Behaviour: below its first energy a table answers 0.0 without a word, and each table begins elsewhere: honda2006 at
#   10 GeV, IPhonda2014_spl_solmin at 1 GeV, H3a_SIBYLL23C at 0.09 GeV, CORSIKA_GaisserH3a_average at 90 GeV.
# Where it leads: an atmospheric background below 10 GeV made with honda2006 is exactly zero; at 1 GeV the other two
#   differ by a factor of two, and only they show that anything is missing.
# Right: ask `energy_range` first.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "nuflux==2.0.7" "numpy==1.26.4"
"$folder/venv/bin/python" - <<'PY'
import nuflux

values = {}
for name in ("honda2006", "IPhonda2014_spl_solmin", "H3a_SIBYLL23C", "CORSIKA_GaisserH3a_average"):
    flux = nuflux.makeFlux(name)
    values[name] = [flux.getFlux(nuflux.NuMu, energy, -0.5) for energy in (0.2, 1.0, 10.0, 1e4)]
    print(name, "range", flux.energy_range, "at 0.2, 1, 10, 1e4 GeV:", values[name])
assert values["honda2006"][:2] == [0.0, 0.0] and values["honda2006"][2] > 0.0
assert values["IPhonda2014_spl_solmin"][0] == 0.0 and values["IPhonda2014_spl_solmin"][1] > 0.0
assert values["CORSIKA_GaisserH3a_average"][:3] == [0.0, 0.0, 0.0]
ratio = values["IPhonda2014_spl_solmin"][1] / values["H3a_SIBYLL23C"][1]
print("1 GeV: ratio of the two that answer", ratio)
assert 1.9 < ratio < 2.0
PY
