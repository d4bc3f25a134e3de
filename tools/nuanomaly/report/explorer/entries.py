"""What the page knows of each choice: tables of its value and its predictions, kept by what they are of."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.release import load
from nuanomaly.inference import separable
from nuanomaly.inference.compact import CompactTable, compact
from nuanomaly.inference.compact_nodes import Nodes
from nuanomaly.inference.compact_spectra import CompactSpectrum, compact_spectrum
from nuanomaly.inference.datasets import atoms, joint, overlaps, resolve
from nuanomaly.inference.grid import axes, known_parameters
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.rank import rank
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import model
from nuanomaly.report import provenance
from nuanomaly.report.explorer.declared import Choice, Declared
from nuanomaly.report.explorer.encoding import encoded
from nuanomaly.report.plotting.bins import bins

#: The three parameters, and points of each axis where ranks are looked for.
NAMES, _GENERIC = ("dm2_41", "Ue4_sq", "Umu4_sq"), 12
#: At how many Δm²41 the rank of a data set is looked for.
_NEAR = 25
#: Versions of what is kept: another one is made anew.
_FORM = 2


def entry(choice: Choice, declared: Declared, kept: Path) -> dict[str, Any]:
    """Return what the page knows of a choice, from ``kept`` if it was made from the same before.

    Raises
    ------
    NotApplicableError
        If the choice does not take 3+1.
    """
    return _once(kept / f"{digest(choice, declared)}.json", lambda: _made(choice, declared))


def relations(declared: Declared, kept: Path) -> dict[str, Any]:
    """Return the ranks of data sets together, and which of them share data; from ``kept`` as entries are.

    Returns
    -------
    mapping
        ``ranks``: how many parameters data sets constrain together, by the kinds of what they depend on,
        joined by plus signs (the first choice of a kind with two parameters stands for it); ``overlaps``:
        choices of different data sets that share data, ``first``, ``second`` and ``reason``.
    """
    return _once(kept / names_of(declared)[-1], lambda: _related(declared, kept))


def names_of(declared: Declared) -> list[str]:
    """Return the names of the files that are kept for a declaration: of choices, and of relations last."""
    digests = [digest(choice, declared) for dataset in declared.datasets for choice in dataset.choices]
    return [f"{name}.json" for name in (*digests, provenance.fingerprint(["relations", *digests]))]


def sweep(declared: Declared, kept: Path) -> None:
    """Remove what is kept of other declarations, releases or programs."""
    for file in set(kept.glob("*.json")) - {kept / name for name in names_of(declared)}:
        file.unlink()


def _once(file: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the document of a file, which is made and written if it does not exist."""
    try:
        known: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return known
    except (OSError, ValueError):
        made = make()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(made, ensure_ascii=False).encode())
        return made


def _related(declared: Declared, kept: Path) -> dict[str, Any]:
    sets = [{c.reference: resolve(c.reference)[0] for c in d.choices} for d in declared.datasets]
    first: dict[str, Likelihood] = {}
    for dataset, likelihoods in zip(declared.datasets, sets, strict=True):
        for choice in dataset.choices:
            about = entry(choice, declared, kept)
            if about["ranks"][0][1] > 1:
                first.setdefault(about["depends"], likelihoods[choice.reference])
    known = {
        "+".join(sorted(kinds)): ranks([first[kind] for kind in kinds], declared)
        for count in range(1, len(first) + 1)
        for kinds in combinations(first, count)
    }
    shared = [
        {"first": a, "second": b, "reason": content.reason}
        for one, other in combinations(sets, 2)
        for (a, left), (b, right) in product(one.items(), other.items())
        for content in overlaps([left, right])
    ]
    return {"ranks": known, "overlaps": shared}


def digest(choice: Choice, declared: Declared) -> str:
    """Return the sha256 of all that an entry is made from."""
    files = {name: provenance.release_files(load(name)) for name in choice.releases}
    code = provenance.code(provenance.NUMBERS)
    limits = [*declared.dm2, *declared.mixing]
    return provenance.fingerprint(
        [_FORM, choice.reference, choice.title, files, limits, code, provenance.packages()]
    )


