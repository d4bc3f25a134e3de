"""Reports of findings as text, JSON and annotations; what is checked when only some releases are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import schemas
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.validate import CATALOGUE, validate
from nuanomaly.archive.validate.findings import finding, report

Archive = Any
ROOT = Path(__file__).resolve().parents[2]
#: What `make catalog` mends, and `make check` finds: a draft is no mistake before that.
FRESHNESS = {"CATALOG_OUT_OF_DATE", "RELEASED_NOT_IN_LEDGER"}
#: What is noted of releases that were published before it was checked.
NOTED = {"VALUE_ISOLATED", "TABLE_NOT_PROVEN", "RELATION_BROKEN", "COPY_DIFFERS", "TEXT_LOOKS_LIKE_NUMBER"}


def test_the_archive_itself_has_no_finding() -> None:
    found = validate(root=ROOT)
    assert len(found.releases) > 0
    noted = [f for f in found.findings if f.severity == "note"]
    assert [f for f in found.findings if f.code not in FRESHNESS and f not in noted] == []
    # checked only after these releases were published; tests of redundancy, texts and proofs name each
    assert {f.code for f in noted} <= NOTED


def test_text_says_where_what_and_what_to_do(archive: Archive) -> None:
    archive.edit("known_issues:", "known_isues:")
    text = archive.check("toy@2020-r1").as_text()
    line = archive.yaml.read_text("utf-8").splitlines().index("known_isues:") + 1
    assert text.splitlines() == [
        f"error UNKNOWN_KEY datasets/toy/2020-r1/release.yaml:{line}",
        "  the file has no key 'known_isues'; did you mean 'known_issues'?",
        "  → Correct or remove the key.",
        "1 release checked: 1 error, 0 warnings",
    ]


def test_a_cell_is_named_by_table_row_and_column(archive: Archive) -> None:
    archive.edit("0.97", "nan", "datasets/toy/2020-r1/rates.csv")
    archive.seal()
    (found,) = archive.check("toy@2020-r1").findings
    assert found.place == "datasets/toy/2020-r1/rates.csv:3 (table rates, row 1, column ratio)"
    assert found.message == "column 'ratio': the value in row 1 is missing"


def test_json_holds_everything(archive: Archive) -> None:
    archive.edit("sector: reactor", "sector: reactors")
    content = json.loads(archive.check("toy@2020-r1").as_json())
    assert {k: content[k] for k in ("ok", "releases", "errors", "warnings")} == {
        "ok": False,
        "releases": ["toy@2020-r1"],
        "errors": 1,
        "warnings": 0,
    }
    (found,) = content["findings"]
    assert found == {
        "severity": "error",
        "title": "Not one of the allowed values",
        "code": "WRONG_VALUE",
        "message": "sector is 'reactors'",
        "remedy": "Use an allowed value.",
        "file": "datasets/toy/2020-r1/release.yaml",
        "line": 7,
        "release": "toy@2020-r1",
        "table": "",
        "row": None,
        "column": "",
        "suggestions": ["reactor"],
        "note": False,
    }


def test_annotations_cannot_be_broken_by_their_text() -> None:
    one = finding("UNKNOWN_KEY", "50% of\n::error::x", "do, it: now", file="a,b:c.yaml", line=3)
    (line,) = report([one], []).as_annotations().splitlines()
    assert line == (
        "::error file=a%2Cb%3Ac.yaml,line=3,title=UNKNOWN_KEY%3A Unknown key::"
        "50%25 of%0A::error::x. do, it: now"
    )


def test_errors_come_first_and_each_finding_once() -> None:
    advice = finding("NO_BENCHMARK", "x", file="a.yaml", line=1)
    error = finding("UNKNOWN_KEY", "x", file="b.yaml", line=9)
    earlier = finding("UNKNOWN_KEY", "x", file="b.yaml", line=2)
    found = report([advice, error, error, earlier], ["b@1-r1"])
    assert found.findings == (earlier, error, advice)
    assert (found.errors, found.warnings, found.ok) == ((earlier, error), (advice,), False)
    assert report([advice], []).ok


def test_only_the_named_releases_are_reported(archive: Archive) -> None:
    archive.edit("Table 1 of the first", "Table 2 of the first", "datasets/toy/2018-r1/release.yaml")
    assert archive.check("toy@2020").ok
    assert archive.check("toy@2020").releases == ("toy@2020-r1",)
    assert {f.code for f in archive.check("toy@2018-r1").findings} == {"RELEASED_CHANGED"}
    assert archive.check("toy").releases == ("toy@2018-r1", "toy@2020-r1")


def test_links_of_a_named_release_are_checked(archive: Archive) -> None:
    archive.edit('with: "toy@2018-r1"', 'with: "toi@2018-r1"')
    assert [f.code for f in archive.check("toy@2020-r1").findings] == ["UNKNOWN_RELEASE"]


def test_an_unknown_release_is_an_error_with_the_nearest_name(pristine: Archive) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'toy'"):
        pristine.check("toys")
    with pytest.raises(UnknownNameError, match="did you mean"):
        pristine.check("toy@2019")


def test_a_broken_release_does_not_hide_the_others(archive: Archive) -> None:
    archive.yaml.write_text("name: [")
    archive.edit("kind: table", "kind: tabel", "datasets/toy/2018-r1/release.yaml")
    assert {f.code for f in archive.check().findings} >= {
        "YAML_UNREADABLE",
        "WRONG_VALUE",
        "RELEASED_CHANGED",
    }


def test_a_table_with_a_broken_declaration_does_not_hide_the_others(archive: Archive) -> None:
    archive.edit("kind: covariance", "kind: covarianz")
    archive.edit("0.1\n0.5", "0.5\n0.1", "datasets/toy/2020-r1/edges.csv")
    codes = {f.code for f in archive.check().findings}
    assert {"WRONG_VALUE", "BINS_NOT_ORDERED", "FILE_CONTENT_DIFFERS"} <= codes


def test_a_declared_precision_admits_printed_digits_and_no_more(archive: Archive) -> None:
    archive.edit("0.003,0.006,0.09", "0.003,0.00601,0.09", "datasets/toy/2020-r1/covariance.csv")
    archive.seal()
    assert [f.code for f in archive.check("toy@2020-r1").findings] == ["COVARIANCE_NOT_SYMMETRIC"]
    archive.edit(
        "    diagonal: {table: rates, column: error, tolerance: 0.01}\n  correlation",
        "    precision: 1.0e-3\n  correlation",
    )
    assert archive.check("toy@2020-r1").ok
    archive.edit("0.00601", "0.0063", "datasets/toy/2020-r1/covariance.csv")
    archive.seal()
    assert [f.code for f in archive.check("toy@2020-r1").findings] == ["COVARIANCE_NOT_SYMMETRIC"]


@pytest.mark.parametrize("code", CATALOGUE.values(), ids=lambda c: c.code)
def test_the_catalogue_explains_each_finding(code: Any) -> None:
    assert code.code.isupper()
    assert code.severity in ("error", "warning")
    assert all(text.endswith(".") for text in (code.explanation, code.remedy))
    assert not code.title.endswith(".")


@pytest.mark.parametrize("name", schemas.names())
def test_every_schema_is_one(name: str) -> None:
    import jsonschema

    validator = schemas.validator(name)
    jsonschema.Draft202012Validator.check_schema(validator.schema)
    assert (
        json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())["$id"] == f"urn:nuanomaly:{name}:1"
    )


@pytest.mark.parametrize("part", schemas.PARTS)
def test_every_kind_has_a_schema_that_is_one(part: str) -> None:
    import jsonschema

    for kind in schemas.kinds(part):
        jsonschema.Draft202012Validator.check_schema(schemas.kind_validator(part, kind).schema)


def test_a_reference_to_another_host_is_not_downloaded(tmp_path: Path) -> None:
    import referencing.exceptions

    schema = {"$id": "urn:x", "$ref": "https://json-schema.org/draft/2020-12/schema-that-is-not-here"}
    (tmp_path / "x.schema.json").write_text(json.dumps(schema))
    with pytest.raises(referencing.exceptions.Unresolvable):
        schemas.validator("x", tmp_path)


def test_an_unknown_schema_or_kind_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'release'"):
        schemas.validator("releases")
    with pytest.raises(UnknownNameError, match="did you mean 'gaussian'"):
        schemas.kind_validator("statistic", "gausian")


def test_without_a_checkout_there_is_nothing_to_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    from nuanomaly.archive import paths

    monkeypatch.setattr(paths, "checkout", lambda: None)
    with pytest.raises(NuanomalyError, match="no checkout"):
        validate()
