"""Daya Bay's full release: spectra of eight detectors in three periods, response, cores and all effects."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers._daya_bay_detector import (
    CELLS,
    CENTRES,
    CURVES,
    EDGES,
    PARTS,
    Detector,
    Setting,
)
from importers._daya_bay_effects import Effects, Site, backgrounds
from importers._daya_bay_reactor import STEP_MEV, Oscillation, Reactors, Spectra
from importers._daya_bay_release import (
    BACKGROUNDS,
    CORES,
    DETECTORS,
    FOLDER,
    ISOTOPES,
    Files,
    site,
    sites,
)

Array = NDArray[np.float64]

_COLUMNS = {"U235": "u235", "U238": "u238", "Pu239": "pu239", "Pu241": "pu241"}
#: What is derived is written to this many digits, effects to so many decimals: the same on every machine.
_DIGITS, _DECIMALS = 9, 8


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/dayabay_full_release_2025``, the text form of the release.

    Raises
    ------
    NuanomalyError
        If a file is missing.
    """
    files = Files(originals / FOLDER)
    detector, reactors = Detector(files), Reactors(files)
    spectra = Spectra(reactors, detector, Oscillation.nominal(files))
    fine = _fine(files)
    counts = {
        kind: {key: detector.final @ fine[key][name].to_numpy(float) for key in sites()}
        for kind, name in BACKGROUNDS.items()
    }
    effects = [*Effects(spectra).signal(), *backgrounds(files, counts)]
    derived = {
        "spectra": _spectra(files, detector, reactors, fine),
        "energies": _energies(detector, reactors),
        "migration": _migration(detector),
        "pull-effects": pd.DataFrame(
            {f"p{k}": np.concatenate([e.values[s] for s in sites()]) for k, e in enumerate(effects)}
        ).round(_DECIMALS),
        "baselines": core_exposure(files),
    }
    return {
        **{name: _rounded(frame) for name, frame in derived.items()},
        "pulls": pd.DataFrame([(e.name, e.sigma, e.acts_on, e.meaning) for e in effects], columns=_PULLS),
        "fine-spectra": pd.concat([fine[key] for key in sites()], ignore_index=True),
        "flux": huber_mueller(files),
        "irradiation": _irradiation(files),
        "spent-fuel": _spent_fuel(files),
        "nonlinearity": detector.curves.rename(columns=dict(zip(CURVES, _CURVE_NAMES, strict=True))),
        "acrylic-vessel": pd.DataFrame(
            files.matrix("detector_iav_matrix_iav_matrix"), columns=[f"c{k}" for k in range(CENTRES.size)]
        ),
        "exposure": files.exposures,
        "daily": _daily(files),
        "weekly": _weekly(files),
    }


_PULLS = ["pull", "sigma", "acts_on", "meaning"]
_CURVE_NAMES = ("curve_0", "curve_1", "curve_2", "curve_3")


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = frame.select_dtypes("float").columns
    return frame.assign(**{n: [float(f"{x:.{_DIGITS}g}") for x in frame[n]] for n in numbers})


def _fine(files: Files) -> Mapping[Site, pd.DataFrame]:
    """Return candidates and backgrounds of each site in 240 bins of reconstructed energy."""
    rates = {
        **files.parameters("background_rates_correlated"),
        **files.parameters("background_rates_uncorrelated"),
    }
    exposure = {
        (d, p): (days, accidentals)
        for d, p, _, days, accidentals, _ in files.exposures.itertuples(index=False, name=None)
    }
    entries = {}
    for detector, period in sites():
        folder = f"dayabay_dataset/dayabay_ibd_spectra_{period}.tsv"
        counts = files.table(f"{folder}/ibd_spectrum_{detector}").iloc[:, -1].to_numpy(float)
        columns = {
            "site": site(detector, period),
            "energy_low": EDGES[:-1].round(10),
            "energy_high": EDGES[1:].round(10),
        }
        frame = pd.DataFrame(columns).assign(observed=counts.round().astype("int64"))
        days, accidentals = exposure[detector, period]
        for kind, name in BACKGROUNDS.items():
            folder = f"dayabay_dataset/dayabay_background_spectra_{period}.tsv"
            shape = files.table(f"{folder}/spectrum_shape_{kind}_{detector}").iloc[:, -1].to_numpy(float)
            known = kind == "accidentals"
            number = accidentals if known else days * rates[kind][period][detector][0]
            frame[name] = [float(f"{x:.{_DIGITS}g}") for x in number * shape]
        entries[detector, period] = frame
    return entries


