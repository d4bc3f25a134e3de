"""Toys of a global fit: rows, few directions and bounds give what the likelihoods themselves give."""

import numpy as np
import pytest

from nuanomaly.inference.global_fit import draws, rare, rows
from nuanomaly.inference.global_fit.assembly import Assembly
from nuanomaly.inference.global_fit.part import OwnParameters, Part
from nuanomaly.inference.global_fit.profile import profile
from nuanomaly.inference.global_fit.sides import Axes
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.registry import model

SBL = model("3+1-sbl")
TRUTH = {"dm2_41": 1.2, "Ue4_sq": 0.03, "Umu4_sq": 0.006}
NAMES = tuple(TRUTH)
LINEAR = {
    "karmen": "product",
    "lsnd-counts": "product",
    "nomad": "product",
    "miniboone-nue@2020": "product",
    "reactor-rates@2020:huber-mueller-short-baseline": "e",
    "stereo-process": "e",
    "cdhs": "mu",
    "ccfr": "mu",
}


def part(name, depends, **options):
    return Part(name, likelihood(name), SBL, depends, NAMES, **options)


@pytest.mark.parametrize(("name", "depends"), LINEAR.items())
def test_rows_times_features_are_the_likelihood_of_each_toy(name, depends):
    one = part(name, depends)
    dm2, mixing = Axes(np.geomspace(0.2, 9.0, 4), np.geomspace(1e-3, 0.1, 3)).points()
    points = one.points(dm2, mixing)
    form = rows.linear(one.likelihood, SBL, points)
    made = one.draw(TRUTH)
    toys = made.data(np.random.default_rng(1).standard_normal((3, made.size)))
    own = np.array([one.likelihood.given(toy).value(SBL, points) for toy in toys])
    # some are known up to a constant of each toy
    found = form(toys)
    assert np.abs((found - found[:, :1]) - (own - own[:, :1])).max() < 1e-6


@pytest.mark.parametrize("name", ["karmen", "gallium", "nue-carbon", "cdhs"])
def test_normal_numbers_give_the_toys_of_the_likelihood(name):
    one = part(name, "product" if name == "karmen" else "mu" if name == "cdhs" else "e")
    made = one.draw(TRUTH)
    z = np.random.default_rng(2).standard_normal((4000, made.size))
    data = made.data(z)
    at = one.points(np.array([1.2]), np.array([0.03 * 0.006 if name == "karmen" else 0.03]))
    if name == "cdhs":
        at = one.points(np.array([1.2]), np.array([0.006]))
    plain = one.likelihood.toys(SBL, at, 4000, np.random.default_rng(3))
    error = np.hypot(data.std(axis=0), plain.std(axis=0)) / np.sqrt(4000)
    assert (np.abs(data.mean(axis=0) - plain.mean(axis=0)) < 5.0 * error).all()
    assert np.allclose(data.std(axis=0), plain.std(axis=0), rtol=0.1)
    assert np.array_equal(made.data(z[7:9]), data[7:9])


@pytest.mark.parametrize("name", ["miniboone-nue@2020", "lsnd-counts"])
def test_normal_numbers_are_left_as_they_are(name):
    """Chains of subset simulation go on from the numbers of a toy: they must be those it was made of."""
    made = part(name, "product").draw(TRUTH)
    z = np.random.default_rng(8).standard_normal((5, made.size))
    before = z.copy()
    assert np.array_equal(made.data(z), made.data(z))
    assert np.array_equal(z, before)


@pytest.fixture(scope="module")
def small():
    parts = (
        part("karmen", "product"),
        part("lsnd-counts", "product"),
        part("gallium", "e", skeleton=(30, 120)),
        part("stereo-process", "e"),
        part("cdhs", "mu"),
    )
    truths = (TRUTH, {"dm2_41": 5.0, "Ue4_sq": 0.05, "Umu4_sq": 0.01})
    return Assembly(parts, np.geomspace(0.2, 9.0, 24), np.geomspace(1e-4, 0.3, 14), truths)


