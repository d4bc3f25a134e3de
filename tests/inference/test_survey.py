"""One point of one model, and what every release says of it."""

from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.fit import fit
from nuanomaly.inference.survey import combined, survey, with_likelihood
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.registry import model

FILE = """
import numpy as np


def two(initial, final, antineutrino, L, E, *, dm2, amplitude):
    if initial == final == "e":
        return 1 - amplitude * np.sin(1.26693267903904 * dm2 * L / E) ** 2
    return float(initial == final)
"""


def test_a_release_says_what_its_likelihood_says() -> None:
    (verdict,) = survey("2nu-ee", {"dm2_41": 1.25, "sin2_2theta_ee": 0.34}, ["best"])
    best = likelihood("best")
    assert verdict.value == best.chi2("2nu-ee", dm2_41=1.25, sin2_2theta_ee=0.34)
    assert verdict.three_neutrinos == pytest.approx(
        best.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0), abs=1e-3
    )
    assert verdict.delta is not None
    assert verdict.delta < -20.0


def test_every_release_with_a_likelihood_answers_or_says_why_not() -> None:
    point = {"dm2_41": 1.3, "Ue4_sq": 0.01, "Umu4_sq": 0.01}
    verdicts = {v.release: v for v in survey("3+1", point)}
    assert set(verdicts) == set(with_likelihood())
    for verdict in verdicts.values():
        if verdict.statistic is None:
            assert verdict.reason.startswith("not applicable")
        else:
            assert verdict.value is not None
            assert np.isfinite(verdict.value)


def test_a_surface_is_not_applicable_to_a_function_of_ones_own() -> None:
    def lost(initial: str, final: str, antineutrino: bool, L: object, E: object, share: float) -> float:
        return 1.0 - share if initial == final else 0.0

    (verdict,) = survey(lost, {"share": 0.2}, ["lsnd"])
    assert verdict.statistic is None
    assert "not applicable" in verdict.reason


def test_an_unknown_parameter_is_the_callers_mistake() -> None:
    with pytest.raises(UnknownNameError, match="dm2_41"):
        survey("2nu-ee", {"dm2_4": 1.0, "sin2_2theta_ee": 0.1}, ["best"])


def test_a_model_in_a_file_is_the_same_as_the_built_in_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    own = likelihood("best").chi2(f"{file}:two", dm2=1.25, amplitude=0.34)
    assert own == pytest.approx(likelihood("best").chi2("2nu-ee", dm2_41=1.25, sin2_2theta_ee=0.34), rel=1e-9)


def test_a_model_file_that_does_not_serve_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match="does not exist"):
        model(f"{tmp_path}/none.py:two")
    broken = tmp_path / "broken.py"
    broken.write_text("1/0")
    with pytest.raises(NuanomalyError, match="ZeroDivisionError"):
        model(f"{broken}:two")
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    with pytest.raises(UnknownNameError, match="did you mean 'two'"):
        model(f"{file}:twos")


def test_a_neutral_current_adds_up_the_flavours_of_a_function() -> None:
    def shared(initial: str, final: str, antineutrino: bool, L: object, E: object, share: float) -> float:
        return {"e": share, "mu": 0.5, "tau": 0.1}.get(final, 0.4 - share)

    ones = np.ones(2)
    assert model(shared).probability(
        "mu", "active", False, ones, ones, {}, share=np.array([0.2])
    ) == pytest.approx(0.8)


def fails(initial: str, final: str, antineutrino: bool, L: object, E: object, *, share: float) -> object:
    """A function that does not know muons."""
    if initial == "mu":
        raise ValueError("no muons")
    return 1.0 - share if initial == final else 0.0


def test_a_model_that_fails_is_told_from_one_that_is_not_applicable() -> None:
    rows = survey(fails, {"share": 0.1}, ["best", "karmen", "stereo"])
    assert [row.status for row in rows] == ["evaluated", "failed", "not applicable"]
    assert "the model failed here" in rows[1].reason
    assert "no muons" in rows[1].reason


def test_the_own_null_of_a_model_is_that_of_its_amplitudes() -> None:
    (row,) = survey("2nu-ee", {"dm2_41": 1.25, "sin2_2theta_ee": 0.34}, ["gallex"])
    assert row.null == pytest.approx(likelihood("gallex").chi2("2nu-ee", dm2_41=1.25, sin2_2theta_ee=0.0))


def test_a_survey_fits_each_release_alone() -> None:
    (row,) = survey("2nu-ee", {"dm2_41": 1.25}, ["gallium"], fit=True)
    best = fit("gallium", "2nu-ee", fixed={"dm2_41": 1.25})
    assert row.value == pytest.approx(best.value, abs=1e-9)
    assert row.fitted == best.parameters


def test_differences_are_added_up_where_no_data_are_shared() -> None:
    point = {"dm2_41": 1.25, "sin2_2theta_ee": 0.34}
    apart = ["gallex", "sage", "lsnd"]
    rows = survey("2nu-ee", point, apart)
    total, shared = combined(apart, rows)
    assert total == pytest.approx(sum(row.delta for row in rows if row.delta is not None))
    assert shared == []
    twice = ["neos", "reno-neos"]
    total, shared = combined(twice, survey("2nu-ee", point, twice))
    assert total is None
    assert len(shared) == 1
