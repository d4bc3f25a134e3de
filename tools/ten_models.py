"""What the commands of the manual's page on ten models cost: measured, stored, and written into the page.

python tools/ten_models.py            all commands that are not stored
python tools/ten_models.py --again    all commands

Each command runs in a process of its own, in a folder that holds the models of the gallery and the files that
the page shows. The time is the processor time of that process.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from marks import between

ROOT = Path(__file__).resolve().parents[1]
PAGE, STORED = ROOT / "docs/ten-models.md", ROOT / "docs/ten-models.json"
MARKS = ("<!-- measured -->", "<!-- /measured -->")


def commands(page: str) -> dict[str, list[str]]:
    """Return the commands of each section.

    Examples
    --------
    >>> commands("## 1. One\\n```sh\\nnuanomaly list\\n```\\n## 2. Two\\n")
    {'1. One': ['nuanomaly list'], '2. Two': []}
    """
    _, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    found = {}
    for part in parts:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        found[title] = [line for block in blocks for line in block.splitlines() if line]
    return found


def write_files(page: str, folder: Path) -> None:
    """Write the files that a page shows, and those of the gallery, into a folder."""
    for file in (ROOT / "docs/gallery").glob("*.py"):
        shutil.copy(file, folder)
    for name, text in re.findall(
        r"The file `(\w+\.py)`:\n\n```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE
    ):
        (folder / name).write_text(text, "utf-8")


def measured(command: str, folder: Path) -> dict[str, Any]:
    """Return CPU seconds and exit code of a command in a folder."""
    program, *arguments = shlex.split(command)
    place = Path(sys.executable).with_name(program)
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    before = os.times()
    done = subprocess.run([place, *arguments], cwd=folder, env=alone, capture_output=True, check=False)
    return {"seconds": round(os.times().children_user - before.children_user, 1), "exit": done.returncode}


def table(page: str, stored: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of what each command cost."""
    rows = ["| model | command | CPU s |", "|---|---|---:|"]
    for title, lines in commands(page).items():
        for line in lines:
            if line in stored:
                short = " ".join(line.split(" --")[0].split()[1:])
                refused = ", refused" if stored[line]["exit"] else ""
                rows.append(f"| {title} | `{short}`{refused} | {stored[line]['seconds']:.1f} |")
    return "\n".join(rows)


def main() -> None:
    """Measure, store and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--again", action="store_true", help="measure what is stored, too")
    asked = parser.parse_args()
    page = PAGE.read_text("utf-8")
    stored = json.loads(STORED.read_text("utf-8")) if STORED.is_file() else {}
    wanted = [line for lines in commands(page).values() for line in lines]
    kept = {line: stored[line] for line in wanted if line in stored and not asked.again}
    with tempfile.TemporaryDirectory() as name:
        write_files(page, Path(name))
        for line in wanted:
            kept[line] = kept.get(line) or measured(line, Path(name))
            print(kept[line], line, flush=True)
            entries = {line: kept[line] for line in wanted if line in kept}
            STORED.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(between(page, MARKS, table(page, kept)), "utf-8")


if __name__ == "__main__":
    main()
