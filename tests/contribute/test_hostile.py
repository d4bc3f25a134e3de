"""The review always comes, runs nothing, follows nothing, and says first what it did not evaluate."""

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from nuanomaly.archive import bounded, repository, runs, seal
from nuanomaly.archive.contribution import contribution
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate import checker, validate
from nuanomaly.archive.validate.codes import physics
from nuanomaly.archive.validate.findings import finding
from nuanomaly.cli import main, reviewing
from nuanomaly.inference import review as reviews
from nuanomaly.inference.review import review

RELEASE = "datasets/toy/2020-r1/release.yaml"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def branch(clone: Any) -> Any:
    """The toy archive on a branch of its own."""
    clone.git("switch", "--quiet", "--create", "branch")
    return clone


def test_git_runs_nothing_that_a_contribution_configures(branch: Any, tmp_path: Path) -> None:
    """Hooks, filters, a file-system monitor, a signer, a pager, a remote of missing objects."""
    ran = tmp_path / "ran"
    command = f"touch '{ran}'; cat"
    for key, value in {
        "core.fsmonitor": command,
        "core.hooksPath": str(branch.root / "hooks"),
        "core.pager": command,
        "core.sshCommand": command,
        "diff.external": command,
        "diff.evil.textconv": command,
        "filter.evil.clean": command,
        "filter.evil.smudge": command,
        "filter.evil.process": command,
        "gpg.program": command,
        "log.showSignature": "true",
        "remote.origin.url": f"ext::sh -c {command}",
        "remote.origin.promisor": "true",
        "extensions.partialClone": "origin",
        "protocol.ext.allow": "always",
        "alias.diff": f"!{command}",
    }.items():
        branch.git("config", key, value)
    (branch.root / ".git" / "info").mkdir(exist_ok=True)
    (branch.root / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    (branch.root / "datasets" / ".gitattributes").write_text("* filter=evil diff=evil\n")
    path = branch.root / RELEASE
    path.write_text(path.read_text("utf-8").replace("Rates in three bins", "Rates in 3 bins"), "utf-8")
    found = review(branch.root)
    assert not ran.exists()
    assert RELEASE in {c.path for c in found.contribution.changes}


@pytest.mark.parametrize("mark", ["--skip-worktree", "--assume-unchanged", "--force-remove"])
def test_no_mark_in_the_index_of_a_contribution_hides_a_file(branch: Any, mark: str) -> None:
    branch.git("update-index", mark, RELEASE)
    path = branch.root / RELEASE
    path.write_text(path.read_text("utf-8").replace("Rates in three bins", "Rates in 3 bins"), "utf-8")
    assert [(c.path, c.how) for c in contribution(branch.root, "main").changes] == [(RELEASE, "changed")]


def test_a_tree_of_more_files_than_fit_is_one_sentence(branch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def tree(entries: str) -> str:
        return str(branch.git("mktree", given=entries))

    inner = tree(
        "".join(f"100644 blob {branch.git('hash-object', '-w', RELEASE)}\tf{k}\n" for k in range(10))
    )
    for _ in range(7):
        inner = tree("".join(f"040000 tree {inner}\td{k}\n" for k in range(10)))
    commit = branch.git("commit-tree", "-p", "HEAD", "-m", "A hundred million files", inner)
    branch.git("update-ref", "HEAD", commit)
    monkeypatch.setattr(repository, "_MEMORY", 128 << 20)
    with pytest.raises(NuanomalyError, match="memory"):
        contribution(branch.root, "main")


def test_references_without_end_are_no_references(branch: Any) -> None:
    with (branch.root / ".git" / "packed-refs").open("wb") as stream:
        stream.truncate(1 << 40)
    assert contribution(branch.root, "main").changes == ()


def test_a_link_is_a_finding_and_nothing_behind_it_is_read(branch: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: hunter2\n[\n")
    (branch.root / RELEASE).unlink()
    (branch.root / RELEASE).symlink_to(secret)
    (branch.root / "anomalies" / "x.yaml").symlink_to(secret)
    (branch.root / "datasets" / "other").symlink_to(tmp_path)
    (branch.root / "datasets" / "toy" / "2030-r1").symlink_to(tmp_path)
    (branch.root / "datasets" / "toy" / "2018-r1" / "zero.csv").symlink_to("/dev/zero")
    found = review(branch.root)
    linked = {f.file for f in found.findings if f.code == "FILE_IS_LINK"}
    assert {
        RELEASE,
        "anomalies/x.yaml",
        "datasets/other",
        "datasets/toy/2030-r1",
        "datasets/toy/2018-r1/zero.csv",
    } <= linked
    assert "hunter2" not in reviewing.markdown(found)
    assert not found.ok


@pytest.mark.parametrize("name", ["Capital", "new\nline", os.fsdecode(b"no-\xff-utf8"), "-dash", "ünicode"])
def test_a_name_that_no_release_may_have_is_a_finding(branch: Any, name: str) -> None:
    shutil.copytree(branch.root / "datasets/toy/2020-r1", branch.root / "datasets" / name / "2020-r1")
    shutil.copytree(branch.root / "datasets/toy/2020-r1", branch.root / "datasets/toy/2020-R1")
    found = review(branch.root)
    assert {"PATH_UNSAFE"} <= {f.code for f in found.findings}
    assert len([f for f in found.findings if f.code == "PATH_UNSAFE"]) == 2
    text = reviewing.markdown(found)
    text.encode("utf-8")
    assert not found.ok


def test_four_thousand_stray_files_take_seconds(branch: Any) -> None:
    folder = branch.root / "datasets" / "toy" / "2020-r1"
    for k in range(4000):
        (folder / f"stray-{k}.csv").write_text("")
    start = time.process_time()
    found = review(branch.root)
    assert sum(f.code == "FILE_UNUSED" for f in found.findings) == 4000
    assert time.process_time() - start < 20.0


def test_a_parser_that_stumbles_is_a_finding_with_its_place(
    branch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*arguments: Any) -> Any:
        raise RecursionError("too deep")

    monkeypatch.setattr(checker, "of_sound_entries", stumble)
    branch.edit(RELEASE, "Rates in three bins", "Rates in 3 bins")
    found = review(branch.root)
    assert ("CHECK_STUMBLED", RELEASE) in {(f.code, f.file) for f in found.errors}


def sleep_at(place: str) -> None:
    bounded.at(place)
    time.sleep(60.0)


def grow(place: str) -> None:
    bounded.at(place)
    blocks = []
    while True:
        blocks.append(bytearray(1 << 28))


@pytest.mark.parametrize(("work", "seconds"), [(sleep_at, 3.0), (grow, 50.0)])
def test_work_that_does_not_end_is_ended_and_says_where_it_was(
    work: Callable[[str], None], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MEMORY", 4 << 30)
    with pytest.raises(bounded.UnfinishedError) as caught:
        bounded.call(work, ("datasets/x/1-r1/release.yaml",), seconds)
    assert caught.value.place == "datasets/x/1-r1/release.yaml"


def test_a_review_comes_although_validation_does_not_end(
    branch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unfinished(*arguments: Any) -> Any:
        raise bounded.UnfinishedError("it took longer than 60 s", RELEASE)

    monkeypatch.setattr(bounded, "call", unfinished)
    branch.edit(RELEASE, "Rates in three bins", "Rates in 3 bins")
    found = review(branch.root, limited=True)
    assert [(f.code, f.file) for f in found.errors] == [("CHECK_UNFINISHED", RELEASE)]
    assert reviewing.markdown(found).startswith("# Review: not green")


def test_the_command_works_in_processes_of_their_own(branch: Any, run: Callable[..., Any]) -> None:
    branch.edit(RELEASE, "Rates in three bins", "Rates in 3 bins")
    branch.catalogue()
    done = run("check-pr", "--json", archive=branch.root)
    assert {f["title"] for f in done.json["findings"]} <= {code.title for code in physics.PHYSICS}
    assert [one["release"] for one in done.json["releases"]] == ["toy@2020-r1"]


def test_what_was_not_evaluated_stands_first(branch: Any) -> None:
    branch.edit(RELEASE, "Rates in three bins", "Rates in 3 bins")
    text = reviewing.markdown(review(branch.root)).splitlines()
    assert "Tables were not compared with originals" in text[2]


def test_a_changed_claim_is_shown_before_and_after_and_needs_a_reader(branch: Any) -> None:
    file = branch.root / "anomalies" / "toys.yaml"
    text = file.read_text("utf-8")
    number = next(line for line in text.splitlines() if "value:" in line)
    branch.edit("anomalies/toys.yaml", number, number.replace("value: ", "value: 1"))
    found = review(branch.root)
    assert found.claims
    assert "toys" in found.anomalies
    assert found.reports == ("toy-vs-toy",)
    assert not found.ok
    shown = reviewing.markdown(found)
    assert "needs a reader" in shown
    assert f"| {found.claims[0].old} | {found.claims[0].new} |" in shown


def test_what_a_retraction_breaks_is_held_against_it(branch: Any) -> None:
    """A run of toys that reads the release is out of date once release.yaml changes."""
    branch.git("switch", "--quiet", "main")
    folder = branch.root / "comparisons" / "toy-vs-toy"
    (folder / "runs.yaml").write_text(
        "runs:\n  small: {kind: coverage, datasets: [toy@2018-r1], model: 2nu-ee, toys: 9}\n"
    )
    stored = folder / "runs" / "small"
    stored.mkdir(parents=True)
    metadata = branch.root / "datasets/toy/2018-r1/release.yaml"
    about = {
        "run": {"kind": "coverage", "datasets": ["toy@2018-r1"], "model": "2nu-ee", "toys": 9},
        "inputs": {"toy@2018-r1": runs.digest(metadata)},
        "files": {},
    }
    (stored / "about.json").write_text(json.dumps(about))
    assert validate(None, branch.root).ok
    branch.commit("A stored run")
    branch.git("switch", "--quiet", "--create", "retraction")
    branch.edit(
        "datasets/toy/2018-r1/release.yaml",
        "state: released",
        "state: retracted\nretracted: {reason: wrong}",
    )
    branch.catalogue()
    found = review(branch.root)
    assert "RUN_OUT_OF_DATE" in {f.code for f in found.errors}
    assert not found.ok


#: A mistake that people make in a draft: what stands there, what they write.
TYPOS = {
    "nam for name": ("  - {name: ratio", "  - {nam: ratio"),
    "type float": ("name: ratio,", "name: ratio, type: float,"),
    "a number in quotes": ("expected: ", 'expected: "15.8" # '),
    "no columns": ("    columns:\n      - {name: E_low", "    columns:\n    notes:\n      - {name: E_low"),
    "a column twice": ("{name: E_high,", "{name: E_low,"),
    "a unit that is a dash": ('unit: "1"', 'unit: "-"'),
    "an open bracket in a unit": ("unit: km", 'unit: "(km"'),
    "a table that is a list": ("tables:\n  rates:\n", "tables:\n  - rates:\n"),
    "tables without a name": ("tables:\n  rates:\n", "tables:\n  :\n"),
    "a likelihood that is a text": ("likelihood:\n", "likelihood: chi2\nlikelihoood:\n"),
    "no modes": ("  modes:\n", "  moods:\n"),
    "a kind that is none": ("kind: toy-ratios", "kind: toy-ratio"),
    "a number with a comma": ("baseline: 10.0", "baseline: 10,0"),
    "no state": ("state: draft", "stat: draft"),
    "a state that is none": ("state: draft", "state: drfat"),
    "a version without quotes": ('version: "2020-r1"', "version: 2020"),
    "the version of another": ('version: "2020-r1"', 'version: "2018-r1"'),
    "the name of another": ("name: toy\n", "name: toys\n"),
    "a tab": ("tables:\n", "tables:\n\t\n"),
    "no colon": ("experiment: TOY", "experiment TOY"),
    "an open quote": ('title: "Toy: three', "title: Toy: three"),
    "a space too few": ("    quantity: ", "   quantity: "),
    "a key twice": ("sector: reactor", "sector: reactor\nsector: source"),
    "a channel as a text": ("channels: [", "channels: x # ["),
    "a mapping for a list": ("benchmarks:\n  - id", "benchmarks:\n    id"),
    "nothing for a list": ("changes:\n  -", "changes:\n  #"),
    "a text for a list": ("known_issues:\n", "known_issues: none\nknown:\n"),
    "a year without quotes": ('year: "2020"', "year: 2020"),
}
#: Mistakes around what sealing reads: files and columns of tables.
SEALABLE = {
    "a number in quotes",
    "a unit that is a dash",
    "an open bracket in a unit",
    "a likelihood that is a text",
    "no modes",
    "a kind that is none",
    "a number with a comma",
    "no state",
    "a state that is none",
    "a version without quotes",
    "the version of another",
    "the name of another",
    "a key twice",
    "a channel as a text",
    "nothing for a list",
    "a text for a list",
    "a year without quotes",
}
POINT = ["--model", "2nu-ee", "--set", "dm2_41=1", "--set", "sin2_2theta_ee=0.1"]
GRID = ["--model", "2nu-ee", "--grid", "dm2_41=1:2:2", "--grid", "sin2_2theta_ee=0.1:0.2:2"]
TOY = "toy@2020-r1"
#: Commands that read a draft, and with which words.
READING: dict[str, list[str]] = {
    "show": [TOY],
    "log": ["toy"],
    "diff": ["toy@2018-r1", TOY],
    "fetch": [TOY],
    "lock": [TOY],
    "cite": [TOY],
    "chi2": [TOY, *POINT],
    "survey": [TOY, *POINT],
    "scan": [TOY, *GRID],
    "fit": [TOY, *GRID],
    "compare": [TOY, "toy@2018-r1", *GRID],
    "plot regions": [TOY, *GRID, "-o", "x.pdf"],
    "plot profile": [TOY, *GRID, "-o", "x.pdf"],
    "plot spectrum": [TOY, *POINT[:2], "-o", "x.pdf"],
    "plot ladder": [TOY, *POINT[:2], "-o", "x.pdf"],
    "plot survey": [TOY, *POINT, "-o", "x.pdf"],
    "sensitivity": [TOY, *GRID],
    "significance": [TOY, *GRID, "--toys", "2"],
    "feldman-cousins": [TOY, *GRID, "--toys", "2"],
    "coverage": [TOY, *GRID, "--toys", "2"],
    "ablation": [TOY, *GRID],
    "bayes": [TOY, *GRID],
    "benchmarks": [TOY],
    "export": [TOY, "--to", "json-ld", "-o", "x"],
    "seal": [TOY],
    "validate": [TOY],
    "check-pr": ["--no-physics"],
    "catalog": [],
    "import": [TOY, "--originals", "."],
    "mirror": ["m"],
    "bundle": ["b.zip"],
    "ria": ["r"],
    "report build": ["toy-vs-toy"],
    "report site": [],
}
#: Commands that read no release, or (report explorer, survey) none but released ones if none is named.
OTHERS = {
    "anomalies",
    "models",
    "runs",
    "cost",
    "report list",
    "report drift",
    "report explorer",
    "plot contours",
    "new",
    "import-hepdata",
    "units",
}


@pytest.mark.filterwarnings("default::nuanomaly.archive.loading.UnreadableReleaseWarning")
@pytest.mark.parametrize("typo", TYPOS)
def test_a_typo_in_a_draft_is_one_message_with_its_place(
    clone: Any, run: Callable[..., Any], typo: str
) -> None:
    clone.edit_first(RELEASE, *TYPOS[typo])
    for command in ("show", "chi2", "benchmarks", "validate", "catalog", "seal"):
        done = run(command, *READING[command], archive=clone.root)
        if command == "seal" and typo in SEALABLE:
            assert (done.code, "sealed" in done.out) == (0, True)
            continue
        assert done.code == 1, (command, done.out, done.err)
        assert re.search(r"toy/2020-r1/release\.yaml(, line |:)\d+", done.out + done.err), (command, done.err)
    done = run("list", archive=clone.root)
    assert (done.code, "toy@2018-r1" in done.out) == (0, True)
    assert f"{TOY} is left out, as it cannot be read: " in done.err


@pytest.mark.filterwarnings("default::nuanomaly.archive.loading.UnreadableReleaseWarning")
@pytest.mark.parametrize("typo", ["nam for name", "no colon"])
def test_a_typo_in_a_draft_has_its_place_in_every_command(
    branch: Any, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typo: str
) -> None:
    branch.edit_first(RELEASE, *TYPOS[typo])
    branch.commit("A typo")
    monkeypatch.chdir(tmp_path)
    for command, words in READING.items():
        done = run(*command.split(), *words, archive=branch.root)
        assert done.code == 1, (command, done.out, done.err)
        assert re.search(r"toy/2020-r1/release\.yaml(, line |:)\d+", done.out + done.err), (command, done.err)


@pytest.mark.parametrize(
    "key", ["title", "sector", "experiment", "summary", "channels", "publications", "originals", "changes"]
)
def test_a_draft_without_an_entry_is_shown_and_computed_and_not_exported(
    clone: Any, run: Callable[..., Any], tmp_path: Path, key: str
) -> None:
    clone.edit_first(RELEASE, f"\n{key}:", f"\nx-{key}:")
    path = clone.root / RELEASE
    path.write_text(re.sub(rf"(?m)^x-{key}:.*\n(?:[ -].*\n)*", "", path.read_text("utf-8")), "utf-8")
    assert run("show", TOY, "--json", archive=clone.root).json.get(key) is None
    shown = run("show", TOY, archive=clone.root)
    assert shown.out.startswith(f"{TOY} [draft]: ")
    assert (f"no {key} yet" in shown.out) == (key in ("title", "summary"))
    assert run("list", archive=clone.root).code == 0
    for format in ("hepdata", "rocrate", "datapackage", "croissant", "json-ld"):
        done = run("export", TOY, "--to", format, "-o", tmp_path / format, archive=clone.root)
        assert (done.code, f"release.yaml: the key {key!r} is missing" in done.err) == (1, True), done.err
    assert key in run("validate", TOY, archive=clone.root).out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("status:", "stat:"),
        ("carry: [", "carry: [1, {a: b}, "),
        ("releases:", "release:"),
        ("title: ", "title: [1] # "),
        ("claim:", "claim: x\nclaims:"),
    ],
)
def test_a_typo_in_an_anomaly_is_one_message_with_its_file(
    clone: Any, run: Callable[..., Any], old: str, new: str
) -> None:
    clone.edit_first("anomalies/toys.yaml", old, new)
    for words in ([], ["toys"]):
        done = run("anomalies", *words, archive=clone.root)
        assert (done.code, "anomalies/toys.yaml: " in done.err) == (1, True), done.err


@pytest.mark.parametrize(
    ("old", "new"),
    [("state: ", "stat: "), ("files:", "file:"), ("{path: ", "{pat: "), ("- name: ", "- name: {a: [1]} # ")],
)
def test_a_typo_in_the_catalogue_is_one_message_with_its_remedy(
    clone: Any, run: Callable[..., Any], old: str, new: str
) -> None:
    clone.edit_first("catalog.yaml", old, new)
    done = run("fetch", "toy@2018-r1", archive=clone.root)
    assert (done.code, "catalog.yaml is damaged (" in done.err) == (1, True), done.err
    assert "write it anew with `nuanomaly catalog`" in done.err


def test_every_command_is_one_that_reads_drafts_or_not() -> None:
    found = set[str]()
    for name in main.list_commands(click.Context(main)):
        command = main.get_command(click.Context(main), name)
        group = command.commands if isinstance(command, click.Group) else {"": command}
        found |= {f"{name} {part}".strip() for part in group}
    assert {*READING, "list", *OTHERS} == found


def after(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


def test_time_in_which_a_busy_machine_kept_the_work_waiting_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert bounded._kept_waiting(None) == 0.0
    assert bounded._kept_waiting(os.getpid()) >= 0.0
    with pytest.raises(bounded.UnfinishedError):
        bounded.call(after, (30.0,), 0.2)
    waited = iter([0.0, 0.0, 1.0, *[31.0] * 20])  # asked twice for the beginning
    monkeypatch.setattr(bounded, "_kept_waiting", lambda process: next(waited))
    assert bounded.call(after, (0.5,), 0.2) == "done"


def test_findings_of_strange_names_can_be_printed() -> None:
    found = finding("STRAY_FILE", "\udcff\x1b[2J", file="datasets/a\nb\udcff")
    found.place.encode("utf-8")
    assert "\x1b" not in found.message
    assert "\n" not in found.file


def test_reading_is_bounded_by_what_the_manual_says() -> None:
    assert (reviews.READING, reviews.COMPUTING) == (60.0, 600.0)
    assert seal.SEALED == ("sha256", "size", "rows")
