"""Stored runs of toys against themselves and against toys that are made anew from their seed.

A hash says that a table is the one that was stored, not that it is what the toys gave. What ``about.json``
says is therefore derived again from the stored distribution, and of a few runs a small number of toys is
done again: the observed difference must come out as it is stored, and so must the parts of the toys above
it, above the stored median and above the level of one toy in ten, up to what chance explains.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

from nuanomaly.archive import runs
from nuanomaly.archive.bounded import STUMBLES
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate.findings import Finding, Report, finding, report
from nuanomaly.inference.run_files import read
from nuanomaly.inference.runs import compute
from nuanomaly.inference.toys import ToyTest

#: Kinds of runs whose result is a p-value from a distribution.
TESTED = ("significance", "hypothesis", "goodness", "compatibility", "likelihood-ratio")
#: Toys that are done again, and how unlikely parts of them may be.
TOYS, UNLIKELY = 200, 1e-6
#: Parts of the toys at whose levels the distributions are compared, besides the observed difference.
PARTS = (0.5, 0.1)
#: What minimisers and other versions of packages may change, relative.
_EXACT = 1e-3


def inconsistent(about: Mapping[str, Any], above: Sequence[float], delta: Sequence[float]) -> str:
    """Return what a stored test contradicts in its own distribution; empty if nothing.

    Parameters
    ----------
    about : mapping
        The ``result`` of ``about.json``.
    above, delta : sequence of float
        The distribution: so many toys reach so much.

    Examples
    --------
    >>> test = ToyTest(2.0, 2, 4, deltas=np.array([3.0, 1.0, 2.0, 0.5]))
    >>> inconsistent(test.to_dict(), *test.spread())
    ''
    >>> inconsistent({**test.to_dict(), "p_value": 0.05}, *test.spread())
    'p_value is 0.05, 2 of 4 toys give 0.5'
    """
    count, toys, observed = int(about["above"]), int(about["toys"]), float(about["delta"])
    test = ToyTest(observed, count, toys, about["sided"])
    for key, derived in (("p_value", test.p_value), ("sigma", test.sigma)):
        if not np.isclose(float(about[key]), derived, rtol=1e-9, atol=1e-12):
            return f"{key} is {about[key]:.6g}, {count} of {toys} toys give {derived:.6g}"
    counts, values = np.asarray(above, float), np.asarray(delta, float)
    if not counts.size:
        return ""
    if (np.diff(counts) <= 0).any() or (np.diff(values) > 0).any() or counts[-1] != toys:
        return f"the distribution is none of {toys} toys"
    slack = 1e-9 * max(1.0, abs(observed))
    at_least = counts[values >= observed - slack].max(initial=0)
    at_most = counts[values < observed - slack].min(initial=toys + 1)
    if not at_least <= count < at_most:
        return (
            f"{count} toys are said to reach {observed:.6g}, the distribution has {at_least:g} to {at_most:g}"
        )
    return ""


def redone(
    declared: Mapping[str, Any], about: Mapping[str, Any], above: Sequence[float], delta: Sequence[float]
) -> str:
    """Return what toys made anew contradict in a stored test; empty if nothing.

    Parameters
    ----------
    declared : mapping
        The run in ``runs.yaml``; its seed is used, with fewer toys.
    about, above, delta
        As in :func:`inconsistent`.
    """
    test = compute({**declared, "toys": min(TOYS, int(declared["toys"]))})
    if not isinstance(test, ToyTest):
        return ""
    observed = float(about["delta"])
    if abs(test.delta - observed) > _EXACT * max(1.0, abs(observed)):
        return f"the observed difference is stored as {observed:.6g}, and comes out as {test.delta:.6g}"
    counts, values = np.asarray(above, float), np.asarray(delta, float)
    places = [(observed, about["above"] / about["toys"])]
    for part in PARTS if counts.size else ():
        k = int(np.searchsorted(counts, part * counts[-1]))
        places.append((float(values[k]), float(counts[k] / counts[-1])))
    for level, part in places:
        reached = int((test.deltas >= level - 1e-9 * max(1.0, abs(level))).sum())
        tail = min(binom.cdf(reached, test.toys, part), binom.sf(reached - 1, test.toys, part))
        if tail < UNLIKELY:
            return f"{reached} of {test.toys} toys made anew reach {level:.4g}, stored are {100 * part:.2g} %"
    return ""


def with_stored_runs(checked: Report, root: Path, sample: int = 3, again: Collection[Path] = ()) -> Report:
    """Return a report of validation with what is wrong in the stored tests of comparisons.

    All are compared with their distributions, and those with the cheapest toys are done again.

    Parameters
    ----------
    checked : Report
    root : pathlib.Path
    sample : int
        How many of the cheapest are done again.
    again : collection of pathlib.Path
        Folders of runs that are done again in any case.
    """
    stored = list(_stored(root))
    findings = [
        f for folder, _, about, above, delta in stored for f in _said(root, folder, about, above, delta)
    ]
    cheap = sorted(stored, key=lambda item: item[2]["cpu_seconds"] / item[2]["result"]["toys"])
    done = []
    chosen = [*cheap[:sample], *(item for item in cheap[sample:] if item[0] in again)]
    for folder, declared, about, above, delta in chosen:
        done.append(f"{folder.parents[1].name}/{folder.name}")
        try:
            with chdir(folder.parents[1]):  # from where a model file is named
                said = redone(declared, about["result"], above, delta)
        except (NuanomalyError, *STUMBLES) as error:
            said = f"it cannot be done again: {type(error).__name__}: {error}"
        findings += [_finding(root, folder, said)] if said else []
    notes = [*checked.notes, f"toys done again from their seed: {', '.join(done)}"] if done else checked.notes
    return report([*checked.findings, *findings], checked.releases, notes)


Stored = tuple[Path, Mapping[str, Any], Mapping[str, Any], Sequence[float], Sequence[float]]


def _stored(root: Path) -> Iterator[Stored]:
    """Yield each stored test: its folder, declaration, ``about.json`` and distribution."""
    for file in sorted(root.glob(f"comparisons/*/{runs.DECLARATION}")):
        try:
            declared = runs.declared_runs(file.parent)
        except NuanomalyError:  # validation says so
            continue
        for name, run in declared.items():
            folder = file.parent / runs.STORED / name
            if run.get("kind") not in TESTED or not (folder / runs.ABOUT).is_file():
                continue
            try:
                tables, about = read(folder)
            except (NuanomalyError, *STUMBLES):  # validation says so
                continue
            frame = tables.get("distribution")
            if frame is not None and {"result", "cpu_seconds"} <= set(about):
                yield folder, run, about, frame["above"].to_list(), frame["delta"].to_list()


def _said(
    root: Path, folder: Path, about: Mapping[str, Any], above: Sequence[float], delta: Sequence[float]
) -> list[Finding]:
    try:
        said = inconsistent(about["result"], above, delta)
    except STUMBLES as error:
        said = f"{runs.ABOUT} cannot be read as a test: {type(error).__name__}: {error}"
    return [_finding(root, folder, said)] if said else []


def _finding(root: Path, folder: Path, said: str) -> Finding:
    place = (folder / runs.ABOUT).relative_to(root).as_posix()
    return finding("RUN_CONTRADICTS", f"run {folder.name}: {said}", file=place)
