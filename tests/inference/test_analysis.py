"""The question has one noun: an analysis is resolved once, and asked everything."""

import shutil
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.seal import seal
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.datasets import OverlapError
from nuanomaly.inference.fit import fit, profile, significance
from nuanomaly.inference.keywords import PositionalArgumentError
from nuanomaly.inference.question import UnfeltModelError
from nuanomaly.inference.result import Result, Test
from nuanomaly.inference.scan import scan
from nuanomaly.model.probabilities import NotApplicableError

ROOT = Path(__file__).resolve().parents[2]
GRID = {"dm2_41": (0.1, 10.0, 21, "log"), "sin2_2theta_ee": (0.01, 1.0, 11, "log")}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis(["gallex", "sage"], "2nu-ee", grid=GRID)


def test_methods_and_functions_give_the_same(analysis: Analysis) -> None:
    asked = {"grid": GRID}
    np.testing.assert_array_equal(analysis.scan().values, scan(["gallex", "sage"], "2nu-ee", **asked).values)
    best = analysis.fit()
    assert best.to_dict() == fit(["gallex", "sage"], "2nu-ee", **asked).to_dict()
    line = analysis.profile("dm2_41")
    np.testing.assert_array_equal(
        line.values, profile(["gallex", "sage"], "2nu-ee", parameter="dm2_41", **asked).values
    )
    assert analysis.compare().to_dict() == compare(["gallex", "sage"], "2nu-ee", **asked).to_dict()
    assert analysis.significance(best=best) == significance(["gallex", "sage"], "2nu-ee", **asked)


def test_it_is_frozen_and_another_one_is_given(analysis: Analysis) -> None:
    with pytest.raises(FrozenInstanceError):
        analysis.fixed = {}  # type: ignore[misc]
    narrowed = analysis.given(fixed={"dm2_41": 1.0}, grid={})
    assert isinstance(narrowed, Analysis)
    assert (analysis.free, narrowed.free) == (("dm2_41", "sin2_2theta_ee"), ("sin2_2theta_ee",))
    assert narrowed.likelihood.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.3) == narrowed.chi2(
        sin2_2theta_ee=0.3
    )


def test_every_result_has_one_line_a_table_and_a_mapping(analysis: Analysis) -> None:
    small = analysis.given(grid={"dm2_41": np.array([1.0, 2.0]), "sin2_2theta_ee": np.array([0.1, 0.3])})
    results: list[Result] = [
        analysis.scan(),
        analysis.fit(),
        analysis.compare(),
        analysis.significance(),
        analysis.posterior(),
        analysis.suspiciousness(),
        small.gaussian_cls(),
        small.toy_significance(toys=500),
        small.feldman_cousins(toys=500),
        small.coverage(toys=500),
        *analysis.ablation(bins=False),
    ]
    for one in results:
        assert repr(one).startswith(f"<{type(one).__name__}: ")
        assert "\n" not in repr(one)
        assert one._repr_html_().startswith("<table>")
        assert one.to_dict()
        assert one.how


