"""The settings that ``make browser`` compares, and what it says without a browser."""

import browser  # tools/ is on the path, as the package in it is installed from there
import pytest

from nuanomaly.report.explorer import declared


def test_settings_change_with_the_seed_and_hold_edges_and_leave_one_out() -> None:
    read = declared.read()
    drawn = browser.settings(read, 7)
    assert drawn == browser.settings(read, 7)
    assert drawn[4:] != browser.settings(read, 8)[4:]
    assert len(drawn) == browser.SETTINGS == 10
    assert [s for s in drawn if s.click]
    assert [s for s in drawn if s.name.startswith("minima at the edges")]
    assert all(len(s.sides(read)) > 1 for s in drawn)
    wide = [s for s in drawn if s.range == "wide"]
    assert wide
    # no data set whose map ends inside the range
    assert all(s.chosen["stereo"] in (None, "stereo-process@2019-r1") for s in wide)
    assert all(s.chosen["miniboone-numu"] is None for s in wide)


def test_the_address_of_a_setting_names_every_choice() -> None:
    read = declared.read()
    setting = browser.settings(read, 7)[1]
    assert f"{setting.click}=off" not in setting.address
    left = dict(part.split("=") for part in setting.address.split("&"))
    assert set(left) == {d.key for d in read.datasets} | {"split", "range"}
    assert left["bugey"] == "off"


def test_without_chromium_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    assert browser.main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "There is no Chromium on PATH: install it (Debian: apt install chromium).\n"


def test_a_descent_ends_lower_than_where_it_begins_and_stays_inside_the_limits() -> None:
    from nuanomaly.inference import dependence, separable
    from nuanomaly.likelihood.build import likelihood
    from nuanomaly.model.registry import model

    start = {"dm2_41": 1.0, "Ue4_sq": 0.02, "Umu4_sq": 0.01}
    over = separable.grid((0.103, 9.7, 20), (1e-6, 0.3, 20), tuple(start))
    members = [dependence.member("karmen", likelihood("karmen"), model("3+1"))]
    begin = sum(dependence.statistics(members, start).values())
    lower = browser.descended(members, start, begin, over)
    assert lower < begin - 0.1
    assert browser.descended(members, start, lower - 5.0, over) == lower - 5.0
