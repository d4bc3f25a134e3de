"""Declared runs of a global fit: pieces that go on, two methods, and the truths of a region."""

from dataclasses import replace

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.runs import inputs
from nuanomaly.inference import workers
from nuanomaly.inference.global_fit import goodness, held, pieces, regions, run, truths
from nuanomaly.inference.global_fit.declaration import assembly, essence, prepared
from nuanomaly.inference.global_fit.largest import largest
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


def test_finished_pieces_are_kept_under_the_names_that_they_always_had():
    """A Monte Carlo of hours goes on after an update: what names its pieces must not change unseen."""
    block = pieces.Block((1.25, 0.02, 0.01), 2026, 3)
    assert workers._name(run.key(PLAIN), block) == "6da69cb1cbf6b19c2714dc58309e4c35"


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


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_changes_no_bit(plain, workers):
    spread = compute(PLAIN, Placement(workers=workers))
    assert np.array_equal(spread.values, plain.values)


def test_a_cluster_s_cost_is_known_from_the_pieces(plain, tmp_path):
    about = record(tmp_path / "run", PLAIN, plain)
    text = (about / "about.json").read_text("utf-8")
    assert f'"cpu_seconds": {float(f"{plain.cpu_seconds:.2g}")}' in text


RENAMED = """
from dataclasses import replace

import numpy as np

from nuanomaly.model.probabilities import VacuumModel
from nuanomaly.model.vacuum import DM2_41, MIXING, ShortBaseline

CALLED = {"heavy": DM2_41, "first": MIXING[0], "second": MIXING[1]}


class Renamed(VacuumModel):
    name = "renamed"
    unitary = True
    parameters = tuple(replace(parameter, name=name) for name, parameter in CALLED.items())

    def known(self, p):
        given = {parameter.name: p[name] for name, parameter in CALLED.items()}
        return given | {"Utau4_sq": np.zeros_like(p["heavy"])}

    def expand(self, asked, parameters):
        return ShortBaseline().expand(asked, self.known(parameters))

    def two_flavour(self, initial, final, parameters):
        return ShortBaseline().two_flavour(initial, final, self.known(parameters))
"""


def test_whatever_a_model_calls_its_parameters_the_fit_is_the_same_to_the_last_bit(plain, own, tmp_path):
    """Sides are found by probing, roles by the ranges of scans: 3+1 under other names is 3+1."""
    file = tmp_path / "renamed.py"
    file.write_text(RENAMED, "utf-8")
    bare = [{key: entry[key] for key in ("name", "release")} for entry in FIT["datasets"]]
    other = {**FIT, "datasets": bare, "model": f"{file}:Renamed"}
    found = compute({**PLAIN, **other})
    assert [part.depends for part in prepared(essence(other)).sets.parts] == ["product", "product", "e", "mu"]
    assert np.array_equal(found.values, plain.values)
    assert found.truth == plain.truth
    assert list(found.points["joint"]) == list(found.to_dict()["drawn_at"]) == ["heavy", "first", "second"]
    ranked = compute(
        {"kind": "global-truths", **other, "regions": [4.0], "valleys": 2, "toys": 400, "seed": 3}
    )
    assert {"heavy", "first", "second"} <= set(ranked.tables()["truths"])
    (one,) = largest(ranked.to_dict(), ranked.tables()["truths"])
    assert one.test.truth.startswith("heavy = ")
    left = compute({"kind": "global-left-out", **other}).tables()["left-out"]
    assert tuple(left.loc[0, ["heavy", "first", "second"]]) == pytest.approx(own.truth("joint"))


def test_data_that_know_both_mixings_say_which_they_are_read_over():
    exact = {**FIT, "datasets": [{"name": "danss", "release": "danss@2018-r1", "model": "3+1"}]}
    assert assembly(exact).parts[0].depends == "e"  # found in the limit of short baselines, and read exactly
    both = {"name": "minos", "release": "minos-sterile@2019-r1", "model": "3+1"}
    with pytest.raises(NuanomalyError, match="depends on both mixings"):
        assembly({**FIT, "datasets": [both]})


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
        compute({**PLAIN, **change})


