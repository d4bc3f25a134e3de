"""A check that found nothing is not repeated for the same bytes, and nothing is missed by it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import gate, seal
from nuanomaly.archive.memory import Memory, key
from nuanomaly.archive.validate import described, explanations, validate
from nuanomaly.archive.validate.codes import CATALOGUE

RATES = "datasets/toy/2018-r1/rates.csv"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "validated"


def test_what_changed_is_found_after_it_was_sound(clone: Any, cache: Path) -> None:
    assert validate(root=clone.root).ok
    assert len(list(cache.iterdir())) == 1
    clone.edit("datasets/toy/2020-r1/rates.csv", "0.97", "nan")
    seal.seal(clone.root / "datasets/toy/2020-r1")
    assert "VALUE_MISSING" in {f.code for f in validate(root=clone.root).errors}


def test_a_table_is_read_again_for_the_covariance_of_its_errors(clone: Any, cache: Path) -> None:
    assert validate(root=clone.root).ok
    clone.edit("datasets/toy/2020-r1/covariance.csv", "0.01,", "0.02,")
    seal.seal(clone.root / "datasets/toy/2020-r1")
    assert "COVARIANCE_DIAGONAL_DIFFERS" in {f.code for f in validate(root=clone.root).errors}


def test_findings_are_not_kept_but_found_again(clone: Any, cache: Path) -> None:
    clone.edit("datasets/toy/2020-r1/rates.csv", "0.97", "nan")
    seal.seal(clone.root / "datasets/toy/2020-r1")
    first, second = validate(root=clone.root), validate(root=clone.root)
    assert first.errors
    assert first.findings == second.findings


def test_a_draft_passes_the_gate_once_for_the_same_bytes_and_again_for_others(
    clone: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, draft = list[Path](), clone.root / "datasets/toy/2020-r1"
    findings = described.findings

    def look(folder: Path, schemas: Path | None) -> Any:
        looked.append(folder)
        return findings(folder, schemas)

    monkeypatch.setattr(described, "findings", look)
    for _ in range(2):
        gate.described(draft)
    assert looked == [draft]
    clone.edit("datasets/toy/2020-r1/release.yaml", "kind: covariance", "kind: covarianc")
    for _ in range(2):  # what is refused is refused again
        with pytest.raises(gate.MalformedReleaseError, match="WRONG_VALUE"):
            gate.described(draft)
    assert looked == 3 * [draft]


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"not a key\n", b"0" * 64])
def test_a_damaged_cache_is_as_good_as_none(clone: Any, cache: Path, content: bytes) -> None:
    validate(root=clone.root)
    next(cache.iterdir()).write_bytes(content)
    assert validate(root=clone.root).ok


def test_a_cache_that_cannot_be_written_is_no_error(clone: Any, cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where a folder should be")
    assert validate(root=clone.root).ok


def test_two_processes_keep_both_their_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    memories = Memory(file), Memory(file)
    for number, memory in enumerate(memories):
        memory.keep(key(number))
    for memory in memories:
        memory.save()
    assert all(Memory(file).knows(key(number)) for number in (0, 1))
    assert not Memory(file).knows(key(2))
    assert os.stat(file).st_size < 200


def test_every_code_is_explained(run: Callable[..., Any]) -> None:
    listed = run("validate", "--explain", "all").out
    assert all(code in listed for code in CATALOGUE)
    assert "A bin ends before it begins" in run("validate", "--explain", "BIN_REVERSED").out
    done = run("validate", "--explain", "BIN_REVERSE")
    assert done.code == 2
    assert "BIN_REVERSED" in done.err


def test_the_page_of_findings_has_an_anchor_for_each(tmp_path: Path) -> None:
    page, text = explanations.as_html(), explanations.as_markdown()
    for code in CATALOGUE.values():
        assert f'id="{code.code}"' in page
        assert f"### {code.code}\n" in text
        assert code.explanation
        assert code.remedy.endswith(".")
