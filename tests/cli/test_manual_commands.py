"""Commands that the manual prints exist, with their options."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nuanomaly.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINE = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?nuanomaly ([^|&#;\n]*)", re.MULTILINE)
_SPAN = re.compile(r"`(?:\.venv/bin/)?nuanomaly\s([^`|&#;]*)`")


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every command of the program that a text prints, in a block or in a sentence."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    for found in (*_LINE.findall(blocks), *_SPAN.findall(text)):
        yield found.split()


def missing(words: list[str]) -> list[str]:
    """Return what of a command does not exist: the command itself, or options of it."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(click.Context(command), words[0])
        if inner is None:
            return [words[0]]
        command, words = inner, words[1:]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {
        "--help",
        "-h",
    }
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)}
    return sorted(given - known)


def test_an_option_that_does_not_exist_is_found() -> None:
    assert missing(["fetch", "--lock", "FILE"]) == ["--lock"]
    assert missing(["fetched", "best"]) == ["fetched"]
    assert missing(["report", "build", "--jobz", "2"]) == ["--jobz"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_a_page_exist_with_their_options(page: Path) -> None:
    wrong = {" ".join(words): missing(words) for words in commands(page.read_text("utf-8"))}
    assert {command: what for command, what in wrong.items() if what} == {}
