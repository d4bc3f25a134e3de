"""Expected limits on the pages of releases are those of the stored runs, and these are what is computed."""

import numpy as np
import pytest

import nuanomaly
from nuanomaly.archive import paths
from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.runs import compute, stored_run
from nuanomaly.report import render
from nuanomaly.report.coverage import COMPARISON
from nuanomaly.report.expected import limits, of_release

ROOT = paths.checkout()
assert ROOT is not None
FOLDER = ROOT / "comparisons" / COMPARISON
RUNS = {name: run for name, run in declared_runs(FOLDER).items() if run["kind"] == "sensitivity"}


def test_there_are_stored_sensitivities() -> None:
    assert len(RUNS) == 9
    assert all(len(run["datasets"]) == 1 for run in RUNS.values())


@pytest.mark.parametrize("name", ["expected-karmen", "expected-prospect", "expected-cdhs"])
def test_asimov_and_observed_limits_are_computed_again(name: str) -> None:
    stored = stored_run(FOLDER, name).tables["limits"]
    result = compute({**RUNS[name], "toys": 0})
    assert isinstance(result, nuanomaly.Sensitivity)
    for column in ("asimov", "observed"):
        np.testing.assert_allclose(result.to_frame()[column], stored[column], rtol=1e-6)


@pytest.mark.parametrize("name", RUNS)
def test_the_asimov_limit_is_near_the_median_of_the_toys(name: str) -> None:
    stored = stored_run(FOLDER, name).tables["limits"]
    inside = (stored["asimov"] >= stored["low_68.27"]) & (stored["asimov"] <= stored["high_68.27"])
    assert inside.mean() > 0.9


def test_a_release_page_says_them_of_any_revision() -> None:
    said = of_release(nuanomaly.load("karmen"))
    assert said["of"] == "karmen@2002-r1"
    assert said["limits"] == limits(stored_run(FOLDER, "expected-karmen"))
    assert of_release(nuanomaly.load("best@2022-r1"))["of"] == "best@2022-r2"
    assert of_release(nuanomaly.load("lsnd"))["limits"] == []


def test_a_release_page_names_the_parameter_of_limits_by_symbol_and_unit() -> None:
    said = of_release(nuanomaly.load("danss"))
    assert (said["along"], said["unit"]) == ("dm2_41", "eV**2")
    # as the page says it, in the head of the table and on a phone in each row
    text = (render.TEMPLATES / "release.html.j2").read_text("utf-8")
    head = text[text.index('id="expected"') : text.index("</thead>", text.index('id="expected"'))]
    shown = render.environment().from_string(head).render(expected=said, release=nuanomaly.load("danss"))
    assert '<th scope="col">Δm²41 (eV²)</th>' in shown
    assert "dm2_41" not in shown
    assert "sin2_2theta" not in shown
