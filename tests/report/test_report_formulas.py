"""Formulas become MathML, and what is not understood is refused by name."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.report.markup import markdown
from nuanomaly.report.mathml import mathml


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\sin^2 2\theta_{\mu e}", "sin22θμe"),
        (r"\Delta m^2_{41}", "Δm412"),
        (r"\frac{L}{E}", "LE"),
        (r"\bar\nu_e \to \bar\nu_\mu", "ν¯e→ν¯μ"),
        (r"\chi^2_\mathrm{PG} \geq 0", "χPG2≥0"),
        (r"\left(\sum_i x_i\right)", "(∑ixi)"),
        (r"a - b < c", "a−b<c"),
        (r"\text{a & b}", "a & b"),
    ],
)
def test_a_formula_keeps_its_symbols(latex: str, text: str) -> None:
    tree = ElementTree.fromstring(mathml(latex))
    assert tree.tag == "math"
    assert "".join(tree.itertext()) == text


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\sine x", "'\\\\\\\\sine|did you mean 'sin'"),
        (r"\frac{a}", "ends too early"),
        ("{a", "ends too early"),
        ("a}", "unexpected '}'"),
        ("x^2^3", "two '\\^'"),
        (r"\left( a", "ends too early"),
    ],
)
def test_a_formula_that_is_not_understood_is_refused(latex: str, message: str) -> None:
    with pytest.raises(NuanomalyError, match=message):
        mathml(latex)


@given(st.text(alphabet=r"\{}^_ab12+-()'&<>αfrcsqt ", max_size=25))
def test_any_text_is_either_well_formed_mathml_or_refused(latex: str) -> None:
    try:
        found = mathml(latex)
    except NuanomalyError:
        return
    ElementTree.fromstring(found)


def test_code_and_prices_are_not_formulas() -> None:
    assert "<math" not in markdown("`$a$` costs $5 and \\$6")


def test_a_formula_that_is_wrapped_is_one_formula() -> None:
    assert markdown("between $\\Delta\nm^2_{32}$.") == f"<p>between {mathml(chr(92) + 'Delta m^2_{32}')}.</p>"
    assert "<math" not in markdown("it costs $a\n\nand b$ more")


def test_a_number_stays_with_its_unit() -> None:
    assert "5\u00a0%" in markdown("above 5 % and")
    assert "1.2\u00a0eV²" in markdown("at 1.2 eV²")


def test_elements_in_the_words_of_a_contributor_stay_text() -> None:
    from nuanomaly.report.printed import table
    from nuanomaly.report.words import inline, text

    attack = "<x onload=alert(1)> [here](javascript:alert(1)) <b onclick=alert(1)>"
    shown = [str(text(attack)), str(inline(attack)), table("a", ["h"], [[attack]], "", 3)]
    for html in shown:
        assert "<x" not in html
        assert "<b " not in html
        assert "javascript:" not in html.lower()


@pytest.mark.parametrize(
    ("latex", "lines"),
    [
        (r"P(\nu_\mu\to\nu_e) = \sin^2 2\theta \, (1 - x)", ["P(νμ→νe)", "=sin22θ(1−x)"]),
        (r"a = -b + c, \qquad d = \left(e - f\right)", ["a", "=−b", "+c,", "d", "=(e−f)"]),
        (r"- \ln L", ["−lnL"]),
    ],
)
def test_a_displayed_formula_may_be_broken_before_relations_and_signs_outside_of_brackets(
    latex: str, lines: list[str]
) -> None:
    tree = ElementTree.fromstring(mathml(latex, display=True).replace("<wbr>", "<wbr/>"))
    assert [found.tag for found in tree] == ["math", *["wbr", "math"] * (len(lines) - 1)]
    assert ["".join(found.itertext()) for found in tree.iter("math")] == lines
