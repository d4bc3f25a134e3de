"""The standard page: what it computes is what the public functions give, and it says what it cannot do."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from scipy.interpolate import RegularGridInterpolator

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.cli import main
from nuanomaly.inference.limits import crossing
from nuanomaly.report import claims, context, figures, publish, record
from nuanomaly.report.notebook import FIGURE, FILE, VERDICT
from nuanomaly.report.published import Contour
from nuanomaly.report.tension import note

ROOT = Path(__file__).parents[2]
DECLARED: dict[str, Any] = {
    "schema": "1",
    "name": "two-sources",
    "title": "Two sources",
    "question": "Do they agree?",
    "summary": "Two gallium experiments.",
    "anomalies": ["gallium"],
    "model": "2nu-ee",
    "parameters": {
        "dm2_41": {"low": 0.1, "high": 10, "points": 21, "scale": "log"},
        "sin2_2theta_ee": {"low": 0.01, "high": 1, "points": 15, "scale": "log"},
    },
    "datasets": {
        "gallex": {"title": "GALLEX", "releases": ["gallex@2010-r1"], "mode": "bahcall"},
        "sage": {"title": "SAGE", "releases": ["sage@2006-r1"], "mode": "bahcall"},
    },
    "also_shown": ["contours@2024-r1", "neos@2016-r1"],
    "statistics": {"confidence_levels": [0.9], "regions": "Wilks", "significance": "Wilks"},
    "thumbnail": "regions",
    "key_numbers": [{"key": "pg.p_value", "label": "p"}],
    "expectations": [
        {"key": "verdict", "expected": "compatible", "kind": "regression", "source": "this page"}
    ],
}
GRID = {"dm2_41": (0.1, 10.0, 21, "log"), "sin2_2theta_ee": (0.01, 1.0, 15, "log")}


def page_of(folder: Path, **changed: Any) -> context.Page:
    folder.mkdir(parents=True, exist_ok=True)
    declared = {**DECLARED, "name": folder.name, **changed}
    (folder / "comparison.yaml").write_text(yaml.safe_dump(declared), "utf-8")
    return context.here(folder)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What a page displays."""
    outputs: list[Mapping[str, Any]] = []
    monkeypatch.setattr(record, "_display", outputs.append)
    return outputs


def html(shown: list[Mapping[str, Any]]) -> str:
    return "\n".join(str(output.get("text/html", "")) for output in shown)


def test_a_table_cites_what_is_behind_it(tmp_path: Path, shown: list[Mapping[str, Any]]) -> None:
    page = page_of(tmp_path / "two-sources")
    page.table("All.", ["data"], [["both"]])
    page.table("One.", ["data"], [["one"]], shows=["sage", "neos"])
    every, one = (str(output["text/html"]) for output in shown)
    assert "nuanomaly cite gallex@2010-r1 sage@2006-r1<" in every
    assert "nuanomaly cite sage@2006-r1 neos@2016-r1<" in one


def test_a_standard_page_has_the_numbers_of_the_public_functions(
    tmp_path: Path, shown: list[Mapping[str, Any]]
) -> None:
    page = page_of(tmp_path / "two-sources")
    done = page.standard(contours=["gallium-2011"])
    sides = ["gallex@2010-r1:bahcall", "sage@2006-r1:bahcall"]
    expected = nuanomaly.compare(sides, "2nu-ee", grid=GRID)
    values = {key: entry["value"] for key, entry in page.results.items()}
    assert values["pg.chi2"] == pytest.approx(expected.pg.delta, abs=1e-9)
    assert values["pg.dof"] == expected.pg.dof
    pulls = [values[f"{key}.pull"] for key in ("gallex", "sage", "prior")]  # of the cross section they share
    assert pulls == pytest.approx([part.pull for part in expected.parts])
    assert sum(pulls) == pytest.approx(expected.pg.delta)
    for key, name in zip(("gallex", "sage"), sides, strict=True):
        best = nuanomaly.fit(name, "2nu-ee", grid=GRID)
        assert values[f"{key}.minimum"] == pytest.approx(best.value)
        assert values[f"{key}.best_fit.dm2_41"] == pytest.approx(best.parameters["dm2_41"])
        assert values[f"{key}.significance.delta"] == pytest.approx(best.delta)
        assert values[f"{key}.null"] == pytest.approx(best.value + (best.delta or 0.0))
    assert done.tension.pulls == pytest.approx(dict(zip(("gallex", "sage", "prior"), pulls, strict=True)))
    unsure = replace(done.tension, result=replace(done.tension.result, converged=False))
    assert "do not agree on a lowest point of GALLEX and SAGE" in note([unsure])
    assert ("do not agree" in note([done.tension])) == (not expected.converged)
    assert (done.word, values["verdict"]) == ("compatible", "compatible")
    assert [o[FIGURE]["name"] for o in shown if FIGURE in o] == ["regions"]
    assert [o[VERDICT]["word"] for o in shown if VERDICT in o] == ["compatible"]
    text = html(shown)
    assert "GALLEX and SAGE, level" not in text
    assert "GALLEX and SAGE, 95 % CL, published (digitised)" in text  # the contour's legend
    assert "no toys were made" in done.sentence


