"""BibTeX of the papers behind releases."""

from collections.abc import Iterable

from nuanomaly.archive.release import Release


def bibtex(releases: Iterable[Release]) -> str:
    """Return the BibTeX entries of the publications of releases, each once."""
    try:
        from nuanomaly.archive.cite import cite
    except ImportError:
        return ""

    return cite([release.id for release in releases])
