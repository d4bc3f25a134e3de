"""Shells complete commands, names of releases, data sets, models and formats, each by its own protocol."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("nuanomaly")


def completed(shell: str, *words: str) -> list[str]:
    """What the program answers a shell that completes the last word."""
    line = " ".join(["nuanomaly", *words])
    asked = {"COMP_WORDS": line, "COMP_CWORD": words[-1] if shell == "fish" else str(len(words))}
    environment = {**os.environ, **asked, "_NUANOMALY_COMPLETE": f"{shell}_complete"}
    answer = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    lines = answer.stdout.splitlines()
    if shell == "bash":
        return [text.partition(",")[2] for text in lines]
    if shell == "fish":
        return [text.partition(",")[2].partition("\t")[0] for text in lines]
    return lines[1::3]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("sho",), ["show"]),
        (("show", "karm"), ["karmen", "karmen@2002-r1"]),
        (("fetch", "miniboone-nue@2018"), ["miniboone-nue@2018-r1"]),
        (("fetch", "best", "--format", "p"), ["parquet"]),
        (("export", "best", "--to", "ro"), ["rocrate"]),
        (("chi2", "galli"), ["gallium"]),
        (("compare", "lsnd+karm"), ["lsnd+karmen", "lsnd+karmen@2002-r1"]),
        (("fit", "lsnd", "--model", "2nu-mu"), ["2nu-mue", "2nu-mumu"]),
    ],
    ids=" ".join,
)
def test_shells_complete(shell: str, words: tuple[str, ...], expected: list[str]) -> None:
    assert completed(shell, *words) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_taught(shell: str) -> None:
    environment = {**os.environ, "_NUANOMALY_COMPLETE": f"{shell}_source"}
    answer = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert "_NUANOMALY_COMPLETE" in answer.stdout


def test_an_archive_that_cannot_be_read_completes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(tmp_path / "gone"))
    assert completed("bash", "show", "b") == [""]
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(tmp_path))
    (tmp_path / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n')
    (tmp_path / "anomalies").mkdir()
    (tmp_path / "anomalies" / "a.yaml").write_text("[")
    assert completed("bash", "fit", "galli") == [""]
