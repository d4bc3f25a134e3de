"""IceCube: lists of points become tables, and a table over parameters is read where it is known."""

from pathlib import Path

import numpy as np
import pytest
from importers import icecube_surfaces

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import NotApplicableError

STABLE = "# sin2 dm2 2DeltaLLH\n"
#: Ten mixings at eleven mass splittings, less one point: 0.9 % are missing.
MIXINGS, SPLITTINGS = [0.0030 + 0.001 * k for k in range(10)], [1.0 + k for k in range(11)]
UNSTABLE = "# three neutrino -2 Delta LLH= 9.0\n# dm2 sin2 g2 delta\n"


def write_stable(folder: Path, without: set[tuple[float, float]]) -> None:
    folder.mkdir(parents=True)
    points = [(s, d, 10 * s + d) for s in reversed(MIXINGS) for d in SPLITTINGS if (s, d) not in without]
    rows = "".join(f"{s!r}\t{d!r}\t{v!r}\n" for s, d, v in [*points, (0.0, 0.0, 4.5), (0.001, 2.0, 9.0)])
    (folder / "2DLLHValues.txt").write_text(STABLE + rows, "utf-8")
    (folder / "BayesFactorValues.txt").write_text(STABLE + "0.002\t5.0\t-0.5\n0.001\t5.0\t0.5\n", "utf-8")


def test_points_are_sorted_and_the_missing_one_lies_between_its_neighbours(tmp_path: Path) -> None:
    missing = (MIXINGS[4], 3.0)
    write_stable(tmp_path / icecube_surfaces.EIGHT_YEARS, {missing})
    found = icecube_surfaces.tables(tmp_path, which="eight-years")
    assert found["points"].iloc[0].tolist() == [0.0, 0.0, 4.5]
    surface = found["surface"]
    assert len(surface) == len(MIXINGS) * len(SPLITTINGS)
    assert surface["sin2_2theta_24"].min() == 0.003  # what is sparse and what is zero is not of the grid
    (row,) = surface[~surface["released"]].to_dict("records")
    assert (row["sin2_2theta_24"], row["dm2_41"]) == missing
    below, above = (10 * MIXINGS[k] + 3.0 for k in (3, 5))
    assert below < row["delta"] < above
    assert found["bayes-factors"]["log_bayes_factor"].tolist() == [0.5, -0.5]


def test_a_list_with_many_holes_is_refused(tmp_path: Path) -> None:
    write_stable(tmp_path / icecube_surfaces.EIGHT_YEARS, {(s, 3.0) for s in MIXINGS[2:5]})
    with pytest.raises(NuanomalyError, match="3 of 110 points of the grid are missing"):
        icecube_surfaces.tables(tmp_path, which="eight-years")


def write_unstable(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "LLH.txt").write_text(text, "utf-8")
    (folder / "BayesFactor.txt").write_text("# head\n1.0 0.1 0.0 0.25\n", "utf-8")


def test_three_neutrinos_stand_in_the_first_line(tmp_path: Path) -> None:
    write_unstable(tmp_path / icecube_surfaces.UNSTABLE, UNSTABLE + "2.0 0.1 0.0 5.0\n1.0 0.1 0.0 4.0\n")
    found = icecube_surfaces.tables(tmp_path, which="unstable")
    assert found["three-neutrinos"]["delta"].tolist() == [9.0]
    assert found["surface"]["delta"].tolist() == [4.0, 5.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n1.0 0.1 0.0 4.0\n", "line 1: does not give"),
        (UNSTABLE + "1.0 0.1 0.0 4.0\n1.0 0.1 0.0 4.0\n", "stands twice"),
    ],
)
def test_a_list_that_is_not_as_it_should_be_is_refused(tmp_path: Path, text: str, message: str) -> None:
    write_unstable(tmp_path / icecube_surfaces.UNSTABLE, text)
    with pytest.raises(NuanomalyError, match=message):
        icecube_surfaces.tables(tmp_path, which="unstable")


# --- the likelihood ---------------------------------------------------------------------------------------


