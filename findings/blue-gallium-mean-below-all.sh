#!/usr/bin/env bash
# blue-combine 0.2 (best linear unbiased estimates) with the six ratios of the gallium source experiments
# (run on 2026-11-30)
#
# Guess: a common uncertainty of the cross section, given as its relative size f times the measured ratios, widens the
#   mean of the ratios and leaves it where it is: all six are predicted with the same cross section.
# Behaviour: the covariance f² r_i r_j scales the common error with each measurement, so that low ratios have small
#   errors. With the 10.2 % of Haxton 1998 (6.39 ± 0.65, Table I of arXiv:2209.00916) the weights of the two highest
#   ratios are negative and the mean, 0.7653, is below the smallest of the six (0.766).
# Where it leads: the deficit of gallium grows from 20.1 to 23.5 % because its cross section is less well known.
# Right: the uncertainty belongs to the prediction, f² m² with one m for all: 0.7988, where it is without it.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "blue-combine==0.2" "numpy==1.24.4"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from blue_combine import BLUE, CovarianceMatrix, Measurements

# GALLEX 1 and 2, SAGE Cr and Ar (arXiv:1006.3244), BEST inner and outer (arXiv:2109.11482) without the cross section
ratio = np.array([0.953, 0.812, 0.95, 0.79, 0.791, 0.766])
own = np.array([0.11, 0.105, 0.12, 0.084, 0.041, 0.042])
common = 0.65 / 6.39


def mean(covariance):
    result = BLUE(Measurements(ratio[None]), CovarianceMatrix(covariance))
    return result.mean[0, 0], result.sigma[0, 0], np.asarray(result.weights()).ravel()


plain = mean(np.diag(own**2))
scaled = mean(np.diag(own**2) + common**2 * np.outer(ratio, ratio))
predicted = mean(np.diag(own**2) + common**2 * plain[0] ** 2)
for name, (value, sigma, weights) in {"own": plain, "measured": scaled, "predicted": predicted}.items():
    print(f"{name:10} {value:.4f} +- {sigma:.4f} weights", weights.round(3))
assert scaled[0] < ratio.min() and (scaled[2][[0, 2]] < 0.0).all()
assert abs(scaled[0] - 0.7653) < 1e-3 and abs(predicted[0] - plain[0]) < 1e-10 and abs(plain[0] - 0.7988) < 1e-3
PY
