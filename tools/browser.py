"""The explorer in a browser, its numbers beside those of the engine: ``make browser``.

A Chromium that is on PATH opens the page as a file. Settings are drawn from a seed that changes with the
commit: choices of data sets, modes and ranges; one of them leaves a data set out by a click, and one has its
minima at the edges of the range. Each is opened by its address, and χ² of every side and of the joint fit and
the parameter goodness of fit with its degrees of freedom are compared with the engine's:
:meth:`nuanomaly.Analysis.compare` gives the degrees of freedom, the engine's tables and its refinement the
minima, followed by an exact descent from there or from the page's own point, whichever is lower by the
likelihoods themselves. So a page that misses a minimum is found out, and so is one that claims a value that
is not there. Nothing but the page itself may be asked for.
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from scipy.optimize import Bounds, minimize

from nuanomaly.inference import dependence, separable, tabulated
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.compatibility_result import Compatibility
from nuanomaly.inference.datasets import atoms
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.tabulated import VANISHING
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model
from nuanomaly.report.explorer import declared as declarations
from nuanomaly.report.explorer import page as explorer
from nuanomaly.report.explorer.declared import Declared
from nuanomaly.report.explorer.entries import MODEL, NAMES, coverage

ROOT = Path(__file__).resolve().parents[1]
#: How a Chromium is started: it asks for nothing by itself.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
#: How far a χ² of the page may be from that of the engine.
TOLERANCE = 0.02
#: Points a decade of Δm²41, and of a mixing, in the tables whose valleys are followed.
SPLITTINGS, MIXINGS = 150, 80
#: Points of Δm²41 on which degrees of freedom are looked at.
_COARSE = 120
#: How many settings are compared.
SETTINGS = 10
#: What the page is asked for, and how long it may take, in milliseconds.
_READY, _PATIENCE = "html[data-ready]", 120_000
_NUMBERS = """() => {
  const { sides, joint, goodness, rows } = explorer.results;
  return {
    sides: sides.map((s) => [s.name, s.minimum.value, s.minimum.point]),
    joint: [joint.minimum.value, joint.minimum.point],
    goodness: goodness,
    rows: rows.map((r) => [r.member.reference, r.own, r.joint]),
    command: document.getElementById("command").textContent,
    said: document.getElementById("answer").textContent,
  };
}"""


@dataclass(frozen=True)
class Setting:
    """What is chosen on the page.

    Attributes
    ----------
    name : str
    chosen : mapping of str to str or None
        The choice of every data set by its key; None leaves it out.
    split : {"sides", "each"}
    click : str
        The data set that is left out by a click, besides.
    range : str
        Of Δm²41, by its name.
    """

    name: str
    chosen: Mapping[str, str | None]
    split: str = "sides"
    click: str = ""
    range: str = "map"

    @property
    def address(self) -> str:
        """What stands behind ``#`` in the address."""
        given = {key: value or "off" for key, value in self.chosen.items()}
        return urlencode({**given, "split": self.split, "range": self.range})

    def sides(self, declared: Declared) -> list[str]:
        """Return what is set against each other, as sums that the engine takes."""
        kept = [d for d in declared.datasets if self.chosen[d.key] and d.key != self.click]
        if self.split == "each":
            return [str(self.chosen[d.key]) for d in kept]
        names = dict.fromkeys(d.side for d in declared.datasets)
        sums = ["+".join(str(self.chosen[d.key]) for d in kept if d.side == name) for name in names]
        return [text for text in sums if text]


def settings(declared: Declared, seed: int, count: int = SETTINGS) -> list[Setting]:
    """Return settings drawn from a seed: all data of the global page but one, edges, and choices by chance.

    Every setting has two sides at least.
    """
    draw = random.Random(seed)
    covered = {
        name: {
            d.key: [c.reference for c in d.choices if coverage(c, declared)[0][name]]
            for d in declared.datasets
        }
        for name in declared.ranges
    }
    usual, wide = (
        {d.key: covered[name][d.key][0] if name in d.chosen else None for d in declared.datasets}
        for name in ("map", "wide")
    )
    made = [Setting("all data sets of the global page", usual)]
    made.append(
        Setting("one left out by a click", usual, click=draw.choice([k for k, v in usual.items() if v]))
    )
    # appearance alone goes to the lowest splitting and the largest mixing there are
    edges = {key: usual[key] if key in ("lsnd", "karmen", "miniboone", "cdhs") else None for key in usual}
    made.append(Setting("minima at the edges of the range", edges))
    made.append(Setting("each data set against the others", usual, split="each"))
    made.append(Setting("all data sets of the wide range", wide, range="wide"))
    while len(made) < count:
        share, name = draw.uniform(0.2, 0.9), draw.choice(("map", "wide"))
        chosen = {
            key: draw.choice(offered) if offered and draw.random() < share else None
            for key, offered in covered[name].items()
        }
        setting = Setting("by chance", chosen, draw.choice(("sides", "sides", "each")), range=name)
        if len(setting.sides(declared)) > 1:
            made.append(setting)
    return made[:count]


