"""Everything after data and model has a name: what is said to a call that still counts its arguments."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, ParamSpec, TypeVar, Unpack

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.notebooks import shown_in_notebooks
from nuanomaly.inference.question import Question, Settings
from nuanomaly.likelihood.interface import Likelihood

_P = ParamSpec("_P")
_T = TypeVar("_T")


class PositionalArgumentError(NuanomalyError, TypeError):
    """An argument that has to be named was given by its place."""


def named_after(
    count: int, *former: str, hints: Mapping[type, str] | None = None
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Make a function refuse more than ``count`` arguments without a name, with the call to write instead.

    In a notebook it shows its progress. Settings of a question that it takes together (``**settings``) are
    arguments of their own in its signature, with the defaults of a question.

    Parameters
    ----------
    former : str
        The names of the further arguments in the order of version 0.1.
    hints : mapping
        Other names that a first argument of a type may have been meant for.

    Examples
    --------
    >>> @named_after(2, "fixed", "grid", hints={dict: "grid"})
    ... def fit(data, model, *, fixed=None, grid=None): ...
    >>> fit("karmen", "2nu-mue", {"dm2_41": 5})
    Traceback (most recent call last):
    nuanomaly.inference.keywords.PositionalArgumentError: fit() takes no third argument without its name (in \
version 0.1 it was `fixed`): write fit('karmen', '2nu-mue', fixed={'dm2_41': 5}) or \
fit('karmen', '2nu-mue', grid={'dm2_41': 5})
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        setattr(function, "__signature__", _one_by_one(function))  # noqa: B010 -- mypy: no such attribute
        shown = shown_in_notebooks(function)

        @wraps(function)
        def called(*args: _P.args, **keywords: _P.kwargs) -> _T:
            if len(args) > count:
                raise PositionalArgumentError(_said(function.__name__, args, count, former, hints or {}))
            return shown(*args, **keywords)

        return called

    return decorate


def _one_by_one(function: Callable[..., Any]) -> Signature:
    """Return the signature of a function with each setting of a question that it takes.

    Examples
    --------
    >>> def fit(data, model, *, seed=0, **settings: Unpack[Settings]): ...
    >>> _one_by_one(fit)  # doctest: +ELLIPSIS
    <Signature (data, model, *, fixed: ... = None, grid: ... = None, mode: ... = None, allow_overlap: bool = \
False, leave_out: bool = False, seed=0)>
    """
    own, asked = signature(function), signature(Question).parameters
    kept = [p for p in own.parameters.values() if p.annotation != Unpack[Settings]]
    if len(kept) == len(own.parameters):
        return own
    first = next((k for k, p in enumerate(kept) if p.kind is Parameter.KEYWORD_ONLY), len(kept))
    settings = [asked[name] for name in Settings.__annotations__]
    return own.replace(parameters=[*kept[:first], *settings, *kept[first:]])


_ORDINALS = {1: "second", 2: "third", 3: "fourth"}


def _said(
    name: str, args: tuple[Any, ...], count: int, former: tuple[str, ...], hints: Mapping[type, str]
) -> str:
    first = ", ".join(_short(a) for a in args[:count])
    given = args[count : count + len(former)]
    known = former[: len(given)]
    calls = [f"{name}({first}, {', '.join(f'{k}={_short(v)}' for k, v in zip(known, given, strict=True))})"]
    for kind, other in hints.items():
        if len(given) == 1 and isinstance(given[0], kind) and other != known[0]:
            calls.append(f"{name}({first}, {other}={_short(given[0])})")
    return (
        f"{name}() takes no {_ORDINALS[count]} argument without its name (in version 0.1 it was "
        f"`{former[0]}`): write {' or '.join(calls)}"
    )


def _short(value: Any) -> str:
    """Return how a value is written in a call, if that is short."""
    written = repr(value)
    if isinstance(value, Likelihood):
        return repr(value.release)
    return written if len(written) <= 60 else "…"
