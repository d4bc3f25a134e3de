"""A part of a page of the manual that a program writes, between two marks."""


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
