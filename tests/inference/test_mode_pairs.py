"""Data sets against each other in every combination of their modes: each is a comparison of its own."""

import pandas as pd
import pytest

from nuanomaly import compare
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference import mode_pairs
from nuanomaly.inference.runs import compute
from nuanomaly.likelihood.build import join

GALLIUM = ["gallex@2010-r2", "best@2022-r2"]
RUN = {
    "kind": "comparison-by-mode",
    "datasets": [GALLIUM, "nue-carbon@2012-r1"],
    "modes": [["bahcall", "ground-state"], ["both"]],
    "model": "2nu-ee",
    "grid": {"dm2_41": [0.1, 10.0, 21, "log"], "sin2_2theta_ee": [0.01, 1.0, 15, "log"]},
}


@pytest.fixture(scope="module")
def found():
    return compute(RUN)


def test_every_combination_is_a_comparison_of_its_modes(found):
    assert list(found.cells) == [("bahcall", "both"), ("ground-state", "both")]
    grid = {name: tuple(axis) for name, axis in RUN["grid"].items()}
    for (cross_section, _), one in found.cells.items():
        sides = [join("gallium", GALLIUM, cross_section), "nue-carbon@2012-r1:both"]
        assert one.pg.delta == pytest.approx(compare(sides, "2nu-ee", grid=grid).delta, abs=1e-9)
    assert found.cells["bahcall", "both"].pg.delta != found.cells["ground-state", "both"].pg.delta


def test_a_stored_test_is_what_was_computed(found, tmp_path):
    file = tmp_path / "combinations.parquet"
    found.tables()["combinations"].to_parquet(file)
    again = mode_pairs.restored(pd.read_parquet(file))
    assert again == {modes: one.pg for modes, one in found.cells.items()}
    assert found.to_dict()["combinations"] == 2


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"toys": 3}, UnknownNameError, "toys"),
        ({"modes": [["bahcall"]]}, NuanomalyError, "2 data sets and 1 lists of modes"),
        ({"modes": [["bahcal"], ["both"]]}, UnknownNameError, "bahcal"),
    ],
)
def test_a_declaration_that_cannot_be_done_is_refused(change, error, said):
    with pytest.raises(error, match=said):
        compute({**RUN, **change})
