"""The uncertainty of the archive itself: how far defensible choices move each headline number.

A comparison declares under ``spread`` its headline and, for each choice (flux model, cross section, a data
set left out, Wilks' theorem or toys, …), the results that stand for the alternatives. All of them are numbers
of the page: nothing is computed here, and no choice has a weight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from nuanomaly.report import drawing, figures
from nuanomaly.report.declaration import Comparison

_COLOURS = ("blue", "vermillion", "green", "orange", "purple", "sky", "grey")


@dataclass(frozen=True)
class Choice:
    """What one choice makes of a headline: its alternatives, lowest to highest."""

    label: str
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Spread:
    """A headline number and its choices."""

    title: str
    link: str
    label: str
    value: float
    choices: tuple[Choice, ...]

    @property
    def low(self) -> float:
        """The lowest value of any choice."""
        return min((self.value, *(c.low for c in self.choices)))

    @property
    def high(self) -> float:
        """The highest value of any choice."""
        return max((self.value, *(c.high for c in self.choices)))


def spreads(results: Iterable[Mapping[str, Any]], declared: Iterable[Comparison]) -> list[Spread]:
    """Return the spread of every built comparison that declares one."""
    metadata = {c.name: c.metadata for c in declared}
    items = []
    for result in results:
        said = metadata.get(result["comparison"], {}).get("spread")
        headline = _number(result, said["key"]) if said else None
        if said and headline is not None:
            link = f"comparisons/{result['comparison']}/report.html"
            choices = tuple(c for entry in said["choices"] for c in _choice(result, entry))
            items.append(Spread(result["title"], link, said["label"], headline, choices))
    return items


def _number(result: Mapping[str, Any], key: str) -> float | None:
    value = result["results"].get(key, {}).get("value")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _choice(result: Mapping[str, Any], entry: Mapping[str, Any]) -> list[Choice]:
    """Return a choice with the results that its patterns fit; none if there is no such number."""
    keys = [k for k in result["results"] if any(fnmatchcase(k, pattern) for pattern in entry["keys"])]
    values = [v for v in (_number(result, key) for key in keys) if v is not None]
    return [Choice(entry["label"], min(values), max(values), len(values))] if values else []


def figure(items: Sequence[Spread]) -> str:
    """Return all headlines, a line each, as an SVG element; a bar for each choice."""
    drawn, axes = figures.new(7.3, 0.9 + 0.62 * len(items))
    colours: dict[str, str] = {}
    for row, spread in enumerate(reversed(items)):
        axes.plot([spread.low, spread.high], [row, row], color="#b0b0b0", linewidth=1.0, zorder=1)
        for k, choice in enumerate(spread.choices):
            colour = colours.setdefault(choice.label, drawing.COLOURS[_COLOURS[len(colours) % len(_COLOURS)]])
            height = row + 0.12 * (k - 0.5 * (len(spread.choices) - 1))
            axes.plot([choice.low, choice.high], [height] * 2, color=colour, linewidth=3.5, alpha=0.8)
        axes.plot(spread.value, row, "D", color="black", markersize=6, zorder=5)
    for label, colour in colours.items():
        axes.plot([], [], color=colour, linewidth=3.5, alpha=0.8, label=label)
    axes.plot([], [], "D", color="black", linestyle="none", markersize=6, label="as quoted")
    axes.set_yticks(range(len(items)), [s.label for s in reversed(items)])
    axes.set(xlabel="σ", ylim=(-0.6, len(items) - 0.4))
    figures.legend(drawn, axes)
    alt = "For each headline a bar for each choice, and the quoted number as a diamond."
    return str(drawing.svg(drawn, "spread", alt))
