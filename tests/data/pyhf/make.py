"""Write ``toys.json``: CLs+b, CLb and CLs of counting models by the toys of pyhf (10.21105/joss.02823).

The archive does not need pyhf: its numbers are kept. To make them again, in an environment of its own:

    pip install pyhf==0.7.6
    python tests/data/pyhf/make.py

Each bin i counts n_i ~ Poisson(μ s_i + γ_i b_i), and its background is known from a second count
m_i ~ Poisson(γ_i τ_i) with τ_i = (b_i/δb_i)². Test statistic q̃_μ, μ between 0 and 10, toys at the γ that
the data want under each hypothesis.
"""

import json
from pathlib import Path

import numpy as np
import pyhf
from pyhf.infer.calculators import ToyCalculator

TOYS = 2500
MODELS = {
    "one-bin": {"signal": [12.0], "background": [50.0], "error": [5.0], "observed": [55.0]},
    "three-bins": {
        "signal": [5.0, 8.0, 4.0],
        "background": [30.0, 20.0, 8.0],
        "error": [3.0, 2.0, 2.0],
        "observed": [33.0, 19.0, 11.0],
    },
}
STRENGTHS = {"one-bin": [0.5, 1.0, 1.5, 2.0], "three-bins": [0.25, 0.5, 0.75, 1.0]}


def main() -> None:
    """Write the file beside this script."""
    pyhf.set_backend("numpy")
    found = {}
    for name, given in MODELS.items():
        model = pyhf.simplemodels.uncorrelated_background(
            given["signal"], given["background"], given["error"]
        )
        data = given["observed"] + list(model.config.auxdata)
        rows = []
        for mu in STRENGTHS[name]:
            np.random.seed(20260 + len(rows))  # noqa: NPY002 (pyhf draws from the global generator)
            toys = ToyCalculator(data, model, ntoys=TOYS, track_progress=False, test_stat="qtilde")
            signal, background = toys.distributions(mu)
            observed = float(toys.teststatistic(mu))
            sb, b, s = (float(p) for p in toys.pvalues(observed, signal, background))
            rows.append({"mu": mu, "qtilde": observed, "CLsb": sb, "CLb": b, "CLs": s})
            print(name, rows[-1], flush=True)
        found[name] = {**given, "auxiliary": list(map(float, model.config.auxdata)), "results": rows}
    about = {"pyhf": pyhf.__version__, "numpy": np.__version__, "toys": TOYS, "test_statistic": "qtilde"}
    text = json.dumps({**about, "models": found}, indent=2)
    Path(__file__).with_name("toys.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
