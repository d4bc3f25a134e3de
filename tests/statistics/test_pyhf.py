"""CLs of counting models by our toys and by those of pyhf (``tests/data/pyhf/make.py``)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.cls import toy_cls
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

PYHF = json.loads((Path(__file__).parents[1] / "data" / "pyhf" / "toys.json").read_text())
#: sin²2θ of one unit of signal strength, and our toys per hypothesis.
UNIT, TOYS = 0.25, 2500


class OnAndOff(Transform):
    """Main counts γ_i b_i + signal, then counts γ_i τ_i that know the background; γ_i = 1 + ξ_i."""

    def __init__(self, background: Array, auxiliary: Array) -> None:
        self.plain = np.concatenate([background, auxiliary])
        self.effects = np.vstack([np.diag(background), np.diag(auxiliary)])

    @property
    def n_bins(self) -> int:
        return int(self.plain.size)

    def __call__(self, outputs: Array) -> Prediction:
        mu = np.hstack([outputs, np.zeros_like(outputs)]) + self.plain
        return Prediction(mu, np.broadcast_to(self.effects, (*mu.shape, self.effects.shape[1])))


def likelihood(model: dict[str, Any]) -> ResponseLikelihood:
    """Return the model as ν_e appearance at its maximum, P = sin²2θ, with free background strengths."""
    signal, n = np.array(model["signal"]), len(model["signal"])
    channel = Channel(
        "mu", "e", True, "CC", np.full(n, 0.5 * np.pi / PHASE), np.ones(n), np.diag(signal / UNIT)
    )
    free = Nuisances(tuple(Nuisance(f"strength-{k}", "") for k in range(n)))
    data = np.array([*model["observed"], *model["auxiliary"]])
    return ResponseLikelihood(
        release="on-and-off@1-r1",
        mode=None,
        statistic="-2lnL",
        n_bins=data.size,
        nuisances=free,
        response=Response((channel,), n),
        transform=OnAndOff(np.array(model["background"]), np.array(model["auxiliary"])),
        measure=Poisson(data, free, "-2lnL"),
    )


@pytest.mark.parametrize("name", list(PYHF["models"]))
def test_toys_of_a_counting_model_give_what_those_of_pyhf_give(name: str) -> None:
    """The same q̃, the same ensembles: each p-value within the binomial errors of both."""
    model = PYHF["models"][name]
    rows = model["results"]
    points = {"sin2_2theta_mue": [UNIT * row["mu"] for row in rows]}
    found = toy_cls(
        likelihood(model),
        "2nu-mue",
        points=points,
        fixed={"dm2_41": 1.0},
        statistic="one-sided",
        toys=TOYS,
        seed=11,
    )
    np.testing.assert_allclose(found.test, [row["qtilde"] for row in rows], atol=2e-3)
    for ours, key in ((found.signal, "CLsb"), (found.none, "CLb")):
        theirs = np.array([row[key] for row in rows])
        error = np.sqrt(theirs * (1.0 - theirs) * (1.0 / TOYS + 1.0 / PYHF["toys"]))
        assert (np.abs(ours - theirs) < 4.0 * error + 1e-3).all(), (key, ours, theirs)
    assert found.signal.min() < 0.1 < found.signal.max()  # from hardly to clearly excluded
    np.testing.assert_allclose(found.values, found.signal / found.none)


def test_what_is_compared_is_said() -> None:
    assert PYHF["test_statistic"] == "qtilde"
    assert PYHF["pyhf"].startswith("0.7")


def test_a_one_sided_test_has_one_amplitude() -> None:
    points = {"dm2_41": [1.0], "sin2_2theta_mue": [0.1]}
    one = likelihood(PYHF["models"]["one-bin"])
    with pytest.raises(NuanomalyError, match="one free parameter"):
        toy_cls(one, "2nu-mue", points=points, statistic="one-sided", toys=500)
    with pytest.raises(UnknownNameError, match="ratio"):
        toy_cls(one, "2nu-mue", points=points, statistic="raito", toys=500)  # type: ignore[arg-type]
