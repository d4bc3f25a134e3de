"""Declared runs of a global fit: pieces that go on, two methods, and the truths of a region."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.global_fit import pieces, run, truths
from nuanomaly.inference.global_fit.declaration import assembly, essence, prepared
from nuanomaly.inference.runs import compute, record
from nuanomaly.inference.toys import ToyTest
from nuanomaly.inference.workers import Placement

FIT = {
    "datasets": [
        {"name": "karmen", "release": "karmen@2002-r1", "depends": "product"},
        {"name": "lsnd", "release": "lsnd-counts@2001-r1", "depends": "product"},
        {"name": "stereo", "release": "stereo-process@2019-r1", "depends": "e"},
        {"name": "cdhs", "release": "cdhs@1984-r1", "depends": "mu"},
    ],
    "dm2": {"low": 0.2, "high": 9.0, "largest": 0.2, "phase": 9.0, "smallest": 0.2},
    "mixing": [1.0e-4, 0.3, 14],
    "typical": [[1.2, 0.03, 0.006], [5.0, 0.05, 0.01]],
}
PLAIN = {"kind": "global-tension", **FIT, "truth": "joint", "toys": 900, "seed": 3}
CLIMB = {
    "kind": "global-tension",
    **FIT,
    "truth": "joint",
    "subset": {"replicas": 3, "toys": 400, "moves": 2},
    "seed": 3,
}


@pytest.fixture(scope="module")
def own():
    return prepared(essence(PLAIN))


@pytest.fixture(scope="module")
def plain(own):
    return compute(PLAIN)


def test_a_run_has_as_many_toys_as_are_declared(plain):
    assert plain.values.shape == (2, 900)
    result = plain.to_dict()
    assert result["toys"] == result["made"] == 900
    assert result["above"] == int((plain.values[0] >= result["chi2"]).sum())
    assert result["counts"]["6"] == int((plain.values[0] >= 6.0).sum())
    low, high = ToyTest(result["chi2"], result["above"], 900).interval()
    assert result["interval"] == [low, high]
    assert low <= result["p_value"] <= high
    offset = plain.values[0] - plain.values[1]
    assert result["refined_minus_grid"]["rms"] == pytest.approx(np.hypot(offset.mean(), offset.std()))
    assert result["refined_minus_grid"]["rms"] > 0.0


def test_a_run_goes_on_from_its_finished_pieces_with_the_same_bits(plain, tmp_path, monkeypatch):
    shorter = {**PLAIN, "toys": 400}
    first = compute(shorter, Placement(store=tmp_path))
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 1
    made = []
    original = pieces.plain

    def counted(text, block):
        made.append(block.number)
        return original(text, block)

    monkeypatch.setattr(pieces, "plain", counted)
    longer = compute(PLAIN, Placement(store=tmp_path))
    assert made == [1, 2]
    assert np.array_equal(longer.values, plain.values)
    assert np.array_equal(first.values, plain.values[:, :400])


def test_the_number_of_workers_changes_no_bit(plain):
    spread = compute(PLAIN, Placement(workers=2))
    assert np.array_equal(spread.values, plain.values)


def test_a_cluster_s_cost_is_known_from_the_pieces(plain, tmp_path):
    about = record(tmp_path / "run", PLAIN, plain)
    text = (about / "about.json").read_text("utf-8")
    assert f'"cpu_seconds": {float(f"{plain.cpu_seconds:.2g}")}' in text


def test_subset_simulation_agrees_with_plain_toys(plain):
    climbed = compute(CLIMB)
    result, other = climbed.to_dict(), plain.to_dict()
    assert result["replicas"] == len(climbed.replicas) == 3
    for q in ("6", "9"):
        (p, error), (toys, binomial) = result["shares"][q], other["shares"][q]
        assert abs(p - toys) < 4.0 * np.hypot(error, binomial)
    rows = climbed.tables()["replicas"]
    assert rows["above_observed"].mean() == pytest.approx(result["p_value"])
    assert result["p_value_error"] == pytest.approx(rows["above_observed"].std() / np.sqrt(3))


def test_truths_are_the_valleys_and_ends_of_the_joint_region(own):
    points = truths.candidates(own, (4.0, 12.0), 6)
    assert (points[0].kind, points[0].delta) == ("valley", pytest.approx(0.0))
    assert points[0].truth == pytest.approx(own.truth("joint"))
    assert len({point.truth for point in points}) == len(points)
    assert all(0.0 <= point.delta < 12.0 for point in points)
    assert {"smallest Umu4_sq", "largest Ue4_sq"} & {point.kind for point in points}
    # the joint fit itself, by the likelihoods and not by its tables
    total = []
    for point in points:
        dm2, electron, muon = point.truth
        mixing = {"e": electron, "mu": muon, "product": electron * muon}
        total.append(
            sum(
                part.likelihood.value(
                    part.model, part.points(np.array([dm2]), np.array([mixing[part.depends]]))
                )[0]
                for part in own.sets.parts
            )
        )
    assert np.array(total) - total[0] == pytest.approx([point.delta for point in points], abs=1e-3)


def test_truths_are_ranked_by_their_tails(own):
    declared = {"kind": "global-truths", **FIT, "regions": [12.0, 4.0], "valleys": 2, "toys": 400, "seed": 3}
    ranked = compute(declared)
    assert ranked.counts.shape == (len(ranked.points), 6)
    assert (np.diff(ranked.counts, axis=1)[:, :4] <= 0).all()
    own_toys = pieces.plain(essence(declared), pieces.Block(ranked.points[1].truth, 3, 0))
    assert ranked.counts[1, 0] == (own_toys[0] >= 6.0).sum()
    near, wide = ranked.to_dict()["regions"]
    assert (near["delta"], wide["delta"]) == (4.0, 12.0)
    assert wide["beta"] == pytest.approx(7.38e-3, rel=1e-2)  # χ² of three degrees of freedom above 12
    frame = ranked.tables()["truths"]
    for one in (near, wide):
        inside = frame[frame["delta"] < one["delta"]]
        assert frame.loc[one["worst"], "above_16"] == inside["above_16"].max()
        assert frame.loc[one["worst"], "dm2_41"] == one["dm2_41"]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"truth": "none"}, UnknownNameError, "truth"),
        ({"subset": CLIMB["subset"]}, NuanomalyError, "toys or subset"),
        ({"tilted": {}}, UnknownNameError, "tilted"),
        ({"without": ["danss"]}, UnknownNameError, "danss"),
        ({"without": ["stereo"]}, NuanomalyError, "depends on e"),
        ({"determinant": ["stereo"]}, NuanomalyError, "relative covariance"),
    ],
)
def test_a_declaration_that_cannot_be_done_is_refused(own, change, error, said):
    with pytest.raises(error, match=said):
        run.compute({**PLAIN, **change})


def test_one_replica_has_no_error(own):
    with pytest.raises(NuanomalyError, match="two or more"):
        run.compute({**CLIMB, "subset": {"replicas": 1, "toys": 400, "moves": 2}})


def test_a_data_set_may_be_left_out(own, plain):
    rest = compute({**PLAIN, "toys": 400, "without": ["karmen"]})
    assert [part.name for part in prepared(essence({**PLAIN, "without": ["karmen"]})).sets.parts] == [
        "lsnd",
        "stereo",
        "cdhs",
    ]
    assert rest.observed != plain.observed


def test_the_released_chi2_of_minos_leans_to_no_mixing_for_want_of_its_determinant():
    """On toys of much mixing the released χ² prefers none, on average; −2 ln L does not."""
    entry = {"name": "minos", "release": "minos-sterile@2019-r1", "depends": "mu", "model": "3+1"}
    fixed = {"sin2_theta23": 0.64, "dm2_31": 2.5e-3, "Utau4_sq": 0.0, "Ue4_sq": 0.0, "delta_24": 0.0}
    mixing = np.array([0.038, 1e-5])
    difference = {}
    for key in ("without", "determinant"):
        names = {"determinant": ["minos"]} if key == "determinant" else {}
        part = assembly({**PLAIN, "datasets": [{**entry, "fixed": fixed}], **names}).parts[0]
        made = part.draw({"dm2_41": 14.5, "Ue4_sq": 0.0, "Umu4_sq": 0.038})
        toys = made.data(np.random.default_rng(4).standard_normal((60, made.size)))
        at = part.points(np.full(2, 14.5), mixing)
        values = np.array([part.likelihood.given(toy).value(part.model, at) for toy in toys])
        difference[key] = (values[:, 1] - values[:, 0]).mean()
    covariance = part.likelihood.measure.covariance(part.likelihood.prediction(part.model, at))
    volume = np.linalg.slogdet(covariance)[1]
    assert difference["determinant"] - difference["without"] == pytest.approx(volume[1] - volume[0], abs=1e-6)
    assert difference["without"] < 0.0 < difference["determinant"]


def test_what_is_left_out_is_fitted_by_the_likelihoods_themselves(own):
    run_of_all = compute({"kind": "global-left-out", **FIT})
    assert run_of_all.names == ("nothing", "karmen", "lsnd", "stereo", "cdhs")
    frame = run_of_all.tables()["left-out"].set_index("without")
    assert frame.loc["nothing", "chi2"] == pytest.approx(own.observed, abs=1e-3)
    assert tuple(frame.loc["nothing", ["dm2_41", "Ue4_sq", "Umu4_sq"]]) == pytest.approx(own.truth("joint"))
    rest = prepared(essence({**FIT, "without": ["karmen"]}))
    assert frame.loc["karmen", "chi2"] == pytest.approx(rest.observed, abs=1e-3)
    assert run_of_all.to_dict()["least"]["chi2"] == frame["chi2"].drop("nothing").min()