def _made(choice: Choice, declared: Declared) -> dict[str, Any]:
    [likelihood] = resolve(choice.reference)
    data = separable.member(choice.reference, likelihood)
    low, high = likelihood.ranges(model("3+1")).get("dm2_41", declared.dm2)
    dm2 = max(low, declared.dm2[0]), min(high, declared.dm2[1])
    table = compact(data, likelihood, dm2=dm2, mixing=declared.mixing[1])
    spectrum = compact_spectrum(
        choice.reference, likelihood, data.depends, data.model, dm2=dm2, mixing=declared.mixing[1]
    )
    return {
        "reference": choice.reference,
        "title": choice.title,
        "depends": data.depends,
        "statistic": likelihood.statistic,
        "bins": likelihood.n_bins,
        "approximate": likelihood.approximate,
        "ranks": ranks_by_splitting(likelihood, declared),
        "table": _table(table),
        "spectrum": None if spectrum is None else _spectrum(spectrum, likelihood),
    }


def ranks(members: Sequence[Likelihood], declared: Declared, near: Sequence[Mapping[str, float]] = ()) -> int:
    """Return how many of the three parameters data sets constrain together, also near some points."""
    together, chosen = joint(members), model("3+1")
    known = known_parameters(together, chosen)
    limits = dict(zip(NAMES, (declared.dm2, declared.mixing, declared.mixing), strict=True))
    grid = axes(known, list(NAMES), {name: (*both, _GENERIC, "log") for name, both in limits.items()})
    return rank(Objective(together, chosen), grid, near=near).constrained


def ranks_by_splitting(likelihood: Likelihood, declared: Declared) -> list[list[float]]:
    """Return pairs of Δm²41 (eV²) and the rank of a data set if the joint best fit is there.

    The engine looks at a rank also near the joint best fit: CCFR, whose distances are long only for waves of
    more than 2 eV², constrains one parameter elsewhere, and two there.
    """
    middle = float(np.sqrt(declared.mixing[0] * declared.mixing[1]))
    pairs: list[list[float]] = []
    for dm2 in np.geomspace(*declared.dm2, _NEAR).tolist():
        own = ranks([likelihood], declared, [dict(zip(NAMES, (dm2, middle, middle), strict=True))])
        if not pairs or pairs[-1][1] != own:
            pairs.append([dm2, own])
    return pairs


def _nodes(nodes: Nodes) -> dict[str, Any]:
    return {
        "scheme": nodes.scheme,
        "scale": float(nodes.scale),
        "values": [float(v) for v in nodes.values],
    }


def _table(table: CompactTable) -> dict[str, Any]:
    return {
        "scheme": table.scheme,
        "knots": encoded(np.log(table.dm2).astype(np.float32)),
        "nodes": [_nodes(n) for n in table.nodes],
        "values": encoded(table.values),
        "error": table.error,
    }


def _spectrum(spectrum: CompactSpectrum, likelihood: Likelihood) -> dict[str, Any]:
    return {
        "knots": encoded(np.log(spectrum.dm2).astype(np.float32)),
        "nodes": [_nodes(n) for n in spectrum.nodes],
        "levels": encoded(spectrum.levels),
        "low": spectrum.low.tolist(),
        "step": spectrum.step.tolist(),
        "data": spectrum.data.tolist(),
        "errors": [float(e) if np.isfinite(e) else None for e in spectrum.errors],
        "none": spectrum.none.tolist(),
        "error": spectrum.error,
        "panels": [panel for member in atoms(likelihood) for panel in _panels(member)],
    }


def _panels(member: Likelihood) -> list[Mapping[str, Any]]:
    """Return the panels that a release's bins are drawn in."""
    several = member.release.partition("@")[0]
    return [
        {
            "title": f"{several} {own.part}".strip(),
            "names": list(own.names),
            "edges": None if own.edges is None else own.edges.tolist(),
            "quantity": own.quantity,
            "unit": own.unit,
        }
        for own in bins(member)
    ]
