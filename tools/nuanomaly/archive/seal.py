"""Sealing: size, sha256 and number of rows of each table, written into ``release.yaml`` where they belong."""

import hashlib
from pathlib import Path
from typing import Any

from nuanomaly.archive import document, durable, gate, tables
from nuanomaly.archive.errors import IntegrityError, NuanomalyError

#: What is filled in, in this order, behind ``file``.
SEALED = ("sha256", "size", "rows")


def seal(folder: Path) -> list[str]:
    """Fill in ``sha256``, ``size`` and ``rows`` of every table; no other byte of ``release.yaml`` changes.

    Parameters
    ----------
    folder : pathlib.Path
        With ``release.yaml`` and the tables, as ``datasets/NAME/VERSION``.

    Returns
    -------
    list of str
        The tables whose entries changed; empty if the release was sealed already.

    Raises
    ------
    IntegrityError
        If the release is not a draft and one of its tables has changed.
    NuanomalyError
        If a table is missing or does not have its declared columns.
    """
    file = folder / "release.yaml"
    result = document.read(file)
    data = result.data
    if not isinstance(data, dict) or not isinstance(data.get("tables"), dict):
        raise NuanomalyError(f"{file}: has no tables: see schemas/release.schema.json")
    gate.shaped_tables(_unsealed(data["tables"]), file)
    facts = {name: measure(folder, entry) for name, entry in data["tables"].items()}
    changed = [
        name
        for name, values in facts.items()
        if any(data["tables"][name].get(key) != values[key] for key in SEALED)
    ]
    if changed and data.get("state") != "draft":
        raise IntegrityError(
            f"{data.get('name')}@{data.get('version')} is {data.get('state')}, "
            f"but {', '.join(changed)} changed: a released folder never changes; "
            "put the correction into a new revision"
        )
    for name in changed:
        values = {key: f'"{value}"' if key == "sha256" else str(value) for key, value in facts[name].items()}
        result = document.parse(document.set_scalars(result, ["tables", name], values, "file"), str(file))
    if changed:
        durable.write_atomically(file, result.text.encode())
    return changed


def _unsealed(declared: dict[str, Any]) -> dict[str, Any]:
    """Return declared tables without what sealing fills in: it may be anything before."""
    return {
        name: {k: v for k, v in entry.items() if k not in SEALED} if isinstance(entry, dict) else entry
        for name, entry in declared.items()
    }


def measure(folder: Path, entry: dict[str, Any]) -> dict[str, str | int]:
    """Return ``sha256``, ``size`` in bytes and ``rows`` of a declared table.

    Raises
    ------
    NuanomalyError
        If the table is missing, a link, or does not have its declared columns.
    """
    path = folder / entry["file"]
    if path.is_symlink():
        raise NuanomalyError(f"{path}: is a link: put the file itself there")
    rows = tables.read_arrow(path, tables.expand_columns(entry["columns"])).num_rows
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "rows": rows}
