"""Recompute the published numbers that releases declare, and compare them."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release, folders, places, read
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.processes import pool


def kinds() -> list[str]:
    """Return the kinds of benchmark that exist.

    Examples
    --------
    >>> {"value", "best-fit"} <= set(kinds())
    True
    """
    folder = Path(__file__).with_name("benchmark")
    return sorted(f.stem.replace("_", "-") for f in folder.glob("[a-z]*.py"))


def recompute(config: Mapping[str, Any], release: Release) -> float | bool:
    """Return the number that a ``compute`` declaration describes.

    Raises
    ------
    UnknownNameError
        For an unknown kind.
    """
    kind = str(config.get("kind"))
    if kind not in kinds():
        raise UnknownNameError("benchmark kind", kind, kinds(), release.id)
    module = import_module(f"nuanomaly.inference.benchmark.{kind.replace('-', '_')}")
    compute: Callable[[Mapping[str, Any], Release], float | bool] = module.compute
    return compute(config, release)


def row(entry: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """Return one benchmark recomputed.

    An error inside it does not stop the others: ``recomputed`` is then None, ``ok`` False and ``reason`` says
    why; so for one of a draft whose numbers are still to be filled in.
    """
    numbers = {key: entry.get(key) for key in ("expected", "tolerance", "uncertainty")}
    expected, tolerance = entry["expected"], entry.get("tolerance")
    recomputed: float | bool | None = None
    reason = ""
    if left := [key for key, value in numbers.items() if isinstance(value, str)]:
        reason = f"{' and '.join(left)} of a draft: still to be filled in"
        tolerance = None
    else:
        try:
            recomputed = recompute(entry["compute"], release)
        except Exception as error:  # whatever goes wrong in one benchmark is its result
            reason = _reason(error, release)
    return {
        "release": release.id,
        "id": entry["id"],
        "quantity": entry["quantity"],
        "kind": entry["kind"],
        "expected": expected,
        "uncertainty": None if isinstance(entry.get("uncertainty"), str) else entry.get("uncertainty"),
        "recomputed": recomputed,
        "tolerance": tolerance,
        "tolerance_source": entry.get("tolerance_source", ""),
        "ok": recomputed is not None and agrees(recomputed, expected, tolerance),
        "source": entry["source"],
        "reason": reason,
    }


def _reason(error: Exception, release: Release) -> str:
    """Return why a benchmark cannot be computed; of a name that a draft has wrong, with its line."""
    if release.state == "draft" and isinstance(error, UnknownNameError):
        error = release.misdeclared(error, error.name)
    return str(error) if isinstance(error, NuanomalyError) else f"{type(error).__name__}: {error}"


def agrees(recomputed: float | bool, expected: float | bool, tolerance: float | None) -> bool:
    """Say whether a number is within its tolerance; truth values must be equal.

    Examples
    --------
    >>> agrees(14.88, 14.85, 0.05), agrees(14.95, 14.85, 0.05), agrees(True, True, None)
    (True, False, True)
    """
    if isinstance(expected, bool) or isinstance(recomputed, bool):
        return recomputed is expected
    # a difference that is the tolerance as printed must not fail by the last bit
    return abs(recomputed - expected) <= (tolerance or 0.0) * (1.0 + 1e-12)


def of_release(release: Release) -> list[dict[str, Any]]:
    """Return all benchmarks of a release, recomputed."""
    return [row(entry, release) for entry in release.metadata.get("benchmarks", ())]


def every_release() -> list[Release]:
    """Return every release that is at hand and not retracted, the checkout's before a fetched copy."""
    entries: dict[str, Release] = {}
    for place in places():
        for versions in folders(place).values():
            for folder in versions.values():
                release = read(folder)
                if release.state != "retracted":
                    entries.setdefault(release.id, release)
    return list(entries.values())


def benchmarks(
    names: str | Iterable[str] | None = None, *, workers: int = 1, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Return the benchmarks of releases, recomputed.

    Parameters
    ----------
    names : str or several, optional
        Releases; every one at hand if left out.
    workers : int
        How many processes; the releases are shared out among them.
    progress : callable, optional
        Called with how many releases are done, and how many there are.

    Returns
    -------
    list of dict
        ``release``, ``id``, ``quantity``, ``kind`` (``published`` or ``reference``), ``expected``,
        ``uncertainty``, ``recomputed``, ``tolerance``, ``tolerance_source``, ``ok``, ``source``, ``reason``
        (why it could not be computed).

    Raises
    ------
    UnknownNameError
        For an unknown release.
    LostError
        If a process was killed.
    """
    wanted = [names] if isinstance(names, str) else names
    releases = every_release() if wanted is None else [load(name) for name in wanted]
    rows: list[dict[str, Any]] = []
    folders_ = [str(release.folder) for release in releases]
    for k, items in enumerate(_mapped(folders_, workers), 1):
        rows.extend(items)
        if progress is not None:
            progress(k, len(releases))
    return rows


def _of_folder(folder: str) -> list[dict[str, Any]]:
    return of_release(read(Path(folder)))


def _mapped(folders: list[str], workers: int) -> Iterable[list[dict[str, Any]]]:
    if workers <= 1 or len(folders) <= 1:
        yield from map(_of_folder, folders)
        return
    with pool(workers) as processes:
        for rows in [processes.submit(_of_folder, folder) for folder in folders]:
            yield rows.result()
