"""Averages over source and target volumes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.gallium.solids import Nodes, Solid, Volume, lengths, moment, volume
from nuanomaly.likelihood.response import source_volume
from nuanomaly.model.constants import PHASE
from nuanomaly.model.registry import model

MIDDLE = Solid("point", 0.0, 0.0, 0.0)
CYLINDER = Solid("cylinder", 1.0, -0.8, 1.4)
SPHERE = Solid("sphere", 0.5, -0.3, 0.7)
POINTS = Nodes(1, 1, 400, 1, 400)

RELEASES = ("gallex@2010-r1", "sage@2006-r1", "best@2022-r1")


def ball(radius: float) -> Solid:
    return Solid("sphere", radius, -radius, radius)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tables of a made-up release lie."""
    return tmp_path_factory.mktemp("made-up")


# --- rays ---------------------------------------------------------------------------------------------------

coordinate = st.floats(-2.0, 2.0)
cosine = st.floats(-1.0, 1.0)


def inside(solid: Solid, point: np.ndarray) -> bool:
    across = np.hypot(point[0], point[1])
    if solid.shape == "sphere":
        return bool(np.hypot(across, point[2] - 0.5 * (solid.z_low + solid.z_high)) < solid.radius)
    return bool(across < solid.radius and solid.z_low < point[2] < solid.z_high)


@given(st.sampled_from([CYLINDER, SPHERE]), coordinate, coordinate, cosine, st.floats(0.0, 3.0))
def test_a_ray_is_inside_exactly_between_its_crossings(
    solid: Solid, r: float, z: float, cosine: float, angle: float
) -> None:
    start = np.array([[r, 0.0, z]])
    sine = np.sqrt(1.0 - cosine**2)
    direction = np.array([[sine * np.cos(angle), sine * np.sin(angle), cosine]])
    (enter,), (leave,) = solid.crossing(start, direction)
    assert 0.0 <= enter <= leave
    for distance in np.linspace(0.005, 4.995, 20):
        if abs(distance - enter) > 1e-6 and abs(distance - leave) > 1e-6:
            assert inside(solid, start[0] + distance * direction[0]) == (enter < distance < leave)


def test_a_ray_along_the_axis_crosses_a_cylinder_at_its_ends() -> None:
    up = np.array([[0.0, 0.0, 1.0]])
    assert [float(x[0]) for x in CYLINDER.crossing(np.array([[0.2, 0.0, -1.0]]), up)] == pytest.approx(
        [0.2, 2.4]
    )
    assert [float(x[0]) for x in CYLINDER.crossing(np.array([[1.2, 0.0, -1.0]]), up)] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("shape", "radius", "low", "high"),
    [
        ("cylinder", 1.0, 1.0, 1.0),
        ("sphere", 1.0, 0.0, 1.0),
        ("point", 0.0, 0.0, 1.0),
        ("cylinder", 0.0, 0.0, 1.0),
    ],
)
def test_an_impossible_body_is_refused(shape: str, radius: float, low: float, high: float) -> None:
    with pytest.raises(NuanomalyError, match=f"a {shape} cannot have"):
        Solid(shape, radius, low, high)


def test_an_unknown_shape_is_named() -> None:
    with pytest.raises(UnknownNameError, match="cylinder"):
        Solid("cylindre", 1.0, 0.0, 1.0)


# --- volumes ------------------------------------------------------------------------------------------------


def test_the_volume_of_overlapping_holes_is_taken_out_once() -> None:
    """A cylinder less a ball, and less a rod that is partly inside the ball."""
    body, hole, rod = Solid("cylinder", 1.0, -1.0, 1.0), ball(0.5), Solid("cylinder", 0.3, 0.0, 1.0)
    cap = 0.5 - np.sqrt(0.5**2 - 0.3**2)  # what the ball rises above the edge of the rod
    inside_ball = np.pi * 0.3**2 * (0.5 - cap) + np.pi * cap**2 * (0.5 - cap / 3.0)
    expected = 2.0 * np.pi - 4.0 / 3.0 * np.pi * 0.5**3 - (np.pi * 0.3**2 - inside_ball)
    found = 4.0 * np.pi * moment(MIDDLE, Volume(body, (hole, rod)), Nodes(1, 1, 2000, 1, 1), 2)
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_volume_does_not_depend_on_the_source() -> None:
    source = Solid("cylinder", 0.2, -0.1, 0.3)
    found = 4.0 * np.pi * moment(source, Volume(CYLINDER), Nodes(6, 6, 600, 24, 1), 2)
    assert found == pytest.approx(np.pi * 2.2, rel=1e-5)


def test_a_shell_is_seen_with_its_thickness() -> None:
    assert moment(MIDDLE, Volume(ball(1.0), (ball(0.4),)), POINTS, 0) == pytest.approx(0.6, rel=1e-12)


def test_a_volume_needs_one_body() -> None:
    with pytest.raises(NuanomalyError, match="needs one row with role 'body'"):
        volume([("hole", SPHERE)], "inner")


# --- distances ----------------------------------------------------------------------------------------------


def test_from_the_middle_of_a_shell_all_distances_are_equally_likely() -> None:
    L, share = lengths(MIDDLE, Volume(ball(1.0), (ball(0.4),)), POINTS)
    assert share == pytest.approx(np.full(400, 1.0 / 400.0), rel=1e-9)
    assert (L[0], L[-1]) == pytest.approx((0.40075, 0.99925))