def test_every_test_has_delta_dof_p_value_sigma(analysis: Analysis) -> None:
    tests: list[Test] = [analysis.fit(), analysis.compare(), analysis.significance()]
    for one in tests:
        assert one.dof == 2
        assert one.delta is not None
        assert one.p_value == pytest.approx(np.exp(-0.5 * one.delta), rel=1e-12)  # χ² of two
        assert one.sigma is not None
        assert "Wilks" in one.how


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fit("karmen", "2nu-mue", {"dm2_41": 5}), "fixed={'dm2_41': 5}"),
        (lambda: fit("karmen", "2nu-mue", {"dm2_41": 5}), "grid={'dm2_41': 5}"),
        (lambda: scan("karmen", "2nu-mue", {"dm2_41": 5}), "grid={'dm2_41': 5}"),
        (lambda: compare(["a", "b"], "2nu-mue", "nu"), "mode='nu'"),
        (lambda: profile("karmen", "2nu-mue", "dm2_41"), "parameter='dm2_41'"),
    ],
)
def test_a_third_positional_argument_is_an_error_with_the_new_call(call: object, said: str) -> None:
    with pytest.raises(PositionalArgumentError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
    assert isinstance(caught.value, TypeError)


def test_a_sum_is_one_side() -> None:
    found = Analysis(["lsnd+karmen", "miniboone-nue@2020:nu"], "2nu-mue")
    assert found.names == ("lsnd@2001-r1 + karmen@2002-r1", "miniboone-nue@2020-r1")
    apart = [nuanomaly.likelihood(name) for name in ("lsnd", "karmen")]
    point = {"dm2_41": 0.6, "sin2_2theta_mue": 0.004}
    expected = sum(lk.chi2("2nu-mue", **point) for lk in apart)
    assert nuanomaly.likelihood("lsnd+karmen").chi2("2nu-mue", **point) == pytest.approx(expected, abs=1e-9)
    with pytest.raises(NuanomalyError, match="a sum counts as one side"):
        compare("lsnd+karmen", "2nu-mue")


def test_default_ranges_are_what_all_data_know() -> None:
    both = Analysis(["gallium", "stereo"], "2nu-ee")
    alone = Analysis("gallium", "2nu-ee")
    ends = {a.name: (a.low, a.high) for a in both.axes}
    assert ends["dm2_41"] == (0.1026, 9.7474)  # the edges of the released map
    assert {a.name: (a.low, a.high) for a in alone.axes}["dm2_41"] == (0.01, 100.0)
    assert fit("stereo", "2nu-ee").ranges["dm2_41"] == (0.1026, 9.7474)


def test_a_range_that_is_asked_for_is_not_cut() -> None:
    with pytest.raises(NotApplicableError, match="outside"):
        fit("stereo", "2nu-ee", grid={"dm2_41": (0.01, 5.0, 11, "log")})


def test_a_model_that_the_data_do_not_feel_is_said_so() -> None:
    with pytest.raises(UnfeltModelError, match=r"best@2022-r\d: nothing depends on dm2_41, sin2_2theta_mue"):
        fit("best", "2nu-mue")
    with pytest.raises(UnfeltModelError, match="best@2022"):
        compare(["karmen", "best"], "2nu-mue")


def flat(initial: str, final: str, antineutrino: bool, L: object, E: object, *, share: float) -> object:
    """A part of νe is lost, whatever L and E are."""
    return 1.0 - share if initial == final == "e" else float(initial == final)


def test_data_that_cannot_take_a_model_are_refused_by_name_or_left_out_and_named() -> None:
    settings = {"grid": {"share": (0.0, 0.9, 31, "lin")}}
    with pytest.raises(NotApplicableError, match=r"stereo@2019-r1 is a tabulated surface.*leave_out"):
        fit(["best", "stereo"], flat, **settings)
    with pytest.raises(NuanomalyError, match="at least two data sets"):
        compare(["best", "stereo"], flat, leave_out=True, **settings)  # nothing of a side is left
    with pytest.raises(NotApplicableError, match=r"stereo@2019-r1"):
        fit("stereo", flat, leave_out=True, **settings)
    found = fit("best+stereo", flat, leave_out=True, **settings)
    assert found.value == fit("best", flat, **settings).value
    assert list(found.left_out) == ["stereo@2019-r1"]
    assert list(found.to_dict()["left_out"]) == ["stereo@2019-r1"]


def test_a_folder_of_ones_own_is_used_and_marked(tmp_path: Path) -> None:
    mine = shutil.copytree(ROOT / "datasets" / "karmen" / "2002-r1", tmp_path / "mine")
    point = {"dm2_41": 0.6, "sin2_2theta_mue": 0.004}
    asked = Analysis(str(mine), "2nu-mue")
    assert asked.chi2(**point) == nuanomaly.likelihood("karmen").chi2("2nu-mue", **point)
    assert asked.names == ("karmen@2002-r1 (private)",)
    assert asked.given(fixed={"dm2_41": 1.0}).fit().private == ("karmen@2002-r1",)
    with pytest.raises(OverlapError):
        Analysis([str(mine), "karmen"], "2nu-mue")


def test_a_table_of_ones_own_that_changes_is_read_anew(tmp_path: Path) -> None:
    mine = shutil.copytree(ROOT / "datasets" / "karmen" / "2002-r1", tmp_path / "mine")
    before = nuanomaly.likelihood(str(mine)).data
    table = mine / "spectrum.csv"
    assert before is not None
    frame = pd.read_csv(table)
    frame.loc[len(frame) - 1, "observed"] += 7
    frame.to_csv(table, index=False)
    declared = mine / "release.yaml"
    declared.write_text(declared.read_text("utf-8").replace("state: released", "state: draft"), "utf-8")
    seal(mine)
    after = nuanomaly.likelihood(str(mine)).data
    assert after is not None
    assert after[-1] == before[-1] + 7


def test_a_released_map_is_a_mode() -> None:
    lk = nuanomaly.likelihood("minos-sterile:map")
    assert (lk.release, lk.mode, lk.statistic) == ("minos-sterile@2019-r1", "map", "chi2")
    surface = nuanomaly.load("minos-sterile@2019-r1").table("surface")
    some = surface.iloc[1234:5000:777]
    values = lk.chi2("3+1", dm2_41=some["dm2_41"], Umu4_sq=some["sin2_theta_24"], Ue4_sq=0.0)
    np.testing.assert_allclose(values, some["chi2"], atol=1e-8)
    assert nuanomaly.likelihood("minos-sterile").mode is None  # the release's own likelihood stays what it is
    with pytest.raises(UnknownNameError, match="'map'"):
        nuanomaly.likelihood("minos-sterile:mpa")


def test_modes_without_the_shared_data_do_not_overlap() -> None:
    rates = nuanomaly.load("reactor-rates@2020").table("short-baseline-rates")
    assert not rates["experiment"].str.contains("Daya").any()
    Analysis(["neos", "reactor-rates@2020:huber-mueller-short-baseline"], "2nu-ee")
    with pytest.raises(OverlapError, match="Daya Bay"):
        Analysis(["neos", "reactor-rates@2020:huber-mueller"], "2nu-ee")


def test_unknown_names_are_errors_at_once() -> None:
    with pytest.raises(UnknownNameError, match="dm2_41"):
        Analysis("best", "2nu-ee", fixed={"dm2_14": 1.0})
