"""The command line as a whole: help, errors, start-up."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from nuanomaly import __version__
from nuanomaly.cli import SECTIONS, main

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [name for commands in SECTIONS.values() for name in commands]
Run = Callable[..., Any]


def test_help_names_every_command(run: Run) -> None:
    text = run("--help").out
    assert all(f"\n  {name} " in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert done.code == 0
    assert "Usage:" in done.out


def test_every_command_is_where_the_table_says() -> None:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert isinstance(command, click.Command)
        assert command.name == name


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out == f"nuanomaly {__version__}\n"


def loaded(command: str) -> tuple[str, set[str]]:
    """Return what a command prints in a process of its own, and all modules that it has loaded."""
    code = (
        "import sys\nfrom nuanomaly.cli import main\n"
        f"main({command.split()}, standalone_mode=False)\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    *said, modules = done.stdout.splitlines()
    return "\n".join(said), set(modules.split())


def test_help_loads_no_command_and_no_library() -> None:
    """Whoever asks for help waits for Python and click alone."""
    _, modules = loaded("--help")
    assert not {"numpy", "pandas", "pyarrow", "yaml", "jsonschema", "pint", "nuanomaly.inference"} & modules
    assert sum(module.startswith("nuanomaly.") for module in modules) < 12


def test_a_value_of_chi2_loads_neither_pandas_nor_the_parts_of_scipy() -> None:
    """Their imports take longer than everything else that such a command does."""
    said, modules = loaded("chi2 best --model 2nu-ee --set dm2_41=1.25 --set sin2_2theta_ee=0.34")
    assert "χ² = 0.1956" in said
    assert not {"pandas", "scipy.special", "scipy.sparse", "scipy.linalg"} & modules


def test_a_survey_loads_nothing_that_it_needs_no_more_than_one_number_of() -> None:
    """Pandas, pint, scipy.stats and scipy.integrate take longer to import than these likelihoods to build."""
    releases = "danss ccfr daya-bay reactor-rates coherent-csi coherent-csi@2017 xenonnt-s2only"
    code = (
        "import sys\nfrom nuanomaly.cli import main\n"
        f"main('survey {releases} --model 3nu'.split(), standalone_mode=False)\n"
        "print(sorted({'pandas', 'pint', 'scipy.stats', 'scipy.integrate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.count("approximate") == 7
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_names_the_nearest(run: Run) -> None:
    done = run("comparre")
    assert done.code == 2
    assert "Unknown command 'comparre': did you mean 'compare'?" in done.err


CHI2 = ("chi2", "best", "--model", "2nu-ee", "--set", "dm2_41=1.25", "--set", "sin2_2theta_ee=0.34")

MISTAKES = {
    "dataset": (("show", "bst"), "Unknown dataset 'bst': did you mean 'best'?"),
    "dataset to fetch": (("fetch", "lnsd"), "Unknown dataset 'lnsd': did you mean 'lsnd'?"),
    "dataset to cite": (("cite", "lnsd"), "Unknown dataset 'lnsd': did you mean 'lsnd'?"),
    "dataset to validate": (("validate", "lnsd"), "Unknown dataset 'lnsd': did you mean 'lsnd'?"),
    "dataset to seal": (("seal", "lnsd@2001-r1"), "Unknown dataset 'lnsd': did you mean 'lsnd'?"),
    "dataset of a benchmark": (("benchmarks", "lnsd"), "Unknown dataset 'lnsd': did you mean 'lsnd'?"),
    "version": (("show", "best@2021"), "Unknown version 'best@2021': did you mean 'best@2022-r1'"),
    "form of a reference": (("show", "best 2022"), "'best 2022' is not a release: write NAME"),
    "path as a reference": (("fetch", "../best"), "'../best' is not a release: write NAME"),
    "anomaly": (("anomalies", "galium"), "Unknown anomaly 'galium': did you mean 'gallium'?"),
    "sector": (("list", "--sector", "reacter"), "Unknown sector 'reacter': did you mean 'reactor'?"),
    "format": (("fetch", "best", "--format", "parqet"), "Unknown format 'parqet': did you mean 'parquet'?"),
    "model": (("chi2", "best", "--model", "2nu-e"), "Unknown model '2nu-e': did you mean '2nu-ee'"),
    "model file without a name": (("chi2", "best", "--model", "mine.py"), "write mine.py:NAME"),
    "mode": ((*CHI2, "--mode", "haxtn"), "Unknown mode 'haxtn': did you mean 'haxton'?"),
    "parameter": (
        (*CHI2, "--set", "dm41=1"),
        "Unknown parameter 'dm41' in model 2nu-ee: did you mean 'dm2_41'",
    ),
    "unit": (
        ("chi2", "best", "--model", "2nu-ee", "--set", "dm2_41=1 eW**2"),
        "Unknown unit 'eW**2': did you mean 'eV**2'",
    ),
    "kind of unit": (
        ("chi2", "best", "--model", "2nu-ee", "--set", "dm2_41=1 kg"),
        "dm2_41 is in eV**2, which kg cannot be converted to",
    ),
    "number": (("chi2", "best", "--model", "2nu-ee", "--set", "dm2_41=one"), "dm2_41=one: that is no number"),
    "form of a setting": (("chi2", "best", "--model", "2nu-ee", "--set", "dm2_41"), "write NAME=VALUE"),
    "setting twice": ((*CHI2, "--set", "dm2_41=2"), "--set dm2_41 is given twice"),
    "missing parameter": (CHI2[:6], "model '2nu-ee' needs sin2_2theta_ee"),
    "range": (
        ("chi2", "best", "--model", "2nu-ee", "--set", "dm2_41=1", "--set", "sin2_2theta_ee=2"),
        "sin2_2theta_ee must be between 0 and 1\n",
    ),
    "parameter of a grid": (
        ("scan", "best", "--model", "2nu-ee", "--grid", "dm2_14=1:2:3"),
        "Unknown parameter 'dm2_14' in model 2nu-ee: did you mean 'dm2_41'",
    ),
    "form of a grid": (
        ("scan", "best", "--model", "2nu-ee", "--grid", "dm2_41=1:2"),
        "write dm2_41=LOW:HIGH:N",
    ),
    "scale of a grid": (
        ("scan", "best", "--model", "2nu-ee", "--grid", "dm2_41=1:2:3:logs"),
        "write dm2_41=LOW:HIGH:N, with :log or :lin",
    ),
    "suffix of a scan": (
        ("scan", "best", "--model", "2nu-ee", "-o", "scan.txt"),
        "scan.txt: a scan is saved as .npz, .parquet or .csv",
    ),
    "grid without end": (
        (
            "scan",
            "best",
            "--model",
            "2nu-ee",
            "--grid",
            "dm2_41=1:2:9999999999",
            "--profile",
            "sin2_2theta_ee",
        ),
        "there is not enough memory for this",
    ),
    "two datasets as versions": (("diff", "best", "sage"), "`nuanomaly compare best sage`"),
    "base of a review": (("check-pr", "--base", "mian"), "--base mian"),
    "several modes": (
        ("compare", "best", "lsnd", "--model", "3+1", "--mode", "a", "--mode", "b"),
        "--mode is given 2 times: write DATASET=MODE for each",
    ),
    "one data set": (("compare", "best", "--model", "2nu-ee"), "a comparison needs at least two data sets"),
    "shared data": (
        ("compare", "best", "gallium", "--model", "2nu-ee"),
        "share data and would be counted twice",
    ),
    "model that does not apply": (("fit", "lsnd", "--model", "2nu-ee"), "lsnd"),
    "nothing to fetch": (("fetch",), "Name releases, or ask for all of them with --all"),
    "all and some": (("fetch", "--all", "best"), "Name releases, or ask for all of them with --all"),
    "upstream in a format": (("fetch", "best", "--upstream", "--format", "csv"), "leave out --format"),
    "nothing to cite": (("cite",), "Name at least one release"),
    "bundle": (("bundle", "archive.tar"), "a bundle is a zip file: name it archive.zip"),
    "comparison": (("report", "build", "lsnd-vs-minibone"), "did you mean 'lsnd-vs-miniboone'"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    run: Run, case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments, sentence = MISTAKES[case]
    done = run(*arguments)
    assert done.code == 2
    assert sentence in done.err
    errors = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_file_that_cannot_be_written_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(
        "scan", "best", "--model", "2nu-ee", "--grid", "dm2_41=2", "--grid", "sin2_2theta_ee=2",
        "-o", tmp_path / "file" / "scan.csv",
    )  # fmt: skip
    assert done.code == 2
    assert done.err.startswith("Error: ")
    assert str(tmp_path / "file") in done.err


def test_a_retracted_release_warns_in_one_line(shell: Run, tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "tiny" / "1-r1"
    folder.mkdir(parents=True)
    (tmp_path / "catalog.yaml").write_text("schema: '1'\nreleases: []\nledger: {}\n", "utf-8")
    (folder / "release.yaml").write_text(
        "name: tiny\nversion: 1-r1\nstate: retracted\ntables: {}\n"
        "retracted: {reason: wrong unit, successor: tiny@1-r2}\n"
        "publications: [{key: A, title: T, authors: A. B, year: '2020', role: primary}]\n",
        "utf-8",
    )
    done = shell("cite", "tiny", env={**os.environ, "NUANOMALY_ARCHIVE": str(tmp_path)})
    assert done.code == 0
    assert done.err == "Warning: tiny@1-r1 is retracted: wrong unit; use tiny@1-r2\n"
    assert done.out.startswith("% tiny@1-r1")


def test_output_into_a_closed_pipe_is_no_traceback() -> None:
    command = f"'{sys.executable}' -m nuanomaly show best | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.startswith("best@2022-r")
    assert "Traceback" not in done.stderr
