"""Look at the archive: list, show, anomalies, cite."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.archive.errors import NuanomalyError, printable
from nuanomaly.cli import output

if TYPE_CHECKING:
    from nuanomaly.archive.release import Release


@click.command("list")
@click.option("--sector", help="source, reactor, decay-at-rest, decay-in-flight, cevns or other.")
@click.option("--experiment", help="As the collaboration writes it; case does not matter.")
@click.option("--channel", help="Such as numu->nue.")
@click.option("--state", help="draft, announced, released or retracted.")
@click.option("--text", help="Words in name, title or summary.")
@output.as_json
def list_(as_json: bool, **wanted: str | None) -> None:
    """List the releases of the archive, or those that fit what is asked for."""
    from nuanomaly.archive import catalog

    entries = catalog.find_entries(**wanted)
    keys = ("name", "version", "sector", "title", "state")
    rows = [{key: getattr(entry, key) for key in keys} for entry in entries]
    if as_json:
        output.emit(rows)
        return
    output.table(
        ["release", "sector", "state", "title"], [(e.id, e.sector, e.state, e.title) for e in entries]
    )


@click.command()
@click.argument("reference", metavar="NAME[@VERSION]")
@output.as_json
def show(reference: str, as_json: bool) -> None:
    """Show what a release holds: summary, tables with columns and units, provenance, known issues,
    likelihood modes and benchmarks.

    A folder with a release of your own (./my-release), a group and a sum (lsnd+karmen) are shown release by
    release.
    """
    from nuanomaly.archive.loading import load
    from nuanomaly.archive.references import releases

    named = [load(name) for name in releases(reference)]
    if as_json:
        rows = [{"release": one.id, "folder": one.folder, **one.metadata} for one in named]
        output.emit(rows[0] if len(rows) == 1 else rows)
        return
    for k, release in enumerate(named):
        click.echo("\n\n" if k else "", nl=False)
        _show(release)


def _show(release: "Release") -> None:
    _heading(release)
    _tables(release)
    _likelihood(release)
    _listing("Known issues", [_issue(issue) for issue in release.metadata.get("known_issues", ())])
    later = release.metadata.get("amendments", ())
    _listing("Learned later", [f"{a['date']} {a['id']}: {_line(a['reason'])}" for a in later])
    overlaps = release.metadata.get("overlaps", ())
    _listing("Shares data with", [f"{o['with']} ({o['relation']}): {_line(o['reason'])}" for o in overlaps])
    _benchmarks(release)
    _listing("Originals", [_original(o) for o in release.metadata.get("originals", ())])
    _listing("Publications", [_publication(p) for p in release.metadata.get("publications", ())])
    _listing("Changes", [f"{c['kind']}: {_line(c['reason'])}" for c in release.metadata.get("changes", ())])


@click.command()
@click.argument("name", required=False)
@output.as_json
def anomalies(name: str | None, as_json: bool) -> None:
    """List the anomalies, or show one: the claim in numbers, the releases that carry and test it, the
    explanations proposed, the status."""
    from nuanomaly.archive.anomalies import anomaly, described

    listed = described()
    if name is None:
        if as_json:
            output.emit(list(listed.values()))
        else:
            rows = [(k, ", ".join(e["releases"]["carry"]), e["title"]) for k, e in listed.items()]
            output.table(["anomaly", "carried by", "title"], rows)
        return
    entries = anomaly(name)
    if as_json:
        output.emit(entries)
        return
    click.echo(f"{entries['title']}\n\n{_line(entries['claim']['text'])}")
    _listing("Numbers", [_claimed(n) for n in entries["claim"]["numbers"]])
    _listing("Carried by", entries["releases"]["carry"])
    _listing("Tested by", entries["releases"]["test"])
    explained = [f"{e['name']} ({e['status']}): {_line(e['text'])}" for e in entries["explanations"]]
    _listing("Explanations", explained)
    _listing("Groups", [f"{k} = {' + '.join(v)}" for k, v in (entries.get("groups") or {}).items()])
    status = entries["status"]
    _listing("Status", [_line(status["text"] if isinstance(status, Mapping) else status)])


@click.command()
@click.argument("references", metavar="NAME[@VERSION]…", nargs=-1)
@click.option("--archive", is_flag=True, help="Add an entry for the archive itself.")
@click.option(
    "--result",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Cite what is behind a result that was printed with --json.",
)
def cite(references: Sequence[str], archive: bool, file: Path | None) -> None:
    """Print the BibTeX entries of the publications behind exactly the releases (or groups) named.

    Of a result: every release, the model, and the version that it was computed with.
    """
    from nuanomaly.archive.cite import cite as bibtex
    from nuanomaly.archive.cite import cite_result

    if file is not None:
        try:
            click.echo(printable(cite_result(json.loads(file.read_text("utf-8")))))
        except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
            raise NuanomalyError(f"{file}: is no result as --json prints it") from None
        return
    if not references and not archive:
        raise click.UsageError("Name at least one release, or ask for the archive itself with --archive")
    click.echo(bibtex(references, archive=archive))


# --- parts of show ------------------------------------------------------------------------------------------


def _heading(release: "Release") -> None:
    meta = release.metadata
    state = f" [{release.state}]" if release.state != "released" else ""
    state += " [private: a folder of your own]" if release.private else ""
    title, summary = (meta.get(key, f"no {key} yet") for key in ("title", "summary"))  # of a draft
    _say(f"{release.id}{state}: {title}\n\n{_line(summary)}\n")
    facts = {
        "experiment": meta.get("experiment"),
        "sector": meta.get("sector"),
        "channels": ", ".join(meta.get("channels", ())),
        "published": meta.get("released", ""),
        "data taken": _period(meta.get("data_taking") or {}),
        "folder": release.folder,
    }
    if release.state == "retracted":
        facts |= {
            "retracted": _line(meta["retracted"]["reason"]),
            "use": meta["retracted"].get("successor", ""),
        }
    for key, value in facts.items():
        if value:
            _say(f"  {key:<11} {value}")


def _tables(release: "Release") -> None:
    _say("\nTables")
    for name in release.tables:
        entry = release.declared(name)
        rows = f", {entry['rows']} rows" if "rows" in entry else ""
        title = f": {entry['title']}" if "title" in entry else ""
        _say(f"\n  {name}{title}\n    {entry['kind']}{rows}, {entry['status']}; {_line(entry['source'])}")
        columns = [(_column(c), c.get("unit", "1"), _line(c["meaning"])) for c in entry["columns"]]
        width = max(len(c[0]) for c in columns)
        units = max(len(c[1]) for c in columns)
        for column, unit, meaning in columns:
            _say(f"      {column:<{width}}  {unit:<{units}}  {meaning}")
        if "note" in entry:
            _say(f"    note: {_line(entry['note'])}")


def _column(entry: Mapping[str, Any]) -> str:
    """Return a column's name; ``c{i}`` times 60 is ``c0 … c59``."""
    name, count = str(entry["name"]), entry.get("count")
    return name if count is None else f"{name.replace('{i}', '0')} … {name.replace('{i}', str(count - 1))}"


