"""The RIA store: any release is cloned from it by name and version, and it is the same each time."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nuanomaly.archive import release
from nuanomaly.archive.datalad import dataset, keys, ria
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError
from nuanomaly.cli import main


def listed(root: Path) -> dict[str, bytes | str]:
    """Every file below a folder with its content, every link with its target."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def test_a_release_is_cloned_by_name_and_version_from_a_folder(
    archive: Path, user: Any, content: Callable[[Path], str], tmp_path: Path
) -> None:
    ria.export(archive, tmp_path / "ria")
    before = listed(tmp_path / "ria")
    user.datalad("clone", f"ria+file://{tmp_path}/ria#~tiny@2018-r1", "clone")
    clone = user.home / "clone"
    table = clone / "tables" / "ratios.csv"
    assert table.is_symlink()
    with pytest.raises(NuanomalyError, match="its content is not here: `datalad get "):
        release.read(clone).table("ratios")
    user.datalad("get", "tables/ratios.csv", cwd=clone)
    assert list(release.read(clone).table("ratios")["ratio"]) == [0.79, 2018]
    published = archive / "datasets" / "tiny" / "2018-r1"
    assert content(table) == content(published / "tables" / "ratios.csv")
    assert content(clone / "release.yaml") == content(published / "release.yaml")
    user.datalad("drop", "tables/ratios.csv", cwd=clone)
    assert not table.exists()
    after = listed(tmp_path / "ria")  # git-annex may put its own notes beside
    assert {name: after.get(name) for name in before} == before


def test_a_version_in_part_is_the_newest_revision_of_it_as_in_fetch(
    archive: Path, user: Any, tmp_path: Path
) -> None:
    first = archive / "datasets" / "tiny" / "2020-r1"
    second = first.with_name("2020-r2")
    shutil.copytree(first, second)
    text = (first / "release.yaml").read_text("utf-8")
    assert "2020-r1" in text
    (second / "release.yaml").write_text(text.replace("2020-r1", "2020-r2"), "utf-8")
    ria.export(archive, tmp_path / "ria", ["tiny"])
    for asked, meant in (("@2020", "2020-r2"), ("@2018", "2018-r1"), ("@2020-r1", "2020-r1")):
        user.datalad("clone", f"ria+file://{tmp_path}/ria#~tiny{asked}", f"clone{asked}")
        assert release.read(user.home / f"clone{asked}").version == meant


