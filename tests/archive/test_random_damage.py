"""Random damage never crashes the validation, and in a table it is always found."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nuanomaly.archive import document, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate import validate

Archive = Any
RELEASE = "datasets/toy/2020-r1"
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
#: What somebody may write where something else belongs.
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.sampled_from(["", "x", "rates", "../x", "1"]),
    lambda inside: (
        st.lists(inside, max_size=2) | st.dictionaries(st.sampled_from(["a", "kind", "table"]), inside)
    ),
    max_leaves=3,
)


@pytest.fixture(scope="module")
def copy(pristine: Archive) -> Any:
    """A copy of the archive that is mended after each example."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(pristine.root, folder, dirs_exist_ok=True)
        yield Path(folder)


def places(value: Any, steps: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every entry of a document."""
    found = [steps] if steps else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [place for key, item in items for place in places(item, (*steps, key))]


def replaced(value: Any, steps: tuple[Any, ...], new: Any) -> Any:
    """The document with one entry replaced, or removed if ``new`` is Ellipsis."""
    first, *rest = steps
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    changed = []
    for key, item in items:
        if key != first:
            changed.append((key, item))
        elif rest:
            changed.append((key, replaced(item, tuple(rest), new)))
        elif new is not ...:
            changed.append((key, new))
    return dict(changed) if isinstance(value, dict) else [item for _, item in changed]


@SETTINGS
@given(data=st.data())
def test_any_entry_of_release_yaml_may_be_anything(
    copy: Path, pristine: Archive, data: st.DataObject
) -> None:
    content = yamlio.read(pristine.yaml)
    place = data.draw(st.sampled_from(places(content)))
    damaged = replaced(content, place, data.draw(VALUES | st.just(...)))
    (copy / RELEASE / "release.yaml").write_text(yaml.safe_dump(damaged, allow_unicode=True), "utf-8")
    report = validate(root=copy)
    assert damaged == content or any(f.file == "catalog.yaml" for f in report.findings) or not report.ok


@pytest.mark.parametrize("file", ["anomalies/toys.yaml", "comparisons/toy-vs-toy/comparison.yaml"])
@SETTINGS
@given(data=st.data())
def test_any_entry_of_the_other_files_may_be_anything(
    copy: Path, pristine: Archive, file: str, data: st.DataObject
) -> None:
    content = yamlio.read(pristine.root / file)
    place = data.draw(st.sampled_from(places(content)))
    damaged = replaced(content, place, data.draw(VALUES | st.just(...)))
    (copy / file).write_text(yaml.safe_dump(damaged, allow_unicode=True), "utf-8")
    validate(root=copy)
    shutil.copy(pristine.root / file, copy / file)


@SETTINGS
@given(position=st.integers(0, 10_000), byte=st.binary(min_size=0, max_size=2))
def test_any_bytes_may_stand_in_release_yaml(
    copy: Path, pristine: Archive, position: int, byte: bytes
) -> None:
    content = pristine.yaml.read_bytes()
    position %= len(content)
    (copy / RELEASE / "release.yaml").write_bytes(content[:position] + byte + content[position + 1 :])
    validate(["toy@2020-r1"], copy)


@SETTINGS
@given(
    table=st.sampled_from(["rates.csv", "covariance.csv", "spectrum.parquet"]),
    position=st.integers(0, 10_000),
    byte=st.binary(min_size=0, max_size=2),
)
def test_every_changed_byte_of_a_table_is_found(
    copy: Path, pristine: Archive, table: str, position: int, byte: bytes
) -> None:
    shutil.copy(pristine.yaml, copy / RELEASE / "release.yaml")
    content = (pristine.folder / table).read_bytes()
    position %= len(content)
    damaged = content[:position] + byte + content[position + 1 :]
    (copy / RELEASE / table).write_bytes(damaged)
    report = validate(["toy@2020-r1"], copy)
    (copy / RELEASE / table).write_bytes(content)
    codes = {f.code for f in report.errors}
    assert damaged == content or codes & {"FILE_SIZE_DIFFERS", "FILE_CONTENT_DIFFERS"}


@given(text=st.text(st.sampled_from("ab:*&[]{}- \n'\"|>#!?,"), max_size=40))
@example("&a [*a]")
@example("a: &a {b: *a}")
@example("[" * 5000)
@example("a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(f"{k}: &c{k} [*b, *b]\n" for k in range(3)))
def test_any_text_is_a_document_or_an_error_with_its_place(text: str) -> None:
    message = ""
    try:
        assert document.parse(text, "here.yaml").line() >= 1
    except NuanomalyError as error:
        message = str(error)
    assert message == "" or message.startswith("here.yaml")


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 40)]
    with pytest.raises(NuanomalyError, match="aliases stand for more than"):
        document.parse("\n".join(lines))