def test_one_replica_has_no_error(own):
    with pytest.raises(NuanomalyError, match="two or more"):
        compute({**CLIMB, "subset": {"replicas": 1, "toys": 400, "moves": 2}})


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


LATER = {
    "kind": "global-data",
    **FIT,
    "datasets": [
        *FIT["datasets"],
        {
            "name": "icecube",
            "release": "icecube-sterile@2020-r1",
            "depends": "mu",
            "model": "3+1",
            "fixed": {"Utau4_sq": 0.0},
        },
    ],
    "choices": {
        "before": {"without": ["icecube"]},
        "after": {"without": []},
        "no-cdhs": {"without": ["cdhs"]},
    },
}


def test_a_surface_may_be_a_data_set_where_the_data_alone_are_fitted(own):
    after = compute(LATER)
    frame = after.tables()["choices"].set_index("choice")
    assert frame.loc["before", "chi2"] == pytest.approx(own.observed, abs=1e-3)
    assert tuple(frame.loc["before", ["dm2_41", "Ue4_sq", "Umu4_sq"]]) == pytest.approx(own.truth("joint"))
    sets = assembly(LATER)
    # the gain and the pull are those of the likelihoods at the point that is said
    for name, parts in (("before", sets.parts[:4]), ("after", sets.parts)):
        row = frame.loc[name]
        mixing = {"e": row["Ue4_sq"], "mu": row["Umu4_sq"], "product": row["Ue4_sq"] * row["Umu4_sq"]}
        gain = 0.0
        for part in parts:
            at = part.points(np.array([1.0, row["dm2_41"]]), np.array([0.0, mixing[part.depends]]))
            none, there = part.likelihood.value(part.model, at)
            gain += none - there
            lowest = part.likelihood.value(part.model, part.points(*sets.axes(part.depends).points())).min()
            assert row[f"pull_{part.name}"] == pytest.approx(there - lowest, abs=1e-6)
        assert row["gain"] >= gain - 1e-6
        assert row["gain"] == pytest.approx(gain, abs=1.0)
    assert np.isnan(frame.loc["before", "pull_icecube"])
    assert np.isnan(frame.loc["no-cdhs", "pull_cdhs"])
    assert after.to_dict()["most"]["choice"] in ("after", "no-cdhs")


def test_a_table_by_splines_is_the_statistic_itself():
    cdhs = {**FIT["datasets"][3], "coarse": [40, 12]}
    sets = assembly({**FIT, "datasets": [*FIT["datasets"][:3], cdhs]})
    part, axes = sets.parts[3], sets.axes("mu")
    exact = part.likelihood.value(part.model, part.points(*axes.points())).reshape(axes.shape)
    near = axes.mixing < 0.03
    assert sets.table(part)[:, near] == pytest.approx(exact[:, near], abs=0.1)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"toys": 100}, UnknownNameError, "toys"),
        ({"choices": {"all": {"without": ["danss"]}}}, UnknownNameError, "danss"),
        (
            {
                "datasets": [
                    *LATER["datasets"],
                    {"name": "decay", "release": "icecube-unstable@2022-r1", "depends": "mu"},
                ]
            },
            NuanomalyError,
            "same eight years",
        ),
    ],
)
def test_data_that_are_fitted_once_are_not_counted_twice(change, error, said):
    with pytest.raises(error, match=said):
        compute({**LATER, **change})


CHOICES = {
    "kind": "global-choices",
    **FIT,
    "choices": {
        "all": {"without": []},
        "no-karmen": {"without": ["karmen"]},
        "late": {"only": ["lsnd", "stereo", "cdhs"]},
    },
    "toys": 500,
    "seed": 3,
}


@pytest.fixture(scope="module")
def several():
    return compute(CHOICES)


