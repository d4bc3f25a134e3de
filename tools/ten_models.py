"""What the commands of the manual's page on ten models cost: measured, stored, and written into the page.

python tools/ten_models.py            all commands that are not stored
python tools/ten_models.py --only TEXT  those of them that contain a text
python tools/ten_models.py --again    all commands
python tools/ten_models.py --limit 60 those that take no longer, in seconds of the processor
python tools/ten_models.py --table    none: the table of what is stored

Each command runs in a process of its own, in a folder that holds the models of the gallery and the files that
the page shows. The time is the processor time of that process.
"""

import argparse
import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from itertools import takewhile
from pathlib import Path
from string import Template
from typing import Any

from marks import between

from nuanomaly.archive.anomalies import groups

ROOT = Path(__file__).resolve().parents[1]
PAGE, STORED = ROOT / "docs/ten-models.md", ROOT / "docs/ten-models.json"
MARKS = ("<!-- measured -->", "<!-- /measured -->")
#: After so many seconds of the processor a command is ended, and stands in the table with that limit.
LONGEST = 600
#: What is asked of each model, in the order in which it is measured: what takes long comes last.
COLUMNS = ("point", "data set", "group", "everything", "PG", "plot")
_LAST = ("data set", "PG", "group", "plot", "point", "everything")


def commands(page: str) -> dict[str, list[str]]:
    """Return the commands of each section after the introduction, variables of the shell filled in.

    Examples
    --------
    >>> commands("```sh\\nALL=\\"a b\\"\\n```\\n## 1. One\\n```sh\\nnuanomaly fit $ALL\\n```\\n## 2. Two\\n")
    {'1. One': ['nuanomaly fit a b'], '2. Two': []}
    """
    first, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    variables = dict(re.findall(r'^(\w+)="(.*)"$', first, flags=re.MULTILINE))
    found = {}
    for part in parts:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines() if line]
        found[title] = [Template(line).substitute(variables) for line in lines]
    return found


def asked(command: str) -> str:
    """Return what a command asks, as a column of the table.

    Examples
    --------
    >>> [asked(f"nuanomaly {c} --model 3nu") for c in ("survey", "fit best", "fit gallium", "compare a b")]
    ['point', 'data set', 'group', 'PG']
    """
    _, verb, *arguments = shlex.split(command)
    if verb != "fit":
        return {"survey": "point", "chi2": "point", "compare": "PG", "plot": "plot"}[verb]
    names = list(takewhile(lambda argument: not argument.startswith("--"), arguments))
    if len(names) > 1:
        return "everything"
    return "group" if "+" in names[0] or names[0] in groups() else "data set"


def lines(page: str, command: str) -> int:
    """Return how many lines the file of a command's model has; none if it is built in."""
    file = re.search(r"--model (\w+\.py):", command)
    if file is None:
        return 0
    own = ROOT / "docs/gallery" / file[1]
    text = own.read_text("utf-8") if own.is_file() else files(page)[file[1]]
    return len(text.strip().splitlines())


def files(page: str) -> dict[str, str]:
    """Return the files that a page shows, by name."""
    shown = re.findall(r"The file `(\w+\.py)`:\n\n```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return dict(shown)


def write_files(page: str, folder: Path) -> None:
    """Write the files that a page shows, and those of the gallery, into a folder."""
    for file in (ROOT / "docs/gallery").glob("*.py"):
        shutil.copy(file, folder)
    for name, text in files(page).items():
        (folder / name).write_text(text, "utf-8")


def measured(command: str, folder: Path, limit: int = LONGEST) -> dict[str, Any]:
    """Return CPU seconds and exit code of a command in a folder; no code if it was ended at the limit."""
    program, *arguments = shlex.split(command)
    place = Path(sys.executable).with_name(program)
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    before = os.times()
    limited = partial(resource.setrlimit, resource.RLIMIT_CPU, (limit, limit))
    done = subprocess.run(
        [place, *arguments], cwd=folder, env=alone, capture_output=True, check=False, preexec_fn=limited
    )
    if done.returncode < 0:
        return {"seconds": float(limit), "exit": None}
    return {"seconds": round(os.times().children_user - before.children_user, 1), "exit": done.returncode}


def table(page: str, stored: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of what each question cost, by section; the first command of a kind counts."""
    rows = [f"| model | lines | {' | '.join(COLUMNS)} |", f"|---|{'---:|' * (1 + len(COLUMNS))}"]
    for title, own in commands(page).items():
        if not own:
            continue
        cells = []
        for column in COLUMNS:
            line = next((line for line in own if asked(line) == column), "")
            known = stored.get(line)
            cells.append(_cell(known) if known else "–")
        rows.append(f"| {title} | {max(lines(page, line) for line in own)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(known: Mapping[str, Any]) -> str:
    """Return what stands of a command in the table.

    Examples
    --------
    >>> [_cell({"seconds": 12.34, "exit": code}) for code in (0, 1, None)]
    ['12.3', '12.3, refused', '> 12']
    """
    if known["exit"] is None:
        return f"> {known['seconds']:.0f}"
    return f"{known['seconds']:.1f}{', refused' if known['exit'] else ''}"


def main() -> None:
    """Measure, store and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--again", action="store_true", help="measure what is stored, too")
    parser.add_argument(
        "--table", action="store_true", help="write the table of what is stored, measure nothing"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="measure commands that contain it")
    parser.add_argument("--limit", type=int, default=LONGEST, help="end commands after so many seconds")
    chosen = parser.parse_args()
    page = PAGE.read_text("utf-8")
    stored = json.loads(STORED.read_text("utf-8")) if STORED.is_file() else {}
    every = [line for own in commands(page).values() for line in own]
    wanted = sorted(every, key=lambda line: _LAST.index(asked(line)))
    kept = {
        line: stored[line] for line in wanted if line in stored and not (chosen.again and chosen.only in line)
    }
    with tempfile.TemporaryDirectory() as name:
        write_files(page, Path(name))
        for line in wanted:
            if line not in kept and chosen.only in line and not chosen.table:
                found = measured(line, Path(name), chosen.limit)
                print(found, line, flush=True)
                if found["exit"] is None and chosen.limit < LONGEST:
                    continue
                kept[line] = found
                entries = {line: kept[line] for line in every if line in kept}
                STORED.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(between(page, MARKS, table(page, kept)), "utf-8")


if __name__ == "__main__":
    main()
