"""Evidence and quantiles by samplers of others beside those of the grid.

``make samplers`` installs emcee, dynesty and ArviZ and runs this: for three data sets the evidence by nested
sampling, and the quartiles of the posterior by both samplers, with the versions of the packages, are written
to ``docs/samplers.json``, which a test compares with the integral over the grid.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.density import Density
from nuanomaly.inference.samplers import sample

#: Data sets, their model and where its parameters are looked for.
ASKED: dict[str, tuple[str, dict[str, tuple[float, float, int, str]]]] = {
    "gallium": ("2nu-ee", {"dm2_41": (0.1, 30.0, 121, "log"), "sin2_2theta_ee": (0.01, 1.0, 121, "log")}),
    "karmen": ("2nu-mue", {"dm2_41": (0.1, 30.0, 121, "log"), "sin2_2theta_mue": (1e-4, 1.0, 121, "log")}),
    "nue-carbon": ("2nu-ee", {"dm2_41": (0.1, 30.0, 121, "log"), "sin2_2theta_ee": (0.01, 1.0, 121, "log")}),
}
QUARTILES = (0.25, 0.5, 0.75)


def asked(name: str) -> Analysis:
    """Return the analysis of a data set."""
    model, grid = ASKED[name]
    return Analysis(name, model, grid=grid)


def row(name: str) -> dict[str, Any]:
    """Return what samplers say of a data set."""
    what = asked(name)
    entries: dict[str, Any] = {"data": name, "model": what.model.name}
    for sampler in ("dynesty", "emcee"):
        drawn = sample(Density(what), sampler, draws=4000, seed=1)
        values = {n: drawn.posterior[n].to_numpy().ravel() for n in what.free}
        entries[sampler] = {
            "version": version(sampler),
            "draws": int(next(iter(values.values())).size),
            "quartiles": {n: np.quantile(v, QUARTILES).tolist() for n, v in values.items()},
        }
        if "log_evidence" in drawn.posterior.attrs:
            for key in ("log_evidence", "log_evidence_error", "evaluations"):
                entries[sampler][key] = drawn.posterior.attrs[key]
    return entries


def main() -> None:
    """Write the table."""
    root = Path(__file__).resolve().parents[1]
    rows = {"arviz": version("arviz"), "rows": [row(name) for name in ASKED]}
    file = root / "docs" / "samplers.json"
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(file)


if __name__ == "__main__":
    main()
