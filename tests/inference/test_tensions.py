"""Appearance against disappearance for choices of data sets: what is stored is what was computed."""

import numpy as np
import pandas as pd
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference import dependence, separable, tensions
from nuanomaly.inference.runs import compute
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.registry import model

WHOLE = model("3+1")
RUN = {
    "kind": "separable-tensions",
    "datasets": [
        {"name": "lsnd", "release": "lsnd@2001-r1", "side": "appearance"},
        {"name": "karmen", "release": "karmen@2002-r1", "side": "appearance"},
        {"name": "carbon", "release": "nue-carbon@2012-r1", "side": "disappearance"},
        {"name": "cdhs", "release": "cdhs@1984-r1", "side": "disappearance"},
        {"name": "ccfr", "release": "ccfr@1984-r1", "side": "disappearance"},
        {
            "name": "minos",
            "release": "minos-sterile@2019-r1",
            "side": "disappearance",
            "map": {
                "table": "surface",
                "columns": {"dm2_41": "dm2_41", "Umu4_sq": "sin2_theta_24"},
                "value": "chi2",
            },
        },
    ],
    "grids": {
        "page": {"dm2": [0.2, 9.0, 30], "mixing": [1.0e-4, 0.3, 20]},
        "coarse": {"dm2": [0.2, 9.0, 12], "mixing": [1.0e-4, 0.3, 10]},
    },
    "today": ["lsnd", "karmen", "carbon", "cdhs"],
    "choices": {
        "today": {},
        "without.karmen": {"without": ["karmen"]},
        "other": {"replace": {"cdhs": "ccfr"}, "grid": "coarse"},
        "old": {"only": ["karmen", "carbon", "ccfr"]},
    },
}


@pytest.fixture(scope="module")
def found():
    return compute(RUN)


@pytest.fixture(scope="module")
def sets():
    return tensions.separated(RUN)[0]


def test_a_tension_is_the_joint_minimum_less_those_of_the_sides(found):
    for one in found.tensions.values():
        apart = one.fits["appearance"].value + one.fits["disappearance"].value
        assert one.test.delta == pytest.approx(one.fits["joint"].value - apart, abs=1e-12)
        assert one.test.dof == one.ranks["appearance"] + one.ranks["disappearance"] - one.ranks["joint"] == 2
        assert one.gain.dof == 3


def test_minima_are_those_of_the_likelihoods(found):
    one = found.tensions["without.karmen"].fits["joint"]
    at = [np.array([value]) for value in one.point.values()]
    members = [dependence.member(name, likelihood(name), WHOLE) for name in ("lsnd", "nue-carbon", "cdhs")]
    assert sum(member.value(*at)[0] for member in members) == pytest.approx(one.value, abs=1e-9)
    null, there, own = found.data["karmen"]
    assert own <= min(null, there) + 1e-9
    karmen = dependence.member("karmen", likelihood("karmen"), WHOLE)
    assert null == pytest.approx(karmen.value(np.ones(1), np.zeros(1), np.zeros(1))[0])


def test_a_stored_tension_is_what_was_computed(found, tmp_path):
    file = tmp_path / "tensions.parquet"
    found.tables()["tensions"].to_parquet(file)
    assert tensions.restored(pd.read_parquet(file)) == dict(found.tensions)


def test_a_map_stands_for_its_likelihood(sets):
    table = sets.table("minos")
    assert table.shape == (30, 1, 20)
    own = sets.likelihoods["minos"].release
    assert own == "minos-sterile@2019-r1"
    assert sets.lowest(("minos",)).value == pytest.approx(table.min(), abs=0.5)


def test_a_descent_never_ends_higher_and_finds_a_minimum_nearby(sets):
    lowest = sets.lowest(RUN["today"])
    shifted = separable.Lowest(
        float("inf"), {name: value * 1.1 for name, value in lowest.point.items()}, lowest.edges
    )
    assert sets.descended(RUN["today"], lowest) <= lowest.value
    assert sets.descended(RUN["today"], shifted, rounds=30) == pytest.approx(lowest.value, abs=0.05)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"toys": 3}, UnknownNameError, "toys"),
        ({"choices": {"a": {"grid": "fine"}}}, UnknownNameError, "fine"),
        ({"choices": {"a": {"without": ["danss"]}}}, UnknownNameError, "danss"),
        ({"choices": {"a": {"only": ["lsnd"], "without": ["karmen"]}}}, NuanomalyError, "`only`"),
        (
            {"datasets": [{**RUN["datasets"][0], "side": "left"}, *RUN["datasets"][1:]]},
            UnknownNameError,
            "left",
        ),
    ],
)
def test_a_declaration_that_cannot_be_done_is_refused(change, error, said):
    with pytest.raises(error, match=said):
        compute({**RUN, **change})
