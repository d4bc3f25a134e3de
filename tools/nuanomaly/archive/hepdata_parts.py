"""Tables that HEPData takes in parts only: no data file of a submission may exceed 10 MiB."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

#: Bytes of the largest data file that HEPData takes.
LARGEST_FILE = 10 * 1024**2
_PART = re.compile(r"(?P<table>.+) \(part (?P<number>\d+) of (?P<count>\d+)\)")
_SIDES = ("independent_variables", "dependent_variables")


def split(
    table: Mapping[str, Any], dump: Callable[[Any], bytes], largest: int = LARGEST_FILE
) -> list[tuple[bytes, str]]:
    """Return the data files of a table, none larger than a number of bytes, each with the rows it holds.

    Parameters
    ----------
    table : mapping
        As HEPData has it: variables with equally many values.
    dump : callable
        Gives the file of a table.
    largest : int, optional

    Examples
    --------
    >>> table = {"dependent_variables": [{"values": [{"value": v} for v in range(5)]}]}
    >>> [rows for _, rows in split(table, lambda t: str(t).encode(), 80)]
    ['rows 1 to 2 of 5', 'rows 3 to 4 of 5', 'rows 5 to 5 of 5']
    """
    whole = dump(table)
    if len(whole) <= largest:
        return [(whole, "")]
    length = max(len(variable["values"]) for variable in _variables(table))
    count = len(whole) // largest + 1
    while count <= length:
        step = -(-length // count)
        files = [
            (
                dump(_rows(table, start, start + step)),
                f"rows {start + 1} to {min(start + step, length)} of {length}",
            )
            for start in range(0, length, step)
        ]
        if max(len(content) for content, _ in files) <= largest:
            return files
        count += 1
    raise ValueError(f"one row alone takes more than {largest} bytes")


def name(table: str, number: int, count: int) -> str:
    """Return the name of a part of a table; a table of one part has its own name.

    Examples
    --------
    >>> name("events", 2, 3), name("events", 1, 1)
    ('events (part 2 of 3)', 'events')
    """
    return f"{table} (part {number} of {count})" if count > 1 else table


def whole_tables(listed: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the tables that a submission lists, each with its name and the entries of its parts, in order.

    Parts that are not all there, each once, stay tables of their own.

    Examples
    --------
    >>> listed = [{"name": "a (part 2 of 2)"}, {"name": "b (part 1 of 2)"}, {"name": "a (part 1 of 2)"}]
    >>> [(name, len(parts)) for name, parts in whole_tables(listed)]
    [('a', 2), ('b (part 1 of 2)', 1)]
    """
    parts: dict[tuple[str, int], dict[int, Mapping[str, Any]]] = {}
    for entry in listed:
        if match := _match(entry):
            parts.setdefault((match["table"], int(match["count"])), {}).setdefault(
                int(match["number"]), entry
            )
    whole = {
        id(entry): (table, [entries[k] for k in sorted(entries)])
        for (table, count), entries in parts.items()
        if sorted(entries) == list(range(1, count + 1))
        for entry in entries.values()
    }
    tables, taken = [], set[str]()
    for entry in listed:
        table, entries = whole.get(id(entry), (str(entry["name"]), [entry]))
        if id(entry) not in whole or table not in taken:
            tables.append((table, entries))
        if id(entry) in whole:
            taken.add(table)
    return tables


def _match(entry: Mapping[str, Any]) -> re.Match[str] | None:
    return _PART.fullmatch(" ".join(str(entry["name"]).split()))


def joined(contents: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the one table of its parts; a single part is returned as it is.

    Raises
    ------
    ValueError
        If the parts do not have the same variables.
    """
    if len(contents) == 1:
        return contents[0]
    headers = [[variable.get("header") for variable in _variables(content)] for content in contents]
    if any(header != headers[0] for header in headers):
        raise ValueError("its parts do not have the same variables")
    return {
        side: [
            {**variable, "values": [v for content in contents for v in content[side][k]["values"]]}
            for k, variable in enumerate(contents[0].get(side) or ())
        ]
        for side in _SIDES
    }


def _variables(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for side in _SIDES:
        yield from table.get(side) or ()


def _rows(table: Mapping[str, Any], start: int, stop: int) -> dict[str, Any]:
    return {
        side: [{**variable, "values": variable["values"][start:stop]} for variable in table[side]]
        for side in _SIDES
        if side in table
    }
