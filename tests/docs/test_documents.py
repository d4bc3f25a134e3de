"""The manual's pages: their examples run, and their stored tables are what was stored."""

import doctest
import json
import sys
from pathlib import Path

import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.foreign import FOREIGN
from nuanomaly.model.registry import model

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page_give_what_they_say(page: str) -> None:
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=options, encoding="utf-8")
    assert result.failed == 0


def test_conventions_have_examples() -> None:
    text = (DOCS / "conventions.md").read_text("utf-8")
    assert len(doctest.DocTestParser().get_examples(text)) > 15


def test_the_table_of_other_packages_is_the_stored_one() -> None:
    from crosscheck import with_table

    text = (DOCS / "conventions.md").read_text("utf-8")
    rows = json.loads((DOCS / "crosscheck.json").read_text("utf-8"))["rows"]
    assert with_table(text, rows) == text
    assert with_table(text, rows[1:]) != text


def test_cross_sections_of_other_packages_are_those_of_the_archive_as_they_are_to_be_read() -> None:
    from crosscheck import SECTIONS, with_table

    text = (DOCS / "conventions.md").read_text("utf-8")
    stored = json.loads((DOCS / "crosscheck.json").read_text("utf-8"))
    assert with_table(text, stored["sections"], SECTIONS) == text
    ratios = {(row["table"], row["convention"]): row["ratios"] for row in stored["sections"]}
    assert ratios["ibd", "the column times the energy"] == pytest.approx([1.0] * 5, abs=0.01)
    assert min(ratios["ibd", "the column taken for the cross section"]) > 20
    assert ratios["coh_helm_nue_Xe", "recoils to 10 keV; as at 10 MeV"] == pytest.approx([1.0] * 5, abs=0.01)
    assert ratios["coh_helm_nue_Xe", "all recoils; as at 10 MeV"][-1] == pytest.approx(0.62, abs=0.01)


def test_the_right_conventions_agree_and_the_wrong_ones_do_not() -> None:
    rows = json.loads((DOCS / "crosscheck.json").read_text("utf-8"))["rows"]
    largest = {(row["package"], row["convention"]): max(row["differences"]) for row in rows}
    assert largest["nusquids", "rotations, phases and units as here"] < 1e-12
    assert largest["jaxnu", "matrix read as P[final, initial]"] < 1e-7
    assert largest["jaxnu", "matrix read as P[initial, final]"] > 1e-3
    assert len(largest) == len(rows) >= 7


def test_adapters_of_other_packages_give_what_the_built_in_model_gives() -> None:
    rows = json.loads((DOCS / "crosscheck.json").read_text("utf-8"))["statistics"]
    assert {row["package"] for row in rows} == set(FOREIGN)
    assert max(abs(row["difference"]) for row in rows) < 1e-6


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_an_adapter_without_its_package_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, FOREIGN[name].module[0], None)
    with pytest.raises(
        NuanomalyError, match=rf"model '{name}' needs the package {name}.*nuanomaly\[crosscheck\]"
    ):
        model(name)


def test_a_page_without_marks_is_refused() -> None:
    from crosscheck import with_table

    with pytest.raises(ValueError, match="no marks"):
        with_table("# Conventions", [])
