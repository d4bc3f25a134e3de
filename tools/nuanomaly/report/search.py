"""What the search of the site finds: an entry for each page, data set, table, model, code and section."""

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nuanomaly.archive import anomalies
from nuanomaly.archive.release import Release
from nuanomaly.archive.validate import explanations
from nuanomaly.model import registry
from nuanomaly.report.declaration import Comparison
from nuanomaly.report.typography import in_letters

#: By how much a kind comes first among entries that fit equally well.
_WEIGHTS = {"answer": 6, "anomaly": 7, "data": 3, "manual": 3, "model": 2, "table": 0, "validation": 0}

Entry = dict[str, Any]


def script(
    results: Sequence[Mapping[str, Any]],
    declared: Sequence[Comparison],
    every: Sequence[Release],
    manual: Iterable[tuple[str, str, str]],
) -> str:
    """Return the index as a script, which also works in a page that is opened from a disk.

    Parameters
    ----------
    results : sequence of mapping
        Of the comparisons that were built.
    declared : sequence of Comparison
    every : sequence of Release
        All releases: of a data set the newest is found, and its tables.
    manual : iterable of (title, address, text)
    """
    entries = [
        *_comparisons(results, {c.name: c for c in declared}),
        *_anomalies(),
        *_releases(every),
        *_models(),
        *_codes(),
        *(_entry("manual", title, address, text) for title, address, text in manual),
    ]
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return f"window.searchIndex = [\n{lines}\n];\n"


def _entry(kind: str, title: str, address: str, text: str) -> Entry:
    shown = in_letters(html.unescape(text).replace("``", ""))  # neither of a page any more, nor a docstring
    return {
        "k": kind,
        "t": in_letters(title),
        "u": address,
        "x": " ".join(shown.split()),
        "w": _WEIGHTS[kind],
    }


def _comparisons(results: Iterable[Mapping[str, Any]], declared: Mapping[str, Comparison]) -> Iterator[Entry]:
    for result in results:
        name = result["comparison"]
        verdict = result["verdict"] or {"word": "", "sentence": ""}
        sides = ", ".join(d["title"] for d in result["datasets"].values())
        about = str(declared[name].metadata["summary"]) if name in declared else ""
        word = verdict["word"][:1].upper() + verdict["word"][1:]
        text = f"{word}. {verdict['sentence']} {result['question']} {about} {sides} {name}"
        yield _entry("answer", result["title"], f"comparisons/{name}/report.html", text)


def _anomalies() -> Iterator[Entry]:
    for anomaly in anomalies.anomalies().values():
        text = " ".join(
            [anomaly["claim"]["text"], anomaly["status"]["text"]]
            + [f"{e['name']}: {e['text']}" for e in anomaly["explanations"]]
        )
        yield _entry("anomaly", anomaly["title"], f"anomalies/{anomaly['name']}.html", text)


def _releases(every: Iterable[Release]) -> Iterator[Entry]:
    from nuanomaly.report.start import newest

    for release in newest(every):
        data, page = release.metadata, f"releases/{release.name}/{release.version}/index.html"
        issues = " ".join(f"{i['title']}. {i['text']}" for i in data.get("known_issues", ()))
        channels = " ".join(data["channels"])
        text = f"{data['title']} {data['summary']} {data['experiment']} {channels} {issues}"
        yield _entry("data", f"{release.id}: {data['title']}", page, text)
        for name, table in data["tables"].items():
            columns = " ".join(f"{c['name']} {c['meaning']}" for c in table["columns"])
            text = f"{table.get('source', '')} {columns}"
            yield _entry("table", f"{release.name}: {name}", f"{page}#table-{name}", text)


def _models() -> Iterator[Entry]:
    for name in registry.models():
        model = registry.model(name)
        text = " ".join(f"{p.name} {p.meaning}" for p in model.parameters)
        yield _entry("model", name, f"models.html#{name}", f"{type(model).__doc__ or ''} {text}")


def _codes() -> Iterator[Entry]:
    for code, text in explanations.texts():
        yield _entry("validation", code, f"validation.html#{code}", text)
