"""Figures by one command: what is drawn is what was computed, and stands beside it as CSV."""

from pathlib import Path

import numpy as np
import pytest

import nuanomaly
from nuanomaly.archive import paths
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.runs import stored_run
from nuanomaly.inference.survey import survey
from nuanomaly.report.plotting import Picture, plot
from nuanomaly.report.plotting.bins import bins

POINT = {"dm2_41": 0.6, "sin2_2theta_mue": 0.01}
GRID = {"dm2_41": (0.1, 10.0, 21, "log"), "sin2_2theta_ee": (0.01, 1.0, 15, "log")}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis(["gallex", "best"], "2nu-ee", grid=GRID)


def labels(picture: Picture) -> str:
    return " | ".join(text.get_text() for legend in picture.figure.legends for text in legend.get_texts())


def test_regions_of_each_side_and_of_all_are_those_of_their_scans(analysis: Analysis) -> None:
    picture = plot(analysis, contours=["gallium-2011"])
    whole = picture.table[picture.table["data"] == "all together"]
    np.testing.assert_array_equal(whole["delta"], analysis.scan().delta(analysis.fit().value).ravel())
    assert set(picture.table["data"]) == {*analysis.names, "all together"}
    assert "gallium-2011: GALLEX and SAGE, 95 % CL, published (digitised)" in labels(picture)
    assert "best" in labels(picture)


def test_every_published_contour_of_a_plane_can_be_named(analysis: Analysis) -> None:
    scan = analysis.scan()
    for version in ("contours@2024-r1", "contours"):
        every = [str(name) for name in nuanomaly.load(version).table("nue-disappearance")["contour"].unique()]
        shown = labels(plot(scan, contours=every))
        assert [name for name in every if f"{name}: " not in shown] == []
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


def test_pulls_times_errors_are_what_is_left_of_the_data() -> None:
    table = plot(Analysis("karmen", "2nu-mue"), kind="spectrum", at=POINT).table
    np.testing.assert_allclose(
        table["observed"] - table["fitted"], table["pull"] * table["error"], atol=1e-12
    )
    np.testing.assert_allclose(table["fitted"], table["predicted"])  # no nuisance moves it
    assert table["low"].iloc[0] == 16.0
    assert table["high"].iloc[-1] == 52.0


def test_each_table_of_the_data_is_a_panel_of_its_own() -> None:
    picture = plot(Analysis("miniboone-nue@2020:combined", "2nu-mue"), kind="spectrum", at=POINT)
    assert [title.get_title(loc="left").split()[-1] for title in picture.figure.axes[:4]] == [
        "nue_nu",
        "numu_nu",
        "nue_nubar",
        "numu_nubar",
    ]
    lk = nuanomaly.likelihood("miniboone-nue@2020:combined")
    np.testing.assert_array_equal(picture.table["observed"], lk.data)


def test_data_in_blocks_are_parts_with_names_and_say_what_they_are() -> None:
    parts = bins(nuanomaly.likelihood("reactor-rates@2020-r1"))
    assert [(len(p.names), p.value) for p in parts] == [
        (21, "ratio"), (3, "ratio"), (8, "ratio"), (8, "ratio")
    ]  # fmt: skip
    assert parts[1].title == "Palo Verde, Double Chooz (near detector) and Chooz"
    assert parts[0].names[1] == "Rovno91 rovno-18"


def test_bins_of_several_tables_say_what_energy_they_are_of() -> None:
    first = bins(nuanomaly.likelihood("miniboone-nue@2020-r1:combined"))[0]
    assert (first.title, first.quantity) == (
        "νe-like events, neutrino mode",
        "neutrino energy, reconstructed (MeV)",
    )
    assert first.edges is not None
    assert first.edges[0] == 200.0


def test_blocks_of_a_statistic_are_rows_of_bins_of_their_own() -> None:
    parts = bins(nuanomaly.likelihood("minos-sterile@2019-r1"))
    assert [part.borders.size - 1 for part in parts] == [44, 47, 27, 27]
    assert all(part.edges is not None for part in parts)