@dataclass(frozen=True)
class Refined:
    """A comparison by the engine, its minima followed to their ends.

    Attributes
    ----------
    found : Compatibility
        As :meth:`nuanomaly.Analysis.compare` gives it.
    sides : tuple of float
        The smallest value of each side.
    joint : float
    """

    found: Compatibility
    sides: tuple[float, ...]
    joint: float

    @property
    def goodness(self) -> Significance:
        """The parameter goodness of fit of these minima."""
        return Significance(self.joint - sum(self.sides), self.found.dof, against="compatibility")


class Engine:
    """The engine's data sets and their tables, each made once for all settings."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self._members: dict[tuple[tuple[str, str | None], ...], dependence.Member] = {}
        self._tables: dict[tuple[str, tuple[tuple[str, str | None], ...]], Array] = {}

    def refined(self, setting: Setting, seen: Mapping[str, Any]) -> Refined:
        """Return the engine's comparison of a setting; ``seen`` holds the page's own points."""
        limits, mixing = self.declared.ranges[setting.range], self.declared.mixing
        many = round(SPLITTINGS * float(np.log10(limits[1] / limits[0])))
        over = separable.grid((*limits, many), (VANISHING * mixing[0], mixing[1], MIXINGS), NAMES)
        axis = (*mixing, MIXINGS, "log")
        grid: dict[str, Any] = dict(zip(NAMES, ((*limits, _COARSE, "log"), axis, axis), strict=True))
        analysis = Analysis(setting.sides(self.declared), MODEL, grid=grid, allow_overlap=True)
        found = analysis.compare()
        groups = [[self._known(m, setting.range, over) for m in tabulated.untied(s)] for s in analysis.sides]
        points = [point for _, _, point in seen["sides"]]
        own = [self._lowest(group, over, point) for group, point in zip(groups, points, strict=True)]
        joint = self._lowest([one for group in groups for one in group], over, seen["joint"][1])
        return Refined(found, tuple(own), joint)

    def _known(
        self, likelihood: Likelihood, name: str, over: separable.Grid3
    ) -> tuple[dependence.Member, Array]:
        key = tuple((atom.release, atom.mode) for atom in atoms(likelihood))
        if key not in self._members:
            self._members[key] = dependence.member(likelihood.release, likelihood, model(MODEL), NAMES)
        if (name, key) not in self._tables:
            self._tables[name, key] = separable.tabulate(self._members[key], over)
        return self._members[key], self._tables[name, key]

    def _lowest(
        self, group: Sequence[tuple[dependence.Member, Array]], over: separable.Grid3, seen: Sequence[float]
    ) -> float:
        members = [member for member, _ in group]
        best = separable.refined(members, [table for _, table in group], over)
        there = dict(zip(NAMES, np.exp(seen).tolist(), strict=True))
        page = sum(dependence.statistics(members, there).values())
        start, value = (there, page) if page < best.value else (best.point, best.value)
        return descended(members, start, value, over)


def descended(
    members: Sequence[dependence.Member], start: Mapping[str, float], value: float, over: separable.Grid3
) -> float:
    """Return the smallest value that simplices find from a minimum on and beside it, inside the limits."""
    limits = np.log([(axis[0], axis[-1]) for axis in over.axes])
    at = np.log([start[name] for name in NAMES])

    def total(point: Any) -> float:
        inside = np.exp(np.clip(point, *limits.T)).tolist()
        return sum(dependence.statistics(members, dict(zip(NAMES, inside, strict=True))).values())

    # a map that is read by straight lines has a kink at every node: it is begun beside the minimum too
    for shift in (0.0, -0.07, 0.07):
        place = np.clip(at + np.array([shift, 0.0, 0.0]), *limits.T)
        for size in (0.1, 0.01):
            corners = np.clip(place + size * np.vstack([np.zeros(3), np.eye(3)]), *limits.T)
            corners[1:] = np.where(corners[1:] == place, place - size * np.eye(3), corners[1:])
            settings: Any = {"initial_simplex": corners, "xatol": 1e-5, "fatol": 1e-4, "maxfev": 120}
            best = minimize(total, place, method="Nelder-Mead", bounds=Bounds(*limits.T), options=settings)
            place, value = best.x, min(value, float(best.fun))
    return value


def differences(seen: Mapping[str, Any], engine: Refined) -> Iterator[tuple[str, float, float]]:
    """Yield what is compared: its name, the page's value and the engine's."""
    goodness = seen["goodness"]
    yield "χ²PG", goodness["chi2"], engine.goodness.delta
    yield "degrees of freedom", goodness["dof"], engine.goodness.dof
    yield "joint χ²", seen["joint"][0], engine.joint
    for (name, value, _), minimum in zip(seen["sides"], engine.sides, strict=True):
        yield f"minimum of {name}", value, minimum
    # σ falls steeply towards zero: it is compared where χ² is the page's own
    own = Significance(goodness["chi2"], engine.goodness.dof, against="compatibility")
    if own.sigma is not None:
        yield "σ of the page's χ²", goodness["sigma"], own.sigma


def compared(browser: Any, setting: Setting, by: Engine, file: Path) -> list[str]:
    """Return what is wrong with a setting, one sentence each; say what was compared."""
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"error: {error}"))
    page.goto(f"{file.as_uri()}#{setting.address}")
    page.wait_for_selector(_READY, timeout=_PATIENCE)
    if setting.click:
        title = next(d.title for d in by.declared.datasets if d.key == setting.click)
        page.get_by_label(f"leave out {title}", exact=True).click()
        page.wait_for_function("document.documentElement.dataset.ready === '2'", timeout=_PATIENCE)
    seen = page.evaluate(_NUMBERS)
    page.close()
    wrong = [f"the page asks for {url}" for url in asked if url.partition("#")[0] != file.as_uri()]
    engine = by.refined(setting, seen)
    largest = 0.0
    for name, ours, theirs in differences(seen, engine):
        largest = max(largest, abs(ours - theirs))
        if abs(ours - theirs) > TOLERANCE:
            wrong.append(
                f"{name} is {ours:.4f} on the page and {theirs:.4f} by the engine: {seen['command']}"
            )
    text = " against ".join(setting.sides(by.declared))
    moved = engine.goodness.delta - engine.found.delta
    print(f"{setting.name} ({setting.range}): {text}\n  {seen['said']}")
    print(
        f"  largest difference {largest:.4f}; the descent moves χ²PG of the engine by {moved:+.4f}",
        flush=True,
    )
    return wrong


def seed_of(root: Path) -> int:
    """Return a seed that changes with the commit; 0 outside a repository."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    return int(done.stdout.strip()[:8] or "0", 16)


def chromium() -> str | None:
    """Return the Chromium that is on PATH; without one say so, and return None."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        print("There is no Chromium on PATH: install it (Debian: apt install chromium).", file=sys.stderr)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the page, compare the settings, and return 0, 1 if a number differs, 2 without a browser."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, help="of the settings; that of the commit if left out")
    parser.add_argument("--settings", type=int, default=SETTINGS, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them, to go on after a part")
    chosen = parser.parse_args(arguments)
    executable = chromium()
    if executable is None:
        return 2
    from playwright.sync_api import sync_playwright

    declared = declarations.read()
    file = explorer.write(ROOT / "build" / "site", lambda line: print(line, flush=True)).resolve()
    seed = seed_of(ROOT) if chosen.seed is None else chosen.seed
    print(f"{chosen.settings} settings of seed {seed}, tolerance {TOLERANCE} in χ²")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        engine = Engine(declared)
        wrong = [
            sentence
            for setting in settings(declared, seed, chosen.settings)[chosen.first - 1 :]
            for sentence in compared(browser, setting, engine, file)
        ]
        browser.close()
    for sentence in wrong:
        print(f"NOT as expected: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
