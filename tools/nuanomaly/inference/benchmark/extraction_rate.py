"""The capture rate of one extraction of a radiochemical target, from the events of its counting.

rate = N · λ_product / (ε_K + ε_L) · exp[λ_source (t_begin − t_reference)], where N events of the product's
decay are from the source, ε are total efficiencies of the peaks (saturation during the exposure included),
and λ = ln 2 / half-life.

Config
------
events : table with columns ``zone``, ``exposure``, ``begin`` (day), ``from_51Cr``
efficiencies : table with columns ``zone``, ``exposure``, ``total_eff_K``, ``total_eff_L``
half_lives : {source, product} in days
reference : day of the year the rate refers to
zone, exposure : which extraction
"""

from collections.abc import Mapping
from math import exp, log
from typing import Any

import pandas as pd

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the rate per day."""
    events, efficiency = (_one(config, release, name) for name in ("events", "efficiencies"))
    decay = {name: log(2.0) / float(days) for name, days in config["half_lives"].items()}
    seen = float(efficiency["total_eff_K"] + efficiency["total_eff_L"])
    aged = exp(decay["source"] * (float(events["begin"]) - float(config["reference"])))
    return float(events["from_51Cr"]) * decay["product"] / seen * aged


def _one(config: Mapping[str, Any], release: Release, name: str) -> "pd.Series[Any]":
    frame = release.table(config[name])
    rows = frame[(frame["zone"] == config["zone"]) & (frame["exposure"] == config["exposure"])]
    if len(rows) != 1:
        known = [f"{z} {e}" for z, e in zip(frame["zone"], frame["exposure"], strict=True)]
        raise UnknownNameError("extraction", f"{config['zone']} {config['exposure']}", known, release.id)
    series: pd.Series[Any] = rows.iloc[0]
    return series
