r"""Formulas written in the LaTeX of papers → MathML, which every browser shows without a script.

Only what formulas of this field need: letters, numbers, operators, ``^ _ \frac \sqrt \bar \hat \vec \text
\mathrm \mathbf \left \right``, Greek letters, functions and common symbols. Anything else is refused by
name: a formula that is silently wrong is worse than none.
"""

import re
from collections.abc import Callable, Iterator
from html import escape

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "chi psi omega varepsilon varphi Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_GREEK = dict(zip(re.findall(r"\w+", _NAMES), "αβγδϵζηθικλμνξπρστυϕχψωεφΓΔΘΛΞΠΣΦΨΩ", strict=True))
#: Signs by their names in LaTeX, without the backslash.
IDENTIFIERS = {**_GREEK, "ell": "ℓ", "hbar": "ℏ", "infty": "∞", "partial": "∂", "nabla": "∇", "circ": "∘"}
_OPERATORS = {
    "to": "→",
    "rightarrow": "→",
    "leftrightarrow": "↔",
    "times": "×",
    "cdot": "·",
    "pm": "±",
    "mp": "∓",
    "approx": "≈",
    "simeq": "≃",
    "sim": "∼",
    "equiv": "≡",
    "neq": "≠",
    "ne": "≠",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ll": "≪",
    "gg": "≫",
    "in": "∈",
    "propto": "∝",
    "otimes": "⊗",
    "oplus": "⊕",
    "mid": "∣",
    "langle": "⟨",
    "rangle": "⟩",
    "dots": "…",
    "ldots": "…",
    "cdots": "⋯",
    "prime": "′",
    "dagger": "†",
    "{": "{",
    "}": "}",
    "|": "‖",
    "%": "%",
    "subset": "⊂",
    "cup": "∪",
    "cap": "∩",
}
_LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
_FUNCTIONS = ("sin", "cos", "tan", "ln", "log", "exp", "min", "max", "det", "rank", "tr")
_ACCENTS = {"bar": "¯", "overline": "¯", "hat": "^", "tilde": "~", "vec": "→"}
_STYLES = {"mathrm": "normal", "text": None, "mathbf": "bold", "boldsymbol": "bold"}
_SPACES = {
    ",": "0.17em",
    ";": "0.28em",
    ":": "0.22em",
    "!": "-0.17em",
    "quad": "1em",
    "qquad": "2em",
    " ": "0.3em",
}
_THIN = '<mspace width="0.17em"></mspace>'
_ORDINARY = ("<mi", "<mn", "<msub", "<msup", "<mfrac", "<msqrt")  # what a function keeps a thin space from
_CLOSE_TO_A_FUNCTION = ("", "(", "[", "}", ")", "\\left", "\\right", "\\,", "\\;")
_WIDE = f'<mspace width="{_SPACES["qquad"]}"></mspace>'
#: Where a displayed formula may be broken, and the brackets that it may not be broken in.
_BREAKS = re.compile("<mo>([=≈≥≤<>→∝+−]|&lt;|&gt;)</mo>")
_OPENED, _CLOSED = (re.compile(f'<mo stretchy="false">[{kind}]</mo>') for kind in ("(\\[", ")\\]"))
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)


def mathml(latex: str, display: bool = False) -> str:
    r"""Return a formula as a MathML element.

    One that is displayed is several elements, between which a page may go on in the next line.

    Raises
    ------
    NuanomalyError
        If the formula is not well formed or uses a command that is not known here.

    Examples
    --------
    >>> mathml(r"\Delta m^2")
    '<math><mrow><mi mathvariant="normal">Δ</mi><msup><mi>m</mi><mn>2</mn></msup></mrow></math>'
    """
    if not display:
        return f"<math>{_Parser(latex).formula()}</math>"
    # no browser breaks a formula into lines, but between two formulas it may
    pieces = (f'<math displaystyle="true"><mrow>{p}</mrow></math>' for p in _pieces(_Parser(latex).parts()))
    return f'<span class="formula" tabindex="0">{"<wbr>".join(pieces)}</span>'


def _pieces(parts: list[str]) -> Iterator[str]:
    """Yield a formula's parts up to each place where a narrow page may go on in the next line.

    Lines begin with a relation or a sign outside of brackets, or after a wide space, as in print.
    """
    depth, piece, before = 0, "", None
    for part in parts:
        sign = _BREAKS.fullmatch(part)
        if sign and depth == 0 and piece and not before:
            yield piece
            piece = f'<mo form="infix">{sign[1]}</mo>'
        else:
            piece += part
        before = sign
        depth += len(_OPENED.findall(part)) - len(_CLOSED.findall(part))
        if part == _WIDE and depth == 0:
            yield piece
            piece = ""
    if piece:
        yield piece


