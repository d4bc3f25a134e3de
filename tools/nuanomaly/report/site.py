"""The static site: a start page, a page per anomaly and release, the models."""

import filecmp
import html
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from inspect import getdoc
from pathlib import Path
from typing import Any

from markupsafe import Markup

from nuanomaly.archive import amendments, anomalies, names
from nuanomaly.archive.cite import cite
from nuanomaly.archive.release import Release, folders, read
from nuanomaly.archive.tables import expand_columns
from nuanomaly.archive.validate import explanations
from nuanomaly.model import registry
from nuanomaly.model.constants import PHASE
from nuanomaly.report import (
    coverage,
    declaration,
    drift,
    expected,
    manual,
    overview,
    proofs,
    render,
    rightness,
    search,
    start,
)
from nuanomaly.report.claimed import anomaly_page
from nuanomaly.report.declaration import Comparison
from nuanomaly.report.markup import markdown
from nuanomaly.report.periods import period
from nuanomaly.report.portrait import store as pictures
from nuanomaly.report.start import SECTORS

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)
#: Numbers that moved by less than this part of themselves are not listed.
_MOVED = 1e-6


def write(out: Path, rows: Mapping[str, proofs.Rows], since: Path | None = None) -> None:
    """Write everything but the comparisons themselves into ``out``; pages of what is gone are removed.

    Parameters
    ----------
    rows : mapping
        Benchmark rows by ``NAME@VERSION``; of releases that are left out, rows that were kept and still
        hold are shown.
    since : pathlib.Path, optional
        The site before this one: a page lists what moved.
    """
    every = releases()
    proven = {release.id: _rows(release, rows, out) for release in every}
    results, declared = _results(out), declaration.comparisons()
    lines = [*rightness.of_releases(proven), *rightness.of_comparisons(results, declared)]
    whole = overview.overview(results)
    pages = {
        "style.css": render.stylesheet(),
        **{name: render.static(name) for name in ("tables.js", "search.js")},
        "index.html": start.page(whole, results, declared, every, rightness.counts(lines)),
        "releases.html": start.releases(every, proven),
        "models.html": _models(),
        "rightness.html": _rightness(every, lines, declared),
        "validation.html": render.page("validation.html.j2", up="", body=Markup(explanations.as_html())),
    }
    listed = manual.documents()
    pages |= dict(manual.pages(listed))
    pages["search.html"] = render.page("search.html.j2", up="")
    pages["search-index.js"] = search.script(results, declared, every, manual.entries(listed))
    pages["changes.html"] = _changes(out, since)
    for anomaly in anomalies.anomalies().values():
        pages[f"anomalies/{anomaly['name']}.html"] = anomaly_page(
            anomaly, every, results, declared, whole, out / pictures.FOLDER
        )
    for release in every:
        pages[f"{_place(release)}/index.html"] = _release(
            release, every, proven[release.id], declared, out / pictures.FOLDER
        )
    for name, text in pages.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    data = {target: file for release in every for target, file in _downloads(release, out).items()}
    later = declaration.root().glob(f"datasets/*/{amendments.FILE}")
    data |= {out / "releases" / file.parent.name / file.name: file for file in later}
    data |= {out / manual.FOLDER / name: file for name, file in manual.files(listed).items()}
    for target, file in data.items():
        _copy(file, target)
    _sweep(out, {out / name for name in pages} | set(data))


def releases() -> list[Release]:
    """Return every release of the checkout, in all versions."""
    return [read(f) for versions in folders(declaration.root()).values() for f in versions.values()]


def _place(release: Release) -> str:
    return f"releases/{release.name}/{release.version}"


def _rows(release: Release, rows: Mapping[str, proofs.Rows], out: Path) -> proofs.Rows | None:
    """Return a release's benchmark rows; none declared gives [], not recomputed gives None."""
    if release.id in rows:
        return rows[release.id]
    return proofs.kept(release, out / "benchmarks") if release.metadata.get("benchmarks") else []


def _results(out: Path) -> list[dict[str, Any]]:
    """Return the results of the comparisons that were built and still exist, and their figures' words."""
    folders_ = (out / "comparisons" / name for name in declaration.folders())
    return [
        {**json.loads((folder / "result.json").read_text("utf-8")), "alts": _alts(folder / "figures")}
        for folder in folders_
        if (folder / "result.json").is_file()
    ]


def _alts(folder: Path) -> dict[str, str]:
    """Return what each drawing of a folder says of itself to those who do not see it."""
    entries = {}
    for file in sorted(folder.glob("*.svg")):
        with file.open(encoding="utf-8") as stream:
            title = _TITLE.search(stream.read(2000))  # it stands first
        if title:
            entries[file.stem] = html.unescape(title[1])
    return entries


def _downloads(release: Release, out: Path) -> dict[Path, Path]:
    files = ["release.yaml", *(table["file"] for table in release.metadata["tables"].values())]
    return {
        out / _place(release) / name: release.folder / name
        for name in files
        if (release.folder / name).is_file()
    }


