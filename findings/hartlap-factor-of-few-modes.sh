#!/usr/bin/env bash
# Covariances estimated from thrown universes, with numpy 2.3.5 (run on 2026-11-30)
#
# Guess: the inverse of a covariance estimated from N throws is too large on average, and (N − p − 2)/(N − 1) mends it for
#   p bins (eq. 17 of Hartlap, Simon and Schneider, astro-ph/0608064): with 38 bins and 50 throws χ² is to be multiplied
#   by 0.20, and with fewer throws than bins there is no answer at all.
# Behaviour: that holds where the throws make the whole matrix: χ² of 38 bins is then 186 on average. Systematic
#   uncertainties of a spectrum are few modes (normalisation, slope, curvature) beside a statistical error that is known.
#   For three modes of 10, 6 and 4 % and 5 % statistics a bin, 50 throws give 38.0, which is right, and 20 throws 38.7.
# Where it leads: the factor makes 7.8 of 38, so that no model is ever excluded: a signal of 3σ, Δχ² = 9, counts 1.8.
#   Without the factor, where the throws do make the whole matrix, every model is excluded.
# Right: the factor belongs to the number of modes that the throws determine, 3, and not to the bins: 0.92 in these alone.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "numpy==2.3.5"
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PY'
import numpy as np

BINS = 38
random = np.random.default_rng(5)
x = np.linspace(-1.0, 1.0, BINS)
known = 0.05**2 * np.eye(BINS)
few = np.array([0.10 + 0.0 * x, 0.06 * x, 0.04 * (3.0 * x**2 - 1.0) / 2.0])
whole = 0.10 * np.eye(BINS)


def mean(throws, modes, known, trials=1500):
    """Mean χ² at the truth, and its error: data with the true covariance, χ² with the one of the throws."""
    value = np.empty(trials)
    for i in range(trials):
        thrown = random.standard_normal((throws, len(modes))) @ modes
        estimated = known + np.cov(thrown, rowvar=False)
        data = random.standard_normal(len(modes)) @ modes + np.sqrt(np.diag(known)) * random.standard_normal(BINS)
        value[i] = data @ np.linalg.solve(estimated, data)
    return value.mean(), value.std() / np.sqrt(trials)


for throws in (50, 100):
    factor = (throws - BINS - 2) / (throws - 1)
    chi2, error = mean(throws, whole, 0.0 * known)
    print(f"{throws} throws, whole matrix: {chi2:.1f} +- {error:.1f}, Hartlap {BINS / factor:.1f}")
    assert abs(chi2 * factor / BINS - 1.0) < 0.05
for throws in (20, 50, 100):
    factor = (throws - BINS - 2) / (throws - 1)
    chi2, error = mean(throws, few, known)
    print(f"{throws} throws, three modes: {chi2:.2f} +- {error:.2f}, with the factor {chi2 * factor if factor > 0 else float('nan'):.1f}")
    assert abs(chi2 - BINS) < 1.5
print("factor of 38 bins and of 3 modes with 50 throws:", round((50 - BINS - 2) / 49, 3), round((50 - 3 - 2) / 49, 3))
PY
