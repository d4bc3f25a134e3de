"""What is kept of an earlier process is what would be built, to the bit, or it is not used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.likelihood import array_store
from nuanomaly.likelihood.build import _build, likelihood
from nuanomaly.likelihood.gallium import solids
from nuanomaly.likelihood.pipeline import ResponseLikelihood

POINT = {"dm2_41": 1.3, "sin2_2theta_ee": 0.3}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUANOMALY_BUILT")
    monkeypatch.setattr(array_store, "_WORTH", 0.0)
    return tmp_path / "cache" / "built"


def counted() -> tuple[Callable[..., array_store.Arrays], list[int]]:
    """A function that is kept, and how often it was called."""
    calls: list[int] = []

    @array_store.stored
    def tripled(numbers: np.ndarray, by: float = 3.0) -> array_store.Arrays:
        calls.append(numbers.size)
        return by * numbers, np.asfortranarray(np.outer(numbers, numbers))

    return tripled, calls


def built_again(name: str) -> ResponseLikelihood:
    _build.cache_clear()
    solids.lengths.cache_clear()
    made = likelihood(name)
    assert isinstance(made, ResponseLikelihood)
    return made


@pytest.mark.parametrize("name", ["danss", "gallex", "xenonnt-s2only"])
def test_a_likelihood_is_the_same_to_the_bit_built_kept_and_without_a_store(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bits() -> tuple[Any, ...]:
        made = built_again(name)
        channels = [(c.L.tobytes(), c.E.tobytes(), c.kernels.digest) for c in made.response.channels]
        events = getattr(made.response, "events", np.zeros(0)).tobytes()
        value = made.chi2("3nu") if events else made.chi2("2nu-ee", **POINT)
        return channels, events, value

    first = bits()
    files = {file.name for file in folder.iterdir()}
    assert files
    assert bits() == first
    assert {file.name for file in folder.iterdir()} == files
    monkeypatch.setenv("NUANOMALY_BUILT", "0")
    assert bits() == first


def test_the_same_is_built_once_and_lies_in_memory_as_it_did(folder: Path) -> None:
    tripled, calls = counted()
    first = tripled(np.arange(5.0))
    again = tripled(np.arange(5.0))
    assert len(calls) == 1
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.strides == other.strides


@pytest.mark.parametrize("damage", ["nothing left", "another content", "a bit", "an end"])
def test_what_is_damaged_is_built_again(folder: Path, damage: str) -> None:
    tripled, calls = counted()
    tripled(np.arange(5.0))
    (file,) = folder.iterdir()
    content = file.read_bytes()
    flipped = bytes([*content[:-9], content[-9] ^ 1, *content[-8:]])
    damaged = {"nothing left": b"", "another content": b"x" * 99, "a bit": flipped, "an end": content[:-8]}
    file.write_bytes(damaged[damage])
    np.testing.assert_array_equal(tripled(np.arange(5.0))[0], 3.0 * np.arange(5.0))
    assert len(calls) == 2
    assert file.read_bytes() == content


def test_whatever_differs_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.arange(6.0).reshape(2, 3)
    last_bit = numbers.copy()
    last_bit[0, 1] = np.nextafter(1.0, 2.0)
    turned = np.asfortranarray(numbers)
    things = [
        *(numbers, last_bit, turned, numbers.ravel(), numbers.astype(np.float32), numbers.tolist()),
        *({"a": 1}, {"a": 1.0}, {"a": "1"}, {"b": 1}, [1, [2]], [[1], 2], "", None, False, 0),
        *(np.array(["a", "b"], object), ["a", "b"], "ab", solids.Nodes(1, 1, 1, 1, 1), np.int64(0)),
    ]
    names = {array_store.name(counted, (thing,), {}) for thing in things}
    assert len(names) == len(things)
    assert array_store.name(counted, (numbers.copy(),), {}) in names
    assert array_store.name(built_again, (numbers,), {}) not in names
    with monkeypatch.context() as changed:
        changed.setenv("OMP_NUM_THREADS", "7")
        assert array_store.name(counted, (numbers,), {}) not in names
    with monkeypatch.context() as changed:
        changed.setattr(array_store, "program", lambda: "another source")
        assert array_store.name(counted, (numbers,), {}) not in names


def test_nothing_is_named_by_what_is_not_known() -> None:
    with pytest.raises(TypeError, match="set"):
        array_store.name(counted, ({1},), {})


def test_a_line_of_the_source_makes_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "likelihood" / "response").mkdir(parents=True)
    monkeypatch.setattr(array_store, "__file__", str(tmp_path / "likelihood" / "array_store.py"))
    digests = set()
    for file, text in [
        ("model/constants.py", "G = 1"),
        ("model/constants.py", "G = 2"),
        ("likelihood/response/cells.py", "N = 1"),
        ("likelihood/response/cells.py", "N = 2"),
    ]:
        (tmp_path / file).write_text(text)
        digests.add(array_store.program.__wrapped__())
    monkeypatch.setattr(np, "__version__", "0")
    digests.add(array_store.program.__wrapped__())
    assert len(digests) == 5


def test_the_oldest_go_where_all_are_too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tripled, calls = counted()
    for size in (*range(20, 28), 20):  # what is asked for again is no longer the oldest
        tripled(np.arange(float(size)))
    assert len(calls) == 8
    monkeypatch.setattr(array_store, "_LARGEST", sum(file.stat().st_size for file in folder.iterdir()))
    tripled(np.arange(28.0))
    assert sum(file.stat().st_size for file in folder.iterdir()) <= array_store._LARGEST
    for size in (28, 20, 27):
        tripled(np.arange(float(size)))
    assert len(calls) == 9
    tripled(np.arange(21.0))
    assert len(calls) == 10


def test_where_nothing_can_be_written_all_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUANOMALY_BUILT")
    monkeypatch.setattr(array_store, "_WORTH", 0.0)
    tripled, calls = counted()
    for _ in range(2):
        assert tripled(np.arange(3.0))[0].tolist() == [0.0, 3.0, 6.0]
    assert len(calls) == 2


def test_a_user_without_a_home_builds_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("NUANOMALY_CACHE", "XDG_CACHE_HOME", "NUANOMALY_BUILT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    tripled, calls = counted()
    for _ in range(2):
        assert tripled(np.arange(3.0))[0].tolist() == [0.0, 3.0, 6.0]
    assert len(calls) == 2


def test_nothing_is_kept_where_nothing_shall_be(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANOMALY_BUILT", "0")
    tripled, _ = counted()
    tripled(np.arange(3.0))
    assert not folder.exists()