def test_a_page_of_one_side_says_how_strong_the_evidence_is(
    tmp_path: Path, shown: list[Mapping[str, Any]]
) -> None:
    page = page_of(tmp_path / "one-source", datasets={"sage": DECLARED["datasets"]["sage"]})
    done = page.standard()
    assert (done.tested, done.together, done.word) == (None, None, "no significant effect")
    with pytest.raises(NuanomalyError, match="nothing is tested here"):
        _ = done.tension
    assert "pg.chi2" not in page.results
    assert "sin²2θee" in done.sentence


def test_one_declared_parameter_is_drawn_as_a_profile(tmp_path: Path, shown: list[Mapping[str, Any]]) -> None:
    page = page_of(
        tmp_path / "theta13",
        model="3nu",
        anomalies=[],
        datasets={"double-chooz": {"title": "Double Chooz", "releases": ["double-chooz@2019-r1"]}},
        parameters={"sin2_theta13": {"low": 0.005, "high": 0.05, "points": 31, "scale": "lin"}},
    )
    done = page.standard(verdict=False)
    assert set(done.sides["double-chooz"].point) == {"sin2_theta13"}
    assert [o[FIGURE]["name"] for o in shown if FIGURE in o] == ["regions"]
    assert not [o for o in shown if VERDICT in o]


def test_a_stored_run_that_is_not_declared_is_an_error(
    tmp_path: Path, shown: list[Mapping[str, Any]]
) -> None:
    page = page_of(tmp_path / "two-sources")
    with pytest.raises(UnknownNameError, match="run 'galex'"):
        page.standard(toys={"gallex": "galex"})


def test_a_side_adds_up_what_it_is_made_of(tmp_path: Path) -> None:
    page = page_of(tmp_path / "two-sources")
    sage, neos = page.side("sage"), page.side("neos")
    both = page.side(sage, neos, key="both")
    at = {"dm2_41": 1.0, "sin2_2theta_ee": 0.05}
    chi2 = [side.likelihood.chi2("2nu-ee", **at) for side in (sage, neos, both)]
    assert chi2[2] == pytest.approx(chi2[0] + chi2[1])
    assert (both.key, both.title) == ("both", "SAGE and NEOS")
    assert page.side("sage", "neos").key == "sage-neos"
    with pytest.raises(NuanomalyError, match="name the data"):
        page.side()


def test_what_a_side_holds_fixed_stays_fixed_in_tests_of_it(tmp_path: Path) -> None:
    page = page_of(tmp_path / "two-sources")
    gallex = page.side("gallex", fixed={"dm2_41": 2.0}, grid={"sin2_2theta_ee": 15})
    both = page.side(gallex, page.side("sage", fixed={"dm2_41": 2.0}, grid={"sin2_2theta_ee": 15}))
    assert both.analysis.fixed == {"dm2_41": 2.0}
    at = {"sin2_2theta_ee": 0.3}
    test = gallex.excess_at(**at)
    assert (test.dof, test.delta) == (1, pytest.approx(gallex.analysis.chi2(**at) - gallex.fit.value))


