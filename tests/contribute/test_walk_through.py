"""CONTRIBUTING.md, followed to the letter: from the files of a release to a green review."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nuanomaly.archive import release

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
WALK = TEXT.partition("## A release, from its files to a green review")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"```(sh|yaml)\n(.*?)```", WALK, re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path, clone_of: Callable[[Path], Any]) -> Any:
    """A clone of the archive that has two small releases, and not KARMEN."""
    root = tmp_path / "checkout"
    for folder in ("schemas", "tests/data/contribute", "datasets/lsnd"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    clone = clone_of(root)
    lsnd = root / "datasets/lsnd/2001-r1/release.yaml"
    lsnd.write_text(re.sub(r"\noverlaps:\n(?:  .*\n)+", "\n", lsnd.read_text("utf-8")), "utf-8")
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.catalogue()
    clone.commit("An archive")
    return clone


def fill_in(path: Path, block: str) -> None:
    """Replace the entries of the top level of a release.yaml by those of a block."""
    text = path.read_text("utf-8")
    for key in yaml.safe_load(block):
        text = re.sub(rf"^{key}:.*\n(?:(?:[ \t].*)?\n)*?(?=\S|\Z)", "", text, count=1, flags=re.MULTILINE)
    path.write_text(text + "\n" + block, "utf-8")


def test_the_walk_through_ends_in_a_green_review(checkout: Any, run: Callable[..., Any]) -> None:
    root = checkout.root
    file = root / "datasets/my-karmen/2002-r1/release.yaml"
    outputs: list[tuple[str, Any]] = []
    for language, block in BLOCKS:
        if language == "yaml" and "\namendments:" in block:
            (file.parents[1] / "amendments.yaml").write_text(block, "utf-8")
            outputs.append(("amendments", run("validate", "my-karmen", archive=root)))
            continue
        if language == "yaml":
            fill_in(file, block)
            continue
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[0] == "git":
                checkout.git(*words[1:])
            elif words[0] == "nuanomaly":
                words = [str(root / w) if w.startswith("tests/") else w for w in words[1:]]
                outputs.append((line, run(*words, archive=root)))
    said = dict(outputs)
    first = next(done for line, done in outputs if line == "nuanomaly validate my-karmen")
    assert first.code == 1
    assert first.out.count("TODO_LEFT") > 10
    last = [done for line, done in outputs if line == "nuanomaly validate my-karmen"][-1]
    assert last.code == 0, last.out
    assert said["nuanomaly benchmarks my-karmen"].code == 0
    assert said["amendments"].code == 0, said["amendments"].out
    review = said["nuanomaly check-pr"]
    assert review.code == 0, review.out
    assert review.out.startswith("# Review: green")
    assert "**data only**" in review.out, "although it names an importer that is there"
    rebuilt = said["nuanomaly import --originals tests/data/contribute/karmen --check my-karmen@2002-r1"]
    assert rebuilt.code == 0, rebuilt.out + rebuilt.err
    assert "2 of 2 agree" in review.out
    assert "significance" in review.out
    assert "TODO" not in review.out
    assert {line for line, _ in outputs} >= {"nuanomaly seal my-karmen@2002-r1", "nuanomaly catalog"}


def test_what_it_adds_is_the_release_of_the_archive() -> None:
    ours = release.read(ROOT / "datasets/karmen/2002-r1")
    blocks = {
        key: value
        for language, text in BLOCKS
        if language == "yaml"
        for key, value in yaml.safe_load(text).items()
    }
    assert blocks["publications"][0] == dict(ours.metadata["publications"][0])
    assert blocks["likelihood"]["response"] == ours.metadata["likelihood"]["response"]
    known = {b["id"]: b for b in ours.metadata["benchmarks"]}
    assert all(known[b["id"]] == b for b in blocks["benchmarks"])
    given = (ROOT / "tests/data/contribute/karmen/spectrum.csv").read_text().splitlines()[1:]
    table = ours.table("spectrum")[["energy_low", "energy_high", "observed", "background"]].to_numpy()
    assert [[float(c) for c in row.split(",")] for row in given] == table.tolist()


def test_every_command_it_names_exists() -> None:
    commands = set(re.findall(r"`nuanomaly ([a-z-]+)", TEXT)) | {
        line.split()[1]
        for language, block in BLOCKS
        if language == "sh"
        for line in block.splitlines()
        if line.startswith("nuanomaly ")
    }
    from nuanomaly.cli import SECTIONS

    assert commands <= {name for section in SECTIONS.values() for name in section}


def test_make_targets_it_names_exist() -> None:
    targets = set(re.findall(r"make ([a-z]+)", TEXT))
    listed = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"^  {t} ", listed, re.MULTILINE) for t in targets)


def test_the_comparison_that_is_shown_is_the_one_that_is_built() -> None:
    """Its page is built by `make report`: what the text shows works."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    shown = text[text.index("## A comparison") :]
    folder = ROOT / "comparisons" / "prospect-vs-stereo"
    for language, name in (("yaml", "comparison.yaml"), ("python", "report.py")):
        block = re.search(rf"```{language}\n(.*?)```", shown, re.DOTALL)
        assert block is not None
        assert block[1] == (folder / name).read_text("utf-8")
