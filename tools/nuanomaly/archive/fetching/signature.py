"""Signatures of an index: who published a mirror, by Ed25519 keys that the user names.

The installed program knows the releases of its own ledger. What a mirror has beyond them is taken if its
``index.json``, which carries the ledger of the archive it was made from, is signed with a key that the user
trusts (``$NUANOMALY_KEYS``: files with public keys in PEM, separated as paths are), and that ledger says the
same of every release that ours knows. The signature, 64 bytes in base64, is ``index.json.sig`` beside it.

An index that proved a release is kept beside what was fetched (``.nuanomaly/signed``), so that the release is
compared with its ledger whenever it is loaded, as others are with that of the program.

Keys are those of ``openssl genpkey -algorithm ed25519``; the package ``cryptography`` does the arithmetic
(``pip install "nuanomaly[signing]"``).
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

#: What lies beside ``index.json``.
FILE = "index.json.sig"
_KEYS = "NUANOMALY_KEYS"
#: Where indices that proved a release are kept, below a cache or a folder that was fetched into.
_KEPT = Path(".nuanomaly") / "signed"


def key_files() -> list[Path]:
    """Return the files of public keys that the user trusts."""
    texts = os.environ.get(_KEYS, "").split(os.pathsep)
    return [Path(text).expanduser() for text in texts if text.strip()]


def sign(content: bytes, key_file: Path) -> bytes:
    """Return the signature of an index.

    Parameters
    ----------
    content : bytes
        The index as it is published.
    key_file : pathlib.Path
        An Ed25519 private key in PEM, without a password.

    Raises
    ------
    NuanomalyError
        If the file is no such key, or ``cryptography`` is not installed.
    """
    _needed()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NuanomalyError(f"{key_file}: is no private key in PEM without a password ({error})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NuanomalyError(
            f"{key_file}: is no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`"
        )
    return base64.b64encode(key.sign(content)) + b"\n"


def verify(content: bytes, signature: bytes, files: Sequence[Path]) -> None:
    """Refuse an index that none of the user's keys signed.

    Raises
    ------
    NuanomalyError
        If the signature is by none of the keys, or a key cannot be read.
    """
    from cryptography.exceptions import InvalidSignature

    keys = [_public(file) for file in files]
    try:
        proof = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise NuanomalyError(f"{FILE} is no signature") from None
    for key in keys:
        try:
            key.verify(proof, content)
        except InvalidSignature:
            continue
        return
    raise NuanomalyError(f"{FILE} is by none of the keys that ${_KEYS} names")


def extends(signed: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Return the first release of which a signed ledger says another thing than ours; empty if there is none.

    Examples
    --------
    >>> extends({"best@2022-r1": "a", "best@2026-r1": "b"}, {"best@2022-r1": "a"})
    ''
    >>> extends({"best@2022-r1": "c"}, {"best@2022-r1": "a"})
    'best@2022-r1'
    """
    return next((release for release, digest in sorted(ours.items()) if signed.get(release) != digest), "")


def keep(root: Path, content: bytes, proof: bytes) -> None:
    """Keep a signed index below a folder of releases; one that is there already is not written again.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    file = root / _KEPT / f"{hashlib.sha256(content).hexdigest()[:16]}.json"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file.with_suffix(".sig"), proof)
        write_atomically(file, content)


def kept(root: Path, ours: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the signed indices below a folder of releases know, by their ledgers.

    Each is compared with the user's keys anew, and with our ledger; one that is by none of the keys, is
    damaged or contradicts ours proves nothing.
    """
    known: dict[str, str] = {}
    keys = tuple(key_files())
    for file in sorted((root / _KEPT).glob("*.json")) if keys else ():
        ledger = _ledger(file, file.stat().st_mtime_ns, keys)
        if not extends(ledger, ours):
            known |= ledger
    return known


@lru_cache(maxsize=8)
def _ledger(file: Path, mtime_ns: int, keys: tuple[Path, ...]) -> Mapping[str, str]:
    """Return the ledger of an index that was kept; empty if it is not signed by one of the keys."""
    try:
        content = file.read_bytes()
        verify(content, file.with_suffix(".sig").read_bytes(), keys)
        ledger = json.loads(content)["ledger"]
        return {str(release): str(digest) for release, digest in ledger.items()}
    except (NuanomalyError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _public(file: Path) -> "Ed25519PublicKey":
    _needed()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise NuanomalyError(f"{file}: is no public key in PEM ({error}): see ${_KEYS}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise NuanomalyError(f"{file}: is no Ed25519 key: see ${_KEYS}")
    return key


def _needed() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise NuanomalyError('signatures need cryptography: pip install "nuanomaly[signing]"') from None
