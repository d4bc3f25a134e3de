"""BibTeX of exactly the releases that are named."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nuanomaly.archive import cite as module
from nuanomaly.archive.cite import bibtex, cite, tex
from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release

ROOT = Path(__file__).resolve().parents[2]


def made(id: str, *publications: dict[str, Any]) -> Release:
    name, _, version = id.partition("@")
    return Release(name, version, Path(), {"publications": publications})


def paper(key: str, **more: str) -> dict[str, str]:
    return {"key": key, "title": "Data", "authors": "A. Doe", "year": "2020", "role": "primary", **more}


def keys(text: str) -> list[str]:
    return re.findall(r"^@\w+\{(.*),$", text, re.MULTILINE)


def test_each_paper_of_the_named_releases_stands_once() -> None:
    text = cite([made("a@1-r1", paper("Z"), paper("B")), made("b@1-r1", paper("B"), paper("C"))])
    assert keys(text) == ["B", "C", "Z"]
    assert text.startswith("% a@1-r1: Z (primary), B (primary)\n% b@1-r1: B (primary), C (primary)\n")


def test_the_fuller_account_of_a_paper_is_taken() -> None:
    text = cite([made("a@1-r1", paper("B")), made("b@1-r1", paper("B", doi="10.1/x"))])
    assert "doi = {10.1/x}" in text


def test_the_archive_is_cited_when_asked_for() -> None:
    assert keys(cite(made("a@1-r1", paper("B")), archive=True)) == ["B", "nuanomaly"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["title"] == module.TITLE


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("⁵¹Cr and ³⁷Ar", "{$^{51}$}Cr and {$^{37}$}Ar"),
        ("νe → νs", r"{$\nu_{e}$} {$\to$} {$\nu_{s}$}"),
        ("ν̄e", r"{$\bar{\nu}_{e}$}"),
        ("ν energy", r"{$\nu$} energy"),
        ("sin²2θ₁₃ ± 1 %", r"sin{$^{2}$}2{$\theta_{13}$} {$\pm$} 1 \%"),
        ("A_B & C#{d}", r"A\_B \& C\#\{d\}"),
        ("a\\b", r"a\textbackslash b"),
        ("1–2 — “x”", "1--2 --- ``x''"),
        ("Tórtola, Argüelles", "Tórtola, Argüelles"),
        ("λς", r"{$\lambda\sigma$}"),
    ],
)
def test_signs_become_latex(text: str, latex: str) -> None:
    assert tex(text) == latex


@pytest.mark.parametrize(
    ("authors", "written"),
    [
        ("V. V. Barinov et al.", "Barinov, V. V. and others"),
        ("C. Giunti, Y. F. Li and C. A. Ternes", "Giunti, C. and Li, Y. F. and Ternes, C. A."),
        ("A. de Gouvêa, M. Dentler", "de Gouvêa, A. and Dentler, M."),
        ("Th. A. Mueller et al.", "Mueller, Th. A. and others"),
        ("J.-P. Doe", "Doe, J.-P."),
        ("the LSND Collaboration", "{the LSND Collaboration}"),
    ],
)
def test_authors_are_separated_as_bibtex_does(authors: str, written: str) -> None:
    assert f"author = {{{written}}}" in bibtex(paper("B", authors=authors))


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"type": "thesis", "publisher": "LANL"}, "school = {LANL}"),
        ({"type": "proceedings", "journal": "Proc. X"}, "booktitle = {Proc. X}"),
        ({"type": "report", "publisher": "FNAL", "number": "TM-1"}, "institution = {FNAL}"),
        ({"type": "preprint", "arxiv": "hep-ex/0104049"}, "eprint = {hep-ex/0104049}"),
        ({"journal": "Phys. Lett. B", "pages": "542-547"}, "pages = {542--547}"),
    ],
)
def test_fields_have_the_names_their_entry_type_wants(more: dict[str, str], line: str) -> None:
    assert line in bibtex(paper("B", **more))


def test_a_paper_without_authors_is_its_collaboration_s() -> None:
    entry = {"key": "B", "title": "Data", "collaboration": "SAGE", "year": "2006"}
    assert "author = {{SAGE Collaboration}}" in bibtex(entry)


def test_every_release_of_the_archive_can_be_cited() -> None:
    text = cite(["gallium", "lsnd", "miniboone-nue@2018", "reactor-rates"])
    assert "% best@2022-r1: BEST2022PRL (primary)" in text
    assert len(keys(text)) == len(set(keys(text))) > 8
    for entry in re.split(r"\n\n(?=@)", text)[1:]:
        assert entry.count("{") - entry.count(r"\{") == entry.count("}") - entry.count(r"\}")
        assert not re.search("[^\x00-\u024f]", entry)


def test_an_unknown_release_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'best'"):
        cite("bestt")


def test_a_result_cites_every_release_behind_it_with_model_and_version() -> None:
    import nuanomaly

    best = nuanomaly.fit(["gallium", "nue-carbon"], "2nu-ee", fixed={"dm2_41": 1.3})
    text = best.cite()
    assert f"% model 2nu-ee, computed with nuanomaly {nuanomaly.__version__}" in text
    assert "% fixed: dm2_41 = 1.3" in text
    for name in (*nuanomaly.groups()["gallium"], "nue-carbon"):
        assert f"% {nuanomaly.load(name).id}:" in text
    assert "@misc{nuanomaly," in text
    asked = nuanomaly.Analysis(["gallium", "nue-carbon"], "2nu-ee", fixed={"dm2_41": 1.3})
    assert asked.cite() == text
    with pytest.raises(nuanomaly.NuanomalyError, match="of which data"):
        asked.significance().cite()


def test_a_result_of_a_file_is_cited(tmp_path: Path) -> None:
    import json

    from click.testing import CliRunner

    from nuanomaly.cli import main

    file = tmp_path / "fit.json"
    file.write_text(json.dumps({"datasets": ["lsnd@2001-r1 + karmen@2002-r1"], "model": "3+1"}))
    said = CliRunner().invoke(main, ["cite", "--result", str(file)])
    assert "% karmen@2002-r1:" in said.output
    file.write_text("[]")
    assert CliRunner().invoke(main, ["cite", "--result", str(file)]).exit_code != 0