def _spectra(
    files: Files, detector: Detector, reactors: Reactors, fine: Mapping[Site, pd.DataFrame]
) -> pd.DataFrame:
    """Return counts, backgrounds and the prediction without oscillation in the final bins."""
    edges = files.edges("final_erec_bin_edges")
    response = detector.response(Setting())
    frames = []
    for key in sites():
        arriving = np.sum([reactors.signal(key, core) for core in CORES], axis=0)
        expected = response @ (detector.deposited @ (arriving * STEP_MEV))
        frame = pd.DataFrame({"site": site(*key), "energy_low": edges[:-1], "energy_high": edges[1:]})
        frame["observed"] = (detector.final @ fine[key]["observed"].to_numpy(float)).round().astype("int64")
        frame["unoscillated"] = expected
        parts = {name: detector.final @ fine[key][name].to_numpy(float) for name in BACKGROUNDS.values()}
        frames.append(frame.assign(background=sum(parts.values()), **parts))
    return pd.concat(frames, ignore_index=True)


def _energies(detector: Detector, reactors: Reactors) -> pd.DataFrame:
    """Return the cells of antineutrino energy, and what is detected in them per fission of the mean fuel."""
    per_energy = detector.deposited.sum(axis=0) * reactors.core * STEP_MEV
    return pd.DataFrame(
        {
            "energy_low": CELLS[:-1],
            "energy_high": CELLS[1:],
            "spectrum": per_energy.reshape(-1, PARTS).sum(axis=1),
        }
    )


def _migration(detector: Detector) -> pd.DataFrame:
    """Return the share of each final bin (rows) for what is detected in each cell of energy (columns)."""
    deposited = np.asarray(detector.deposited.toarray()).reshape(CENTRES.size, -1, PARTS).sum(axis=2)
    seen = deposited.sum(axis=0)
    shares = detector.response(Setting()) @ np.divide(
        deposited, seen, out=np.zeros_like(deposited), where=seen > 0.0
    )
    return pd.DataFrame(shares, columns=[f"t{k}" for k in range(seen.size)])


def core_exposure(files: Files) -> pd.DataFrame:
    """Return distances, and protons times fissions of each core while the detector was live."""
    fissions = files.exposures.set_index(["detector", "period", "core"])["fissions"]
    rows = [
        (site(d, p), d, core, files.baselines[d][core], 0.0, files.protons[d] * fissions[d, p, core])
        for d, p in sites()
        for core in CORES
    ]
    return pd.DataFrame(rows, columns=["site", "detector", "core", "baseline", "half_length", "strength"])


def huber_mueller(files: Files) -> pd.DataFrame:
    """Return the fluxes per fission with their errors, as the release interpolates them."""
    name = "reactor_antineutrino_spectra_hm"
    frames = {i: files.table(f"{name}.tsv/{name}_{i}") for i in ISOTOPES}
    frame = pd.DataFrame({"energy": frames["U235"]["E_MeV"]})
    for isotope, column in _COLUMNS.items():
        frame[column] = frames[isotope]["N_density"]
    for kind, word in (("uncorr", "uncorrelated"), ("corr", "correlated")):
        for isotope, column in _COLUMNS.items():
            errors = files.table(f"{name}_uncertainties.tsv/{name}_uncertainties_{kind}_{isotope}")
            frame[f"{column}_{word}"] = errors["sigma_rel"]
    return frame


def _irradiation(files: Files) -> pd.DataFrame:
    name = "nonequilibrium_correction"
    isotopes = [i for i in ISOTOPES if i != "U238"]
    frames = {i: files.table(f"{name}.tsv/{name}_{i}") for i in isotopes}
    frame = pd.DataFrame({"energy": frames["U235"]["E_MeV"]})
    return frame.assign(**{_COLUMNS[i]: frames[i]["C"] for i in isotopes})


def _spent_fuel(files: Files) -> pd.DataFrame:
    frames = {core: files.table(f"snf_correction.tsv/snf_correction_{core}") for core in CORES}
    frame = pd.DataFrame({"energy": frames["R1"]["E_MeV"]})
    return frame.assign(**{core.lower(): frames[core]["C"] for core in CORES})


def _daily(files: Files) -> pd.DataFrame:
    frames = []
    for name in DETECTORS:
        data = files.table(
            f"dayabay_dataset/dayabay_daily_detector_data.tsv/dayabay_daily_detector_data_{name}"
        )
        data = data[data["livetime"] > 0.0]
        columns = {"day": data["day"], "detectors": data["n_det"], "live_time": data["livetime"]}
        frame = pd.DataFrame(
            {**columns, "efficiency": data["eff"], "accidental_rate": data["rate_accidentals"]}
        )
        frame.insert(0, "detector", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _weekly(files: Files) -> pd.DataFrame:
    frames = {core: files.table(f"neutrino_rate.tsv/neutrino_rate_{core}") for core in CORES}
    first = frames["R1"]
    frame = pd.DataFrame({"day": first["day"], "days": first["n_days"], "periods": first["n_det_mask"]})
    return frame.assign(**{core.lower(): frames[core]["neutrino_rate_per_s"] for core in CORES})
