"""The released tables as a package of their own: ``make data-wheel``.

``pip install "nuanomaly[data]"`` gives an archive that answers without a network. The wheel holds
``release.yaml`` and the declared tables of every release that the ledger knows, each compared with it, and no
code: the program finds the folder by the entry point ``nuanomaly.data`` and takes its releases through the
same gate as those of a cache. The same releases give the same bytes (with the same zlib and hatchling).
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from nuanomaly.archive import catalog, names, paths, release
from nuanomaly.archive.errors import IntegrityError, NuanomalyError
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.listing import ReleaseEntry

#: What the index takes of one file without being asked for more.
LARGEST = 100_000_000
PROJECT = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "nuanomaly-data"
version = "{version}"
description = "The released tables of nuanomaly, the archive of short-baseline neutrino anomalies"
readme = "README.md"
requires-python = ">=3.11"
authors = [{{ name = "the nuanomaly contributors" }}]
classifiers = ["Topic :: Scientific/Engineering :: Physics"]

[project.entry-points."nuanomaly.data"]
released = "nuanomaly_data"

[tool.hatch.build.targets.wheel]
packages = ["nuanomaly_data"]
"""
README = """\
# nuanomaly-data

{count} releases of published data of short-baseline neutrino physics, as `nuanomaly` {version} knows them
({size:.1f} MB of files). `pip install "nuanomaly[data]"` gives an archive that needs no network:

    nuanomaly chi2 best --model 2nu-ee --set dm2_41=1.3 --set sin2_2theta_ee=0.3

The licence of each release is that of its originals, as its `release.yaml` says. This package holds no code.
"""


def released(root: Path, only: Sequence[str] = ()) -> Iterator[tuple[ReleaseEntry, Path]]:
    """Yield the releases of an archive's ledger with their folders, each compared with its digest there.

    Parameters
    ----------
    root : pathlib.Path
    only : sequence of str
        Names of data sets; all if left out.

    Raises
    ------
    IntegrityError
        If a release is not what the ledger says.
    """
    ledger = catalog.ledger_of(root)
    for name, versions in sorted(release.folders(root).items()):
        for version in sorted(versions, key=names.sort_key) if not only or name in only else ():
            entry = index.describe(versions[version])
            if entry.id not in ledger:
                continue
            if index.digest(versions[version], entry) != ledger[entry.id]:
                raise IntegrityError(f"{entry.id} is not what the ledger of released releases says")
            yield entry, versions[version]


def build(root: Path, output: Path, only: Sequence[str] = ()) -> Path:
    """Build the wheel into a folder and return it.

    Raises
    ------
    NuanomalyError
        If no release is there, the build fails, or the wheel is larger than an index takes.
    """
    version = str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])
    work = output / "nuanomaly-data"
    shutil.rmtree(work, ignore_errors=True)
    package = work / "nuanomaly_data"
    package.mkdir(parents=True)
    count = size = 0
    for entry, folder in released(root, only):
        for file in entry.files:
            target = package / "datasets" / entry.name / entry.version / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file.path, target)
        count, size = count + 1, size + entry.size
    if not count:
        raise NuanomalyError(f"{root}: no release to put into a wheel: is its ledger there?")
    (package / "__init__.py").write_text('"""Released tables of nuanomaly; there is no code here."""\n')
    (work / "pyproject.toml").write_text(PROJECT.format(version=version), "utf-8")
    (work / "README.md").write_text(README.format(version=version, count=count, size=size / 1e6), "utf-8")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(output.resolve())]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    wheel = output / f"nuanomaly_data-{version}-py3-none-any.whl"
    if done.returncode or not wheel.is_file():
        raise NuanomalyError(f"the wheel could not be built: {done.stderr.strip()[-500:]}")
    shutil.rmtree(work)
    if wheel.stat().st_size > LARGEST:
        raise NuanomalyError(f"{wheel} has {wheel.stat().st_size} bytes, an index takes {LARGEST}")
    return wheel


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the wheel, and say how large it is."""
    parser = argparse.ArgumentParser(prog="make data-wheel", description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("dist"), help="the folder it is built into")
    parser.add_argument("names", nargs="*", help="only these data sets")
    asked = parser.parse_args(arguments)
    root = paths.checkout()
    try:
        if root is None:
            raise NuanomalyError("there is no checkout of the archive here: run it inside one")
        wheel = build(root, asked.output, asked.names)
    except NuanomalyError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    content = wheel.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    print(f"{wheel}: {len(content) / 1e6:.1f} MB of {LARGEST / 1e6:.0f}, sha256 {sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
