"""Covariances, their inverses and correlations: square, symmetric, positive semi-definite, as the errors say.

All is checked to the ``precision`` ε that the table declares (1e-9 without one), the precision of the entries
aᵢⱼ in units of √(aᵢᵢ aⱼⱼ). With dᵢ = √aᵢᵢ and the scaled matrix sᵢⱼ = aᵢⱼ/(dᵢ dⱼ):

- symmetry: |sᵢⱼ − sⱼᵢ| ≤ 2ε, as both are rounded;
- positive semi-definite: λ_min(s) ≥ −nε, since entries that are off by ε move no eigenvalue by more than nε
  (the spectral norm of an n×n matrix is at most n times its largest entry).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject

Array = np.ndarray[Any, np.dtype[np.float64]]
KINDS = ("covariance", "inverse-covariance", "correlation")
#: Relative precision of the entries where a table declares none: float64 text, and sums in another order.
PRECISION = 1e-9
#: A correlation is that of a covariance if half of its entries are as near as this; one stands out if it is
#: so many times further away than half of them.
_NEAR, _STANDS_OUT, _SMALL = 5e-3, 10.0, 6


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


def between(subject: ReleaseSubject, contents: Mapping[str, Content]) -> Iterator[Finding]:
    """Yield the first entry in which a correlation is not that of a covariance that it is of elsewhere.

    Nothing is declared of which belongs to which: two matrices of one size belong together if their
    correlations agree but for a tenth of the entries, or for those of one row (a wrong variance). With the
    errors that a covariance's diagonal is compared with (``diagonal``), errors, correlation and covariance
    are all compared.

    Parameters
    ----------
    subject : ReleaseSubject
    contents : mapping of str to Content
        The tables that were read, all finite.
    """
    matrices = {name: _square(subject, name, its) for name, its in contents.items()}
    correlations = {n: m for n, m in matrices.items() if m is not None and _kind(subject, n) == "correlation"}
    for table, matrix in matrices.items():
        if matrix is None or table in correlations or not (matrix.diagonal() > 0).all():
            continue
        for name, correlation in correlations.items():
            if len(correlation) == len(matrix):
                yield from _differing(subject, table, matrix, name, correlation)


def _kind(subject: ReleaseSubject, table: str) -> str:
    return str(subject.declared[table]["kind"])


def _square(subject: ReleaseSubject, table: str, content: Content) -> Array | None:
    """Return a correlation, a covariance, or the covariance of an inverse one; None if it is none."""
    kind = _kind(subject, table)
    if kind not in KINDS or content.rows != len(content.columns):
        return None
    if any(values.dtype.kind != "f" for values in content.columns.values()):
        return None
    matrix = content.matrix(list(content.columns))
    if kind != "inverse-covariance":
        return matrix
    try:
        return np.asarray(np.linalg.inv(0.5 * (matrix + matrix.T)), np.float64)
    except np.linalg.LinAlgError:
        return None


def _differing(
    subject: ReleaseSubject, table: str, matrix: Array, name: str, correlation: Array
) -> Iterator[Finding]:
    size, scaled = len(matrix), scale(matrix)
    upper = np.triu_indices(size, 1)
    away = np.maximum(np.abs(scaled - correlation), np.abs(scaled.T - correlation.T))
    usual = float(np.median(away[upper])) if size > 2 else np.inf
    if usual > _NEAR:
        return
    precision = max(precision_of(subject, table), precision_of(subject, name))
    sigma = np.sqrt(matrix.diagonal())
    printed = 0.51 * (_step(correlation) + _step(matrix) / np.outer(sigma, sigma))
    allowed = np.maximum(printed, max(_STANDS_OUT * usual, 2.0 * precision))
    if size < _SMALL:
        allowed = np.maximum(allowed, 1e-3)  # a median of so few says little
    differ = np.triu(away > allowed, 1)
    alike = np.count_nonzero((correlation[upper] != 0) & ~differ[upper])
    few = max(1, len(upper[0]) // 10)
    one_row = any(differ.sum() == differ[k].sum() + differ[:, k].sum() for k in range(size))
    if not differ.any() or alike < 2 or not (differ.sum() <= few or one_row):
        return
    i, j = np.unravel_index(int(np.argmax(np.where(differ, away, 0.0))), differ.shape)
    more = f"; so for {differ.sum() - 1} more" if differ.sum() > 1 else ""
    message = (
        f"({i}, {j}) is {correlation[i, j]:.6g}, from {table!r} follows {scaled[i, j]:.6g}, "
        f"and elsewhere they agree to {max(usual, precision):.1e}{more}"
    )
    yield subject.in_table("CORRELATION_DIFFERS", name, message, row=int(i))


def _step(matrix: Array) -> float:
    """Return the last decimal that a matrix is printed with; zero if it is not printed with few.

    Examples
    --------
    >>> _step(np.array([[1.0, 0.25], [0.25, 1.0]])), _step(np.array([[3.0, 1.0], [1.0, 20.0]]))
    (0.01, 1.0)
    """
    for digits in range(10):
        if np.abs(np.round(matrix, digits) - matrix).max() <= 1e-12 * np.abs(matrix).max():
            return float(10.0**-digits)
    return 0.0
