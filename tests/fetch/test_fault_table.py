"""The table of faults: of tests that there are, as they were counted, and nothing was lost."""

import json
from pathlib import Path

import faults  # tools/ is on the path, as the package in it is installed from there

HERE = Path(__file__).parent


def test_every_fault_is_made_by_tests_that_there_are() -> None:
    for test in (test for tests in faults.FAULTS.values() for test in tests):
        file, _, name = test.partition("::")
        assert f"def {name}" in (HERE / file).read_text("utf-8"), test


def test_the_page_shows_what_was_counted_and_nothing_was_lost() -> None:
    stored = json.loads(faults.STORED.read_text("utf-8"))
    assert [row["fault"] for row in stored] == list(faults.FAULTS)
    assert [row for row in stored if row["lost"] or not row["tries"]] == []
    assert faults.table(stored) in faults.PAGE.read_text("utf-8")


def test_tries_that_fail_are_lost(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.fetch.test_x" name="test_a[1]"><properties>'
        '<property name="tries" value="3"/></properties></testcase>'
        '<testcase classname="tests.fetch.test_x" name="test_a[2]"><failure/></testcase>'
        "</testsuite></testsuites>"
    )
    assert faults.counted(report) == {"test_x.py::test_a": [(3, True), (1, False)]}
