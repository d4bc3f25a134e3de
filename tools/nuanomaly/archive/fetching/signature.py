"""Signatures of an index: who published a mirror, by Ed25519 keys that the user names.

The installed program knows the releases of its own ledger. What a mirror has beyond them is taken if its
``index.json``, which carries the ledger of the archive it was made from, is signed with a key that the user
trusts (``$NUANOMALY_KEYS``: files with public keys in PEM, separated as paths are), and that ledger says the
same of every release that ours knows. The signature, 64 bytes in base64, is ``index.json.sig`` beside it.

Keys are those of ``openssl genpkey -algorithm ed25519``; the package ``cryptography`` does the arithmetic
(``pip install "nuanomaly[signing]"``).
"""

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

#: What lies beside ``index.json``.
FILE = "index.json.sig"
_KEYS = "NUANOMALY_KEYS"


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
