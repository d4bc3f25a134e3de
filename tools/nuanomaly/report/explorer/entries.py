"""What the page knows of each choice: tables of its value and its predictions, kept by what they are of."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.loading import load
from nuanomaly.archive.references import split_mode
from nuanomaly.inference import dependence
from nuanomaly.inference.compact import QUANTUM, CompactTable, compact, measured
from nuanomaly.inference.compact_nodes import Nodes
from nuanomaly.inference.compact_spectra import CompactSpectrum, compact_spectrum
from nuanomaly.inference.datasets import atoms, joint, overlaps, resolve
from nuanomaly.inference.grid import axes, known_parameters
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.rank import rank
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.surface_process import SurfaceProcess
from nuanomaly.model.registry import FOUR_NEUTRINOS, model
from nuanomaly.report import provenance
from nuanomaly.report.explorer.declared import Choice, Declared
from nuanomaly.report.explorer.encoding import encoded
from nuanomaly.report.plotting.bins import bins
from nuanomaly.report.workers import Task

#: The model of the page, what its splitting and mixings are called, and points of each axis where ranks are
#: looked for.
MODEL, _GENERIC = FOUR_NEUTRINOS, 12
NAMES = dependence.roles(model(MODEL))
#: How often differences of values, and of levels of predictions, are taken along their first axes.
_OF_VALUES, _OF_LEVELS = (2, 2), (2, 1)
#: Versions of what is kept: another one is made anew.
_FORM = 6


def entry(choice: Choice, declared: Declared, kept: Path) -> dict[str, Any]:
    """Return what the page knows of a choice, from ``kept`` if it was made from the same before.

    Raises
    ------
    NotApplicableError
        If the choice does not take the model of the page.
    """
    return _once(kept / f"{digest(choice, declared)}.json", lambda: _made(choice, declared))


def to_make(declared: Declared, kept: Path, processes: Executor) -> list[Task]:
    """Return what is to be done so that the entries of all choices are kept, each in a process."""
    choices = [choice for dataset in declared.datasets for choice in dataset.choices]
    missing = [c for c in choices if not (kept / f"{digest(c, declared)}.json").is_file()]
    return [partial(_in_a_process, processes, choice, declared, kept) for choice in missing]


def _in_a_process(processes: Executor, choice: Choice, declared: Declared, kept: Path) -> None:
    processes.submit(_keep, choice, declared, kept).result()


def _keep(choice: Choice, declared: Declared, kept: Path) -> None:
    entry(choice, declared, kept)


def relations(declared: Declared, kept: Path) -> dict[str, Any]:
    """Return the ranks of data sets together, and which of them share data; from ``kept`` as entries are.

    Returns
    -------
    mapping
        ``ranks``: for each range, how many parameters data sets constrain together, by the kinds of what they
        depend on, joined by plus signs (the first choice of a kind with two parameters stands for it);
        ``overlaps``: choices of different data sets that share data, ``first``, ``second`` and ``reason``.
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
    known: dict[str, dict[str, int]] = {}
    for name, limits in declared.ranges.items():
        first: dict[str, Likelihood] = {}
        for dataset, likelihoods in zip(declared.datasets, sets, strict=True):
            for choice in dataset.choices:
                about = entry(choice, declared, kept)
                if about["ranks"].get(name, 0) > 1:
                    first.setdefault(about["depends"], likelihoods[choice.reference])
        known[name] = {
            "+".join(sorted(kinds)): ranks([first[kind] for kind in kinds], limits, declared.mixing)
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
    limits = [declared.ranges, declared.mixing]
    return provenance.fingerprint(
        [_FORM, choice.reference, choice.title, choice.within, files, limits, code, provenance.packages()]
    )


def coverage(choice: Choice, declared: Declared) -> tuple[dict[str, bool], tuple[float, float], float | None]:
    """Return whether a choice has a value everywhere in each range, where its table is, and what is beyond.

    Returns
    -------
    covers : dict
        By the name of the range.
    dm2 : (float, float)
        In eV².
    beyond : float or None
        The value outside, where the release declares one.
    """
    offered = {n: v for n, v in declared.ranges.items() if not choice.within or n in choice.within}
    (low, high), beyond = declared.widest, None
    if is_map(choice):
        (low, high), beyond = reach(resolve(choice.reference)[0], declared.widest)
    dm2 = (
        max(low, min(limits[0] for limits in offered.values())),
        min(high, max(limits[1] for limits in offered.values())),
    )
    covers = {
        name: name in offered and (beyond is not None or (dm2[0] <= limits[0] and limits[1] <= dm2[1]))
        for name, limits in declared.ranges.items()
    }
    return covers, dm2, beyond


def _made(choice: Choice, declared: Declared) -> dict[str, Any]:
    [likelihood] = resolve(choice.reference)
    data = dependence.member(choice.reference, likelihood, model(MODEL), NAMES)
    covered, dm2, beyond = coverage(choice, declared)
    table = compact(data, likelihood, dm2=dm2, mixing=declared.mixing[1])
    spectrum = compact_spectrum(data, likelihood, dm2=dm2, mixing=declared.mixing[1])
    inside = {
        name: (max(dm2[0], limits[0]), min(dm2[1], limits[1]))
        for name, limits in declared.ranges.items()
        if covered[name]
    }
    return {
        "reference": choice.reference,
        "title": choice.title,
        "depends": data.depends,
        "statistic": likelihood.statistic,
        "bins": likelihood.n_bins if spectrum is not None else None,
        "approximate": likelihood.approximate,
        "covers": [name for name, whole in covered.items() if whole],
        "limits": list(dm2),
        "beyond": beyond,
        "ranks": {
            name: ranks([likelihood], limits, declared.mixing)
            for name, limits in declared.ranges.items()
            if covered[name]
        },
        "table": _table(table),
        "errors": {name: measured(table, data, part, declared.mixing[1]) for name, part in inside.items()},
        "spectrum": None if spectrum is None else _spectrum(spectrum, likelihood),
    }


def is_map(choice: Choice) -> bool:
    """Say whether a choice is a released map: anything else has a value at every Δm²41."""
    about = load(choice.releases[0]).metadata["likelihood"]
    mode = split_mode(choice.reference)[1] or about.get("default_mode", next(iter(about["modes"])))
    return "surface" in {**about, **(about["modes"].get(mode) or {})}


def reach(likelihood: Likelihood, widest: tuple[float, float]) -> tuple[tuple[float, float], float | None]:
    """Return where a likelihood has a table, in eV², and its value beyond; None if it declares none.

    Only a released map ends somewhere. One that declares what it is beyond, as without oscillation, has a
    value everywhere, and a step at its ends.
    """
    if isinstance(likelihood, SurfaceProcess) and likelihood.beyond:
        return (float(likelihood.dm2[0]), float(likelihood.dm2[-1])), likelihood.null
    low, high = likelihood.ranges(model(MODEL)).get(NAMES[0], widest)
    return (low, high), None


def ranks(members: Sequence[Likelihood], dm2: tuple[float, float], mixing: tuple[float, float]) -> int:
    """Return how many of the three parameters data sets constrain together."""
    together, chosen = joint(members), model(MODEL)
    parameters = known_parameters(together, chosen)
    limits = dict(zip(NAMES, (dm2, mixing, mixing), strict=True))
    grid = axes(parameters, list(NAMES), {name: (*both, _GENERIC, "log") for name, both in limits.items()})
    return rank(Objective(together, chosen), grid).constrained


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
        "values": encoded(np.rint(table.values.astype(float) / QUANTUM).astype(np.int64), _OF_VALUES),
        "unit": QUANTUM,
    }


