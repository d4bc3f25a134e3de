"""νe on ¹²C in KARMEN and LSND: counts, spectra and cross sections of a public fit, and its χ² tables."""

from pathlib import Path

import numpy as np
import pandas as pd

from importers.miniboone import read
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_csv, read_text

_FOLDER = "source/nue_carbon12"
_EDGES = {"enu_bin_low_MeV": "low", "enu_bin_high_MeV": "high"}
#: Columns of the tables of fluxes and cross sections: energy, or its log10, and three flavours of ν and of ν̄.
_FLAVOURS = ("nue", "numu", "nutau", "nuebar", "numubar", "nutaubar")
#: Bins of LSND that are added up.
_TOGETHER = 2


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``source/``.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    base = originals / _FOLDER
    whole = {"observed": "int64"}
    karmen = read_csv(
        base / "karmen_c12_counts.csv", {**_EDGES, "observed": "observed", "background": "background"}
    ).astype(whole)
    lsnd = read_csv(base / "lsnd_c12_counts.csv", {**_EDGES, "observed": "observed"}).astype(whole)
    karmen["expected_of_others"] = _expected(base / "nue-carbon.dat", len(karmen))
    lsnd["expected_of_others"] = _expected(base / "LSND-nue-carbon.dat", len(lsnd))
    pairs = _pairs(lsnd)
    return {
        "karmen": karmen,
        "lsnd": lsnd,
        "lsnd-pairs": pairs,
        "both": _both(karmen, pairs),
        "flux-karmen": _curve(base / "karmen-nue-weighted-flux.dat", "flux"),
        "flux-lsnd": _curve(base / "LSND-flux.dat", "flux"),
        "cross-section": _curve(base / "LSND-xsec.dat", "cross_section_over_energy", logarithm=True),
        "chi2": _chi2(base / "nue-carbon-chi2-spectrum.dat"),
        "chi2-rate": _chi2(base / "nue-carbon-chi2.dat"),
    }


def _expected(path: Path, bins: int) -> list[float]:
    """Return the first block of numbers of a protocol: expected events per bin."""
    words = [line.split() for line in path.read_text("utf-8").splitlines()]
    rows = [(float(w[0]), float(w[1])) for w in words if len(w) == 2 and w[0].startswith("0.0")]
    if len(rows) < bins:
        raise NuanomalyError(f"{path}: {len(rows)} bins, {bins} are needed")
    return [events for _, events in rows[:bins]]


def _pairs(lsnd: pd.DataFrame) -> pd.DataFrame:
    """Return neighbouring bins added up."""
    group = np.arange(len(lsnd)) // _TOGETHER
    rules = {"low": "min", "high": "max", "observed": "sum"}
    return lsnd.groupby(group).agg(rules).reset_index(drop=True)


def _both(karmen: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the bins of both experiments under each other, and which of them an error acts on."""
    frames = [karmen[["low", "high", "observed", "background"]], pairs.assign(background=0.0)]
    frame = pd.concat(frames, ignore_index=True)
    first = np.arange(len(frame)) < len(karmen)
    frame.insert(0, "experiment", np.where(first, "KARMEN", "LSND"))
    return frame.assign(karmen=first.astype(float), lsnd=(~first).astype(float))


def _curve(path: Path, name: str, logarithm: bool = False) -> pd.DataFrame:
    """Return energies in GeV and the values for νe; logarithms become the numbers that were meant."""
    frame = read_text(path, ("energy", *_FLAVOURS))
    energy = [float(f"{10.0**x:.12g}") for x in frame["energy"]] if logarithm else frame["energy"]
    return pd.DataFrame({"energy": energy, name: frame["nue"]})


def _chi2(path: Path) -> pd.DataFrame:
    """Return a χ² table, Δm² in the outer loop as everywhere in the archive."""
    names = ["sin2_2theta_ee", "dm2_41", "lsnd", "karmen", "both"]
    frame = pd.DataFrame(read(path, len(names)), columns=names)
    return frame[["dm2_41", *names[:1], *names[2:]]].sort_values(
        ["dm2_41", "sin2_2theta_ee"], ignore_index=True
    )