def test_a_release_is_cloned_over_http_and_its_original_comes_from_its_authors(
    make_archive: Callable[..., Path],
    serve: Callable[[Path], str],
    user: Any,
    content: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    authors = tmp_path / "authors"
    authors.mkdir()
    (authors / "data.csv").write_bytes(b"# as the authors published it\n0.79\n")
    root = make_archive(tmp_path / "archive", f"{serve(authors)}/data.csv")
    url = serve(tmp_path / "ria")
    ria.export(root, tmp_path / "ria", ["tiny"], url=url)
    user.datalad("clone", f"ria+{url}#~tiny@2020-r1", "clone")
    clone = user.home / "clone"
    user.datalad("get", "tables/ratios.csv", "originals/raw/data.csv", cwd=clone)
    assert content(clone / "tables" / "ratios.csv") == content(
        root / "datasets" / "tiny" / "2020-r1" / "tables" / "ratios.csv"
    )
    assert content(clone / "originals" / "raw" / "data.csv") == content(authors / "data.csv")
    user.run("git-annex", "fsck", "--quiet", cwd=clone)


def test_git_and_git_annex_alone_get_from_any_web_server(
    archive: Path, serve: Callable[[Path], str], user: Any, content: Callable[[Path], str], tmp_path: Path
) -> None:
    ria.export(archive, tmp_path / "ria", ["tiny"])
    url = serve(tmp_path / "ria")
    user.run("git", "clone", "--quiet", "--branch", "2018-r1", f"{url}/alias/tiny", "clone")
    clone = user.home / "clone"
    user.run("git-annex", "init", "--quiet", cwd=clone)
    user.run("git-annex", "get", "--quiet", ".", cwd=clone)
    table = Path("tables") / "ratios.csv"
    assert content(clone / table) == content(archive / "datasets" / "tiny" / "2018-r1" / table)


def test_two_exports_are_the_same_bytes(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ria.export(archive, tmp_path / "one", url="https://example.org/ria")
    (tmp_path / "config").write_text("[core]\n\tcompression = 1\n[init]\n\tdefaultBranch = other\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    made = ria.export(archive, tmp_path / "two", url="https://example.org/ria")
    assert listed(tmp_path / "one") == listed(tmp_path / "two")
    assert [(one.name, one.versions) for one in made] == [
        ("small", ("1999-r1",)),
        ("tiny", ("2018-r1", "2020-r1")),
    ]


def test_a_version_is_the_same_commit_whatever_else_is_released(archive: Path, tmp_path: Path) -> None:
    def commits(store: Path) -> dict[str, str]:
        listing = subprocess.run(
            ["git", "show-ref", "--heads"],
            cwd=store / "alias" / "tiny",
            capture_output=True,
            text=True,
            check=True,
        )
        return {name: sha for sha, name in (line.split() for line in listing.stdout.splitlines())}

    ria.export(archive, tmp_path / "both")
    both = commits(tmp_path / "both")
    newer = archive / "datasets" / "tiny" / "2020-r1"
    newer.rename(tmp_path / "aside")
    ria.export(archive, tmp_path / "one")
    assert commits(tmp_path / "one")["refs/heads/2018-r1"] == both["refs/heads/2018-r1"]
    versions, labels = {"2018-r1", "2020-r1"}, {"2018", "2020"}
    assert set(both) == {f"refs/heads/{name}" for name in (versions | labels | {"git-annex"})}
    assert {both[f"refs/heads/{label}"] for label in labels} == {both[f"refs/heads/{v}"] for v in versions}


def test_the_newest_version_is_what_a_clone_by_name_gets(archive: Path, tmp_path: Path) -> None:
    (made,) = ria.export(archive, tmp_path / "ria", ["tiny"])
    place = tmp_path / "ria" / made.id[:3] / made.id[3:]
    assert (place / "HEAD").read_text() == "ref: refs/heads/2020-r1\n"
    assert (tmp_path / "ria" / "alias" / "tiny").resolve() == place
    assert (tmp_path / "ria" / "ria-layout-version").read_text() == "1\n"


def test_keys_are_kept_where_git_annex_looks_for_them(user: Any) -> None:
    user.run("git", "init", "--quiet")  # it says nothing outside a repository
    made = [keys.key(hashlib.sha256(bytes([n])).hexdigest(), n) for n in range(64)]
    done = subprocess.run(
        ["git-annex", "examinekey", "--batch", "--format=${hashdirmixed} ${hashdirlower} ${key}\\n"],
        input="\n".join(made) + "\n",
        cwd=user.home,
        env=user.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{keys.mixed(k)}/ {keys.lower(k)}/ {k}" for k in made]


def test_an_earlier_store_is_replaced_and_nothing_else(archive: Path, tmp_path: Path) -> None:
    ria.export(archive, tmp_path / "ria")
    ria.export(archive, tmp_path / "ria", ["small"])
    assert [path.name for path in (tmp_path / "ria" / "alias").iterdir()] == ["small"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("…")
    with pytest.raises(NuanomalyError, match="neither empty nor a RIA store"):
        ria.export(archive, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").exists()


@pytest.mark.parametrize("place", [".", "..", "", "/"])
def test_the_folder_one_is_in_is_never_replaced(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "empty" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "empty" / "below")
    with pytest.raises(NuanomalyError, match="replaced as a whole, and you are in it"):
        ria.export(archive, Path(place))
    assert not any((tmp_path / "empty" / "below").iterdir())


def test_what_is_not_as_sealed_or_unknown_is_not_exported(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'tiny'"):
        ria.export(archive, tmp_path / "ria", ["tinny"])
    (archive / "datasets" / "tiny" / "2018-r1" / "tables" / "ratios.csv").write_text("ratio\n0.8\n")
    with pytest.raises(IntegrityError, match="altered"):
        ria.export(archive, tmp_path / "ria")
    assert not (tmp_path / "ria").exists()


def test_identifiers_depend_on_the_name_alone() -> None:
    assert dataset.dataset_id("best") == "95395086-4851-5512-94cd-dd16d0235178"
    assert dataset.dataset_id("best") != dataset.store_id("best")


def test_the_command_names_what_to_clone(archive: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["ria", str(tmp_path / "ria"), "tiny", "--url", "https://example.org/ria"]
    )
    assert done.exit_code == 0, done.output
    assert 'datalad clone "ria+https://example.org/ria#~tiny@2020-r1"' in done.output
    listing = CliRunner().invoke(main, ["ria", str(tmp_path / "ria"), "--json"])
    assert [one["name"] for one in json.loads(listing.output)] == ["small", "tiny"]
    assert "verifyremote" in CliRunner().invoke(main, ["ria", str(tmp_path / "ria")]).output


def test_amendments_follow_the_commit_of_the_release(archive: Path, user: Any, tmp_path: Path) -> None:
    def log(store: Path) -> list[str]:
        found = subprocess.run(
            ["git", "log", "--format=%H %ad %s", "--date=short", "2018-r1"],
            cwd=store / "alias" / "tiny",
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout.splitlines()

    ria.export(archive, tmp_path / "before")
    (archive / "datasets" / "tiny" / "amendments.yaml").write_text(
        'schema: "1"\nname: tiny\namendments:\n  - {id: a, versions: [2018-r1], date: "2026-01-02", '
        "reason: r, source: s, known_issues: [{title: Units, text: They are MeV.}]}\n"
    )
    ria.export(archive, tmp_path / "ria")
    first, (later, kept) = log(tmp_path / "before"), log(tmp_path / "ria")
    assert first == [kept]
    assert later.split(" ", 1)[1] == "2026-01-02 tiny@2018-r1: amendments"
    user.datalad("clone", f"ria+file://{tmp_path}/ria#~tiny@2018-r1", "clone")
    found = release.read(user.home / "clone").metadata["known_issues"]
    assert [issue["text"] for issue in found] == ["They are MeV."]