def test_a_benchmark_is_called_by_release_and_id(tmp_path: Path) -> None:
    page = page_of(tmp_path / "two-sources")
    known = page.release("neos").metadata["benchmarks"][0]
    assert page.benchmark("neos", known["id"])["expected"] == known["expected"]
    with pytest.raises(UnknownNameError, match="no-such-benchmark"):
        page.benchmark("neos", "no-such-benchmark")


def test_contours_are_called_by_name(tmp_path: Path) -> None:
    page = page_of(tmp_path / "two-sources")
    lsnd = page.contour("lsnd-99")
    assert lsnd.label == "LSND, 99 % CL, published (digitised)"
    assert page.contour("nomad-95").label == "NOMAD, 95 % CL, by others (read off)"
    assert page.contour("neos/contour-90").label == "NEOS, published (digitised)"
    table = page.release("contours").table("nue-appearance")
    assert len(lsnd.pieces) == table[table["contour"] == "lsnd-99"]["piece"].nunique()
    with pytest.raises(UnknownNameError, match=r"lsnd-98.*did you mean 'lsnd-99'"):
        page.contour("lsnd-98")


def test_a_curve_of_limits_is_one_line(tmp_path: Path) -> None:
    page = page_of(tmp_path / "two-sources")
    ((x, y),) = page.contour("nomad-95").by_splitting(below=0.95).pieces
    assert (np.diff(y) >= 0.0).all()
    assert x.max() < 0.95
    curve = page.contour("katrin")
    ((x, y),) = curve.by_splitting().pieces
    assert curve.amplitude(y[[3, 10]]) == pytest.approx(x[[3, 10]])
    assert np.isnan(curve.amplitude([0.5 * y.min(), 2.0 * y.max()])).all()


def test_points_inside_a_closed_contour_are_inside_it(tmp_path: Path) -> None:
    square = Contour(
        "square", "square", ((np.array([0.1, 0.2, 0.2, 0.1, 0.1]), np.array([1.0, 1.0, 2.0, 2.0, 1.0])),)
    )
    (points,) = square.inside(5)
    assert ((points >= [0.0999, 0.999]) & (points <= [0.2001, 2.001])).all()
    np.testing.assert_allclose(points[-5:-1], [[0.1, 1.0], [0.2, 1.0], [0.2, 2.0], [0.1, 2.0]])
    assert len(points) > 4 + 3 * 3  # the inner points of the grid, and its corners
    assert square.crossings(1.5) == pytest.approx([0.1, 0.2])
    assert square.crossings(3.0) == []


def test_a_table_of_muon_mixings_is_read_as_amplitudes_of_disappearance(tmp_path: Path) -> None:
    page = page_of(tmp_path / "two-sources", also_shown=["minos-sterile@2019-r1"])
    curve = page.contour("minos-sterile/contours/90%")
    assert curve.label == "MINOS+, 90 % CL, published (official)"
    table = page.release("minos-sterile").table("contours")
    chosen = table[(table["level"] == "90%") & (table["sin2_theta_24"] <= 0.5)]
    expected = 4.0 * chosen["sin2_theta_24"] * (1.0 - chosen["sin2_theta_24"])
    assert sorted(np.concatenate([x for x, _ in curve.pieces])) == pytest.approx(sorted(expected))
    with pytest.raises(UnknownNameError, match="level '95%'"):
        page.contour("minos-sterile/contours/95%")


def test_a_crossing_must_be_between_the_ends(tmp_path: Path) -> None:
    what = nuanomaly.Analysis("ccfr", "2nu-mumu")
    with pytest.raises(NuanomalyError, match=r"does not pass Δ = 2\.7 once between 0\.1 and 0\.2"):
        crossing(what, "sin2_2theta_mumu", {"dm2_41": 0.01}, 2.7, what.fit().value, (0.1, 0.2))


def test_a_caption_names_the_colours_that_are_drawn(tmp_path: Path, shown: list[Mapping[str, Any]]) -> None:
    page = page_of(tmp_path / "two-sources")

    def draw(name: str, caption: str) -> None:
        figure, axes = figures.new(4, 3)
        axes.plot([0.0, 1.0], [0.0, 1.0], color="#D55E00")
        page.figure(figure, name, caption, alt="One line", shows=[])

    draw("orange", "The orange line.")
    assert "The orange line." in html(shown)
    with pytest.raises(NuanomalyError, match=r"figure 'red' names red: nothing is drawn so"):
        draw("red", "The red line.")


