"""Source experiments on gallium (GALLEX, SAGE, BEST): numbers transcribed from the papers.

The originals are small CSV files, one per table of a paper. Numbers keep their printed digits; what is
computed here (errors in parts, ratios for other cross sections) goes to the table ``measurements`` alone.
"""

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

FOLDER = Path("source") / "gallium"

#: Cross-section models that are modes of the likelihood: mode → model as the original names it.
MODES = {
    "bahcall": "Bahcall (asymmetric)",
    "ground-state": "Ground State (Semenov T1/2)",
    "haxton": "Haxton",
    "frekers": "Frekers",
    "barinov": "Barinov",
    "kostensalo": "Kostensalo",
    "semenov": "Semenov",
    "elliott2023": "Haxton/Elliott et al.",
}
ISOTOPES = {"51Cr": "Cr", "37Ar": "Ar"}


@dataclass(frozen=True)
class Row:
    """One line of an original: its cells by column name, and where it stands."""

    cells: Mapping[str, str]
    where: str

    def text(self, column: str) -> str:
        """Return a cell's text.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if column not in self.cells:
            raise UnknownNameError("column", column, self.cells, self.where)
        return self.cells[column]

    def decimal(self, column: str) -> Decimal:
        """Return a cell as the number that is printed.

        Raises
        ------
        NuanomalyError
            If it is not a number.
        """
        try:
            return Decimal(self.text(column))
        except InvalidOperation:
            raise NuanomalyError(f"{self.where}: {column} is {self.text(column)!r}, not a number") from None

    def number(self, column: str) -> float:
        """Return a cell as float64."""
        return float(self.decimal(column))


def read(originals: Path, name: str) -> list[Row]:
    """Return the lines of an original; of two columns with one name, the second is called ``name.2``, …

    Raises
    ------
    NuanomalyError
        If the file is missing, or a line has another number of cells than the header.
    """
    path = originals / FOLDER / name
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror}): give the folder of originals") from None
    header: list[str] = []
    for column in lines[0]:
        repeated = sum(h.partition(".")[0] == column for h in header)
        header.append(f"{column}.{repeated + 1}" if repeated else column)
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(header):
            raise NuanomalyError(f"{path}, line {number}: {len(cells)} cells, the header has {len(header)}")
        rows.append(Row(dict(zip(header, cells, strict=True)), f"{path}, line {number}"))
    return rows


def one(rows: Iterable[Row], **cells: str) -> Row:
    """Return the one row with the given cells.

    Raises
    ------
    NuanomalyError
        If there is none, or more than one.
    """
    rows = list(rows)
    found = [r for r in rows if all(r.text(k) == v for k, v in cells.items())]
    if len(found) != 1:
        file = rows[0].where.partition(", line")[0] if rows else "an empty original"
        raise NuanomalyError(f"{file}: {len(found)} lines with {cells}, there must be one")
    return found[0]


def tables(
    originals: Path,
    experiment: str,
    volumes: Mapping[str, Sequence[str]],
    parts: Mapping[str, Any] | None = None,
    upper: Mapping[str, float] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of one experiment's release.

    Parameters
    ----------
    originals : Path
        The folder that holds ``source/gallium``.
    experiment : str
        ``GALLEX``, ``SAGE`` or ``BEST``: what the names of its measurements begin with.
    volumes : mapping
        Measurement → names of its source and target volume (table ``solids``).
    parts : mapping, optional
        Measurement → ``{expected | measured: rate, statistical: [+, -], systematic: [+, -]}`` in one unit,
        where a paper gives the errors without that of the cross section; else the printed error is taken.
    upper : mapping, optional
        Measurement → the upper error that arXiv:2209.00916 uses, where it is not the printed one.
    """
    ratios = [r for r in read(originals, "ratios.csv") if r.text("experiment").startswith(experiment + "-")]
    names = [r.text("experiment") for r in ratios]
    if set(names) != set(volumes):
        raise NuanomalyError(f"measurements are {names}, the arguments give volumes of {sorted(volumes)}")
    isotopes = list(dict.fromkeys(r.text("source") for r in ratios))
    sections = read(originals, "cross_sections.csv")
    found = {
        "ratios": _ratios(ratios, upper or {}),
        "measurements": _measurements(ratios, sections, volumes, parts or {}),
        "cross-sections": _cross_sections(sections, read(originals, "gt_strengths.csv"), isotopes),
        "excited-fractions": _excited(sections, isotopes),
        "lines": _lines(originals, isotopes, "bahcall4"),
        "lines-other": _lines_other(originals, isotopes),
        "geometry": _geometry(originals, experiment),
        "activity": _activity(originals, experiment),
    }
    if experiment == "BEST":
        found |= {name: make(originals) for name, make in _BEST.items()}
    return found


