"""Numbers in the prose of pages come from results, or carry a source; the exceptions only become fewer."""

from collections import Counter
from functools import partial
from pathlib import Path

import nbformat
import pytest

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.report import claims, declaration, declared, render

ROOT = declaration.root() / "comparisons"
LISTED = claims.exceptions(ROOT)
SAID = claims.exceptions(ROOT, "sentences")

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


def test_a_citation_in_a_text_cell_is_a_link() -> None:
    text = claims.filled("It is 30 m {cite:A, Table I}.", {}, {"A": {}})
    body = render.notebook_body(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]))
    assert '<a class="cite" href="#ref-A">[A, Table I]</a>' in body


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


SOURCES = """\
# %% [markdown]
# The published limit is stronger. It is published {cite:A, Table I}.
# Only the paper says so {cite:A}. All is well.

# %%
page.text(f"Here 3.1, published {page.cited('x'):.1f}. The collaborations never agree.")
page.text(f"It is {value:.1f} (published {{bench:best@2022-r2, prc-mean}}).")
"""


def test_sentences_about_a_source_carry_the_place_in_it(tmp_path: Path) -> None:
    script = tmp_path / "toy" / "report.py"
    script.parent.mkdir()
    script.write_text(SOURCES, "utf-8")
    assert claims.sweeping(script) == [
        "The published limit is stronger.",
        "Only the paper says so {cite:A}.",
        "The collaborations never agree.",
    ]


@pytest.mark.parametrize("script", sorted(ROOT.glob("*/report.py")), ids=lambda p: p.parent.name)
def test_no_source_is_spoken_of_without_the_place_in_it(script: Path) -> None:
    """What a page says of a source, or of all of it, names the source and the table or page."""
    said, listed = Counter(claims.sweeping(script)), Counter(SAID.get(script.parent.name, ()))
    assert said - listed == Counter(), "cite the source and the place in it: {cite:KEY, Table II}"
    assert listed - said == Counter(), "take these off comparisons/claims.yaml"


def test_what_is_declared_is_written_out() -> None:
    (page,) = (c for c in declaration.comparisons() if c.name == "gallium-2026")
    filled = partial(declared.filled, comparison=page)
    assert filled("up to {grid:dm2_41.high} eV², {wilks:0.90, 2}") == "up to 9.74 eV², 4.61"
    assert filled("{bench:best@2022-r2, prc-mean} ± {bench:best@2022-r2, prc-mean error}") == "0.81 ± 0.03"
    assert filled("{rows:best@2022-r2, ratios}, {grid:dm2_41.high|.1f}") == "2, 9.7"
    for wrong in ("{grid:dm2_4.low}", "{grid:dm2_41.lower}", "{bench:best@2022-r2, prc}"):
        with pytest.raises(UnknownNameError):
            filled(wrong)
