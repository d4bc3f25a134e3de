"""The look of all figures, and how they become SVG: text stays text, the same figure gives the same bytes."""

import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Okabe–Ito, which people with any colour vision tell apart (Okabe and Ito 2008); yellow is left out: it
#: is too pale for lines on white.
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "orange": "#E69F00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "grey": "#767676",
    "black": "#1a1a1a",
}

#: Fonts of the browser: the first is what the layout was measured with.
_FONTS = "'DejaVu Sans', Verdana, 'Helvetica Neue', Arial, sans-serif"

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "nuanomaly",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.edgecolor": "#333333",
    "axes.labelcolor": "#1a1a1a",
    "axes.prop_cycle": "",  # filled in below
    "text.color": "#1a1a1a",
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.labelsize": 9.5,
    "xtick.major.pad": 5.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "legend.handlelength": 2.4,
    "lines.linewidth": 1.6,
    "hatch.linewidth": 0.6,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the archive's style, whatever the reader's own matplotlib settings are."""
    import matplotlib as mpl
    from matplotlib import RcParams
    from matplotlib.rcsetup import cycler

    with mpl.rc_context():
        mpl.rcdefaults()
        settings = {**_STYLE, "axes.prop_cycle": cycler(color=list(COLOURS.values()))}
        mpl.rcParams.update(RcParams(settings))
        yield


def svg(figure: "Figure", name: str, title: str) -> str:
    """Return a figure as an ``<svg>`` element that stands in a page.

    Ids get the figure's name in front, so that several figures live on one page; the date and the
    metadata block, which names remote vocabularies, are left out.

    Parameters
    ----------
    name : str
        Unique on the page.
    title : str
        What the figure shows, for readers who do not see it.
    """
    buffer = io.StringIO()
    with style():
        short_axes(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    body = compact(text[text.index("<svg") :])
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    body = re.sub(r'xlink:href="#', f'href="#{name}-', body)
    body = body.replace('xlink:href="', 'href="')  # of images in a drawing: the old namespace is not declared
    body = re.sub(r"'DejaVu Sans'", _FONTS.replace('"', "'"), body)
    body = re.sub(r"[ \t]+$", "", body, flags=re.MULTILINE)
    return _head(body, name, title).strip()


def compact(svg: str) -> str:
    """Return a drawing of matplotlib's in fewer bytes that looks the same.

    Coordinates get three digits after the point, a thousandth of 1/72 inch. A long row of one marker, an
    element for each point, becomes one path that bears the marker at its corners.

    Examples
    --------
    >>> use = '<use xlink:href="#m1" x="{}.123456" y="2.000000" style="fill: #0072b2"/>'
    >>> row = "".join(use.format(number) for number in range(_ROW))
    >>> svg = compact(f'<defs><path id="m1" d="M 0 3.000000"/></defs><g>{row}</g>')
    >>> svg.count("<use"), svg.count("<path"), "M0.123 2 1.123 2 2.123 2" in svg
    (1, 2, True)
    """
    svg = _COORDINATES.sub(lambda match: match[1] + _LONG.sub(_rounded, match[2]) + '"', svg)
    return _MARKERS.sub(_marked, svg)


#: So many points with one marker make a row worth a path.
_ROW = 50
_COORDINATES = re.compile(r'(\s(?:d|x|y)=")([^"]*)"')
_LONG = re.compile(r"-?\d+\.\d+")
_USE = r'<use xlink:href="#{0}" x="([^"]*)" y="([^"]*)" style="{1}"/>\s*'
_MARKERS = re.compile(
    _USE.format('(?P<marker>[^"]+)', '(?P<style>[^"]*)')
    + f"(?:{_USE.format('(?P=marker)', '(?P=style)')}){{{_ROW - 1},}}"
)
_PLACE = re.compile(r'x="([^"]*)" y="([^"]*)"')


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.3f}".rstrip("0").rstrip(".")


def _marked(match: re.Match[str]) -> str:
    """Return a row of one marker as a path; what is drawn at its corners is the marker's own element."""
    name, style = f"{match['marker']}-row-{match.start()}", match["style"]
    places = " ".join(" ".join(place) for place in _PLACE.findall(match[0]))
    return (
        f'<marker id="{name}" markerUnits="userSpaceOnUse" overflow="visible">'
        f'<use xlink:href="#{match["marker"]}" style="{style}"/></marker>'
        f'<path d="M{places}" style="fill: none; marker: url(#{name})"/>\n'
    )


def short_axes(figure: "Figure") -> None:
    """Name 2 and 5 times the powers of ten on logarithmic axes that hold less than two powers.

    Axes whose ticks were chosen one by one are left as they are.

    Examples
    --------
    >>> from nuanomaly.report import figures
    >>> figure, axes = figures.new(3, 2)
    >>> axes.set(yscale="log", ylim=(0.103, 9.7)) and None
    >>> short_axes(figure)
    >>> [axes.yaxis.get_minor_formatter()(v) for v in (0.2, 0.3, 5.0)]
    ['0.2', '', '5']
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            chosen = isinstance(axis.get_major_locator(), FixedLocator)
            if axis.get_scale() != "log" or low <= 0.0 or chosen:
                continue
            if math.floor(math.log10(high) + 1e-9) - math.ceil(math.log10(low) - 1e-9) < 1:
                axis.set_minor_formatter(FuncFormatter(between))


def lonely_labels(svg: str) -> list[str]:
    """Return the labels of axes that have no other one: such an axis cannot be read.

    Examples
    --------
    >>> from nuanomaly.report import figures
    >>> figure, axes = figures.new(3, 2)
    >>> axes.set_yticks([0.5], ["half"]) and None
    >>> lonely_labels(svg(figure, "one", "An empty figure"))
    ['half']
    """
    from xml.etree import ElementTree

    def groups(element: ElementTree.Element, name: str) -> "Iterator[ElementTree.Element]":
        kind = re.compile(rf"(.*-)?{name}_\d+")
        return (g for g in element.iter("{http://www.w3.org/2000/svg}g") if kind.fullmatch(g.get("id") or ""))

    labels = (
        ["".join(tick.itertext()).strip() for tick in groups(axis, "[xy]tick")]
        for axis in groups(ElementTree.fromstring(svg), r"matplotlib\.axis")
    )
    return [seen[0] for axis in labels if len(seen := [label for label in axis if label]) == 1]


def between(value: float, _position: int | None = None) -> str:
    """Return the label of 2 and 5 times a power of ten, where hardly one power is on an axis."""
    first = value / 10.0 ** math.floor(math.log10(value)) if value > 0.0 else 0.0
    return f"{value:g}" if math.isclose(first, 2.0) or math.isclose(first, 5.0) else ""


def standalone(svg: str) -> str:
    """Return the ``<svg>`` element of a page as a file of its own, with a size."""
    box = re.search(r'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', svg)
    width, height = (float(n) * 4 / 3 for n in box.groups()) if box else (700.0, 500.0)
    return svg.replace("<svg ", f'<svg width="{width:.0f}" height="{height:.0f}" ', 1) + "\n"


def _head(body: str, name: str, title: str) -> str:
    """Return the drawing with a size that adapts to the page, and a name for screen readers."""
    head, rest = body.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', head)
    width = float(box[1].split()[2]) if box else 504.0
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1] if box else ""}" role="img" '
        f'aria-labelledby="{name}-title" style="max-width:{width * 4 / 3:.0f}px"'
    )
    return f'{opening}>\n<title id="{name}-title">{escape(title)}</title>{rest}'
