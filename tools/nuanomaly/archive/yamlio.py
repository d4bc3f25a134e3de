"""Read YAML quickly and strictly: no duplicated key passes, no date is guessed from a string."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from nuanomaly.archive.errors import NuanomalyError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(NuanomalyError):
    """A text that is not YAML, with the place where it stops being so.

    Attributes
    ----------
    problem : str
    line : int or None
        Counted from 1.
    """

    exit_code = 1

    def __init__(self, where: str, problem: str, line: int | None = None) -> None:
        self.problem, self.line = problem, line
        super().__init__(f"{where}{f', line {line}' if line else ''}: {problem}")


#: Levels of lists and mappings within each other; no file of the archive has more than twenty.
_MOST_LEVELS = 100
#: A text that has fewer brackets and columns than this is not deep enough to harm the parser, which is in C
#: and recursive: some ten thousand levels more end the process.
_HARMLESS = 10_000
_TOO_DEEP = "nested too deeply: write it flatter"
#: What newer versions of the parser say themselves.
_LIBYAML_TOO_DEEP = "maximum nesting depth"
_TEXT = "tag:yaml.org,2002:str"
#: Keys that stand for more than themselves.
_UNUSUAL = ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")


class _Loader(_Base):  # type: ignore[misc]
    """Safe loader that refuses duplicated keys and leaves dates as they are written.

    Texts, most of what files hold, are taken from their nodes; all else is constructed by PyYAML.
    """

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node; that of a plain scalar hangs on its text alone."""
        if kind is yaml.ScalarNode and implicit[0]:
            return _tag(value)
        return super().resolve(kind, value, implicit)

    def construct_sequence(self, node: Any, deep: bool = False) -> Any:
        """Return a list."""
        if not isinstance(node, yaml.SequenceNode):
            return super().construct_sequence(node, deep=deep)
        return [self._constructed(child, deep) for child in node.value]

    def _constructed(self, node: Any, deep: bool) -> Any:
        if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
            return node.value
        return self.construct_object(node, deep=deep)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Return a mapping; the loop is PyYAML's, shorter where no key is merged or is a list."""
        made: dict[Any, Any] = {}
        seen, plain = set[str](), True
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str) or key_node.tag in _UNUSUAL:
                plain = False
                continue
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice (line {line}): keep one", key_node.start_mark
                )
            seen.add(key)
            if plain:
                made[self._constructed(key_node, deep)] = self._constructed(value_node, deep)
        return made if plain else super().construct_mapping(node, deep=deep)


def finite(loader: Any, node: Any) -> float:
    """Construct a number that stands in YAML; refuse one that is larger than any float64 and no infinity."""
    value = float(loader.construct_yaml_float(node))
    if math.isinf(value) and "inf" not in node.value.lower():
        said = f"{node.value} is outside of the range of float64, which ends at 1.8e308"
        raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)
    return value


_Loader.add_constructor("tag:yaml.org,2002:float", finite)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in _Base.yaml_implicit_resolvers.items()
}


@lru_cache(maxsize=8192)
def _tag(value: str) -> str:
    """Return the tag of a plain scalar: that of a text, unless it looks like more."""
    rules = _Loader.yaml_implicit_resolvers
    for tag, rule in [*rules.get(value[:1], ()), *rules.get(None, ())]:
        if rule.match(value):
            return str(tag)
    return _TEXT


def parse(text: str, where: str = "<text>") -> Any:
    """Return what a YAML text says.

    Raises
    ------
    YamlError
        With file and line, if the text is not YAML or repeats a key.

    Examples
    --------
    >>> parse("{year: 2020-01-01, version: '1.10'}")
    {'year': '2020-01-01', 'version': '1.10'}
    """
    with located(where):
        _refuse_depth(text)
        return yaml.load(text, Loader=_Loader)


def compose(text: str, where: str = "<text>") -> yaml.Node | None:
    """Return the tree of nodes of a YAML text, with their marks; None for an empty text.

    Raises
    ------
    YamlError
        With file and line, if the text is not YAML.
    """
    with located(where):
        _refuse_depth(text)
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
        return node


def refuse_depth(text: str, where: str) -> None:
    """Refuse a text whose lists and mappings are nested as nobody nests them, before they are composed.

    Raises
    ------
    YamlError
        With file and line.

    Examples
    --------
    >>> refuse_depth("[" * 20_000 + "]" * 20_000, "a.yaml")
    Traceback (most recent call last):
    nuanomaly.archive.yamlio.YamlError: a.yaml, line 1: nested too deeply: write it flatter
    """
    with located(where):
        _refuse_depth(text)


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") + max(map(len, text.split("\n"))) < _HARMLESS:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Base):  # one after the other: the parser keeps a stack of its own
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MOST_LEVELS:
                mark: Any = event.start_mark
                raise yaml.MarkedYAMLError(problem=_TOO_DEEP, problem_mark=mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def construct(node: yaml.Node, where: str = "<text>") -> Any:
    """Return what a tree of nodes says (see :func:`parse`)."""
    loader = _Loader("")
    try:
        with located(where):
            return loader.construct_document(node)
    finally:
        loader.dispose()


def read(path: Path) -> Any:
    """Return what a YAML file says (see :func:`parse`)."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the text of a file, line ends as they are.

    Raises
    ------
    NuanomalyError
        If the file cannot be read or is not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe may never end
            raise NuanomalyError(f"{path}: is no plain file: put a text file there")
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise NuanomalyError(f"{path}: not UTF-8 text: save it as UTF-8") from None


@contextmanager
def located(where: str) -> Iterator[None]:
    """Turn what PyYAML and walks over its nodes raise into one sentence with file and line."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problem = str(error.problem or error.context)
        raise YamlError(where, _TOO_DEEP if _LIBYAML_TOO_DEEP in problem else problem, line) from None
    except yaml.YAMLError as error:
        raise YamlError(where, str(error)) from None
    except RecursionError:
        raise YamlError(where, _TOO_DEEP) from None
    except ValueError as error:  # such as a number that Python refuses to convert
        raise YamlError(where, str(error)) from None
