"""Time a script on this checkout and on an older commit, alternately: ``make against BASE=… SCRIPT=…``.

The older commit gets a clone of its own below ``build/against``, with the environment that its own Makefile
installs from its own lock. Then the script runs in fresh processes, old, new, old, new, …, so that whatever
else the machine does meets both alike. CPU seconds are compared, of the process and its children.

A script is any Python file. Functions in it that are named ``time_…`` and need no argument are timed one by
one, and what they return is compared: a number, or lists and mappings of numbers. What stands outside them is
set-up. A script without such functions is timed as a whole.
"""

import argparse
import json
import math
import os
import resource
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

#: What a commit's Makefile is asked for: an environment that runs the package.
ENVIRONMENT = ".venv/report.stamp"
#: The name under which a script without functions to time is shown.
WHOLE = "script"
#: One thread of linear algebra, and no archive or module path but the checkout's own.
_SET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
_UNSET = ("NUANOMALY_ARCHIVE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")

Report = Mapping[str, Mapping[str, Any]]


class AgainstError(Exception):
    """What the user can mend, in one sentence.

    Attributes
    ----------
    exit_code : int
        1 if the script or an installation failed, 2 for wrong usage.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Comparison:
    """One timed function on both sides.

    Attributes
    ----------
    name : str
    old, new : tuple of float
        CPU seconds of each round.
    difference : float or None
        The largest difference between numbers returned by both; infinite if they are not alike, None if
        nothing was returned.
    """

    name: str
    old: tuple[float, ...]
    new: tuple[float, ...]
    difference: float | None

    @property
    def ratios(self) -> tuple[float, ...]:
        """Speed of the new side in units of the old, round by round: 2 means half the CPU time."""
        return tuple(a / b if b else math.inf for a, b in zip(self.old, self.new, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison for a file."""
        return {
            "name": self.name,
            "old_seconds": list(self.old),
            "new_seconds": list(self.new),
            "speed": median(self.ratios),
            "speed_range": [min(self.ratios), max(self.ratios)],
            "difference": self.difference,
        }

    def __str__(self) -> str:
        low, high = min(self.ratios), max(self.ratios)
        medians = f"old {median(self.old):.3f} s, new {median(self.new):.3f} s of CPU time"
        speed = f"speed × {median(self.ratios):.3g} ({low:.3g} to {high:.3g})"
        if self.difference is None:
            values = ""
        elif self.difference == 0.0:
            values = "; same values"
        else:
            values = f"; VALUES DIFFER by up to {self.difference:.3g}"
        return f"{self.name}: {medians} (medians of {len(self.old)}); {speed}{values}"


# --- in the process that is timed ---------------------------------------------------------------------------


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def measured(script: Path) -> dict[str, dict[str, Any]]:
    """Run a script; return seconds and returned value of each of its ``time_…`` functions.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     script = Path(folder) / "sums.py"
    ...     _ = script.write_text("def time_sum():\\n    return sum(range(10))\\n")
    ...     measured(script)["sum"]["value"]
    45
    """
    begun = cpu_seconds()
    names = runpy.run_path(str(script))
    whole = cpu_seconds() - begun
    timed: dict[str, Callable[[], Any]] = {
        name.removeprefix("time_"): value
        for name, value in names.items()
        if name.startswith("time_") and callable(value)
    }
    if not timed:
        return {WHOLE: {"seconds": whole, "value": None}}
    report = {}
    for name, function in timed.items():
        begun = cpu_seconds()
        value = function()
        report[name] = {"seconds": cpu_seconds() - begun, "value": plain(value)}
    return report


def plain(value: Any) -> Any:
    """Return numbers, and lists and mappings of them, as JSON knows them; arrays as lists."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [plain(below) for below in value]
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def largest_difference(old: Any, new: Any) -> float:
    """Return the largest difference between numbers at the same place; infinite where shapes or texts differ.

    Examples
    --------
    >>> largest_difference({"a": [1.0, 2.0]}, {"a": [1.0, 2.5]}), largest_difference([1], [1, 2])
    (0.5, inf)
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if old.keys() != new.keys():
            return math.inf
        return max((largest_difference(old[key], new[key]) for key in old), default=0.0)
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return math.inf
        return max((largest_difference(a, b) for a, b in zip(old, new, strict=True)), default=0.0)
    if old == new or (old != old and new != new):  # NaN on both sides is the same
        return 0.0
    if all(isinstance(side, int | float) and math.isfinite(side) for side in (old, new)):
        return float(abs(old - new))
    return math.inf


# --- the two sides ------------------------------------------------------------------------------------------


