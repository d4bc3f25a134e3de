"""Long runs that are declared as data, so that anybody can do them again: ``runs.yaml`` of a comparison.

runs:
  NAME:
    kind: significance | hypothesis | likelihood-ratio | goodness | compatibility | feldman-cousins |
          coverage | sensitivity (by toys), or fit | scan | comparison | ablation
    datasets: [..]    (a list in this list is one data set, its releases together)
    model: ..
    mode, fixed, grid: optional, as everywhere
    toys, seed: numbers
    at: the point, for a hypothesis or a likelihood ratio; true points, for coverage
    against: the other point of a likelihood ratio
    draw: data (if left out) or gaussian, for a likelihood ratio
    levels, most, every, independent: optional, for feldman-cousins
    cl, construction: optional, for sensitivity
    points: optional, for feldman-cousins; lists of coordinates, or axes, whose mesh is meant
    errors: optional, for a fit; profile: optional, for a scan; bins: optional, for an ablation; leave_out:
        for all four of them
    starts, searches, fewest: optional, for a fit or a comparison: from how many points each search starts,
        and how many there are at most (fewer than three never count as converged) and at least

A model file is named from the folder of ``runs.yaml``, and its sha256 is stored with the result.

Runs of kind ``global-tension``, ``global-truths``, ``global-left-out``, ``global-data``, ``global-choices``,
``global-region`` and ``global-held`` are described in :mod:`nuanomaly.inference.global_fit.run`,
:mod:`nuanomaly.inference.global_fit.truths`, :mod:`nuanomaly.inference.global_fit.left_out`,
:mod:`nuanomaly.inference.global_fit.observed`, :mod:`nuanomaly.inference.global_fit.choices`,
:mod:`nuanomaly.inference.global_fit.regions` and :mod:`nuanomaly.inference.global_fit.held`, those of kind
``separable-tensions`` in :mod:`nuanomaly.inference.tensions`, those of kind ``comparison-by-mode`` in
:mod:`nuanomaly.inference.mode_pairs`, those of kind ``point`` in :mod:`nuanomaly.inference.point_verdicts`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.runs import DECLARATION, STORED, check_keys, declared_runs, inputs, trouble
from nuanomaly.inference.ablation import Ablation, ablation
from nuanomaly.inference.compatibility import compatibility_of
from nuanomaly.inference.compatibility_result import Compatibility
from nuanomaly.inference.coverage import coverage
from nuanomaly.inference.datasets import Dataset
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins
from nuanomaly.inference.fit import Fit, fit_of
from nuanomaly.inference.global_fit.choices import ChoicesRun
from nuanomaly.inference.global_fit.choices import compute as choices_run
from nuanomaly.inference.global_fit.held import HeldRun
from nuanomaly.inference.global_fit.held import compute as held_run
from nuanomaly.inference.global_fit.left_out import LeftOutRun
from nuanomaly.inference.global_fit.left_out import compute as left_out_run
from nuanomaly.inference.global_fit.observed import DataRun
from nuanomaly.inference.global_fit.observed import compute as data_run
from nuanomaly.inference.global_fit.regions import RegionRun
from nuanomaly.inference.global_fit.regions import compute as region_run
from nuanomaly.inference.global_fit.run import TensionRun
from nuanomaly.inference.global_fit.run import compute as tension_run
from nuanomaly.inference.global_fit.truths import TruthsRun
from nuanomaly.inference.global_fit.truths import compute as truths_run
from nuanomaly.inference.likelihood_ratio import toy_likelihood_ratio
from nuanomaly.inference.mode_pairs import ModePairs
from nuanomaly.inference.mode_pairs import compute as pairs_run
from nuanomaly.inference.montecarlo import toy_goodness, toy_hypothesis, toy_significance
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.point_verdicts import PointVerdicts
from nuanomaly.inference.point_verdicts import compute as point_run
from nuanomaly.inference.question import Question
from nuanomaly.inference.run_files import read, write
from nuanomaly.inference.scan import Scan, restored, scan
from nuanomaly.inference.sensitivity import Sensitivity, sensitivity
from nuanomaly.inference.tensions import TensionsRun
from nuanomaly.inference.tensions import compute as tensions_run
from nuanomaly.inference.toy_tensions import toy_compatibility
from nuanomaly.inference.toys import ToyTest
from nuanomaly.inference.workers import Placement
from nuanomaly.inference.workload import Effort
from nuanomaly.likelihood.build import join
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

_TESTS = {
    "significance": toy_significance,
    "hypothesis": toy_hypothesis,
    "goodness": toy_goodness,
    "compatibility": toy_compatibility,
    "likelihood-ratio": toy_likelihood_ratio,
}
_OWN: Mapping[str, Any] = {
    "global-tension": tension_run,
    "global-truths": truths_run,
    "global-left-out": left_out_run,
    "global-data": data_run,
    "global-choices": choices_run,
    "global-region": region_run,
    "global-held": held_run,
    "separable-tensions": tensions_run,
    "point": point_run,
    "comparison-by-mode": pairs_run,
}
_MAPS = {"feldman-cousins": feldman_cousins, "coverage": coverage, "sensitivity": sensitivity}
_SEARCHED: Mapping[str, Any] = {"fit": fit_of, "comparison": compatibility_of}
_FITS = {**_SEARCHED, "scan": scan}
_EFFORT = ("seed", "workers", "limit", "starts", "searches", "fewest", "store")
_KEYS = ("datasets", "model", "mode", "fixed", "grid", "allow_overlap")
_TOYS = ("toys", "seed")
_SEARCHES = ("starts", "searches", "fewest")
#: The further keys of kinds that are not those of every run of toys alone.
_MORE: Mapping[str, tuple[str, ...]] = {
    "feldman-cousins": (*_TOYS, "levels", "most", "every", "points", "independent"),
    "coverage": (*_TOYS, "at"),
    "sensitivity": (*_TOYS, "cl", "construction"),
    "hypothesis": (*_TOYS, "at"),
    "likelihood-ratio": (*_TOYS, "at", "against", "draw"),
    "fit": ("seed", "errors", "leave_out", *_SEARCHES),
    "scan": ("profile", "leave_out"),
    "comparison": ("seed", "leave_out", *_SEARCHES),
    "ablation": ("bins", "leave_out"),
}
#: What runs with a declaration of their own give, and what any run may give.
OwnRun = (
    TensionRun
    | TruthsRun
    | LeftOutRun
    | DataRun
    | ChoicesRun
    | RegionRun
    | HeldRun
    | TensionsRun
    | ModePairs
    | PointVerdicts
)
Found = ToyTest | FeldmanCousins | Sensitivity | Fit | Scan | Compatibility | Ablation | OwnRun


def compute(
    declared: Mapping[str, Any], placement: Placement | None = None, progress: Progress | None = None
) -> Found:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown kind or key.
    """
    kinds: Mapping[str, Any] = {**_TESTS, **_MAPS, **_FITS, **_OWN, "ablation": ablation}
    kind = str(declared.get("kind"))
    if kind in _OWN:
        own: Found = _OWN[kind](declared, placement, progress)
        return own
    if kind not in kinds:
        raise UnknownNameError("kind of run", kind, kinds)
    keys = (*_KEYS, *_MORE.get(kind, _TOYS))
    check_keys(declared, ("kind", *keys))
    settings = {key: declared[key] for key in keys if key in declared}
    settings["grid"] = {name: _axis(spec) for name, spec in settings.get("grid", {}).items()}
    if "points" in settings:
        settings["points"] = _points(settings["points"])
    datasets = settings.pop("datasets")
    wanted = [datasets] if isinstance(datasets, str) else [_dataset(entry) for entry in datasets]
    model = settings.pop("model")
    if kind in _FITS:  # what is declared may take as long as it takes
        settings |= {"workers": (placement or Placement()).workers, "limit": np.inf}
        if kind in _SEARCHED and placement is not None and placement.store is not None:
            settings["store"] = placement.store / _named(declared)
    elif kind == "ablation":
        return Ablation(tuple(ablation(wanted, model, **settings)))
    else:
        settings["placement"] = placement
    if kind in _SEARCHED:
        how: dict[str, Any] = {
            "effort": Effort(**{key: settings.pop(key) for key in _EFFORT if key in settings})
        }
        how |= {key: settings.pop(key) for key in ("errors",) if key in settings}
        found: Found = _SEARCHED[kind](Question(wanted, model, **settings), progress=progress, **how)
        return found
    result: Found = kinds[kind](wanted, model, progress=progress, **settings)
    return result


