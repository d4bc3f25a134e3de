"""Toys against a whole grid of hypotheses: Δ = value at the truth − smallest value anywhere.

Four engines, by what the likelihood is (found numerically, not by name); all are minimised over the same
plane, the point without oscillation included:

* ``LinearEngine``: fixed covariance, nuisances that act the same everywhere, and a prediction that is
  linear in the amplitude, μ = a + s b(Δm²). χ² is a parabola in s, three numbers per Δm², minimised between
  the bounds of the amplitude in closed form. With common random numbers z the toy is a + s_t b_t + L z,
  and its projections p = s_t K_t + G with K = b A bᵀ and G = b A L z: the cost does not depend on the bins.
* ``FixedEngine``: the same covariance, a prediction that is not linear: Δ is the largest of K_tp + G_p.
* ``SplitEngine``: χ² of fixed covariances with one nuisance that may have bounds, or totals of the data
  shared out, and sums of these. What is of the noise alone, and of the truth alone, is computed
  once; hypotheses that cannot be the best one for a toy are left out by bounds.
* ``TableEngine``: any statistic that generates data, by its own table.
"""

from nuanomaly.inference.engine.choose import kept_engine, make_engine
from nuanomaly.inference.engine.fixed_covariance import FixedEngine, LinearEngine
from nuanomaly.inference.engine.plane import Plane
from nuanomaly.inference.engine.split import SplitEngine
from nuanomaly.inference.engine.toy_engine import Engine, TableEngine

__all__ = [
    "Engine",
    "FixedEngine",
    "LinearEngine",
    "Plane",
    "SplitEngine",
    "TableEngine",
    "kept_engine",
    "make_engine",
]
