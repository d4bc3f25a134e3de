"""Long runs that are declared as data, so that anybody can do them again: ``runs.yaml`` of a comparison.

Each run has a name and a kind. A kind is described once, in its module: the class ``Options`` says what may
be declared of it, ``compute`` does it (``make kinds`` writes the schema that validation reads, and the
manual). A model file is named from the folder of ``runs.yaml``, and its sha256 is stored with the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import fields
from nuanomaly.archive.runs import DECLARATION, STORED, check_keys, declared_runs, inputs, trouble
from nuanomaly.inference.fit import Fit
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_files import read, write
from nuanomaly.inference.run_result import RunResult, Tabled
from nuanomaly.inference.scan import Scan, restored
from nuanomaly.inference.toys import ToyTest
from nuanomaly.inference.workers import Placement

if TYPE_CHECKING:
    import pandas as pd

#: Kinds that are described elsewhere than in a file of their name in ``run_kinds``.
_ELSEWHERE: Mapping[str, str] = {
    "point": "point_verdicts",
    "comparison-by-mode": "mode_pairs",
    "separable-tensions": "tensions",
    "global-tension": "global_fit.run",
    "global-truths": "global_fit.truths",
    "global-left-out": "global_fit.left_out",
    "global-data": "global_fit.observed",
    "global-choices": "global_fit.choices",
    "global-region": "global_fit.regions",
    "global-held": "global_fit.held",
}


def kinds() -> list[str]:
    """Return the kinds of runs.

    Examples
    --------
    >>> {"fit", "significance", "global-tension"} <= set(kinds())
    True
    """
    folder = Path(__file__).with_name("run_kinds")
    return sorted([*_ELSEWHERE, *(f.stem.replace("_", "-") for f in folder.glob("[a-z]*.py"))])


def module(kind: str) -> ModuleType:
    """Return the module that describes a kind and computes its runs.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    if kind not in kinds():
        raise UnknownNameError("kind of run", kind, kinds())
    place = _ELSEWHERE.get(kind) or f"run_kinds.{kind.replace('-', '_')}"
    return import_module(f"nuanomaly.inference.{place}")


def compute(
    declared: Mapping[str, Any], placement: Placement | None = None, progress: Progress | None = None
) -> Tabled:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown kind or key.
    NuanomalyError
        For a key that is missing.
    """
    own = module(str(declared.get("kind")))
    check_keys(declared, ("kind", *fields(own.Options)))
    for key in sorted(own.Options.__required_keys__):
        if key not in declared:
            raise NuanomalyError(f"a run of kind {declared['kind']} needs {key!r}: declare it")
    result: Tabled = own.compute(declared, placement, progress)
    return result


def record(
    folder: Path,
    declared: Mapping[str, Any],
    result: Tabled,
    cpu_seconds: float | None = None,
) -> Path:
    """Write a result with its declaration, and its tables.

    Parameters
    ----------
    cpu_seconds : float, optional
        What the run took, all processes together; two digits of it are kept.
    """
    made_from = inputs(declared, _home(folder))
    about: dict[str, Any] = {"run": dict(declared), "inputs": made_from, "result": result.to_dict()}
    if cpu_seconds is None and isinstance(result, RunResult | Fit):
        cpu_seconds = result.cpu_seconds  # its pieces know what each of them took
    if cpu_seconds is not None:
        about["cpu_seconds"] = float(f"{cpu_seconds:.2g}")
    return write(folder, result.tables(), about)


def _home(stored: Path) -> Path:
    """Return the folder of the comparison whose result is stored there."""
    return stored.parents[1]


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
