"""The manual in the site: every page and public name is there, links lead somewhere, the search finds it."""

import json
import re
from pathlib import Path

import pytest

import nuanomaly
from nuanomaly.report import declaration, manual, reference, search

ROOT = Path(__file__).resolve().parents[2]
LISTED = {one.name: one for one in manual.documents()}


def test_every_page_of_docs_is_in_the_manual() -> None:
    assert set(LISTED) == {file.stem for file in (ROOT / "docs").glob("*.md")} | {"reference"}
    assert [name for name in manual.ORDER if name not in LISTED] == []


@pytest.mark.parametrize("name", sorted(LISTED))
def test_links_of_the_manual_lead_to_a_page_and_a_place_in_it(name: str) -> None:
    body = LISTED[name].body
    for link in re.findall(r'href="([^"]+)"', body):
        if re.match(r"https?:", link):
            continue
        address, _, anchor = link.partition("#")
        if address.startswith("../comparisons/"):
            assert address.split("/")[2] in declaration.folders(), link
            continue
        if address in ("../validation.html", "../changes.html"):
            continue
        if not address.endswith(".html") and address:
            assert manual.files(list(LISTED.values()))[address] == ROOT / "docs" / address
            continue
        target = LISTED[address.removesuffix(".html")] if address else LISTED[name]
        assert not anchor or f'id="{anchor}"' in target.body, link


def test_examples_are_blocks_and_not_quotations() -> None:
    body = LISTED["tutorial-student"].body
    assert "<blockquote>" not in body
    assert '<pre><code class="language-pycon">&gt;&gt;&gt; import nuanomaly' in body


def test_an_example_within_a_block_stays_in_it() -> None:
    restored = manual._restored(manual._fenced("```\n>>> a\n```\n"))
    assert restored == "```\n&gt;&gt;&gt; a\n```\n"


@pytest.mark.parametrize("name", [n for n in nuanomaly.__all__ if n != "__version__"])
def test_every_public_name_is_in_the_reference_with_its_words(name: str) -> None:
    body = LISTED["reference"].body
    assert f'<h3 id="{name}">' in body
    entry = next(e for e in reference.entries() if e.name == name)
    assert entry.summary.endswith(".")


def test_each_tutorial_ends_in_a_number_that_its_last_examples_give() -> None:
    for name in ("student", "phenomenologist", "experimentalist"):
        text = (ROOT / f"docs/tutorial-{name}.md").read_text("utf-8")
        (number,) = re.findall(r"\*\*The number at the end: ([\d.]+)σ", text)
        assert re.search(rf"^\(?(2, )?{re.escape(number)}\)?$", text, re.MULTILINE), name


def test_the_search_knows_the_manual_models_and_codes() -> None:
    text = search.script([], [], [], manual.entries(list(LISTED.values())))
    entries = json.loads(text.removeprefix("window.searchIndex = ").removesuffix(";\n"))
    assert not [e["x"] for e in entries if any(raw in e["x"] for raw in ("&gt;", "&quot;", "&amp;", "``"))]
    addresses = {entry["u"] for entry in entries}
    assert {
        "manual/statistics.html",
        "manual/reference.html#compare",
        "models.html#3+1",
        "validation.html#BIN_REVERSED",
        "anomalies/gallium.html",
    } <= addresses


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_wide_table_of_the_manual_scrolls_by_itself(name: str) -> None:
    """Else it is cut at the width of a phone."""
    body = LISTED[name].body
    assert body.count("<table") == body.count('<div class="table"><table')
