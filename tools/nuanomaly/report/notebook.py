"""Run ``report.py`` as a notebook, in a fresh kernel of the Python that runs this.

No kernel needs to be installed, no profile of the reader is loaded, and nothing that depends on the clock is
kept: the same inputs give the same notebook. Numbers and verdicts that the report records travel in the
outputs of its cells, under media types of their own.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.inference.notebooks import SWITCH
from nuanomaly.report import kernels, threads

if TYPE_CHECKING:
    from nbformat import NotebookNode

RESULT = "application/vnd.nuanomaly.result+json"
VERDICT = "application/vnd.nuanomaly.verdict+json"
FIGURE = "application/vnd.nuanomaly.figure+json"
#: A file that stands beside the page: the numbers behind a figure or a table.
FILE = "application/vnd.nuanomaly.file+json"
#: What took so long that it is to be a stored run; nothing of it stands on the page.
SLOW = "application/vnd.nuanomaly.slow+json"

#: Seconds a cell may take before the report is given up.
TIMEOUT = 1200
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: The file a kernel makes of a cell, in a warning: it has the number of the process in its name.
_KERNEL_FILE = re.compile(r"\S*ipykernel_\d+\S*?\.py:\d+:")


@dataclass
class Executed:
    """An executed notebook and what it recorded.

    Attributes
    ----------
    notebook : NotebookNode
    results : dict
        ``{key: {"value", "unit", "meaning", "method"}}``
    verdict : dict or None
        ``{"word", "sentence"}``
    figures : dict of str to str
        ``<svg>`` element by name.
    files : dict of str to str
        Content of the files that stand beside the page, by their place.
    error : str
        Why it did not run to its end; empty if it did.
    slow : list of dict
        ``{"seconds", "run"}`` of what took long: CPU time, and the declaration of a run that would store it.
    """

    notebook: "NotebookNode"
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdict: dict[str, str] | None = None
    figures: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    error: str = ""
    slow: list[dict[str, Any]] = field(default_factory=list)


def read(script: Path) -> "NotebookNode":
    """Return a jupytext percent script as a notebook with cell ids that do not change."""
    import jupytext

    notebook: NotebookNode = jupytext.read(script, fmt="py:percent")
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{number:03d}"
    notebook.metadata = type(notebook.metadata)(
        {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    return notebook


def execute(script: Path, folder: Path | None = None) -> Executed:
    """Run a script, in its own folder unless another is named, and return the notebook.

    An error in a cell ends it and is reported, not raised.
    """
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook, error = read(script), ""
    begun: list[int] = []
    with tempfile.TemporaryDirectory(prefix="nuanomaly-") as scratch:
        try:
            asyncio.run(_run(notebook, folder or script.parent, Path(scratch), begun))
        except CellExecutionError as failure:
            error = f"{_cell(begun)} of {script.name} failed: {failure.ename}: {_first_line(failure.evalue)}"
        except CellTimeoutError:
            error = f"{_cell(begun)} of {script.name} took longer than {TIMEOUT} s: it was given up"
        except DeadKernelError:
            error = f"{_cell(begun)} of {script.name} ended its Python process (memory?)"
    return _collect(notebook, error)


async def _run(notebook: "NotebookNode", where: Path, scratch: Path, begun: list[int]) -> None:
    """Execute the cells, and note the place of each that is begun."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class OwnKernel(AsyncKernelManager):
        """The kernel of this very interpreter, whatever kernels the reader has installed."""

        def _kernel_spec_manager_default(self) -> KernelSpecManager:
            return KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)

    # sockets in a folder of our own where there are such: nothing listens on a port
    channel = {} if os.name == "nt" else {"transport": "ipc"}
    manager = OwnKernel(kernel_name="python3", connection_file=str(scratch / "kernel.json"), **channel)
    client = NotebookClient(
        notebook,
        km=kernels.served(manager),
        timeout=TIMEOUT,
        record_timing=False,
        store_widget_state=False,
        on_cell_execute=lambda cell, cell_index: begun.append(cell_index),
        resources={"metadata": {"path": str(where)}},
    )
    await client.async_execute(env=_environment(scratch), cleanup_kc=True)


def _environment(scratch: Path) -> dict[str, str]:
    """Return the variables of a kernel: no profile of the reader's, one thread, no hash randomisation."""
    own = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        SWITCH: "off",  # bars of progress would stand on the page
        **threads.SINGLE,
    }
    return {**os.environ, **own}


def _cell(begun: Sequence[int]) -> str:
    """Return which cell was last begun, as a reader counts them."""
    return f"cell {begun[-1] + 1}" if begun else "the first cell"


def _first_line(text: str) -> str:
    lines = _ANSI.sub("", text).strip().splitlines()
    return lines[0] if lines else ""


def _collect(notebook: "NotebookNode", error: str) -> Executed:
    """Take what was recorded out of the outputs, and what depends on the run out of the notebook."""
    executed = Executed(notebook, error=error)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        kept = []
        for output in cell.outputs:
            if output.output_type == "error":
                output.traceback = [_ANSI.sub("", line) for line in output.traceback]
            if output.output_type == "stream":
                output.text = _KERNEL_FILE.sub("report.py:", output.text)
            if not _take(executed, output):
                kept.append(output)
        cell.outputs = kept
    return executed


def _take(executed: Executed, output: "NotebookNode") -> bool:
    """Take a record out of an output; say whether nothing is left to show."""
    data = output.get("data", {})
    if RESULT in data:
        for key, record in data.pop(RESULT).items():
            executed.results[key] = dict(record)
    if VERDICT in data:
        executed.verdict = dict(data.pop(VERDICT))
        data.pop("text/html", None)  # it stands at the top of the page
    if SLOW in data:
        executed.slow.append(dict(data.pop(SLOW)))
    if FILE in data:
        executed.files.update(data.pop(FILE))
    if FIGURE in data:
        name = data.pop(FIGURE)["name"]
        html = data["text/html"]
        executed.figures[name] = html[html.index("<svg") : html.index("</svg>") + 6]
    return "data" in output and not data
