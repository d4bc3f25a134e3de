"""Tables of BEST: extractions, efficiencies, exposures, errors, rates and constants; strengths of 71Ge."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from nuanomaly.archive.rows import Row, frame, one, read
from nuanomaly.archive.text import read_text

#: Numbers of events of a peak.
_PEAK = {"fit_71Ge": "fit_71Ge", "from_51Cr": "from_51Cr"}
_BOTH_PEAKS = {
    "fit_71Ge": "fit_71Ge",
    "from_51Cr": "fit_from_51Cr",
    "rate": "rate_at_reference_atoms_per_day",
}
_CONTOUR = ["sin2_2theta_ee", "dm2_41"]
_AT_START = "rate_at_exposure_start_atoms_per_day"


def _split(path: Path) -> tuple[list[Row], list[Row]]:
    """Return the rows of single exposures, and those of all together."""
    rows = read(path)
    return (
        [r for r in rows if r.text("exposure") != "combined"],
        [r for r in rows if r.text("exposure") == "combined"],
    )


def _extractions(folder: Path) -> pd.DataFrame:
    rows, _ = _split(folder / "best_extractions_prl_table1.csv")
    times = {"begin": "doy2019_begin", "end": "doy2019_end"}
    errors = {"rate_plus": "stat_plus", "rate_minus": "stat_minus"}
    whole = {"exposure": "exposure", "candidates": "KL_candidates"}
    return frame(rows, {"zone": "volume"}, {**times, **_BOTH_PEAKS, **errors}, whole)


def _by_peak(folder: Path) -> pd.DataFrame:
    rows, _ = _split(folder / "best_extractions_prc_KL_split.csv")
    whole = {"exposure": "exposure", "candidates": "candidates"}
    return frame(rows, {"zone": "volume", "peak": "peak"}, {**_PEAK, "rate_at_start": _AT_START}, whole)


def _combined(folder: Path) -> pd.DataFrame:
    _, peaks = _split(folder / "best_extractions_prc_KL_split.csv")
    _, both = _split(folder / "best_extractions_prl_table1.csv")
    first = frame(
        peaks,
        {"zone": "volume", "peak": "peak"},
        {**_PEAK, "rate": _AT_START},
        {"candidates": "candidates"},
    )
    second = frame(both, {"zone": "volume", "peak": "exposure"}, _BOTH_PEAKS, {"candidates": "KL_candidates"})
    return pd.concat([first, second.assign(peak="K+L")], ignore_index=True)


def _efficiencies(folder: Path) -> pd.DataFrame:
    rows = read(folder / "best_efficiencies_prc_table13.csv")
    kept = (
        "saturation_factor",
        "counter_eff_K",
        "delta_K",
        "total_eff_K",
        "counter_eff_L",
        "delta_L",
        "total_eff_L",
    )
    values = frame(rows, {}, {"extraction": "extraction_eff_into_GeH4", **{c: c for c in kept}})
    names = [r.text("extraction").partition("-") for r in rows]
    values.insert(0, "zone", [zone.lower() for zone, _, _ in names])
    values.insert(1, "exposure", [int(number) for _, _, number in names])
    return values


def _exposures(folder: Path) -> pd.DataFrame:
    return frame(
        read(folder / "best_exposures_prc_table1_2.csv"),
        {"zone": "zone", "extraction_date": "extraction_date_2019"},
        {
            "source_begin": "src_begin_doy",
            "source_end": "src_end_doy",
            "solar_begin": "solar_begin_doy",
            "solar_end": "solar_end_doy",
            "mass": "Ga_mass_solar_t",
            "efficiency_from_metal": "eff_from_Ga",
            "efficiency_into_GeH4": "eff_into_GeH4",
        },
        {"exposure": "exposure"},
    )


def _systematics(folder: Path) -> pd.DataFrame:
    rows = read(folder / "best_systematics_prc_table12.csv")
    return frame(rows, {"origin": "origin"}, {"plus": "plus_pct", "minus": "minus_pct"})


#: Columns of ``zones``: name → (quantity of the original, plus and minus as well?)
_ZONES = {
    "rate": ("measured_rate_stat", True),
    "rate_systematic_prl": ("measured_rate_syst_PRL", True),
    "rate_systematic_prc": ("measured_rate_syst_PRC", True),
    "rate_total_prc": ("measured_rate_total_PRC", True),
    "expected": ("predicted_rate", True),
    "path": ("mean_path_length", True),
    "mass": ("Ga_mass", True),
    "mass_weighed": ("Ga_mass_weighed", False),
    "volume": ("Ga_volume_nominal_geometry", False),
}


def _zones(folder: Path) -> pd.DataFrame:
    rows = read(folder / "best_rates_and_constants.csv")
    columns: dict[str, list[Any]] = {"zone": ["inner", "outer"]}
    for name, (quantity, both) in _ZONES.items():
        row = one(rows, quantity=quantity)
        if not name.startswith(("rate_systematic", "rate_total")):  # these rows repeat the rate
            columns[name] = [row.number(zone) for zone in columns["zone"]]
        if both:
            columns[f"{name}_plus"] = [row.number(f"plus_{zone}") for zone in columns["zone"]]
            columns[f"{name}_minus"] = [row.number(f"minus_{zone}") for zone in columns["zone"]]
    low_high = [one(rows, quantity="baseline_range").text(zone).split("-") for zone in columns["zone"]]
    columns["baseline_low"] = [float(low) for low, _ in low_high]
    columns["baseline_high"] = [float(high) for _, high in low_high]
    return pd.DataFrame(columns)


#: Columns of ``constants``: name → quantity of the original.
_CONSTANTS = {
    "half_life_51Cr": "51Cr_halflife",
    "half_life_71Ge": "71Ge_halflife",
    "density": "Ga_density",
    "number_density_71Ga": "71Ga_number_density",
    "abundance_71Ga": "71Ga_abundance",
    "outer_over_inner": "R_out_over_R_in",
}


def _constants(folder: Path) -> pd.DataFrame:
    rows = read(folder / "best_rates_and_constants.csv")
    columns = {}
    for name, quantity in _CONSTANTS.items():
        row = one(rows, quantity=quantity)
        columns[name] = [row.number("inner")]
        columns[f"{name}_error"] = [row.number("plus_inner")]
    return pd.DataFrame(columns)


_STATES = {"5/2-": "BGT_5half_over_gs", "3/2-": "BGT_3half_over_gs", "5/2+": "BGT_5halfplus_over_gs"}
_STATE_ERRORS = {"5/2-": "err", "3/2-": "err.2", "5/2+": "err.3"}


def _strengths(folder: Path) -> pd.DataFrame:
    rows = [r for r in read(folder / "gt_strengths.csv") if r.text("where").endswith("Table 6")]
    values = [
        (r.text("method"), state, r.number(column), r.number(_STATE_ERRORS[state]))
        for r in rows
        for state, column in _STATES.items()
        if r.text(column) and r.text(_STATE_ERRORS[state])
    ]
    return pd.DataFrame(values, columns=["method", "state", "ratio", "error"])


def _strength_limits(folder: Path) -> pd.DataFrame:
    values = [
        (r.text("method"), state, float(r.text(column)[1:]))
        for r in read(folder / "gt_strengths.csv")
        for state, column in _STATES.items()
        if r.text(column).startswith("<")
    ]
    return pd.DataFrame(values, columns=["method", "state", "limit"])


def _phase_space(folder: Path) -> pd.DataFrame:
    rows = [r for r in read(folder / "gt_strengths.csv") if r.text("method").startswith("phase-space")]
    values = [
        (r.text("method").rpartition(" ")[2], state, r.number(column))
        for r in rows
        for state, column in _STATES.items()
    ]
    return pd.DataFrame(values, columns=["isotope", "state", "factor"])


def _contours(folder: Path) -> pd.DataFrame:
    """Return the pieces of a contour; they lie in another folder of the originals than the numbers."""
    elsewhere = folder.parents[1] / "accelerator" / "contours_digitised" / "nue_dis"
    pieces = [read_text(elsewhere / f"Gallium_2sigma_l{n}.csv", _CONTOUR, ",") for n in (0, 1)]
    return pd.concat([p.assign(piece=n)[["piece", *_CONTOUR]] for n, p in enumerate(pieces, 1)])


#: Table → what makes it from the folder of originals.
BEST: dict[str, Callable[[Path], pd.DataFrame]] = {
    "extractions": _extractions,
    "extractions-by-peak": _by_peak,
    "extractions-combined": _combined,
    "efficiencies": _efficiencies,
    "exposures": _exposures,
    "systematics": _systematics,
    "zones": _zones,
    "constants": _constants,
    "gt-strengths": _strengths,
    "gt-limits": _strength_limits,
    "phase-space": _phase_space,
    "contours": _contours,
}