def _copy(file: Path, target: Path) -> None:
    if target.is_file() and filecmp.cmp(file, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def _sweep(out: Path, kept: set[Path]) -> None:
    """Remove pages of releases, anomalies and comparisons that no longer exist."""
    for part in ("releases", "anomalies", manual.FOLDER):
        for file in sorted((out / part).rglob("*"), reverse=True):
            if file.is_file() and file not in kept:
                file.unlink()
            elif file.is_dir() and not any(file.iterdir()):
                file.rmdir()
    known = declaration.folders()
    for folder in (out / "comparisons").glob("*"):
        if folder.name not in known:
            shutil.rmtree(folder)
    drawn = {release.id for release in releases()} | {f"anomaly-{name}" for name in anomalies.anomalies()}
    for folder in (out / pictures.FOLDER).glob("*"):
        if folder.name not in drawn:
            shutil.rmtree(folder)


# --- pages --------------------------------------------------------------------------------------------------


def _release(
    release: Release,
    every: list[Release],
    rows: proofs.Rows | None,
    declared: list[Comparison],
    store: Path,
) -> str:
    likelihood = release.metadata.get("likelihood") or {}
    modes = {name: _mode(likelihood, mode or {}) for name, mode in likelihood.get("modes", {}).items()}
    versions = [r.id for r in every if r.name == release.name]
    return render.page(
        "release.html.j2",
        up="../../../",
        release=release,
        period=period(release),
        versions=sorted(versions, key=lambda id: names.sort_key(id.partition("@")[2])),
        sector_names=SECTORS,
        rows=rows,
        pictures=pictures.kept(release, store) or [],
        picture_folder=f"{pictures.FOLDER}/{release.id}",
        summary=proofs.summary(rows).capitalize() + "." if rows else "",
        modes=modes,
        coverage=coverage.of_release(release) if likelihood else None,
        expected=expected.of_release(release) if likelihood else None,
        default_mode=likelihood.get("default_mode", next(iter(modes), "")),
        columns={n: len(expand_columns(t["columns"])) for n, t in release.metadata["tables"].items()},
        first_table=next(iter(release.metadata["tables"]), ""),
        bibtex=cite(release),
        comparisons=[c for c in declared if release.id in c.pinned],
        about=[a for a in anomalies.anomalies().values() if _names(a["releases"], release)],
    )


def _names(lists: Mapping[str, Iterable[str]], release: Release) -> bool:
    """Say whether an anomaly names a release among those that carry or test it."""
    own = (release.name, release.id, release.id.rpartition("-r")[0])
    return any(reference in own for listed in lists.values() for reference in listed)


def _mode(likelihood: Mapping[str, Any], mode: Mapping[str, Any]) -> dict[str, str]:
    """Return a mode in words: what it is, what it is made of, why it is approximate."""
    merged = {**{k: v for k, v in likelihood.items() if k != "modes"}, **mode}
    if "surface" in merged:
        made = f"a table of values, {merged['surface'].get('table', '')}"
    else:
        parts = [
            f"{part}: {merged[part]['kind']}"
            for part in ("response", "transform", "statistic")
            if part in merged
        ]
        made = ", ".join(parts)
    title = merged.get("title", "the only one")
    return {"title": title, "made_of": made, "approximate": str(mode.get("approximate", ""))}


def _rightness(
    every: Sequence[Release], lines: Sequence[rightness.Line], declared: Sequence[Comparison]
) -> str:
    return render.page(
        "rightness.html.j2",
        up="",
        lines=lines,
        counts=rightness.counts(lines),
        histogram=Markup(rightness.histogram(lines)),
        farthest=2,
        without=rightness.without(every),
        silent=rightness.silent(declared),
    )


def _changes(out: Path, since: Path | None) -> str:
    """Return the page of what moved between the site before and this one."""
    moved = None if since is None else drift.drift(since, out, relative=_MOVED)
    changes = moved.changes if moved else ()
    return render.page(
        "changes.html.j2",
        up="",
        drift=moved,
        moved=[c for c in changes if c.kind == "number"],
        texts=[c for c in changes if c.kind == "text"],
    )


def _models() -> str:
    return render.page(
        "models.html.j2",
        up="",
        phase=f"Phases are sin²({PHASE:.6f} Δm² L/E) with Δm² in eV², L in m and E in MeV (CODATA).",
        models=[_model(name) for name in registry.models()],
    )


def _model(name: str) -> dict[str, Any]:
    """Return what the page says of a model: its docstring up to the first section, and its parameters."""
    model = registry.model(name)
    about = re.split(r"\n[A-Z][a-z]+\n-{3,}", getdoc(type(model)) or "")[0].replace("``", "`")
    return {"name": name, "about": Markup(markdown(about)), "parameters": model.parameters}
