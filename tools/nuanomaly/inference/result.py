"""What all results share: one line, a table for notebooks, a mapping, and how they were made."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.cite import cite_result

#: The symbol of a statistic, by its kind.
SYMBOLS = {"chi2": "χ²", "-2lnL": "−2lnL", "delta": "Δ"}


class Result(ABC):
    """A result of an analysis.

    Every result has ``how`` (how it was obtained, in words), ``str()`` and ``repr()`` of one line,
    ``to_dict()`` (everything but large arrays, for JSON), and shows itself as a table in a notebook.
    """

    if TYPE_CHECKING:  # a field of some results, computed by others

        @property
        def how(self) -> str:
            """How it was obtained."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file, arrays of a grid left out."""

    @abstractmethod
    def summary(self) -> Mapping[str, str]:
        """Return what a notebook shows of it: heading and text of each row."""

    @abstractmethod
    def __str__(self) -> str:
        """Return the result in one line."""

    def cite(self) -> str:
        """Return the BibTeX of every release behind the result and of the archive, with model and version.

        Raises
        ------
        NuanomalyError
            If the result does not know its data (a bare test): cite the fit or the analysis.
        """
        return cite_result(self.to_dict())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th style="text-align:left">{escape(heading)}</th>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for heading, text in self.summary().items()
        )
        return f"<table><caption>{escape(type(self).__name__)}</caption><tbody>{body}</tbody></table>"


class Test(Result):
    """A result that is, or holds, a test: ``delta``, ``dof``, ``p_value``, ``sigma``, and ``how``.

    A value that a test does not have is None: degrees of freedom of a test by toys, all but ``how`` where
    nothing was tested.
    """

    __test__ = False  # the runner of the tests takes every class of this name for one of its own

    if TYPE_CHECKING:

        @property
        def delta(self) -> float | None:
            """The difference of the statistic that is tested."""

        @property
        def dof(self) -> int | None:
            """Degrees of freedom."""

        @property
        def p_value(self) -> float | None:
            """Probability of a difference at least as large."""

        @property
        def sigma(self) -> float | None:
            """The number of σ of the p-value."""

    def summary(self) -> Mapping[str, str]:
        """Return what a notebook shows of it."""
        return test_rows(self)


def test_rows(test: Test) -> dict[str, str]:
    """Return the rows of a test; what it does not have is left out."""
    numbers = {
        "Δ": None if test.delta is None else f"{test.delta:.2f}",
        "degrees of freedom": None if test.dof is None else str(test.dof),
        "p-value": None if test.p_value is None else f"{test.p_value:.2g}",
        "σ": None if test.sigma is None else f"{test.sigma:.1f}",
        "obtained by": test.how,
    }
    return {heading: text for heading, text in numbers.items() if text}


test_rows.__test__ = False  # type: ignore[attr-defined]


def point_text(point: Mapping[str, float], units: Mapping[str, str] | None = None) -> str:
    """Return a point in words.

    Examples
    --------
    >>> point_text({"dm2_41": 1.25, "sin2_2theta_ee": 0.34}, {"dm2_41": "eV**2"})
    'dm2_41 = 1.25 eV**2, sin2_2theta_ee = 0.34'
    """
    known = units or {}
    return ", ".join(
        f"{name} = {value:.4g}{'' if known.get(name, '1') == '1' else ' ' + known[name]}"
        for name, value in point.items()
    )
