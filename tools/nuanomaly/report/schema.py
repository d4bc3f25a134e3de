"""Check what the report layer reads and writes against the schemas of the archive."""

from typing import Any

from nuanomaly.archive import schemas
from nuanomaly.archive.errors import NuanomalyError


def check(document: Any, name: str, where: str) -> None:
    """Raise unless a document is what ``schemas/<name>.schema.json`` asks for.

    Raises
    ------
    NuanomalyError
        With the place in the document and what is wrong there.
    """
    from jsonschema.exceptions import best_match

    errors = list(schemas.validator(name).iter_errors(document))
    worst = best_match(errors)
    if worst is not None:
        place = ".".join(map(str, worst.absolute_path)) or "the document"
        more = f" ({len(errors) - 1} more such findings)" if len(errors) > 1 else ""
        raise NuanomalyError(f"{where}: {place}: {worst.message}{more}: see schemas/{name}.schema.json")
