#!/usr/bin/env bash
# pyhf 0.7.6, its upper_limit with asymptotic formulas (run on 2026-11-30)
#
# Guess: for few expected events asymptotic limits are a little off, and the band of expected limits shows what
#   an experiment without signal may observe.
# Behaviour: with 0.05 expected background events the band runs from 1.57 (-2σ) over 2.03 (-1σ) and 2.97 to 7.8 events.
#   No outcome can give less than 3.00: that is the 95 % CLs limit at zero counts, whatever the background. The lower
#   half of the band does not exist, and 95 % of all experiments observe the same number, 3.00.
# Where it leads: a coherent-scattering or decay search with almost no background shows an observed limit "1σ to 2σ worse
#   than expected", always.
# Right: toys, or the exact Poisson sums, below about ten events.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "pyhf==0.7.6" "numpy==1.26.4" "scipy==1.13.1"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import pyhf
from pyhf.infer.intervals.upper_limits import upper_limit
from scipy.optimize import brentq
from scipy.stats import poisson


def exact(n, b):
    """Upper limit of CLs = P(N <= n | s + b) / P(N <= n | b) = 0.05."""
    return brentq(lambda s: poisson.cdf(n, s + b) / poisson.cdf(n, b) - 0.05, 0.0, 50.0)


for b in (0.05, 0.5):
    model = pyhf.simplemodels.uncorrelated_background([1.0], [b], [1e-6 * b])
    observed, band = upper_limit([0.0, *model.config.auxdata], model, np.linspace(0.01, 9.99, 200), level=0.05)
    band = [float(x) for x in band]
    print("background", b, "observed", float(observed), "band", np.round(band, 3), "exact at zero counts", exact(0, b))
    assert abs(exact(0, b) - 2.9957) < 1e-3 and band[0] < 0.6 * exact(0, b) and band[1] < 0.8 * exact(0, b)
print("share of experiments with zero counts at 0.05:", poisson.pmf(0, 0.05))
assert abs(band[0] - 1.758) < 0.05
PY
