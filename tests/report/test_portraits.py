"""Pictures of releases: by kind of likelihood and table, with their numbers, kept by what they are of."""

import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nuanomaly
from nuanomaly.archive.loading import load
from nuanomaly.report.plotting.bins import bins
from nuanomaly.report.portrait import portraits, store
from nuanomaly.report.portrait.plane import scanned
from nuanomaly.report.portrait.spectrum import logarithmic, spectrum


def names(reference: str) -> list[str]:
    return [one.name for one in portraits(load(reference))]


def test_a_spectrum_with_a_covariance_has_data_region_and_correlation() -> None:
    assert names("danss@2018-r1") == ["data", "region", "correlation"]


def test_a_table_of_values_has_its_region_and_no_data() -> None:
    assert names("lsnd@2001-r1") == ["region"]


def test_contours_are_drawn_each() -> None:
    (one,) = portraits(load("contours@2026-r1"))
    table = load("contours@2026-r1").table("nue-disappearance")
    assert all(contour in one.svg for contour in table["contour"].unique())


def test_where_known_waves_are_measured_there_is_no_plane_of_two_flavours() -> None:
    release = load("daya-bay@2022")
    assert scanned(release, nuanomaly.likelihood(release.id)) is None


def test_the_numbers_behind_the_data_are_those_of_the_engine() -> None:
    release = load("karmen@2002-r1")
    data = next(one for one in portraits(release) if one.name == "data")
    frame = pd.read_csv(io.StringIO(data.csv))
    lk = nuanomaly.likelihood(release.id)
    assert lk.data is not None
    np.testing.assert_allclose(frame["data"], lk.data)
    np.testing.assert_allclose(frame["without_oscillation"], lk.predict("3nu"), rtol=1e-5)
    np.testing.assert_allclose(frame["low"], release.table("spectrum")["energy_low"])


def picture_of(reference: str) -> tuple[str, pd.DataFrame]:
    """The drawing of the data of a release without a plane, and its numbers."""
    release = load(reference)
    made = spectrum(release, nuanomaly.likelihood(release.id), None)
    assert made is not None
    return made.svg, pd.read_csv(io.StringIO(made.csv))


def test_predictions_are_drawn_where_pulls_of_the_statistic_bring_them() -> None:
    """Counts and their pulls make up χ², so that the line lies within errors of the points."""
    frame = picture_of("daya-bay@2016-r1")[1]
    chi2 = float(nuanomaly.likelihood("daya-bay@2016-r1").chi2("3nu"))
    seen = float((((frame["data"] - frame["without_oscillation"]) / frame["error"]) ** 2).sum())
    assert 0.9 * chi2 < seen < chi2


def test_cells_of_several_quantities_are_seen_along_each() -> None:
    svg, frame = picture_of("coherent-lar@2020-r1")
    assert all(axis in svg for axis in ("electron-equivalent energy (keV)", "f90", "time (µs)"))
    counts = nuanomaly.likelihood("coherent-lar@2020-r1").data
    assert counts is not None
    ends = np.cumsum([0, 12, 8, 10])
    sums = [frame["data"].iloc[a:b].sum() for a, b in pairwise(ends)]
    np.testing.assert_allclose(sums, counts.sum())


def test_bins_without_edges_are_called_by_their_names() -> None:
    svg, _ = picture_of("best@2022-r2")
    assert ">BEST-inner<" in svg
    assert "number of the bin" not in svg


def test_channels_of_one_table_have_a_panel_each() -> None:
    (*_, last) = rows = bins(nuanomaly.likelihood("microboone-bnb-numi@2025-r2"))
    assert (len(rows), last.title, sum(len(row.names) for row in rows)) == (14, "numi-nc-pi0", 364)


def test_the_region_is_that_of_the_likelihood() -> None:
    release = load("karmen@2002-r1")
    region = next(one for one in portraits(release) if one.name == "region")
    frame = pd.read_csv(io.StringIO(region.csv)).sample(20, random_state=1)
    lk = nuanomaly.likelihood(release.id)
    chi2 = lk.chi2(
        "2nu-mue", dm2_41=frame["dm2_41"].to_numpy(), sin2_2theta_mue=frame["sin2_2theta_mue"].to_numpy()
    )
    offset = chi2 - frame["delta"].to_numpy()
    np.testing.assert_allclose(offset, offset.mean(), atol=0.02)


def test_a_spectrum_at_several_baselines_has_a_panel_with_energies_for_each() -> None:
    data = next(one for one in portraits(load("prospect@2021-r2")) if one.name == "data")
    assert all(f"baseline {k}" in data.svg for k in range(1, 11))
    assert "number of the bin" not in data.svg
    frame = pd.read_csv(io.StringIO(data.csv))
    assert (frame["low"].tolist()[:2], frame["high"].max()) == ([0.8, 1.2], 7.2)


def test_panels_of_one_kind_have_one_kind_of_axis() -> None:
    runs = bins(nuanomaly.likelihood("prospect@2021-r2"))[:2]
    wide, narrow = np.geomspace(1.0, 1e3, 16), np.linspace(1.0, 3.0, 16)
    assert logarithmic(runs, [wide, wide]) == [True, True]
    assert logarithmic(runs, [wide, narrow]) == [False, False]
    assert logarithmic(runs, [wide, np.where(wide < 2.0, -1.0, wide)]) == [False, False]


def test_pictures_are_kept_until_what_they_are_of_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = load("karmen@2002-r1")
    items = portraits(release)
    store.keep(tmp_path / release.id, store._inputs(release), items)
    assert [one.name for one in store.kept(release, tmp_path) or []] == [one.name for one in items]
    (tmp_path / release.id / "data.svg").unlink()
    assert store.kept(release, tmp_path) is None
    store.keep(tmp_path / release.id, store._inputs(release), items)
    monkeypatch.setattr(store, "_code", lambda: "another")
    assert store.kept(release, tmp_path) is None


def test_an_image_within_a_drawing_is_found_by_browsers() -> None:
    """A map of correlations holds an image: its address must not have the prefix of a dropped namespace."""
    correlation = portraits(load("danss@2018-r1"))[-1].svg
    assert "xlink:" not in correlation
    assert re.search(r'<image[^>]* href="data:image/png', correlation)
