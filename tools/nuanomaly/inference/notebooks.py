"""Progress in Jupyter: a bar below the cell while a question takes its time, nothing anywhere else."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from time import monotonic
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Set to ``off``, no bars are shown: notebooks that are executed to be read hold none.
SWITCH = "NUANOMALY_PROGRESS"
#: Seconds before a bar appears, and between two of its states.
_PATIENCE, _PAUSE = 0.5, 0.1


def shown_in_notebooks(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Make a function that takes ``progress`` show a bar in a notebook, unless it is given one.

    A function that passes further keywords on (``**settings``) counts as one that takes it.
    """
    kinds = {p.name: p.kind.name for p in signature(function).parameters.values()}
    if "progress" not in kinds and "VAR_KEYWORD" not in kinds.values():
        return function

    @wraps(function)
    def called(*args: _P.args, **keywords: _P.kwargs) -> _T:
        if keywords.get("progress") is not None or not _in_notebook():
            return function(*args, **keywords)
        with _bar(function.__name__) as progress:
            keywords["progress"] = progress
            return function(*args, **keywords)

    return called


def _in_notebook() -> bool:
    """Say whether this is the kernel of a notebook whose reader wants to see bars."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    kernel = running is not None and "IPKernelApp" in running.config
    return kernel and os.environ.get(SWITCH) != "off"


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows what is done of what there is; what it showed is taken away at the end."""
    from IPython import display as ipython

    html: Any = ipython.HTML
    display: Any = ipython.display

    began = latest = monotonic()
    handle: Any = None

    def progress(done: int, total: int) -> None:
        nonlocal handle, latest
        now = monotonic()
        if now - began < _PATIENCE or now - latest < _PAUSE:
            return
        latest = now
        bar = html(
            f'{name.replace("_", " ")} <progress value="{done}" max="{total}"></progress> {done} of {total}'
        )
        if handle is None:
            handle = display(bar, display_id=True)
        else:
            handle.update(bar)

    try:
        yield progress
    finally:
        if handle is not None:
            handle.update(html(""))