def test_a_choice_is_what_the_same_fit_gives_by_itself(several, plain, own):
    assert several.data[0, 0] == pytest.approx(own.observed, abs=1e-6)
    assert several.data[0, 4:] == pytest.approx(own.truth("joint"))
    # the same normal numbers: the same toys as those of the plain run
    assert several.counts[0, 0] == (plain.values[0, :500] >= own.observed).sum()
    rest = prepared(essence({**FIT, "without": ["karmen"]}))
    assert several.data[1, 0] == pytest.approx(rest.observed, abs=2e-3)
    assert np.array_equal(several.data[1], several.data[2])
    assert np.array_equal(several.counts[1], several.counts[2])
    frame = several.tables()["choices"]
    assert frame["choice"].tolist() == ["all", "no-karmen", "late"]
    assert several.to_dict()["least"]["sigma"] == min(several.test(k).sigma for k in range(3))


def test_minima_are_those_of_the_likelihoods_with_nothing_left_out(several, own):
    sides = {"joint": own.sets.parts, "appearance": own.sets.parts[:2], "disappearance": own.sets.parts[2:]}
    frame = several.tables()["choices"].set_index("choice").loc["all"]
    point = dict(zip(("dm2_41", "e", "mu"), own.truth("joint"), strict=True))
    mixing = {**point, "product": point["e"] * point["mu"]}
    values = {
        part.name: float(
            part.likelihood.value(
                part.model, part.points(np.array([point["dm2_41"]]), np.array([mixing[part.depends]]))
            )[0]
        )
        for part in own.sets.parts
    }
    at_joint = sum(values.values())
    assert frame["joint"] == pytest.approx(
        at_joint - (own.data.joint.grid - own.data.joint.refined)[0], abs=2e-3
    )
    for name, parts in sides.items():
        assert frame[name] <= sum(values[part.name] for part in parts) + 2e-3
        assert 0 < frame[f"{name}_above"] <= 500


def test_minima_of_toys_differ_by_the_tension_and_do_not_depend_on_their_company(own):
    made = own.draw(own.truth("joint"))
    data = made.data(np.random.default_rng(8).standard_normal((300, made.size)))
    depths = goodness.minima(own, data, own.fit(data))
    again = goodness.minima(own, data[:5], own.fit(data[:5]))
    assert depths[:, :5] == pytest.approx(again, abs=1e-4)
    assert depths[0] - depths[1] - depths[2] == pytest.approx(own.fit(data).chi2, abs=1e-3)


@pytest.mark.parametrize(
    ("choice", "error", "said"),
    [
        ({"late": {"only": ["danss"]}}, UnknownNameError, "danss"),
        ({"late": {"only": ["lsnd"], "without": ["karmen"]}}, NuanomalyError, "`only` or `without`"),
        ({"late": {}}, NuanomalyError, "`only` or `without`"),
    ],
)
def test_a_choice_that_is_none_is_refused(choice, error, said):
    with pytest.raises(error, match=said):
        compute({**CHOICES, "choices": choice})


REGION = {
    "kind": "global-region",
    **FIT,
    "within": 6.0,
    "every": [4, 4],
    "levels": [0.9, 0.95],
    "toys": 150,
    "seed": 3,
}


def test_a_region_has_its_critical_values_from_toys_of_each_point(own):
    region = compute(REGION)
    frame = region.tables()["region"]
    assert (frame["delta"] <= 6.0).all()
    assert (frame["critical_90"] <= frame["critical_95"]).all()
    # the lowest point of the plane is the joint best fit, or near it
    assert frame["delta"].min() < 6.0
    # toys of one point, minimised over the formed cube
    k = int(frame["delta"].argmin())
    made = own.draw(tuple(region.truths[k]))
    data = made.data(np.random.default_rng([3, 0, 0]).standard_normal((150, made.size)))
    point = regions.points(own, 6.0, [4, 4])[0][k]
    for toy in (0, 7):
        e, m, both = (
            side.exact(data[toy : toy + 1])[0] for side in (own.fit.electron, own.fit.muon, own.fit.product)
        )
        index = np.add.outer(np.arange(e.shape[1]), np.arange(m.shape[1]))
        cube = e[:, :, None] + m[:, None, :] + both[:, index]
        there = cube[point.row][index == point.product].min()
        delta = own.fit.delta(data[toy : toy + 1], point.row, point.product)[0]
        fitted = own.fit(data[toy : toy + 1]).joint
        assert fitted.grid[0] - fitted.refined[0] - 0.5 < there - cube.min() - delta + 1.0
        assert delta <= there - fitted.refined[0] - (cube.min() - fitted.grid[0]) + 1e-3
    above = (own.fit.delta(data, point.row, point.product) >= region.delta[k]).sum()
    assert region.above[k] == above


