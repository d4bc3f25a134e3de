"""Numbers of prose that something declares: a grid, a level of Wilks' theorem, what a release must reproduce.

``{grid:dm2_41.low}`` is an end of what a page scans (``low``, ``high`` or ``points``), ``{wilks:0.90, 2}``
how far χ² rises at 90 % for two degrees of freedom, ``{bench:NAME@VERSION, ID}`` the number that a benchmark
of a release expects, ``{bench:NAME@VERSION, ID error}`` its quoted error, ``{rows:NAME@VERSION, TABLE}`` how
many rows a table has. A format may follow after a bar: ``{grid:dm2_41.high|.1f}``.
"""

import re
from typing import Any

from scipy.stats import chi2

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.report.declaration import Comparison

#: A declared number in a text.
TAG = re.compile(r"\{(grid|wilks|bench|rows):([^{}|]+)(?:\|([^{}]*))?\}")


def filled(text: str, comparison: Comparison) -> str:
    """Return text with declared numbers written out.

    Raises
    ------
    UnknownNameError
        For a parameter, an end or a benchmark that is not declared.
    """

    def number(match: re.Match[str]) -> str:
        kind, said, form = match[1], match[2].strip(), match[3]
        if kind == "wilks":
            level, dof = said.split(",")
            return format(float(chi2.ppf(float(level), int(dof))), form or ".2f")
        if kind == "grid":
            value = _of_grid(said, comparison)
        else:
            value = _of_benchmark(said) if kind == "bench" else _rows(said)
        return format(value, form or ("" if isinstance(value, int) else "g")).replace("-", "−")

    return TAG.sub(number, text)


def _of_grid(said: str, comparison: Comparison) -> Any:
    name, _, end = said.partition(".")
    parameters = comparison.metadata["parameters"]
    if name not in parameters:
        raise UnknownNameError("scanned parameter", name, parameters, f"comparison {comparison.name}")
    if end not in ("low", "high", "points"):
        raise UnknownNameError("part of a grid", end, ("low", "high", "points"))
    return parameters[name][end]


def _of_benchmark(said: str) -> Any:
    reference, _, what = said.partition(",")
    ident, _, error = what.strip().partition(" ")
    release = load(reference.strip())
    known = {entry["id"]: entry for entry in release.metadata.get("benchmarks", ())}
    if ident not in known:
        raise UnknownNameError("benchmark", ident, known, release.id)
    return known[ident]["uncertainty" if error == "error" else "expected"]


def _rows(said: str) -> int:
    reference, _, table = said.partition(",")
    return len(load(reference.strip()).table(table.strip()))
