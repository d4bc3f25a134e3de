"""What ``make accessible`` looks at, and what it calls wrong."""

from pathlib import Path

import accessible  # tools/ is on the path, as the package in it is installed from there
import pytest


def test_a_page_of_each_kind_is_looked_at_and_a_missing_kind_is_named(tmp_path: Path) -> None:
    for pattern in accessible.KINDS.values():
        for name in ("a", "b", "c"):
            file = tmp_path / pattern.replace("*", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    found = list(accessible.pages(tmp_path))
    assert {kind for kind, _ in found} == set(accessible.KINDS)
    assert [f.name for kind, f in found if kind == "anomaly"] == ["a.html", "c.html"]
    every = list(accessible.pages(tmp_path, all_of_them=True))
    assert [f.name for kind, f in every if kind == "anomaly"] == ["a.html", "b.html", "c.html"]
    (tmp_path / "search.html").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no search \(search.html\): run make report"):
        list(accessible.pages(tmp_path))


def test_what_is_wrong_with_a_page_is_said_and_nothing_else() -> None:
    fine = {"sideways": 0, "smallest": 8.2, "cut": [], "links": []}
    assert list(accessible.wrong(fine, [])) == []
    assert list(accessible.wrong({**fine, "smallest": None}, [])) == []
    violation = {"id": "image-alt", "nodes": [{"html": "<img>"}]}
    said = list(accessible.wrong({"sideways": 7, "smallest": 6.84, "cut": ["a=b"], "links": []}, [violation]))
    assert said == [
        "the page is 7 px wider than the screen",
        "letters of a drawing are 6.8 px high",
        "a formula is cut: a=b",
        "axe: image-alt at <img>",
    ]


def test_a_link_leads_to_a_file_and_to_a_place_in_it(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<h2 id="here">Here</h2>', "utf-8")
    links = [page.as_uri(), f"{page.as_uri()}#here", "https://example.org/#nowhere"]
    gone = [f"{page.as_uri()}#gone", (tmp_path / "gone.csv").as_uri()]
    assert list(accessible.dead([*links, *gone])) == gone
