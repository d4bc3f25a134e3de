"""The anomalies' pages: every claim has its source, every name exists."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from nuanomaly.archive import names, release, schemas
from nuanomaly.archive.anomalies import anomalies, anomaly, groups
from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.paths import checkout
from nuanomaly.archive.units import check
from nuanomaly.likelihood.build import group_members

ALL = sorted(anomalies())


def releases() -> dict[str, dict[str, Any]]:
    root = checkout()
    assert root is not None
    return {name: dict(versions) for name, versions in release.folders(root).items()}


def cited(entry: Mapping[str, Any]) -> Iterator[str]:
    for number in entry["claim"]["numbers"]:
        yield number["source"]
    for part in ("outside", "explanations"):
        for item in entry.get(part, ()):
            yield from item.get("references", ())
    yield from entry["status"].get("references", ())


def test_the_four_canonical_anomalies_are_there() -> None:
    assert {"lsnd", "miniboone", "gallium", "reactor"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_page_is_as_its_schema_says(name: str) -> None:
    entry = anomaly(name)
    assert [error.message for error in schemas.validator("anomaly").iter_errors(entry)] == []
    assert entry["name"] == name


@pytest.mark.parametrize("name", ALL)
def test_every_source_is_listed_and_every_listed_source_is_used(name: str) -> None:
    entry = anomaly(name)
    keys = [reference["key"] for reference in entry["references"]]
    assert len(keys) == len(set(keys))
    assert set(cited(entry)) == set(keys)


@pytest.mark.parametrize("name", ALL)
def test_every_explanation_names_who_says_so(name: str) -> None:
    for explanation in anomaly(name)["explanations"]:
        assert explanation["references"], explanation["name"]


@pytest.mark.parametrize("name", ALL)
def test_every_release_exists(name: str) -> None:
    known = releases()
    entry = anomaly(name)
    listed = [*entry["releases"]["carry"], *entry["releases"]["test"], *sum(groups().values(), ())]
    for reference in listed:
        dataset, version = names.split(reference)
        assert names.resolve(dataset, version, known[dataset]) in known[dataset]


@pytest.mark.parametrize("name", ALL)
def test_every_unit_is_known(name: str) -> None:
    for number in anomaly(name)["claim"]["numbers"]:
        check(number.get("unit", "1"))


def test_a_significance_agrees_with_its_number_where_it_is_excess_over_error() -> None:
    found = 0
    for name in ("lsnd", "miniboone"):
        for number in anomaly(name)["claim"]["numbers"]:
            error = number["uncertainty"]
            if isinstance(error, dict):
                error = (error["statistical"] ** 2 + error["systematic"] ** 2) ** 0.5
            if "significance" in number:
                assert number["value"] / error == pytest.approx(number["significance"]["sigma"], abs=0.05)
                found += 1
    assert found == 3


def test_one_key_means_one_paper_everywhere() -> None:
    papers: dict[str, set[str]] = {}
    lists = [entry["references"] for entry in anomalies().values()]
    for versions in releases().values():
        lists += [release.read(folder).metadata.get("publications", []) for folder in versions.values()]
    for references in lists:
        for reference in references:
            # a preprint and its publication share the arXiv number, not always the year
            identity = str(reference.get("arxiv") or reference["year"])
            papers.setdefault(reference["key"], set()).add(identity)
    assert {key: found for key, found in papers.items() if len(found) > 1} == {}


def test_gallium_is_a_group_of_three_releases() -> None:
    assert groups()["gallium"] == ("gallex@2010-r1", "sage@2006-r1", "best@2022-r1")
    assert group_members("gallium") == ("gallex@2010-r1", "sage@2006-r1", "best@2022-r1")
    assert group_members("lsnd") == ()


def test_no_group_has_the_name_of_a_release() -> None:
    assert not set(groups()) & set(releases())


def test_an_unknown_anomaly_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'gallium'"):
        anomaly("galium")
