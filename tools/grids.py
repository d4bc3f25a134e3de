"""How little toys hang on the grid: default axes beside ones with four times as many splittings.

``make grids`` asks every release that makes toys, under each model of two flavours that it feels, for the
p-value of no oscillation and for those of a lattice of points, by which Feldman and Cousins allow them, on
the axes of the model and on axes with four times as many splittings, with the same random numbers, and stores
both in ``docs/grids.json``, with a checksum; it is shown in ``docs/grids.md``. It fails if p-values differ by
more than their binomial error, or those of a lattice of true points by more than .02 on the average, or if
more than .02 of its points are allowed on one grid alone by more than that error. With
``ARGS="NAME@VERSION …"`` these releases are measured anew.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from marks import between, checksum

from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.engine import Engine, make_engine
from nuanomaly.inference.engine.split import SplitEngine
from nuanomaly.inference.engine.toy_engine import TableEngine
from nuanomaly.inference.question import Question, UnfeltModelError
from nuanomaly.inference.survey import with_likelihood
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.inference.toys import BLOCK
from nuanomaly.model.probabilities import NotApplicableError

ROOT = Path(__file__).resolve().parents[1]
STORED, PAGE = ROOT / "docs" / "grids.json", ROOT / "docs" / "grids.md"
MARKS = ("<!-- table of grids.json -->", "<!-- end of table -->")
COLUMNS = (
    *("release", "model", "splittings × amplitudes", "Δ", "p", "rms"),
    *("points", "allowed", "by one alone", "difference of p"),
)
MODELS = ("2nu-ee", "2nu-mue", "2nu-mumu")
#: Blocks of 500 toys without oscillation, and how much denser the second axis of splittings is.
BLOCKS, DENSER = 2, 4
#: Points along each axis of the lattice of true points, each with a block of toys: as many as both grids do
#: in so many CPU seconds, roughly; and the confidence level of regions.
LATTICES, TIME, LEVEL = (3, 5, 10), 30.0, 0.9
#: What the data's p-value may differ by, on the average over the lattice, and the share of points that only
#: one grid allows, where there are enough of them.
SHARE = 0.02
#: CPU seconds that 500 toys may take at most, roughly; where a first look at few points says so many times
#: more, nothing more is looked at.
PATIENCE, FAR = 30.0, 5.0


def asked(name: str, model: str, across: int | None = None) -> dict[str, Any] | str | None:
    """Return what toys of a release give on both grids, why there is none, or None if it feels no such model.

    ``across`` is how many points the lattice has along each axis; left out, as many as there is time for.

    Examples
    --------
    >>> asked("lsnd", "2nu-mue")
    'a tabulated surface: no toys can be made of it'
    """
    try:
        what = Question(name, model)
        if what.likelihood.data is None:
            return "a tabulated surface: no toys can be made of it"
        what.check_felt()
    except (NotApplicableError, UnfeltModelError):
        return None
    except NuanomalyError as error:
        return str(error)
    (k,) = (k for k, axis in enumerate(what.axes) if axis.unit == "eV**2")
    count, splitting = len(what.axes[k]), what.axes[k].name
    amplitude = what.axes[1 - k].name
    finer = what.given(grid={splitting: DENSER * (count - 1) + 1, amplitude: len(what.axes[1 - k])})
    try:
        taken = _roughly(what)
        if taken < FAR * PATIENCE:
            first = make_engine(plane_of(what), 1)
            taken = _seconds(first)
    except NuanomalyError as error:
        return f"{model}: {error}"
    if taken > PATIENCE:
        return f"{model}: 500 toys on its grid would take {taken:.0f} CPU seconds"
    second = make_engine(plane_of(finer), 1)
    start = time.process_time()
    second.deltas(second.plane.null, 0)
    taken += time.process_time() - start
    if across is None:
        across = max([n for n in LATTICES if n * n * taken <= TIME], default=LATTICES[0])
    found = [_of(engine, what, across) for engine in (first, second)]
    return {
        "release": what.likelihood.release,
        "model": model,
        "asked": [[len(a) for a in engine.plane.asked] for engine in (first, second)],
        "searched": [list(engine.plane.shape) for engine in (first, second)],
        "delta": [one["delta"] for one in found],
        "p_value": [one["p_value"] for one in found],
        "toys": BLOCKS * BLOCK,
        "rms": _rounded(np.sqrt(np.mean((found[0]["deltas"] - found[1]["deltas"]) ** 2))),
        "across": across,
        "allowed": [_rounded((one["map"] > 1.0 - LEVEL).mean()) for one in found],
        "apart": _apart(*(one["map"] for one in found)),
        "map": _rounded(np.abs(found[0]["map"] - found[1]["map"]).mean()),
        "points": found[0]["map"].size,
    }


def _apart(first: Any, second: Any) -> list[float]:
    """Return the share of points that one grid alone allows, and of those beyond their binomial error."""
    limit = 1.0 - LEVEL
    apart = (first > limit) != (second > limit)
    clear = np.maximum(np.abs(first - limit), np.abs(second - limit)) > np.sqrt(LEVEL * limit / BLOCK)
    return [_rounded(apart.mean()), _rounded((apart & clear).mean())]


def _roughly(what: Question) -> float:
    """Return about how long a block of toys takes at all points of a grid one by one, from few of both."""
    plane = plane_of(what)
    few = np.linspace(0, plane.null, 100).astype(int)
    points = {name: value[few] for name, value in plane.complete.items()}
    assert what.likelihood.data is not None  # asked() looks for it
    some = np.stack([what.likelihood.data] * 50)
    table = what.likelihood.tabulate(what.model, points)
    table(some)
    start = time.process_time()
    table(some)
    return (time.process_time() - start) / some.shape[0] / few.size * BLOCK * plane.count


def _seconds(engine: Engine) -> float:
    """Return about how long a block of toys takes: a part of it if it is of a table, else all of it."""
    if isinstance(engine, TableEngine) and not isinstance(engine, SplitEngine):
        few = engine.generate(engine.plane.null, 0)[:20]
        engine.minimum(few)
        start = time.process_time()
        engine.minimum(few)
        # some of it are calls, which do not grow
        if (taken := time.process_time() - start) > PATIENCE:
            return taken * BLOCK / len(few)
    engine.deltas(engine.plane.null, 0)
    start = time.process_time()
    engine.deltas(engine.plane.null, 0)
    return time.process_time() - start


def _of(engine: Engine, what: Question, across: int) -> dict[str, Any]:
    """Return Δ and p-value of no oscillation, and the p-values of the data at a lattice of points."""
    plane = engine.plane
    values, smallest = engine.observed()
    delta = values - min(smallest, float(values.min()))
    deltas = engine.many(plane.null, BLOCKS)
    at = [_lattice(plane.asked[k].values, what.axes[k].values, across) for k in range(2)]
    shape = tuple(len(a) for a in plane.asked)
    index = plane.places.reshape(shape)[np.ix_(*at)].ravel()
    found = [(engine.deltas(int(k), 0) >= delta[k] - 1e-9).mean() for k in index[plane.possible[index]]]
    return {
        "delta": _rounded(delta[plane.null]),
        "p_value": float((deltas >= delta[plane.null] - 1e-9).mean()),
        "deltas": deltas,
        "map": np.array(found),
    }


def _lattice(values: Any, coarse: Any, count: int) -> Any:
    """Return where points of the coarse axis, evenly, are among the values."""
    chosen = coarse[np.linspace(0, len(coarse) - 1, count).round().astype(int)]
    return np.array([int(np.abs(np.log(values / x)).argmin()) for x in chosen])


def _rounded(value: Any) -> float:
    return float(f"{round(float(value), 9):.4g}")


def wrong(row: Mapping[str, Any]) -> list[str]:
    """Return what a release does not keep of what is promised, a sentence for each."""
    problems, where = [], f"{row['release']}, {row['model']}"
    first, second = row["p_value"]
    error = np.sqrt(max(second * (1.0 - second), 1.0 / row["toys"]) / row["toys"])
    if abs(first - second) > error:
        problems.append(f"{where}: p {first:g} and {second:g}, binomial error {error:.2g}")
    if row["map"] > SHARE:
        problems.append(f"{where}: p-values of a lattice of points differ by {row['map']:g}")
    if row["points"] * SHARE >= 1.0 and row["apart"][1] > SHARE:
        problems.append(f"{where}: {100 * row['apart'][1]:.2g} % of the points are allowed on one grid alone")
    return problems


def with_table(page: str, content: Mapping[str, Any]) -> str:
    """Return a page with the table written anew between its two marks.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    return between(page, MARKS, "\n".join(_shown(content)))


