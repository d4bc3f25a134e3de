"""What a page computes, or takes from its stored runs: fits, scans and tests of data against each other.

What takes longer than a few seconds is a stored run (`runs.yaml`): the page then is built in no time, and
anybody can do the run again. A page needs no word for it: the run that declares the very question is taken.
What is computed and takes long is told to the build, as it would stand in `runs.yaml`.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.answers import (
    Kind,
    asks,
    declaration,
    stored_ablation,
    stored_comparison,
    stored_fit,
    stored_scan,
)
from nuanomaly.inference.question import Question
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.report.notebook import SLOW

#: What takes more seconds of CPU time is to be a stored run.
LIMIT = 5.0
_RESTORE: dict[Kind, Callable[[Question, StoredRun], Any]] = {
    "fit": stored_fit,
    "scan": stored_scan,
    "comparison": stored_comparison,
    "ablation": stored_ablation,
}
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Answers:
    """The stored fits, scans and comparisons of a page.

    Attributes
    ----------
    folder : pathlib.Path
        The comparison's, which holds ``runs.yaml``.
    used : dict
        The runs that answered something, by name.
    """

    folder: Path
    used: dict[str, StoredRun] = field(default_factory=dict)

    @cached_property
    def declared(self) -> dict[str, Any]:
        """The runs that may answer a question, as they are declared."""
        return {name: run for name, run in declared_runs(self.folder).items() if run.get("kind") in _RESTORE}

    def answer(self, what: Question, kind: Kind, compute: Callable[[], _T]) -> _T:
        """Return the stored answer to a question, or the computed one if no run declares it.

        Raises
        ------
        NuanomalyError
            If the run is not stored, is of other data or of another likelihood, or is damaged.
        """
        name = self._named(what, kind)
        if name is not None:
            self.used[name] = stored_run(self.folder, name)
            stored: _T = _RESTORE[kind](what, self.used[name])
            return stored
        begun = time.process_time()
        result = compute()
        spent = time.process_time() - begun
        if spent > LIMIT:
            _tell(what, kind, spent)
        return result

    def _named(self, what: Question, kind: Kind) -> str | None:
        if not self.declared:
            return None
        asked = declaration(what, kind)
        return next((name for name, run in self.declared.items() if asks(run, asked)), None)


def _tell(what: Question, kind: Kind, seconds: float) -> None:
    """Tell the build what took long, and how a run that stores it is declared."""
    from IPython.display import display

    declared = declaration(what, kind)
    said = json.dumps(declared, ensure_ascii=False) if declared else "(of its own: it cannot be declared)"
    display({SLOW: {"seconds": seconds, "run": said}}, raw=True)  # type: ignore[no-untyped-call]
