"""When data were taken, as the captions of figures say it."""

from collections.abc import Sequence

from nuanomaly.archive.release import Release

#: So many releases are named each with its version; more are grouped.
_FEW = 3


def period(release: Release) -> str:
    """Return the period in which the data of a release were taken, or that no source states it."""
    taken = _taken(release)
    if taken:
        return f"taken {taken}"
    return f"published {_published(release)}, end of data taking not stated"


def periods(releases: Sequence[Release]) -> str:
    """Return the periods of the releases that a figure shows, as a sentence without its full stop.

    Examples
    --------
    >>> from nuanomaly.archive.loading import load
    >>> print(periods([load(name) for name in ("karmen", "lsnd", "icarus", "opera")]).replace("; ", "\\n"))
    Data taken: KARMEN 1997-02 to 2001-03, LSND 1993 to 1998
    end of data taking not stated, published: ICARUS 2014, OPERA 2016
    """
    if len(releases) <= _FEW:
        return "Data: " + "; ".join(f"{_named(r, True)} {period(r)}" for r in releases)
    names = [r.metadata["experiment"] for r in releases]
    known, unknown = [], []
    for release, name in zip(releases, names, strict=True):
        said, taken = _named(release, names.count(name) > 1), _taken(release)
        known += [f"{said} {taken}"] if taken else []
        unknown += [] if taken else [f"{said} {_published(release)}"]
    parts = [f"Data taken: {', '.join(known)}"] if known else []
    if unknown:
        parts.append(f"{'e' if parts else 'E'}nd of data taking not stated, published: {', '.join(unknown)}")
    return "; ".join(parts)


def _named(release: Release, version: bool) -> str:
    name = str(release.metadata["experiment"])
    return f"{name} ({release.id})" if version else name


def _taken(release: Release) -> str:
    """Return from when to when, empty if no source states the end."""
    taking = release.metadata.get("data_taking") or {}
    if not taking.get("to"):
        return ""
    return f"{taking['from']} to {taking['to']}" if taking.get("from") else f"until {taking['to']}"


def _published(release: Release) -> str:
    year = max((p["year"] for p in release.metadata["publications"] if p["role"] == "primary"), default="")
    return str(release.metadata.get("released", year))
