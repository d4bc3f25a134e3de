"""Texts of a table that readers take for numbers: identifiers that carry no letter.

A CSV file does not say that 2003.10630 is the number of a preprint. Readers that guess types cell by cell
(spreadsheets) or column by column (pandas, and with it mlcroissant) make 2003.1063 of it, 120000 of the run
12E4, and 7 of the channel 007; they take NA for a gap. A prefix keeps such a text what it is. Years, and
other whole numbers that are written as numbers are, lose nothing and are left alone.
"""

import math
import re
from collections.abc import Iterator

import numpy as np

from nuanomaly.archive.tables import expand_columns
from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject

#: A number as readers of CSV know it, without the blanks around it.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
#: Words that pandas takes for a gap, in these letters; an empty text is one that is meant.
_GAPS = {"NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None"}
_GAPS |= {"1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
#: Words that make a column one of numbers or truths, if there are no others in it.
_LIKE_NUMBERS = {"inf", "-inf", "infinity", "-infinity", "true", "false"}


def retyped(text: str) -> str:
    """Return what a reader that guesses makes of a text; the text itself if it survives.

    Examples
    --------
    >>> [retyped(text) for text in ("2003.10630", "007", "12E4", "10.1103", "1998")]
    ['2003.1063', '7', '120000', '10.1103', '1998']
    >>> retyped("arXiv:2003.10630"), retyped("N/A"), retyped("10.1103/PhysRevD.105.072001")
    ('arXiv:2003.10630', 'a gap', '10.1103/PhysRevD.105.072001')
    """
    bare = text.strip()
    if bare in _GAPS:
        return "a gap"
    if not _NUMBER.fullmatch(bare):
        return text
    number = float(bare)
    whole = math.isfinite(number) and number == int(number) and abs(number) < 1e15
    return str(int(bare)) if re.fullmatch(r"[+-]?\d+", bare) else str(int(number) if whole else number)


def check(subject: ReleaseSubject, table: str, content: Content) -> Iterator[Finding]:
    """Yield the first text of each column that a reader changes, and columns that are all fractions.

    Parameters
    ----------
    subject : ReleaseSubject
    table : str
    content : Content
        Its content.
    """
    for column in expand_columns(subject.declared[table]["columns"]):
        if column.type != "string" or column.name not in content:
            continue
        values = content[column.name]
        texts = [text for text in dict.fromkeys(values.tolist()) if text]
        changed = [text for text in texts if retyped(text) != text]
        if changed:
            first = changed[0]
            more = f"; so for {len(changed) - 1} more" if len(changed) > 1 else ""
            message = f"a reader that guesses types makes {retyped(first)} of {first!r}{more}"
        elif not all(map(str.isdigit, texts)) and all(_like_a_number(text.strip()) for text in texts):
            first = texts[0]
            message = (
                f"all texts of the column are like {first!r}, and readers take them for numbers or truths"
            )
        else:
            continue
        row = int(np.flatnonzero(values == first)[0])
        yield subject.in_table("TEXT_LOOKS_LIKE_NUMBER", table, message, row=row, column=column.name)


def _like_a_number(text: str) -> bool:
    return text.lower() in _LIKE_NUMBERS or _NUMBER.fullmatch(text) is not None
