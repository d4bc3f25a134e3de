"""What commands say around an answer: ranges, what was left out, private or approximate, and what to type."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
OWN = """
def lost(initial, final, antineutrino, L, E, *, share):
    return 1.0 - share if initial == final == "e" else float(initial == final)
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    file = tmp_path / "own.py"
    file.write_text(OWN, "utf-8")
    return f"{file}:lost"


def test_messages_speak_the_syntax_of_the_command_line(run: Run, own: str) -> None:
    said = run("fit", "best", "--model", own).err
    assert "--grid share=LOW:HIGH:N:log" in said
    assert "--set share=VALUE" in said
    assert "grid={" not in said
    assert "--allow-overlap" in run("compare", "neos", "reno-neos", "--model", "2nu-ee").err
    assert "--set dm2_41=VALUE" in run("chi2", "best", "--model", "2nu-ee").err


def test_data_that_cannot_take_a_model_are_refused_with_the_option_that_leaves_them_out(
    run: Run, own: str
) -> None:
    asked = ("fit", "best+stereo", "--model", own, "--grid", "share=0:0.9:21")
    assert "--leave-out" in run(*asked).err
    assert "left out: stereo@2019-r1" in run(*asked, "--leave-out").out


def test_the_release_that_reaches_too_far_is_named(run: Run) -> None:
    said = run("fit", "daya-bay@2022", "--model", "3+1-sbl").err
    assert said.startswith("Error: daya-bay@2022-r1: not applicable")
    assert "reaches L/E" in said


def test_ranges_are_printed_with_what_the_data_know(run: Run) -> None:
    text = run("fit", "stereo", "--model", "2nu-ee").out
    assert "dm2_41 from 0.1026 to 9.7474 eV**2, as far as all the data know it" in text


def test_a_mixing_is_looked_for_below_its_range_and_that_is_said(run: Run) -> None:
    text = run("fit", "karmen", "--model", "2nu-mue", "--grid", "dm2_41=0.1:10:5").out
    assert "sin2_2theta_mue from 0.0001 to 1, and on towards 0\n" in text
    assert "dm2_41 from 0.1 to 10 eV**2\n" in text


def test_a_folder_of_ones_own_is_said_to_be_private(run: Run, tmp_path: Path) -> None:
    mine = shutil.copytree(ROOT / "datasets" / "karmen" / "2002-r1", tmp_path / "mine")
    asked = ("--model", "2nu-mue", "--set", "dm2_41=1", "--set", "sin2_2theta_mue=0.001")
    assert "private: karmen@2002-r1" in run("chi2", mine, *asked).out
    assert "[private: a folder of your own]" in run("show", mine).out


def test_the_limit_a_global_fit_is_read_in_is_said(run: Run) -> None:
    grids = ("dm2_41=0.1:10:31", "Ue4_sq=1e-4:0.5:11", "Umu4_sq=1e-4:0.5:11")
    options = [text for grid in grids for text in ("--grid", grid)]
    text = run("compare", "karmen", "nue-carbon+cdhs", "--model", "3+1", *options).out
    assert "read in the short-baseline limit of 3+1: karmen@2002-r1" in text
