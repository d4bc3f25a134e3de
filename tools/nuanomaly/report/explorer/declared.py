"""What ``comparisons/explorer.yaml`` lets one choose from: data sets, and for each the releases and modes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.references import releases, split_mode
from nuanomaly.archive.release import load
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
    """

    reference: str
    title: str

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
    chosen : bool
        Whether it takes part at first.
    choices : tuple of Choice
        The first one is taken at first.
    critical : mapping
        Where released critical values stand, as declared; empty without.
    """

    key: str
    title: str
    side: str
    chosen: bool
    choices: tuple[Choice, ...]
    critical: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """The whole declaration.

    Attributes
    ----------
    dm2 : (float, float)
        In eV².
    mixing : (float, float)
        Of |Ue4|² and |Uμ4|².
    datasets : tuple of DataSet
    """

    dm2: tuple[float, float]
    mixing: tuple[float, float]
    datasets: tuple[DataSet, ...]


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
    limits = document["range"]
    items = tuple(_dataset(key, entry) for key, entry in document["datasets"].items())
    low, high = limits["dm2_41"]
    return Declared(
        (float(low), float(high)), (float(limits["mixing"][0]), float(limits["mixing"][1])), items
    )


def _dataset(key: str, entry: Mapping[str, Any]) -> DataSet:
    choices = [choice for reference in entry["releases"] for choice in _choices(str(reference))]
    first = entry.get("first", choices[0].reference)
    if first not in {choice.reference for choice in choices}:
        known = ", ".join(choice.reference for choice in choices)
        raise NuanomalyError(f"{FILE}: {key} begins with {first}, which is none of {known}")
    choices.sort(key=lambda choice: choice.reference != first)
    return DataSet(
        key,
        entry["title"],
        entry["side"],
        entry.get("chosen", True),
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
