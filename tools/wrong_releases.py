"""New releases with one mistake each: MiniBooNE's neutrino mode under another name, and one thing wrong.

They have bins, data, background, a fractional covariance and simulated events with L, E and weight.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from nuanomaly.archive import release, seal

#: The release that they are like, the name that they get, and the tables they keep.
MODEL, NAME = "miniboone-nue/2020-r1", "my-beam"
TABLES = ("nue_nu", "numu_nu", "covariance_nu", "events_nu")
#: Datasets that hold the same data, where an archive has them.
SAME = ("miniboone-nue", "miniboone-events")

Frames = dict[str, pd.DataFrame]
#: A change of release.yaml and tables before they are written and sealed.
Change = Callable[[dict[str, Any], Frames], object]


def written(root: Path, change: Change, name: str = NAME) -> release.Release:
    """Write a new release after a change, sealed as its contributor would; the catalogue is left as it is."""
    source = root / "datasets" / MODEL
    data = yaml.safe_load((source / "release.yaml").read_text("utf-8"))
    frames = {table: release.read(source).table(table) for table in TABLES}
    mode = data["likelihood"]["modes"]["nu"]
    data |= {"name": name, "state": "draft", "tables": {k: data["tables"][k] for k in TABLES}}
    data |= {"likelihood": {"modes": {"nu": mode}}, "known_issues": []}
    data["channels"] = ["numu->nue"]
    used = {original for table in data["tables"].values() for original in table["originals"]}
    data["originals"] = [entry for entry in data["originals"] if entry["id"] in used]
    data.pop("import", None)
    data["publications"] = [{"key": "Mine", "title": "Mine", "year": "2026", "role": "primary"}]
    others = [name for name in SAME if (root / "datasets" / name).is_dir()]
    data["overlaps"] = [{"with": name, "relation": "same", "reason": "a copy for a test"} for name in others]
    data["changes"] = [{"kind": "initial", "reason": "First archive revision."}]
    parameters = {"dm2_41": 1.0, "sin2_2theta_mue": 0.0}
    data["benchmarks"] = [
        {
            "id": "null",
            "quantity": "−2lnL without oscillation",
            "kind": "published",
            "compute": {"kind": "value", "model": "2nu-mue", "parameters": parameters},
            "expected": 215.747,
            "tolerance": 0.005,
            "tolerance_source": "printed digits",
            "source": "fhcmode/likihood_surface_contNu.txt: first point",
        }
    ]
    change(data, frames)
    folder = root / "datasets" / name / "2020-r1"
    folder.mkdir(parents=True)
    for table, frame in frames.items():
        file = folder / data["tables"][table]["file"]
        frame.to_parquet(file, index=False) if file.suffix == ".parquet" else frame.to_csv(file, index=False)
        kept = {k: v for k, v in data["tables"][table].items() if k not in ("sha256", "size", "rows")}
        data["tables"][table] = kept
    (folder / "release.yaml").write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")
    seal.seal(folder)
    return release.read(folder)


def nothing(data: dict[str, Any], frames: Frames) -> None:
    """Leave a release right as it is."""


def without_benchmark(change: Change) -> Change:
    """Return a mistake in a release without a benchmark."""

    def both(data: dict[str, Any], frames: Frames) -> None:
        change(data, frames)
        data["benchmarks"] = []

    return both


def scaled(table: str, column: str, factor: float) -> Change:
    """Multiply a column."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        frames[table][column] = frames[table][column] * factor

    return change


def covariance(factor: float) -> Change:
    """Multiply the covariance."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        frames["covariance_nu"] = frames["covariance_nu"] * factor

    return change


def correlation(data: dict[str, Any], frames: Frames) -> None:
    """Give the correlation as the fractional covariance."""
    values = frames["covariance_nu"].to_numpy()
    sigma = np.sqrt(np.diagonal(values))
    columns = frames["covariance_nu"].columns
    frames["covariance_nu"] = pd.DataFrame(values / np.outer(sigma, sigma), columns=columns)


def swapped(data: dict[str, Any], frames: Frames) -> None:
    """Swap data and background."""
    frame = frames["nue_nu"]
    frame[["data", "background"]] = frame[["background", "data"]].to_numpy()


def gev(data: dict[str, Any], frames: Frames) -> None:
    """Give energies in GeV under MeV."""
    for column in ("energy_reconstructed", "energy_true"):
        frames["events_nu"][column] /= 1000.0
    for column in ("low", "high"):
        frames["nue_nu"][column] /= 1000.0


def baseline_in(unit: str) -> Change:
    """Declare the baseline, which is in cm, in another unit."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        for column in data["tables"]["events_nu"]["columns"]:
            if column["name"] == "baseline":
                column["unit"] = unit

    return change


