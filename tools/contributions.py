"""Make contributions with one mistake each, and see what their reviews say: ``make contributions``.

Each gets a branch of its own in an archive of a few datasets of this checkout (or in a clone of all of it,
``--whole``), is committed there, and is reviewed by the command that the forge runs (``nuanomaly check-pr``).
What the reviews say is stored in
``docs/contributions.json`` and shown in ``docs/contributions.md``; the program ends with 1 if one of them
says less than it must.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import wrong_contributions
from marks import between
from wrong_contributions import Contribution

ROOT = Path(__file__).resolve().parents[1]
STORED, PAGE = ROOT / "docs" / "contributions.json", ROOT / "docs" / "contributions.md"
MARKS = ("<!-- table of contributions.json -->", "<!-- end of table -->")
_ERROR = re.compile(r"^- \*\*error\*\* ([A-Z0-9_]+) in ", re.MULTILINE)
_WHO = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_NAME": "A. Author" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "author@example.org" for who in ("AUTHOR", "COMMITTER")},
}


def errors(review: str) -> list[str]:
    """Return the codes of the errors that a review lists, each once.

    Examples
    --------
    >>> errors("# Review: not green\\n- **error** PATH_UNSAFE in x: y. → z")
    ['PATH_UNSAFE']
    """
    return list(dict.fromkeys(_ERROR.findall(review)))


def missing(row: Contribution, review: str) -> list[str]:
    """Return what a review should say and does not, in words; nothing if it is as it must be.

    Parameters
    ----------
    row : Contribution
    review : str
        As Markdown.

    Examples
    --------
    >>> row = Contribution("a mistake", print, codes=("PATH_UNSAFE",))
    >>> missing(row, "# Review: green")
    ['is not red', 'says none of PATH_UNSAFE']
    """
    said = re.sub(r"\\(.)", r"\1", review)
    wanted = "# Review: green" if row.green else "# Review: not green"
    lacking = [] if review.splitlines()[:1] == [wanted] else ["is not green" if row.green else "is not red"]
    if row.codes and not set(row.codes) & set(errors(review)):
        lacking.append(f"says none of {', '.join(row.codes)}")
    lacking += [f"does not say {word!r}" for word in row.words if word not in said]
    live = [word for word in row.silent if re.search(rf"(?<!\\){re.escape(word)}", review)]
    return lacking + [f"says {word!r}" for word in live]


def clone(source: Path, root: Path) -> None:
    """Clone a checkout as it is committed, its branch as ``main``."""
    subprocess.run(["git", "clone", "--quiet", "--shared", "--no-tags", source, root], check=True)
    git(root, "checkout", "--quiet", "-B", "main")


def few(source: Path, root: Path) -> None:
    """Make an archive of a few datasets and comparisons of a checkout, committed as ``main``."""
    root.mkdir()
    wrong_contributions.base(source, root)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Archive")


def git(root: Path, *words: str) -> None:
    """Run git in a clone."""
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, env={**os.environ, **_WHO}
    )
    if done.returncode:
        raise SystemExit(f"git {words[0]}: {done.stderr.strip()}")


def branch(root: Path, row: Contribution) -> None:
    """Make a contribution on a branch of its own, which begins at main."""
    git(root, "checkout", "--quiet", "--force", "-B", "contribution", "main")
    git(root, "clean", "--quiet", "-ffdx")
    row.act(root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "A contribution")


def reviewed(root: Path) -> tuple[str, float]:
    """Return the review of what is in a clone, and the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "nuanomaly", "check-pr", "--base", "main"],
        capture_output=True,
        text=True,
        env={**os.environ, "NUANOMALY_ARCHIVE": str(root)},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = done.stdout or f"no review: {done.stderr.strip().splitlines()[-1:]}"
    return said, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the stored reviews as Markdown."""
    right = sum(not row["missing"] for row in rows)
    seconds = sorted(row["seconds"] for row in rows)
    whole = sum(row["whole"] for row in rows)
    lines = [
        f"{right} of {len(rows)} reviews say what they must, {whole} of them of the whole archive; half of "
        f"them took at most {seconds[len(seconds) // 2]:.0f} s of CPU time, the longest {seconds[-1]:.0f} s.",
        "",
        "| contribution | first line of its review | errors, and what else it says | as it must be |",
        "|---|---|---|---|",
    ]
    for row in rows:
        said = [*row["errors"], *row["words"]]
        verdict = "no: " + "; ".join(row["missing"]) if row["missing"] else "yes"
        lines.append(f"| {row['what']} | {row['first'].lstrip('# ')} | {', '.join(said)} | {verdict} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every contribution, store what the reviews say, and write the page."""
    parser = argparse.ArgumentParser(prog="make contributions", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", help="those with this in their names; nothing is stored")
    parser.add_argument("--from", dest="first", type=int, default=0, help="begin at this one")
    parser.add_argument("--to", dest="last", type=int, help="stop before this one; later runs go on there")
    parser.add_argument("--whole", action="store_true", help="in a clone of the whole archive, as committed")
    asked = parser.parse_args(arguments)
    rows = [row for row in wrong_contributions.ROWS if (asked.only or "") in row.what]
    stored = {row["what"]: row for row in json.loads(STORED.read_text("utf-8"))} if STORED.is_file() else {}
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "clone"
        (clone if asked.whole else few)(ROOT, root)
        for row in rows[asked.first : asked.last]:
            branch(root, row)
            review, seconds = reviewed(root)
            stored[row.what] = {
                "what": row.what,
                "first": review.partition("\n")[0],
                "errors": errors(review),
                "words": [word for word in row.words if word in re.sub(r"\\(.)", r"\1", review)],
                "missing": missing(row, review),
                "seconds": round(seconds, 1),
                "whole": asked.whole,
            }
            print(json.dumps(stored[row.what], ensure_ascii=False), flush=True)
    done = [stored[row.what] for row in rows if row.what in stored]
    if not asked.only:
        STORED.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n", "utf-8")
        PAGE.write_text(between(PAGE.read_text("utf-8"), MARKS, table(done)), "utf-8")
    return int(any(row["missing"] for row in done))


if __name__ == "__main__":
    sys.exit(main())
