"""What was released stays what it was: the ledger and the folders against git's history."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

RATES = "datasets/toy/2018-r1/rates.csv"
YAML = "datasets/toy/2018-r1/release.yaml"


def codes(report: Any) -> set[str]:
    return {f.code for f in report.findings}


def ledger_line(root: Path) -> str:
    text = (root / "catalog.yaml").read_text("utf-8")
    return next(line for line in text.splitlines() if line.startswith("  toy@2018-r1:"))


def forge(clone: Any, digest: str | None = None) -> None:
    """Make the ledger agree with the folder as it is now, as somebody would who wants no finding."""
    line = ledger_line(clone.root)
    clone.edit("catalog.yaml", line + "\n", "" if digest is None else f"  toy@2018-r1: {digest}\n")
    if not (clone.root / "catalog.yaml").read_text("utf-8").rstrip().endswith("ledger:"):
        return
    clone.edit("catalog.yaml", "ledger:\n", "ledger: {}\n")
    clone.catalogue()


def test_an_archive_as_it_was_released_has_no_finding(clone: Any) -> None:
    report = clone.check()
    assert report.findings == ()
    assert report.notes == ()


def test_subjects_and_ledgers_of_others_end_nothing(clone: Any) -> None:
    """A form feed ends a line for some; names that are no releases would be paths and arguments of git."""
    clone.edit(
        "catalog.yaml", "ledger:\n", 'ledger:\n  "../../..@x": a\n  "--output=x@1": b\n  "a@1\\nb": c\n'
    )
    clone.commit("A tidy\f catalogue\u2028of mine")
    clone.edit("catalog.yaml", '  "../../..@x": a\n  "--output=x@1": b\n  "a@1\\nb": c\n', "")
    clone.commit("As it was\x1c")
    assert clone.check().errors == ()


def test_a_change_hidden_by_editing_the_ledger_is_found_with_file_and_commit(clone: Any) -> None:
    good = clone.git("rev-parse", "HEAD")
    clone.edit(RATES, "0.93", "0.94")
    clone.edit(YAML, "state: released", "state: draft")
    subject = clone.root / "datasets/toy/2018-r1"
    from nuanomaly.archive import seal

    seal.seal(subject)
    clone.edit(YAML, "state: draft", "state: released")
    forge(clone)
    bad = clone.commit("Tidy up")
    assert clone.check(history=False).ok, "without history, the forgery must be perfect"
    found = {f.code: f for f in clone.check().errors}
    assert set(found) == {"LEDGER_EDITED", "RELEASED_HISTORY_CHANGED"}
    edited, changed = found["LEDGER_EDITED"], found["RELEASED_HISTORY_CHANGED"]
    assert edited.file == "catalog.yaml"
    assert clone.root.joinpath("catalog.yaml").read_text().splitlines()[edited.line - 1].startswith("  toy@")
    assert bad[:10] in edited.message
    assert good[:10] in edited.message
    assert bad[:10] in changed.message
    assert "rates.csv" in changed.message
    assert changed.release == "toy@2018-r1"
    command = changed.remedy.split("`")[1]
    assert command == f"git checkout {good[:10]} -- {RATES} {YAML}"


def test_the_remedies_heal(clone: Any) -> None:
    clone.edit(RATES, "0.93", "0.94")
    clone.edit("catalog.yaml", ledger_line(clone.root), "  toy@2018-r1: " + 64 * "0")
    clone.commit("Tidy up")
    found = {f.code: f for f in clone.check().errors}
    line = found["LEDGER_EDITED"].remedy.split("`")[1]
    clone.edit("catalog.yaml", ledger_line(clone.root), f"  {line}")
    clone.git(*found["RELEASED_HISTORY_CHANGED"].remedy.split("`")[1].split()[1:])
    clone.commit("Restore")
    report = clone.check()
    assert report.ok
    assert codes(report) == {"RELEASED_CHANGED_FOR_A_WHILE"}


def test_a_removed_entry_and_folder_are_missed(clone: Any) -> None:
    shutil.rmtree(clone.root / "datasets/toy/2018-r1")
    forge(clone)
    clone.commit("Nobody needs it")
    found = {f.code: f for f in clone.check().errors}
    assert {"LEDGER_EDITED", "RELEASED_HISTORY_CHANGED"} <= set(found)
    assert "gone" in found["RELEASED_HISTORY_CHANGED"].message


def test_a_change_that_is_not_committed_is_found(clone: Any) -> None:
    clone.edit(RATES, "0.93", "0.94")
    [found] = [f for f in clone.check().errors if f.code == "RELEASED_HISTORY_CHANGED"]
    assert "not committed" in found.message
    assert found.file == RATES


def test_a_release_may_be_retracted(clone: Any) -> None:
    clone.edit(YAML, "state: released", "state: retracted\nretracted: {reason: wrong}")
    clone.catalogue()
    clone.commit("Retract")
    assert clone.check().findings == ()


def test_drafts_may_change_before_they_are_released(clone: Any) -> None:
    clone.edit("datasets/toy/2020-r1/release.yaml", "Rates in three bins", "Three bins")
    clone.catalogue()
    clone.commit("A draft")
    assert clone.check().findings == ()


def test_a_branch_that_still_has_the_draft_may_be_merged(clone: Any) -> None:
    clone.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    (clone.root / "note.txt").write_text("x")
    clone.commit("On the side")
    clone.git("checkout", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-edit", "side")
    assert clone.check().findings == ()


def test_without_history_a_note_says_so(clone: Any, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    origin = clone.root.as_uri()
    subprocess.run(["git", "clone", "--quiet", "--depth=1", origin, shallow], check=True, capture_output=True)
    from nuanomaly.archive.validate import validate

    assert "unshallow" in validate(root=shallow, history=True).notes[0]
    shutil.rmtree(shallow / ".git")
    report = validate(root=shallow, history=True)
    assert report.ok
    assert "history was not checked" in report.notes[0]
    assert "history was not checked" in report.as_text()


def test_the_command_checks_history_only_when_asked(clone: Any, run: Callable[..., Any]) -> None:
    clone.edit("catalog.yaml", ledger_line(clone.root), "  toy@2018-r1: " + 64 * "0")
    clone.commit("Tidy up")
    codes = [
        {f["code"] for f in run("validate", "--json", *more, archive=clone.root).json["findings"]}
        for more in ([], ["--history"])
    ]
    assert "LEDGER_EDITED" not in codes[0]
    assert "LEDGER_EDITED" in codes[1]
