"""Kernels are copies of a server that has imported what pages need: quick, fresh, and gone with it."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nuanomaly.report import kernels, notebook

pytestmark = pytest.mark.skipif(not kernels.COPIES, reason="kernels are commands there")
RESULT = (
    "from IPython.display import display\n"
    f"display({{{notebook.RESULT!r}: {{'x': {{'value': VALUE}}}}}}, raw=True)\n"
)


def value(folder: Path, code: str, said: str) -> object:
    """What a page of this code says."""
    script = folder / "report.py"
    script.write_text(f"# %%\n{code}\n{RESULT.replace('VALUE', said)}", "utf-8")
    executed = notebook.execute(script)
    assert executed.error == ""
    return executed.results["x"]["value"]


def test_what_pages_need_is_there_before_they_ask(tmp_path: Path) -> None:
    there = "[m in sys.modules for m in ('nuanomaly.report.context', 'matplotlib.backends.backend_svg')]"
    assert value(tmp_path, "import sys", there) == [True, True]


def test_each_page_has_a_process_in_which_nothing_has_run(tmp_path: Path) -> None:
    code = "import os, numpy\nbefore = getattr(numpy, 'marked', False)\nnumpy.marked = True"
    first, second = (value(tmp_path, code, "[before, os.getpid()]") for _ in range(2))
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[0] is second[0] is False
    assert first[1] != second[1]


def test_a_page_has_its_folder_its_name_and_the_variables_of_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value(tmp_path, "", "1")  # the server runs before the variable is set
    monkeypatch.setenv("NUANOMALY_TRIED", "yes")
    said = "[os.getcwd(), __name__, os.environ['NUANOMALY_TRIED'], os.environ['OMP_NUM_THREADS'], hash('a')]"
    once = value(tmp_path, "import os", said)
    assert isinstance(once, list)
    assert once[:4] == [str(tmp_path), "__main__", "yes", "1"]
    assert value(tmp_path, "import os", said) == once


def test_a_page_that_ends_its_process_is_given_up_in_a_sentence(tmp_path: Path) -> None:
    script = tmp_path / "report.py"
    script.write_text("# %%\nimport os\n\n# %%\nos._exit(3)\n", "utf-8")
    assert notebook.execute(script).error == "cell 2 of report.py ended its Python process (memory?)"


def test_kernels_end_with_what_started_them(tmp_path: Path) -> None:
    script, told = tmp_path / "report.py", tmp_path / "pid"
    script.write_text(
        "# %%\nimport os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(600)\n",
        "utf-8",
    )
    code = (
        "from pathlib import Path; from nuanomaly.report import notebook; "
        f"notebook.execute(Path({str(script)!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as build:
        _until(lambda: told.is_file() and told.read_text("utf-8") != "")
        kernel = int(told.read_text("utf-8"))
        build.kill()
    _until(lambda: not kernels.lives(kernel))


def _until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
