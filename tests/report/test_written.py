"""How pages write numbers, symbols and best fits, whoever said them."""

import re
from types import SimpleNamespace

import pytest
from markupsafe import Markup

from nuanomaly.report import declaration, render
from nuanomaly.report.publish import P_VALUE, _key_numbers
from nuanomaly.report.record import Recorder

COMPARISONS = declaration.comparisons()


def test_a_page_writes_powers_indices_isotopes_and_sigmas_as_print_does() -> None:
    words = Markup("in 1e-40 cm², ε_mumu of 71Ga, published 3.75 σ; <code>--set x=1e-3</code>")
    page = render.page("validation.html.j2", up="", body=words)
    assert "in 10⁻⁴⁰ cm², ε<sub>μμ</sub> of ⁷¹Ga, published 3.75σ" in page
    assert "<code>--set x=1e-3</code>" in page


def test_a_page_writes_no_zero_with_a_sign_but_in_a_pair_of_errors() -> None:
    cells = "".join(f"<td>{f'{x:+.1f}'}</td>" for x in (-0.04, 0.04, -0.06))
    body = Markup(
        f"{cells}<p>neos -0.0, bugey-3 +0.00, CCFR −0, from −0.00 to 0.97 (-0 %). 0.34 +0.00 −0.09</p>"
    )
    page = render.page("validation.html.j2", up="", body=body)
    assert "<td>0.0</td><td>0.0</td><td>−0.1</td>" in page
    assert "neos 0.0, bugey-3 0.00, CCFR 0, from 0.00 to 0.97 (0\xa0%). 0.34 +0.00 −0.09" in page


@pytest.mark.parametrize("name", [c.name for c in COMPARISONS])
def test_key_numbers_leave_the_way_p_values_are_written_to_the_site(name: str) -> None:
    [comparison] = [c for c in COMPARISONS if c.name == name]
    own = [e for e in comparison.metadata["key_numbers"] if e["key"].endswith(P_VALUE)]
    assert [e["key"] for e in own if "format" in e] == []


def test_the_unit_of_a_key_number_stands_behind_it() -> None:
    labels = [entry["label"] for c in COMPARISONS for entry in c.metadata["key_numbers"]]
    assert [label for label in labels if re.search(r"\((?:%|σ)[,)]|^σ \(", label)] == []


def test_p_values_of_key_numbers_are_those_of_sentences() -> None:
    entries = [{"key": "pg.p_value", "label": "p"}, {"key": "x", "label": "x", "format": "{:.1f} σ"}]
    executed = SimpleNamespace(results={"pg.p_value": {"value": 0.0231}, "x": {"value": 2.04}})
    made = _key_numbers(SimpleNamespace(metadata={"key_numbers": entries}), executed)  # type: ignore[arg-type]
    assert [entry["text"] for entry in made] == ["2.3 %", "2.0σ"]


def test_a_best_fit_at_an_edge_of_its_range_is_named_and_one_inside_is_not() -> None:
    [comparison] = [c for c in COMPARISONS if c.name == "lsnd-vs-miniboone"]
    limits = comparison.metadata["parameters"]
    page = Recorder(comparison)
    page.results["miniboone.best_fit.sin2_2theta_mue"] = {"value": float(limits["sin2_2theta_mue"]["high"])}
    page.results["miniboone.best_fit.dm2_41"] = {"value": 0.0388}
    page.results["joint.best_fit.dm2_41"] = {"value": float(limits["dm2_41"]["low"])}
    said = page._at_edges()
    assert said.startswith("At an edge of the declared range: the best fit of ")
    assert "(sin²2θμe = 1)" in said
    assert "all together (Δm²41 = 0.01 eV²)" in said
    page.results.clear()
    page.results["miniboone.best_fit.dm2_41"] = {"value": 0.0388}
    assert page._at_edges() == ""


def test_beside_a_figure_stand_the_command_and_the_citation() -> None:
    [comparison] = [c for c in COMPARISONS if c.name == "gallium-vs-carbon"]
    said = Recorder(comparison)._source("figures/regions.csv", list(comparison.datasets))
    assert "nuanomaly report build gallium-vs-carbon" in said
    assert "build/site/comparisons/gallium-vs-carbon/figures/regions.csv" in said
    assert all(release in said for d in comparison.datasets.values() for release in d.releases)
    assert said.count("<details") == said.count("</details>") == 1


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda c: str(c.name))
def test_no_heading_of_a_page_is_a_formula_alone(comparison: declaration.Comparison) -> None:
    """Readers who hear a page are told nothing by such a heading."""
    text = (comparison.folder / "report.py").read_text("utf-8")
    assert re.findall(r"^# #+ +\$[^$\n]*\$ *$", text, re.MULTILINE) == []