def _likelihood(release: "Release") -> None:
    declared = release.metadata.get("likelihood")
    if not declared:
        return
    modes = declared["modes"]
    default = declared.get("default_mode", next(iter(modes)))
    lines = []
    if list(modes) != ["default"]:
        for name, mode in modes.items():
            title = f": {_line(mode['title'])}" if mode and "title" in mode else ""
            lines.append(f"{name}{' (default)' if name == default else ''}{title}")
    for name, mode in release.metadata.get("further_modes", {}).items():
        lines.append(f"{name} (added {mode['amended']}): {_line(mode['title'])}")
    nuisances = [str(n["id"]) for n in declared.get("nuisances", ())]
    if nuisances:
        lines.append("nuisances: " + ", ".join(nuisances))
    lines += [f"parameter of the interaction: {text}" for text in _interactions(release)]
    if declared.get("approximate"):
        lines.append(f"approximate: {_line(declared['approximate'])}")
    _listing("Likelihood", lines or ["one mode"])


def _interactions(release: "Release") -> list[str]:
    """Return the parameters that the experiment has besides those of a model, in words."""
    from nuanomaly.likelihood.build import interactions

    return [
        f"{p.name}, {p.meaning}{'' if p.default is None else f' (default {output.number(p.default)})'}"
        for p in interactions(release)
    ]


