"""The pages: nothing is loaded from elsewhere, they are well-formed, links lead somewhere, all have words."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from nuanomaly.report.pages import Result

Built = tuple[Path, list[Result]]

VOID = {"meta", "link", "img", "br", "wbr", "hr", "input"}
#: Attributes that make a browser load something, as opposed to <a href>, which a reader follows.
LOADING = {"src", "srcset", "data", "poster", "action", "xlink:href", "background"}
PAGES = [
    "index.html",
    "models.html",
    "releases.html",
    "validation.html",
    "rightness.html",
    "changes.html",
    "anomalies/toy.html",
    "releases/toy/2020-r1/index.html",
    "comparisons/toy-counts/report.html",
]


class Page(HTMLParser):
    """What a page is made of, and what is wrong with its structure."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.styles: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if len(found) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        self.tags.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        self._attributes(tag, found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._attributes(tag, dict(attrs))

    def _attributes(self, tag: str, found: dict[str, str | None]) -> None:
        for name, value in found.items():
            if name == "id":
                self.ids.append(value or "")
            if name in LOADING or (name == "href" and tag != "a"):
                self.loads.append(value or "")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            if name == "style":
                self.styles.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else, line {self.getpos()[0]}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.styles.append(data)


def read(site: Path, name: str) -> Page:
    return Page((site / name).read_text("utf-8"))


def remote(page: Page) -> list[str]:
    """Addresses of another place that a browser would load by itself."""
    urls = [u for style in page.styles for u in re.findall(r"url\(\s*['\"]?([^)'\"]+)", style)]
    imported = [u for style in page.styles for u in re.findall(r"@import[^;]*", style)]
    elsewhere = [
        u for u in (*page.loads, *urls) if urlparse(u).scheme not in ("", "data") or u.startswith("//")
    ]
    return elsewhere + imported


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere_and_no_script_is_needed(built: Built, name: str) -> None:
    page = read(built[0], name)
    assert remote(page) == []
    scripts = [found for tag, found in page.tags if tag == "script"]
    if name.startswith("comparisons/"):
        assert scripts == []  # a report is one file
    assert all(re.fullmatch(r"(\.\./)*tables\.js", found.get("src") or "") for found in scripts)
    assert not [tag for tag, _ in page.tags if tag in ("iframe", "object", "embed")]


def test_a_remote_resource_would_be_seen() -> None:
    page = Page(
        '<img src="https://a.org/x.png"><script src="//b.org/x.js"></script>'
        "<style>@import 'c.css'; p { background: url(http://d.org/x) }</style><a href='https://e.org'>e</a>"
    )
    assert len(remote(page)) == 4


def test_the_report_is_one_file(built: Built) -> None:
    loads = read(built[0], "comparisons/toy-counts/report.html").loads
    assert [u for u in loads if not u.startswith(("#", "data:"))] == []


@pytest.mark.parametrize("name", PAGES)
def test_tags_are_closed_in_order_and_ids_are_unique(built: Built, name: str) -> None:
    page = read(built[0], name)
    assert page.wrong == []
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_the_site_leads_to_a_file_and_a_place_in_it(built: Built, name: str) -> None:
    page = read(built[0], name)
    local = [link for link in page.links if not urlparse(link).scheme]
    assert local
    for link in local:
        path, _, fragment = unquote(link).partition("#")
        target = (built[0] / name).parent / path if path else built[0] / name
        assert target.is_file(), link
        if fragment:
            assert fragment in read(target.parent, target.name).ids, link


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_without_seeing_it(built: Built, name: str) -> None:
    page = read(built[0], name)
    tags = [tag for tag, _ in page.tags]
    assert page.tags[[*tags].index("html")][1]["lang"] == "en"
    assert tags.count("h1") == 1
    assert tags.count("title") >= 1
    assert all(found.get("alt") for tag, found in page.tags if tag == "img")
    assert tags.count("table") == tags.count("caption")
    assert all("aria-labelledby" in found for tag, found in page.tags if tag == "svg")
    assert all(found.get("tabindex") == "0" for tag, found in page.tags if tag == "pre")
    headings = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(headings))  # no level is left out


