"""What a shell completes: names of releases and data sets, models and formats.

The program is asked by the shell, which click teaches: see the README. A parameter is recognised by its name,
as the same names mean the same everywhere in the command line.
"""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from nuanomaly.archive.errors import NuanomalyError

Candidates = Callable[[str], Iterable[str]]


class _Completed(click.types.StringParamType):
    """A text, with what it may be."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the candidates that begin as what was typed; none of an archive that cannot be read."""
        try:
            texts = [text for text in self._candidates(incomplete) if text.startswith(incomplete)]
        except NuanomalyError:  # the command itself says so
            texts = []
        return [CompletionItem(text) for text in texts]


def attach(command: click.Command) -> click.Command:
    """Return a command, and those below it, whose parameters complete themselves."""
    for parameter in command.params:
        candidates = _OF_PARAMETERS.get(str(parameter.name))
        if parameter.name == "format" and command.name == "export":
            candidates = _exports
        if candidates is not None and isinstance(parameter.type, click.types.StringParamType):
            parameter.type = _Completed(candidates)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            attach(below)
    return command


def releases(incomplete: str) -> list[str]:
    """Return names of datasets; with versions too once one dataset is left, or a version was begun.

    Examples
    --------
    >>> releases("karm")
    ['karmen', 'karmen@2002-r1']
    """
    known = _versions()
    begun = [name for name in known if name.startswith(incomplete.partition("@")[0])]
    if "@" in incomplete or len(begun) == 1:
        exact = [name for name in begun if "@" not in incomplete or name == incomplete.partition("@")[0]]
        return sorted(text for name in exact for text in (name, *(f"{name}@{v}" for v in known[name])))
    return sorted(begun)


def data_sets(incomplete: str) -> list[str]:
    """Return releases and groups; behind a plus sign, what may be added."""
    from nuanomaly.archive.anomalies import groups

    before, plus, last = incomplete.rpartition("+")
    return [f"{before}{plus}{text}" for text in (*releases(last), *sorted(groups()))]


def models(incomplete: str) -> list[str]:
    """Return the names of models."""
    from nuanomaly.model.registry import models as every

    return sorted(every())


def _versions() -> dict[str, list[str]]:
    """Return ``{dataset: versions}`` of the checkout, or of the catalogue of the program."""
    from nuanomaly.archive import catalog_content, paths, release

    root = paths.checkout()
    if root is not None:
        return {name: list(versions) for name, versions in release.folders(root).items()}
    known: dict[str, list[str]] = {}
    for item in catalog_content.read()["releases"]:
        known.setdefault(str(item["name"]), []).append(str(item["version"]))
    return known


def _formats(incomplete: str) -> list[str]:
    return ["csv", "json", "parquet"]


def _exports(incomplete: str) -> list[str]:
    from nuanomaly.archive import exporting

    return sorted({*exporting.FORMATS, "pyhf"})


_OF_PARAMETERS: dict[str, Candidates] = {
    "reference": releases,
    "references": releases,
    "old": releases,
    "new": releases,
    "dataset": data_sets,
    "datasets": data_sets,
    "model": models,
    "format": _formats,
}
