"""Whether a whole site stands as it would be built: found from files alone, without reading a release.

After a build, the sha256 of all files that it may depend on is kept, with size and time of change of all that
it wrote. If both are the same the next time, nothing is loaded, and nothing written. Whatever else changes,
the build itself finds what is to be made anew (:mod:`~nuanomaly.report.pages`).
"""

import hashlib
import json
import os
import platform
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nuanomaly.report.results import Result

#: What no page depends on, in the root of the checkout and anywhere below.
_ASIDE = {"build", "tests"}
_BYPRODUCTS = {"__pycache__", "node_modules"}
_SOURCE = Path(__file__).resolve().parent.parent


def standing(root: Path, site: Path) -> list[Result] | None:
    """Return the results of the last build of a site if all of it stands, else None.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    site : pathlib.Path
    """
    try:
        kept = json.loads(_file(root, site).read_text("utf-8"))
        if kept["outputs"] != outputs(site) or kept["inputs"] != inputs(root):
            return None
        return [_result(entry) for entry in kept["results"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(root: Path, site: Path, made_from: str, results: Sequence[Result]) -> None:
    """Keep what a whole site was made from, and what was written, if every page is as expected.

    Parameters
    ----------
    made_from : str
        :func:`inputs` as it was before the build: what changed meanwhile is no part of it.
    """
    file = _file(root, site)
    file.unlink(missing_ok=True)
    if not all(result.ok for result in results) or made_from != inputs(root):
        return
    entries = [{**asdict(result), "page": str(result.page), "state": "unchanged"} for result in results]
    document = {"inputs": made_from, "outputs": outputs(site), "results": entries}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def inputs(root: Path) -> str:
    """Return one sha256 of all that a site may depend on: the checkout, this program, packages, Python."""
    total = hashlib.sha256(f"{platform.python_version()} {platform.machine()}\n".encode())
    for package in installed():
        total.update(f"{package}\n".encode())
    for folder in dict.fromkeys((root, _SOURCE)):
        for name, file in sorted(_files(folder)):
            with open(file, "rb") as stream:
                total.update(f"{name} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def outputs(site: Path) -> str:
    """Return one sha256 of the names, sizes and times of change of all files of a site."""
    lines = []
    for name, file in sorted(_files(site)):
        about = os.stat(file)
        lines.append(f"{name} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def installed() -> list[str]:
    """Return the installed packages with their versions, as the folders of their metadata are called."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return sorted(
        name for place in places if os.path.isdir(place) for name in os.listdir(place) if "-info" in name
    )


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Give name and path of all files below a folder, hidden ones and by-products left out."""
    top = str(folder)
    for place, folders, names in os.walk(top):
        aside = _BYPRODUCTS | (_ASIDE if place == top else set())
        folders[:] = [name for name in folders if name not in aside and not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and not name.endswith(("~", ".pyc")):
                path = os.path.join(place, name)
                yield os.path.relpath(path, top), path


def _file(root: Path, site: Path) -> Path:
    named = hashlib.sha256(str(site.resolve()).encode()).hexdigest()[:16]
    return root / "build" / "standing" / f"{named}.json"


def _result(entry: dict[str, Any]) -> Result:
    return Result(**{**entry, "page": Path(entry["page"]), "problems": tuple(entry["problems"])})
