"""A YAML text with the place of each of its entries: for findings with a line, and for edits in place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nuanomaly.archive import yamlio
from nuanomaly.archive.errors import NuanomalyError

#: Keys and list positions from the top of a document to an entry.
Steps = Sequence[str | int]
#: More entries than any file of the archive has: aliases of aliases grow exponentially.
_MOST_ENTRIES = 1_000_000
#: An alias, or a text that looks like one: not the star in a unit such as eV**2.
_ALIAS = re.compile(r"(?:^|[\s\[{,:-])\*[^\s*]")


@dataclass(frozen=True)
class Duplicate:
    """A key that stands twice in one mapping; the second one is left out of the document's data."""

    key: str
    line: int
    first_line: int


@dataclass(frozen=True, eq=False)
class Document:
    """A parsed YAML text.

    Attributes
    ----------
    text : str
    data : object
        What it says.
    root : yaml.Node or None
        The tree of nodes with their marks; None for an empty text.
    duplicates : tuple of Duplicate
    """

    text: str
    data: Any
    root: yaml.Node | None
    duplicates: tuple[Duplicate, ...] = ()

    def line(self, steps: Steps = ()) -> int:
        """Return the line (from 1) an entry begins in, or, if it does not exist, that of what would hold it.

        Examples
        --------
        >>> parse("a:\\n  b: [1,\\n      2]\\n").line(["a", "b", 1])
        3
        """
        node, mark = self.root, self.root.start_mark if self.root else None
        for step in steps:
            pair = _child(node, step)
            if pair is None:
                break
            key, node = pair
            mark = (key or node).start_mark
        return mark.line + 1 if mark else 1

    def line_of(self, text: str) -> int | None:
        """Return the line (from 1) of the first scalar that is a text; None if none is.

        Examples
        --------
        >>> parse("a:\\n  b: [x,\\n      y]\\n").line_of("y")
        3
        """
        waiting = [self.root] if self.root else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.ScalarNode) and node.value == text:
                return int(node.start_mark.line) + 1
            children = node.value if isinstance(node, yaml.CollectionNode) else ()
            flat = [part for child in children for part in (child if isinstance(child, tuple) else (child,))]
            waiting += reversed(flat)
        return None

    def node(self, steps: Steps) -> yaml.Node | None:
        """Return the node of an entry, or None if there is no such entry."""
        node = self.root
        for step in steps:
            pair = _child(node, step)
            if pair is None:
                return None
            node = pair[1]
        return node

    def remainder(self, keys: Sequence[str]) -> str:
        """Return the text without some entries of the top level (up to the beginning of the next entry).

        Examples
        --------
        >>> parse("a: 1\\nstate: x # y\\nb: 2\\n").remainder(["state"])
        'a: 1\\nb: 2\\n'
        """
        if not isinstance(self.root, yaml.MappingNode):
            return self.text
        starts = [key.start_mark.index for key, _ in self.root.value] + [len(self.text)]
        kept = [self.text[: starts[0]]]
        for (key, _), start, end in zip(self.root.value, starts, starts[1:], strict=False):
            if key.value not in keys:
                kept.append(self.text[start:end])
        return "".join(kept)


def parse(text: str, where: str = "<text>") -> Document:
    """Return a YAML text with its marks.

    Raises
    ------
    YamlError
        With the line, if the text is not YAML, or an alias holds itself.
    """
    root = _composed(text, where)
    if root is None:
        return Document(text, None, None)
    with yamlio.located(where):
        duplicates = tuple(_drop_duplicates(root, set()))
    return Document(text, yamlio.construct(root, where), root, duplicates)


def read(path: Path) -> Document:
    """Return a YAML file with its marks (see :func:`parse`); line ends are kept as they are."""
    return parse(yamlio.read_text(path), str(path))


def refuse_bombs(text: str, where: str) -> None:
    """Refuse a text of one or more documents nested deeper, or with more behind aliases, than anybody writes.

    Raises
    ------
    YamlError
        With the line of an alias that holds itself.
    """
    with yamlio.located(where):
        yamlio.refuse_depth(text, where)
        if not _ALIAS.search(text):
            return
        for root in yaml.compose_all(text, Loader=yaml.SafeLoader):
            if _entries(root, {}, where) > _MOST_ENTRIES:
                raise yamlio.YamlError(where, f"its aliases stand for more than {_MOST_ENTRIES} entries")


