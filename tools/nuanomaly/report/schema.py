"""Check what the report layer reads and writes against the schemas of the archive."""

from typing import Any

from nuanomaly.archive import schemas
from nuanomaly.archive.errors import NuanomalyError

#: So many findings are told at once.
_SHOWN = 5


def check(document: Any, name: str, where: str) -> None:
    """Raise unless a document is what ``schemas/<name>.schema.json`` asks for.

    Raises
    ------
    NuanomalyError
        With the places in the document and what is wrong there.
    """
    from jsonschema.exceptions import best_match

    found = [best_match([error]) for error in schemas.validator(name).iter_errors(document)]
    if found:
        said = [
            f"{'.'.join(map(str, error.absolute_path)) or 'the document'}: {error.message}" for error in found
        ]
        more = [f"{len(said) - _SHOWN} more such findings"] if len(said) > _SHOWN else []
        raise NuanomalyError(f"{where}: {'; '.join(said[:_SHOWN] + more)}: see schemas/{name}.schema.json")