def _issue(issue: Mapping[str, Any]) -> str:
    added = f" (added {issue['amended']})" if "amended" in issue else ""
    return f"{issue['title']}{added}: {_line(issue['text'])}"


def _benchmarks(release: "Release") -> None:
    lines = []
    for entry in release.metadata.get("benchmarks", ()):
        error = f" ± {output.number(entry['uncertainty'])}" if entry.get("uncertainty") is not None else ""
        expected = f"{output.number(entry['expected'])}{error}"
        lines.append(f"{entry['quantity']}: {expected} ({entry['kind']}; {_line(entry['source'])})")
    _listing("Benchmarks (recompute them: nuanomaly benchmarks " + release.name + ")", lines)
    if said := release.metadata.get("no_published_benchmark"):
        searched = [f"searched: {place}" for place in said["searched"]]
        _listing("No published benchmark", [_line(said["because"]), *searched])


def _original(entry: Mapping[str, Any]) -> str:
    where = ", ".join([*entry.get("urls", ()), *([f"doi:{entry['doi']}"] if entry.get("doi") else [])])
    sha256 = f"; sha256 {entry['sha256']}" if entry.get("sha256") else ""
    place = f"; {where}" if where else ""
    return f"{entry['id']}: {_line(entry['source'])}; licence {entry['licence']}{place}{sha256}"


def _publication(entry: Mapping[str, Any]) -> str:
    place = " ".join(str(entry[k]) for k in ("journal", "volume", "pages") if entry.get(k))
    ids = [
        f"doi:{entry['doi']}" if entry.get("doi") else "",
        f"arXiv:{entry['arxiv']}" if entry.get("arxiv") else "",
    ]
    parts = [entry.get("authors", entry.get("collaboration", "")), entry["title"], place, *ids]
    return f"{entry['role']}: " + ", ".join(str(p) for p in parts if p) + f" ({entry['year']})"


def _claimed(entry: Mapping[str, Any]) -> str:
    error = entry.get("uncertainty")
    if isinstance(error, Mapping):
        said = " ".join(f"± {v} ({k})" for k, v in error.items())
    else:
        said = f"± {error}" if error is not None else ""
    sigma = entry.get("significance") or {}
    how = f", {sigma['sigma']}σ ({_line(sigma['how'])})" if sigma else ""
    unit = "" if entry.get("unit", "1") == "1" else f" {entry['unit']}"
    value = f"{entry['value']} {said}".strip() + unit if "value" in entry else ""
    return f"{entry['quantity']}: {value}{how} [{entry['source']}]"


def _say(text: str) -> None:
    """Write what a release says, whose words may be anybody's."""
    click.echo(printable(text))


def _period(entry: Mapping[str, Any]) -> str:
    span = " to ".join(str(entry[k]) for k in ("from", "to") if k in entry)
    note = _line(entry.get("note", ""))
    return f"{span} ({note})" if span and note else span or note


def _listing(heading: str, lines: Sequence[str]) -> None:
    if lines:
        _say(f"\n{heading}")
        for line in lines:
            _say(f"  - {line}")


def _line(text: object) -> str:
    """Return a text of several lines as one."""
    return " ".join(str(text).split())
