#!/usr/bin/env bash
# Statistical error of a simulated background where no simulated event fell, with pyhf 0.7.6 (run on 2026-11-30)
#
# Guess: a bin whose background is 0 ± 1 may hold a background event or two: three observed ones prove little.
# Behaviour: staterror acts as a factor of the background, whose relative error is uncertainty over content. Where the
#   content is zero, pyhf fixes the factor at one without a word, and the declared error is gone: no background at all
#   is possible there, and three events exclude "no signal" with -2 ln L = infinity. With the content 1e-6 in place of 0,
#   the same workspace excludes it by 2.7.
# Where it leads: sparse simulation in the tails of a recoil or energy spectrum makes every event there a signal.
# Right: write a tiny content in place of zero, or an additive error (histosys), which keeps 0 ± 1.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "pyhf==0.7.6" "numpy==2.3.5" "scipy==1.16.3"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import pyhf

print("pyhf", pyhf.__version__)
values = {}
for content in (0.0, 1e-6):
    background = {"name": "background", "data": [content, 10.0]}
    background["modifiers"] = [{"name": "mc", "type": "staterror", "data": [1.0, 1.0]}]
    signal = {"name": "signal", "data": [1.0, 1.0]}
    signal["modifiers"] = [{"name": "mu", "type": "normfactor", "data": None}]
    spec = {"channels": [{"name": "c", "samples": [signal, background]}]}
    model = pyhf.Model(spec, poi_name="mu")
    data = [3.0, 10.0, *model.config.auxdata]
    fixed = model.config.suggested_fixed()
    factors = np.ones(1) if fixed[1] else np.geomspace(1.0, 1e8, 801)  # of the background in the first bin

    def lowest(mu):
        """Return -2 ln L at a signal, the factor of the first bin where it fits best."""
        with np.errstate(divide="ignore"):
            return min(-2.0 * float(model.logpdf([mu, f, 1.0], data)[0]) for f in factors)

    none, best = lowest(0.0), min(lowest(mu) for mu in np.linspace(0.0, 3.0, 7))
    values[content] = fixed[1], none - best
    print(f"background {content:g} ± 1, three observed: factor fixed {fixed[1]}, -2 ln L of none less best {none - best:.2f}")
assert values[0.0] == (True, np.inf)
assert values[1e-6][0] is False and 2.6 < values[1e-6][1] < 2.8
PY
