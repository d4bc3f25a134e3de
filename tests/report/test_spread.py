"""The uncertainty of the archive itself: what choices make of a headline, from the numbers of its page."""

from types import SimpleNamespace
from typing import Any

import pytest

from nuanomaly.report import declaration
from nuanomaly.report.spread import figure, spreads

SAID = {
    "key": "pg.sigma",
    "label": "a tension",
    "choices": [
        {"label": "flux model", "keys": ["pg-by.*.sigma"]},
        {"label": "Wilks or toys", "keys": ["pg.sigma", "toys.sigma"]},
        {"label": "nothing of the page", "keys": ["none.*"]},
    ],
}
VALUES = {"pg.sigma": 3.0, "toys.sigma": 2.2, "pg-by.a.sigma": 2.5, "pg-by.b.sigma": 4.0, "pg-by.c.dof": 9.0}


def made(values: dict[str, Any]) -> Any:
    comparison: Any = SimpleNamespace(name="toy", metadata={"spread": SAID})
    results = {key: {"value": value} for key, value in values.items()}
    return spreads([{"comparison": "toy", "title": "Toy", "results": results}], [comparison])


def test_every_choice_is_a_bar_from_its_lowest_to_its_highest_alternative() -> None:
    (found,) = made(VALUES)
    assert [(c.label, c.low, c.high, c.count) for c in found.choices] == [
        ("flux model", 2.5, 4.0, 2),
        ("Wilks or toys", 2.2, 3.0, 2),
    ]
    assert (found.low, found.value, found.high) == (2.2, 3.0, 4.0)
    assert "a tension" in figure([found])


def test_a_page_without_its_headline_is_left_out() -> None:
    assert made({"toys.sigma": 2.2}) == []


@pytest.mark.parametrize(
    "comparison", [c for c in declaration.comparisons() if "spread" in c.metadata], ids=lambda c: c.name
)
def test_choices_name_results_that_the_page_records(comparison: Any) -> None:
    """Every pattern has a literal part that report.py writes, so that a renamed result is not lost."""
    said = comparison.metadata["spread"]
    expected = {e["key"] for e in comparison.metadata["expectations"]}
    text = comparison.notebook.read_text("utf-8")
    for key in (said["key"], *(k for choice in said["choices"] for k in choice["keys"])):
        first = key.split(".")[0]
        assert first in text or key in expected or first == "toys", key
