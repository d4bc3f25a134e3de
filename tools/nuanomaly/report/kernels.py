"""Kernels that begin with everything imported that pages need.

Importing is two seconds of every page. A server does it once, and each kernel is a copy (a fork) of it: a
fresh process, in which nothing of another page has run. The server has one thread, so that its forks are
safe; it ends when the process that started it does, and its kernels with it. Where a system cannot fork, a
kernel is a command, as elsewhere.
"""

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

#: What every page would import itself, some of it only where it is first needed.
_IMPORTED = (
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_svg",
    "matplotlib_inline.backend_inline",
    "nuanomaly.report.context",
    "nuanomaly.report.figures",
)
#: Whether kernels are copies of a server: libraries of macOS cannot rely on a fork.
COPIES = hasattr(os, "fork") and sys.platform != "darwin"
#: Seconds between two looks at whether a kernel has ended.
_GLANCE = 0.02
_ASKING = threading.Lock()


def served(manager: "AsyncKernelManager") -> "AsyncKernelManager":
    """Return a manager that starts its kernel as a copy of the server, where that can be."""
    if not COPIES:
        return manager
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    class Copied(LocalProvisioner):
        """A kernel that is a copy of the server."""

        @property
        def has_process(self) -> bool:
            return self.pid is not None

        async def launch_kernel(self, cmd: Sequence[str], **options: Any) -> Any:
            self.pid = await asyncio.to_thread(_copy, cmd, options["env"], options["cwd"])
            return self.connection_info

        async def poll(self) -> int | None:
            return None if self.pid is not None and lives(self.pid) else 0

        async def wait(self) -> int | None:
            while self.pid is not None and lives(self.pid):
                await asyncio.sleep(_GLANCE)
            self.pid = None
            return 0

        async def send_signal(self, signum: int) -> None:
            if self.pid is not None and lives(self.pid):
                os.kill(self.pid, signum)

        async def kill(self, restart: bool = False) -> None:
            await self.send_signal(signal.SIGKILL)

        async def terminate(self, restart: bool = False) -> None:
            await self.send_signal(signal.SIGTERM)

    manager.provisioner = Copied(parent=manager, kernel_spec=manager.kernel_spec)
    return manager


def lives(process: int) -> bool:
    """Say whether a kernel runs: of one that has ended nothing is left, as the server sees to it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _copy(command: Sequence[str], variables: Mapping[str, str], folder: str) -> int:
    """Ask the server for a kernel, and return its process."""
    asked = json.dumps({"arguments": _arguments(command), "variables": dict(variables), "folder": folder})
    with _ASKING:
        server = _server(variables["PYTHONHASHSEED"])
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{asked}\n")
        server.stdin.flush()
        return int(server.stdout.readline())


def _arguments(command: Sequence[str]) -> list[str]:
    """Return the arguments of a kernel's command, which is ``python -m ipykernel_launcher …``.

    Examples
    --------
    >>> _arguments(["python", "-m", "ipykernel_launcher", "-f", "kernel.json"])
    ['-f', 'kernel.json']
    """
    return list(command[command.index("-m") + 2 :])


@lru_cache(maxsize=1)
def _server(seed: str) -> "subprocess.Popen[str]":
    """Return the server of this process, started when it is first asked for."""
    from nuanomaly.report import threads

    command = [sys.executable, "-c", "from nuanomaly.report.kernels import serve; serve()"]
    variables = {**os.environ, **threads.SINGLE, "PYTHONHASHSEED": seed}
    server = subprocess.Popen(
        command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    atexit.register(_end, server)
    return server


def _end(server: "subprocess.Popen[str]") -> None:
    """Let the server end."""
    with server:  # closes its streams, which ends it, and waits
        pass


def serve() -> None:
    """Answer each line of the standard input with the number of a process that is the kernel it asks for."""
    for name in _IMPORTED:
        import_module(name)
    from nuanomaly.archive import units

    units.registry()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a kernel itself prints is no answer
    signal.signal(signal.SIGCHLD, _forget)
    for line in sys.stdin:
        asked = json.loads(line)
        process = os.fork()
        if process == 0:
            answers.close()
            _be_kernel(**asked)
        answers.write(f"{process}\n")
        answers.flush()


def _forget(number: int, frame: Any) -> None:
    """Take notice of all kernels that have ended, so that their CPU time is counted and nothing is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _be_kernel(arguments: list[str], variables: dict[str, str], folder: str) -> None:
    """Be a kernel to the end of this process."""
    from ipykernel.kernelapp import launch_new_instance

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    status = 1
    try:
        # it ends when the server does
        launch_new_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
        status = 0
    finally:
        os._exit(status)
