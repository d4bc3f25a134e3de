"""HEPData: a real submission becomes a release with nothing lost, and a release a valid submission."""

import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from nuanomaly.archive import exporting, guessing, hepdata, release, scaffold
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate import validate

ROOT = Path(__file__).resolve().parents[2]
MICROBOONE = ROOT / "tests" / "data" / "hepdata" / "microboone"
#: Between them: symmetric and asymmetric errors, bins, text, truth values, covariances and their inverses.
EXPORTED = ["best@2022-r1", "reactor-rates@2012-r1", "bugey-3@1995-r1"]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    shutil.copytree(ROOT / "schemas", root / "schemas")
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n')
    return root


@pytest.fixture(scope="module")
def submission() -> hepdata.Submission:
    return hepdata.read(str(MICROBOONE))


def bits(values: Any) -> bytes:
    return np.asarray(values, np.float64).tobytes()


def original(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((MICROBOONE / name).read_text())
    return found


def test_values_errors_and_units_are_those_of_the_submission(submission: hepdata.Submission) -> None:
    table = submission.tables[0]
    columns = {c["name"]: c for c in table.columns}
    data = original("constrained_nueCC_FC.yaml")["dependent_variables"][0]["values"]
    frame = table.frame
    assert table.kind == "bins"
    assert columns["Reconstructed_Neutrino_Energy_low"]["unit"] == "GeV"
    assert frame["nu_eCC_FC_Data"].tolist() == [v["value"] for v in data]
    errors = [v["errors"][0]["asymerror"] for v in data]
    assert bits(frame["nu_eCC_FC_Data_stat_plus"]) == bits([e["plus"] for e in errors])
    assert bits(frame["nu_eCC_FC_Data_stat_minus"]) == bits([abs(e["minus"]) for e in errors])
    minus = columns["nu_eCC_FC_Data_stat_minus"]
    assert (minus["role"], minus["of"], minus["unit"]) == ("error-minus", "nu_eCC_FC_Data", "event")


def test_a_covariance_by_bin_numbers_becomes_a_matrix(submission: hepdata.Submission) -> None:
    table = submission.tables[1]
    values = [
        v["value"] for v in original("constrained_nueCC_FC_cov.yaml")["dependent_variables"][0]["values"]
    ]
    assert table.kind == "covariance"
    assert table.frame.shape == (26, 26)
    assert sorted(table.frame.to_numpy().ravel().tolist()) == sorted(values)


def test_the_scaffold_has_no_fault_but_what_is_to_be_filled_in(empty: Path) -> None:
    folder, missing = hepdata.write(empty, "microboone", "2021-r1", str(MICROBOONE))
    assert missing == ("eleven_ch_cov_lee_x_20.yaml",), "the excerpt names a table that is not in it"
    report = validate(["microboone"], empty, fresh=True)
    assert {f.code for f in report.findings} == {"TODO_LEFT"}
    found = release.read(folder)
    assert found.metadata["summary"].startswith("TODO: Data release for the first results")
    assert [o["file"] for o in found.metadata["originals"]][:2] == [
        "submission.yaml",
        "constrained_nueCC_FC.yaml",
    ]


@pytest.mark.parametrize("how", ["folder", "file", "zip", "tar.gz", "nested"])
def test_every_way_to_give_a_submission_gives_the_same(tmp_path: Path, how: str, submission: Any) -> None:
    files = sorted(MICROBOONE.iterdir())
    if how in ("folder", "file"):
        source = MICROBOONE if how == "folder" else MICROBOONE / "submission.yaml"
    elif how == "tar.gz":
        source = tmp_path / "s.tar.gz"
        with tarfile.open(source, "w:gz") as tar:
            tar.add(MICROBOONE, "HEPData-v3")
    else:
        source = tmp_path / "s.zip"
        with zipfile.ZipFile(source, "w") as packed:
            for file in files:
                packed.write(file, f"a/b/{file.name}" if how == "nested" else file.name)
    found = hepdata.read(str(source))
    for one, other in zip(found.tables, submission.tables, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)
    assert found.originals == submission.originals


def test_an_address_is_fetched(tmp_path: Path) -> None:
    import functools
    import http.server
    import threading

    with zipfile.ZipFile(tmp_path / "s.zip", "w") as packed:
        for file in MICROBOONE.iterdir():
            packed.write(file, file.name)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        assert len(hepdata.read(f"{address}/s.zip").tables) == 3
        with pytest.raises(NuanomalyError, match="404"):
            hepdata.read(f"{address}/none.zip")
        server.shutdown()


def write_table(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "submission.yaml").write_text("name: T\ndescription: d\nkeywords: []\ndata_file: t.yaml\n")
    (folder / "t.yaml").write_text(text)
    return folder


def test_gaps_percentages_and_numbers_without_a_point(tmp_path: Path) -> None:
    folder = write_table(
        tmp_path / "s",
        "independent_variables:\n- header: {name: site}\n  values: [{value: a}, {value: b}]\n"
        "dependent_variables:\n- header: {name: rate, units: 1/d}\n  values:\n"
        "  - {value: 1e-3, errors: [{symerror: 5%, label: sys}]}\n"
        "  - {value: '-', errors: [{symerror: 7%, label: sys}]}\n",
    )
    [table] = hepdata.read(str(folder)).tables
    assert bits(table.frame["rate"]) == bits([1e-3, np.nan])
    assert table.declared["missing"] == {"rate": "no value in the submission"}
    columns = {c["name"]: c for c in table.columns}
    assert columns["site"]["type"] == "string"
    assert (columns["rate_sys"]["unit"], table.frame["rate_sys"].tolist()) == ("percent", [5.0, 7.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dependent_variables: []\nindependent_variables: []\n", "not equally many"),
        ("independent_variables: []\n", "is no HEPData table"),
        ("a: [\n", "t.yaml"),
        (
            "dependent_variables:\n- {header: {name: a}, values: [{value: 1, errors: [{symerror: x}]}]}\n",
            "no number",
        ),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NuanomalyError, match=said):
        hepdata.read(str(write_table(tmp_path / "s", text)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            "[{value: 1}, {value: 1.0e+999}]",
            r"t\.yaml, line 3: 1\.0e\+999 is outside of the range of float64",
        ),
        (
            "\n  - {value: 1.5}\n  - {value: -1.0e+999}\n  - {value: 2.5}",
            r"t\.yaml, line 5: -1\.0e\+999 is outside",
        ),
        ("[{value: 1}, {value: 1e999}]", r"t\.yaml: row 2 of 'y': 1e999 is outside"),
        ("[{value: 1, errors: [{symerror: '1e400', label: '1e999'}]}]", r"row 1 of 'y': 1e400 is outside"),
        (
            "[{value: 1, errors: [{asymerror: {plus: '-1e400%', minus: -1}}]}]",
            r"row 1 of 'y': -1e400% is outside",
        ),
        (f"[{{value: 1{'0' * 400}}}]", r"row 1 of 'y': 1\.00e\+400 is outside"),
    ],
)
def test_a_number_that_is_larger_than_any_float64_is_named_with_its_place(
    tmp_path: Path, values: str, said: str
) -> None:
    write_table(tmp_path, f"dependent_variables:\n- header: {{name: y}}\n  values: {values}\n")
    with pytest.raises(NuanomalyError, match=said):
        hepdata.read(str(tmp_path))


def test_an_infinity_that_is_written_as_one_is_one(tmp_path: Path) -> None:
    values = "[{value: .inf}, {value: '-Infinity'}, {value: 1}]"
    write_table(tmp_path, f"dependent_variables:\n- header: {{name: y}}\n  values: {values}\n")
    assert hepdata.read(str(tmp_path)).tables[0].frame["y"].tolist() == [np.inf, -np.inf, 1.0]


def test_a_submission_in_a_folder_may_hold_no_links(tmp_path: Path) -> None:
    write_table(tmp_path / "s", "dependent_variables:\n- header: {name: y}\n  values: [{value: 1}]\n")
    (tmp_path / "s" / "t.yaml").rename(tmp_path / "t.yaml")
    (tmp_path / "s" / "t.yaml").symlink_to(tmp_path / "t.yaml")
    with pytest.raises(
        NuanomalyError, match=r"t\.yaml is a link, which is not followed: put the file itself there"
    ):
        hepdata.read(str(tmp_path / "s"))


def test_a_table_without_rows_and_indices_beyond_integers_are_read(tmp_path: Path) -> None:
    axis = "- {header: {name: row %d}, values: [%s]}\n"
    for values, rows in (("", 0), ("{value: 1.0e+300}", 1)):
        text = f"independent_variables:\n{axis % (1, values)}{axis % (2, values)}dependent_variables:\n"
        folder = write_table(tmp_path / f"s{rows}", text + axis % (3, values))
        assert len(hepdata.read(str(folder)).tables[0].frame) == rows
    cells = "{value: '<5', errors: [{symerror: 5%}]}, {value: 2, errors: [{symerror: 1}]}"
    text = f"- {{header: {{name: n}}, values: [{cells}]}}"
    folder = write_table(tmp_path / "p", f"independent_variables: []\ndependent_variables:\n{text}\n")
    assert hepdata.read(str(folder)).tables[0].frame["n_error"].tolist() == ["5%", "1"]


def test_an_archive_writes_nothing_and_follows_no_link(tmp_path: Path) -> None:
    target = tmp_path / "evil.tar"
    with tarfile.open(target, "w") as tar:
        for name in ("submission.yaml", "../../escaped.yaml"):
            member = tarfile.TarInfo(name)
            content = b"name: T\ndata_file: link.yaml\n"
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(NuanomalyError, match="no table that is there"):
        hepdata.read(str(target))
    assert not (tmp_path.parent / "escaped.yaml").exists()


# --- exports ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", EXPORTED)
def test_a_release_is_a_valid_submission_and_survives_bit_for_bit(id: str, tmp_path: Path) -> None:
    found = release.read(ROOT / "datasets" / id.replace("@", "/"))
    exporting.write(found, "hepdata", tmp_path / "submission")
    assert_valid(tmp_path / "submission")
    again = {t.name: t for t in hepdata.read(str(tmp_path / "submission")).tables}
    assert set(again) == {name.replace("_", "-") for name in found.tables}
    for name in found.tables:
        assert_same(found, name, again[name.replace("_", "-")])


def assert_valid(folder: Path) -> None:
    validator = (
        "import sys; from hepdata_validator.full_submission_validator import FullSubmissionValidator as V;"
        "v = V(); ok = v.validate(directory=sys.argv[1]); v.print_errors(sys.argv[1]); sys.exit(not ok)"
    )  # in a process of its own: it leaves files open, which is an error here
    command = [sys.executable, "-W", "ignore", "-c", validator, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_same(found: release.Release, name: str, theirs: Any) -> None:
    ours = found.table(name)
    assert set(map(str, theirs.frame.columns)) == set(map(str, ours.columns))
    for column in ours.columns:
        if ours[column].dtype.kind == "f":
            assert bits(ours[column]) == bits(theirs.frame[column]), f"{name}.{column}"
        else:
            assert ours[column].tolist() == theirs.frame[column].tolist(), f"{name}.{column}"
    declared = {c["name"]: c for c in theirs.columns}
    for entry in found.declared(name)["columns"]:
        assert declared.get(entry["name"], entry)["unit"] == entry.get("unit", "1")
        if entry.get("role") == "error":
            assert declared[entry["name"]]["of"] == entry["of"]


def test_errors_that_the_format_does_not_have_become_columns(empty: Path, tmp_path: Path) -> None:
    """One side alone, and errors that are all zero: the validator of HEPData refuses them as errors."""
    frame = pd.DataFrame(
        {"x": [1.0, 2.0], "sym": [0.0, 0.1], "y": [3.0, 4.0], "up": [0.1, 0.2], "down": [0.1, np.nan]}
    )
    about: dict[str, dict[str, str]] = {
        "x": {"role": "value"},
        "sym": {"role": "error", "of": "x"},
        "y": {"role": "value"},
        "up": {"role": "error-plus", "of": "y"},
        "down": {"role": "error-minus", "of": "y"},
    }
    columns = [{"name": name, "unit": "1", "meaning": name, **more} for name, more in about.items()]
    said = {"status": "derived", "source": "made up", "missing": {"down": "no lower error"}}
    folder = scaffold.write(empty, "toy", "2020-r1", [guessing.Draft("t", frame, columns, declared=said)], {})
    exporting.write(release.read(folder), "hepdata", tmp_path / "out")
    assert_valid(tmp_path / "out")
    [again] = hepdata.read(str(tmp_path / "out")).tables
    assert all(bits(again.frame[c]) == bits(frame[c]) for c in frame)


def test_any_float64_survives(empty: Path, tmp_path: Path) -> None:
    """Numbers of random bits: the smallest and the largest ones, and every sign."""
    random = np.random.default_rng(5).integers(0, 2**64, size=(200, 3), dtype=np.uint64).view(np.float64)
    numbers = np.vstack(
        [np.where(np.isfinite(random), random, 0.1), [[5e-324, -1.7976931348623157e308, 1e16]]]
    )
    frame = pd.DataFrame({"x": numbers[:, 0], "y": numbers[:, 1], "y_error": np.abs(numbers[:, 2])})
    columns = [
        {"name": "x", "unit": "1", "meaning": "x"},
        {"name": "y", "unit": "1", "meaning": "y", "role": "value"},
        {"name": "y_error", "unit": "1", "meaning": "its error", "role": "error", "of": "y"},
    ]
    said = {"status": "derived", "source": "random bits"}
    draft = guessing.Draft("numbers", frame, columns, declared=said)
    folder = scaffold.write(empty, "toy", "2020-r1", [draft], {})
    exporting.write(release.read(folder), "hepdata", tmp_path / "out")
    [again] = hepdata.read(str(tmp_path / "out")).tables
    assert all(bits(again.frame[c]) == bits(frame[c]) for c in frame)


def test_files_of_a_submission_may_have_any_name(empty: Path, tmp_path: Path) -> None:
    names = ["Fig 3 (a).yaml", "Fig 3 - a.yaml", "aux.yaml", "t" * 150 + ".yaml", "plain.yaml"]
    side = "- header: {name: %s, units: %s}\n  values: [{value: 1}, {value: 2}]\n"
    content = f"independent_variables:\n{side % ('E', 'MeV')}dependent_variables:\n{side % ('N', 'events')}"
    documents: list[dict[str, Any]] = [{"comment": "five tables"}]
    for number, name in enumerate(names):
        documents.append({"name": f"T{number}", "description": "t", "keywords": [], "data_file": name})
        (tmp_path / name).write_text(content)
    (tmp_path / "submission.yaml").write_text(yaml.safe_dump_all(documents))
    folder, missing = hepdata.write(empty, "toy", "2020-r1", str(tmp_path))
    found = release.read(folder)  # through the gate, which refuses such names as paths
    originals = {o["id"]: o for o in found.metadata["originals"]}
    assert (len(originals), len(found.tables), missing) == (len(names) + 1, len(names), ())
    assert [o["file"] for o in originals.values() if "file" in o] == ["submission.yaml", "plain.yaml"]
    assert {o for t in found.tables for o in found.declared(t)["originals"]} == set(originals)
    assert {f.code for f in validate(["toy"], empty, fresh=True).findings} == {"TODO_LEFT"}


def test_an_exported_release_is_imported_as_a_release(
    empty: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    done = run("export", "best", "--to", "hepdata", "-o", tmp_path / "out")
    assert done.code == 0
    done = run("import-hepdata", tmp_path / "out", "best", "2022-r2", archive=empty)
    assert done.code == 0
    assert {f.code for f in validate(["best"], empty, fresh=True).findings} == {"TODO_LEFT"}
