"""A small archive with a release of every shape: bins, covariances, Parquet, a likelihood, benchmarks."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nuanomaly.archive import catalog, seal, tables
from nuanomaly.archive.validate import Report, validate

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / "tests" / "data" / "toy-archive"


@dataclass
class Archive:
    """An archive in a temporary folder, to be damaged."""

    root: Path

    @property
    def folder(self) -> Path:
        """The release that is damaged."""
        return self.root / "datasets" / "toy" / "2020-r1"

    @property
    def yaml(self) -> Path:
        """Its metadata."""
        return self.folder / "release.yaml"

    def edit(self, old: str, new: str, file: str = "datasets/toy/2020-r1/release.yaml") -> None:
        """Replace a text that stands once in a file."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), "utf-8")

    def seal(self) -> list[str]:
        """Seal the release."""
        return seal.seal(self.folder)

    def catalogue(self) -> bool:
        """Write the catalogue anew."""
        return catalog.write(self.root)

    def check(self, *references: str, history: bool = False) -> Report:
        """Validate everything, or some releases."""
        return validate(references or None, self.root, history=history, fresh=True)

    def text_of(self, file: str, line: int) -> str:
        """Return a line of a file."""
        return (self.root / file).read_text("utf-8").splitlines()[line - 1]


def write_archive(root: Path) -> Archive:
    """An archive of two releases, one of them released, an anomaly and a comparison."""
    shutil.copytree(ROOT / "schemas", root / "schemas")
    shutil.copytree(TOY, root, dirs_exist_ok=True)
    archive = Archive(root)
    columns = [tables.Column("E", "float64", "MeV", ""), tables.Column("flux", "float64", "1", "")]
    frame = pd.DataFrame({"E": [1.0, 2.0, 3.0], "flux": [0.1, np.nan, 0.3]})
    (archive.folder / "spectrum.parquet").write_bytes(tables.to_bytes(frame, columns, "parquet"))
    archive.seal()
    older = "datasets/toy/2018-r1"
    seal.seal(root / older)
    archive.edit("state: draft", "state: released", f"{older}/release.yaml")
    archive.catalogue()
    return archive


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive that is only read."""
    return write_archive(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def archive(pristine: Archive, tmp_path: Path) -> Archive:
    """A copy of the archive, to be damaged."""
    shutil.copytree(pristine.root, tmp_path, dirs_exist_ok=True)
    return Archive(tmp_path)
