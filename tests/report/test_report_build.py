"""Building comparisons: what is made, when it is made again, what happens if a number is wrong."""

import json
from pathlib import Path

import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.report import declaration, schema
from nuanomaly.report.pages import Result, build

Built = tuple[Path, list[Result]]
COMPARISON = "comparisons/toy-counts/comparison.yaml"
REPORT = "comparisons/toy-counts/report.py"


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()
    }


def replace(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), "utf-8")


def test_a_build_writes_page_numbers_provenance_and_figures(built: Built) -> None:
    site, (result,) = built
    assert result.ok
    assert result.state == "built"
    assert result.verdict == "The mean is 100.0."
    assert set(files_of(result.page.parent)) == {
        "report.html",
        "result.json",
        "provenance.json",
        "figures/counts.svg",
        "figures/counts.csv",
        "tables/1.csv",
    }
    assert (site / "index.html").is_file()


def test_the_result_holds_the_recorded_numbers_and_fits_its_schema(built: Built) -> None:
    document = json.loads((built[1][0].page.parent / "result.json").read_text("utf-8"))
    schema.check(document, "result", "result.json")
    assert document["results"]["toy.mean"] == {"value": 100.0, "unit": "event", "method": "average"}
    assert document["key_numbers"] == [{"key": "toy.mean", "label": "mean", "text": "100.0"}]
    assert [e["ok"] for e in document["expectations"]] == [True]


def test_provenance_names_every_file_that_was_used(built: Built) -> None:
    document = json.loads((built[1][0].page.parent / "provenance.json").read_text("utf-8"))
    assert set(document["files"]) == {"comparison.yaml", "report.py"}
    assert set(document["releases"]["toy@2020-r1"]) == {"release.yaml", "counts.csv"}
    numbers = {"figures/counts.csv", "tables/1.csv"}
    assert set(document["outputs"]) == {"report.html", "result.json", "figures/counts.svg"} | numbers
    assert document["packages"]["numpy"] != "missing"


def test_two_builds_give_the_same_bytes_and_an_unchanged_page_is_left_alone(archive: Path) -> None:
    site = archive / "build" / "site"
    assert [r.state for r in build()] == ["built"]
    first = files_of(site)
    stamp = (site / "comparisons/toy-counts/report.html").stat().st_mtime_ns
    lines: list[str] = []
    assert [r.state for r in build(progress=lines.append)] == ["unchanged"]
    assert (site / "comparisons/toy-counts/report.html").stat().st_mtime_ns == stamp
    assert lines == ["toy-counts: unchanged (0 s)"]
    assert [r.state for r in build(force=True)] == ["built"]
    assert files_of(site) == first


def test_a_failing_expectation_fails_the_build_with_number_expectation_and_difference(archive: Path) -> None:
    replace(archive, COMPARISON, "expected: 100.0", "expected: 98.0")
    (result,) = build()
    assert not result.ok
    assert result.problems == ("toy.mean = 100, expected 98 (±0.5): it differs by +2 (T)",)
    page = result.page.read_text("utf-8")
    assert "Not as expected" in page
    assert "toy.mean = 100, expected 98 (±0.5): it differs by +2" in page
    (again,) = build()  # nothing has changed: it is not run again, and still not as expected
    assert (again.state, again.ok, again.problems) == ("unchanged", False, result.problems)
    # a changed table changes the page
    (archive / "datasets/toy/2020-r1/counts.csv").write_text("bin,events\n1,97.0\n2,98.0\n3,99.0\n", "utf-8")
    (third,) = build()
    assert (third.state, third.ok) == ("built", True)


def test_an_error_in_a_cell_is_reported_with_its_place_and_the_page_shows_it(archive: Path) -> None:
    replace(archive, REPORT, 'page.release("toy").table("counts")', 'page.release("lsnd").table("counts")')
    (result,) = build()
    assert not result.ok
    (problem,) = result.problems
    assert problem.startswith("cell 2 of report.py failed: UnknownNameError: Unknown pinned release 'lsnd'")
    page = result.page.read_text("utf-8")
    assert "did not run to its end" in page
    assert "Traceback" in page
    assert "\x1b" not in page


