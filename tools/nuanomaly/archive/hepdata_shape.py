"""The shape of a HEPData table: lists, mappings and single values, where the format has them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from nuanomaly.archive import cells
from nuanomaly.archive.errors import NuanomalyError


def refuse_other_shapes(content: Any, file: str) -> None:
    """Refuse a table whose parts are not lists, mappings and single values where the format has them.

    Raises
    ------
    NuanomalyError
        With the first part that is not.
    """
    for problem in _problems(content):
        raise NuanomalyError(f"{file}: is no HEPData table: {problem}")


def refuse_out_of_range(content: Mapping[str, Any], file: str) -> None:
    """Refuse numbers of a table, in quotes or whole ones, that are larger than any float64.

    Raises
    ------
    NuanomalyError
        With row and column of the first.
    """
    for part in ("independent_variables", "dependent_variables"):
        for variable in content.get(part) or ():
            name = (variable.get("header") or {}).get("name", part)
            for row, value in enumerate(variable["values"], 1):
                for number in _numbers(value):
                    try:
                        float(number) if isinstance(number, int) else cells.number(number.strip(" %"))
                    except ValueError:
                        continue
                    except (cells.OutOfRangeError, OverflowError):
                        said = cells.OutOfRangeError(
                            str(number) if isinstance(number, str) else f"{Decimal(number):.3g}"
                        )
                        raise NuanomalyError(f"{file}: row {row} of {name!r}: {said}") from None


def _numbers(value: Mapping[str, Any]) -> Iterator[str | int]:
    """Yield what may be too large among the entries of a value and its errors; the parser saw to floats."""
    errors = value.get("errors") or ()
    sides = [error.get("asymerror") or {} for error in errors]
    for entries in (value, *errors, *sides):
        for key, entry in entries.items():
            if key != "label" and isinstance(entry, str | int):
                yield entry


def _problems(content: Any) -> Iterator[str]:
    if not isinstance(content, Mapping):
        yield "it is no mapping"
        return
    for part in ("independent_variables", "dependent_variables"):
        variables = content.get(part)
        if variables is None and part == "independent_variables":
            continue
        if not isinstance(variables, list):
            yield f"{part} is no list"
            return
        for position, variable in enumerate(variables):
            yield from _variable(variable, f"{part}[{position}]")


def _variable(variable: Any, place: str) -> Iterator[str]:
    if not isinstance(variable, Mapping) or not isinstance(variable.get("values"), list):
        yield f"{place} has no list of values"
        return
    header = variable.get("header")
    if header is not None and (not isinstance(header, Mapping) or not _single(header)):
        yield f"the header of {place} is no mapping of single values"
    qualifiers = variable.get("qualifiers") or []
    if not isinstance(qualifiers, list) or not all(isinstance(q, Mapping) and _single(q) for q in qualifiers):
        yield f"the qualifiers of {place} are no list of mappings"
    for row, value in enumerate(variable["values"]):
        yield from _value(value, f"value {row} of {place}")


def _value(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{place} is no mapping"
        return
    if not _single({k: v for k, v in value.items() if k != "errors"}):
        yield f"{place} is no single value"
    errors = value.get("errors") or []
    if not isinstance(errors, list):
        yield f"the errors of {place} are no list"
        return
    for error in errors:
        sides = error.get("asymerror") if isinstance(error, Mapping) else None
        others = {k: v for k, v in error.items() if k != "asymerror"} if isinstance(error, Mapping) else None
        if others is None or not _single(others) or not isinstance(sides or {}, Mapping):
            yield f"an error of {place} is none"
        elif not _single(sides or {}):
            yield f"a side of an error of {place} is no single value"


def _single(entries: Mapping[Any, Any]) -> bool:
    return not any(isinstance(value, list | Mapping) for value in entries.values())
