"""Which data sets and modes are meant, on the real releases."""

import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.datasets import OverlapError, check_overlaps, labels, modes, overlaps, resolve


def test_names_versions_and_modes_are_understood() -> None:
    found = resolve(["miniboone-nue@2020:nu", "lsnd"])
    assert labels(found) == ("miniboone-nue@2020-r1", "lsnd@2001-r1")
    assert modes(found)["miniboone-nue@2020-r1"] == "nu"


def test_a_mode_goes_to_every_data_set_that_has_it() -> None:
    found = resolve(["gallium", "reactor-rates"], "haxton")
    assert modes(found) == {"gallium": "haxton", "reactor-rates@2020-r2": "huber-mueller"}
    found = resolve(["gallium", "reactor-rates"], "hkss")
    assert modes(found) == {"gallium": "bahcall", "reactor-rates@2020-r2": "hkss"}


def test_modes_can_be_given_by_data_set() -> None:
    found = resolve(["gallium", "reactor-rates"], {"gallium": "frekers", "reactor-rates": "hkss"})
    assert modes(found) == {"gallium": "frekers", "reactor-rates@2020-r2": "hkss"}


@pytest.mark.parametrize(
    ("datasets", "mode", "message"),
    [
        (["gallium", "lsnd"], "haxtn", "did you mean 'haxton'"),
        (["gallium", "lsnd"], {"galium": "haxton"}, "did you mean 'gallium'"),
        (["galium"], None, "did you mean 'gallium'"),
        (["best@2021"], None, "best@2022-r2"),
        (["best:haxtn"], None, "did you mean 'haxton'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(datasets, mode, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        resolve(datasets, mode)


def test_nothing_named_is_an_error() -> None:
    with pytest.raises(NuanomalyError, match="at least one"):
        resolve([])


def test_releases_of_the_same_experiment_overlap_with_the_declared_reason() -> None:
    found = resolve(["miniboone-nue@2018", "miniboone-nue@2020"])
    (one,) = overlaps(found)
    assert (one.first, one.relation, one.second) == (
        "miniboone-nue@2018-r1",
        "subset",
        "miniboone-nue@2020-r1",
    )
    assert one.reason
    with pytest.raises(OverlapError, match="counted twice"):
        check_overlaps(found, allow=False)
    assert check_overlaps(found, allow=True) == (one,)


def test_two_modes_of_one_release_overlap() -> None:
    (one,) = overlaps(resolve(["miniboone-nue:nu", "miniboone-nue:nubar"]))
    assert one.reason == "the same release twice"
    assert one.first.endswith(":nu")


def test_a_group_overlaps_with_its_members() -> None:
    (one,) = overlaps(resolve(["gallium", "best"]))
    assert (one.first, one.second) == ("best@2022-r1", "best@2022-r2")
    assert one.reason == "two versions of one dataset"
    (one,) = overlaps(resolve(["gallium", "best@2022-r1"]))
    assert one.first == one.second == "best@2022-r1:bahcall"


def test_independent_releases_do_not_overlap() -> None:
    assert overlaps(resolve(["gallium", "reactor-rates", "lsnd", "miniboone-nue"])) == ()
