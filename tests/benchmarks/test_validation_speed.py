"""How long validation takes; whole archive and a release with a large covariance."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive import seal
from nuanomaly.archive.validate import validate

ROOT = Path(__file__).resolve().parents[2]
RELEASE = """\
schema: "1"
name: large
version: "2020-r1"
title: "Large: a covariance of 200 bins"
state: draft
sector: reactor
experiment: LARGE
summary: A covariance of two hundred bins, made for measuring how long its validation takes.
channels: ["nuebar->nuebar"]
publications: [{key: Large, title: "Large", year: "2020", role: primary}]
originals: []
tables:
  covariance:
    file: covariance.csv
    kind: covariance
    status: official
    source: made for the test
    columns: [{name: "c{i}", count: 200, unit: "1", meaning: "with bin {i}"}]
changes: [{kind: initial, reason: made}]
"""


def test_the_whole_archive_in_40_ms_of_cpu_per_release(benchmark: Any) -> None:
    report = benchmark(validate, None, ROOT)
    assert len(report.releases) > 5


@pytest.fixture
def large(tmp_path: Path) -> Path:
    folder = tmp_path / "datasets" / "large" / "2020-r1"
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    factors = np.random.default_rng(1).normal(size=(200, 300))
    covariance = factors @ factors.T
    rows = [",".join(map(repr, row)) for row in (0.5 * (covariance + covariance.T)).tolist()]
    (folder / "covariance.csv").write_text("\n".join([",".join(f"c{i}" for i in range(200)), *rows]) + "\n")
    (folder / "release.yaml").write_text(RELEASE)
    seal.seal(folder)
    return tmp_path


def test_a_covariance_of_200_bins_in_250_ms(benchmark: Any, large: Path) -> None:
    report = benchmark(validate, ["large"], large)
    assert report.ok
