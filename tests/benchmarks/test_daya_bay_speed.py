"""Rate of χ² of the full release of Daya Bay, beside that of the collaboration's public model.

Run with ``make speed``; without it once, small, as a test. The public model (dayabay-model-official 1.7.1,
Python 3.11) evaluated χ² of the same files 45 to 51 times a second of one thread, measured apart: it is no
dependency here, and its rate is stated.
"""

from time import process_time
from typing import Any

import numpy as np

from nuanomaly.likelihood.build import likelihood

#: χ² a second of the collaboration's public model.
OFFICIAL = 48.0


def test_points_of_a_scan_beside_the_official_model(benchmark: Any) -> None:
    """Two parameters of three neutrinos over a plane; 50 times the rate of the public model is asked."""
    own = likelihood("daya-bay@2025-r1")
    side = 4 if benchmark.disabled else 60
    angle, splitting = np.meshgrid(np.linspace(0.019, 0.025, side), np.linspace(2.3e-3, 2.7e-3, side))
    own.chi2("3nu", sin2_theta13=0.0215)
    begun = process_time()
    values = benchmark.pedantic(
        own.chi2, args=("3nu",), kwargs={"sin2_theta13": angle.ravel(), "dm2_31": splitting.ravel()}, rounds=1
    )
    rate = angle.size / max(process_time() - begun, 1e-9)
    assert values.shape == (angle.size,)
    assert 550.0 < values.min() < 600.0
    if benchmark.stats is not None:
        benchmark.extra_info["χ² per second of CPU time"] = rate
        benchmark.extra_info["times the public model"] = rate / OFFICIAL
        assert rate > 50.0 * OFFICIAL