class _Parser:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.tokens = _TOKEN.findall(latex)
        self.at = 0

    def fail(self, what: str) -> NuanomalyError:
        return NuanomalyError(f"formula {self.latex!r}: {what}")

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise self.fail("it ends too early: a brace or an argument is missing")
        self.at += 1
        return token

    def skip_space(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def formula(self) -> str:
        body = self.row(lambda: self.peek() == "")
        return body

    def row(self, ended: Callable[[], bool]) -> str:
        parts = self.parts(ended)
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def parts(self, ended: Callable[[], bool] | None = None) -> list[str]:
        """The atoms of a row with their scripts, one after the other; of all that is left by default."""
        parts: list[str] = []
        while True:
            self.skip_space()
            if ended() if ended else self.peek() == "":
                return parts
            function = self.peek().removeprefix("\\") in _FUNCTIONS
            if function and parts and parts[-1].startswith(_ORDINARY):
                parts.append(_THIN)
            parts.append(self.scripted())
            self.skip_space()
            if function and self.peek() not in _CLOSE_TO_A_FUNCTION:
                parts.append(_THIN)

    def scripted(self) -> str:
        """One atom with its sub- and superscript."""
        large = self.peek().removeprefix("\\") in _LARGE
        base = self.atom()
        scripts: dict[str, str] = {}
        while True:
            self.skip_space()
            mark = self.peek()
            if mark == "'":
                self.take()
                scripts["^"] = scripts.get("^", "") + "<mo>′</mo>"
            elif mark in ("^", "_"):
                self.take()
                if mark in scripts:
                    raise self.fail(f"two {mark!r} on one symbol: put braces")
                scripts[mark] = self.argument()
            else:
                break
        below, above = scripts.get("_"), scripts.get("^")
        tags = ("munder", "mover", "munderover") if large else ("msub", "msup", "msubsup")
        if below and above:
            return f"<{tags[2]}>{base}{below}{above}</{tags[2]}>"
        if below:
            return f"<{tags[0]}>{base}{below}</{tags[0]}>"
        return f"<{tags[1]}>{base}{above}</{tags[1]}>" if above else base

    def argument(self) -> str:
        """A group in braces or one atom."""
        self.skip_space()
        return self.atom()

    def raw_argument(self) -> str:
        """The text of a group in braces, as it is."""
        self.skip_space()
        if self.take() != "{":
            raise self.fail("braces are missing after \\text or \\mathrm")
        text = ""
        while self.peek() != "}":
            text += self.take()
        self.take()
        return text

    def atom(self) -> str:
        token = self.take()
        if token == "{":
            body = self.row(lambda: self.peek() in ("}", ""))
            if self.take() != "}":
                raise self.fail("a brace is not closed")
            return body
        if token in ("}", "&"):
            raise self.fail(f"unexpected {token!r}")
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        # brackets grow only where \\left and \\right ask for it, as in LaTeX
        fixed = ' stretchy="false"' if token in "()[]|" else ""
        # a bar does not say whether it opens or closes: no space is on either side
        fixed += ' lspace="0" rspace="0"' if token == "|" else ""
        return f"<mo{fixed}>{escape('−' if token == '-' else token)}</mo>"

    def command(self, name: str) -> str:
        if name in IDENTIFIERS:
            upright = ' mathvariant="normal"' if name[0].isupper() else ""
            return f"<mi{upright}>{IDENTIFIERS[name]}</mi>"
        if name in _OPERATORS:
            return f"<mo>{escape(_OPERATORS[name])}</mo>"
        if name in _LARGE:
            return f'<mo largeop="true">{_LARGE[name]}</mo>'
        if name in _FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in _SPACES:
            return f'<mspace width="{_SPACES[name]}"></mspace>'
        if name == "frac":
            return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self.argument()}</msqrt>"
        if name in _ACCENTS:
            return f'<mover accent="true">{self.argument()}<mo stretchy="false">{_ACCENTS[name]}</mo></mover>'
        if name in _STYLES:
            return self.styled(name)
        if name == "left":
            return self.fenced()
        known = [*IDENTIFIERS, *_OPERATORS, *_LARGE, *_FUNCTIONS, *_ACCENTS, *_STYLES, "frac", "sqrt"]
        raise UnknownNameError("formula command", name, known, repr(self.latex))

    def styled(self, name: str) -> str:
        text = escape(self.raw_argument())
        if name == "text":
            return f"<mtext>{text}</mtext>"
        return f'<mi mathvariant="{_STYLES[name]}">{text}</mi>'

    def fenced(self) -> str:
        opening = self.delimiter()
        body = self.row(lambda: self.peek() in ("\\right", ""))
        if self.take() != "\\right":
            raise self.fail("\\left without \\right")
        return f"<mrow>{opening}{body}{self.delimiter()}</mrow>"

    def delimiter(self) -> str:
        self.skip_space()
        token = self.take()
        if token == ".":
            return ""
        text = _OPERATORS[token[1:]] if token.startswith("\\") and token[1:] in _OPERATORS else token
        return f'<mo stretchy="true">{escape(text)}</mo>'