def command(arguments: Sequence[str], folder: Path, failure: str) -> str:
    """Return what a command prints; AgainstError with the end of what it complained if it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in _UNSET and not k.startswith("GIT_")}
    done = subprocess.run(
        arguments, cwd=folder, env={**environment, **_SET}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise AgainstError(f"{failure}:\n{said}", 1)
    return done.stdout


def resolved(root: Path, base: str) -> str:
    """Return the full name of a commit."""
    try:
        return command(
            ["git", "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"], root, "no commit"
        ).strip()
    except AgainstError:
        raise AgainstError(
            f"there is no commit {base!r} here: give one that `git log` shows (a shallow clone has few)"
        ) from None


def prepared(root: Path, commit: str, python: str) -> Path:
    """Return a checkout of a commit with its environment, made below ``build/against`` if it is not there."""
    folder = root / "build" / "against" / commit[:12]
    if not (folder / ".git").exists():
        source = command(["git", "rev-parse", "--path-format=absolute", "--git-common-dir"], root, "no git")
        folder.parent.mkdir(parents=True, exist_ok=True)
        clone = ["git", "clone", "--quiet", "--local", "--no-checkout", source.strip(), str(folder)]
        command(clone, root, "the older commit cannot be cloned")
    command(
        ["git", "checkout", "--quiet", "--detach", commit], folder, "the older commit cannot be checked out"
    )
    if not (folder / ENVIRONMENT).exists():
        print(
            f"Installing {commit[:12]} into {folder.relative_to(root)} (some minutes, once) ...", flush=True
        )
    failure = f"the environment of {commit[:12]} cannot be installed"
    command(["make", "--silent", ENVIRONMENT, f"PYTHON={python}"], folder, failure)
    return folder


def round_of(checkout: Path, script: Path) -> Report:
    """Run the script once in a fresh process of a checkout's environment."""
    # -P: the script's own folder must not hide the package that is timed
    call = [str(checkout / ".venv/bin/python"), "-P", str(Path(__file__).resolve()), "--measure", str(script)]
    said = command(call, checkout, f"the script fails on {checkout}")
    report: Report = json.loads(said.strip().splitlines()[-1])
    return report


def rounds(old: Path, new: Path, script: Path, count: int) -> Iterator[tuple[Report, Report]]:
    """Yield what both sides measure: old, new, old, new, …"""
    for _ in range(count):
        yield round_of(old, script), round_of(new, script)


def compared(pairs: Sequence[tuple[Report, Report]]) -> list[Comparison]:
    """Return the timed functions that both sides have, in the order of the script.

    Examples
    --------
    >>> pair = {"f": {"seconds": 3.0, "value": 1}}, {"f": {"seconds": 1.5, "value": 1}}
    >>> str(compared([pair])[0])
    'f: old 3.000 s, new 1.500 s of CPU time (medians of 1); speed × 2 (2 to 2); same values'
    """
    first = pairs[0]
    items = []
    for name in (name for name in first[0] if name in first[1]):
        values = [(old[name]["value"], new[name]["value"]) for old, new in pairs]
        nothing = all(value is None for pair in values for value in pair)
        items.append(
            Comparison(
                name,
                tuple(float(old[name]["seconds"]) for old, _ in pairs),
                tuple(float(new[name]["seconds"]) for _, new in pairs),
                None if nothing else max(largest_difference(*pair) for pair in values),
            )
        )
    return items


# --- the command --------------------------------------------------------------------------------------------


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="against", description="Time a script on two commits, alternately.")
    parser.add_argument("script", type=Path, help="a Python file; its functions time_… are timed one by one")
    parser.add_argument("--base", help="the older commit")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs (5)")
    parser.add_argument(
        "--python", default="python3", help="the Python that the older environment is made of"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    result = parser.parse_args(arguments)
    if not result.measure and not result.base:
        parser.error("say which commit to compare with: make against BASE=commit SCRIPT=file")
    if result.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not result.script.is_file():
        parser.error(f"{result.script}: no such file")
    return result


def main(arguments: Sequence[str] | None = None, root: Path | None = None) -> int:
    """Compare, print, and return the exit code."""
    asked = parsed(arguments)
    if asked.measure:
        print(json.dumps(measured(asked.script)))
        return 0
    here = root or Path(__file__).resolve().parent.parent
    try:
        commit = resolved(here, asked.base)
        old = prepared(here, commit, asked.python)
        comparisons = compared(list(rounds(old, here, asked.script.resolve(), asked.rounds)))
    except AgainstError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    if asked.json:
        print(json.dumps({"base": commit, "comparisons": [c.as_dict() for c in comparisons]}, indent=2))
    else:
        print(f"old: {commit[:12]}, new: this checkout")
        print("\n".join(str(comparison) for comparison in comparisons))
    return 0


if __name__ == "__main__":
    sys.exit(main())