def test_too_few_toys_know_no_level():
    with pytest.raises(NuanomalyError, match="declare more toys"):
        compute({**REGION, "levels": [0.99], "toys": 100})


def test_the_largest_p_value_counts_the_run_with_most_toys_of_its_truth(own):
    declared = {"kind": "global-truths", **FIT, "regions": [4.0, 12.0], "valleys": 2, "toys": 400, "seed": 3}
    ranked = compute(declared)
    result, table = ranked.to_dict(), ranked.tables()["truths"]
    few = largest(result, table)
    for one, entry in zip(few, result["regions"], strict=True):
        assert one.test.above == table["above_observed"].iloc[entry["worst"]]
        assert one.p_value == pytest.approx(one.test.above / 400 + entry["beta"])
        assert one.interval[0] < one.p_value < one.interval[1] < one.limit
    more = {
        "drawn_at": dict(zip(("dm2_41", "Ue4_sq", "Umu4_sq"), few[1].truth, strict=True)),
        "above": 7,
        "toys": 9000,
    }
    assert largest(result, table, [more])[1].test.p_value == pytest.approx(7 / 9000)
    # another point of the region with more toys and a larger share
    inside = table[table["delta"] <= result["regions"][0]["delta"]].index
    second = next(k for k in inside if k != result["regions"][0]["worst"])
    at = {name: float(table.loc[second, name]) for name in more["drawn_at"]}
    for above, truth in ((8000, tuple(at.values())), (0, few[0].truth)):
        (found, _) = largest(result, table, [{"drawn_at": at, "above": above, "toys": 9000}])
        assert found.truth == pytest.approx(truth)
    other = {**more, "drawn_at": {"dm2_41": 50.0, "Ue4_sq": 0.1, "Umu4_sq": 0.1}}
    assert largest(result, table, [other]) == few


def test_several_releases_may_be_one_data_set():
    together = {
        "name": "gallium",
        "release": ["gallex@2010-r2:bahcall", "sage@2006-r2:bahcall"],
        "depends": "e",
    }
    (part,) = assembly({**FIT, "datasets": [together]}).parts
    assert part.data.size == 4
    assert set(inputs({"datasets": [together]})) == {"gallex@2010-r2", "sage@2006-r2"}


OWN = {
    "names": ["sin2_theta23", "dm2_31", "Utau4_sq"],
    "starts": [[0.6413, 2.5816e-3, 0.05]],
    "steps": [0.015, 2.0e-5, 0.03],
    "limits": [[0.25, 0.8], [2.1e-3, 2.9e-3], [0.0, 0.49]],
    "fixed": {"Ue4_sq": 0.0, "sin2_theta13": 0.022, "delta_24": 0.0},
}
HELD = {
    "kind": "global-held",
    **FIT,
    "datasets": [
        *FIT["datasets"],
        {
            "name": "minos",
            "release": "minos-sterile@2019-r1",
            "depends": "mu",
            "model": "3+1",
            "coarse": [12, 8],
            "fixed": {**OWN["fixed"], "sin2_theta23": 0.6413, "dm2_31": 2.5e-3, "Utau4_sq": 0.0},
            "own": {**OWN, "coarse": [6, 5], "highest": 0.1},
        },
    ],
    "toys": 400,
    "exact": 3,
    "alone": {"level": 0.9, "toys": 60, "points": [[1.2, 0.01], [5.0, 0.05]]},
    "seed": 3,
}


@pytest.fixture(scope="module")
def both_ways():
    return compute(HELD)


def without(*keys):
    """Return the data sets of the run above, MINOS without some of its keys."""
    minos = {key: entry for key, entry in HELD["datasets"][-1].items() if key not in keys}
    return {**HELD, "datasets": [*FIT["datasets"], minos]}


