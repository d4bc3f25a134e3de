"""The correlation of the bins of a release as a map, from the table its likelihood uses if it has one."""

from typing import Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.model.probabilities import Array
from nuanomaly.report import figures
from nuanomaly.report.drawing import style
from nuanomaly.report.portrait.picture import Drawn, drawn

#: Kinds of tables that hold a matrix of covariances, one way or the other.
_KINDS = ("covariance", "inverse-covariance", "correlation")


def correlation(release: Release) -> Drawn | None:
    """Draw the matrix of correlations; None if the release has no square matrix."""
    name, matrix = _chosen(release)
    if matrix is None:
        return None
    size = len(matrix)
    figure, axes = figures.new(5.2, 4.6)
    with style():
        image = axes.imshow(
            matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0, interpolation="nearest", origin="lower"
        )
        figure.colorbar(image, ax=axes, label="correlation", shrink=0.9)
        axes.set(xlabel="bin", ylabel="bin")
        axes.tick_params(top=False, right=False)
    away = matrix[~np.eye(size, dtype=bool)]
    range_ = f", between bins from {away.min():.2f} to {away.max():.2f}" if away.size else ""
    caption = (
        f"Correlations of the {size} rows of the table `{name}`{range_.replace('-', '−')}: "
        "red together, blue against each other."
    )
    return drawn(figure, "correlation", f"Map of the correlations in {name} of {release.id}", caption)


def _chosen(release: Release) -> tuple[str, Array | None]:
    """Return the first table of the likelihood, or of the release, that is a square matrix."""
    tables = release.metadata["tables"]
    named = list(_strings(release.metadata.get("likelihood") or {}))
    listed = [n for n in named if n in tables] + list(tables)
    for name in dict.fromkeys(listed):
        if tables[name]["kind"] in _KINDS:
            matrix = _matrix(release, name, tables[name]["kind"])
            if matrix is not None:
                return name, matrix
    return "", None


def _strings(document: Any) -> list[str]:
    if isinstance(document, str):
        return [document]
    values = (
        document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    )
    return [text for value in values for text in _strings(value)]


def _matrix(release: Release, name: str, kind: str) -> Array | None:
    frame = release.table(name).select_dtypes("number")
    values = frame.to_numpy(float)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or len(values) < 2:
        return None
    if kind == "inverse-covariance":
        values = np.linalg.pinv(values)
    sigma = np.sqrt(np.diag(values).clip(min=0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(values / np.outer(sigma, sigma))
