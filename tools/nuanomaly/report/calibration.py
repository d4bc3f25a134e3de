"""Wilks' theorem and Monte Carlo side by side, and in words whether they agree.

Where toys exist they are what to trust: Wilks' theorem needs an amplitude away from its edge and a mass
splitting that means something, and neither holds without oscillation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.toys import ToyTest
from nuanomaly.report.verdicts import probability

#: The part of toys in the interval that Wilks' σ must lie in, and the difference in σ that is none.
INTERVAL, SMALL = 0.9545, 0.2
RULE = (
    "They *agree* where the σ of Wilks' theorem lies in the interval of the Monte Carlo σ (two standard "
    "deviations, from the number of toys alone) or differs from it by less than 0.2; else Wilks' theorem is "
    "too optimistic (it gives more σ than the toys) or too pessimistic. Where no toy reaches the data, the σ "
    "is a lower limit at 90 %. Data and toys of a run are minimised in one way, so that its Δ may be a "
    "little other than that of the fit."
)
#: How a reason begins where toys could be made, and no run of them is declared.
NOT_MADE = "no toys were made"
HEADER = ("test", "Δ (dof)", "Wilks: p, σ", "Monte Carlo: p, σ", "toys", "in words")


@dataclass(frozen=True)
class Calibrated:
    """A test by Wilks' theorem and by a stored run of toys.

    Attributes
    ----------
    title : str
        What is tested, as a table says it.
    wilks : Significance or None
        None where Wilks' theorem has nothing to say.
    run : StoredRun or None
        None where no toys can be made.
    why : str
        Why no toys can be made.
    """

    title: str
    wilks: Significance | None
    run: StoredRun | None = None
    why: str = ""

    @property
    def toys(self) -> ToyTest | None:
        """The test by toys."""
        return None if self.run is None else self.run.test

    @property
    def p_value(self) -> float | None:
        """The p-value to trust: of the toys (if none reaches the data, its limit at 90 %), else Wilks'."""
        if self.toys is None:
            return None if self.wilks is None else self.wilks.p_value
        return self.toys.p_value if self.toys.above else self.toys.interval(0.8)[1]

    @property
    def sigma(self) -> float | None:
        """The σ of that p-value."""
        if self.toys is None:
            return None if self.wilks is None else self.wilks.sigma
        return self.toys.sigma

    @property
    def method(self) -> str:
        """How the number to trust was obtained."""
        if self.run is not None:
            return f"Monte Carlo: {self.run.how}"
        return "" if self.wilks is None else self.wilks.how

    @property
    def difference(self) -> float | None:
        """By how many σ Wilks' theorem says more than the toys."""
        if self.toys is None or self.wilks is None or self.wilks.sigma is None:
            return None
        return self.wilks.sigma - self.toys.sigma

    @property
    def word(self) -> str:
        """``agree``, ``too optimistic``, ``too pessimistic``, ``not contradicted`` or ``not applicable``."""
        if self.difference is None or self.toys is None or self.wilks is None:
            return "not applicable"
        low, high = self.toys.sigma_interval(INTERVAL)
        inside = low <= (self.wilks.sigma or 0.0) <= high
        if not self.toys.above:
            return "not contradicted" if inside or self.difference > 0.0 else "too pessimistic"
        if inside or abs(self.difference) < SMALL:
            return "agree"
        return "too optimistic" if self.difference > 0.0 else "too pessimistic"

    @property
    def sentence(self) -> str:
        """Whether both agree, in words."""
        if self.difference is None:
            return f"not applicable: {self.why}" if self.why else "not applicable"
        by = f"{abs(self.difference):.1f}σ"
        least = "" if self.toys and self.toys.above else "at least "
        return {
            "agree": "they agree",
            "not contradicted": "no toy reaches the data, which does not contradict Wilks",
            "too optimistic": f"Wilks too optimistic by {by}",
            "too pessimistic": f"Wilks too pessimistic by {least}{by}",
        }[self.word]

    @property
    def sigmas(self) -> str:
        """The number of σ to trust, as it stands in a sentence."""
        if self.sigma is None:
            return "untested"
        least = self.toys is not None and not self.toys.above
        return f"{'more than ' if least else ''}{self.sigma:.1f}σ"

    @property
    def none(self) -> str:
        """That there are no toys: none were made, or none can be."""
        return NOT_MADE if self.why.startswith(NOT_MADE) else "no toys can be made"

    @property
    def said(self) -> str:
        """Both, the one to trust first: ``p = 1.2 %, 2.5σ by Monte Carlo; by Wilks' theorem 1.3 %, 2.5σ``."""
        by_wilks = ""
        if self.wilks is not None and self.wilks.sigma is not None:
            by_wilks = f"{probability(self.wilks.p_value)}, {self.wilks.sigma:.1f}σ"
        if self.toys is None:
            return f"p = {by_wilks} by Wilks' theorem; {self.none} for this" if by_wilks else "not tested"
        p = f"p = {probability(self.toys.p_value)}, " if self.toys.above else ""
        none = "" if self.toys.above else f", none of {_count(self.toys.toys)} toys"
        beside = f"; by Wilks' theorem {by_wilks}" if by_wilks else ""
        return f"{p}{self.sigmas} by Monte Carlo{none}{beside}"

    def row(self) -> list[str | int | float | None]:
        """Return the cells of :data:`HEADER`."""
        wilks, toys = self.wilks, self.toys
        shown, by_wilks = "–", "–"
        if wilks is not None and wilks.sigma is not None:
            shown = f"{wilks.delta:.2f} ({wilks.dof})"
            by_wilks = f"{_tight(probability(wilks.p_value))}, {wilks.sigma:.2f}σ"
        elif toys is not None:
            shown = f"{toys.delta:.2f}"
        if toys is None:
            return [self.title, shown, by_wilks, "–", "–", self.sentence]
        return [self.title, shown, by_wilks, f"{_p(toys)}, {_sigma(toys)}", _count(toys.toys), self.sentence]

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers for a result file."""
        entries: dict[str, Any] = {"verdict": self.word}
        if self.wilks is not None:
            wilks = {"delta": self.wilks.delta, "dof": self.wilks.dof}
            entries["wilks"] = wilks | {"p_value": self.wilks.p_value, "sigma": self.wilks.sigma}
        if self.toys is not None:
            low, high = self.toys.sigma_interval(INTERVAL)
            entries |= {
                "delta": self.toys.delta,
                "toys": self.toys.toys,
                "above": self.toys.above,
                "p_value": self.toys.p_value,
                "p_value-error": self.toys.error,
                "p_value-limit": None if self.toys.above else self.p_value,
                "sigma": self.toys.sigma,
                "sigma-low": low,
                "sigma-high": high,
                "lower-limit": not self.toys.above,
                "wilks-excess": self.difference,
            }
        return entries


def calibrated(
    title: str, wilks: Significance | int | None, run: StoredRun | None, why: str = ""
) -> Calibrated:
    """Return a test both ways; degrees of freedom alone stand for Wilks' theorem at the Δ of the run.

    Examples
    --------
    >>> calibrated("LSND", Significance(29.0, 2), None, "a surface generates no toys").sentence
    'not applicable: a surface generates no toys'
    """
    if isinstance(wilks, int):
        wilks = None if run is None else Significance(run.test.delta, wilks, run.test.sided)
    return Calibrated(title, wilks, run, why)


def note(entries: Mapping[str, Calibrated], page: str) -> str:
    """Return what stands below the table: the rule, the runs, their cost, and how they are done again.

    Parameters
    ----------
    entries : mapping
        By run, as :meth:`nuanomaly.report.context.Page.toys` takes it.
    page : str
        The comparison whose runs have no other one's name in front.

    Examples
    --------
    >>> table = calibrated("LSND", None, None, "a surface generates no toys")
    >>> counts = calibrated("KARMEN", None, None, f"{NOT_MADE}: declare a run of this name")
    >>> note({"lsnd": table}, "page")
    'No toys can be made of any of these.'
    >>> note({"lsnd": table, "karmen": counts}, "page")
    'No toys were made of any of these.'
    """
    names = {key: key if "/" in key else f"{page}/{key}" for key in entries}
    runs = {names[key]: one.run for key, one in entries.items() if one.run is not None}
    if not runs:
        # one that could be made is enough for the weaker word
        said = min((one.none for one in entries.values()), key=lambda word: word != NOT_MADE)
        return f"{said[0].upper()}{said[1:]} of any of these."
    cost = "; ".join(f"`{name}`: {run.how}" for name, run in runs.items())
    again = f"`nuanomaly runs --force {next(iter(runs))}`"
    return f"{RULE} {_grids([*entries.values()])}Runs: {cost}. They are done again one by one: {again}."


def _grids(calibrateds: Sequence[Calibrated]) -> str:
    """Return where Δ of the toys' minimisation is another than that of the fit."""
    pairs = [(c, c.wilks, c.toys) for c in calibrateds]
    off = [
        f"{toys.delta:.2f} instead of {wilks.delta:.2f}"
        for _, wilks, toys in pairs
        if wilks is not None and toys is not None and abs(toys.delta - wilks.delta) >= 0.05
    ]
    return f"Here it is {', '.join(off)}. " if off else ""


def _p(toys: ToyTest) -> str:
    if not toys.above:
        return f"below {_tight(probability(toys.interval(0.8)[1]))}"
    if toys.p_value < 1e-5:
        return f"{probability(toys.p_value)} ± {probability(toys.error)}"
    error = 100.0 * max(toys.error, 1.0 / toys.toys)
    decimals = max(0, -math.floor(math.log10(error)))
    return _tight(f"{100.0 * toys.p_value:.{decimals}f} ± {error:.{decimals}f} %")


def _sigma(toys: ToyTest) -> str:
    low, high = toys.sigma_interval(INTERVAL)
    if not toys.above:
        return f"above {toys.sigma:.2f}σ"
    return _tight(f"{toys.sigma:.2f}σ ({low:.2f}–{high:.2f})")


def _tight(text: str) -> str:
    """Return a text that is not broken into lines."""
    return text.replace(" ", "\u202f")


def _count(number: int) -> str:
    """Return a number of toys, its thousands apart."""
    return f"{number:,}".replace(",", "\u202f")
