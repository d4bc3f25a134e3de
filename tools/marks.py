"""What programs write into the manual: part of a page, between two marks, and tables with a checksum."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def between(page: str, marks: tuple[str, str], content: str) -> str:
    """Return a page with what stands between its two marks written anew, on lines of its own.

    Raises
    ------
    ValueError
        If the page has no such marks.

    Examples
    --------
    >>> between("a <1> old <2> z", ("<1>", "<2>"), "new")
    'a <1>\\nnew\\n<2> z'
    """
    head, _, rest = page.partition(marks[0])
    _, mark, tail = rest.partition(marks[1])
    if not mark:
        raise ValueError(f"the page has no marks {marks[0]} … {marks[1]}")
    return f"{head}{marks[0]}\n{content}\n{marks[1]}{tail}"


def checksum(content: Mapping[str, Any]) -> str:
    """Return the checksum of what a program stores, of everything but itself.

    Examples
    --------
    >>> checksum({"rows": [], "sha256": "x"}) == checksum({"rows": []})
    True
    """
    rest = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
