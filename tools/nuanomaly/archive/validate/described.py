"""What validation says of a release's declaration alone, without its files and the rest of the archive."""

from collections.abc import Sequence
from pathlib import Path

from nuanomaly.archive import paths, schemas
from nuanomaly.archive.validate import likelihoods, metadata, structure
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject, Subject, open_release

#: Findings of a schema that leave the rest of an entry readable.
HARMLESS = {
    "TODO_LEFT",
    "NOT_SEALED",
    "UNKNOWN_KEY",
    "TEXT_RUNS_IN_PAGE",
    "TEXT_CONTROL_CHARACTER",
    "YAML_DUPLICATE_KEY",
}


def findings(folder: Path, schema_folder: Path | None = None) -> list[Finding]:
    """Return what is wrong in a release.yaml: against the schema, in names, units, kinds and references.

    Parameters
    ----------
    folder : pathlib.Path
    schema_folder : pathlib.Path, optional
        The schemas; those of this program if left out, whatever archive the release is in.

    Raises
    ------
    NuanomalyError
        If release.yaml cannot be read as YAML.
    """
    known = schema_folder or paths.own_schemas()
    subject = open_release(folder, folder)
    items = list(structure.check(subject, schemas.validator("release", known)))
    if not isinstance(subject.data, dict) or any(structure.keys_that_are_no_text(subject.data)):
        return items
    broken = broken_entries(subject, items)
    return items + of_sound_entries(subject, broken, known, None)


def of_sound_entries(
    subject: ReleaseSubject, broken: frozenset[str], folder: Path, importers: Sequence[str] | None
) -> list[Finding]:
    """Return the findings beyond the schema; none is looked for in an entry that the schema refused.

    Parameters
    ----------
    subject : ReleaseSubject
    broken : frozenset of str
        Entries of the top level that the schema refused.
    folder : pathlib.Path
        The schemas.
    importers : sequence of str, optional
        Names of the importers there are; None to leave that out.
    """
    items = list(metadata.check(subject, broken, importers))
    return items + list(likelihoods.check(subject, broken, folder))


def broken_entries(subject: Subject, items: Sequence[Finding]) -> frozenset[str]:
    """Return the entries of the top level that hold a finding of the schema."""
    lines = sorted((subject.document.line([key]), key) for key in subject.data)
    broken = set()
    for one in items:
        if one.code not in HARMLESS:
            above = [key for line, key in lines if one.line is not None and line <= one.line]
            broken.add(above[-1] if above else "")
    return frozenset(broken)
