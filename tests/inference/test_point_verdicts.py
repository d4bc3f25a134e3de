"""What data say of one point, as a stored run."""

import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.runs import compute, record
from nuanomaly.likelihood.build import join, likelihood

POINT = {"dm2_41": 2.0, "sin2_2theta_ee": 0.2}
GALLEX, SAGE, BEST = "gallex@2010-r1", "sage@2006-r1", "best@2022-r1"
DECLARED = {
    "kind": "point",
    "datasets": [[GALLEX, SAGE], BEST, "lsnd@2001-r1"],
    "fitted": 1,
    "model": "2nu-ee",
    "at": POINT,
    "toys": 200,
    "seed": 1,
}


def test_each_data_set_stands_beside_three_neutrinos_and_the_fitted_ones_beside_toys() -> None:
    found = compute(DECLARED)
    both, best, lsnd = found.verdicts.values()
    together, other = join("both", [GALLEX, SAGE]), likelihood(BEST)
    assert both.delta == pytest.approx(together.chi2("2nu-ee", **POINT) - together.chi2("3nu"))
    assert best.delta == pytest.approx(other.chi2("2nu-ee", **POINT) - other.chi2("3nu"))
    assert (lsnd.status, lsnd.delta) == ("not applicable", None)
    # four bins of χ² = 3.5 to 4: about half of all toys are worse
    assert 0.2 < found.worse / found.toys < 0.9
    assert compute({**DECLARED, "at": {**POINT, "sin2_2theta_ee": 0.9}}).worse == 0


def test_parameters_of_three_flavours_are_those_of_the_reference_too() -> None:
    tilted = {"sin2_theta13": 0.05}
    declared = {"kind": "point", "datasets": ["daya-bay@2022-r1"], "fitted": 1, "model": "3nu", "at": tilted}
    (verdict,) = compute({**declared, "toys": 10}).verdicts.values()
    assert verdict.delta == pytest.approx(0.0, abs=1e-9)
    assert verdict.value > likelihood("daya-bay@2022-r1").chi2("3nu") + 100.0


@pytest.mark.parametrize(
    ("wrong", "error"), [({"fitted": 0}, NuanomalyError), ({"grid": {}}, UnknownNameError)]
)
def test_a_declaration_that_asks_nothing_is_refused(wrong, error) -> None:
    with pytest.raises(error):
        compute({**DECLARED, **wrong})


def test_a_stored_run_has_one_row_for_each_data_set(tmp_path) -> None:
    import pandas as pd

    folder = record(tmp_path / "runs" / "one", DECLARED, compute(DECLARED))
    rows = pd.read_parquet(folder / "verdicts.parquet")
    assert rows["status"].tolist() == ["evaluated", "evaluated", "not applicable"]
    assert rows["name"].iloc[0] == f"{GALLEX} + {SAGE}"