def channel(text: str) -> Change:
    """Declare another channel."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        data["likelihood"]["modes"]["nu"]["response"]["channels"][0]["channel"] = text

    return change


def benchmark(**entries: Any) -> Change:
    """Change entries of the benchmark."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        data["benchmarks"][0] |= entries

    return change


def descending(data: dict[str, Any], frames: Frames) -> None:
    """Turn the order of the bins round."""
    frames["nue_nu"] = frames["nue_nu"][::-1].reset_index(drop=True)


def no_overlap(data: dict[str, Any], frames: Frames) -> None:
    """Declare no overlap with the release that has the same data."""
    data["overlaps"] = []


def efficiency(data: dict[str, Any], frames: Frames) -> None:
    """Give an efficiency of 9900 %."""
    frames["numu_nu"]["efficiency"] = 99.0
    declared = {"name": "efficiency", "unit": "1", "meaning": "efficiency of the selection"}
    data["tables"]["numu_nu"]["columns"].append(declared)


def unit(text: str) -> Change:
    """Give the column of the data another unit."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        next(c for c in data["tables"]["nue_nu"]["columns"] if c["name"] == "data")["unit"] = text

    return change


def live_text(data: dict[str, Any], frames: Frames) -> None:
    """Write mentions, links, pictures and markup wherever a text stands."""
    data["title"] = LIVE
    data["experiment"] = "<b onmouseover=alert(1)>x</b>"
    data["publications"][0]["title"] = LIVE
    data["benchmarks"][0]["source"] = LIVE


LIVE = "@everyone [here](http://127.0.0.1/x) ![](http://127.0.0.1/p.png) <img src=x onerror=alert(1)> #1 GH-1"
OWN_SUM = {"kind": "table-ratio", "numerator": {"terms": [{"table": "nue_nu", "column": "data"}]}}


def surface(factor: float) -> Change:
    """Add the χ² surface that was released, times a factor, and no benchmark that compares it."""

    def change(data: dict[str, Any], frames: Frames) -> None:
        table = data["_surface"].iloc[::13].reset_index(drop=True)
        values = {"dm2_41": table["dm2_fit"], "sin2_2theta_mue": table["sin2_2theta_fit"]}
        frames["map"] = pd.DataFrame({**values, "delta": table["minus_2lnL"] * factor})
        units = {"dm2_41": "eV**2", "sin2_2theta_mue": "1", "delta": "1"}
        data["tables"]["map"] = {
            "file": "map.csv",
            "kind": "surface",
            "status": "derived",
            "source": "made for a test",
            "originals": [],
            "title": "a map",
            "columns": [{"name": n, "unit": u, "meaning": n} for n, u in units.items()],
            "note": "Made of the surface of another release.",
        }

    return change


#: Mistakes in the physics of a new release, and what is found of each.
MISTAKES: Mapping[str, tuple[Change, tuple[str, ...]]] = {
    "bins in descending order": (descending, ("MODE_NOT_EVALUATED", "BINS_NOT_ORDERED")),
    "covariance × 10⁴ (percent² for fraction²)": (covariance(1e4), ("ERRORS_IMPOSSIBLE",)),
    "correlation given as fractional covariance": (correlation, ("CHI2_IMPOSSIBLE", "ERRORS_IMPOSSIBLE")),
    "data and background swapped": (swapped, ("DATA_NOT_COUNTS",)),
    "numbers in GeV under MeV": (gev, ("PLACE_UNLIKELY",)),
    "baseline in cm declared km": (baseline_in("km"), ("PLACE_UNLIKELY",)),
    "baseline in cm declared m": (baseline_in("m"), ("PLACE_UNLIKELY",)),
    "channel ν̄e→ν̄μ for ν̄μ→ν̄e": (channel("nuebar->numubar"), ("CHANNEL_UNLIKELY",)),
}