def test_the_table_is_reproduced_at_its_points_and_straight_between_them() -> None:
    own = likelihood("icecube-unstable")
    frame = load("icecube-unstable").table("surface")
    some = frame.iloc[::97]
    at = some[["dm2_41", "sin2_2theta_24", "g2"]].to_numpy(float)
    np.testing.assert_allclose(own.read(at), some["delta"], atol=1e-9)  # type: ignore[attr-defined]
    grid = {name: np.unique(frame[name]) for name in ("dm2_41", "sin2_2theta_24", "g2")}
    corner = [values[3] for values in grid.values()]
    middle = [np.sqrt(grid["dm2_41"][3] * grid["dm2_41"][4]), *corner[1:]]
    ends = own.read(np.array([corner, [grid["dm2_41"][4], *corner[1:]]]))  # type: ignore[attr-defined]
    assert own.read(np.array([middle]))[0] == pytest.approx(ends.mean())  # type: ignore[attr-defined]


def test_no_mixing_is_what_the_collaboration_gives_at_any_mass_splitting() -> None:
    for name, null in (("icecube-sterile", 4.935664001078294), ("icecube-unstable", 9.061465020000469)):
        own = likelihood(name)
        assert own.chi2("3nu") == null
        assert own.chi2("3+1", dm2_41=1e-6, Ue4_sq=0.01, Umu4_sq=0.0) == null
        tiny = own.chi2("3+1", dm2_41=1.0, Ue4_sq=0.0, Umu4_sq=1e-9)
        assert tiny == pytest.approx(null, abs=1e-3)


def test_a_stable_neutrino_is_read_at_vanishing_coupling() -> None:
    own = likelihood("icecube-unstable")
    found = own.chi2("2nu-mumu", dm2_41=4.216965, sin2_2theta_mumu=0.10592533563095309)
    assert found == pytest.approx(3.8901014400007625)


def test_a_neutrino_that_decays_is_read_at_its_coupling() -> None:
    """Γ = g² m4 / 16π and α4 = m4 Γ, so that g² = 16π α4 / Δm²41 with a massless ν1."""
    own, frame = likelihood("icecube-unstable"), load("icecube-unstable").table("surface")
    for _, row in frame.iloc[3:6000:501].iterrows():
        point = {"dm2_41": row["dm2_41"], "Umu4_sq": (1.0 - np.sqrt(1.0 - row["sin2_2theta_24"])) / 2.0}
        alpha = row["g2"] * row["dm2_41"] / (16.0 * np.pi)
        found = own.chi2("3+1/decay", Ue4_sq=0.0, alpha_4=alpha, **point)
        assert found == pytest.approx(row["delta"], abs=1e-6)
    stable = own.chi2("3+1", Ue4_sq=0.0, **point)
    assert own.chi2("3+1/decay", Ue4_sq=0.0, alpha_4=0.0, **point) == pytest.approx(stable, abs=1e-9)


def test_decay_is_refused_where_the_table_does_not_know_it() -> None:
    point = {"dm2_41": 6.7, "Ue4_sq": 0.0, "Umu4_sq": 0.09}
    with pytest.raises(NotApplicableError, match="3\\+1/decay"):
        likelihood("icecube-sterile").chi2("3+1/decay", alpha_4=1.0, **point)
    with pytest.raises(NotApplicableError, match="g2 from"):
        likelihood("icecube-unstable").chi2("3+1/decay", alpha_4=10.0, **point)


def test_both_analyses_of_the_same_years_prefer_the_same_stable_neutrino() -> None:
    """The best stable point of the decay analysis is inside the region of 1σ of the other (2.30)."""
    best = {"dm2_41": 4.216965, "sin2_2theta_mumu": 0.1059253}
    assert 0.0 < likelihood("icecube-sterile").chi2("2nu-mumu", **best) < 2.30


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dm2_41": 1.0, "Umu4_sq": 0.02, "Utau4_sq": 0.1}, "Utau4_sq = 0: keep it there"),
        ({"dm2_41": 1.0, "Umu4_sq": 0.6}, "up to 1/2"),
        ({"dm2_41": 1e-4, "Umu4_sq": 0.02}, "dm2_41 from"),
    ],
)
def test_what_the_table_was_not_made_for_is_refused(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(NotApplicableError, match=message):
        likelihood("icecube-sterile").chi2("3+1", Ue4_sq=0.0, **parameters)


def test_a_model_without_the_coordinates_is_refused_by_name() -> None:
    with pytest.raises(NotApplicableError, match="2nu-ee"):
        likelihood("icecube-sterile").chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.1)


def test_nothing_is_drawn_from_a_table() -> None:
    assert likelihood("icecube-sterile").data is None