def _shown(content: Mapping[str, Any]) -> Iterator[str]:
    rows = content["rows"]
    kept = sum(not wrong(row) for row in rows)
    yield (
        f"{len(rows)} pairs of a release and a model were asked; {kept} of them keep what is promised. The "
        f"largest rms difference of Δ of a toy is {max(row['rms'] for row in rows):.2g}."
    )
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{'---|' * len(COLUMNS)}"
    for row in rows:
        sizes = " / ".join(" × ".join(map(str, shape)) for shape in row["searched"])
        numbers = [" / ".join(f"{v:.4g}" for v in row[name]) for name in ("delta", "p_value")]
        shares = " / ".join(f"{100 * v:.1f} %" for v in row["allowed"])
        cells = [
            row["release"],
            row["model"],
            sizes,
            *numbers,
            f"{row['rms']:.2g}",
            str(row["points"]),
            shares,
            " / ".join(f"{100 * share:.2g} %" for share in row["apart"]),
            f"{row['map']:.1g}",
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "When toys were first fitted so, the stored runs moved, from the points of their grids:"
    yield ""
    yield "| run | Δ | p |"
    yield "|---|---|---|"
    for run, (delta, p_value) in content["moved"].items():
        yield f"| {run} | {_both(delta)} | {_both(p_value)} |"
    yield ""
    yield "These were not asked:"
    yield ""
    yield from (f"* {name}: {reason}" for name, reason in content["others"].items())
    if content["missing"]:
        yield f"* not yet: {', '.join(content['missing'])}"


def _both(numbers: Sequence[float]) -> str:
    return " → ".join(f"{number:.4g}" for number in numbers)


def of_release(name: str, across: int | None = None) -> tuple[list[dict[str, Any]], str]:
    """Return the rows of a release, one for each model that it feels, and why there is none."""
    found = [asked(name, model, across) for model in MODELS]
    rows = [row for row in found if isinstance(row, dict)]
    reasons = [reason for reason in found if isinstance(reason, str)]
    return rows, "" if rows else (reasons or ["feels none of the models of two flavours"])[0]


def main() -> None:
    """Write the table and the page: of the releases that are named, or of all."""
    names, known = sys.argv[1:], with_likelihood()
    rows: dict[str, Sequence[dict[str, Any]]] = {}
    others: dict[str, str] = {}
    if names and STORED.is_file():
        stored = json.loads(STORED.read_text("utf-8"))
        others = stored["others"]
        for row in stored["rows"]:
            rows[row["release"]] = [*rows.get(row["release"], []), row]
    for name in names or known:
        print(name, file=sys.stderr, flush=True)
        made, reason = of_release(name)
        rows.pop(name, None)
        others.pop(name, None)
        rows |= {name: made} if made else {}
        others |= {name: reason} if reason else {}
        write({k: rows[k] for k in known if k in rows}, {k: others[k] for k in known if k in others})
    problems = [sentence for made in rows.values() for row in made for sentence in wrong(row)]
    print("\n".join([*problems, str(STORED)]))
    sys.exit(bool(problems))


def write(rows: Mapping[str, Sequence[Mapping[str, Any]]], others: Mapping[str, str]) -> None:
    """Write the table and the page."""
    missing = [name for name in with_likelihood() if name not in {**rows, **others}]
    every = [row for made in rows.values() for row in made]
    content: dict[str, Any] = {"rows": every, "others": others, "missing": missing, "moved": {}}
    if STORED.is_file():
        content["moved"] = json.loads(STORED.read_text("utf-8"))["moved"]
    content["sha256"] = checksum(content)
    write_atomically(STORED, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(PAGE, with_table(PAGE.read_text("utf-8"), content).encode())


if __name__ == "__main__":
    main()
