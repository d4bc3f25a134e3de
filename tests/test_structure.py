"""The page on the house says how large its rooms are, to a tenth, and names files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/structure.md").read_text("utf-8")
PACKAGE = ROOT / "tools/nuanomaly"


def lines(room: str) -> int:
    files = [f for f in (PACKAGE / room).rglob("*") if f.suffix in (".py", ".js", ".css") and f.is_file()]
    return sum(len(f.read_text("utf-8").splitlines()) for f in files)


def test_the_lines_of_each_room_are_right_to_a_tenth() -> None:
    said = {
        room: int(n.replace(" ", "")) for room, n in re.findall(r"^\| `(\w+)` \| ([\d ]+) \|", PAGE, re.M)
    }
    rooms = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert set(said) == rooms
    assert {room: n for room, n in said.items() if abs(lines(room) - n) > 0.1 * n} == {}


def test_modules_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:model|likelihood|inference)/[\w/]+(?:\.py|/))`", PAGE)
    assert len(named) >= 5
    assert [name for name in named if not (PACKAGE / name).exists()] == []
