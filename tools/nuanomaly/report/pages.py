"""Build the pages of comparisons and the site around them; what has not changed is not built again."""

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmarks import every_release
from nuanomaly.report import declaration, notebook, proofs, provenance, publish, site, standing
from nuanomaly.report.declaration import Comparison
from nuanomaly.report.explorer import page as explorer
from nuanomaly.report.portrait import store as pictures
from nuanomaly.report.proofs import Progress
from nuanomaly.report.results import Result, unchanged
from nuanomaly.report.workers import pool

WORKERS = 2


def build(
    names: Sequence[str] | None = None,
    force: bool = False,
    out: Path | None = None,
    *,
    workers: int = WORKERS,
    progress: Progress | None = None,
    since: Path | None = None,
) -> list[Result]:
    """Build comparisons, and the site with a page for every anomaly, release and model.

    Parameters
    ----------
    names : sequence of str, optional
        Comparisons to build; all if left out.
    force : bool
        Build also what has not changed.
    out : pathlib.Path, optional
        ``build/site`` of the checkout if left out.
    workers : int
        How many processes work at the same time.
    progress : callable, optional
        Told what happens, one line at a time.
    since : pathlib.Path, optional
        A built site: the page of what moved compares with it.

    Returns
    -------
    list of Result
        In the order of the names. A page is written even if an expectation is not met: it says so.

    Raises
    ------
    NuanomalyError
        Outside a checkout, or for a ``comparison.yaml`` that is not what its schema asks for, or names what
        does not exist.
    UnknownNameError
        For a comparison that does not exist.
    """
    chosen = declaration.comparisons(list(names) if names else None)
    for comparison in chosen:
        declaration.check_names(comparison)
    target = out or declaration.root() / "build" / "site"
    made_from = "" if names else standing.inputs(declaration.root())
    say = progress or (lambda line: None)
    used = {release.id: release for comparison in chosen for release in comparison.releases()}
    wanted: list[Release] = list(used.values()) if names else every_release()
    shown = wanted if names else site.releases()
    with pool(workers) as processes, ThreadPoolExecutor(workers) as attendants:
        rows = proofs.recompute(wanted, target / "benchmarks", processes, force, say)
        running = [attendants.submit(_one, comparison, rows, target, force, say) for comparison in chosen]
        # after the pages, so that both processes have work to the end
        tables = [] if names else explorer.tables(processes)
        portraits = pictures.to_draw(shown, target / pictures.FOLDER, processes, force)
        rest = [attendants.submit(task) for task in (*tables, *portraits)]
        results = [page.result() for page in running]
        for task in rest:
            task.result()
        related = None if names else attendants.submit(explorer.relate, processes)
        site.write(target, rows, since)
        if related is not None and related.result():
            explorer.write(target, say)
    if not names:
        standing.keep(declaration.root(), target, made_from, results)
    return results


def _one(
    comparison: Comparison, rows: Mapping[str, proofs.Rows], target: Path, force: bool, say: Progress
) -> Result:
    begun = time.monotonic()
    folder = target / "comparisons" / comparison.name
    made_from = provenance.provenance(comparison)
    proven = {id: rows[id] for id in comparison.pinned if id in rows}
    inputs = provenance.fingerprint([made_from, proven])
    document = None if force else unchanged(folder, inputs)
    state = "unchanged" if document else "built"
    if document is None:
        say(f"{comparison.name}: running")
        try:
            document = _build(comparison, proven, made_from, inputs, folder, say)
        except NuanomalyError as error:  # of one page; the others are still built
            document = {"status": "error", "problems": [f"{comparison.name}: {error}"], "verdict": None}
    finished = Result(
        comparison.name,
        state,
        document["status"] == "ok",
        tuple(document["problems"]),
        (document["verdict"] or {}).get("sentence", ""),
        folder / "report.html",
        time.monotonic() - begun,
    )
    say(f"{comparison.name}: {state}{'' if finished.ok else ', NOT as expected'} ({finished.seconds:.0f} s)")
    return finished


def _build(
    comparison: Comparison,
    rows: Mapping[str, proofs.Rows],
    made_from: dict[str, Any],
    inputs: str,
    folder: Path,
    say: Progress,
) -> dict[str, Any]:
    """Run a report and put its files in place all at once."""
    executed = notebook.execute(comparison.notebook)
    for slow in executed.slow:
        say(
            f"{comparison.name}: {slow['seconds']:.0f} s of CPU time for what could be a stored run: declare "
            f"it in comparisons/{comparison.name}/runs.yaml by a name of yours, then `nuanomaly runs "
            f"{comparison.name}/NAME`:\n  NAME: {slow['run']}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        new = Path(scratch) / "new"
        document = publish.write(comparison, executed, rows, made_from, inputs, new)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        shutil.move(new, folder)
    return document
