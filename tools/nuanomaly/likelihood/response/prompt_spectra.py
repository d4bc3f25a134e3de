"""Spectra of inverse beta decay per detector in bins of reconstructed energy, over core and detector.

An output is ⟨1/L²⟩ ∫ Σ_i f_i Φ_i(E) σ(E) ⟨P⟩(E) R_b(E) dE, with the detector's shares f_i of fissions and
R_b(E) the probability that an antineutrino of energy E is reconstructed in bin b: a Gaussian whose width is
σ(E) = a E + b √E + c, E being the antineutrino's energy. ⟨·⟩ is the average over the detector's baselines
with weight strength/L²; each row of baselines is an interval of L of its own, so that nodes keep L and E.
Each detector is a channel of its own: a model can treat short baselines as such while others are long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    Positive,
    TableName,
    TableNames,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.reactor.inverse_beta_decay import (
    CellNumber,
    CrossSectionTable,
    FluxTable,
    Isotopes,
    Window,
    detected_spectra,
    site_cells,
)
from nuanomaly.model.probabilities import Array


class ScaleSteps(TypedDict):
    """Give the spectra at three energy scales, for a transform that has one as a nuisance."""

    step: Annotated[
        Positive,
        {"exclusiveMaximum": 1},
        "Relative change of the energy scale up and down at which spectra are also given; between them they "
        "are "
        "quadratic.",
    ]
    of: Annotated[
        Literal["neutrino", "reconstructed"],
        "Which energy is scaled: the antineutrino's, or that of the bins.",
    ]


class Options(TypedDict):
    """Options of the response."""

    flux: FluxTable
    cross_section: CrossSectionTable
    isotopes: Isotopes
    detectors: Annotated[
        TableName,
        "Table with rows (detector, f_ISOTOPE for each isotope, energy_shift, resolution_linear, "
        "resolution_root, "
        "resolution_constant): what a bin's energy lies below the antineutrino's, and a, b, c.",
    ]
    baselines: Annotated[TableNames, "Tables with rows (detector, baseline, half_length, strength)."]
    bins: Annotated[
        TableName,
        "Table with the edges (low, high) of bins of reconstructed energy that follow each other, the same "
        "for all "
        "detectors.",
    ]
    window: Window
    cells: CellNumber
    scale: NotRequired[ScaleSteps]


#: Step in MeV that spectra and resolution are integrated with before they are divided into cells.
_STEP = 5e-3


@dataclass(frozen=True, eq=False)
class PromptSpectra(Response):
    """A response whose outputs are spectra: by detector, energy scale (1, 1 + step, 1 − step) and bin.

    Attributes
    ----------
    detectors : tuple of str
    step : float
        The fraction by which the scale is moved; 0 if there is the nominal scale alone.
    """

    detectors: tuple[str, ...] = ()
    step: float = 0.0

    def spectra(self, outputs: Array) -> Array:
        """Return outputs (P, n_out) by detector, scale and bin, shape (P, detectors, 1 or 3, bins)."""
        scales = 3 if self.step else 1
        return outputs.reshape(len(outputs), len(self.detectors), scales, -1)

    @property
    def unoscillated(self) -> Array:
        """Spectra at probability one, shape (detectors, 1 or 3, bins)."""
        total = sum((channel.total for channel in self.channels), np.zeros(self.n_out))
        return np.asarray(self.spectra(np.atleast_2d(total))[0])


@dataclass(frozen=True)
class _Detector:
    """A row of the table of detectors: fission shares (I,), and shift and resolution in MeV."""

    name: str
    shares: Array
    shift: float
    resolution: tuple[float, float, float]

    def sigma(self, E: Array) -> Array:
        """Return the width of the reconstructed energy in MeV at antineutrino energies in MeV."""
        linear, root, constant = self.resolution
        return np.asarray(linear * E + root * np.sqrt(E) + constant)

    def reconstructed(self, E: Array, edges: Array) -> Array:
        """Return the probability of each bin, shape (bins, N), for antineutrino energies and edges in MeV."""
        below = ndtr((edges[:, None] - E) / self.sigma(E))
        return np.diff(below, axis=0)


@completed
def build(config: Options, release: Release) -> PromptSpectra:
    """Build from a declaration (see the module)."""
    isotopes = tuple(config["isotopes"])
    detectors = _detectors(config["detectors"], isotopes, release)
    tables = [release.arrays(name) for name in config["baselines"]]
    columns = ("detector", "baseline", "half_length", "strength")
    baselines = {column: np.concatenate([table[column] for table in tables]) for column in columns}
    for name in dict.fromkeys(baselines["detector"]):
        if name not in (known := [d.name for d in detectors]):
            raise UnknownNameError("detector", str(name), known, release.id)
    window = config["window"]
    scale = config.get("scale", ScaleSteps(step=0.0, of="neutrino"))
    edges = np.linspace(window["low"], window["high"], round((window["high"] - window["low"]) / _STEP) + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    spectra = detected_spectra(release, config["flux"], config["cross_section"], isotopes, middle)
    spectra *= np.diff(edges)
    bins = _bins(config["bins"], release)
    step = float(scale["step"])
    channels, n_out = [], len(detectors) * (bins.size - 1) * (3 if step else 1)
    for k, detector in enumerate(detectors):
        scaled = bins if scale["of"] == "reconstructed" else bins + detector.shift
        rows = [
            detector.reconstructed(middle, bins + detector.shift + b * scaled) * (detector.shares @ spectra)
            for b in ((0.0, -step, step) if step else (0.0,))
        ]
        own = baselines["detector"] == detector.name
        seen = {column: values[own] for column, values in baselines.items()}
        channels.append(_channel(detector, seen, edges, np.concatenate(rows), config["cells"], k, n_out))
    names = tuple(d.name for d in detectors)
    return PromptSpectra(tuple(channels), n_out, detectors=names, step=step)


def _detectors(table: str, isotopes: tuple[str, ...], release: Release) -> list[_Detector]:
    units = {
        "energy_shift": "MeV",
        "resolution_linear": "1",
        "resolution_root": "MeV**0.5",
        "resolution_constant": "MeV",
    }
    frame = release.arrays(table)
    shares = np.column_stack([frame[f"f_{isotope}"].astype(float) for isotope in isotopes])
    shift, *resolution = (release.in_unit(table, name, unit) for name, unit in units.items())
    return [
        _Detector(str(name), shares[k], float(shift[k]), (float(a[k]), float(b[k]), float(c[k])))
        for k, name in enumerate(frame["detector"])
        for a, b, c in (resolution,)
    ]


def _bins(table: str, release: Release) -> Array:
    """Return the edges of bins that follow each other, in MeV."""
    low, high = (release.in_unit(table, name, "MeV") for name in ("low", "high"))
    if (low[1:] != high[:-1]).any():
        raise NuanomalyError(f"{release.id} {table}: a bin does not begin where the one before it ends")
    return np.append(low, high[-1])


def _channel(
    detector: _Detector,
    baselines: Mapping[str, NDArray[Any]],
    edges: Array,
    rows: Array,
    number: int,
    place: int,
    n_out: int,
) -> Channel:
    """Return the channel of one detector, whose outputs begin at ``place`` times their number."""
    cells = site_cells(baselines, edges, rows, number)
    L, half, strength = (baselines[name].astype(float) for name in ("baseline", "half_length", "strength"))
    values = cells.weights * (strength / (L**2 - half**2)).sum()
    nodes = np.arange(cells.L.size)
    outputs = place * len(values) + np.arange(len(values))
    weights = sparse.csr_array(
        (values.ravel(), (np.repeat(outputs, nodes.size), np.tile(nodes, outputs.size))),
        shape=(n_out, nodes.size),
    )
    known = {
        "half_length": cells.half_length,
        "process": np.full(cells.L.size, "fission"),
        "sigma_E": detector.sigma(cells.E),
    }
    return Channel(
        "e",
        "e",
        True,
        "CC",
        cells.L,
        cells.E,
        weights,
        label=detector.name,
        half_width=cells.half_width,
        node=known,
    )
