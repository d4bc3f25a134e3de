"""Source experiments on gallium (GALLEX, SAGE, BEST): numbers transcribed from the papers.

The originals are small CSV files, one per table of a paper. Numbers keep their printed digits; what is
computed here (errors in parts, ratios for other cross sections) goes to the table ``measurements`` alone.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from importers._gallium_best import BEST
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.rows import Row, frame, one, read

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
#: The same of Table I of arXiv:2209.00916, whose Bahcall has one symmetric error.
GIUNTI2022 = {
    "bahcall": "Bahcall",
    "ground-state": "Ground State (Semenov T1/2)",
    "haxton": "Haxton",
    "frekers": "Frekers",
    "kostensalo": "Kostensalo",
    "semenov": "Semenov",
}
ISOTOPES = {"51Cr": "Cr", "37Ar": "Ar"}


def tables(
    originals: Path,
    experiment: str,
    volumes: Mapping[str, Sequence[str]],
    parts: Mapping[str, Any] | None = None,
    upper: Mapping[str, float] | None = None,
    scaled: bool = False,
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
    scaled : bool
        Write the table ``measurements-giunti2022`` too: what the convention of arXiv:2209.00916 reads.
    """
    ratios = [
        r
        for r in read(originals / FOLDER / "ratios.csv")
        if r.text("experiment").startswith(experiment + "-")
    ]
    names = [r.text("experiment") for r in ratios]
    if set(names) != set(volumes):
        raise NuanomalyError(f"measurements are {names}, the arguments give volumes of {sorted(volumes)}")
    isotopes = list(dict.fromkeys(r.text("source") for r in ratios))
    sections = read(originals / FOLDER / "cross_sections.csv")
    frames = {
        "ratios": _ratios(ratios, upper or {}),
        "measurements": _measurements(ratios, sections, volumes, parts or {}),
        "cross-sections": _cross_sections(sections, read(originals / FOLDER / "gt_strengths.csv"), isotopes),
        "excited-fractions": _excited(sections, isotopes),
        "lines": _lines(originals, isotopes, "bahcall4"),
        "lines-other": _lines_other(originals, isotopes),
        "geometry": _geometry(originals, experiment),
        "activity": _activity(originals, experiment),
    }
    if scaled:
        frames["measurements-giunti2022"] = _giunti2022(ratios, sections, upper or {})
    if experiment == "BEST":
        frames |= {name: make(originals / FOLDER) for name, make in BEST.items()}
    return frames


def _ratios(rows: Sequence[Row], upper: Mapping[str, float]) -> pd.DataFrame:
    used = [float(upper.get(r.text("experiment"), r.number("err_plus"))) for r in rows]
    return frame(
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
    ratios: Sequence[Row],
    sections: Sequence[Row],
    volumes: Mapping[str, Sequence[str]],
    parts: Mapping[str, Any],
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


def _giunti2022(ratios: Sequence[Row], sections: Sequence[Row], upper: Mapping[str, float]) -> pd.DataFrame:
    """Return ratios and errors of arXiv:2209.00916 by cross section (its Table I).

    Both are multiplied by Bahcall's cross section over the model's. The error of the cross section of 51Cr is
    common to all and not in them; what that of 37Ar has in excess, in quadrature, is in the error of argon.
    """
    bahcall = one(sections, model=GIUNTI2022["bahcall"])
    columns: dict[str, list[Any]] = {"measurement": [r.text("experiment") for r in ratios]}
    for mode, model in GIUNTI2022.items():
        other, name = one(sections, model=model), mode.replace("-", "_")
        chromium = other.number("plus") / other.number("sigma_51Cr_1e-45")
        argon = other.number("plus_Ar") / other.number("sigma_37Ar_1e-45")
        excess = math.sqrt(max(argon**2 - chromium**2, 0.0))
        factors = [_sigma(bahcall, r) / _sigma(other, r) for r in ratios]
        values = [r.number("R_PRC_tableXIV") * f for r, f in zip(ratios, factors, strict=True)]
        own = [float(upper.get(r.text("experiment"), r.number("err_plus"))) for r in ratios]
        more = [excess * v * (r.text("source") == "37Ar") for r, v in zip(ratios, values, strict=True)]
        columns[f"ratio_{name}"] = values
        columns[f"error_{name}"] = [math.hypot(s * f, x) for s, f, x in zip(own, factors, more, strict=True)]
    return pd.DataFrame(columns)


def _sigma(section: Row, ratio: Row) -> float:
    return section.number("sigma_51Cr_1e-45" if ratio.text("source") == "51Cr" else "sigma_37Ar_1e-45")


def _errors(ratio: Row, parts: Mapping[str, Any] | None) -> tuple[float, float]:
    """Return the errors up and down of a ratio, without that of the cross section where it can be told."""
    if parts is None:
        return ratio.number("err_plus"), ratio.number("err_minus")
    if "expected" in parts:
        scale = 1.0 / float(parts["expected"])
    else:
        scale = ratio.number("R_PRC_tableXIV") / float(parts["measured"])
    pairs = zip(parts["statistical"], parts["systematic"], strict=True)
    plus, minus = (scale * math.hypot(statistical, systematic) for statistical, systematic in pairs)
    return plus, minus


def _cross_sections(
    sections: Sequence[Row], strengths: Sequence[Row], isotopes: Sequence[str]
) -> pd.DataFrame:
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
    rows = [
        r
        for r in read(originals / FOLDER / "source_lines.csv")
        if r.text("set") == which and r.text("isotope") in isotopes
    ]
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
    rows = [r for r in read(originals / FOLDER / "source_lines.csv") if r.text("set") != "bahcall4"]
    return frame(
        (r for r in rows if r.text("isotope") in isotopes),
        {"set": "set", "isotope": "isotope"},
        {"energy": "energy_MeV", "fraction": "branching"},
    )


def _geometry(originals: Path, experiment: str) -> pd.DataFrame:
    rows = [r for r in read(originals / FOLDER / "geometry.csv") if r.text("experiment") == experiment]
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
    rows = [
        r
        for r in read(originals / FOLDER / "source_activity.csv")
        if r.text("source").startswith(experiment + "-")
    ]
    numbers = {"activity": "activity_MCi", "plus": "plus_MCi", "minus": "minus_MCi"}
    if experiment == "BEST":
        return frame(rows, {"source": "source", "reference_time": "reference_time"}, numbers)
    becquerel = {"activity_Bq": "activity_1e15Bq", "plus_Bq": "plus", "minus_Bq": "minus"}
    return frame(rows, {"source": "source"}, numbers | becquerel)
