"""One page of each kind of the built site, on a phone and on a screen: ``make accessible``.

A Chromium that is on PATH opens them as files, light and dark, with all that is folded open. axe-core
must find nothing, no page may be moved sideways as a whole, no formula may be cut, and letters of a drawing
may not be too small to be read. Links lead to files, and to places in them. With ``--all`` every page is
opened and measured on all screens, and axe, which takes most of the time, looks at each on one, in turn.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from browser import FLAGS, ROOT, chromium

#: Kinds of pages: where they are in the site; of several the first and the last are looked at.
KINDS = {
    "start page": "index.html",
    "explorer": "explore.html",
    "list of releases": "releases.html",
    "release": "releases/*/*/index.html",
    "anomaly": "anomalies/*.html",
    "comparison": "comparisons/*/report.html",
    "models": "models.html",
    "published numbers": "rightness.html",
    "manual": "manual/*.html",
    "search": "search.html",
    "changes": "changes.html",
    "validation": "validation.html",
}
#: Widths in pixels, with the colours that are asked for.
SCREENS = tuple(product((390, 1280), ("dark", "light")))
#: What axe is asked for: what is wrong alone, as describing all that is right takes most of its time.
_ASKED = {"resultTypes": ["violations"]}
#: What is folded is looked at as well, and what is drawn when it comes into sight.
_UNFOLDED = """() => {
  document.querySelectorAll("details").forEach((e) => (e.open = true));
  dispatchEvent(new Event("beforeprint"));
}"""
#: How long a page may take, in milliseconds: the machine may be busy.
_PATIENCE = 120_000
#: The smallest letters of a drawing in pixels, but for indices of a formula in it.
SMALLEST = 8.0
_MEASURED = """() => {
  const root = document.documentElement;
  const letters = [...document.querySelectorAll("figure svg text, svg.plane text")].map((e) => {
    const at = e.getScreenCTM();
    const sizes = [...e.querySelectorAll("tspan"), e].map((t) => parseFloat(getComputedStyle(t).fontSize));
    return e.textContent.trim() ? Math.max(...sizes) * Math.hypot(at.a, at.b) : Infinity;
  });
  const cut = (e) => e.scrollWidth > e.clientWidth + 1;
  const formulas = [...document.querySelectorAll(".formula")].filter(cut);
  return {
    sideways: root.scrollWidth - root.clientWidth,
    smallest: letters.length ? Math.min(...letters) : null,
    cut: formulas.map((e) => e.textContent),
    links: [...document.links].map((e) => e.href),
  };
}"""


def pages(site: Path, all_of_them: bool = False) -> Iterator[tuple[str, Path]]:
    """Yield the kind and the file of each page that is looked at: the first and the last of a kind, or all.

    Raises
    ------
    FileNotFoundError
        If the site has no page of a kind.
    """
    for kind, pattern in KINDS.items():
        found = sorted(site.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{site} has no {kind} ({pattern}): run make report")
        chosen = found if all_of_them else dict.fromkeys((found[0], found[-1]))
        yield from ((kind, file) for file in chosen)


def dead(links: Iterable[str]) -> Iterator[str]:
    """Yield those of the links of a page, as addresses, that lead to no file or to no place in it."""
    for link in dict.fromkeys(links):
        address = urlparse(link)
        if address.scheme == "file":
            file, place = Path(unquote(address.path)), unquote(address.fragment)
            page = file.suffix == ".html" and file.name != "explore.html"  # whose places are its settings
            if not file.exists() or (place and page and f'id="{place}"' not in file.read_text("utf-8")):
                yield link


def wrong(measured: dict[str, Any], violations: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with a page: what was measured of it, and axe's violations."""
    if measured["sideways"] > 0:
        yield f"the page is {measured['sideways']} px wider than the screen"
    if measured["smallest"] is not None and measured["smallest"] < SMALLEST:
        yield f"letters of a drawing are {measured['smallest']:.1f} px high"
    yield from (f"a formula is cut: {formula}" for formula in measured["cut"])
    yield from (f"a link leads nowhere: {link}" for link in dead(measured["links"]))
    yield from (f"axe: {v['id']} at {v['nodes'][0]['html'][:80]}" for v in violations)


def screens_of_axe(number: int, all_of_them: bool) -> Sequence[tuple[int, str]]:
    """Return the screens on which axe looks at a page: all, or one in turn where all pages are opened.

    Examples
    --------
    >>> [screens_of_axe(number, True) for number in (0, 5)]
    [((390, 'dark'),), ((390, 'light'),)]
    """
    return (SCREENS[number % len(SCREENS)],) if all_of_them else SCREENS


def looked_at(browser: Any, kind: str, file: Path, by_axe: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield what is wrong with a page, and on which screen; it is opened once."""
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page()
    page.goto(file.as_uri(), timeout=_PATIENCE)
    if kind == "explorer":
        page.wait_for_selector("html[data-ready]", timeout=_PATIENCE)
    page.evaluate(_UNFOLDED)
    for width, colours in SCREENS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        seen = (width, colours) in by_axe
        violations = Axe().run(page, options=_ASKED).response["violations"] if seen else []
        yield from (f"{width} px, {colours}: {one}" for one in wrong(page.evaluate(_MEASURED), violations))
    page.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, 1 if something is wrong, 2 without a browser or a site."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every page of each kind")
    parser.add_argument("--first", type=int, default=1, help="the first of the pages, to go on after a part")
    given = parser.parse_args(arguments)
    executable = chromium()
    if executable is None:
        return 2
    try:
        chosen = list(pages(ROOT / "build" / "site", given.all))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    count = 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        for number, (kind, file) in enumerate(chosen[given.first - 1 :], given.first):
            found = list(looked_at(browser, kind, file, screens_of_axe(number - 1, given.all)))
            count += len(found)
            place = file.relative_to(ROOT)
            print(f"{number} of {len(chosen)}: {kind}: {place}: {len(found)} wrong", flush=True)
            for sentence in found:
                print(f"  {sentence}", file=sys.stderr)
        browser.close()
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
