"""Text of comparisons (Markdown with formulas) → HTML."""

import re
from html import escape

from nuanomaly.report.mathml import mathml

# A formula within a line may go on in the next one, as text is wrapped; an empty line ends it.
_MATH = re.compile(
    r"\$\$(?P<block>.+?)\$\$|(?<![\\$\w])\$(?P<inline>[^\s$](?:(?:[^$\n]|\n(?!\s*\n))*[^\s$])?)\$(?![\w$])",
    re.DOTALL,
)
_UNIT = re.compile(r"(?<=\d) (?=(?:%|σ|eV|MeV|GeV|m|cm|events)(?![A-Za-z]))")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def markdown(text: str, *, html: bool = False) -> str:
    r"""Return Markdown as HTML; ``$…$`` and ``$$…$$`` become MathML.

    Parameters
    ----------
    text : str
    html : bool
        Take elements of HTML in the text as such: only in what the program or a report writes. The words of
        releases, anomalies and amendments are a contributor's, and stay text.

    Examples
    --------
    >>> markdown("at $L/E$")
    '<p>at <math><mrow><mi>L</mi><mo>/</mo><mi>E</mi></mrow></math></p>'
    >>> markdown("*see* <b onclick=alert(1)>this</b>")
    '<p><em>see</em> &lt;b onclick=alert(1)&gt;this&lt;/b&gt;</p>'
    """
    import mistune

    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        block = match["block"]
        formulas.append(mathml(block or match["inline"], display=block is not None))
        return f"FORMULA{len(formulas) - 1}END"

    parts = _CODE.split(text)
    parts[::2] = [_MATH.sub(keep, part) for part in parts[::2]]
    render = mistune.create_markdown(escape=not html, plugins=["table", "footnotes", "def_list"])
    result = str(render("".join(parts))).strip()
    result = _UNIT.sub("\u00a0", result)  # a number stays on the line of its unit
    return re.sub(r"FORMULA(\d+)END", lambda match: formulas[int(match[1])], result)


def plain(html: str) -> str:
    """Return the text of an HTML fragment, for places that take no markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def paragraph(text: str) -> str:
    """Return plain text as an escaped paragraph."""
    return f"<p>{escape(' '.join(text.split()))}</p>"
