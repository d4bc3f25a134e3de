"""What ``comparisons/explorer.yaml`` lets one choose from: data sets, and for each the releases and modes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.references import releases, split_mode
from nuanomaly.inference.datasets import known_modes
from nuanomaly.likelihood.build import declared_modes
from nuanomaly.report import declaration, schema

FILE = "explorer.yaml"


@dataclass(frozen=True)
class Choice:
    """One way to take a data set.

    Attributes
    ----------
    reference : str
        As the command takes it, ``NAME@VERSION:MODE``.
    title : str
        What the release says of the mode.
    within : tuple of str
        The ranges that it is offered in; empty for all.
    """

    reference: str
    title: str
    within: tuple[str, ...] = ()

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases that it is made of."""
        return releases(self.reference)


@dataclass(frozen=True)
class DataSet:
    """A data set that can be switched on and off.

    Attributes
    ----------
    key, title : str
    side : str
        What it is set against the others with, ``appearance`` or ``disappearance``.
    chosen : tuple of str
        The ranges in which it takes part at first.
    choices : tuple of Choice
        The first one is taken at first.
    critical : mapping
        Where released critical values stand, as declared; empty without.
    """

    key: str
    title: str
    side: str
    chosen: tuple[str, ...]
    choices: tuple[Choice, ...]
    critical: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """The whole declaration.

    Attributes
    ----------
    ranges : mapping of str to (float, float)
        Of Δm²41 in eV², by name; the first one is taken at first.
    mixing : (float, float)
        Of |Ue4|² and |Uμ4|².
    datasets : tuple of DataSet
    """

    ranges: Mapping[str, tuple[float, float]]
    mixing: tuple[float, float]
    datasets: tuple[DataSet, ...]

    @property
    def widest(self) -> tuple[float, float]:
        """From the lowest Δm²41 of any range to the highest, in eV²."""
        return min(low for low, _ in self.ranges.values()), max(high for _, high in self.ranges.values())


def read(file: Path | None = None) -> Declared:
    """Return the declaration.

    Raises
    ------
    NuanomalyError
        If the file is not what its schema asks for, or a choice to begin with is none of the choices.
    UnknownNameError
        For a release that does not exist.
    """
    place = file or declaration.root() / "comparisons" / FILE
    document = yamlio.read(place)
    schema.check(document, "explorer", str(place))
    ranges = {str(name): _pair(limits) for name, limits in document["ranges"].items()}
    items = tuple(_dataset(key, entry, tuple(ranges)) for key, entry in document["datasets"].items())
    return Declared(ranges, _pair(document["mixing"]), items)


def _pair(limits: Sequence[float]) -> tuple[float, float]:
    low, high = limits
    return float(low), float(high)


def _dataset(key: str, entry: Mapping[str, Any], ranges: tuple[str, ...]) -> DataSet:
    within = entry.get("within", {})
    choices = [
        replace(choice, within=tuple(within.get(reference, ())))
        for reference in map(str, entry["releases"])
        for choice in _choices(reference)
    ]
    first = entry.get("first", choices[0].reference)
    if first not in {choice.reference for choice in choices}:
        known = ", ".join(choice.reference for choice in choices)
        raise NuanomalyError(f"{FILE}: {key} begins with {first}, which is none of {known}")
    choices.sort(key=lambda choice: choice.reference != first)
    given = entry.get("chosen", True)
    chosen = tuple(given) if isinstance(given, list) else ranges if given else ()
    named = {*chosen, *(name for choice in choices for name in choice.within)}
    if not named <= set(ranges):
        unknown = ", ".join(sorted(named - set(ranges)))
        raise NuanomalyError(f"{FILE}: {key} names the range {unknown}, which is none of {', '.join(ranges)}")
    return DataSet(
        key,
        entry["title"],
        entry["side"],
        chosen,
        tuple(choices),
        entry.get("critical", {}),
    )


def _choices(reference: str) -> Iterator[Choice]:
    """Yield a release or group in each of its modes, or in the one that is named."""
    name, own = split_mode(reference)
    declared, ordered, _ = declared_modes(load(releases(name)[0]))
    common = known_modes(name)
    for mode in [own] if own else [m for m in ordered if m in common]:
        about = (declared["modes"].get(mode) or {}).get("title") or ""
        yield Choice(name if mode == "default" and not own else f"{name}:{mode}", str(about))
