"""Numbers in the prose of pages come from results, or carry a source; the exceptions only become fewer."""

from collections import Counter
from pathlib import Path

import pytest

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.report import claims, declaration

ROOT = declaration.root() / "comparisons"
LISTED = claims.exceptions(ROOT)

SCRIPT = """\
# %% [markdown]
# By arXiv:2209.00916 it is 12.9, at 90 % CL, in 2022 {result:pg.chi2:.1f} and $L/E = 1.267$.
# It lies at 10.3 {cite:Giunti2022, Table II}. Both have 2 parts.

# %%
page.text(f"The spread is {low:.1f} to 7.5 units." "It ends.")
page.result("x", 4.75, "no prose 4.75 here")
"""


def test_typed_numbers_are_found_and_cited_or_computed_ones_are_not(tmp_path: Path) -> None:
    script = tmp_path / "toy" / "report.py"
    script.parent.mkdir()
    script.write_text(SCRIPT, "utf-8")
    assert [found.number for found in claims.literal(script)] == ["12.9", "7.5"]


def test_results_and_citations_are_written_out() -> None:
    results = {"pg.sigma": {"value": -3.24}, "n": {"value": 7}}
    text = claims.filled("{result:pg.sigma:.1f}, {result:n} {cite:A, Table I}", results, {"A": {}})
    assert text == '−3.2, 7 <a class="cite" href="#ref-A">[A, Table I]</a>'
    assert claims.filled("{cite:A, Table I}", results, {"A": {}}, plain=True) == "[A, Table I]"
    with pytest.raises(UnknownNameError, match="pg"):
        claims.filled("{result:pg.sigmas}", results, {})
    with pytest.raises(UnknownNameError, match="B"):
        claims.filled("{cite:B}", results, {"A": {}})


@pytest.mark.parametrize("script", sorted(ROOT.glob("*/report.py")), ids=lambda p: p.parent.name)
def test_no_number_is_typed_that_is_not_listed(script: Path) -> None:
    """A new number in a sentence is a result, or carries its source: the list is no place for it."""
    typed = Counter(found.number for found in claims.literal(script))
    listed = Counter(entry.split(" ")[0] for entry in LISTED.get(script.parent.name, ()))
    assert typed - listed == Counter()


@pytest.mark.parametrize("page", sorted(LISTED))
def test_the_list_becomes_shorter_with_the_pages(page: str) -> None:
    """What is no longer typed is taken off the list, so that it cannot come back."""
    typed = Counter(found.number for found in claims.literal(ROOT / page / "report.py"))
    listed = Counter(entry.split(" ")[0] for entry in LISTED[page])
    assert listed - typed == Counter(), "take these off comparisons/claims.yaml"
