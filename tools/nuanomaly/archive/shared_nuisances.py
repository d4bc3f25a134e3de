"""Nuisances that several releases share: declared once with an anomaly, each prior with a version of its own.

A release names one as ``{id: gallium-cross-section, shared: bahcall@1, sha256: …}``. A version never changes:
the hash, which the release keeps, is that of the declaration it was released with. A better number is a new
version, which releases name from their next revision on.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from nuanomaly.archive.anomalies import anomalies
from nuanomaly.archive.errors import IntegrityError, UnknownNameError


def declared(pages: Iterable[Mapping[str, Any]] | None = None) -> dict[str, dict[str, dict[str, Any]]]:
    """Return every version of every shared nuisance as an entry of ``nuisances`` in a release.

    Parameters
    ----------
    pages : iterable of mapping, optional
        The anomalies that declare them; those of the checkout if left out.

    Examples
    --------
    >>> declared()["gallium-cross-section"]["bahcall@1"]["plus"]
    0.03614
    """
    return {
        name: {
            version: {"id": name, "meaning": entry["meaning"], **prior}
            for version, prior in entry["versions"].items()
        }
        for page in (anomalies().values() if pages is None else pages)
        for name, entry in (page.get("nuisances") or {}).items()
    }


def fingerprint(entry: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a declaration: of its numbers, its meaning and its source.

    Examples
    --------
    >>> fingerprint(declared()["gallium-cross-section"]["ground-state@1"])[:8]
    '0b09c602'
    """
    text = json.dumps(dict(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def resolved(entry: Mapping[str, Any], release: str) -> Mapping[str, Any]:
    """Return an entry of ``nuisances`` with what is declared once for all releases filled in.

    Raises
    ------
    UnknownNameError
        If there is no such shared nuisance or version.
    IntegrityError
        If the declaration is not the one the release was made with.
    """
    if "shared" not in entry:
        return entry
    known = declared()
    if entry["id"] not in known:
        raise UnknownNameError("shared nuisance", str(entry["id"]), known, release)
    versions = known[entry["id"]]
    if entry["shared"] not in versions:
        raise UnknownNameError(f"version of {entry['id']}", str(entry["shared"]), versions, release)
    whole = versions[entry["shared"]]
    if fingerprint(whole) != entry["sha256"]:
        raise IntegrityError(
            f"{release}: the shared nuisance {entry['id']} {entry['shared']} is not the one the release was "
            "made with: a version never changes; restore it, and declare the new numbers as another version"
        )
    return whole
