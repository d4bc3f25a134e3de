"""HTML of executed notebooks (nbconvert) and of pages (Jinja2); nothing on them is loaded from elsewhere."""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly import __version__
from nuanomaly.archive import paths
from nuanomaly.report.markup import markdown
from nuanomaly.report.narrow import framed, labelled
from nuanomaly.report.typography import prose

if TYPE_CHECKING:
    from jinja2 import Environment
    from nbformat import NotebookNode

#: What stands at the top of every page, and where it leads from the start page.
NAVIGATION = (
    ("index.html", "Answers"),
    ("index.html#anomalies", "Anomalies"),
    ("index.html#comparisons", "Comparisons"),
    ("explore.html", "Explorer"),
    ("releases.html", "Data"),
    ("models.html", "Models"),
    ("rightness.html", "How right?"),
    ("manual/index.html", "Manual"),
    ("search.html", "Search"),
)

TEMPLATES = Path(__file__).resolve().parent / "templates"


def notebook_body(notebook: "NotebookNode") -> str:
    """Return the cells of an executed notebook as HTML: text, folded code, outputs."""
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="notebook",
        filters={"words": partial(markdown, html=True), "highlighted": highlighted},
    )
    body, _ = exporter.from_notebook_node(notebook)
    return str(body).strip()


def highlighted(code: str) -> str:
    """Return Python source with its syntax marked by classes."""
    from nbconvert.filters.highlight import Highlight2HTML

    mark = Highlight2HTML(pygments_lexer="python")  # type: ignore[no-untyped-call]
    return str(mark(code)).strip()


@lru_cache(maxsize=1)
def environment() -> "Environment":
    """Return the templates of pages; everything is escaped unless a template says it is HTML."""
    import jinja2

    from nuanomaly.report import words

    class Missing(jinja2.Undefined):
        """False in a condition, empty in a loop, an error where it would be printed."""

        def __str__(self) -> str:
            return str(self._fail_with_undefined_error())

    class Documents(jinja2.Environment):
        """``x.key`` of a mapping is its entry, never a method of the mapping that has the same name."""

        def getattr(self, obj: Any, attribute: str) -> Any:
            if isinstance(obj, Mapping) and attribute in obj:
                return obj[attribute]
            return super().getattr(obj, attribute)

    made = Documents(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(words.FILTERS)
    return made


def navigation() -> list[tuple[str, str]]:
    """Return the pages that every page leads to; the explorer only where a checkout declares one."""
    root = paths.checkout()
    declared = root is not None and (root / "comparisons" / "explorer.yaml").is_file()
    return [(place, title) for place, title in NAVIGATION if declared or place != "explore.html"]


def page(template: str, **values: Any) -> str:
    """Return a page."""
    text = environment().get_template(template).render(version=__version__, navigation=navigation(), **values)
    # a block that scrolls must be reached by the keyboard
    text = re.sub(r'<pre(?=[ >])|<div class="table"', r'\g<0> tabindex="0"', text)
    return prose(framed(labelled(text)))


def static(name: str) -> str:
    """Return a file beside the templates that is served as it is, such as ``tables.js``."""
    return (TEMPLATES / name).read_text("utf-8")


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """Return the style of all pages."""
    return (TEMPLATES / "style.css").read_text("utf-8")
