"""What names data: releases, groups, folders of one's own, sums of these."""

import shutil
from pathlib import Path

import pytest

from nuanomaly.archive.cite import cite
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.references import is_folder, releases, split_mode, terms

ROOT = Path(__file__).resolve().parents[2]


def test_a_sum_is_taken_apart_and_groups_in_it_too() -> None:
    assert terms("lsnd+karmen:x") == ("lsnd", "karmen:x")
    assert releases("gallium+lsnd") == ("gallex@2010-r1", "sage@2006-r1", "best@2022-r1", "lsnd")


def test_a_sum_without_a_term_is_refused() -> None:
    with pytest.raises(NuanomalyError, match=r"NAME\+NAME"):
        terms("lsnd+")


def test_a_folder_may_hold_a_plus_and_a_colon(tmp_path: Path) -> None:
    folder = tmp_path / "a+b" / "c:d"
    folder.mkdir(parents=True)
    assert terms(str(folder)) == (str(folder),)
    assert split_mode(f"{tmp_path}/c:nu") == (f"{tmp_path}/c", "nu")
    assert is_folder("./best")
    assert not is_folder("best")


def test_a_folder_of_ones_own_is_private_and_one_of_the_archive_is_not(tmp_path: Path) -> None:
    home = ROOT / "datasets" / "best" / "2022-r1"
    copied = shutil.copytree(home, tmp_path / "mine")
    assert load(f"{copied}/").private
    assert load(str(copied)).id == "best@2022-r1"
    assert not load(str(home)).private


def test_a_folder_without_a_release_says_so(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"holds no release\.yaml"):
        load(f"{tmp_path}/")


def test_a_sum_is_cited_by_all_of_its_releases() -> None:
    assert cite("lsnd+karmen") == cite(["lsnd", "karmen"])
