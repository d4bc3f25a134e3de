"""Slips of km and GeV that give probabilities: said where a model does nothing, or turns too often."""

from typing import Any

import numpy as np
import pytest

from nuanomaly.inference.slips import slip
from nuanomaly.inference.survey import survey
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.registry import model
from nuanomaly.model.wave_model import Wave

POINT = {"dm2": 1.3, "amplitude": 0.3}
SHORT = ("best", "gallium", "danss", "prospect", "karmen", "lsnd-counts", "miniboone-nue")


def wave(factor: float, composed: bool = False) -> Any:
    """A wave whose phase is wrong by a factor, as functions of one's own are."""

    def own(initial: str, final: str, antineutrino: bool, L: Any, E: Any, *, dm2: Any, amplitude: Any) -> Any:
        seen = amplitude * np.sin(1.267 * dm2 * factor * L / E) ** 2
        return 1.0 - seen if initial == final else 0.25 * seen * ((initial, final) == ("mu", "e"))

    if not composed:
        return model(own)
    from nuanomaly.model.three_flavour import with_three_flavour

    return with_three_flavour(model(own))


@pytest.mark.parametrize("dataset", SHORT)
def test_a_wave_with_the_right_units_is_not_remarked_on(dataset: str) -> None:
    assert slip(likelihood(dataset), wave(1.0), POINT) == ""
    assert slip(likelihood(dataset), wave(1.0, composed=True), POINT) == ""


@pytest.mark.parametrize("composed", [False, True])
@pytest.mark.parametrize("dataset", ["best", "gallium", "prospect", "miniboone-nue"])
def test_km_for_m_and_gev_for_mev_are_named(dataset: str, composed: bool) -> None:
    assert "averaged out here" in slip(likelihood(dataset), wave(1000.0, composed), POINT)
    assert "changes nothing here" in slip(likelihood(dataset), wave(0.001, composed), {**POINT, "dm2": 0.5})


def test_waves_that_average_out_over_kilometres_are_as_they_should_be() -> None:
    for name in ("daya-bay", "double-chooz", "minos-sterile"):
        assert slip(likelihood(name), wave(1.0), POINT) == ""


def test_what_has_no_wave_or_is_the_archives_own_is_not_remarked_on() -> None:
    def lost(initial: str, final: str, antineutrino: bool, L: Any, E: Any, share: float) -> Any:
        return 1.0 - share if initial == final else 0.0

    assert slip(likelihood("best"), FunctionModel(lost), {"share": 0.2}) == ""
    assert slip(likelihood("best"), model("2nu-ee"), {"dm2_41": 1300.0, "sin2_2theta_ee": 0.3}) == ""
    assert slip(likelihood("lsnd"), wave(1000.0), POINT) == ""  # a surface has no nodes


def test_a_class_of_waves_is_looked_at_too_and_the_survey_says_it() -> None:
    class Gev:
        def waves(
            self, initial: str, final: str, antineutrino: bool, L: Any, E: Any, node: Any, dm2: Any
        ) -> Any:
            return float(initial == final), [
                Wave(1267.0 * dm2 * L / E, sin2=-0.3)
            ] if initial == final else []

    (row,) = survey(Gev, {"dm2": 1.3}, ["prospect"])
    assert "averaged out here" in row.reason
    assert "L is given in m, E in MeV" in row.reason
