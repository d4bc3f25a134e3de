"""Contributions with one mistake each, made as their contributors would make them: for the review to find.

Most are a new release like MiniBooNE's neutrino mode (bins, data, background, fractional covariance,
simulated events with L, E and weight), under a name of its own, with one thing wrong; others change what is
there. Each is done to a checkout, sealed and put into the catalogue; nothing is committed here.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from wrong_releases import (
    MISTAKES,
    MODEL,
    NAME,
    OWN_SUM,
    Change,
    Frames,
    benchmark,
    efficiency,
    live_text,
    no_overlap,
    nothing,
    surface,
    unit,
    without_benchmark,
    written,
)

from nuanomaly.archive import catalog, release
from nuanomaly.inference import benchmarks

#: A release that stored toys use, the file that tells what they gave, and a release to break.
USED, STORED, SMALL = "karmen/2002-r1", "comparisons/lsnd-vs-karmen/runs/karmen/about.json", "karmen/2002-r1"
#: What the archive needs for all of these, where it is not whole.
DATASETS, COMPARISONS = (
    ("miniboone-nue", "karmen", "lsnd", "contours"),
    ("lsnd-vs-karmen", "lsnd-vs-miniboone"),
)
#: A text that must not be read through a link.
SECRET = "the first line of a file of the machine"

#: What is done to a checkout.
Act = Callable[[Path], object]


@dataclass(frozen=True)
class Contribution:
    """A contribution, and what its review must say.

    Attributes
    ----------
    what : str
        What is wrong, in words.
    act : callable
        Does it to a checkout.
    codes : tuple of str
        Codes of errors of which one must be found; none if other words say it.
    words : tuple of str
        What must stand in the review, as text.
    silent : tuple of str
        What must not stand in it.
    green : bool
        Whether the review must be green: of those that have nothing wrong.
    hostile : bool
        Whether reading it might not end without limits of time and memory.
    """

    what: str
    act: Act
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    green: bool = False
    hostile: bool = False


def base(source: Path, root: Path) -> None:
    """Copy what all contributions are made to from a checkout: a few datasets and one comparison of it."""
    for folder in ("schemas", "anomalies"):
        shutil.copytree(source / folder, root / folder)
    for folder, names in (("datasets", DATASETS), ("comparisons", COMPARISONS)):
        for name in names:
            shutil.copytree(source / folder / name, root / folder / name)
    catalog.write(root)


# --- new releases -------------------------------------------------------------------------------------------


def _new(change: Change, state: str = "draft") -> Act:
    """Return the contribution of a new release, sealed as a draft before it is anything else."""

    def act(root: Path) -> None:
        _as(state, written(root, change))
        catalog.write(root)

    return act


def _as(state: str, made: release.Release) -> None:
    """Say of a draft that it is something else."""
    file = made.folder / "release.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("\nstate: draft\n", f"\nstate: {state}\n"), "utf-8")


def _agreeing(change: Change) -> Act:
    """Return a new release, released as well, whose benchmark says what the mistake gives, in four digits."""

    def act(root: Path) -> None:
        made = written(root, change)
        row = benchmarks.row(made.metadata["benchmarks"][0], made)
        if row["recomputed"] is not None and np.isfinite(row["recomputed"]):
            expected = float(f"{row['recomputed']:.4g}")
            shutil.rmtree(made.folder.parent)

            def agreeing(data: dict[str, Any], frames: Frames) -> None:
                change(data, frames)
                tolerance = max(abs(expected) * 1e-3, 1e-6)
                data["benchmarks"][0] |= {"expected": expected, "tolerance": tolerance}

            made = written(root, agreeing)
        _as("released", made)
        catalog.write(root)

    return act


def _surface(factor: float) -> Act:
    def act(root: Path) -> None:
        released = release.read(root / "datasets" / MODEL).table("surface_nu")

        def change(data: dict[str, Any], frames: Frames) -> None:
            surface(factor)(data | {"_surface": released}, frames)

        written(root, change)
        catalog.write(root)

    return act


# --- changes of what is there, and folders that are no releases ---------------------------------------------


def edited(file: str, *pairs: tuple[str, str], catalogue: bool = True) -> Act:
    """Return an edit of a file: each text must stand in it, and its first occurrence is replaced."""

    def act(root: Path) -> None:
        path = root / file
        text = path.read_text("utf-8")
        for old, new in pairs:
            assert old in text, f"{old!r} stands no longer in {file}"
            text = text.replace(old, new, 1)
        path.write_text(text, "utf-8")
        if catalogue:
            catalog.write(root)

    return act


def stored_p_value(root: Path) -> None:
    """Halve the stored p-value of a test by toys."""
    _stored(root, lambda result: result | {"p_value": result["p_value"] / 2.0})


def stored_difference(root: Path) -> None:
    """Double the observed difference of a stored test by toys."""
    _stored(root, lambda result: result | {"delta": result["delta"] * 2.0})


def _stored(root: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    file = root / STORED
    about = json.loads(file.read_text("utf-8"))
    about["result"] = change(about["result"])
    file.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")


def stored_distribution(root: Path) -> None:
    """Double every stored difference, and renew the hash of the table."""
    file = root / STORED
    about = json.loads(file.read_text("utf-8"))
    [name] = [n for n in about["files"] if n.startswith("distribution")]
    table = file.parent / name
    frame = pd.read_parquet(table)
    frame[frame.columns[-1]] *= 2.0
    frame.to_parquet(table, index=False)
    about["files"][name]["sha256"] = hashlib.sha256(table.read_bytes()).hexdigest()
    file.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _in_new_folder(change: Callable[[Path], object], name: str = "my-karmen") -> Act:
    """Return a new release that is KARMEN's under another name, and then something done to its folder."""

    def act(root: Path) -> None:
        source = root / "datasets" / SMALL
        folder = root / "datasets" / name / source.name
        shutil.copytree(source, folder)
        file = folder / "release.yaml"
        text = file.read_text("utf-8").replace("\nname: karmen\n", f"\nname: {name}\n")
        overlap = "overlaps: [{with: karmen, relation: same, reason: a copy for a test}]\n"
        text = text.replace("state: released\n", "state: draft\n").replace(
            "known_issues:\n", f"{overlap}known_issues:\n"
        )
        file.write_text(text, "utf-8")
        change(folder)

    return act


