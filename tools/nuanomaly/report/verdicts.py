"""Words for numbers, with the thresholds they stand for, the same on every page."""

from nuanomaly.inference.significance import Significance
from nuanomaly.report.words import number

#: (p-value below which the word no longer holds, word)
COMPATIBILITY = ((0.05, "compatible"), (0.0027, "in tension"), (0.0, "incompatible"))
#: (σ from which the word holds, word)
EVIDENCE = (
    (5.0, "an anomaly beyond 5σ"),
    (3.0, "an anomaly beyond 3σ"),
    (2.0, "a hint"),
    (0.0, "no significant effect"),
)
THRESHOLDS = (
    "Data sets are called *compatible* for a p-value of the parameter goodness of fit of at least 5 %, "
    "*in tension* from 5 % down to 0.27 % (3σ two-sided), *incompatible* below."
)


def compatibility(test: Significance) -> str:
    """Return whether data sets agree, from their parameter goodness of fit.

    Examples
    --------
    >>> [compatibility(Significance(delta, 2)) for delta in (1.0, 9.0, 15.0)]
    ['compatible', 'in tension', 'incompatible']
    >>> compatibility(Significance(1.0, 0))
    'not tested'
    """
    if test.p_value is None:
        return "not tested"
    return next(word for limit, word in COMPATIBILITY if test.p_value >= limit)


def evidence(test: Significance) -> str:
    """Return how strongly data prefer oscillation to none.

    Examples
    --------
    >>> evidence(Significance(3.0, 2)), evidence(Significance(15.0, 2))
    ('no significant effect', 'an anomaly beyond 3σ')
    """
    return next(word for limit, word in EVIDENCE if (test.sigma or 0.0) >= limit)


def sigmas(test: Significance) -> str:
    """Return a number of σ as it stands in a sentence.

    Examples
    --------
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
    """
    if p is None:
        return "–"
    return f"{100.0 * p:.2g} %" if p >= 1e-5 else number(p, 2)
