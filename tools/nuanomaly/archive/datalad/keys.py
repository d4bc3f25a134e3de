"""The names under which git-annex knows contents, and where it keeps them.

Source: https://git-annex.branchable.com/internals/key_format/ and …/internals/hashing/; a test compares both
with git-annex itself.
"""

import hashlib

#: Letters that make no words: the digits of git-annex's "mixed" hash, five bits each.
_DIGITS = "0123456789zqjxkmvwgpfZQJXKMVWGPF"


def key(sha256: str, size: int) -> str:
    """Return the key of a content: its hash and size alone, so that equal files are one object.

    Examples
    --------
    >>> key("ab" * 32, 7)[:19]
    'SHA256-s7--abababab'
    """
    return f"SHA256-s{size}--{sha256}"


def lower(key: str) -> str:
    """Return the two folders that bare repositories and the git-annex branch keep a key below."""
    digest = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:3]}/{digest[3:6]}"


def mixed(key: str) -> str:
    """Return the two folders that repositories with a working tree keep a key below.

    They are twenty bits of the first 32 of its MD5: five of every six, each pair of digits swapped.
    """
    digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    word = int.from_bytes(digest[:4], "little")
    a, b, c, d = (_DIGITS[word >> 6 * n & 31] for n in range(4))
    return f"{b}{a}/{d}{c}"


def link(key: str, path: str) -> str:
    """Return what the symbolic link at ``path`` in a dataset points to."""
    up = "../" * path.count("/")
    return f"{up}.git/annex/objects/{mixed(key)}/{key}/{key}"
