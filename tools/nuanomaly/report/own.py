"""A question of one's own: a folder with a ``comparison.yaml``, outside of the archive.

It may hold a model file, releases of one's own (folders with a ``release.yaml``) and a ``report.py``; all but
title, model and data have defaults, and without ``report.py`` the page is the standard one.
"""

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import document, names, paths
from nuanomaly.archive.amendments import texts_in
from nuanomaly.archive.anomalies import groups
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.references import is_folder
from nuanomaly.archive.validate.structure import text_problem
from nuanomaly.model.registry import model as make_model
from nuanomaly.report import notebook, proofs, provenance, publish, schema
from nuanomaly.report.declaration import FILE, Comparison, DataSet, check_names
from nuanomaly.report.proofs import Progress
from nuanomaly.report.results import Result, unchanged
from nuanomaly.report.workers import pool

#: The folder of the page, in that of the question.
PAGE = "page"
#: What a question without a report of its own runs.
REPORT = """\
# %%
from nuanomaly.report import context

page = context.here()
done = page.standard()
"""
_DEFAULTS: Mapping[str, Any] = {
    "schema": "1",
    "summary": "",
    "anomalies": [],
    "statistics": {
        "confidence_levels": [0.90, 0.99],
        "regions": "Wilks' theorem, 2 degrees of freedom (1 where one parameter is shown)",
        "significance": "Wilks' theorem, two-sided; stored toys beside it where there are any",
    },
    "thumbnail": "regions",
    "expectations": [],
}
#: Points of an axis whose range is the model's own.
_POINTS = 61


def is_own(folder: Path) -> bool:
    """Say whether a folder is a question outside of the checkout's ``comparisons``."""
    root = paths.checkout()
    return root is None or folder.resolve().parent != (root / "comparisons").resolve()


def read(folder: Path) -> Comparison:
    """Return the question in a folder, what is left out filled in and its releases resolved.

    Raises
    ------
    NuanomalyError
        With file and place, if ``comparison.yaml`` is not what ``schemas/question.schema.json`` asks for.
    UnknownNameError
        For data or a model that do not exist.
    """
    file = folder / FILE
    if not file.is_file():
        raise NuanomalyError(f"{folder} holds no {FILE}: write the question there (title, model, datasets)")
    declared = document.bounded(file)
    schema.check(declared, "question", str(file))
    for text in texts_in(declared):
        if problem := text_problem(text):
            raise NuanomalyError(f"{file}: {problem[1]}: remove it")
    name = str(declared.get("name", folder.name))
    if not names.NAME.fullmatch(name):
        raise NuanomalyError(
            f"{file}: say `name:`, as the folder's ({name!r}) is not of small letters, digits and -"
        )
    metadata = {**_DEFAULTS, "question": declared["title"], **declared, "name": name}
    own: dict[str, Path] = {}
    datasets = {
        key: DataSet(
            key,
            entry.get("title", key),
            tuple(id for text in entry["releases"] for id in _resolved(text, folder, own)),
            entry.get("mode"),
            entry.get("model", declared["model"]),
        )
        for key, entry in declared["datasets"].items()
    }
    shown = tuple(id for text in declared.get("also_shown", ()) for id in _resolved(text, folder, own))
    metadata["datasets"] = {
        key: {**declared["datasets"][key], "title": d.title, "releases": list(d.releases)}
        for key, d in datasets.items()
    }
    comparison = Comparison(name, folder, metadata, datasets, shown, own)
    if "parameters" not in metadata:
        metadata["parameters"] = _parameters(comparison)
    if "key_numbers" not in metadata:
        metadata["key_numbers"] = _key_numbers(metadata)
    return comparison


def _resolved(text: str, folder: Path, own: dict[str, Path]) -> list[str]:
    """Return the releases that a text names as ``NAME@VERSION``; places of one's own are noted."""
    if not is_folder(text):
        return [load(member).id for member in groups().get(text, (text,))]
    place = (folder / text).resolve()
    release = load(f"{place}/")
    if release.private:
        own[release.id] = place
    return [release.id]


def _parameters(comparison: Comparison) -> dict[str, Any]:
    """Return the ranges that a model itself gives its free parameters.

    Raises
    ------
    NuanomalyError
        If it gives none.
    """
    reference = comparison.model_reference(str(comparison.metadata["model"]))
    free = [p for p in make_model(reference).parameters if p.default is None]
    without = [p.name for p in free if p.scan is None]
    if without or not free:
        raise NuanomalyError(
            f"{comparison.folder / FILE}: the model gives no range of "
            f"{', '.join(without) or 'any parameter'}: say `parameters: "
            "{NAME: {low: …, high: …, points: …, scale: log}}`"
        )
    return {
        p.name: {"low": p.scan[0], "high": p.scan[1], "points": _POINTS, "scale": "log" if p.log else "lin"}
        for p in free
        if p.scan is not None
    }


def _key_numbers(metadata: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the number that stands at the top of a page: the p-value of the test, if there is one."""
    from nuanomaly.archive.comparisons import tested

    if tested(metadata):
        return [{"key": "pg.p_value", "label": "p-value of compatibility (PG)"}]
    return [
        {"key": f"{key}.minimum", "label": f"smallest value, {entry['title']}"[:60], "format": "{:.1f}"}
        for key, entry in list(metadata["datasets"].items())[:8]
    ]


def build(
    folder: Path,
    force: bool = False,
    out: Path | None = None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Build the page of a question of one's own, into ``page`` in its folder unless another is named.

    Raises
    ------
    NuanomalyError, UnknownNameError
        As :func:`read`.
    """
    begun, say = time.monotonic(), progress or (lambda line: None)
    comparison = read(folder.resolve())
    check_names(comparison)
    target = out or folder / PAGE
    # those of the archive are recomputed for its own site
    private = [release for release in comparison.releases() if release.private]
    with pool(workers) as processes:
        rows = proofs.recompute(private, target / "benchmarks", processes, force, say)
    made_from = provenance.provenance(comparison)
    inputs = provenance.fingerprint([made_from, rows])
    document = None if force else unchanged(target, inputs)
    state = "unchanged" if document else "built"
    if document is None:
        say(f"{comparison.name}: running")
        document = _run(comparison, rows, made_from, inputs, target)
    return Result(
        comparison.name,
        state,
        document["status"] == "ok",
        tuple(document["problems"]),
        (document["verdict"] or {}).get("sentence", ""),
        target / "report.html",
        time.monotonic() - begun,
    )


def _run(
    comparison: Comparison,
    rows: Mapping[str, proofs.Rows],
    made_from: dict[str, Any],
    inputs: str,
    target: Path,
) -> dict[str, Any]:
    """Run the report, or the standard one, and write the files of the page."""
    with tempfile.TemporaryDirectory(prefix="nuanomaly-") as scratch:
        script = comparison.notebook
        if not script.is_file():
            script = Path(scratch) / script.name
            script.write_text(REPORT, "utf-8")
        executed = notebook.execute(script, comparison.folder)
        new = Path(scratch) / "new"
        document = publish.write(comparison, executed, rows, made_from, inputs, new, alone=True)
        if (target / "figures").is_dir():
            shutil.rmtree(target / "figures")
        target.mkdir(parents=True, exist_ok=True)
        shutil.copytree(new, target, dirs_exist_ok=True)
    return document
