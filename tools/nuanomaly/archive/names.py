"""Names of releases: ``miniboone-nue@2020-r1`` is upstream release 2020, revision 1 of our own form."""

import re
from collections.abc import Iterable, Mapping

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
#: Letters of a name that is made of a text.
_LONGEST = 80
VERSION = re.compile(r"(?P<label>[0-9a-z][0-9a-z.]*)-r(?P<revision>[1-9][0-9]*)")


def split(reference: str) -> tuple[str, str | None]:
    """Return name and version (or None) of ``NAME[@VERSION]``.

    Raises
    ------
    NuanomalyError
        If the text has not that form.

    Examples
    --------
    >>> split("miniboone-nue@2020"), split("best")
    (('miniboone-nue', '2020'), ('best', None))
    """
    name, at, version = reference.partition("@")
    if not NAME.fullmatch(name) or (at and not re.fullmatch(r"[0-9a-z][0-9a-z.-]*", version)):
        raise NuanomalyError(
            f"{reference!r} is not a release: write NAME or NAME@VERSION, such as miniboone-nue@2020"
        )
    return name, version or None


def sort_key(version: str) -> tuple[tuple[int, ...], str, int]:
    """Return what orders versions: ``2020-r2`` after ``2020-r1``, ``2020-r1`` after ``2018-r3``.

    Examples
    --------
    >>> sorted(["2020-r10", "2018-r1", "2020-r9"], key=sort_key)
    ['2018-r1', '2020-r9', '2020-r10']
    """
    match = VERSION.fullmatch(version)
    if not match:
        raise NuanomalyError(f"{version!r} is not a version: write LABEL-rN, such as 2020-r1")
    label = match["label"]
    return tuple(int(n) for n in re.findall(r"\d+", label)), label, int(match["revision"])


def fits(wanted: str | None, version: str) -> bool:
    """Return whether a version is what is wanted: that version, its label, or any.

    Examples
    --------
    >>> fits("2020", "2020-r1"), fits(None, "2020-r1"), fits("2020-r2", "2020-r1")
    (True, True, False)
    """
    return wanted in (None, version, version.rpartition("-r")[0])


def resolve(name: str, wanted: str | None, versions: Iterable[str]) -> str:
    """Return the newest of ``versions`` that ``wanted`` (a version, a label, or None for any) names.

    Raises
    ------
    UnknownNameError
        If there is none.

    Examples
    --------
    >>> resolve("x", "2020", ["2018-r1", "2020-r1", "2020-r2"])
    '2020-r2'
    """
    known = sorted(versions, key=sort_key)
    meant = [version for version in known if fits(wanted, version)]
    if not meant:
        raise UnknownNameError("version", f"{name}@{wanted}", [f"{name}@{v}" for v in known])
    return meant[-1]


def has(name: str, wanted: str | None, versions: Iterable[str]) -> bool:
    """Return whether one of the versions is what is wanted.

    Examples
    --------
    >>> has("x", "2020", ["2020-r1"]), has("x", None, []), has("x", "2020-r2", ["2020-r1"])
    (True, False, False)
    """
    try:
        return bool(resolve(name, wanted, versions))
    except UnknownNameError:
        return False


def choose(name: str, wanted: str | None, states: Mapping[str, str]) -> str:
    """Return the newest version that is asked for: of a label, or of all, the newest released, if any.

    Parameters
    ----------
    states : mapping
        ``{version: state}``.

    Raises
    ------
    UnknownNameError
        If there is none.

    Examples
    --------
    >>> states = {"2018-r1": "released", "2018-r2": "draft", "2020-r1": "draft"}
    >>> choose("x", None, states), choose("x", "2018", states), choose("x", "2018-r2", states)
    ('2018-r1', '2018-r1', '2018-r2')
    >>> choose("x", "2020", states)
    '2020-r1'
    """
    released = [v for v, state in states.items() if state == "released" and fits(wanted, v)]
    return resolve(name, wanted, released or states)


def safe_path(path: object) -> str:
    """Return a path that stays below the folder it is joined to, on every system; refuse any other.

    Raises
    ------
    NuanomalyError
        For an absolute path, ``..``, a hidden file, a backslash, a reserved or overlong name.

    Examples
    --------
    >>> safe_path("surfaces/nu.parquet")
    'surfaces/nu.parquet'
    >>> safe_path("../../.bashrc")
    Traceback (most recent call last):
    nuanomaly.archive.errors.NuanomalyError: the path '../../.bashrc' is unsafe: ...
    """
    if not is_safe(path):
        raise NuanomalyError(
            f"the path {path!r} is unsafe: files of a release are named by letters, digits, "
            "'.', '_', '+' and '-', below its own folder"
        )
    return str(path)


def is_safe(path: object) -> bool:
    """Return whether :func:`safe_path` takes a path.

    Examples
    --------
    >>> is_safe("Table1.yaml"), is_safe("Table 1 (left).yaml"), is_safe("aux.yaml")
    (True, False, False)
    """
    parts = path.split("/") if isinstance(path, str) else [""]
    return len(parts) <= 8 and all(
        _PART.fullmatch(part) and not part.endswith(".") and part.partition(".")[0].lower() not in _RESERVED
        for part in parts
    )


def free(text: str, taken: set[str]) -> str:
    """Return a name like a text, which a file of a release may have and no other one has; it is taken then.

    Examples
    --------
    >>> taken = set()
    >>> free("rates", taken), free("rates", taken), free("aux", taken), len(free("x" * 300, taken))
    ('rates', 'rates-2', 'aux-1', 80)
    """
    stem = text[:_LONGEST].rstrip("-_")
    stem = f"{stem}-1" if stem.lower() in _RESERVED else stem
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name)
    return name
