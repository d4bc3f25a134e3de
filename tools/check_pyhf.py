"""Densities of exported workspaces as pyhf computes them, and its asymptotic CLs.

With pyhf installed (``pip install pyhf==0.7.6``) this writes for each release of counts the points, pyhf's
logarithm of the density there, and its CLs by asymptotic formulas, to ``docs/pyhf.json``. A test compares the
densities with those of the archive.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.pyhf_workspace import workspace

#: The releases, the model they are exported under, what is fixed, and the amplitude with its range.
ASKED: dict[str, tuple[str, dict[str, float], str, float]] = {
    "karmen@2002-r1": ("2nu-mue", {"dm2_41": 100.0}, "sin2_2theta_mue", 0.01),
    "coherent-csi@2017-r2": ("3nu", {}, "cevns_strength", 2.0),
    "coherent-csi@2021-r1": ("3nu", {}, "cevns_strength", 2.0),
    "coherent-lar@2020-r1": ("3nu", {}, "cevns_strength", 2.0),
    "xenonnt-cevns@2026-r2": ("3nu", {}, "cevns_strength", 3.0),
}
POINTS = 20


def asked(name: str) -> Analysis:
    """Return the analysis that is exported."""
    model, fixed, amplitude, highest = ASKED[name]
    return Analysis(name, model, fixed=fixed, grid={amplitude: (0.0, highest, 41, "lin")})


def row(name: str) -> dict[str, Any]:
    """Return what pyhf says of a release."""
    import pyhf

    spec = workspace(asked(name))
    made = pyhf.Workspace(spec)
    model = made.model()
    data = made.data(model)
    random = np.random.default_rng(7)
    amplitude = ASKED[name][2]
    order = model.config.par_order
    points = []
    for _ in range(POINTS):
        values = {n: float(random.normal(0.0, 0.7)) for n in order}
        values[amplitude] = float(random.uniform(0.0, ASKED[name][3]))
        pars = model.config.suggested_init()
        for n, value in values.items():
            pars[model.config.par_slice(n)] = [value]
        points.append({"at": values, "log_density": float(model.logpdf(pars, data)[0])})
    tested = np.linspace(0.1, 1.0, 5) * ASKED[name][3]
    bounds = model.config.suggested_bounds()
    bounds[model.config.poi_index] = (0.0, 2.0 * ASKED[name][3])
    cls = [
        float(pyhf.infer.hypotest(float(x), data, model, test_stat="qtilde", par_bounds=bounds))
        for x in tested
    ]
    return {
        "release": name,
        "parameters": len(order),
        "points": points,
        "cls": [{"at": float(x), "value": value} for x, value in zip(tested, cls, strict=True)],
    }


def main() -> None:
    """Write the table."""
    root = Path(__file__).resolve().parents[1]
    rows = {"pyhf": version("pyhf"), "rows": [row(name) for name in ASKED]}
    file = root / "docs" / "pyhf.json"
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(file)


if __name__ == "__main__":
    main()
