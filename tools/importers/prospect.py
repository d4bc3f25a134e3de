"""PROSPECT, arXiv:2006.11210: ancillary files of the oscillation search (1.x) and the ²³⁵U spectrum (2.x)."""

from pathlib import Path

import numpy as np
import pandas as pd

from importers._detected import detected
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

FOLDER = "reactor/prospect_2006.11210_ancillary"
PROMPT_BINS, TRUE_BINS, BASELINES = 16, 82, 10
#: Half of the distances that core and segment extend over, in m.
_HALF_LENGTH = 0.25


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds the ancillary files, and flux and cross section of ``reactor/globesfit_fluxes``.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    segments = _segments(folder)
    used = segments[segments["efficiency"] > 0.0]
    prompt = {number: _prompt(folder, number) for number in used["segment"]}
    return {
        "segments": segments,
        "baselines": _baselines(used),
        "prompt-spectra": _by_segment(prompt),
        "spectra": _spectra(folder, used, prompt),
        "covariance": _matrix(folder / "1.2_Osc_CovarianceMatrix.txt", BASELINES * PROMPT_BINS),
        "segment-response": _responses(folder, used),
        "antineutrino-energies": _energies(originals),
        **_u235_spectrum(folder),
    }


def _segments(folder: Path) -> pd.DataFrame:
    """Return all segments with the baseline bin, the place, and the relative efficiency (0: not used)."""
    names = ("baseline_bin", "distance", "segment", "column", "row")
    frame = read_text(folder / "1.1_Osc_SegmentMap.txt", names, separator=",")
    efficiency = read_text(
        folder / "1.5_Osc_RelativeEfficiencies.txt", ("column", "row", "efficiency"), separator=","
    )
    rows = frame.merge(efficiency, on=["column", "row"], how="left", validate="one_to_one")
    if rows["efficiency"].isna().any():
        raise NuanomalyError(f"{folder}: a segment of file 1.1 has no efficiency in file 1.5")
    whole = ["baseline_bin", "segment", "column", "row"]
    return rows.astype(dict.fromkeys(whole, "int64"))


def _label(number: int) -> str:
    return f"segment-{number}"


def _site(number: int) -> str:
    return f"baseline-{number}"


def _baselines(used: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site": [_site(b) for b in used["baseline_bin"]],
            "detector": [_label(s) for s in used["segment"]],
            "baseline": used["distance"],
            "half_length": _HALF_LENGTH,
            "strength": used["efficiency"],
        }
    ).reset_index(drop=True)


def _prompt(folder: Path, number: int) -> pd.DataFrame:
    names = ("energy", "counts", "counts_error", "background", "background_error")
    frame = read_text(folder / f"1.4_Osc_Prompt{number}.txt", names, separator=",")
    return _of_size(frame, PROMPT_BINS, folder / f"1.4_Osc_Prompt{number}.txt")


def _of_size(frame: pd.DataFrame, rows: int, path: Path) -> pd.DataFrame:
    if len(frame) != rows:
        raise NuanomalyError(f"{path}: has {len(frame)} rows, expected {rows}")
    return frame


def _by_segment(prompt: dict[int, pd.DataFrame]) -> pd.DataFrame:
    frame = pd.concat(prompt.values(), keys=prompt, names=["segment", None])
    return frame.reset_index("segment").reset_index(drop=True)


def _spectra(folder: Path, used: pd.DataFrame, prompt: dict[int, pd.DataFrame]) -> pd.DataFrame:
    """Return measured and predicted counts by baseline bin and prompt energy."""
    parts = []
    for baseline in range(1, BASELINES + 1):
        path = folder / f"1.6_Osc_NullOscPred{baseline}.txt"
        predicted = _of_size(read_text(path, ("energy", "predicted"), separator=","), PROMPT_BINS, path)
        own = used.loc[used["baseline_bin"] == baseline, "segment"]
        middle = predicted["energy"].to_numpy(float)
        parts.append(
            pd.DataFrame(
                {
                    "site": _site(baseline),
                    "energy_low": np.round(middle - 0.2, 6),
                    "energy_high": np.round(middle + 0.2, 6),
                    "counts": sum(prompt[number]["counts"].to_numpy(float) for number in own),
                    "predicted": predicted["predicted"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _matrix(path: Path, size: int, prefix: str = "c") -> pd.DataFrame:
    names = [f"{prefix}{k}" for k in range(size)]
    return _of_size(read_text(path, names, separator=","), size, path)


def _responses(folder: Path, used: pd.DataFrame) -> pd.DataFrame:
    parts = []
    names = [f"t{k}" for k in range(TRUE_BINS)]
    for number in used["segment"]:
        path = folder / f"1.3_Osc_DetResponse{number}.txt"
        frame = _of_size(read_text(path, names, separator=","), PROMPT_BINS, path)
        frame.insert(0, "detector", _label(number))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def _energies(originals: Path) -> pd.DataFrame:
    edges = np.round(1.8 + 0.1 * np.arange(TRUE_BINS + 1), 6)
    low, high = edges[:-1], edges[1:]
    u235 = detected(originals, {"u235": 1.0}, low, high)
    return pd.DataFrame({"energy_low": low, "energy_high": high, "u235": u235})


def _u235_spectrum(folder: Path) -> dict[str, pd.DataFrame]:
    data = _comma(
        folder / "2.1_SpectrumData.txt", ["counts", "counts_error", "background", "background_error"]
    )
    predicted = _comma(
        folder / "2.3_HFIRSpectrumPrediction.txt",
        ["predicted", "huber_u235", "al28", "he6", "non_equilibrium"],
    )
    return {
        "u235-spectrum": data,
        "u235-prediction": predicted,
        "u235-covariance": _matrix(folder / "2.4_CovarianceMatrix.txt", len(data)),
        "u235-response": _matrix(folder / "2.2_ResponseMatrix.txt", 200, "t"),
    }


def _comma(path: Path, names: list[str]) -> pd.DataFrame:
    """Return a file of bin centres and numbers, with edges 0.1 MeV on either side."""
    frame = read_text(path, ("energy", *names), separator=",")
    middle = frame.pop("energy").to_numpy(float)
    frame.insert(0, "energy_low", np.round(middle - 0.1, 6))
    frame.insert(1, "energy_high", np.round(middle + 0.1, 6))
    return frame
