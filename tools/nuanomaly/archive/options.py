"""What may stand in a declaration, as a type: which options there are, what they may be, and what they mean.

A kind of likelihood or benchmark describes its options once, in a ``TypedDict`` that is called ``Options``::

    class Options(TypedDict):
        \"""Counts in bins, and what one of them is multiplied by.\"""

        data: Annotated[Column, "Counts."]
        factor: NotRequired[Annotated[Positive, {"default": 1.0}, "Factor of the counts."]]

A text beside a type is what the option means, a mapping holds further keywords of JSON Schema, and
:func:`rules` those that concern several options. The JSON Schema that validation reads is written from it
(:mod:`nuanomaly.archive.option_schemas`; ``make kinds`` writes the files), and so is the manual. Code that
reads options has their type, so that a type checker finds a name that is not declared; a default is filled
in once, by :func:`completed`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    ParamSpec,
    Required,
    TypedDict,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

_Class = TypeVar("_Class")
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

Positive = Annotated[float, {"exclusiveMinimum": 0}]
NotNegative = Annotated[float, {"minimum": 0}]
#: A number of things, at least one.
Count = Annotated[int, {"minimum": 1}]
#: Name of a table of the release.
TableName = Annotated[str, {"x-table": True}]
TableNames = Annotated[list[TableName], {"minItems": 1, "uniqueItems": True}]
Range = tuple[float, float]
#: What a neutrino does in a detector.
Interaction = Literal["CC", "NC", "CEvNS", "ES"]
#: First output, and the one after the last.
Outputs = tuple[Annotated[int, {"minimum": 0}], Annotated[int, {"minimum": 1}]]


class Column(TypedDict):
    """A column of a table."""

    table: Annotated[str, "Its table."]
    column: Annotated[str, "Its column."]


class Rows(TypedDict):
    """A column of a table, and which rows of it are meant."""

    table: Annotated[str, "Name of the table."]
    column: Annotated[str, "Its column."]
    rows: NotRequired[
        Annotated[
            dict[str, str | float],
            {"minProperties": 1, "default": {}},
            "Columns and the value that the rows have; all rows if left out.",
        ]
    ]


#: NAME@VERSION, as :file:`common.schema.json` describes it.
PinnedRelease = Annotated[str, {"$ref": "urn:nuanomaly:common:1#/$defs/pinned-release"}]
#: The edges of a bin.
SIDES: tuple[Literal["low"], Literal["high"]] = ("low", "high")


class Bins(TypedDict):
    """Edges of bins."""

    table: Annotated[str, "Their table."]
    low: Annotated[str, "Column of lower edges."]
    high: Annotated[str, "Column of upper edges."]


def rules(**keywords: Any) -> Callable[[_Class], _Class]:
    """Return what gives a class of options keywords of JSON Schema that concern several of them.

    Examples
    --------
    >>> @rules(minProperties=1)
    ... class Options(TypedDict, total=False):
    ...     "One or the other."
    ...     low: float
    ...     high: float
    >>> from nuanomaly.archive.option_schemas import schema
    >>> schema(Options)["minProperties"]
    1
    """

    def given(options: _Class) -> _Class:
        setattr(options, "__rules__", keywords)  # noqa: B010 -- mypy: no such attribute
        return options

    return given


def one_of(*names: str) -> Callable[[_Class], _Class]:
    """Return what says of a class of options that exactly one of these is needed.

    Examples
    --------
    >>> @one_of("low", "high")
    ... class Options(TypedDict, total=False):
    ...     "One or the other."
    ...     low: float
    ...     high: float
    >>> from nuanomaly.archive.option_schemas import schema
    >>> schema(Options)["oneOf"]
    [{'required': ['low']}, {'required': ['high']}]
    """
    return rules(oneOf=[{"required": [name]} for name in names])


def complete(options: Any, given: Any) -> Any:
    """Return a declaration with the defaults of all that was left out.

    Parameters
    ----------
    options : type
        What the declaration is; what is no mapping or list of declared things stays as it is.
    given : object

    Examples
    --------
    >>> class Options(TypedDict):
    ...     "A factor."
    ...     factor: NotRequired[Annotated[float, {"default": 1.0}]]
    >>> complete(Options, {}), complete(Options, {"factor": 2.0})
    ({'factor': 1.0}, {'factor': 2.0})
    """
    hint = plain(options)
    if get_origin(hint) in (Union, UnionType):
        hint = next((part for part in map(plain, get_args(hint)) if _fits(part, given)), None)
    if isinstance(given, Mapping) and is_typeddict(hint):
        own = {name: bare(field)[1] for name, field in fields(hint).items()}
        left = {name: keywords["default"] for name, keywords in own.items() if "default" in keywords}
        return left | {k: complete(fields(hint)[k], v) if k in own else v for k, v in given.items()}
    if isinstance(given, list) and get_origin(hint) is list:
        return [complete(get_args(hint)[0], item) for item in given]
    if isinstance(given, Mapping) and get_origin(hint) is dict:
        return {name: complete(get_args(hint)[1], item) for name, item in given.items()}
    return given


def completed(parser: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Let a function that reads a declaration, its first argument, find there what was left out too.

    Which options that is says the type of the argument.

    Examples
    --------
    >>> class Options(TypedDict):
    ...     "A factor."
    ...     factor: NotRequired[Annotated[float, {"default": 1.0}]]
    >>> @completed
    ... def build(config: Options, number: float) -> float:
    ...     return config["factor"] * number
    >>> build({}, 3.0)
    3.0
    """

    @wraps(parser)
    def read(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        options = next(iter(fields(parser).values()))
        whole: Any = (complete(options, arguments[0]), *arguments[1:])
        return parser(*whole, **named)

    return read


def classes(options: Any) -> Iterator[Any]:
    """Yield every class of options that a type is made of, each as often as it is met.

    Examples
    --------
    >>> [c.__name__ for c in classes(list[Column])]
    ['Column']
    """
    hint = plain(options)
    if is_typeddict(hint):
        yield hint
        for field in fields(hint).values():
            yield from classes(field)
    else:
        for part in get_args(hint):
            yield from classes(part)


@cache
def fields(options: Any) -> Mapping[str, Any]:
    """Return the options of a class, or arguments of a function, by name, with their types as written.

    Examples
    --------
    >>> list(fields(Bins))
    ['table', 'low', 'high']
    """
    return get_type_hints(options, include_extras=True)


def bare(hint: Any) -> tuple[Any, dict[str, Any]]:
    """Return a type without what stands beside it, and that as keywords of JSON Schema.

    Examples
    --------
    >>> bare(Annotated[Positive, "In m."])
    (<class 'float'>, {'exclusiveMinimum': 0, 'description': 'In m.'})
    """
    keywords: dict[str, Any] = {}
    if get_origin(hint) in (Required, NotRequired):
        hint = get_args(hint)[0]
    if get_origin(hint) is Annotated:
        for said in hint.__metadata__:
            keywords.update({"description": said} if isinstance(said, str) else said)
        hint = hint.__origin__
    return hint, keywords


def plain(hint: Any) -> Any:
    """Return a type without what stands beside it."""
    return bare(hint)[0]


def _fits(options: Any, given: Any) -> bool:
    """Say whether a mapping has all that these options need, and the words that they allow."""
    if not (is_typeddict(options) and isinstance(given, Mapping) and options.__required_keys__ <= set(given)):
        return False
    words = {name: plain(field) for name, field in fields(options).items()}
    return all(
        given[name] in get_args(hint)
        for name, hint in words.items()
        if name in given and get_origin(hint) is Literal
    )