@given(st.floats(0.1, 200.0))
def test_a_point_inside_a_ball_gives_the_analytic_mean_probability(folder: Path, dm2: float) -> None:
    """⟨sin²(kL)⟩ over 0 < L < R is 1/2 − sin(2kR)/(4kR)."""
    release = made_up(folder, "point,0.0,0.0,0.0", "sphere,0.7,-0.7,0.7")
    found = (
        source_volume.build({**CONFIG, "nodes": POINTS.__dict__}, release).channels[0].kernel(np.array([dm2]))
    )
    k = PHASE * dm2 / 0.75
    assert found[0, 0] == pytest.approx(0.5 - np.sin(1.4 * k) / (2.8 * k), abs=1e-9)


@pytest.mark.parametrize("name", RELEASES)
def test_the_mean_probability_has_converged(name: str) -> None:
    """Half as many nodes again in every direction change it by less than 2e-5 (1e-4 above 10 eV²)."""
    release = load(name)
    config = release.metadata["likelihood"]["response"]
    finer = {k: v + (v + 1) // 2 for k, v in config["nodes"].items()}
    dm2 = np.concatenate([np.linspace(0.1, 10.0, 100), np.linspace(11.0, 100.0, 200)])
    declared, fine = (
        source_volume.build({**config, "nodes": nodes}, release).channels[0].kernel(dm2)
        for nodes in (config["nodes"], finer)
    )
    difference = np.abs(declared - fine).max(axis=1)
    assert difference[:100].max() < 2e-5
    assert difference.max() < 1e-4


@pytest.mark.parametrize("name", RELEASES)
def test_without_oscillation_every_ratio_is_one(name: str) -> None:
    release = load(name)
    response = source_volume.build(release.metadata["likelihood"]["response"], release)
    assert response.channels[0].total == pytest.approx(np.ones(2), abs=1e-12)
    three = model("3nu")
    points = {p.name: np.array([p.default], float) for p in three.parameters}
    assert response(three, points, {}) == pytest.approx(np.ones((1, 2)), abs=1e-5)


def test_a_node_stands_for_its_bin_of_distance_and_fast_oscillation_averages_out() -> None:
    release = load("best@2022-r1")
    channel = source_volume.build(release.metadata["likelihood"]["response"], release).channels[0]
    assert channel.half_width is not None
    assert channel.half_width[0] == pytest.approx(0.5 * (channel.L[1] - channel.L[0]) / channel.E[0])
    assert channel.kernel(np.array([1e4])) == pytest.approx(np.full((1, 2), 0.5), abs=2e-3)


# --- declarations -------------------------------------------------------------------------------------------

CONFIG: dict[str, Any] = {"measurements": "m", "lines": "l", "solids": "s", "nodes": POINTS.__dict__}


def made_up(
    folder: Path,
    source: str,
    target: str,
    *,
    isotope: str = "X",
    unit: str = "m",
    named: str = "target",
    hole: str = "",
) -> Release:
    """A release of one measurement with one line."""
    (folder / "m.csv").write_text(f"measurement,isotope,source,target\none,{isotope},source,{named}\n")
    (folder / "l.csv").write_text("isotope,energy,fraction,cross_section\nX,0.75,1.0,2.0\n")
    rows = f"source,body,{source}\ntarget,body,{target}\n" + (f"source,hole,{hole}\n" if hole else "")
    (folder / "s.csv").write_text("volume,role,shape,radius,z_low,z_high\n" + rows)

    def entry(file: str, *columns: tuple[str, str, str]) -> dict[str, Any]:
        names = [{"name": n, "type": t, "unit": u, "meaning": n} for n, t, u in columns]
        return {"file": file, "columns": names, "status": "derived", "source": "made up"}

    text = [(n, "string", "1") for n in ("measurement", "isotope", "source", "target")]
    solids = [(n, "string", "1") for n in ("volume", "role", "shape")]
    tables = {
        "m": entry("m.csv", *text),
        "l": entry(
            "l.csv",
            text[1],
            *((n, "float64", u) for n, u in (("energy", "MeV"), ("fraction", "1"))),
            ("cross_section", "float64", "zeptobarn"),
        ),
        "s": entry("s.csv", *solids, *((n, "float64", unit) for n in ("radius", "z_low", "z_high"))),
    }
    return Release("made-up", "1-r1", folder, {"state": "draft", "tables": tables})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"isotope": "51Cr"}, "Unknown isotope '51Cr'"),
        ({"named": "targte"}, "did you mean 'target'"),
        ({"unit": "cm"}, "must be in m, it is declared in cm"),
        ({"hole": "sphere,0.1,-0.1,0.1"}, "has holes"),
    ],
)
def test_a_wrong_declaration_is_refused_with_the_reason(
    folder: Path, change: dict[str, str], message: str
) -> None:
    release = made_up(folder, "cylinder,0.1,-0.1,0.1", "sphere,0.7,-0.7,0.7", **change)
    with pytest.raises(NuanomalyError, match=message):
        source_volume.build(CONFIG, release)


def test_a_ball_cannot_be_a_source(folder: Path) -> None:
    with pytest.raises(NuanomalyError, match="a source is a cylinder or a point"):
        source_volume.build(CONFIG, made_up(folder, "sphere,0.1,-0.1,0.1", "sphere,0.7,-0.7,0.7"))
