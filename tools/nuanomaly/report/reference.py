"""The reference of the public names, from their signatures and NumPy docstrings."""

import html
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SECTION = re.compile(r"^(?P<name>[A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
#: Sections whose entries are names with a description below.
_LISTS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
_KINDS = ("Classes", "Functions", "Errors")


@dataclass(frozen=True)
class Entry:
    """A public name.

    Attributes
    ----------
    name : str
    kind : str
        ``Classes``, ``Functions`` or ``Errors``.
    value : object
    """

    name: str
    kind: str
    value: Any

    @property
    def doc(self) -> str:
        """Its docstring."""
        return inspect.getdoc(self.value) or ""

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring."""
        return " ".join(self.doc.split("\n\n")[0].split())


def entries() -> list[Entry]:
    """Return every name of ``nuanomaly.__all__`` that is a function or class.

    Examples
    --------
    >>> {"Analysis", "compare", "load"} <= {entry.name for entry in entries()}
    True
    """
    package = sys.modules[__package__.partition(".")[0]]  # as its users see it: documented here, not used
    items = []
    for name in package.__all__:
        value = getattr(package, name)
        if inspect.isclass(value):
            items.append(Entry(name, "Errors" if issubclass(value, Exception) else "Classes", value))
        elif callable(value):
            items.append(Entry(name, "Functions", value))
    return sorted(items, key=lambda entry: (_KINDS.index(entry.kind), entry.name.lower()))


def body() -> tuple[str, str]:
    """Return title and HTML of the page; the first heading is left out."""
    parts = [
        "<p>Every name of <code>import nuanomaly</code>. Examples run in the archive's tests. "
        "The commands say what they do with <code>nuanomaly COMMAND --help</code>.</p>"
    ]
    listed = entries()
    for kind in _KINDS:
        names = [entry for entry in listed if entry.kind == kind]
        links = " ".join(f'<a href="#{e.name}"><code>{e.name}</code></a>' for e in names)
        parts.append(f'<h2 id="{kind.lower()}">{kind}</h2><p class="index">{links}</p>')
        parts += [_entry(entry) for entry in names]
    return "Python reference", "\n".join(parts)


def _entry(entry: Entry) -> str:
    head = f'<h3 id="{entry.name}"><code>{entry.name}</code></h3>'
    call = f"<pre><code>{html.escape(signature(entry.name, entry.value))}</code></pre>"
    members = "".join(_members(entry)) if entry.kind == "Classes" else ""
    return f"<section>{head}{call}{rendered(entry.doc)}{members}</section>"


def _members(entry: Entry) -> Iterator[str]:
    """Yield the public methods and properties that a class has itself or from a class of the package."""
    for name, member in inspect.getmembers(entry.value):
        if name.startswith("_") or not (inspect.isfunction(member) or isinstance(member, property)):
            continue
        doc = inspect.getdoc(member) or ""
        summary = inline(" ".join(doc.split("\n\n")[0].split()))
        shown = name if isinstance(member, property) else signature(name, member)
        yield (
            f"<details><summary><code>{entry.name}.{name}</code> {summary}</summary>"
            f"<pre><code>{html.escape(shown)}</code></pre>{rendered(doc)}</details>"
        )


def signature(name: str, value: Any) -> str:
    """Return how a name is called: arguments and defaults, each on a line if there are many; no types.

    Examples
    --------
    >>> def scan(data, model, *, fixed=None): ...
    >>> signature("scan", scan)
    'scan(data, model, *, fixed=None)'
    """
    try:
        arguments = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return name
    items, bare = [], False
    for one in arguments:
        if one.name == "self":
            continue
        if one.kind is one.KEYWORD_ONLY and not bare:
            items.append("*")
            bare = True
        bare = bare or one.kind is one.VAR_POSITIONAL
        star = "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
        default = "" if one.default is one.empty else f"={_default(one.default)}"
        items.append(f"{star}{one.name}{default}")
    line = f"{name}({', '.join(items)})"
    return line if len(line) < 90 else f"{name}(\n    " + ",\n    ".join(items) + ",\n)"


def _default(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 and " at 0x" not in text else "…"


def rendered(doc: str) -> str:
    """Return a NumPy docstring as HTML: paragraphs, lists of parameters, examples.

    Examples
    --------
    >>> rendered("Say it.\\n\\nRaises\\n------\\nNuanomalyError\\n    If ``x``.")[:38]
    '<p>Say it.</p><h4>Raises</h4><dl class'
    """
    pieces = _SECTION.split(doc)
    parts = [_paragraphs(pieces[0])]
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(f"<h4>{name}</h4>")
        parts.append(_list(text) if name in _LISTS else _paragraphs(text))
    return "".join(parts)


def _list(text: str) -> str:
    items: list[tuple[str, list[str]]] = []
    for line in text.strip("\n").split("\n"):
        if line and not line[0].isspace():
            items.append((line, []))
        elif items:
            items[-1][1].append(line.strip())
    entries_ = []
    for head, lines in items:
        name, _, kind = head.partition(" : ")
        shown = f"<code>{html.escape(name)}</code> {inline(kind)}".strip()
        entries_.append(f"<dt>{shown}</dt><dd>{inline(' '.join(filter(None, lines)))}</dd>")
    return f'<dl class="words">{"".join(entries_)}</dl>'


def _paragraphs(text: str) -> str:
    items = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if not block.strip():
            continue
        if block.lstrip().startswith((">>>", "|", "- ")) or block.startswith("    "):
            items.append(f"<pre><code>{html.escape(inspect.cleandoc(block))}</code></pre>")
        else:
            items.append(f"<p>{inline(' '.join(block.split()))}</p>")
    return "".join(items)


def inline(text: str) -> str:
    """Return a line of a docstring as HTML: code between double backticks, roles as the name they point at.

    Examples
    --------
    >>> inline("See :func:`nuanomaly.compare`, ``x < 1``.")
    'See <code>nuanomaly.compare</code>, <code>x &lt; 1</code>.'
    """
    safe = html.escape(text, quote=False)
    safe = re.sub(r":\w+:`~?([^`]+)`", r"<code>\1</code>", safe)
    safe = re.sub(r"``([^`]+)``", r"<code>\1</code>", safe)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
