"""Names, paths and hashes of an index: what is unsafe never gets near the file system."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetch import FetchError, fetcher
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import Policy

UNSAFE = [
    "../x",
    "a/../../x",
    "/etc/passwd",
    "//server/share",
    "C:/x",
    "C:x",
    "a\\..\\x",
    "..",
    ".",
    "",
    "a//b",
    "a/",
    ".hidden",
    ".nuanomaly/x",
    "con",
    "sub/NUL.csv",
    "lpt1.txt",
    "end.",
    "tab\t",
    "new\nline",
    "nul\0",
    "a b",
    "ﬁle",
    "x" * 101,
    "/".join("abcdefghi"),
    "~",
    "$HOME",
    "-rf",
    7,
    None,
    ["a"],
]


@pytest.mark.parametrize("path", UNSAFE, ids=repr)
def test_an_unsafe_path_is_refused(path: object) -> None:
    with pytest.raises(NuanomalyError, match="unsafe"):
        index.safe_path(path)


@given(st.text(alphabet="ab./\\:~-_ \0", max_size=12))
def test_a_path_that_passes_stays_below_its_folder(path: str) -> None:
    try:
        safe = index.safe_path(path)
    except NuanomalyError:
        return
    folder = Path("/somewhere/below")
    assert (folder / safe).resolve().is_relative_to(folder.resolve())
    assert (folder / safe) != folder


def listing(**changed: Any) -> dict[str, Any]:
    files = [{"path": "release.yaml", "sha256": "0" * 64, "size": 3}]
    item = {"name": "tiny", "version": "2020-r1", "state": "draft", "files": files, **changed}
    return {"kind": "nuanomaly-mirror", "schema": "1", "groups": {}, "releases": [item]}


def file(path: str = "x.csv", sha256: Any = "0" * 64, size: Any = 1) -> dict[str, Any]:
    return {"path": path, "sha256": sha256, "size": size}


YAML = file("release.yaml")

BAD = {
    "name that climbs": listing(name="../../etc"),
    "name in capitals": listing(name="Tiny"),
    "reserved name": listing(name="nul"),
    "version that climbs": listing(version="../2020-r1"),
    "version without revision": listing(version="2020"),
    "no such state": listing(state="final"),
    "path that climbs": listing(files=[YAML, file("../x.csv")]),
    "absolute path": listing(files=[YAML, file("/x.csv")]),
    "path into the staging folder": listing(files=[YAML, file(".nuanomaly/x")]),
    "the same path twice": listing(files=[YAML, file("a.csv"), file("A.csv")]),
    "a file that is a folder, too": listing(files=[YAML, file("a"), file("a/b.csv")]),
    "no release.yaml": listing(files=[file()]),
    "no files": listing(files=[]),
    "sha256 too short": listing(files=[YAML, file(sha256="00")]),
    "sha256 that is a path": listing(files=[YAML, file(sha256="../" * 21 + "x")]),
    "no sha256": listing(files=[YAML, file(sha256=None)]),
    "negative size": listing(files=[YAML, file(size=-1)]),
    "size that is text": listing(files=[YAML, file(size="1")]),
    "size that is true": listing(files=[YAML, file(size=True)]),
    "absurd size": listing(files=[YAML, file(size=1 << 60)]),
    "files that are none": listing(files=7),
    "name that is none": listing(name=None),
    "release twice": {**listing(), "releases": listing()["releases"] * 2},
    "no releases": {"kind": "nuanomaly-mirror", "schema": "1"},
    "something else": {"kind": "recipe", "schema": "1"},
    "a list": [],
    "a later format": {**listing(), "schema": "2"},
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_index_is_refused_and_nothing_is_written(case: str, machine: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "index.json").write_text(json.dumps(BAD[case]), "utf-8")
    source = str(tmp_path / "bad")
    with fetcher(sources=[source], policy=Policy(backoff=0.0)) as made, pytest.raises(FetchError):
        made.get("tiny")
    assert not machine.exists()


def test_a_good_index_is_accepted() -> None:
    assert list(index.from_json(json.dumps(listing())).releases) == ["tiny"]


def test_a_later_format_says_to_update() -> None:
    with pytest.raises(NuanomalyError, match="has format '2', this program reads '1': update"):
        index.from_json(json.dumps(BAD["a later format"]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_no_index_makes_the_reader_fail_otherwise(content: Any) -> None:
    for text in (content, {**listing(), "releases": content}, {**listing(), "groups": content}):
        with contextlib.suppress(NuanomalyError):
            index.from_json(json.dumps(text))


def test_an_index_survives_write_and_read(archive: Path) -> None:
    entry = index.describe(archive / "datasets" / "tiny" / "2020-r1")
    made = index.assembled([entry], {"all": ("tiny",)})
    assert index.from_json(index.to_json(made)) == made


def test_describe_refuses_a_table_that_was_altered(archive: Path) -> None:
    folder = archive / "datasets" / "tiny" / "2020-r1"
    (folder / "ratios.csv").write_text("ratio,label\n1,a\n")
    with pytest.raises(NuanomalyError, match=r"ratios\.csv has sha256 .* altered"):
        index.describe(folder)


@pytest.mark.parametrize("kind", ["missing", "link", "folder"])
def test_describe_refuses_a_table_that_is_no_file(archive: Path, kind: str) -> None:
    path = archive / "datasets" / "tiny" / "2020-r1" / "ratios.csv"
    path.rename(path.with_name("other.csv"))
    if kind == "link":
        path.symlink_to("other.csv")
    if kind == "folder":
        path.mkdir()
    with pytest.raises(NuanomalyError, match="is missing or no plain file"):
        index.describe(path.parent)