def test_the_plain_path_gives_the_same_tension(small):
    fit = small.fit()
    made = small.draw(TRUTH)
    toys = made.data(np.random.default_rng(4).standard_normal((6, made.size)))
    found = fit(toys)
    assert np.abs(found.grid - fit(toys, exact=True).grid).max() < 1e-3
    for toy, own in zip(toys, found.grid, strict=True):
        total = {}
        for depends in ("e", "mu", "product"):
            axes = small.axes(depends)
            total[depends] = sum(
                one.likelihood.given(toy[small.columns[one.name]])
                .value(SBL, one.points(*axes.points()))
                .reshape(axes.shape)
                for one in small.parts
                if one.depends == depends
            )
        e, mu, both = total["e"][:, :, None], total["mu"][:, None, :], total["product"]
        across = both[:, np.add.outer(np.arange(14), np.arange(14))]
        plain = (e + mu + across).min() - (e + mu).min() - both.min()
        assert abs(plain - own) < 2e-2  # the skeleton of gallium


def test_the_bound_of_few_directions_holds_in_a_fit(small):
    one = small.side("product")
    made = small.draw(TRUTH)
    toys = made.data(np.random.default_rng(5).standard_normal((4, made.size)))
    axes = small.axes("product")
    exact = np.array(
        [
            sum(
                p.likelihood.given(toy[small.columns[p.name]]).value(SBL, p.points(*axes.points()))
                for p in small.parts
                if p.depends == "product"
            )
            for toy in toys
        ]
    )
    found = one.exact(toys).reshape(4, -1)
    error = np.abs((found - found[:, :1]) - (exact - exact[:, :1]))
    bounds = one.low.bounds(toys)
    assert (error <= bounds + bounds[:, :1] + 1e-6).all()


def test_own_parameters_are_profiled_without_a_fit_of_each_toy():
    """MINOS with θ23, Δm²31 and |Uτ4|²: differences between hypotheses are those of fits, to 0.1."""
    own = OwnParameters(
        names=("sin2_theta23", "dm2_31", "Utau4_sq"),
        starts=((0.6413, 2.5816e-3, 0.05),),
        steps=(0.015, 2e-5, 0.03),
        limits=((0.25, 0.8), (2.1e-3, 2.9e-3), (0.0, 0.49)),
        fixed={"Ue4_sq": 0.0, "sin2_theta13": 0.022, "delta_24": 0.0},
    )
    minos = Part("minos", likelihood("minos-sterile"), model("3+1"), "mu", NAMES, own=own)
    axes = Axes(np.array([0.5, 5.0]), np.array([1e-4, 0.01]))
    dm2, mixing = axes.points()
    typical = np.asarray(minos.data)[None]
    newton = profile(minos, axes, typical)(typical)[0]
    exact = np.empty(4)
    for k in range(4):
        eta = np.array(minos.best(float(dm2[k]), float(mixing[k])))
        point = minos.points(dm2[k : k + 1], mixing[k : k + 1], eta.tolist())
        exact[k] = minos.likelihood.value(minos.model, point)[0]
    assert np.abs((newton - newton[0]) - (exact - exact[0])).max() < 0.1
    assert np.abs(newton - exact).max() < 0.5


def test_the_generator_of_normal_numbers_counts_what_it_gives():
    normals = draws.Normals(np.arange(12.0).reshape(3, 4))
    assert normals.standard_normal((3, 2)).tolist() == [[0.0, 1.0], [4.0, 5.0], [8.0, 9.0]]
    assert normals.random(3).tolist() == pytest.approx([0.97725, 1.0, 1.0], abs=1e-4)
    assert normals.used == 3


def test_replicas_of_subset_simulation_find_a_tail_with_two_ways_to_it():
    def statistic(z):
        return np.maximum(z[:, 0], 0.6 * z[:, 1] + 0.8 * z[:, 2])

    exact = 1.0 - (1.0 - 3.167e-5) ** 2  # two independent normal numbers, 4 sigma
    shares = [
        rare.above(rare.subset(statistic, 4, 4.0, 1000, np.random.default_rng([7, k])), 4.0)
        for k in range(12)
    ]
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - exact) < 3.0 * error < exact
    levels = rare.subset(statistic, 4, 4.0, 1000, np.random.default_rng(7))
    assert [level.probability for level in levels] == pytest.approx([0.1**k for k in range(len(levels))])
    assert all((level.values >= level.threshold).all() for level in levels)
