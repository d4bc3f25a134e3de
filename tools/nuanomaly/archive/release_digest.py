"""The digest of a release, by which the ledger knows it."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import document

#: What of release.yaml may change after the release: it can be withdrawn.
REVOCABLE = ("state", "retracted")


def digest(folder: Path, files: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of the release in a folder (see :func:`digest_of`)."""
    return digest_of(document.read(folder / "release.yaml"), files)


def digest_of(metadata: document.Document, files: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of a release for the ledger, of its release.yaml and the list of its files.

    It is the sha256 of the lines ``SHA256  PATH`` of all files, where ``release.yaml`` counts without its
    entries ``state`` and ``retracted``: a release may be withdrawn, and nothing else in it may change.
    """
    bare = metadata.remainder(REVOCABLE)
    hashes = {str(f["path"]): str(f["sha256"]) for f in files}
    hashes["release.yaml"] = hashlib.sha256(bare.encode()).hexdigest()
    lines = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
