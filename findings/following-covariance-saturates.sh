#!/usr/bin/env bash
# χ² with a covariance that follows the prediction, with numpy 2.3.5 and scipy 1.16.3 (run on 2026-11-30)
#
# Guess: the larger a signal is that is not there, the more it is excluded; a relative error of the signal makes the limit
#   somewhat weaker; and ln det, a constant nearly, may be left out of the difference.
# Behaviour: χ² = (data − b − s)² / (b + (f s)²) never exceeds 1/f². With f = 40 % on the normalisation of the signal it
#   stays below 6.25: there is no limit at 99 % (6.63), whatever the signal. A Gaussian nuisance of the same size gives
#   the same, as it may take the signal away. With ln det −2 ln L grows without end, and the limit at 99 % is 1.95 times
#   the one without the error of the signal; a log-normal nuisance gives 1.49 times.
# Where it leads: a limit at 90 % exists up to f = 61 %, and is then infinite at once; scans over amplitudes up to full
#   mixing show a plateau that looks like a region allowed at 3σ.
# Right: ln det belongs to a covariance that follows the prediction; a strictly positive nuisance for a normalisation.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "numpy==2.3.5" "scipy==1.16.3"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from scipy.optimize import brentq, minimize_scalar

b, data = 100.0, 100.0  # background expected and events seen: no signal
NINETY_NINE = 6.635


def following(s, f):
    return (data - b - s) ** 2 / (b + (f * s) ** 2)


def with_determinant(s, f):
    return following(s, f) + np.log((b + (f * s) ** 2) / b)


def nuisance(s, f, factor):
    """Profiled: (data − b − s·factor(η))²/b + η²."""
    value = lambda eta: (data - b - s * factor(f * eta)) ** 2 / b + eta**2
    return min(minimize_scalar(value, bounds=(lo, lo + 10), method="bounded").fun for lo in (-20.0, -10.0, -3.0, 0.0))


for s in (50.0, 500.0, 5e4):
    print(f"signal {s:8.0f}: following {following(s, 0.4):.3f}, with ln det {with_determinant(s, 0.4):.3f}, "
          f"Gaussian nuisance {nuisance(s, 0.4, lambda t: 1 + t):.3f}, log-normal {nuisance(s, 0.4, np.exp):.3f}")  # fmt: skip
assert following(1e9, 0.4) < 6.2501 < NINETY_NINE and abs(nuisance(5e4, 0.4, lambda t: 1 + t) - 6.25) < 1e-2
plain = brentq(lambda s: following(s, 0.0) - NINETY_NINE, 1, 1e3)
determinant = brentq(lambda s: with_determinant(s, 0.4) - NINETY_NINE, 1, 1e6)
lognormal = brentq(lambda s: nuisance(s, 0.4, np.exp) - NINETY_NINE, 1, 1e4)
print(f"limits at 99 %: no error {plain:.1f}, with ln det {determinant:.1f}, log-normal {lognormal:.1f}, following: none")
print("largest relative error with a limit at 90 %:", round(1 / np.sqrt(2.706), 3), "at 99 %:", round(1 / np.sqrt(NINETY_NINE), 3))
print("ratios to the limit without the error:", round(determinant / plain, 2), round(lognormal / plain, 2))
assert abs(determinant / plain - 1.95) < 0.02 and abs(lognormal / plain - 1.49) < 0.02
PY
