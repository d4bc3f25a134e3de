"""What is known of changed digits: who noticed which, kept as it is found, summed up, and shown on a page."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from marks import between

from nuanomaly.archive.validate.codes.physics import PHYSICS

#: Digits of a number that are changed, counted from its first that is not zero.
DIGITS = 3
#: Between these a page shows what was found.
MARKS = ("<!-- table of mutations.json -->", "<!-- end of table -->")
#: Who notices a change, and how a page calls them.
WHO = {"validation": "validation", "benchmark": "a benchmark", "physics": "physics", "silent": "nobody"}


@dataclass(frozen=True)
class Change:
    """One digit of one number that is changed, and who notices.

    Attributes
    ----------
    release, table, column : str
    row : int
        Counted from 0.
    old, new : str
        The number as it is printed.
    digit : int
        Which significant digit was changed, counted from 1.
    noticed : str
        The code of the first finding, or the id of the first benchmark that fails; empty if nobody noticed.
    """

    release: str
    table: str
    row: int
    column: str
    old: str
    new: str
    digit: int
    noticed: str = ""


@dataclass(frozen=True)
class Readers:
    """Who reads a table: modes of the likelihood, and benchmarks in the order of their cost."""

    modes: tuple[str, ...]
    benchmarks: tuple[str, ...]


def summary(results: Sequence[Change]) -> dict[str, Any]:
    """Return how many changes were noticed by whom, by digit and by table."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for result in results:
        rows.setdefault((result.release, result.table), Counter())[kind(result)] += 1
    digits = {
        f"digit {k}": dict(Counter(kind(r) for r in results if r.digit == k)) for k in range(1, DIGITS + 1)
    }
    return {
        "judged": len(results),
        **dict(Counter(map(kind, results))),
        "silent share": round(sum(not r.noticed for r in results) / max(1, len(results)), 4),
        "digits": digits,
        "codes": dict(Counter(r.noticed for r in results if kind(r) == "validation").most_common()),
        "tables": [
            {"release": id, "table": table, **dict(sorted(counts.items()))}
            for (id, table), counts in sorted(rows.items())
        ],
    }


def kind(result: Change) -> str:
    """Return who noticed a change: ``validation``, ``physics``, ``benchmark``, or nobody (``silent``).

    Examples
    --------
    >>> kind(Change("best@2022-r2", "lines", 0, "energy", "0.7473", "0.7573", 2, "benchmark total"))
    'benchmark'
    """
    if not result.noticed:
        return "silent"
    if result.noticed.startswith("benchmark "):
        return "benchmark"
    return "physics" if result.noticed in {code.code for code in PHYSICS} else "validation"


class Record:
    """What is done so far: who reads the tables of a release, and changes that were judged.

    Parameters
    ----------
    file : pathlib.Path or None
        Lines of JSON, each written as soon as it is known; None to keep it in this process alone. A file that
        began with another ``key`` (other releases, another seed) is begun anew.
    key : object
    """

    def __init__(self, file: Path | None, key: Any) -> None:
        self._file = file
        self.readers: dict[str, dict[str, Readers]] = {}
        self.changes: list[Change] = []
        self.again: dict[tuple[str, int], str] = {}
        lines = file.read_text("utf-8").split("\n")[:-1] if file and file.is_file() else []
        if lines and json.loads(lines[0]) == key:
            for line in map(json.loads, lines[1:]):
                self._take(*line)
        elif file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(key) + "\n", "utf-8")

    def _take(self, what: str, content: Any) -> None:
        if what == "change":
            self.changes.append(Change(*content))
        elif what == "again":
            program, place, noticed = content
            self.again[program, place] = noticed
        else:
            self.readers[what] = {t: Readers(tuple(m), tuple(b)) for t, (m, b) in content.items()}

    def add(self, what: str, content: Any) -> None:
        """Keep who reads the tables of a release, under its name, or a change that was judged.

        Those that are judged for the first time are called ``change``, others ``again``, with what program
        judged them.
        """
        self._take(what, content)
        if self._file:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps([what, content], ensure_ascii=False) + "\n")


def written(results: Sequence[Change], content: Mapping[str, Any]) -> str:
    """Return the changes as JSON, one on each line, below their summary."""
    head = json.dumps(content, indent=1, ensure_ascii=False)
    lines = ",\n  ".join(json.dumps(list(asdict(result).values()), ensure_ascii=False) for result in results)
    return f'{head[:-2]},\n "each": [\n  {lines}\n ]\n}}\n'


def with_table(page: str, content: Mapping[str, Any]) -> str:
    """Return a page with who noticed the changes written anew between its two marks.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    return between(page, MARKS, _shown(content))


def _shown(content: Mapping[str, Any]) -> str:
    judged = content["judged"]
    parts = [f"{content.get(who, 0)} by {words}" for who, words in WHO.items() if who != "silent"]
    share = content["silent share"]
    error = (share * (1.0 - share) / max(1, judged)) ** 0.5
    said = (
        f"Of {content['asked']:,} changes that the seed {content['seed']} draws, {judged:,} were judged: "
        f"noticed {', '.join(parts)}; by nobody {content.get('silent', 0)}, {100 * share:.0f} % "
        f"(± {100 * error:.0f} % by chance)."
    )
    lines = [f"| digit | {' | '.join(WHO.values())} |", f"|{'---|' * (len(WHO) + 1)}"]
    for digit, counts in content["digits"].items():
        lines.append(f"| {digit} | {' | '.join(str(counts.get(who, 0)) for who in WHO)} |")
    codes = ", ".join(f"`{code}` {count}" for code, count in content["codes"].items())
    lines += ["", f"Validation's first findings: {codes}."]
    lines += ["", f"| release | table | {' | '.join(WHO.values())} |", f"|{'---|' * (len(WHO) + 2)}"]
    for row in content["tables"]:
        cells = " | ".join(str(row.get(who, 0)) for who in WHO)
        lines.append(f"| {row['release']} | {row['table']} | {cells} |")
    return f"{said}\n\n" + "\n".join(lines)
