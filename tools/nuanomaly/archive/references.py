"""What names data: a release, a group, a folder with a release of one's own, and sums of these."""

from pathlib import Path

from nuanomaly.archive.anomalies import groups
from nuanomaly.archive.errors import NuanomalyError


def terms(reference: str) -> tuple[str, ...]:
    """Return what a sum is made of; a single name or folder is a sum of one.

    Raises
    ------
    NuanomalyError
        If a term is empty.

    Examples
    --------
    >>> terms("lsnd+karmen+reactor-rates:summation"), terms("best@2022")
    (('lsnd', 'karmen', 'reactor-rates:summation'), ('best@2022',))
    """
    if is_folder(reference) and Path(split_mode(reference)[0]).is_dir():
        return (reference,)  # a path may hold a plus sign
    texts = tuple(part.strip() for part in reference.split("+"))
    if not all(texts):
        raise NuanomalyError(f"{reference!r}: write a sum as NAME+NAME, such as lsnd+karmen")
    return texts


def releases(reference: str) -> tuple[str, ...]:
    """Return the releases that a name stands for: sums and groups taken apart, modes left out.

    Examples
    --------
    >>> releases("gallium+danss@2018")
    ('gallex@2010-r1', 'sage@2006-r1', 'best@2022-r1', 'danss@2018')
    """
    known = groups()
    names = [split_mode(term)[0] for term in terms(reference)]
    return tuple(member for name in names for member in known.get(name, (name,)))


def split_mode(reference: str) -> tuple[str, str | None]:
    """Return data set and mode of ``NAME[@VERSION][:MODE]``, or of a folder (whose name may hold a colon).

    Examples
    --------
    >>> split_mode("miniboone-nue@2020:combined"), split_mode("./my:data/mine/1-r1:nu")
    (('miniboone-nue@2020', 'combined'), ('./my:data/mine/1-r1', 'nu'))
    """
    if "/" in reference and Path(reference).is_dir():
        return reference, None
    folder, slash, name = reference.rpartition("/")
    name, _, mode = name.partition(":")
    return f"{folder}{slash}{name}", mode or None


def is_folder(reference: str) -> bool:
    """Return whether a data set is named by its folder: such a name has a slash, or is ``.``.

    Examples
    --------
    >>> is_folder("./mine"), is_folder("."), is_folder("best")
    (True, True, False)
    """
    return "/" in reference or split_mode(reference)[0] in (".", "..")