def _named(declared: Mapping[str, Any]) -> str:
    """Return what names a run's finished searches: the declaration, not how many, and what it reads."""
    same = {key: entry for key, entry in declared.items() if key not in ("fewest", "searches", "errors")}
    text = json.dumps([same, inputs(declared, Path())], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _dataset(entry: str | list[str]) -> Dataset:
    """Return a data set as it is named, or the releases of a list as one."""
    return entry if isinstance(entry, str) else join(" + ".join(entry), entry)


def _axis(spec: Any) -> Any:
    """Return an axis: a list of low, high, number and spacing is a range, any other one the values."""
    return tuple(spec) if isinstance(spec, list) and len(spec) == 4 and isinstance(spec[3], str) else spec


def _points(declared: Mapping[str, Any]) -> dict[str, Array]:
    """Return points that are declared as lists of coordinates, or as the axes of a mesh."""
    if not all(isinstance(_axis(spec), tuple) for spec in declared.values()):
        return {name: np.asarray(values, float) for name, values in declared.items()}
    lines = [
        (np.geomspace if spacing == "log" else np.linspace)(low, high, count)
        for low, high, count, spacing in declared.values()
    ]
    mesh = np.meshgrid(*lines, indexing="ij")
    return {name: m.ravel() for name, m in zip(declared, mesh, strict=True)}


def record(
    folder: Path,
    declared: Mapping[str, Any],
    result: Found,
    cpu_seconds: float | None = None,
) -> Path:
    """Write a result with its declaration, and its table.

    Of a test, that is how its toys are distributed; of a scan, all points; of a fit, its parameters; of a
    comparison, what becomes of each side.

    Parameters
    ----------
    cpu_seconds : float, optional
        What the run took, all processes together; two digits of it are kept.
    """
    tables = result.tables() if isinstance(result, OwnRun) else dict([_tabulated(result)])
    made_from = inputs(declared, _home(folder))
    about: dict[str, Any] = {"run": dict(declared), "inputs": made_from, "result": result.to_dict()}
    if cpu_seconds is None and isinstance(result, OwnRun | Fit):
        cpu_seconds = result.cpu_seconds  # its pieces know what each of them took
    if cpu_seconds is not None:
        about["cpu_seconds"] = float(f"{cpu_seconds:.2g}")
    return write(folder, tables, about)


def _home(stored: Path) -> Path:
    """Return the folder of the comparison whose result is stored there."""
    return stored.parents[1]


def _tabulated(
    result: ToyTest | FeldmanCousins | Sensitivity | Fit | Scan | Compatibility | Ablation,
) -> "tuple[str, pd.DataFrame]":
    """Return the table of a result, and what it is called."""
    import pandas as pd

    if isinstance(result, FeldmanCousins):
        return "critical", result.to_frame()
    if isinstance(result, Ablation):
        return "definitions", result.to_frame()
    if isinstance(result, Sensitivity):
        return "limits", result.to_frame()
    if isinstance(result, ToyTest):
        return _spread(result)
    if isinstance(result, Scan):
        frame = result.to_frame()
        frame.attrs = {}  # about.json says it
        return "scan", frame
    if isinstance(result, Fit):
        errors = {name: result.errors.get(name, (np.nan, np.nan)) for name in result.parameters}
        rows = [(name, value, *errors[name]) for name, value in result.parameters.items()]
        return "parameters", pd.DataFrame(rows, columns=["parameter", "value", "lower", "upper"])
    sides = [(p.name, p.minimum, p.joint, p.pull, p.rank) for p in result.parts]
    return "sides", pd.DataFrame(sides, columns=["side", "minimum", "joint", "pull", "rank"])


def _spread(test: ToyTest) -> "tuple[str, pd.DataFrame]":
    import pandas as pd

    above, delta = test.spread()
    return "distribution", pd.DataFrame({"above": above, "delta": delta})


def is_current(folder: Path, declared: Mapping[str, Any]) -> bool:
    """Say whether a stored result is that of this declaration and of these releases, and unharmed."""
    return trouble(folder, declared, inputs(declared, _home(folder))) is None


@dataclass(frozen=True, eq=False)
class StoredRun:
    """The stored result of a declared run.

    Attributes
    ----------
    name : str
    declared : mapping
        The run as ``runs.yaml`` declares it.
    about : mapping
        ``about.json``.
    tables : mapping of DataFrame
        ``distribution`` of a test: so many toys (``above``) reach ``delta``; ``critical`` of a map;
        ``limits`` of a sensitivity; ``scan``, ``parameters`` of a fit, ``sides`` of a comparison.
    """

    name: str
    declared: Mapping[str, Any]
    about: Mapping[str, Any]
    tables: "Mapping[str, pd.DataFrame]"

    @property
    def test(self) -> ToyTest:
        """The test.

        Raises
        ------
        NuanomalyError
            If the run is a map of critical values.
        """
        result = self.about["result"]
        if "above" not in result:
            raise NuanomalyError(f"run {self.name!r} is no test by toys: see its table")
        known = {key: result[key] for key in ("delta", "above", "toys", "sided", "against")}
        return ToyTest(**known, truth=result.get("truth", ""))  # runs stored before do not say it

    @property
    def result(self) -> Mapping[str, Any]:
        """All numbers of the result but its table, as ``to_dict()`` gave them."""
        entries: Mapping[str, Any] = self.about["result"]
        return entries

    @property
    def scan(self) -> Scan:
        """The scan, as it was computed.

        Raises
        ------
        NuanomalyError
            If the run is none.
        """
        if "scan" not in self.tables:
            raise NuanomalyError(f"run {self.name!r} is of kind {self.declared['kind']}, no scan")
        return restored(self.tables["scan"], self.result)

    @property
    def how(self) -> str:
        """How it was obtained and what it cost, as a page says it."""
        cpu = self.about.get("cpu_seconds")
        cost = f", {_duration(cpu)} of CPU time" if cpu else ""
        if "above" not in self.result:
            return f"stored {self.declared['kind']}{cost}"
        toys = f"{self.test.toys:,}".replace(",", "\u202f")
        return f"{toys} toys, seed {self.declared.get('seed', 0)}, {self.test.sided}{cost}"


def _duration(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds / 60:.2g} min"


def stored_run(folder: Path, name: str) -> StoredRun:
    """Return the stored result of a run that a comparison's folder declares.

    Raises
    ------
    UnknownNameError
        If it is not declared.
    NuanomalyError
        If its result is not stored, not that of the declaration and the releases, or damaged.
    """
    declared = declared_runs(folder)
    if name not in declared:
        raise UnknownNameError("run", name, declared, f"{folder.name}/{DECLARATION}")
    place = folder / STORED / name
    wrong = trouble(place, declared[name], inputs(declared[name], folder))
    if wrong is not None:
        raise NuanomalyError(
            f"run {name} of comparisons/{folder.name}: {wrong.reason}: "
            f"run `nuanomaly runs {folder.name}` (or `make runs`) and commit what it writes"
        )
    tables, about = read(place)
    return StoredRun(name, declared[name], about, tables)


__all__ = ["StoredRun", "compute", "declared_runs", "inputs", "is_current", "record", "stored_run"]