def test_what_is_declared_and_not_made_is_a_problem(archive: Path) -> None:
    replace(archive, COMPARISON, "thumbnail: counts", "thumbnail: regions")
    replace(archive, COMPARISON, "key: toy.mean, label", "key: toy.median, label")
    replace(archive, REPORT, "page.verdict(", "print(")
    (result,) = build()
    assert result.problems == (
        "key number toy.median was not recorded by report.py",
        "the thumbnail 'regions' is none of the figures (counts)",
        "report.py says no verdict: end it with page.verdict(word, sentence)",
    )


def test_an_unknown_comparison_is_answered_with_the_nearest_name(archive: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'toy-counts'"):
        build(["toy-count"])


def test_a_declaration_that_is_not_what_the_schema_asks_for_is_named_with_its_place(archive: Path) -> None:
    replace(archive, COMPARISON, "tolerance: 0.5, ", "")
    with pytest.raises(NuanomalyError, match=r"comparison\.yaml: expectations\.0: 'tolerance' is a required"):
        declaration.comparisons()


def test_all_that_the_schema_does_not_know_is_named_at_once(archive: Path) -> None:
    replace(archive, COMPARISON, "tolerance: 0.5, ", "")
    replace(archive, COMPARISON, "question:", "qestion:")
    with pytest.raises(NuanomalyError) as error:
        declaration.comparisons()
    assert "'tolerance' is a required" in str(error.value)
    assert "'question' is a required" in str(error.value)
    assert "'qestion' was unexpected" in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("releases: [", 'releases: ["toy-cuonts@2020-r1", '),
            r"comparison\.yaml: datasets\.\w+: .*toy-cuonts",
        ),
        (("\nmodel: ", "\nmodel: x"), r"comparison\.yaml: model: Unknown model 'x"),
        (
            ("dm2_41:", "dm2_14:"),
            r"comparison\.yaml: parameters: Unknown parameter 'dm2_14': did you mean 'dm2_41'",
        ),
    ],
)
def test_a_name_that_is_none_is_said_with_its_place_before_anything_runs(
    archive: Path, change: tuple[str, str], said: str
) -> None:
    replace(archive, COMPARISON, *change)
    with pytest.raises(NuanomalyError, match=said):
        build()


def test_a_folder_and_its_declaration_have_one_name(archive: Path) -> None:
    (archive / "comparisons" / "toy-counts").rename(archive / "comparisons" / "other")
    with pytest.raises(NuanomalyError, match="name is 'toy-counts', the folder is 'other'"):
        build()


def test_the_environment_of_the_reader_does_not_reach_the_report(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "ipython" / "profile_default" / "startup"
    profile.mkdir(parents=True)
    (profile / "00.py").write_text("raise RuntimeError('a profile of the reader ran')", "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    kernels = tmp_path / "jupyter" / "kernels" / "python3"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    (result,) = build()
    assert result.ok
    assert "a profile of the reader ran" not in result.page.read_text("utf-8")


MEAN = 'f"The mean is {mean:.1f}."'


def test_results_in_a_verdict_are_written_out(archive: Path) -> None:
    replace(
        archive,
        REPORT,
        MEAN,
        '"The mean is {result:toy.mean:.2f}, or {result:toy.mean:.0f}; {cite:Toy2020, abstract}."',
    )
    (result,) = build()
    assert result.ok, result.problems
    assert result.verdict == "The mean is 100.00, or 100; [Toy2020, abstract]."
    page = result.page.read_text("utf-8")
    assert (
        'The mean is 100.00, or 100; <a class="cite" href="#ref-Toy2020">[Toy2020, abstract]</a>.</p>' in page
    )
    assert '<li id="ref-Toy2020">' in page
    stored = json.loads((result.page.parent / "result.json").read_text("utf-8"))
    assert stored["verdict"] == {
        "word": "agree",
        "sentence": "The mean is 100.00, or 100; [Toy2020, abstract].",
    }


def test_a_verdict_with_a_result_that_the_page_has_not_is_a_problem(archive: Path) -> None:
    replace(archive, REPORT, MEAN, '"The mean is {result:toy.median:.1f}."')
    (result,) = build()
    assert not result.ok
    assert "toy.median" in result.page.read_text("utf-8")