def nested(folder: Path) -> None:
    """Nest a list a hundred thousand times."""
    (folder / "release.yaml").write_text("tables: " + "[" * 100_000 + "]" * 100_000, "utf-8")


def repeated(folder: Path) -> None:
    """Write aliases of aliases, which stand for ten thousand millions of entries."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for k in range(1, 10):
        lines.append(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]")
    with (folder / "release.yaml").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def many_rows(folder: Path) -> None:
    """Put a small Parquet file there that says it has 134 million values, all empty."""
    few = pa.Table.from_pandas(pd.read_csv(folder / "spectrum.csv"), preserve_index=False)
    empty = pa.table({field.name: pa.nulls(1 << 20, field.type) for field in few.schema})
    with pq.ParquetWriter(folder / "spectrum.parquet", few.schema) as writer:
        for _ in range((1 << 27) // (empty.num_rows * empty.num_columns) + 1):
            writer.write_table(empty)
    file = folder / "release.yaml"
    file.write_text(file.read_text("utf-8").replace("spectrum.csv", "spectrum.parquet"), "utf-8")


def many_files(folder: Path) -> None:
    """Leave four thousand stray files."""
    for k in range(4000):
        (folder / f"stray-{k}.csv").write_text("")


def device(folder: Path) -> None:
    """Link a table to a device that never ends."""
    (folder / "spectrum.csv").unlink()
    (folder / "spectrum.csv").symlink_to("/dev/zero")


def _secret(root: Path) -> Path:
    """Return a file of the machine outside of the checkout."""
    file = root.parent / "secret.yaml"
    file.write_text(f"{SECRET}\n[\n", "utf-8")
    return file


def linked_release(root: Path) -> None:
    """Make a new release.yaml a link to a file of the machine."""
    folder = root / "datasets" / NAME / "2020-r1"
    folder.mkdir(parents=True)
    (folder / "release.yaml").symlink_to(_secret(root))


def linked_anomaly(root: Path) -> None:
    """Add an anomaly that is a link to a file of the machine."""
    (root / "anomalies" / "x.yaml").symlink_to(_secret(root))


def _named(name: str) -> Act:
    """Return a dataset whose folder has a name that none may have."""

    def act(root: Path) -> None:
        shutil.copytree(root / "datasets" / SMALL, root / "datasets" / name / "2020-r1")

    return act


# --- the table ----------------------------------------------------------------------------------------------


def _physics() -> Iterator[Contribution]:
    """Yield each mistake without a benchmark, released as well, and with one that agrees with it."""
    for what, (change, codes) in MISTAKES.items():
        bare = without_benchmark(change)
        yield Contribution(f"{what}; no benchmark", _new(bare), codes)
        yield Contribution(f"{what}; no benchmark, state: released", _new(bare, "released"), codes)
        yield Contribution(
            f"{what}; a benchmark of what comes out, state: released", _agreeing(change), codes
        )


def _proofs() -> Iterator[Contribution]:
    not_compared = "not compared with originals"
    yield Contribution("nothing is wrong", _new(nothing), words=("1 of 1 agree", not_compared), green=True)
    yield Contribution(
        "no benchmark at all, nothing else wrong",
        _new(without_benchmark(nothing)),
        ("LIKELIHOOD_NOT_PROVEN",),
    )
    wide = benchmark(expected=144.5, tolerance=200.0)
    yield Contribution("tolerance 200 on 144.5", _new(wide), ("TOLERANCE_WIDE",), (not_compared,))
    copied = benchmark(expected=215.74712345678912)
    yield Contribution("expected := recomputed", _new(copied), ("EXPECTED_COMPUTED",), (not_compared,))
    own = benchmark(compute=OWN_SUM, expected=1959.0, tolerance=0.5, unit="event")
    yield Contribution(
        "a benchmark that only sums the release's own column",
        _new(own),
        ("LIKELIHOOD_NOT_PROVEN",),
        (not_compared,),
    )
    yield Contribution(
        "a released χ² surface × 2 that no benchmark reads", _surface(2.0), ("SURFACE_DISAGREES",)
    )


def _files() -> Iterator[Contribution]:
    claim = ("value: 638.0", "value: 838.0"), ("sigma: 4.8", "sigma: 6.8")
    shown = ("needs a reader", "638", "838", "4.8", "6.8", "comparison ")
    yield Contribution(
        "an anomaly's claim changed (638 → 838, 4.8σ → 6.8σ)",
        edited("anomalies/miniboone.yaml", *claim),
        words=shown,
    )
    yield Contribution("the same data under another name, no overlap", _new(no_overlap), ("OVERLAP_MISSING",))
    retracted = "state: retracted\nretracted: {reason: a mistake}"
    used = edited(f"datasets/{USED}/release.yaml", ("state: released", retracted))
    yield Contribution(
        "retraction of a release that stored runs use", used, ("RUN_OUT_OF_DATE",), ("comparison ",)
    )
    yield Contribution("stored toys: another p-value", stored_p_value, ("RUN_CONTRADICTS",))
    yield Contribution("stored toys: observed Δ × 2", stored_difference, ("RUN_CONTRADICTS",))
    yield Contribution(
        "stored toys: the distribution × 2 with a new hash", stored_distribution, ("RUN_CONTRADICTS",)
    )
    yield Contribution(
        "efficiency of 9900 %", _new(efficiency), ("FRACTION_OUT_OF_RANGE",), silent=("No number changes",)
    )
    for text in ("(MeV", "-", "MeV**", "MeV # or GeV", "9**9**9**9**9", "m" * 100_000):
        yield Contribution(
            f"unit {text if len(text) < 40 else 'of 100,000 letters'}", _broken_unit(text), _UNIT
        )
    for what, change, codes in (
        ("a list nested 100,000 times", nested, ("YAML_UNREADABLE",)),
        ("aliases of aliases", repeated, ("YAML_UNREADABLE",)),
        ("a Parquet file that says 134 million values", many_rows, ("TABLE_UNREADABLE", "FILE_TOO_LARGE")),
        ("4,000 stray files", many_files, ("FILE_UNUSED",)),
        ("a link to a device", device, ("FILE_IS_LINK",)),
    ):
        yield Contribution(what, _in_new_folder(change), codes, hostile=True)
    for what, name in (
        ("a newline", "new\nline"),
        ("a capital", "Capital"),
        ("bytes that are no UTF-8", os.fsdecode(b"no-\xff-utf8")),
    ):
        yield Contribution(f"a name with {what}", _named(name), ("PATH_UNSAFE",))
    for what, act in (("release.yaml", linked_release), ("anomalies/x.yaml", linked_anomaly)):
        yield Contribution(
            f"{what} as a link to a file of the machine", act, ("FILE_IS_LINK",), silent=(SECRET,)
        )
    live = ("[here](", "![](", "<img", " @everyone", "<b onmouseover")
    yield Contribution(
        "addresses, mentions and markup in text fields", _new(live_text), ("TEXT_RUNS_IN_PAGE",), silent=live
    )


_UNIT = ("UNIT_UNKNOWN",)


def _broken_unit(text: str) -> Act:
    """Return a draft with a unit that cannot be sealed or read: it is written past the checks of sealing."""

    def act(root: Path) -> None:
        written(root, nothing)
        file = root / "datasets" / NAME / "2020-r1" / "release.yaml"
        data = yaml.safe_load(file.read_text("utf-8"))
        unit(text)(data, {})
        file.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")

    return act


#: Every contribution of the table.
ROWS: tuple[Contribution, ...] = (*_physics(), *_proofs(), *_files())
