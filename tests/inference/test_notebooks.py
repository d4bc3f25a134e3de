"""Jupyter: results, surveys and releases show themselves, and what takes time shows how far it is."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

import nuanomaly
from nuanomaly.inference import notebooks

GRID = {"dm2_41": (0.1, 10.0, 5, "log"), "sin2_2theta_ee": (0.01, 1.0, 5, "log")}


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what a notebook would show, in order."""
    shown: list[str] = []
    handle = SimpleNamespace(update=lambda bar: shown.append(bar.data))

    def display(bar: Any, display_id: bool) -> Any:
        shown.append(bar.data)
        return handle

    kernel = SimpleNamespace(config={"IPKernelApp": {}})
    import IPython.display

    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: kernel)
    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(notebooks, "_PATIENCE", 0.0)
    monkeypatch.setattr(notebooks, "_PAUSE", 0.0)
    return shown


def test_a_question_shows_its_progress_and_takes_it_away(displayed: list[str]) -> None:
    nuanomaly.Analysis("gallex", "2nu-ee", grid=GRID).scan()
    assert "<progress" in displayed[0]
    assert displayed[-1] == ""
    nuanomaly.survey("2nu-ee", {"dm2_41": 1.0, "sin2_2theta_ee": 0.1}, ["gallex", "lsnd"])
    assert "2 of 2" in displayed[-2]
    displayed.clear()
    nuanomaly.toy_significance("gallex", "2nu-ee", grid=GRID, toys=500)
    assert "toy significance" in displayed[0]


def test_there_are_no_bars_where_they_are_switched_off_or_there_is_no_notebook(
    displayed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notebooks.SWITCH, "off")
    nuanomaly.Analysis("gallex", "2nu-ee", grid=GRID).scan()
    monkeypatch.delenv(notebooks.SWITCH)
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    nuanomaly.Analysis("gallex", "2nu-ee", grid=GRID).scan()
    assert not displayed


def test_releases_and_surveys_show_themselves_as_tables() -> None:
    verdicts = nuanomaly.survey("2nu-ee", {"dm2_41": 1.0, "sin2_2theta_ee": 0.1}, ["gallex", "lsnd"])
    shown = verdicts._repr_html_()
    assert shown.count("<tr>") == 3
    assert "not applicable" in shown
    html = nuanomaly.load("best")._repr_html_()
    assert "best@2022-r2" in html
    assert "bahcall" in html
