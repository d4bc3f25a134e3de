"""Figures: text is text, the same figure gives the same bytes, and lines are where the numbers say."""

import re
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from nuanomaly.report import drawing, figures
from nuanomaly.report.figures.numbers import numbers


def plane() -> Any:
    figure, axes = figures.new(5, 4)
    figures.plane(axes, "sin2_2theta_ee", "dm2_41", (0.01, 1.0), (0.1, 10.0))
    return figure, axes


X, Y = np.geomspace(0.01, 1.0, 61), np.geomspace(0.1, 10.0, 61)
DELTA = 20.0 * (np.log10(X)[None, :] + 1.0) ** 2 + 20.0 * np.log10(Y)[:, None] ** 2


def test_text_in_a_figure_is_text_that_can_be_searched() -> None:
    figure, axes = plane()
    figures.region(axes, X, Y, DELTA, [0.9], "Gallium", "blue")
    figures.legend(figure, axes)
    svg = drawing.svg(figure, "regions", "A region")
    assert "Gallium, 90 % CL</text>" in svg
    assert ">0.1</text>" in svg


def test_the_same_figure_gives_the_same_bytes_whatever_the_reader_has_set() -> None:
    def draw() -> str:
        figure, axes = plane()
        figures.region(axes, X, Y, DELTA, [0.9, 0.99], "Gallium", "blue")
        figures.legend(figure, axes)
        return drawing.svg(figure, "regions", "A region")

    first = draw()
    with mpl.rc_context({"font.size": 30.0, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert draw() == first
    assert "<metadata>" not in first
    assert "<dc:date>" not in first


def test_two_figures_on_one_page_share_no_id() -> None:
    ids = []
    for name in ("one", "two"):
        figure, axes = plane()
        figures.region(axes, X, Y, DELTA, [0.9], "a", "blue")
        svg = drawing.svg(figure, name, "t")
        ids += re.findall(r'\bid="([^"]+)"', svg)
        used = re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", svg)
        assert used
        assert {a or b for a, b in used} <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", ["allowed", "excluded", "lines"])
def test_the_border_of_a_region_lies_where_delta_has_the_critical_value(kind: Any) -> None:
    _, axes = plane()
    figures.region(axes, X, Y, DELTA, {0.9: 5.0}, "a", "blue", kind)
    border = axes.collections[-1].get_paths()[0].vertices
    x, y = np.log10(border).T
    assert 20.0 * (x + 1.0) ** 2 + 20.0 * y**2 == pytest.approx(np.full(len(x), 5.0), abs=0.05)


def test_a_legend_that_is_too_wide_takes_fewer_columns() -> None:
    figure, axes = figures.new(4, 3)
    for name in ("a rather long name of a curve, so long", "a name as long as the first one is", "a third"):
        figures.curve(axes, [0, 1], [0, 1], name)
    figures.legend(figure, axes, columns=3)
    svg = drawing.svg(figure, "x", "t")
    width = float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0])
    starts = [float(x) for x in re.findall(r'<text[^>]*x="([\d.]+)"[^>]*>a', svg)]
    assert starts
    assert max(starts) < width / 2


def test_points_of_a_curve_in_any_order_become_the_curve() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
    order = np.random.default_rng(1).permutation(200)
    x, y = 10.0 ** np.cos(angle)[order], 10.0 ** np.sin(angle)[order]
    ((u, v),) = figures.chains(x, y)
    assert len(u) == 200
    assert np.hypot(np.diff(np.log10(u)), np.diff(np.log10(v))).max() < 0.04


def test_stacked_spectra_are_divided_by_the_width_of_their_bins() -> None:
    _, axes = figures.new(4, 3)
    figures.spectrum(axes, [0, 100, 300], {"background": [10, 40]}, data=[10, 40], errors=[3, 6], per=100.0)
    assert axes.patches[0].get_data().values.tolist() == [10.0, 20.0]
    assert axes.lines[0].get_ydata().tolist() == [10.0, 20.0]


def test_a_figure_is_also_a_file_of_its_own() -> None:
    figure, _ = figures.new(7.3, 4.8)
    file = ElementTree.fromstring(drawing.standalone(drawing.svg(figure, "x", "t")))
    assert (file.get("width"), file.get("height")) == ("701", "461")
    assert file.tag == "{http://www.w3.org/2000/svg}svg"


def test_an_axis_of_hardly_a_decade_has_more_than_one_label() -> None:
    """A logarithmic axis with one power of ten on it cannot be read."""
    figure, axes = figures.new(4, 3)
    figures.plane(axes, xlim=(1e-3, 1.0), ylim=(0.3, 5.0))
    figure.draw_without_rendering()
    ticks = [*axes.get_yticklabels(), *axes.get_yticklabels(minor=True)]
    seen = [t.get_text() for t in ticks if t.get_text() and 0.3 <= t.get_position()[1] <= 5.0]
    assert seen == ["1", "0.5", "2", "5"]


def test_an_ellipse_has_its_levels_and_every_point_of_its_border_stands_in_the_file() -> None:
    figure, axes = figures.new()
    centre, covariance = np.array([6.16, 4.16]), np.array([[0.014, 0.0096], [0.0096, 0.045]])
    x, y = np.linspace(5.7, 6.9, 241), np.linspace(3.3, 5.1, 241)
    figures.ellipse(axes, x, y, centre, covariance, (0.6827, 0.9545), "fit", "blue")
    table = numbers(figure)
    borders = table[table["kind"] == "border"]
    assert (borders.groupby("label").size() > 100).all()
    away = borders[["x", "y"]].to_numpy(float) - centre
    delta = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
    expected = borders["label"].str.extract(r"level ([\d.]+)")[0].astype(float)
    np.testing.assert_allclose(delta, expected, rtol=0.01)
