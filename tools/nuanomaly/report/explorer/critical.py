"""Critical values that a collaboration released over its plane, as the page reads them."""

from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.report.explorer.declared import DataSet, Declared
from nuanomaly.report.explorer.encoding import encoded


def critical_values(dataset: DataSet, declared: Declared) -> dict[str, Any]:
    """Return a table of critical values for each confidence level in percent; empty where none is declared.

    Between the points of the released grid they are read by straight lines in the logarithms, beyond its
    ends at the ends.

    Raises
    ------
    NuanomalyError
        If the rows are not a complete grid.
    """
    about = dataset.critical
    if not about:
        return {}
    frame = load(dataset.choices[0].releases[0]).table(about["table"])
    column = about.get("amplitude") or about["mixing"]
    made = {}
    for level, values in about["levels"].items():
        square = frame.pivot(index=about["dm2"], columns=column, values=values)
        if square.isna().any(axis=None):
            raise NuanomalyError(f"{about['table']}: rows of {values} do not fill a grid: no critical values")
        dm2, across = square.index.to_numpy(float), square.columns.to_numpy(float)
        first, last = np.searchsorted(dm2, declared.widest).tolist()
        near = slice(max(0, first - 1), last + 1)
        amplitude = across if "amplitude" in about else 4.0 * across * (1.0 - across)
        rising = slice(0, int(np.argmax(amplitude)) + 1)  # the branch of small mixings
        table = square.to_numpy(float)[near, rising]
        made[level] = {
            "scheme": "linear",
            "knots": encoded(np.log(dm2[near]).astype(np.float32)),
            "nodes": [{"scheme": "linear", "scale": 0.0, "values": [0.0, *amplitude[rising].tolist()]}],
            "values": encoded(np.concatenate([table[:, :1], table], axis=1).astype(np.float32)),
        }
    return made