def test_a_caption_of_more_than_three_sentences_is_refused_and_a_long_one_folded(
    tmp_path: Path, shown: list[Mapping[str, Any]]
) -> None:
    page = page_of(tmp_path / "two-sources")

    def draw(name: str, caption: str) -> None:
        page.figure(figures.new(4, 3)[0], name, caption, alt="Empty axes", shows=["gallex"])

    draw("short", "Left: one. Right: two, of Fig. 2.")
    assert "<summary>Regions, approximations, data taking" not in html(shown)
    draw("long", "Left: one. Right: two. Errors are statistical.")
    assert "<summary>Regions, approximations, data taking" in html(shown)
    with pytest.raises(NuanomalyError, match=r"figure 'longer' has more than 3 sentences"):
        draw("longer", "Left: one. Right: two. Errors are statistical. Nothing else.")


def test_an_axis_with_a_single_label_stops_the_page(tmp_path: Path, shown: list[Mapping[str, Any]]) -> None:
    page = page_of(tmp_path / "two-sources")
    figure, axes = figures.new(4, 3)
    axes.set_yticks([0.1], ["a tenth"])
    with pytest.raises(NuanomalyError, match=r"an axis of figure 'one' has no label but a tenth"):
        page.figure(figure, "one", "Nothing.", alt="Empty axes", shows=[])


def test_one_command_draws_the_regions_of_a_page(tmp_path: Path, shown: list[Mapping[str, Any]]) -> None:
    page = page_of(tmp_path / "two-sources")
    page.standard()
    (drawn,) = [output for output in shown if output.get(FIGURE, {}).get("name") == "regions"]
    (csv,) = [text for place, text in drawn[FILE].items() if place.endswith("regions.csv")]
    borders = pd.read_csv(io.StringIO(csv)).query("kind == 'border'")
    axes = ["--grid", "dm2_41=0.1:10:21:log", "--grid", "sin2_2theta_ee=0.01:1:15:log", "--cl", "0.9"]
    sides = ["gallex@2010-r1:bahcall", "sage@2006-r1:bahcall"]
    command = ["plot", "regions", *sides, "--model", "2nu-ee", *axes, "-o", str(tmp_path / "one.pdf")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    scans = {
        name: rows.pivot(index="sin2_2theta_ee", columns="dm2_41", values="delta")
        for name, rows in pd.read_csv(tmp_path / "one.csv").groupby("data")
    }
    assert len(scans) == 3  # both, and all together
    seen = set()
    for _, border in borders.groupby(["panel", "label"]):
        far = {
            name: np.abs(
                RegularGridInterpolator((scan.index.values, scan.columns.values), scan.values)(
                    border[["x", "y"]].to_numpy()
                )
                - nuanomaly.level(0.9, 2).delta
            ).max()
            for name, scan in scans.items()
        }
        nearest = min(far, key=lambda name: far[name])
        assert far[nearest] < 1e-3  # a page prints six digits
        seen.add(nearest)
    assert seen == set(scans)


def test_papers_of_releases_that_a_text_or_a_verdict_cites_are_listed(tmp_path: Path) -> None:
    comparison = page_of(tmp_path / "two-sources").comparison
    text, verdict, other = list(claims.references(comparison))[:3]
    body = claims.written(f"Text {{cite:{text}}}.", {}, comparison)
    listed = [entry["key"] for entry in publish._references(comparison, body, f"Said [{verdict}, abstract].")]
    assert {text, verdict} <= set(listed)
    assert other not in listed


def test_a_page_that_is_not_the_standard_one_says_why() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    _, table = text.split("| page | why it is not the standard one |\n|---|---|\n")
    rows = table.partition("\n\n")[0].splitlines()
    said = sorted(name for row in rows for name in row.split("|")[1].strip().split(", "))
    reports = {path.parent.name: path.read_text("utf-8") for path in ROOT.glob("comparisons/*/report.py")}
    assert said == sorted(name for name, report in reports.items() if "page.standard(" not in report)