def _frame(rows: Iterable[Row], text: Mapping[str, str], numbers: Mapping[str, str]) -> pd.DataFrame:
    """Return a table of ``{column: original's column}``, text first."""
    rows = list(rows)
    columns: dict[str, list[Any]] = {new: [r.text(old) for r in rows] for new, old in text.items()}
    return pd.DataFrame(columns | {new: [r.number(old) for r in rows] for new, old in numbers.items()})


def _ratios(rows: Sequence[Row], upper: Mapping[str, float]) -> pd.DataFrame:
    used = [float(upper.get(r.text("experiment"), r.number("err_plus"))) for r in rows]
    return _frame(
        rows,
        {"measurement": "experiment", "isotope": "source", "read_in": "read_in"},
        {
            "ratio": "R",
            "error_plus": "err_plus",
            "error_minus": "err_minus",
            "ratio_prc": "R_PRC_tableXIV",
            "error_prc": "err_PRC_tableXIV",
        },
    ).assign(error_2209=used)


def _measurements(
    ratios: Sequence[Row], sections: Sequence[Row], volumes: Mapping[str, Sequence[str]], parts: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the likelihood's input: ratios and their errors without that of the cross section, by mode."""
    columns: dict[str, list[Any]] = {
        "measurement": [r.text("experiment") for r in ratios],
        "isotope": [r.text("source") for r in ratios],
        "source": [volumes[r.text("experiment")][0] for r in ratios],
        "target": [volumes[r.text("experiment")][1] for r in ratios],
    }
    errors = [_errors(r, parts.get(r.text("experiment"))) for r in ratios]
    columns["ratio"] = [r.number("R_PRC_tableXIV") for r in ratios]
    columns["error_plus"] = [plus for plus, _ in errors]
    columns["error_minus"] = [minus for _, minus in errors]
    columns["argon"] = [float(r.text("source") == "37Ar") for r in ratios]
    bahcall = one(sections, model=MODES["bahcall"])
    for mode, model in MODES.items():
        other = one(sections, model=model)
        factors = [_sigma(bahcall, r) / _sigma(other, r) for r in ratios]
        name = mode.replace("-", "_")
        columns[f"ratio_{name}"] = [x * f for x, f in zip(columns["ratio"], factors, strict=True)]
        columns[f"error_{name}"] = [0.5 * (p + m) * f for (p, m), f in zip(errors, factors, strict=True)]
    return pd.DataFrame(columns)


def _sigma(section: Row, ratio: Row) -> float:
    return section.number("sigma_51Cr_1e-45" if ratio.text("source") == "51Cr" else "sigma_37Ar_1e-45")


def _errors(ratio: Row, parts: Mapping[str, Any] | None) -> tuple[float, float]:
    """Return the errors up and down of a ratio, without that of the cross section as far as it can be told."""
    if parts is None:
        return ratio.number("err_plus"), ratio.number("err_minus")
    if "expected" in parts:
        scale = 1.0 / float(parts["expected"])
    else:
        scale = ratio.number("R_PRC_tableXIV") / float(parts["measured"])
    pairs = zip(parts["statistical"], parts["systematic"], strict=True)
    plus, minus = (scale * math.hypot(statistical, systematic) for statistical, systematic in pairs)
    return plus, minus


def _cross_sections(sections: Sequence[Row], strengths: Sequence[Row], isotopes: Sequence[str]) -> pd.DataFrame:
    modes = {model: mode for mode, model in MODES.items()}
    rows = []
    for isotope in isotopes:
        tail = "" if isotope == "51Cr" else "_Ar"
        for r in sections:
            if r.text(f"sigma_{isotope}_1e-45"):
                model = r.text("model")
                values = [r.number(c) for c in (f"sigma_{isotope}_1e-45", f"plus{tail}", f"minus{tail}")]
                rows.append((model, modes.get(model, ""), r.text("year"), isotope, *values, r.text("where")))
        r = one(strengths, method=f"sigma_gs {isotope} 1e-45")
        error = r.number("err")
        value = r.number("BGT_5half_over_gs")
        rows.append(("Ground state (Kostensalo)", "", "2019", isotope, value, error, error, r.text("where")))
    names = ["model", "mode", "year", "isotope", "cross_section", "plus", "minus", "where"]
    return pd.DataFrame(rows, columns=names)


def _excited(sections: Sequence[Row], isotopes: Sequence[str]) -> pd.DataFrame:
    rows = [
        (r.text("model"), isotope, r.number(f"delta_exc_{ISOTOPES[isotope]}"))
        for isotope in isotopes
        for r in sections
        if r.text(f"delta_exc_{ISOTOPES[isotope]}")
    ]
    return pd.DataFrame(rows, columns=["model", "isotope", "fraction"])


def _lines(originals: Path, isotopes: Sequence[str], which: str) -> pd.DataFrame:
    rows = [r for r in read(originals, "source_lines.csv") if r.text("set") == which and r.text("isotope") in isotopes]
    return pd.DataFrame(
        {
            "isotope": [r.text("isotope") for r in rows],
            "energy": [r.number("energy_MeV") for r in rows],
            "fraction": [r.number("branching") for r in rows],
            # 1e-46 cm² → 1e-45 cm², in decimals
            "cross_section": [float(r.decimal("sigma_1e-46cm2_BahcallInterp") / 10) for r in rows],
        }
    )


def _lines_other(originals: Path, isotopes: Sequence[str]) -> pd.DataFrame:
    rows = [r for r in read(originals, "source_lines.csv") if r.text("set") != "bahcall4"]
    return _frame(
        (r for r in rows if r.text("isotope") in isotopes),
        {"set": "set", "isotope": "isotope"},
        {"energy": "energy_MeV", "fraction": "branching"},
    )


def _geometry(originals: Path, experiment: str) -> pd.DataFrame:
    rows = [r for r in read(originals, "geometry.csv") if r.text("experiment") == experiment]
    factor = {"m": Decimal(1), "cm": Decimal("0.01")}
    lengths = [r for r in rows if r.text("unit") in factor]
    return pd.DataFrame(
        {
            **{c: [r.text(c) for r in lengths] for c in ("part", "shape", "parameter")},
            "length": [float(r.decimal("value") * factor[r.text("unit")]) for r in lengths],
            "where": [r.text("where") for r in lengths],
        }
    )


def _activity(originals: Path, experiment: str) -> pd.DataFrame:
    rows = [r for r in read(originals, "source_activity.csv") if r.text("source").startswith(experiment + "-")]
    numbers = {"activity": "activity_MCi", "plus": "plus_MCi", "minus": "minus_MCi"}
    if experiment == "BEST":
        return _frame(rows, {"source": "source", "reference_time": "reference_time"}, numbers)
    becquerel = {"activity_Bq": "activity_1e15Bq", "plus_Bq": "plus", "minus_Bq": "minus"}
    return _frame(rows, {"source": "source"}, numbers | becquerel)


def _extractions(originals: Path) -> pd.DataFrame:
    rows = [r for r in read(originals, "best_extractions_prl_table1.csv") if r.text("exposure") != "combined"]
    return _frame(
        rows,
        {"zone": "volume", "exposure": "exposure"},
        {
            "begin": "doy2019_begin",
            "end": "doy2019_end",
            "candidates": "KL_candidates",
            "fit_71Ge": "fit_71Ge",
            "from_51Cr": "fit_from_51Cr",
            "rate": "rate_at_reference_atoms_per_day",
            "rate_plus": "stat_plus",
            "rate_minus": "stat_minus",
        },
    )


_PEAK = {"candidates": "candidates", "fit_71Ge": "fit_71Ge", "from_51Cr": "from_51Cr"}


def _by_peak(originals: Path) -> pd.DataFrame:
    rows = [r for r in read(originals, "best_extractions_prc_KL_split.csv") if r.text("exposure") != "combined"]
    return _frame(
        rows,
        {"zone": "volume", "peak": "peak", "exposure": "exposure"},
        {**_PEAK, "rate_at_start": "rate_at_exposure_start_atoms_per_day"},
    )


def _combined(originals: Path) -> pd.DataFrame:
    name = "rate_at_exposure_start_atoms_per_day"
    peaks = [r for r in read(originals, "best_extractions_prc_KL_split.csv") if r.text("exposure") == "combined"]
    both = [r for r in read(originals, "best_extractions_prl_table1.csv") if r.text("exposure") == "combined"]
    first = _frame(peaks, {"zone": "volume", "peak": "peak"}, {**_PEAK, "rate": name})
    second = _frame(
        both,
        {"zone": "volume", "peak": "exposure"},
        {
            "candidates": "KL_candidates",
            "fit_71Ge": "fit_71Ge",
            "from_51Cr": "fit_from_51Cr",
            "rate": "rate_at_reference_atoms_per_day",
        },
    ).assign(peak="K+L")
    return pd.concat([first, second], ignore_index=True)


def _efficiencies(originals: Path) -> pd.DataFrame:
    rows = read(originals, "best_efficiencies_prc_table13.csv")
    kept = ("saturation_factor", "counter_eff_K", "delta_K", "total_eff_K", "counter_eff_L", "delta_L", "total_eff_L")
    values = _frame(rows, {}, {"extraction": "extraction_eff_into_GeH4", **{c: c for c in kept}})
    names = [r.text("extraction").partition("-") for r in rows]
    values.insert(0, "zone", [zone.lower() for zone, _, _ in names])
    values.insert(1, "exposure", [number for _, _, number in names])
    return values


def _exposures(originals: Path) -> pd.DataFrame:
    return _frame(
        read(originals, "best_exposures_prc_table1_2.csv"),
        {"zone": "zone", "exposure": "exposure", "extraction_date": "extraction_date_2019"},
        {
            "source_begin": "src_begin_doy",
            "source_end": "src_end_doy",
            "solar_begin": "solar_begin_doy",
            "solar_end": "solar_end_doy",
            "mass": "Ga_mass_solar_t",
            "efficiency_from_metal": "eff_from_Ga",
            "efficiency_into_GeH4": "eff_into_GeH4",
        },
    )


def _systematics(originals: Path) -> pd.DataFrame:
    rows = read(originals, "best_systematics_prc_table12.csv")
    return _frame(rows, {"origin": "origin"}, {"plus": "plus_pct", "minus": "minus_pct"})


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


def _zones(originals: Path) -> pd.DataFrame:
    rows = read(originals, "best_rates_and_constants.csv")
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


#: Columns of ``constants``: name → (quantity of the original, its error as well?)
_CONSTANTS = {
    "half_life_51Cr": ("51Cr_halflife", True),
    "half_life_71Ge": ("71Ge_halflife", True),
    "density": ("Ga_density", True),
    "number_density_71Ga": ("71Ga_number_density", True),
    "abundance_71Ga": ("71Ga_abundance", True),
    "outer_over_inner": ("R_out_over_R_in", True),
}


def _constants(originals: Path) -> pd.DataFrame:
    rows = read(originals, "best_rates_and_constants.csv")
    columns = {}
    for name, (quantity, error) in _CONSTANTS.items():
        row = one(rows, quantity=quantity)
        columns[name] = [row.number("inner")]
        if error:
            columns[f"{name}_error"] = [row.number("plus_inner")]
    return pd.DataFrame(columns)


_STATES = {"5/2-": "BGT_5half_over_gs", "3/2-": "BGT_3half_over_gs", "5/2+": "BGT_5halfplus_over_gs"}
_STATE_ERRORS = {"5/2-": "err", "3/2-": "err.2", "5/2+": "err.3"}


def _strengths(originals: Path) -> pd.DataFrame:
    rows = [r for r in read(originals, "gt_strengths.csv") if r.text("where").endswith("Table 6")]
    values = [
        (r.text("method"), state, r.number(column), r.number(_STATE_ERRORS[state]))
        for r in rows
        for state, column in _STATES.items()
        if r.text(column) and r.text(_STATE_ERRORS[state])
    ]
    return pd.DataFrame(values, columns=["method", "state", "ratio", "error"])


def _strength_limits(originals: Path) -> pd.DataFrame:
    values = [
        (r.text("method"), state, float(r.text(column)[1:]))
        for r in read(originals, "gt_strengths.csv")
        for state, column in _STATES.items()
        if r.text(column).startswith("<")
    ]
    return pd.DataFrame(values, columns=["method", "state", "limit"])


def _phase_space(originals: Path) -> pd.DataFrame:
    rows = [r for r in read(originals, "gt_strengths.csv") if r.text("method").startswith("phase-space")]
    values = [
        (r.text("method").rpartition(" ")[2], state, r.number(column))
        for r in rows
        for state, column in _STATES.items()
    ]
    return pd.DataFrame(values, columns=["isotope", "state", "factor"])


_BEST: dict[str, Callable[[Path], pd.DataFrame]] = {
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
}
