"""The workflows of the forge: valid, with no right too many, and each step a target that runs here."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: A step that runs something runs one target of this Makefile, or of the base branch's beside a contribution.
STEP = re.compile(r"make (?:-C base )?([a-z-]+)")
#: Actions by the forge itself, by the commit of a release: a tag can be moved.
ACTION = re.compile(r"actions/[a-z-]+@[0-9a-f]{40}")

# What a fake gh answers: which pull request it is, which files it changes; it keeps what it would post.
GH = """\
#!/usr/bin/env bash
echo "$*" >> "$FAKE/calls"
case "$*" in
  *pulls/7/files*) cat "$FAKE/files" ;;
  *repos/archive/nuanomaly/pulls*) cat "$FAKE/number" ;;
  "pr comment"*) cp "${@: -1}" "$FAKE/posted" ;;
  *) exit 1 ;;
esac
"""


def read(path: Path) -> dict[str, Any]:
    """A workflow; YAML 1.1 reads the key `on` as true."""
    found = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, workflow and job of every job."""
    for path in WORKFLOWS:
        workflow = read(path)
        for name, job in workflow["jobs"].items():
            yield f"{path.stem}/{name}", workflow, job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, _, job in jobs():
        yield from ((name, step) for step in job["steps"])


def targets() -> set[str]:
    """The targets of the Makefile that have a help text."""
    return set(re.findall(r"(?m)^([a-z-]+):[^=\n]*## ", (ROOT / "Makefile").read_text("utf-8")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_forge_would_accept_the_file(path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        str(path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_check_can_fail(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.yml"
    damaged.write_text(WORKFLOWS[0].read_text("utf-8").replace("runs-on:", "run-on:"), "utf-8")
    command = [
        *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"),
        str(damaged),
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_every_step_is_a_target_of_the_makefile_or_an_action_of_the_forge() -> None:
    run = {}
    for name, step in steps():
        if "run" in step:
            match = STEP.fullmatch(step["run"])
            assert match, f"{name}: {step['run']}"
            run[name, match[1]] = match[1] in targets()
        else:
            assert ACTION.fullmatch(step["uses"]), f"{name}: {step['uses']}"
    assert len(run) == 10
    assert all(run.values()), run


def test_every_target_is_known_to_make() -> None:
    for target in (
        "check",
        "test",
        "check-pr",
        "report",
        "mirror",
        "ria",
        "comment",
        "browser",
        "packages",
        "publish",
    ):
        done = subprocess.run(
            [
                "make",
                "--dry-run",
                "--no-print-directory",
                *(f"--assume-old=.venv/{s}.stamp" for s in STAMPS),
                target,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


STAMPS = ("pip", "report", "dev")


def test_a_pull_request_gets_no_secret_and_may_only_read() -> None:
    for name, workflow, job in jobs():
        assert "pull_request_target" not in workflow["on"], name
        if "pull_request" in workflow["on"]:
            assert workflow["permissions"] == {"contents": "read"}, name
            assert "permissions" not in job, name
            text = yaml.safe_dump(job)
            assert "secrets." not in text, name
            assert "github.token" not in text, name


def test_only_three_jobs_may_write_and_they_build_nothing() -> None:
    writing = {
        name: sorted(key for key, right in job["permissions"].items() if right == "write")
        for name, _, job in jobs()
        if "write" in job.get("permissions", {}).values()
    }
    assert writing == {
        "comment/comment": ["pull-requests"],
        "packages/publish": ["id-token"],
        "publish/deploy": ["id-token", "pages"],
    }
    commands = [s.get("run") for name, s in steps() if name in writing if "run" in s]
    assert sorted(commands) == ["make comment", "make publish"]


def test_no_text_of_others_becomes_a_command() -> None:
    for name, step in steps():
        assert "${{" not in step.get("run", ""), name
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False, name


def test_a_contribution_is_reviewed_by_the_program_of_the_base_branch() -> None:
    (job,) = (job for name, _, job in jobs() if name == "review/review")
    base, contribution = (s["with"] for s in job["steps"] if s.get("uses", "").startswith("actions/checkout"))
    assert (base["path"], base["ref"]) == ("base", "${{ github.event.pull_request.base.sha }}")
    assert contribution["path"] == "contribution"
    assert [s["run"] for s in job["steps"] if "run" in s] == ["make -C base check-pr"]


def test_the_trusted_job_waits_for_the_review_by_its_name() -> None:
    comment = next(read(path) for path in WORKFLOWS if path.stem == "comment")
    assert comment["on"] == {"workflow_run": {"workflows": ["review"], "types": ["completed"]}}
    assert "review" in {read(path)["name"] for path in WORKFLOWS}


# --- make comment, with a forge that is not there -----------------------------------------------------------


def comment(folder: Path, review: str, files: str = "datasets/a/b/release.yaml\n", number: str = "7") -> str:
    """Run ``make comment``; return what would be posted."""
    (folder / "bin").mkdir()
    (folder / "bin" / "gh").write_text(GH, "utf-8")
    (folder / "bin" / "gh").chmod(0o755)
    (folder / "files").write_text(files, "utf-8")
    (folder / "number").write_text(number, "utf-8")
    (folder / "review.md").write_text(review, "utf-8")
    named = {"GH_REPO": "archive/nuanomaly", "HEAD_OWNER": "someone", "HEAD_BRANCH": "$(touch x)"}
    environment = {
        **os.environ,
        **named,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "FAKE": str(folder),
        "REVIEW": str(folder / "review.md"),
        "HEAD_SHA": "0123456789abcdef",
    }
    subprocess.run(
        ["make", "--no-print-directory", "comment"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    posted = folder / "posted"
    return posted.read_text("utf-8") if posted.exists() else ""


def test_a_review_is_shown_as_it_is(tmp_path: Path) -> None:
    assert comment(tmp_path, "# Review: green\n`$(id)` ν\n") == "# Review: green\n`$(id)` ν\n"
    first, *_, last = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert "head=someone:$(touch x)" in first
    assert last.startswith("pr comment 7 --edit-last --create-if-none --body-file ")


def test_a_long_review_is_cut_between_characters(tmp_path: Path) -> None:
    posted = comment(tmp_path, "x" + "ν" * 50_000)
    assert len(posted.encode()) < 65_536
    assert posted.endswith("ν\n\n… cut off here: the whole review is in the run.\n")


def test_a_review_that_a_changed_workflow_wrote_is_not_shown(tmp_path: Path) -> None:
    posted = comment(
        tmp_path, "# Review: green\n", files="datasets/a/b/a.csv\n.github/workflows/review.yml\n"
    )
    assert "Review: green" not in posted
    assert "A maintainer reads the change first" in posted


def test_a_missing_review_is_said(tmp_path: Path) -> None:
    assert comment(tmp_path, "").startswith("The review did not come to an end")


def test_a_pull_request_that_went_on_gets_no_old_review(tmp_path: Path) -> None:
    assert comment(tmp_path, "# Review: green\n", number="") == ""
