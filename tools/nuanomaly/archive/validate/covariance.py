"""Covariances, their inverses and correlations: square, symmetric, positive semi-definite, as the errors say.

All is checked to the ``precision`` ε that the table declares (1e-9 without one), the precision of the entries
aᵢⱼ in units of √(aᵢᵢ aⱼⱼ). With dᵢ = √aᵢᵢ and the scaled matrix sᵢⱼ = aᵢⱼ/(dᵢ dⱼ):

- symmetry: |sᵢⱼ − sⱼᵢ| ≤ 2ε, as both are rounded;
- positive semi-definite: λ_min(s) ≥ −nε, since entries that are off by ε move no eigenvalue by more than nε
  (the spectral norm of an n×n matrix is at most n times its largest entry).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject

Array = np.ndarray[Any, np.dtype[np.float64]]
KINDS = ("covariance", "inverse-covariance", "correlation")
#: Relative precision of the entries where a table declares none: float64 text, and sums in another order.
PRECISION = 1e-9


def check(subject: ReleaseSubject, table: str, content: Content, errors: Array | None) -> Iterator[Finding]:
    """Yield the findings of a covariance, inverse covariance or correlation.

    Parameters
    ----------
    subject : ReleaseSubject
    table : str
    content : Content
        Its content; finite.
    errors : array or None
        The errors its diagonal is declared to hold.
    """
    text = [name for name, values in content.columns.items() if values.dtype.kind != "f"]
    if text:
        message = f"column {text[0]!r} of {table!r} is not float64"
        yield subject.finding(
            "COVARIANCE_NOT_NUMERIC", message, ["tables", table], table=table, column=text[0]
        )
        return
    matrix = content.matrix(list(content.columns))
    rows, columns = matrix.shape
    if rows != columns:
        message = f"table {table!r} has {rows} rows and {columns} columns"
        yield subject.finding("COVARIANCE_NOT_SQUARE", message, ["tables", table], table=table)
        return
    findings = list(_diagonal(subject, table, content, matrix))
    yield from findings
    if not findings:
        yield from _whole(subject, table, content, matrix)
        if errors is not None:
            yield from _against_errors(subject, table, matrix, errors)


def _diagonal(subject: ReleaseSubject, table: str, content: Content, matrix: Array) -> Iterator[Finding]:
    """Yield the finding of a variance that cannot be."""
    kind, diagonal = subject.declared[table]["kind"], matrix.diagonal()
    if kind == "correlation":
        code, said = "CORRELATION_DIAGONAL", "the correlation of {} with itself is {}"
        wrong = np.flatnonzero(np.abs(diagonal - 1.0) > precision_of(subject, table))
    else:
        code, said = "COVARIANCE_NEGATIVE_VARIANCE", "the diagonal entry of {} is {}"
        wrong = np.flatnonzero(diagonal < 0)
    if wrong.size:
        k = int(wrong[0])
        name = list(content.columns)[k]
        yield subject.in_table(code, table, said.format(name, float(diagonal[k])), row=k, column=name)


def _whole(subject: ReleaseSubject, table: str, content: Content, matrix: Array) -> Iterator[Finding]:
    """Yield the findings of symmetry and definiteness."""
    precision = precision_of(subject, table)
    scaled = scale(matrix)
    differences = np.abs(scaled - scaled.T)
    i, j = (int(k) for k in np.unravel_index(int(np.argmax(differences)), matrix.shape))
    if differences[i, j] > 2.0 * precision:
        name = list(content.columns)[j]
        message = (
            f"({i}, {j}) is {matrix[i, j]}, ({j}, {i}) is {matrix[j, i]}: they differ by "
            f"{differences[i, j]:.1e} of √(a_ii a_jj), allowed is {2.0 * precision:.1e}"
        )
        yield subject.in_table("COVARIANCE_NOT_SYMMETRIC", table, message, row=i, column=name)
        return
    smallest = float(np.linalg.eigvalsh(0.5 * (scaled + scaled.T))[0])
    allowed = -len(matrix) * precision
    if smallest < allowed:
        message = (
            f"table {table!r}, scaled to a unit diagonal, has the eigenvalue {smallest:.3e}, "
            f"allowed is {allowed:.1e}"
        )
        yield subject.finding("COVARIANCE_NOT_PSD", message, ["tables", table], table=table)


def scale(matrix: Array) -> Array:
    """Return aᵢⱼ/√(aᵢᵢ aⱼⱼ), zero where the whole row and column are zero.

    A zero on the diagonal with anything beside it keeps that as it is: such a matrix is not positive
    semi-definite, and its eigenvalues show it.

    Examples
    --------
    >>> scale(np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])).tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    sigma = np.sqrt(matrix.diagonal())
    smallest = sigma[sigma > 0].min(initial=np.inf)
    sigma = np.where(sigma > 0, sigma, smallest if np.isfinite(smallest) else 1.0)
    scaled: Array = matrix / sigma[:, None] / sigma
    return scaled


def _against_errors(subject: ReleaseSubject, table: str, matrix: Array, errors: Array) -> Iterator[Finding]:
    """Yield the finding of a diagonal that is not the square of the quoted errors."""
    entry = subject.declared[table]
    steps = ["tables", table, "diagonal"]
    if entry["kind"] == "inverse-covariance":
        try:
            matrix = np.asarray(np.linalg.inv(0.5 * (matrix + matrix.T)), np.float64)
        except np.linalg.LinAlgError:
            yield subject.finding("COVARIANCE_DIAGONAL_DIFFERS", "it cannot be inverted", steps, table=table)
            return
    if len(matrix) != len(errors):
        message = f"the matrix has {len(matrix)} rows, there are {len(errors)} errors"
        yield subject.finding("COVARIANCE_DIAGONAL_DIFFERS", message, steps, table=table)
        return
    sigma = np.sqrt(np.maximum(matrix.diagonal(), 0.0))
    wrong = np.flatnonzero(~(np.abs(sigma - errors) <= entry["diagonal"]["tolerance"] * np.abs(errors)))
    if wrong.size:
        k = int(wrong[0])
        ratio = f", a factor {sigma[k] / errors[k]:.4g}" if errors[k] else ""
        message = f"row {k}: the matrix gives {sigma[k]:.6g}, quoted is {errors[k]:.6g}{ratio}"
        more = f"; so for {wrong.size - 1} more" if wrong.size > 1 else ""
        yield subject.in_table("COVARIANCE_DIAGONAL_DIFFERS", table, message + more, row=k)


def precision_of(subject: ReleaseSubject, table: str) -> float:
    """Return the relative precision of a matrix's entries."""
    return float(subject.declared[table].get("precision", PRECISION))
