"""Try every fault of servers, disks, processes and terminals again, and count: ``make faults``.

Each row of the table is a fault and the tests that make it. A test is one try for each of its cases, or as
many as it records itself (``tries``: processes that were killed, connections that were cut). A try is
survived if its test passes: the answer is one sentence or the right release, and what lies on the disk is
whole or what it was. The counts are stored in ``docs/faults.json`` and shown in ``docs/threat-model.md``.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from marks import between

ROOT = Path(__file__).resolve().parents[1]
STORED, PAGE = ROOT / "docs" / "faults.json", ROOT / "docs" / "threat-model.md"
MARKS = ("<!-- table of faults.json -->", "<!-- end of table -->")
TESTS = ROOT / "tests" / "fetch"
#: How often twelve processes are killed.
KILLS = 4

#: Faults, and the tests that make them.
FAULTS: Mapping[str, tuple[str, ...]] = {
    "twelve processes fetch one release at once": (
        "test_processes.py::test_twelve_processes_fetch_the_same_release_once",
    ),
    "twelve processes, each killed at any moment": (
        "test_processes.py::test_twelve_processes_that_are_killed_at_any_moment_leave_nothing_half_written",
        "test_processes.py::test_a_process_killed_at_any_moment_leaves_nothing_half_written",
    ),
    "killed before each rename and removal of publishing": (
        "test_processes.py::test_a_process_killed_while_it_publishes_leaves_nothing_half_written",
    ),
    "interrupted while a server is silent": (
        "test_processes.py::test_an_interrupt_ends_a_fetch_at_once_and_the_next_one_goes_on",
    ),
    "a connection cut or reset, at any byte, once or always": (
        "test_faults.py::test_a_cut_connection_is_resumed_where_it_broke_off",
        "test_faults.py::test_a_connection_may_be_cut_at_any_byte",
        "test_faults.py::test_a_server_that_breaks_off_every_time_is_given_up",
    ),
    "a mirror sends something else: cut, altered, longer, a page": (
        "test_faults.py::test_wrong_content_once_is_survived",
        "test_faults.py::test_wrong_content_never_reaches_the_cache",
        "test_faults.py::test_a_second_mirror_gives_what_the_first_has_wrong",
    ),
    "a mirror lies of its files: sizes, hashes, names, formats, a schema of the future": (
        "test_gate.py::test_a_lie_is_one_sentence_and_leaves_nothing",
        "test_gate.py::test_a_file_with_its_sha256_and_another_size_is_said",
        "test_gate.py::test_a_table_that_is_none_is_said_when_it_is_read",
    ),
    "a mirror lies in release.yaml: paths, names, files of the machine": (
        "test_gate.py::test_a_lying_mirror_writes_reads_and_replaces_nothing_outside",
        "test_gate.py::test_a_mirror_that_nests_beyond_every_parser_is_one_sentence",
        "test_gate.py::test_a_cache_that_another_program_wrote_passes_the_same_gate",
        "test_gate.py::test_an_honest_mirror_stands_behind_a_lying_one",
        "test_gate.py::test_sizes_that_no_release_has_are_refused_before_anything_is_fetched",
    ),
    "an index with unsafe paths, other types, of a later format": (
        "test_index.py::test_an_unsafe_path_is_refused",
        "test_index.py::test_a_bad_index_is_refused_and_nothing_is_written",
        "test_index.py::test_no_index_makes_the_reader_fail_otherwise",
        "test_index.py::test_a_later_format_says_to_update",
    ),
    "a release or group that the ledger does not know, or a forged signature": (
        "test_gate.py::test_what_the_ledger_does_not_know_is_taken_only_when_told",
        "test_gate.py::test_a_strange_group_is_not_taken_unless_told",
        "test_sources.py::test_a_mirror_cannot_serve_another_content_of_a_released_release",
        "test_sources.py::test_a_forged_release_in_the_cache_is_fetched_again",
        "test_signature.py",
    ),
    "a mirror that drips for ever, is silent, or has no end": (
        "test_hostile.py::test_a_mirror_that_drips_for_ever_costs_its_deadline_once",
        "test_faults.py::test_a_slow_server_is_waited_for",
        "test_faults.py::test_a_server_that_falls_silent_is_asked_again",
    ),
    "a server that errs, refuses, is not there, or speaks no HTTP": (
        "test_faults.py::test_a_server_error_passes",
        "test_faults.py::test_a_refusal_is_not_repeated",
        "test_faults.py::test_a_server_that_is_not_there_is_named",
        "test_faults.py::test_a_dead_mirror_does_not_matter_if_another_lives",
        "test_http.py::test_a_server_that_does_not_speak_http_is_one_kind_of_error",
        "test_http.py::test_an_answer_with_another_range_is_refused",
        "test_http.py::test_a_range_beyond_the_end_is_refused",
    ),
    "redirects to what no parser takes, to other schemes, in a circle": (
        "test_hostile.py::test_a_redirect_that_no_parser_takes_is_one_sentence_and_the_next_mirror_is_asked",
        "test_faults.py::test_a_redirect_to_anything_but_the_web_is_refused",
        "test_faults.py::test_redirects_in_a_circle_end",
    ),
    "sources that no parser takes": (
        "test_hostile.py::test_a_source_that_no_parser_takes_is_passed_over",
        "test_http.py::test_a_url_without_a_server_is_refused",
        "test_sources.py::test_a_source_of_another_kind_is_refused",
        "test_sources.py::test_a_reference_is_no_path",
    ),
    "bundles encrypted, of an unknown method, nested, huge, damaged": (
        "test_hostile.py::test_a_bundle_that_cannot_be_unpacked_is_one_sentence",
        "test_gate.py::test_a_bundle_with_a_link_or_two_members_of_one_name",
        "test_mirror.py::test_a_damaged_bundle_is_one_sentence",
        "test_mirror.py::test_members_of_a_bundle_are_never_unpacked_by_their_own_paths",
    ),
    "a submission packed to fill the memory, damaged, dripping, or elsewhere": (
        "test_strangers.py::test_a_submission_that_cannot_be_unpacked_is_one_sentence",
        "test_strangers.py::test_an_archive_that_would_fill_the_memory_is_refused",
        "test_strangers.py::test_an_archive_of_more_files_than_any_submission_is_refused",
        "test_strangers.py::test_a_server_of_submissions_that_drips_for_ever_costs_its_deadline",
        "test_strangers.py::test_a_submission_that_is_elsewhere_is_followed_to_the_web_alone",
    ),
    "arrays, stored runs, results, questions, amendments of somebody else": (
        "test_strangers.py::test_an_array_is_never_larger_than_its_file",
        "test_strangers.py::test_packed_arrays_that_say_that_they_fill_the_memory_are_refused",
        "test_strangers.py::test_whole_numbers_are_kept_or_refused_and_columns_may_have_numbers_for_names",
        "test_strangers.py::test_a_tree_of_names_that_holds_itself_ends",
        "test_strangers.py::test_a_stored_run_that_somebody_else_wrote_is_damaged_and_names_no_other_file",
        "test_strangers.py::test_a_stored_table_that_is_none_is_one_sentence",
        "test_strangers.py::test_a_result_of_somebody_else_steers_no_terminal",
        "test_strangers.py::test_texts_of_a_folder_of_somebody_else_are_not_shown",
        "test_strangers.py::test_aliases_of_aliases_end_no_lock_file_and_no_question",
        "test_strangers.py::test_amendments_that_another_program_wrote_are_one_sentence",
    ),
    "a cache or an installed package that was changed": (
        "test_gate.py::test_a_changed_table_in_the_cache_is_named_and_never_used",
        "test_gate.py::test_a_changed_release_yaml_in_the_cache_is_named",
        "test_damaged_cache.py::test_a_damaged_cache_is_said_to_be_damaged",
        "test_damaged_cache.py::test_a_damaged_cache_is_repaired_by_a_source",
        "test_damaged_cache.py::test_what_stands_in_the_way_of_a_cache_is_named",
        "test_damaged_cache.py::test_damaged_amendments_of_the_cache_are_removed_by_a_fetch",
        "test_damaged_cache.py::test_an_export_passes_on_nothing_that_was_changed_or_never_sealed",
        "test_faults.py::test_a_damaged_cache_is_repaired",
        "test_faults.py::test_what_another_version_of_the_program_left_does_not_matter",
        "test_data_wheel.py::test_a_package_that_was_changed_is_named_and_not_used",
    ),
    "a table that was changed, on the way into a mirror, a bundle or a package": (
        "test_sources.py::test_an_altered_table_in_the_checkout_is_refused",
        "test_index.py::test_describe_refuses_a_table_that_was_altered",
        "test_mirror.py::test_an_altered_table_is_not_mirrored",
        "test_mirror.py::test_a_damaged_mirror_is_repaired",
        "test_mirror.py::test_a_folder_that_is_no_mirror_is_left_alone",
        "test_mirror.py::test_amendments_that_are_wrong_are_left_out_and_said",
        "test_data_wheel.py::test_a_release_that_is_not_that_of_the_ledger_is_not_packed",
    ),
    "a draft that cannot be read, beside what is released": (
        "test_damaged_cache.py::test_a_draft_that_cannot_be_read_does_not_hide_what_is_released",
        "test_damaged_cache.py::test_what_was_released_and_cannot_be_read_is_not_passed_over",
    ),
    "a lock file that says otherwise, or is damaged": (
        "test_lockfile.py::test_a_locked_fetch_refuses_what_is_not_locked",
        "test_lockfile.py::test_a_locked_fetch_refuses_another_content",
        "test_lockfile.py::test_a_locked_fetch_passes_over_a_source_with_another_content",
        "test_lockfile.py::test_a_damaged_lock_file_is_named",
    ),
    "an original of the authors that was changed, is cut short, or is gone": (
        "test_upstream.py::test_an_original_that_the_authors_changed_is_refused",
        "test_upstream.py::test_an_original_without_sha256_is_said_to_be_unverified",
        "test_upstream.py::test_a_truncated_original_without_sha256_is_noticed",
        "test_upstream.py::test_an_original_that_cannot_be_fetched_is_explained",
        "test_upstream.py::test_the_second_url_helps",
    ),
    "links out of the archive, or in a mirror": (
        "test_hostile.py::test_a_link_out_of_the_archive_is_not_followed",
        "test_damaged_cache.py::test_a_link_in_place_of_a_dataset_is_not_written_through",
        "test_mirror.py::test_a_symbolic_link_in_a_mirror_gives_nothing_but_the_right_content",
        "test_index.py::test_describe_refuses_a_table_that_is_no_file",
    ),
    "a full disk: while downloading, before it, behind an output": (
        "test_faults.py::test_a_full_disk_is_one_sentence_and_no_data_is_lost",
        "test_faults.py::test_a_disk_without_room_is_noticed_before",
        "test_hostile.py::test_a_file_is_whole_or_what_it_was",
        "test_hostile.py::test_a_full_disk_behind_the_output_is_one_sentence",
    ),
    "a home or cache that cannot be written": (
        "test_faults.py::test_a_read_only_cache_serves_what_it_has",
        "test_faults.py::test_an_output_that_is_a_file_is_one_sentence",
        "test_hostile.py::test_a_home_that_cannot_be_written_names_the_variable_that_helps",
        "test_hostile.py::test_what_was_fetched_into_a_folder_is_found_beside_it",
    ),
    "a crash between a content and its name (order of fsync and rename)": (
        "test_hostile.py::test_content_is_on_the_disk_before_its_name_and_the_name_before_anybody_is_told",
    ),
    "a closed pipe, a terminal that is no UTF-8, escapes in a server's words": (
        "test_hostile.py::test_a_closed_pipe_says_nothing_and_an_old_terminal_gives_no_traceback",
        "test_gate.py::test_the_words_of_somebody_else_do_not_steer_a_terminal",
    ),
}


def counted(report: Path) -> dict[str, list[tuple[int, bool]]]:
    """Return tries and success of every case in a JUnit report, by ``FILE.py::TEST`` without parameters."""
    cases: dict[str, list[tuple[int, bool]]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        file = case.get("classname", "").rpartition(".")[2] + ".py"
        name = re.sub(r"\[.*", "", case.get("name", ""), flags=re.DOTALL)
        tries = [int(p.get("value", "1")) for p in case.iter("property") if p.get("name") == "tries"]
        good = not any(case.findall(kind) for kind in ("failure", "error", "skipped"))
        cases.setdefault(f"{file}::{name}", []).append((sum(tries) or 1, good))
    return cases


def rows(
    cases: Mapping[str, Sequence[tuple[int, bool]]], faults: Mapping[str, Sequence[str]] = FAULTS
) -> list[dict[str, object]]:
    """Return fault, tries, survived and lost of each row.

    Raises
    ------
    SystemExit
        If a test of a row did not run.
    """
    made = []
    for fault, tests in faults.items():
        tries = survived = 0
        for test in tests:
            entries = [
                e
                for name, each in cases.items()
                if name == test or name.startswith(f"{test}::")
                for e in each
            ]
            if not entries:
                raise SystemExit(f"{fault}: {test} did not run")
            tries += sum(n for n, _ in entries)
            survived += sum(n for n, good in entries if good)
        made.append({"fault": fault, "tries": tries, "survived": survived, "lost": tries - survived})
    return made


def table(made: Sequence[Mapping[str, object]]) -> str:
    """Return the rows as Markdown."""
    lines = ["| fault | tries | survived | lost |", "|---|--:|--:|--:|"]
    lines += [f"| {r['fault']} | {r['tries']:,} | {r['survived']:,} | {r['lost']:,} |" for r in made]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests, store the counts and write the page; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--only",
        action="append",
        help="rows with this (or one of these) in their names; others stay as counted",
    )
    asked = parser.parse_args(arguments)
    chosen = {f: tests for f, tests in FAULTS.items() if any(part in f for part in asked.only or [""])}
    tests = sorted({test for each in chosen.values() for test in each})
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            f"--junitxml={report}",
            "--override-ini=junit_family=xunit1",  # the other one has no place for what a test records
            *(f"{TESTS}/{t}" for t in tests),
        ]
        subprocess.run(words, env={**os.environ, "NUANOMALY_KILLS": str(KILLS)}, cwd=ROOT, check=False)
        counts = {str(row["fault"]): row for row in rows(counted(report), chosen)}
    kept = {row["fault"]: row for row in json.loads(STORED.read_text("utf-8"))} | counts
    made = [kept[fault] for fault in FAULTS if fault in kept]
    STORED.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(between(PAGE.read_text("utf-8"), MARKS, table(made)), "utf-8")
    print(table(list(counts.values())))
    return int(any(row["lost"] for row in made))


if __name__ == "__main__":
    sys.exit(main())
