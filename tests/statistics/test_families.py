"""What every statistic answers: shares of bins, bins left out, toys; and one that the package never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import minimize

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.ablation import ablation
from nuanomaly.inference.benchmarks import every_release
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.engine import Plane, make_engine
from nuanomaly.inference.fit import fit
from nuanomaly.inference.montecarlo import toy_significance
from nuanomaly.inference.question import Question
from nuanomaly.inference.scan import scan
from nuanomaly.inference.toy_tensions import toy_compatibility
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.families.independent import IndependentBins
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction, StatisticKind
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.wrappers.marginal import without_bins
from nuanomaly.model.probabilities import Array, Model, NotApplicableError
from nuanomaly.model.registry import model

GRID = {"dm2_41": (0.1, 10.0, 24, "log"), "sin2_2theta_ee": (0.01, 1.0, 18, "log")}


# --- a statistic of one's own -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class StudentT(IndependentBins):
    """(ν + 1) Σ ln(1 + (d − μ)² w / ν), with w the diagonal of ``inverse``."""

    inverse: Array
    freedom: float = 3.0

    @property
    def kind(self) -> StatisticKind:
        return "-2lnL"

    def terms(self, mu: Array) -> Array:
        square = (self.data - mu) ** 2 * np.diag(self.inverse)
        return np.asarray((self.freedom + 1.0) * np.log1p(square / self.freedom))

    def deviations(self, mu: Array) -> Array:
        return np.broadcast_to(np.diag(self.inverse) ** -0.5, mu.shape)

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        return np.asarray(means + random.standard_t(self.freedom, means.shape) * self.deviations(means))

    def without(self, gone: Sequence[int]) -> "StudentT":
        kept = self.kept(gone)
        return replace(self, data=self.data[kept], inverse=self.inverse[np.ix_(kept, kept)])


def student(make: SimpleNamespace, seed: int = 3, scale: float = 0.05) -> ResponseLikelihood:
    """Twelve bins of disappearance with an outlier, and a normalisation with a prior."""
    random = np.random.default_rng(seed)
    known = Nuisances((Nuisance("scale", "", 0.1, 0.1),))
    base = make.disappearance(
        np.ones(12), scale**2 * np.eye(12), np.linspace(0.3, 4.0, 12), known, np.ones((12, 1))
    )
    mu = base.predict("2nu-ee", dm2_41=1.3, sin2_2theta_ee=0.3)
    data = mu + scale * random.standard_normal(12)
    data[4] += 0.6
    measure = StudentT(data, known, np.eye(12) / scale**2)
    return replace(base, measure=measure, statistic="-2lnL")


def test_a_statistic_of_ones_own_is_scanned_and_fitted_with_its_nuisances(make: SimpleNamespace) -> None:
    data = student(make)
    found = scan(data, "2nu-ee", grid=GRID)
    best = fit(data, "2nu-ee", grid=GRID)
    assert best.value <= found.minimum + 1e-6
    mu = data.predict("2nu-ee", **best.parameters)

    def by_hand(xi: Array) -> float:
        return float(data.measure.terms((mu + xi)[None]).sum() + (xi[0] / 0.1) ** 2)  # type: ignore[attr-defined]

    again = minimize(by_hand, [0.01], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9})
    assert best.value == pytest.approx(again.fun, abs=1e-5)


def test_toys_of_a_statistic_of_ones_own_are_counted_as_its_scan_counts(make: SimpleNamespace) -> None:
    """It has attributes named as those of a χ² of a fixed covariance, and must not be taken for one."""
    data = student(make)
    what = Question(data, "2nu-ee", grid=GRID)
    engine = make_engine(Plane(what.objective, what.axes, what.parameters), 1)
    values, smallest = engine.observed()
    assert values[:-1].min() == pytest.approx(scan(data, "2nu-ee", grid=GRID).minimum, abs=1e-9)
    gaussian = (data.data - data.predict("2nu-ee", dm2_41=1.3, sin2_2theta_ee=0.3)) ** 2 / 0.05**2
    assert smallest < 0.5 * gaussian.sum()
    toys = engine.generate(engine.plane.null, 0)
    kurtosis = ((toys - toys.mean(axis=0)) ** 4).mean(axis=0) / toys.var(axis=0) ** 2
    assert np.median(kurtosis) > 3.5  # a Gaussian has 3
    test = toy_significance(data, "2nu-ee", grid={"dm2_41": 4, "sin2_2theta_ee": 4}, toys=500)
    assert test.toys > 0
    assert 0.0 <= test.p_value < 0.5


def test_a_statistic_of_ones_own_is_compared(make: SimpleNamespace, bins: ResponseLikelihood) -> None:
    data = replace(student(make), release="tails@1-r1")
    grid = {"dm2_41": (1.2, 1.5, 3, "log"), "sin2_2theta_ee": (0.05, 0.8, 6, "log")}
    found = compare([data, bins], "2nu-ee", grid=grid)
    assert found.pg.delta >= 0.0
    assert found.pg.dof == 2
    test = toy_compatibility([data, bins], "2nu-ee", grid=grid, toys=500)
    assert test.delta == pytest.approx(found.pg.delta, abs=0.1)  # of fits: toys do not hang on the grid
    assert 0.0 < test.p_value < 0.1


def test_a_statistic_of_ones_own_says_which_bin_drives_it_and_can_do_without(make: SimpleNamespace) -> None:
    data, chosen = student(make), model("2nu-ee")
    points = data.points(chosen, {"dm2_41": 1.3, "sin2_2theta_ee": 0.3})
    where = data.profiled(chosen, points)[1]
    (part,) = data.breakdown(chosen, points, where)
    assert part.largest(1)[0].bin == 4
    assert part.largest(1)[0].pull > 8.0
    left = without_bins(data, [4])
    assert left.n_bins == 11
    assert left.value(chosen, points)[0] < data.value(chosen, points)[0] - 5.0
    rows = ablation(data, chosen, grid={"dm2_41": 9, "sin2_2theta_ee": 7})
    assert [row.definition for row in rows][:2] == ["as released", "without bins 0 to 1"]


def test_what_a_statistic_has_to_define_is_asked_for_before_it_is_used() -> None:
    class Half(Statistic):
        def value(self, prediction: Prediction) -> Array:
            return np.zeros(len(prediction.mu))

    with pytest.raises(TypeError, match=r"contributions.*errors.*kind.*sample.*without"):
        Half(np.zeros(3))  # type: ignore[abstract]


# --- all releases -------------------------------------------------------------------------------------------

MODELS = ("2nu-ee", "2nu-mue", "2nu-mumu", "3+1", "3nu")
MORE = ["gallium", "miniboone-nue@2020:nu", "reactor-rates:huber-mueller-short-baseline"]


def releases() -> list[str]:
    return [r.id for r in every_release() if r.metadata.get("likelihood")] + MORE


def a_point(data: Likelihood) -> tuple[Model, dict[str, Array]]:
    """A point with some oscillation of the first model that the data set accepts."""
    for name in MODELS:
        chosen = model(name)
        given: Mapping[str, float] = {
            p.name: {"eV**2": 0.7}.get(p.unit, 0.01)
            for p in (*chosen.parameters, *data.interaction_parameters)
            if p.default is None
        }
        try:
            points = data.points(chosen, given)
            data.observables(chosen, points)
        except NotApplicableError:
            continue
        return chosen, points
    raise AssertionError(f"{data.release} accepts no model")


@pytest.mark.parametrize("name", releases())
def test_bins_priors_and_terms_add_up_to_the_value(name: str) -> None:
    data = likelihood(name)
    chosen, points = a_point(data)
    value, where = data.profiled(chosen, points)
    parts = data.breakdown(chosen, points, where)
    priors = sum(float(term[0]) for term in data.nuisances.prior_terms(where).values())
    assert sum(part.value for part in parts) + priors == pytest.approx(value[0], rel=1e-7, abs=1e-6)
    bins = 0 if data.statistic == "delta" else data.n_bins  # a tabulated difference has none
    assert sum(part.bins.size for part in parts) == (bins or 0)


@pytest.mark.parametrize("name", releases())
def test_bins_left_out_are_the_marginal_statistic(name: str) -> None:
    """χ² of a Gaussian without bins is that of the marginal covariance; of others the sum of the rest."""
    data = likelihood(name)
    if not isinstance(data, ResponseLikelihood) or len(data.nuisances):
        return
    chosen, points = a_point(data)
    gone = [0, min(2, (data.n_bins or 1) - 1)]
    kept = data.measure.kept(gone)
    if not kept.size:
        return
    prediction = data.prediction(chosen, points)
    part = without_bins(data, gone)
    found = part.value(chosen, points)[0]
    inverse = data.measure.inverse_covariance()
    if isinstance(data.measure, FollowingCovariance):
        covariance, logarithm = data.measure.covariance(prediction)[0], data.measure.with_determinant
    elif inverse is not None:
        covariance, logarithm = np.linalg.inv(inverse), False
    else:
        return
    own = covariance[np.ix_(kept, kept)]
    rest = (data.data - prediction.mu[0])[kept]
    expected = rest @ np.linalg.solve(own, rest) + (np.linalg.slogdet(own)[1] if logarithm else 0.0)
    penalty = float(np.ravel(sum((p(chosen, points) for p in data.penalties), np.zeros(1)))[0])
    assert found == pytest.approx(expected + penalty, rel=1e-6)
    assert part.n_bins == kept.size == part.data.size


FOLLOWING = [
    "miniboone-nue@2020",
    "miniboone-events:full",
    "minos-sterile",
    "sciboone-miniboone-numubar",
]


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_covariance_that_follows_the_prediction_gives_moments_tables_and_toys(name: str) -> None:
    data = likelihood(name)
    chosen, one = a_point(data)
    assert isinstance(data, ResponseLikelihood)
    points = {k: np.repeat(v, 3) for k, v in one.items()}
    free = next(name for name in ("dm2_41", "dm2_31") if name in points)
    points[free] = points[free] * np.array([0.5, 1.0, 3.0])
    random = np.random.default_rng(7)
    toys = data.toys(chosen, one, 2000, random)
    moments = data.moments(chosen, points)
    assert moments is not None
    expected = np.array([data.given(row).value(chosen, points) for row in toys[:3]])
    np.testing.assert_allclose(moments.value(toys[:3]), expected, rtol=1e-9)
    np.testing.assert_allclose(data.tabulate(chosen, points)(toys[:3]), expected, rtol=1e-8)
    own = data.moments(chosen, one)
    assert own is not None
    values = own.value(toys) - own.value(own.mean)  # less ln det and priors of parameters
    n = data.n_bins or 0
    assert values.mean() == pytest.approx(n, abs=4.0 * np.sqrt(2.0 * n / 2000))  # χ² of n data


def test_a_covariance_of_the_data_has_no_moments_for_toys() -> None:
    data = likelihood("microboone-lee")
    chosen, points = a_point(data)
    assert data.moments(chosen, points) is None


def test_miniboone_events_makes_toys() -> None:
    test = toy_significance(
        "miniboone-events:full",
        "3+1-sbl",
        grid={
            "dm2_41": (0.1, 10.0, 5, "log"),
            "Ue4_sq": (1e-3, 0.1, 4, "log"),
            "Umu4_sq": (1e-3, 0.1, 4, "log"),
        },
        toys=500,
    )
    assert test.toys == 500
    assert 0.0 <= test.p_value < 0.05


def test_a_covariance_that_is_not_positive_is_said(make: SimpleNamespace) -> None:
    data = likelihood("miniboone-events:full")
    assert isinstance(data, ResponseLikelihood)
    chosen, points = a_point(data)
    broken = replace(data.measure, fractional=-np.eye(data.measure.fractional.shape[0]))  # type: ignore[attr-defined]
    with pytest.raises(NuanomalyError, match="not positive definite"):
        replace(data, measure=broken).value(chosen, points)
