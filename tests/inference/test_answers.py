"""A stored run answers the very question that it declares, as if it were computed, or refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.runs import STORED
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.answers import asks, declaration
from nuanomaly.inference.question import Question
from nuanomaly.inference.runs import compute, record
from nuanomaly.likelihood.build import likelihood
from nuanomaly.report.answered import Answers

GRID = {"dm2_41": (0.3, 9.0, 25, "log"), "sin2_2theta_ee": (0.01, 1.0, 9, "log")}
KINDS = ("fit", "scan", "comparison")


def question() -> Analysis:
    return Analysis(["gallex:ground-state", "stereo"], "2nu-ee", grid=GRID)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Answers]:
    """The answers of a folder that declares a run, and stores it."""

    def made(kind: Any, what: Question | None = None) -> Answers:
        declared = declaration(what or question(), kind)
        assert declared is not None
        (tmp_path / "runs.yaml").write_text(json.dumps({"runs": {"asked": declared}}))
        record(tmp_path / STORED / "asked", declared, compute(declared))
        return Answers(tmp_path)

    return made


def refused() -> Any:
    raise AssertionError("it was computed, although a run stores it")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_is_what_is_computed(kind: Any, stored: Callable[..., Answers]) -> None:
    answers, what = stored(kind), question()
    computed = {"fit": what.fit, "scan": what.scan, "comparison": what.compare}[kind]()
    again = answers.answer(what, kind, refused)
    assert list(answers.used) == ["asked"]
    assert json.dumps(again.to_dict()) == json.dumps(computed.to_dict())
    if kind == "scan":
        assert (again.values == computed.values).all()
    else:
        assert again.sigma == pytest.approx(computed.sigma, rel=1e-9)
        assert again.question is what


def test_another_question_is_computed(stored: Callable[..., Answers]) -> None:
    answers = stored("fit")
    others = (
        Analysis(["gallex:bahcall", "stereo"], "2nu-ee", grid=GRID),
        Analysis(["gallex:ground-state"], "2nu-ee", grid=GRID),
        Analysis(["gallex:ground-state", "stereo"], "2nu-ee", grid={**GRID, "dm2_41": (0.3, 9.0, 26, "log")}),
        Analysis(["gallex:ground-state", "stereo"], "2nu-ee", grid=GRID, freed=["gallium-cross-section"]),
    )
    for other in others:
        assert answers.answer(other, "fit", lambda: "computed") == "computed"
    assert answers.answer(question(), "scan", lambda: "computed") == "computed"
    assert not answers.used


def test_data_that_were_changed_are_not_those_of_the_release() -> None:
    one = likelihood("gallex")
    assert declaration(Question([one], "2nu-ee"), "fit") is not None
    assert one.data is not None
    assert declaration(Question([one.given(one.data + 0.01)], "2nu-ee"), "fit") is None


def test_a_stored_value_that_the_likelihood_does_not_have_is_refused(stored: Callable[..., Answers]) -> None:
    answers = stored("fit")
    file = answers.folder / STORED / "asked" / "about.json"
    about = json.loads(file.read_text())
    about["result"]["value"] += 0.01
    file.write_text(json.dumps(about))
    with pytest.raises(NuanomalyError, match=r"run asked: .* do the run again"):
        answers.answer(question(), "fit", refused)


def test_a_declared_run_that_is_not_stored_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs.yaml").write_text(json.dumps({"runs": {"asked": declaration(question(), "fit")}}))
    with pytest.raises(NuanomalyError, match="no result is stored: run `nuanomaly runs"):
        Answers(tmp_path).answer(question(), "fit", refused)


def test_an_axis_of_single_values_is_declared_by_them() -> None:
    grid = {"dm2_41": np.array([0.5, 1.0]), "sin2_2theta_ee": 5}
    declared = declaration(Question("best", "2nu-ee", grid=grid, fixed={}), "scan")
    assert declared is not None
    assert declared["grid"] == {"dm2_41": [0.5, 1.0], "sin2_2theta_ee": 5}
    assert asks({**declared, "seed": 0}, json.loads(json.dumps(declared)))
