"""The capture rate of one extraction of a radiochemical target, from the events of its counting.

rate = N · λ_product / (ε_K + ε_L) · exp[λ_source (t_begin − t_reference)], where N events of the product's
decay are from the source, ε are total efficiencies of the peaks (saturation during the exposure included),
and λ = ln 2 / half-life.
"""

from math import exp, log
from typing import Annotated, Any, TypedDict

import pandas as pd

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Count, Positive, TableName, completed
from nuanomaly.archive.release import Release


class HalfLives(TypedDict):
    """In days."""

    source: Annotated[Positive, "Of the source."]
    product: Annotated[Positive, "Of the nuclei that are counted."]


class Options(TypedDict):
    """Options of the benchmark."""

    events: Annotated[TableName, "Table with columns zone, exposure, begin, from_51Cr."]
    efficiencies: Annotated[TableName, "Table with columns zone, exposure, total_eff_K, total_eff_L."]
    half_lives: HalfLives
    reference: Annotated[float, "Day of the year the rate refers to."]
    zone: Annotated[str, "Which target."]
    exposure: Annotated[Count, "Which exposure."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the rate per day."""
    events, efficiency = (
        _one(config, release, table) for table in (config["events"], config["efficiencies"])
    )
    source, product = (
        log(2.0) / days for days in (config["half_lives"]["source"], config["half_lives"]["product"])
    )
    seen = float(efficiency["total_eff_K"] + efficiency["total_eff_L"])
    aged = exp(source * (float(events["begin"]) - config["reference"]))
    return float(events["from_51Cr"]) * product / seen * aged


def _one(config: Options, release: Release, table: str) -> "pd.Series[Any]":
    frame = release.table(table)
    rows = frame[(frame["zone"] == config["zone"]) & (frame["exposure"] == config["exposure"])]
    if len(rows) != 1:
        known = [f"{z} {e}" for z, e in zip(frame["zone"], frame["exposure"], strict=True)]
        raise UnknownNameError("extraction", f"{config['zone']} {config['exposure']}", known, release.id)
    series: pd.Series[Any] = rows.iloc[0]
    return series
