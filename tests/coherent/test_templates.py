"""Templates with nuisances, and the profile of likelihoods that are not quadratic in theirs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns, to_bytes
from nuanomaly.likelihood.algebra.convex import profile
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.likelihood.transform import templates

TABLE = pd.DataFrame({"b": [4.0, 6.0], "up": [8.0, 4.0], "down": [1.0, 9.0]})


def build(tmp_path: Path, ids: list[str], **config: Any) -> templates.Templates:
    columns = [{"name": name, "unit": "event", "meaning": "events"} for name in TABLE]
    (tmp_path / "t.csv").write_bytes(to_bytes(TABLE, expand_columns(columns), "csv"))
    entry = {"file": "t.csv", "status": "official", "source": "a test", "columns": columns}
    release = Release("toy", "1-r1", tmp_path, {"tables": {"t": entry}, "state": "draft"})
    response: Any = SimpleNamespace(n_out=4)
    nuisances = Nuisances(tuple(Nuisance(name, meaning="") for name in ids))
    return templates.build(config, release, response, nuisances)


def background(**more: Any) -> dict[str, Any]:
    return {"name": "b", "counts": {"table": "t", "column": "b"}, **more}


def test_signal_and_background_are_scaled_and_deformed(tmp_path: Path) -> None:
    found = build(
        tmp_path,
        ["norm", "shape", "back", "tilt"],
        signal={
            "outputs": [0, 2],
            "effects": [{"nuisance": "norm"}, {"nuisance": "shape", "variation": 1}],
        },
        backgrounds=[
            background(
                total=20,
                effects=[
                    {"nuisance": "back", "fraction": 0.5},
                    {"nuisance": "tilt", "plus": "up", "minus": "down"},
                ],
            )
        ],
    )
    prediction = found(np.array([[1.0, 2.0, 0.3, -0.1]]))
    assert prediction.mu.tolist() == [[9.0, 14.0]]
    jacobian = prediction.jacobian[0]
    assert jacobian[:, 0].tolist() == [1.0, 2.0]
    assert jacobian[:, 1].tolist() == [0.3, -0.1]
    assert jacobian[:, 2].tolist() == [4.0, 6.0]
    # both deformed templates have the total of the standard one
    assert jacobian[:, 3] == pytest.approx([(40 / 3 - 2.0) / 2, (20 / 3 - 18.0) / 2])


def test_a_one_sided_variation_is_the_difference_to_the_standard(tmp_path: Path) -> None:
    effect = {"nuisance": "tilt", "plus": "up"}
    found = build(tmp_path, ["tilt"], signal={"outputs": [0, 2]}, backgrounds=[background(effects=[effect])])
    assert found.deformed[:, 0] == pytest.approx([10 * 8 / 12 - 4.0, 10 * 4 / 12 - 6.0])


TWO = [0, 2]


@pytest.mark.parametrize(
    ("outputs", "effects", "on_background", "error"),
    [
        (TWO, [], [], NuanomalyError),
        ([0, 3], [{"nuisance": "n"}], [], NuanomalyError),
        (TWO, [{"nuisance": "m"}], [], UnknownNameError),
        (TWO, [{"nuisance": "n", "variation": 2}], [], NuanomalyError),
        (TWO, [], [{"nuisance": "n", "plus": "sideways"}], UnknownNameError),
    ],
    ids=["idle", "bins", "nuisance", "variation", "column"],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, outputs: list[int], effects: list[Any], on_background: list[Any], error: type[Exception]
) -> None:
    signal = {"outputs": outputs, "effects": effects}
    with pytest.raises(error):
        build(tmp_path, ["n"], signal=signal, backgrounds=[background(effects=on_background)])


def test_projections_have_the_sums_of_the_counts() -> None:
    random = np.random.default_rng(1)
    table = pd.DataFrame([(x, y) for x in range(4) for y in range(5)], columns=["x", "y"])
    counts = random.poisson(3.0, 20).astype(float)
    arrays = {name: column.to_numpy() for name, column in table.items()}
    found = templates.projected(arrays, counts, [["x"], ["y"]])
    for axis in ("x", "y"):
        both = table.assign(a=counts, b=found).groupby(axis)[["a", "b"]].sum()
        assert both["b"].to_numpy() == pytest.approx(both["a"].to_numpy())
    assert templates.projected(arrays, counts, [["x", "y"]]) == pytest.approx(counts)


def quadratic(seed: int, points: int, k: int) -> Quadratic:
    random = np.random.default_rng(seed)
    root = random.normal(size=(points, k, k))
    hessian = np.einsum("pij,pkj->pik", root, root) + 0.1 * np.eye(k)
    ids = tuple(f"n{i}" for i in range(k))
    return Quadratic(ids, random.normal(size=points), random.normal(size=(points, k)), hessian)


def test_the_convex_profile_of_a_quadratic_form_is_its_own() -> None:
    form = quadratic(4, 7, 3)
    nuisances = Nuisances(tuple(Nuisance(n, plus=0.5, minus=0.5, meaning="") for n in form.ids))
    expected, where = form.profile(nuisances)
    value, at = profile(form.about, 7, form.ids, nuisances)
    assert value == pytest.approx(expected)
    found = np.array([at[n] for n in form.ids]).T
    assert found == pytest.approx(where)


def test_given_nuisances_stay_and_their_priors_are_not_counted() -> None:
    form = quadratic(5, 4, 3)
    nuisances = Nuisances(tuple(Nuisance(n, plus=0.5, minus=0.5, meaning="") for n in form.ids))
    given = {"n1": np.array([0.3, -0.2, 0.0, 1.0])}
    expected = form.substituted(given).profile(nuisances)[0]
    value, at = profile(form.about, 4, form.ids, nuisances, given)
    assert value == pytest.approx(expected)
    assert at["n1"] is given["n1"]


def test_two_sided_priors_need_a_quadratic_form() -> None:
    form = quadratic(6, 1, 2)
    nuisances = Nuisances((Nuisance("n0", plus=0.5, minus=0.4, meaning=""), Nuisance("n1", meaning="")))
    with pytest.raises(NuanomalyError, match="n0"):
        profile(form.about, 1, form.ids, nuisances)