@pytest.mark.parametrize("name", PAGES)
def test_on_a_narrow_screen_every_cell_says_what_it_is_and_every_drawing_has_a_frame(
    built: Built, name: str
) -> None:
    text = (built[0] / name).read_text("utf-8")
    for table in re.findall(r'<table class="[^"]*\bstacked\b.*?</table>', text, re.DOTALL):
        cells = re.findall(r"<td\b[^>]*>", table)
        assert cells
        assert [cell for cell in cells if not re.search(r'data-label="[^"]+"', cell)] == []
    drawings = re.findall(r"<figure\b[^>]*>(.{30})", text, re.DOTALL)
    assert all(drawing.startswith('<div class="drawing"') for drawing in drawings)


def test_code_is_folded_and_formulas_are_mathml(built: Built) -> None:
    text = (built[0] / "comparisons/toy-counts/report.html").read_text("utf-8")
    assert text.count('<details class="code">') == 3
    assert "<mover accent" in text  # \bar n
    assert "<mfrac>" in text
    assert "\\frac" not in text


def test_figures_say_what_they_show_and_when_the_data_were_taken(built: Built) -> None:
    text = (built[0] / "comparisons/toy-counts/report.html").read_text("utf-8")
    caption = re.findall(r"<figcaption>(.*?)</figcaption>", text, re.DOTALL)[0]
    assert "Three counts." in caption
    assert "Regions: Wilks, 2 degrees of freedom." in caption
    assert "Data: Toy (toy@2020-r1) taken 2019-01 to 2019-12." in caption
    assert "Three points with errors</title>" in text


def test_the_comparison_ends_with_what_is_needed_to_trust_rebuild_and_cite_it(built: Built) -> None:
    text = (built[0] / "comparisons/toy-counts/report.html").read_text("utf-8")
    for part in (
        "<msqrt>",
        "its one benchmark holds",
        "make report ARGS=toy-counts",
        "@misc{Toy2020",
        "50.00",
    ):
        assert part in text


def test_every_release_has_a_page_with_its_files(built: Built) -> None:
    folder = built[0] / "releases/toy/2020-r1"
    text = (folder / "index.html").read_text("utf-8")
    for part in (
        "Total of the counts",
        "transcribed",
        "counted events",
        "nuanomaly fetch toy@2020-r1",
        "@misc{Toy2020",
    ):
        assert part in text
    assert (folder / "counts.csv").read_bytes() == (
        built[0].parents[1] / "datasets/toy/2020-r1/counts.csv"
    ).read_bytes()


def test_the_anomaly_shows_claim_data_and_comparison(built: Built) -> None:
    text = (built[0] / "anomalies/toy.html").read_text("utf-8")
    for part in (
        "100 ± 5.8 (stat) ± 1 (syst) events",
        "Toy: three counts",
        "not in the archive yet",
        "agree",
        "arXiv:2001.00001",
    ):
        assert part in text


def test_pages_of_what_is_gone_are_removed(archive: Path) -> None:
    from nuanomaly.report import site

    out = archive / "build" / "site"
    site.write(out, {})
    stale = out / "releases" / "toy" / "2019-r1" / "index.html"
    stale.parent.mkdir()
    stale.write_text("old", "utf-8")
    site.write(out, {})
    assert not stale.parent.exists()
    assert (out / "releases" / "toy" / "2020-r1" / "index.html").is_file()


def test_numbers_stand_behind_every_figure_and_table(built: Built) -> None:
    folder = built[0] / "comparisons/toy-counts"
    figure = (folder / "figures/counts.csv").read_text("utf-8").splitlines()
    assert figure[0] == "panel,kind,label,piece,x,y,y_error_low,y_error_high"
    assert figure[1].startswith("1,points,counts,0,1,99,9.9498")
    assert (folder / "tables/1.csv").read_text("utf-8") == "bin,events\nfirst,99.0\nsecond,100.0\n"
    links = read(built[0], "comparisons/toy-counts/report.html").links
    assert {"figures/counts.csv", "figures/counts.svg", "tables/1.csv"} <= set(links)
    provenance = json.loads((folder / "provenance.json").read_text("utf-8"))
    assert {"figures/counts.csv", "tables/1.csv"} <= set(provenance["outputs"])