def _spectrum(spectrum: CompactSpectrum, likelihood: Likelihood) -> dict[str, Any]:
    return {
        "knots": encoded(np.log(spectrum.dm2).astype(np.float32)),
        "nodes": [_nodes(n) for n in spectrum.nodes],
        "levels": encoded(spectrum.levels, _OF_LEVELS),
        "low": spectrum.low.tolist(),
        "step": spectrum.step.tolist(),
        "data": spectrum.data.tolist(),
        "errors": [float(e) if np.isfinite(e) else None for e in spectrum.errors],
        "none": spectrum.none.tolist(),
        "error": spectrum.error,
        "panels": [panel for member in atoms(likelihood) for panel in _panels(member)],
    }


def _panels(member: Likelihood) -> list[Mapping[str, Any]]:
    """Return the panels of a release's bins: by experiment, and what each is if there are several."""
    of, parts = str(load(member.release).metadata["experiment"]), bins(member)
    return [
        {
            "title": _titled(of, own.title or own.part) if len(parts) > 1 else of,
            "names": list(own.names),
            "edges": None if own.edges is None else own.edges.tolist(),
            "quantity": own.quantity,
            "value": own.value,
        }
        for own in parts
    ]


def _titled(experiment: str, part: str) -> str:
    """Return what a panel is called; a part that is named after one of several experiments says enough.

    Examples
    --------
    >>> _titled("PROSPECT", "baseline 1"), _titled("KARMEN and LSND", "LSND")
    ('PROSPECT: baseline 1', 'LSND')
    """
    return part if part in experiment.split() else f"{experiment}: {part}"
