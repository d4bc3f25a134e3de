"""What the start page puts together: tests of data sets and hypotheses, read from the results of the pages.

``comparisons/overview.yaml`` says which result of which page is which test. Nothing is computed here but the
word for a p-value (see :mod:`.verdicts`), and Monte Carlo comes before Wilks' theorem.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.report import declaration, schema, verdicts

FILE = "comparisons/overview.yaml"
#: What stands in a cell whose page has not been built, or does not record the number any more.
NOT_BUILT, NOT_RECORDED = "not built", "not recorded"
#: Keys of the colours of a tension, by its word; σ beyond which "incompatible" is the strongest colour.
_COLOURS = {"compatible": "agree", "in tension": "strained", "incompatible": "clash"}
STRONGEST = 4.0


@dataclass(frozen=True)
class Number:
    """A test by one method.

    Attributes
    ----------
    p_value, sigma : float or None
    limit : bool
        Whether no toy reached the data: σ is then a lower limit, and ``p_value`` an upper one.
    method : str
        ``Monte Carlo`` or ``Wilks``.
    how : str
        Toys and their seed, or degrees of freedom, as the page records it.
    """

    p_value: float | None
    sigma: float | None
    limit: bool
    method: str
    how: str

    @property
    def text(self) -> str:
        """The number of σ as it stands in a cell."""
        if self.sigma is None:
            return "–"
        return f"{'>' if self.limit else ''}{self.sigma:.1f}σ"


@dataclass(frozen=True)
class Cell:
    """A test of some data: what it is, its numbers, and the page they stand on.

    Attributes
    ----------
    key : str
    of : tuple of str
        Keys of the data sets.
    title : str
    link : str
        The page, from the start page.
    numbers : tuple of Number
        Monte Carlo before Wilks' theorem; empty if the page was not built or records none.
    note : str
        What else a reader must know, such as that the toys are of fewer data.
    hypothesis : str
        Empty for oscillation with one sterile neutrino.
    missing : str
        Why there is no number.
    """

    key: str
    of: tuple[str, ...]
    title: str
    link: str
    numbers: tuple[Number, ...]
    note: str = ""
    hypothesis: str = ""
    missing: str = ""

    @property
    def alone(self) -> bool:
        """Whether it is one data set against no oscillation, which is evidence and no tension."""
        return len(self.of) == 1

    @property
    def first(self) -> Number | None:
        """The number to trust: of the toys where there are some."""
        return self.numbers[0] if self.numbers else None

    @property
    def text(self) -> str:
        """The number of σ to trust, as it stands in a cell."""
        return self.first.text if self.first else self.missing

    @property
    def word(self) -> str:
        """The word of the archive for that number."""
        if self.first is None:
            return self.missing
        return verdicts.evidence(self.first) if self.alone else verdicts.compatibility(self.first)

    @property
    def colour(self) -> str:
        """The class of the cell: evidence from 0 to 3, a tension by its word."""
        if self.first is None or self.first.sigma is None:
            return "empty"
        if self.alone:
            return f"evidence-{sum(self.first.sigma >= limit for limit in (2.0, 3.0, 5.0))}"
        strong = self.word == "incompatible" and self.first.sigma >= STRONGEST
        return "clash-strong" if strong else _COLOURS[self.word]

    @property
    def sentence(self) -> str:
        """All of it, for a tooltip and for a screen reader."""
        if not self.numbers:
            return f"{self.title}: {self.missing}"
        said = "; ".join(
            f"{n.text}, p {'below' if n.limit else '='} {verdicts.probability(n.p_value)} ({n.method})"
            for n in self.numbers
        )
        asked = f" for {self.hypothesis}" if self.hypothesis else ""
        return f"{self.title}: {self.word}{asked}; {said}{f'; {self.note}' if self.note else ''}"


@dataclass(frozen=True)
class Row:
    """A data set: what it says alone, and with each other one."""

    key: str
    title: str
    alone: Cell | None
    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Sector:
    """Rows that one kind of oscillation joins, and what they say together."""

    title: str
    rows: tuple[Row, ...]
    together: Cell | None


@dataclass(frozen=True)
class Overview:
    """All that the start page says first."""

    cells: Mapping[str, Cell]
    sectors: tuple[Sector, ...]
    answer: Cell | None
    declared: Mapping[str, Any]

    @property
    def problems(self) -> list[str]:
        """What a built page no longer records."""
        return [
            f"{FILE}: test {cell.key}: {cell.missing}"
            for cell in self.cells.values()
            if cell.missing.startswith(NOT_RECORDED)
        ]

    def of_comparison(self, name: str) -> list[Cell]:
        """Return the tests whose numbers stand on a page."""
        return [c for c in self.cells.values() if c.link == _link(name)]


def read() -> dict[str, Any]:
    """Return the declaration; an archive without one has no matrix.

    Raises
    ------
    NuanomalyError
        If it is not what its schema asks for, or names a test or data set that it does not declare.
    """
    file = declaration.root() / FILE
    if not file.is_file():
        empty: dict[str, Any] = {key: [] for key in ("sectors", "data", "tests", "questions")}
        return {"schema": "1", **empty, "anomalies": {}}
    document: dict[str, Any] = dict(yamlio.read(file))
    schema.check(document, "overview", str(file))
    tests, rows = ({e["key"] for e in document[key]} for key in ("tests", "data"))
    named = [
        *document["anomalies"].values(),
        *(s["test"] for s in document["sectors"] if "test" in s),
        *(e["test"] for e in document.get("second_part", ())),
        *([document["answer"]["test"]] if "answer" in document else []),
    ]
    for missing in [n for n in named if n not in tests]:
        raise NuanomalyError(
            f"{file}: there is no test {missing!r}: declare it under tests, or correct the name"
        )
    for test in document["tests"]:
        for missing in [name for name in test["of"] if name not in rows]:
            raise NuanomalyError(f"{file}: test {test['key']}: there is no data set {missing!r} under data")
    return document


def overview(results: Iterable[Mapping[str, Any]]) -> Overview:
    """Return the tests of the start page from the results of the pages that were built."""
    declared = read()
    built = {result["comparison"]: result for result in results}
    titles = {entry["key"]: entry["title"] for entry in declared["data"]}
    cells = {entry["key"]: _cell(entry, built, titles) for entry in declared["tests"]}
    sectors = tuple(
        Sector(
            sector["title"],
            tuple(_rows(declared["data"], sector["key"], cells, titles)),
            cells.get(sector.get("test", "")),
        )
        for sector in declared["sectors"]
    )
    answer = declared.get("answer")
    return Overview(cells, sectors, cells[answer["test"]] if answer else None, declared)


def _rows(
    data: Sequence[Mapping[str, str]], sector: str, cells: Mapping[str, Cell], titles: Mapping[str, str]
) -> Iterator[Row]:
    members = [entry["key"] for entry in data if entry["sector"] == sector]
    alone = {cell.of[0]: cell for cell in cells.values() if cell.alone}
    pairs = {frozenset(cell.of): cell for cell in cells.values() if len(cell.of) == 2}
    for key in members:
        with_others = [
            (titles[other], pairs[frozenset(pair)])
            for pair in combinations(titles, 2)
            if key in pair and frozenset(pair) in pairs
            for other in pair
            if other != key
        ]
        yield Row(key, titles[key], alone.get(key), tuple(with_others))


def _cell(
    entry: Mapping[str, Any], built: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]
) -> Cell:
    title = entry.get("title") or " + ".join(titles[key] for key in entry["of"])
    note = "; ".join(filter(None, (entry.get("note", ""), entry.get("without_toys", ""))))
    result = built.get(entry["comparison"])
    numbers: list[Number] = []
    missing = "" if result else NOT_BUILT
    if result is not None:
        for method, key in (("Monte Carlo", entry.get("montecarlo")), ("Wilks", entry["wilks"])):
            one = _number(result["results"], key, method) if key else None
            if key and one is None:
                missing = f"{NOT_RECORDED}: {key}.sigma of {entry['comparison']}"
            elif one is not None:
                numbers.append(one)
    link = _link(entry["comparison"])
    hypothesis = entry.get("hypothesis", "")
    return Cell(entry["key"], tuple(entry["of"]), title, link, tuple(numbers), note, hypothesis, missing)


def _number(results: Mapping[str, Mapping[str, Any]], key: str, method: str) -> Number | None:
    """Return a test that a page recorded; its p-value is the limit where no toy reached the data."""
    sigma = results.get(f"{key}.sigma")
    if sigma is None:
        return None
    limit = bool(results.get(f"{key}.lower-limit", {}).get("value"))
    p_value = results.get(f"{key}.p_value-limit" if limit else f"{key}.p_value", {}).get("value")
    if p_value is None and sigma["value"] is not None:
        p_value = _two_sided(sigma["value"])
    return Number(p_value, sigma["value"], limit, method, sigma.get("method", ""))


def _two_sided(sigma: float) -> float:
    from math import erfc, sqrt

    return erfc(sigma / sqrt(2.0))


def _link(comparison: str) -> str:
    return f"comparisons/{comparison}/report.html"


def word(result: Mapping[str, Any], whole: Overview) -> str:
    """Return the verdict of a page in its shortest form, of two parts where the answer has two.

    The second part says what a larger test leaves of what the data of the page agree on.
    """
    own = str(result["verdict"]["word"]) if result.get("verdict") else ""
    for entry in whole.declared.get("second_part", ()):
        if entry["comparison"] == result["comparison"] and own:
            larger = whole.cells[entry["test"]]
            first = f"{own} with each other" if entry.get("of_each_other") else own
            if larger.word in entry["words"]:
                return f"{first}; {entry['words'][larger.word]} ({larger.text})"
    return own
