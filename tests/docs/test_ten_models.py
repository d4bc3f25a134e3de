"""The page of ten models: its commands answer what it says, and its table is what was measured."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from marks import between
from ten_models import COLUMNS, MARKS, PAGE, STORED, asked, commands, measured, table, write_files

from nuanomaly.cli import main

TEXT = PAGE.read_text("utf-8")
MEASURED = json.loads(STORED.read_text("utf-8"))
#: A command of the page, by how it begins, and what it answers.
REFUSED = "nuanomaly compare miniboone-nue:nu karmen --model excess.py:signal"
ANSWERS = {
    REFUSED: "karmen@2002-r1: not given",
    "nuanomaly chi2 gallium --model 3nu": "χ² = 4.2",
    "nuanomaly fit gallium --model 3nu --scale": "gallium/signal = −0.20",
    "nuanomaly compare gallex+sage best --model 3nu": "dof 1, two-sided",
    "nuanomaly fit reactor-rates:huber-mueller-short-baseline --model": "-flux-u235-huber-mueller = −0.05",
    "nuanomaly survey best daya-bay --model nothing.py:nothing ": "three-flavour oscillation is missing",
    "nuanomaly fit best --model nothing.py:nothing": "one point is no test against another",
    "nuanomaly survey best --model nothing.py:too_much": "P(νe→νe) = 1.7 at L = ",
    "nuanomaly survey best --model nothing.py:negative": "a probability lies between 0 and 1",
    "nuanomaly survey best prospect --model nothing.py:gev": "averaged out here",
    "nuanomaly survey best prospect --model nothing.py:kilometres": "changes nothing here",
}


def _asked(begin: str) -> str:
    (command,) = [c for own in commands(TEXT).values() for c in own if f"{c} ".startswith(begin)]
    return command


def test_the_table_is_what_was_measured_of_commands_that_stand_on_the_page() -> None:
    assert between(TEXT, MARKS, table(TEXT, MEASURED)) == TEXT
    assert set(MEASURED) <= {command for own in commands(TEXT).values() for command in own}
    assert len(commands(TEXT)) == 12  # ten, mistakes, and the table


def test_every_model_is_asked_everything() -> None:
    for title, own in commands(TEXT).items():
        assert {asked(command) for command in own} == (set() if title == "Measured" else set(COLUMNS)), title


@pytest.mark.parametrize("begin", ANSWERS)
def test_a_command_answers_what_the_page_says(
    begin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(TEXT, tmp_path)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, shlex.split(_asked(begin))[1:])
    assert ANSWERS[begin] in f"{done.output}{done.exception or ''}"
    assert bool(done.exit_code) is (begin == REFUSED)


def test_nothing_new_composed_with_three_flavours_differs_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(TEXT, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = shlex.split(_asked("nuanomaly survey best daya-bay --model nothing.py:nothing/3nu"))
    done = CliRunner().invoke(main, [*line[1:], "--json"])
    deltas = [verdict["delta"] for verdict in json.loads(done.output)]
    assert deltas == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_command_that_goes_on_for_too_long_is_ended_and_stands_with_the_limit(tmp_path: Path) -> None:
    ended = measured("python -c 'while True: pass'", tmp_path, limit=1)
    assert ended == {"seconds": 1.0, "exit": None}
    assert measured("python -c 'raise SystemExit(2)'", tmp_path)["exit"] == 2
    first = next(command for own in commands(TEXT).values() for command in own)
    assert "| > 1 |" in table(TEXT, {first: ended})
