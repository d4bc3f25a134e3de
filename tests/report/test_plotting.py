"""Figures by one command: what is drawn is what was computed, and stands beside it as CSV."""

from pathlib import Path

import numpy as np
import pytest

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.survey import survey
from nuanomaly.report.plotting import Picture, plot

GRID = {"dm2_41": (0.1, 10.0, 21, "log"), "sin2_2theta_ee": (0.01, 1.0, 15, "log")}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis(["gallex", "best"], "2nu-ee", grid=GRID)


def labels(picture: Picture) -> str:
    return " | ".join(text.get_text() for legend in picture.figure.legends for text in legend.get_texts())


def test_regions_of_each_side_and_of_all_are_those_of_their_scans(analysis: Analysis) -> None:
    picture = plot(analysis, contours=["gallium-2011"])
    whole = picture.table[picture.table["data"] == "all together"]
    np.testing.assert_array_equal(whole["delta"], analysis.scan().delta().ravel())
    assert set(picture.table["data"]) == {*analysis.names, "all together"}
    assert "gallium-2011: GALLEX and SAGE, 95 % CL, published (digitised)" in labels(picture)
    assert "best" in labels(picture)


def test_every_published_contour_of_a_plane_can_be_named(analysis: Analysis) -> None:
    for version in ("contours@2024-r1", "contours"):
        for name in nuanomaly.load(version).table("nue-disappearance")["contour"].unique():
            assert str(name) in labels(plot(analysis.scan(), contours=[str(name)]))
    with pytest.raises(UnknownNameError, match="gallium-2011"):
        plot(analysis, contours=["gallium-2012"])


def test_a_profile_is_drawn_over_its_parameter(analysis: Analysis) -> None:
    picture = plot(analysis, kind="profile", parameter="dm2_41")
    line = picture.table[picture.table["data"] == "all together"]
    np.testing.assert_array_equal(line["delta"], analysis.profile("dm2_41").delta())


def test_a_spectrum_holds_data_prediction_and_pulls() -> None:
    asked = Analysis("karmen", "2nu-mue")
    point = {"dm2_41": 0.6, "sin2_2theta_mue": 0.01}
    table = plot(asked, kind="spectrum", at=point).table
    lk = nuanomaly.likelihood("karmen")
    np.testing.assert_array_equal(table["observed"], lk.data)
    np.testing.assert_allclose(table["predicted"], lk.predict("2nu-mue", **point))
    np.testing.assert_allclose(table["three_neutrinos"], lk.predict("3nu"))
    assert (np.sign(table["pull"]) == np.sign(table["observed"] - table["predicted"])).all()


def test_a_survey_is_a_chart_of_its_differences() -> None:
    verdicts = survey("2nu-ee", {"dm2_41": 1.3, "sin2_2theta_ee": 0.3}, ["gallex", "karmen", "lsnd"])
    picture = plot(verdicts)
    assert picture.table["delta"].tolist()[:2] == [v.delta for v in verdicts[:2]]
    assert len(picture.figure.axes[0].patches) == sum(v.delta is not None for v in verdicts)


def test_what_cannot_be_drawn_is_said(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match="tabulated surface"):
        plot(Analysis("lsnd", "2nu-mue"), kind="spectrum", at={"dm2_41": 1.0, "sin2_2theta_mue": 0.01})
    with pytest.raises(UnknownNameError, match="profile"):
        plot(analysis, kind="profil")
    with pytest.raises(NuanomalyError, match=r"\.pdf"):
        plot(analysis).save(tmp_path / "figure.txt")
