"""A comparison as it is declared in ``comparisons/<name>/comparison.yaml``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from nuanomaly.archive import paths, yamlio
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release
from nuanomaly.report import schema

#: The declaration, in the folder of a comparison.
FILE = "comparison.yaml"


@dataclass(frozen=True)
class DataSet:
    """One side of a comparison: pinned releases, the mode and the model they are read in."""

    key: str
    title: str
    releases: tuple[str, ...]
    mode: str | None
    model: str


@dataclass(frozen=True)
class Comparison:
    """A folder ``comparisons/<name>``: declaration and notebook.

    Attributes
    ----------
    name : str
    folder : pathlib.Path
        Holds ``comparison.yaml`` and ``report.py``.
    metadata : mapping
        The whole of ``comparison.yaml``.
    datasets : mapping of str to DataSet
        What is compared, by the key the report uses.
    also_shown : tuple of str
        Pinned releases beside the test.
    own : mapping of str to pathlib.Path
        Where releases of one's own are, by ``NAME@VERSION``: nobody else has them.
    """

    name: str
    folder: Path
    metadata: Mapping[str, Any] = field(repr=False, compare=False)
    datasets: Mapping[str, DataSet] = field(repr=False, compare=False)
    also_shown: tuple[str, ...] = ()
    own: Mapping[str, Path] = field(default_factory=dict, compare=False)

    def reference(self, id: str) -> str:
        """Return how a pinned release is loaded: by its name, or by the folder that only its owner has."""
        return f"{self.own[id]}/" if id in self.own else id

    def load(self, id: str) -> Release:
        """Return a pinned release."""
        return load(self.reference(id))

    def model_reference(self, name: str) -> str:
        """Return how a model is called: a model file lies in the folder of the comparison."""
        return str(self.folder / name) if ".py:" in name else name

    @property
    def title(self) -> str:
        """One line."""
        return str(self.metadata["title"])

    @property
    def notebook(self) -> Path:
        """The report's source, a jupytext percent script."""
        return self.folder / "report.py"

    @property
    def pinned(self) -> tuple[str, ...]:
        """Every release the page uses, each once, those under test first."""
        tested = (r for dataset in self.datasets.values() for r in dataset.releases)
        return tuple(dict.fromkeys((*tested, *self.also_shown)))

    def releases(self) -> tuple[Release, ...]:
        """Return the pinned releases.

        Raises
        ------
        UnknownNameError
            If the archive does not hold one of them.
        """
        return tuple(self.load(reference) for reference in self.pinned)

    def approximations(self) -> list[tuple[str, str]]:
        """Return what the releases under test declare to be approximate, in the mode they are used in."""
        items = []
        for dataset in self.datasets.values():
            for reference in dataset.releases:
                reason = _approximate(self.load(reference), dataset.mode)
                if reason:
                    items.append((reference, reason))
                if reference in self.own:
                    items.append((reference, "a private release, which nobody but its owner can check"))
        return items

    def dataset(self, key: str) -> DataSet:
        """Return one side of the comparison.

        Raises
        ------
        UnknownNameError
            If ``comparison.yaml`` declares no such data set.
        """
        if key not in self.datasets:
            raise UnknownNameError("data set", key, self.datasets, f"comparison {self.name}")
        return self.datasets[key]


def _approximate(release: Release, mode: str | None) -> str:
    """Return why the likelihood of a release in a mode is approximate; empty if it is not."""
    declared = release.metadata.get("likelihood") or {}
    modes = declared.get("modes", {})
    chosen = mode if mode in modes else declared.get("default_mode", next(iter(modes), ""))
    reason = (modes.get(chosen) or {}).get("approximate", declared.get("approximate", ""))
    return str(reason).rstrip(".")


def root() -> Path:
    """Return the checkout.

    Raises
    ------
    NuanomalyError
        Outside a checkout: comparisons are not part of the installed package.
    """
    path = paths.checkout()
    if path is None:
        raise NuanomalyError(
            "comparisons are built in a checkout of the archive: run this there, or set $NUANOMALY_ARCHIVE"
        )
    return path


def folders() -> dict[str, Path]:
    """Return the folders below ``comparisons/`` that have a ``comparison.yaml``, by name."""
    return {file.parent.name: file.parent for file in sorted(root().glob("comparisons/*/comparison.yaml"))}


def read(folder: Path) -> Comparison:
    """Return the comparison in a folder.

    Raises
    ------
    NuanomalyError
        With file and place, if ``comparison.yaml`` is not what its schema asks for.
    """
    file = folder / FILE
    metadata = yamlio.read(file)
    schema.check(metadata, "comparison", str(file))
    if metadata["name"] != folder.name:
        raise NuanomalyError(
            f"{file}: name is {metadata['name']!r}, the folder is {folder.name!r}: make them agree"
        )
    datasets = {
        key: DataSet(
            key,
            entry["title"],
            tuple(entry["releases"]),
            entry.get("mode"),
            entry.get("model", metadata["model"]),
        )
        for key, entry in metadata["datasets"].items()
    }
    return Comparison(folder.name, folder, metadata, datasets, tuple(metadata.get("also_shown", ())))


def check_names(comparison: Comparison) -> None:
    """Refuse releases, modes, models and parameters of a declaration that are none, before anything runs.

    Raises
    ------
    NuanomalyError
        With file and place.
    """
    # to say that all pages stand needs neither
    from nuanomaly.likelihood.build import likelihood
    from nuanomaly.model.registry import model

    metadata, file = comparison.metadata, comparison.folder / FILE

    def said(place: str, asked: Callable[[], Any]) -> Any:
        try:
            return asked()
        except NuanomalyError as error:
            raise error.at(f"{file}: {place}") from error

    releases = []
    for key, entry in comparison.datasets.items():
        own = [said(f"datasets.{key}", partial(comparison.load, reference)) for reference in entry.releases]
        modes = {mode for one in own for mode in (one.metadata.get("likelihood") or {}).get("modes", {})}
        if entry.mode is not None and entry.mode not in modes:
            unknown = UnknownNameError("mode", entry.mode, modes, ", ".join(entry.releases))
            raise NuanomalyError(f"{file}: datasets.{key}.mode: {unknown}")
        releases += own
    for reference in comparison.also_shown:
        said("also_shown", partial(comparison.load, reference))
    known = {
        parameter.name
        for name in {metadata["model"], *(entry.model for entry in comparison.datasets.values())}
        for parameter in said("model", partial(model, comparison.model_reference(name))).parameters
    }
    if any(release.metadata["sector"] == "cevns" for release in releases):
        return  # those of the interaction are parameters as well
    if not known.issuperset(metadata.get("parameters", {})):
        for entry in comparison.datasets.values():
            for reference in entry.releases:
                if "likelihood" not in comparison.load(reference).metadata:
                    continue  # its tables are read, and nothing is fitted
                own_parameters = likelihood(
                    comparison.reference(reference), entry.mode
                ).interaction_parameters
                known |= {parameter.name for parameter in own_parameters}
    for name in metadata.get("parameters", {}):
        if name not in known:
            raise NuanomalyError(f"{file}: parameters: {UnknownNameError('parameter', name, known)}")


def comparisons(names: list[str] | None = None) -> list[Comparison]:
    """Return the comparisons of the checkout, or those named.

    Raises
    ------
    UnknownNameError
        If there is none of a name.
    """
    known = folders()
    for name in names or ():
        if name not in known:
            raise UnknownNameError("comparison", name, known)
    return [read(folder) for name, folder in known.items() if not names or name in names]