def bounded(path: Path) -> Any:
    """Return what a YAML file of somebody else says; one whose aliases stand for too much is refused.

    Raises
    ------
    YamlError
        With the line, if the text is not YAML, repeats a key, or an alias holds itself.
    """
    text, where = yamlio.read_text(path), str(path)
    if not _ALIAS.search(text):
        return yamlio.parse(text, where)
    root = _composed(text, where)
    return None if root is None else yamlio.construct(root, where)


def _composed(text: str, where: str) -> yaml.Node | None:
    """Return the tree of nodes of a text; one whose aliases stand for too much is refused."""
    root = yamlio.compose(text, where)
    with yamlio.located(where):
        if root is not None and _ALIAS.search(text) and _entries(root, {}, where) > _MOST_ENTRIES:
            said = f"its aliases stand for more than {_MOST_ENTRIES} entries: write less"
            raise yamlio.YamlError(where, said)
    return root


def set_scalars(document: Document, steps: Steps, values: dict[str, str], after: str) -> str:
    """Return the text with scalar entries of one mapping set; everything else stays byte for byte.

    An entry that exists is replaced; one that does not is inserted behind the entry ``after``.

    Parameters
    ----------
    document : Document
    steps : sequence
        Where the mapping stands.
    values : dict
        Key to value, both as YAML text.
    after : str
        A key of the mapping that has a one-line value.

    Examples
    --------
    >>> print(set_scalars(parse("t: {f: x, n: 1}\\n"), ["t"], {"n": "2", "m": "3"}, "f"), end="")
    t: {f: x, m: 3, n: 2}
    """
    mapping = document.node(steps)
    if not isinstance(mapping, yaml.MappingNode):
        raise NuanomalyError(f"line {document.line(steps)}: {'.'.join(map(str, steps))} is not a mapping")
    pairs = {key.value: (key, node) for key, node in mapping.value}
    anchor_key, anchor = pairs[after]
    missing = {k: v for k, v in values.items() if k not in pairs}
    edits = [(*_span(pairs[k][1]), v) for k, v in values.items() if k in pairs]
    if missing and mapping.flow_style:
        at = anchor.end_mark.index
        edits.append((at, at, "".join(f", {k}: {v}" for k, v in missing.items())))
    elif missing:
        end = _end_of_line(document.text, anchor.end_mark.index)
        newline = "\r\n" if "\r\n" in document.text else "\n"
        indent = " " * anchor_key.start_mark.column
        edits.append((end, end, "".join(f"{newline}{indent}{k}: {v}" for k, v in missing.items())))
    text = document.text
    for start, stop, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[stop:]
    return text


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Return key node (None in a list) and value node of an entry, or None if there is no such entry."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


def _drop_duplicates(node: yaml.Node, visited: set[int]) -> Iterator[Duplicate]:
    """Yield the duplicated keys of a tree, and take their second values out of it."""
    if id(node) in visited:  # an alias: the same node stands in several places
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        kept = []
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in first:
                yield Duplicate(name, line, first[name])
                continue
            first[name] = line
            kept.append((key, value))
            yield from _drop_duplicates(value, visited)
        node.value = kept
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _drop_duplicates(item, visited)


def _entries(node: yaml.Node, known: dict[int, int], where: str) -> int:
    """Return how many entries a tree has when its aliases are written out; refuse one that never ends."""
    if id(node) in known:
        if not known[id(node)]:
            line = node.start_mark.line + 1
            raise yamlio.YamlError(
                where, "an alias stands inside what it is the alias of: write it out", line
            )
        return known[id(node)]
    if isinstance(node, yaml.ScalarNode):
        return 1
    known[id(node)] = 0
    parts = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
    size = 1 + sum(_entries(part, known, where) for part in parts if isinstance(part, yaml.Node))
    known[id(node)] = size
    return size


def _span(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _end_of_line(text: str, index: int) -> int:
    ends = [content for content in (text.find("\n", index), text.find("\r", index)) if content >= 0]
    return min(ends, default=len(text))
