"""An executed report → ``report.html``, ``result.json``, ``provenance.json`` and its figures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from nuanomaly.archive.cite import cite
from nuanomaly.archive.release import Release
from nuanomaly.report import claims, expectations, proofs, provenance, render, schema, words
from nuanomaly.report.declaration import Comparison
from nuanomaly.report.drawing import standalone
from nuanomaly.report.expectations import Verified
from nuanomaly.report.notebook import Executed
from nuanomaly.report.verdicts import probability

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: How the key of a p-value ends: all of them are written in one way.
P_VALUE = ".p_value"
#: From a comparison's page to the start page.
UP = "../../"


def result(
    comparison: Comparison, executed: Executed, verified: list[Verified], rows: Mapping[str, proofs.Rows]
) -> dict[str, Any]:
    """Return what ``result.json`` says."""
    metadata = comparison.metadata
    problems = [v.problem for v in verified if not v.ok]
    problems += _failing_benchmarks(comparison, rows)
    if not executed.error:
        problems += _missing(comparison, executed)
    status = "error" if executed.error else "failed" if problems else "ok"
    document = {
        "schema": "1",
        "comparison": comparison.name,
        "title": comparison.title,
        "question": metadata["question"],
        "model": metadata["model"],
        "status": status,
        "problems": [executed.error] if executed.error else problems,
        "datasets": {
            d.key: {"title": d.title, "releases": list(d.releases), "mode": d.mode, "model": d.model}
            for d in comparison.datasets.values()
        },
        "also_shown": list(comparison.also_shown),
        **({"private": list(comparison.own)} if comparison.own else {}),
        "verdict": executed.verdict,
        "results": executed.results,
        "key_numbers": _key_numbers(comparison, executed),
        "expectations": [v.as_dict() for v in verified],
    }
    schema.check(document, "result", f"result.json of {comparison.name}")
    return document


def _missing(comparison: Comparison, executed: Executed) -> list[str]:
    """Return what the declaration names and the report did not make."""
    items = []
    for entry in comparison.metadata["key_numbers"]:
        if entry["key"] not in executed.results:
            items.append(f"key number {entry['key']} was not recorded by report.py")
    thumbnail = comparison.metadata["thumbnail"]
    if thumbnail not in executed.figures:
        items.append(
            f"the thumbnail {thumbnail!r} is none of the figures ({', '.join(executed.figures) or 'none'})"
        )
    if executed.verdict is None:
        items.append("report.py says no verdict: end it with page.verdict(word, sentence)")
    return items


def _failing_benchmarks(comparison: Comparison, rows: Mapping[str, proofs.Rows]) -> list[str]:
    """Return the benchmarks of frozen releases that do not hold: a page must not rest on those."""
    return [
        f"{id} is released, but its benchmark {row['id']} does not hold: {row['quantity']} is "
        f"{row['recomputed']}, expected {row['expected']} ± {row['tolerance']}"
        for id in comparison.pinned
        if comparison.load(id).state == "released"
        for row in rows.get(id, ())
        if not row["ok"]
    ]


def _key_numbers(comparison: Comparison, executed: Executed) -> list[dict[str, str]]:
    items = []
    for entry in comparison.metadata["key_numbers"]:
        record = executed.results.get(entry["key"])
        if record is not None:
            value = record["value"]
            if value is None:
                text = "–"
            elif entry["key"].endswith(P_VALUE):
                text = probability(value)
            else:
                text = entry.get("format", "{:.3g}" if isinstance(value, float) else "{}").format(value)
            items.append(
                {
                    "key": entry["key"],
                    "label": entry["label"],
                    "text": text.replace("-", "−").replace(" σ", "σ"),
                }
            )
    return items


def write(
    comparison: Comparison,
    executed: Executed,
    rows: Mapping[str, proofs.Rows],
    made_from: dict[str, Any],
    inputs: str,
    folder: Path,
    alone: bool = False,
) -> dict[str, Any]:
    """Write all files of a comparison and return its result; alone, without links to the rest of a site."""
    verified = expectations.verify(comparison.metadata["expectations"], executed.results)
    document = result(comparison, executed, verified, rows)
    html = _page(comparison, executed, verified, rows, made_from, document, alone)
    files = {"report.html": html, "result.json": as_json(document)}
    files |= {f"figures/{name}.svg": standalone(svg) for name, svg in executed.figures.items()}
    files |= executed.files
    outputs = {name: provenance.combined([text]) for name, text in files.items()}
    files["provenance.json"] = as_json({**made_from, "inputs": inputs, "outputs": outputs})
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return document


def _page(
    comparison: Comparison,
    executed: Executed,
    verified: list[Verified],
    rows: Mapping[str, proofs.Rows],
    made_from: dict[str, Any],
    document: dict[str, Any],
    alone: bool = False,
) -> str:
    releases: tuple[Release, ...] = comparison.releases()
    used = {id: rows[id] for id in comparison.pinned if rows.get(id)}
    body = render.notebook_body(_filled(comparison, executed))
    said = (document["verdict"] or {}).get("sentence", "")
    return render.page(
        "comparison.html.j2",
        up=None if alone else UP,
        alone=alone,
        style=Markup(render.stylesheet()),
        result=document,
        metadata=comparison.metadata,
        body=Markup(body),
        references=_references(comparison, body, said),
        approximations=comparison.approximations(),
        allowed={v.key: v.allowed for v in verified},
        benchmarks=used,
        summaries={id: proofs.summary(content) for id, content in used.items()},
        releases=releases,
        provenance=made_from,
        figures=list(executed.figures),
        bibtex=cite(releases),
    )


def _references(comparison: Comparison, body: str, said: str) -> list[Mapping[str, Any]]:
    """Return what a page lists as references: its own, and the papers of its releases that it cites.

    ``body`` is HTML, and ``said`` the verdict as it was written.
    """
    # a sum of a text and of marked HTML would be a text whose quotes are escaped
    html = f"{body} {words.cited(said)}"
    own = {entry["key"] for entry in comparison.metadata.get("references", ())}
    known = claims.references(comparison)
    return [entry for key, entry in known.items() if key in own or f'href="#ref-{key}"' in html]


def _filled(comparison: Comparison, executed: Executed) -> "NotebookNode":
    """Return the notebook with the results and citations of its text cells written out."""
    for cell in executed.notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = claims.written(cell.source, executed.results, comparison)
    return executed.notebook


def as_json(document: Any) -> str:
    """Return a document as it is written to a file."""
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