@pytest.mark.parametrize(
    ("release", "count", "size", "first", "last", "quantity"),
    [
        ("prospect@2021-r2", 10, 16, "baseline 1", "baseline 10", "prompt energy, reconstructed (MeV)"),
        ("nue-carbon@2012-r1:both", 2, 26, "KARMEN", "LSND", "neutrino energy, reconstructed (MeV)"),
        ("daya-bay@2016-r1", 3, 35, "EH1", "EH3", "prompt energy, reconstructed (MeV)"),
        ("daya-bay@2025-r1", 21, 26, "AD11-6AD", "AD34-7AD", "prompt energy, reconstructed (MeV)"),
    ],
)
def test_energies_that_begin_anew_are_rows_of_bins_of_their_own(
    release: str, count: int, size: int, first: str, last: str, quantity: str
) -> None:
    parts = bins(nuanomaly.likelihood(release))
    assert (len(parts), len(parts[0].names)) == (count, size)
    assert (parts[0].title, parts[-1].title) == (first, last)
    assert {part.quantity for part in parts} == {quantity}
    assert all(part.edges is not None and (np.diff(part.edges) > 0).all() for part in parts)


def test_many_rows_of_bins_stand_in_several_bands() -> None:
    picture = plot(
        Analysis("prospect@2021-r2", "2nu-ee"), kind="spectrum", at={"dm2_41": 1.7, "sin2_2theta_ee": 0.1}
    )
    shown = [axes for axes in picture.figure.axes if axes.get_visible()]
    assert len(shown) == 20
    assert picture.figure.get_figwidth() < 15.0
    np.testing.assert_array_equal(picture.table["observed"], nuanomaly.likelihood("prospect@2021-r2").data)


def test_every_release_with_bins_has_a_spectrum() -> None:
    for name in ("best", "danss", "prospect", "coherent-csi", "daya-bay", "reactor-rates", "minos-sterile"):
        lk = nuanomaly.likelihood(name)
        names = [n for part in bins(lk) for n in part.names]
        assert len(names) == lk.n_bins
        assert all(part.borders.size == len(part.names) + 1 for part in bins(lk))


def test_a_ladder_holds_rates_over_those_of_three_neutrinos() -> None:
    table = plot(
        Analysis("gallium", "2nu-ee"), kind="ladder", at={"dm2_41": 1.3, "sin2_2theta_ee": 0.3}
    ).table
    assert table["name"].tolist()[-2:] == ["BEST-inner 51Cr", "BEST-outer 51Cr"]
    ratios = nuanomaly.load("best").table("measurements")["ratio_bahcall"]
    expected = nuanomaly.likelihood("best").predict("3nu")  # θ13 takes two millionths
    np.testing.assert_allclose(table["ratio"].tolist()[-2:], ratios / expected)
    with pytest.raises(NuanomalyError, match="too many for a ladder"):
        plot(Analysis("prospect", "2nu-ee"), kind="ladder", at={"dm2_41": 1.3, "sin2_2theta_ee": 0.3})


def test_stored_critical_values_are_those_of_the_toys_at_their_points() -> None:
    root = paths.checkout()
    assert root is not None
    run = stored_run(root / "comparisons" / "coherent-nsi", "ee")
    stored = run.tables["critical"]
    asked = Analysis("coherent-csi@2017-r2:standard", "3nu", grid={"eps_ee": stored["eps_ee"].to_numpy()})
    table = plot(asked, levels=[0.9], toys=[run]).table
    drawn = table[table["data"] == "ee, 90 %"]
    np.testing.assert_allclose(drawn["critical"], stored["critical_90"])
    with pytest.raises(NuanomalyError, match="no level of 80 %"):
        plot(asked, levels=[0.8], toys=[run])


def test_two_of_three_parameters_are_drawn_with_the_third_minimised_over() -> None:
    grid = {"dm2_41": (0.5, 5.0, 5, "log"), "Ue4_sq": (0.01, 0.3, 4, "log")}
    asked = Analysis("gallex", "3+1", grid=grid, fixed={})
    table = plot(asked).table
    np.testing.assert_allclose(table["delta"], asked.scan(profile=["Umu4_sq"]).delta().ravel())


def test_scans_are_overlaid_if_they_are_over_the_same_parameters(analysis: Analysis) -> None:
    scans = [analysis.side(k).scan() for k in range(2)]
    assert set(plot(scans).table["data"]) == set(analysis.names)
    with pytest.raises(NuanomalyError, match="different parameters"):
        plot([scans[0], analysis.profile("dm2_41")])


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
