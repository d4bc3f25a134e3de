"""plot: a figure and the numbers behind it by one command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.mark.parametrize("suffix", ["pdf", "png", "svg"])
def test_the_command_writes_figure_and_numbers(run: Callable[..., Any], tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"regions.{suffix}"
    arguments = ["--grid", "dm2_41=0.1:10:11", "--grid", "sin2_2theta_ee=0.01:1:9"]
    run("plot", "regions", "gallex", "--model", "2nu-ee", *arguments, "-o", file)
    assert file.stat().st_size > 1000
    assert len(pd.read_csv(file.with_suffix(".csv"))) == 99


def test_a_survey_and_the_names_of_contours(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "survey.svg"
    point = ["--set", "dm2_41=1.3", "--set", "sin2_2theta_ee=0.3"]
    run("plot", "survey", "gallex", "lsnd", "--model", "2nu-ee", *point, "-o", file)
    assert pd.read_csv(file.with_suffix(".csv"))["status"].tolist() == ["evaluated", "not applicable"]
    assert "gallium-2011" in run("plot", "contours").out
    at = "dm2_41=1.3,sin2_2theta_ee=0.3"
    run("plot", "ladder", "gallex", "--model", "2nu-ee", "--at", at, "-o", tmp_path / "ladder.pdf")
    assert len(pd.read_csv(tmp_path / "ladder.csv")) == 2