def test_own_parameters_held_are_those_of_the_fit_with_them_held(both_ways):
    declared = without("own")
    own = prepared(essence(declared))
    assert both_ways.observed[0] == pytest.approx(own.observed, abs=1e-3)
    made = pieces.plain(essence(declared), pieces.Block(own.truth("joint"), 3, 0))
    # the few directions of both are found from other toys
    assert np.abs(both_ways.values[0] - made[0]).max() < 0.01
    assert np.abs(both_ways.values[1] - made[0]).max() > 0.1
    result = both_ways.to_dict()
    assert result["held"][0] == (both_ways.values[0] >= 6.0).sum()
    assert result["profiled"][0] == (both_ways.values[1] >= 6.0).sum()
    assert both_ways.tables()["histogram"]["profiled"].sum() == 400
    share = result["held"][0] / 400
    one = np.sqrt(share * (1.0 - share) / 400)
    assert result["moved"][0] == pytest.approx((result["profiled"][0] / 400 - share) / one)


def test_profiled_toys_are_compared_with_fits_of_each(both_ways):
    part = held.pair(essence(HELD)).part
    made = part.draw({"dm2_41": 1.2, "Ue4_sq": 0.02, "Umu4_sq": 0.01}, (0.64, 2.5e-3, 0.02))
    (toy,) = made.data(np.random.default_rng(5).standard_normal((1, made.size)))
    lowest = held.fitted_value(part, toy, 1.2, 0.01)
    # by a descent without slopes
    given = replace(part, likelihood=part.likelihood.given(toy))
    best = given.best(1.2, 0.01)
    at = given.points(np.array([1.2]), np.array([0.01]), best)
    assert lowest == pytest.approx(given.likelihood.value(part.model, at)[0], abs=0.02)
    start = given.points(np.array([1.2]), np.array([0.01]), OWN["starts"][0])
    assert lowest < given.likelihood.value(part.model, start)[0] - 1.0
    assert both_ways.critical.shape == (2, 4)
    assert (both_ways.critical[:, 2:] > 1.0).all()
    assert both_ways.errors.shape == (3,)
    assert 0.0 < np.abs(both_ways.errors).max() < 5.0  # the axes of this test are coarse


def test_a_table_of_the_data_has_own_parameters_fitted(both_ways):
    own = prepared(essence(HELD))
    assert own.observed == pytest.approx(both_ways.observed[1])
    tables = {part.name: own.sets.table(part) for part in own.sets.parts}
    (minos,) = [part for part in own.sets.parts if part.gains]
    assert not minos.fitted.fixed
    assert minos.held.fixed["Utau4_sq"] == 0.0
    d, m = (
        int(np.abs(np.log(axis / x)).argmin()) for axis, x in ((own.sets.dm2, 1.2), (own.sets.mixing, 0.01))
    )
    point = own.sets.dm2[d], own.sets.mixing[m]
    best = minos.fitted.points(*np.array(point)[:, None], minos.fitted.best(*point))
    exact = float(minos.likelihood.value(minos.model, best)[0])
    assert tables["minos"][d, m] == pytest.approx(exact, abs=0.5)  # the axes of this test are coarse
    # and so has the goodness of fit, with nothing left out
    (lowest,) = goodness.minima(own, own.sets.data[None], own.data)[0]
    d, e, m = own.data.joint.place[0]
    place = {"e": e, "mu": m, "product": e + m}
    total = sum(tables[part.name][d, place[part.depends]] for part in own.sets.parts)
    between = own.data.joint.grid[0] - own.data.joint.refined[0]
    assert lowest + between == pytest.approx(total, abs=0.25)  # the Newton step at the smallest mixing


@pytest.mark.parametrize("keys", [("own",), ("own", "coarse", "fixed")])
def test_holding_is_compared_where_own_parameters_are_held_and_fitted(keys):
    with pytest.raises(NuanomalyError, match="declare `fixed`, `coarse` and `own`"):
        compute(without(*keys))
