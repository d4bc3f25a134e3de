"""What kernels of a third party make of MicroBooNE's two beams: an approximate Δχ² of a fourth neutrino.

A kernel holds the events of one flavour of the beam in one flavour of the detector, over reconstructed and
true energy, were every neutrino to arrive as that flavour. It is no simulation of the collaboration.
"""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

from nuanomaly.archive.errors import NuanomalyError

#: Channels of a beam that have kernels, in the order of the kernels' rows.
CHANNELS = ("nue-cc-fc", "nue-cc-pc", "numu-cc-fc", "numu-cc-pc")
_BEAMS = ("bnb", "numi")
#: Flavour of the beam and in the detector, by what happens to it.
_ARRIVING = {
    "ee": (("nue", "nue"), ("nuebar", "nuebar")),
    "mm": (("numu", "numu"), ("numubar", "numubar")),
    "me": (("numu", "nue"), ("numubar", "nuebar")),
    "em": (("nue", "numu"), ("nuebar", "numubar")),
}
#: Phase of Δm² L/E in eV², km and GeV.
_PHASE = 1.267


def tables(fit: "TwoBeams", splittings: int, amplitudes: int, mixings: int) -> dict[str, pd.DataFrame]:
    """Return Δχ² and CLs over Δm²41 and sin²2θee, and over Δm²41 and sin²2θμe.

    Parameters
    ----------
    fit : TwoBeams
    splittings, amplitudes, mixings : int
        Points of Δm²41, of the amplitude, and of the mixing that is profiled.
    """
    squares = np.geomspace(0.1, 100.0, splittings)
    rows: dict[str, list[tuple[float, ...]]] = {"ee": [], "mue": []}
    for square in squares:
        fit.at(float(square))
        for amplitude in np.linspace(0.02, 0.98, amplitudes):
            electron = (1.0 - math.sqrt(1.0 - amplitude)) / 2.0
            muons = np.r_[0.0, np.geomspace(1e-4, 0.5 * (1.0 - electron), mixings)]
            rows["ee"].append((square, amplitude, *fit.result([(electron, m) for m in muons])))
        for amplitude in np.geomspace(1e-4, 0.1, amplitudes):
            electrons = np.geomspace(amplitude / 2.0, 0.5, mixings)
            pairs = [(u, amplitude / (4.0 * u)) for u in electrons if u + amplitude / (4.0 * u) <= 1.0]
            rows["mue"].append((square, amplitude, *fit.result(pairs)))
    names = {"ee": "sin2_2theta_ee", "mue": "sin2_2theta_mue"}
    entries = {}
    for key, name in names.items():
        frame = pd.DataFrame(rows[key], columns=["dm2_41", name, "delta_chi2", "cls"])
        entries[f"approximate-{key}"] = frame.assign(
            dm2_41=[float(f"{v:.6g}") for v in frame["dm2_41"]],
            **{name: [float(f"{v:.6g}") for v in frame[name]]},
            delta_chi2=frame["delta_chi2"].round(2) + 0.0,
            cls=frame["cls"].round(4) + 0.0,
        )
    return entries


class TwoBeams:
    """χ² of eight channels: combined Neyman–Pearson errors, and the covariance relative to the prediction.

    Parameters
    ----------
    folder : pathlib.Path
        Of the kernels, with a folder for each beam.
    channels, covariance : pandas.DataFrame
        Tables of the release.

    Raises
    ------
    NuanomalyError
        If the kernels do not give the prediction without oscillation.
    """

    def __init__(self, folder: Path, channels: pd.DataFrame, covariance: pd.DataFrame) -> None:
        names = [f"{beam}-{channel}" for beam in _BEAMS for channel in CHANNELS]
        place = np.concatenate([np.flatnonzero(channels["channel"] == name) for name in names])
        self.data = channels["data"].to_numpy(float)[place]
        expected = channels["prediction"].to_numpy()[place]
        self._relative = covariance.to_numpy()[np.ix_(place, place)] / np.outer(expected, expected)
        self._baselines, self._energies, background = [], [], []
        self._kernels: dict[str, list[np.ndarray]] = {key: [] for key in _ARRIVING}
        for beam in _BEAMS:
            base = folder / beam / "reweighting"
            about = json.loads((base / "metadata.json").read_text("utf-8"))
            about = about.get("reference", about)
            self._baselines.append(float(about["baseline_km"]))
            self._energies.append(pd.read_csv(base / "true_energy_GeV.csv")["true_energy_GeV"].to_numpy())
            background.append(
                pd.read_csv(base / "fixed_published_background_counts.csv").iloc[:, 1].to_numpy()
            )
            for key, ways in _ARRIVING.items():
                self._kernels[key].append(np.sum([_kernel(base, *way) for way in ways], axis=0))
        self._background = np.concatenate(background)
        self.at(1.0)
        self.none = self.predict(0.0, 0.0)
        if np.abs(self.none - expected).max() > 1e-6:
            raise NuanomalyError(f"{folder}: without oscillation the kernels do not give the prediction")

    def at(self, square: float) -> None:
        """Set Δm²41."""
        self._all, self._swung = {}, {}
        for key, kernels in self._kernels.items():
            waves = [
                np.sin(_PHASE * square * length / energies) ** 2
                for length, energies in zip(self._baselines, self._energies, strict=True)
            ]
            self._all[key] = np.concatenate([kernel.sum(axis=1) for kernel in kernels])
            self._swung[key] = np.concatenate([k @ w for k, w in zip(kernels, waves, strict=True)])

    def predict(self, electron: float, muon: float) -> np.ndarray:
        """Return the events at |Ue4|² and |Uμ4|²."""
        return np.asarray(
            self._background
            + self._all["ee"]
            - 4.0 * electron * (1.0 - electron) * self._swung["ee"]
            + self._all["mm"]
            - 4.0 * muon * (1.0 - muon) * self._swung["mm"]
            + 4.0 * electron * muon * (self._swung["me"] + self._swung["em"])
        )

    def chi2(self, expected: np.ndarray, data: np.ndarray) -> float:
        """Return χ² of some data."""
        some = np.where(data > 0.0, data, 1.0)
        variance = np.where(data > 0.0, 3.0 / (1.0 / some + 2.0 / expected), expected / 2.0)
        covariance = self._relative * np.outer(expected, expected) + np.diag(variance)
        return float((data - expected) @ np.linalg.solve(covariance, data - expected))

    def result(self, pairs: list[tuple[float, float]]) -> tuple[float, float]:
        """Return Δχ² from no oscillation of the best of some pairs of mixings, and its CLs for normal Δχ²."""
        values = [self.chi2(self.predict(*pair), self.data) for pair in pairs]
        best = self.predict(*pairs[int(np.argmin(values))])
        seen = min(values) - self.chi2(self.none, self.data)
        absent, present = self.chi2(best, self.none), self.chi2(self.none, best)
        if min(absent, present) < 1e-9:
            return seen, 1.0
        signal = math.erfc((seen + present) / math.sqrt(8.0 * present))
        return seen, signal / max(math.erfc((seen - absent) / math.sqrt(8.0 * absent)), 1e-300)


def _kernel(base: Path, beam: str, detector: str) -> np.ndarray:
    path = base / f"beam_{beam}_to_{detector}_cc_response_counts.csv"
    try:
        return pd.read_csv(path).iloc[:, 1:].to_numpy()
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
