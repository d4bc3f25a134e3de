"""Words for numbers, with the thresholds they stand for, the same on every page."""

from typing import Protocol

from nuanomaly.report.words import number


class Test(Protocol):
    """A test by Wilks' theorem, by toys, or by both."""

    @property
    def p_value(self) -> float | None:
        """The p-value."""

    @property
    def sigma(self) -> float | None:
        """The number of σ."""


#: (p-value below which the word no longer holds, word)
COMPATIBILITY = ((0.05, "compatible"), (0.0027, "in tension"), (0.0, "incompatible"))
#: (σ from which the word holds, word)
EVIDENCE = (
    (5.0, "an anomaly beyond 5σ"),
    (3.0, "an anomaly beyond 3σ"),
    (2.0, "a hint"),
    (0.0, "no significant effect"),
)
EXCLUSION = (
    (5.0, "excluded beyond 5σ"),
    (3.0, "excluded beyond 3σ"),
    (2.0, "disfavoured"),
    (0.0, "allowed"),
)
THRESHOLDS = (
    "Data sets are called *compatible* for a p-value of the parameter goodness of fit of at least 5 %, "
    "*in tension* from 5 % down to 0.27 % (3σ two-sided), *incompatible* below. The p-value is that of the "
    "Monte Carlo where the page has toys, and that of Wilks' theorem elsewhere."
)


def compatibility(test: Test) -> str:
    """Return whether data sets agree, from their parameter goodness of fit.

    Examples
    --------
    >>> from nuanomaly.inference.significance import Significance
    >>> [compatibility(Significance(delta, 2)) for delta in (1.0, 9.0, 15.0)]
    ['compatible', 'in tension', 'incompatible']
    >>> compatibility(Significance(1.0, 0))
    'not tested'
    """
    if test.p_value is None:
        return "not tested"
    return next(word for limit, word in COMPATIBILITY if test.p_value >= limit)


def evidence(test: Test) -> str:
    """Return how strongly data prefer oscillation to none.

    Examples
    --------
    >>> from nuanomaly.inference.significance import Significance
    >>> evidence(Significance(3.0, 2)), evidence(Significance(15.0, 2))
    ('no significant effect', 'an anomaly beyond 3σ')
    """
    return next(word for limit, word in EVIDENCE if (test.sigma or 0.0) >= limit)


def exclusion(test: Test) -> str:
    """Return how strongly data exclude a point that is tested against their best fit.

    Examples
    --------
    >>> from nuanomaly.inference.significance import Significance
    >>> [exclusion(Significance(delta, 2)) for delta in (0.0, 7.0, 12.0, 40.0)]
    ['allowed', 'disfavoured', 'excluded beyond 3σ', 'excluded beyond 5σ']
    """
    return next(word for limit, word in EXCLUSION if (test.sigma or 0.0) >= limit)


def sigmas(test: Test) -> str:
    """Return a number of σ as it stands in a sentence.

    Examples
    --------
    >>> from nuanomaly.inference.significance import Significance
    >>> sigmas(Significance(11.83, 2))
    '3.0σ'
    """
    return "untested" if test.sigma is None else f"{test.sigma:.1f}σ"


def probability(p: float | None) -> str:
    """Return a p-value as it stands in a sentence.

    Examples
    --------
    >>> probability(0.214), probability(0.00058), probability(3e-9)
    ('21 %', '0.058 %', '3×10⁻⁹')
    >>> probability(0.9996), probability(0.05)
    ('100 %', '5 %')
    """
    if p is None:
        return "–"
    return f"{float(f'{100.0 * p:.2g}'):g} %" if p >= 1e-5 else number(p, 2)
