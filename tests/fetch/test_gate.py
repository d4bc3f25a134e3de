"""Nothing of a release from outside is used before the gate: names, paths, sizes, hashes, ledger."""

import ast
import gzip
import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import nuanomaly
from nuanomaly.archive import catalog_content, gate, loading, release
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, printable
from nuanomaly.archive.fetch import FetchError, fetch, fetcher
from nuanomaly.archive.fetching.download import Policy
from nuanomaly.archive.fetching.listing import ReleaseEntry

TINY = "datasets/tiny/2020-r1"
Serve = Callable[[Path], Any]


def forge(mirrored: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A mirror that lies: its release.yaml is changed, and its index has the hashes of what it serves."""
    file = mirrored / TINY / "release.yaml"
    data = yaml.safe_load(file.read_text("utf-8"))
    change(data)
    file.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")
    return listed(mirrored)


def listed(mirrored: Path) -> Path:
    """A mirror whose index has the hashes of what it serves."""
    index = json.loads((mirrored / "index.json").read_text("utf-8"))
    for entry in index["releases"][0]["files"]:
        content = (mirrored / TINY / entry["path"]).read_bytes()
        entry |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (mirrored / "index.json").write_text(json.dumps(index), "utf-8")
    return mirrored


def rename_table(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["tables"].update({name: data["tables"].pop("ratios")})


ATTACKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a name that leads out of the folder": lambda d: d.update(name="../../victim"),
    "an absolute name": lambda d: d.update(name="/tmp/victim"),
    "another name": lambda d: d.update(name="other"),
    "a version that leads out": lambda d: d.update(version="../../victim"),
    "another version": lambda d: d.update(version="2021-r1"),
    "an absolute table name": rename_table("/tmp/victim/ratios"),
    "a table name that leads out": rename_table("../../../victim/ratios"),
    "a hidden table name": rename_table(".ratios"),
    "a file of the machine": lambda d: d["tables"]["ratios"].update(file="/etc/hostname"),
    "a file above": lambda d: d["tables"]["ratios"].update(file="../../../victim/secret.csv"),
    "a file that is not listed": lambda d: d["tables"]["ratios"].update(file="other.csv"),
    "release.yaml as a table": lambda d: d["tables"]["ratios"].update(file="release.yaml"),
    "a file that is no text": lambda d: d["tables"]["ratios"].update(file=["ratios.csv"]),
    "tables as a list": lambda d: d.update(tables=[d["tables"]]),
    "a state that there is not": lambda d: d.update(state="blessed"),
    "ten thousand million columns": lambda d: d["tables"]["ratios"]["columns"][0].update(count=10**10),
    "an original that leads out": lambda d: d.update(
        originals=[{"id": "x", "source": "x", "licence": "x", "file": "../../victim"}]
    ),
    "a table sealed with another hash": lambda d: d["tables"]["ratios"].update(sha256="0" * 64),
    "a terminal escape": lambda d: d.update(title="tiny \x1b[2J"),
    "a terminal escape in the reason": lambda d: d.update(state="retracted", retracted={"reason": "\x1b]0;"}),
    "markup": lambda d: d.update(title="<script>alert(1)</script>"),
    "a type that there is not": lambda d: d["tables"]["ratios"]["columns"][0].update(type="object"),
    "a likelihood that is a text": lambda d: d.update(likelihood="chi2"),
}


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """What an attack is after: it must stay as it is."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "secret.csv").write_text("ratio,label\n1.0,secret\n")
    return folder


def below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("format", [None, "csv", "parquet", "json"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_lying_mirror_writes_reads_and_replaces_nothing_outside(
    machine: Path, mirrored: Path, victim: Path, tmp_path: Path, attack: str, format: str | None
) -> None:
    before = below(victim)
    source = forge(mirrored, ATTACKS[attack])
    with pytest.raises(NuanomalyError) as caught:
        fetch("tiny", tmp_path / "out", format=format, sources=[str(source)])
    assert "\x1b" not in str(caught.value)
    assert below(victim) == before
    assert not any((tmp_path / "out").rglob("*.csv"))
    assert not list((machine / "datasets").rglob("*"))


@pytest.mark.parametrize("levels", ["[" * 300_000, "{a: " * 300_000, "- " * 300_000])
def test_a_mirror_that_nests_beyond_every_parser_is_one_sentence(
    machine: Path, mirrored: Path, levels: str
) -> None:
    """A parser that is written in C and recursive would end the process."""
    with (mirrored / TINY / "release.yaml").open("a", encoding="utf-8") as file:
        file.write(f"nested:\n  {levels}")
    with pytest.raises(NuanomalyError, match="nested too deeply"):
        fetch("tiny", sources=[str(listed(mirrored))])


@pytest.mark.parametrize("attack", ["a name that leads out of the folder", "a file of the machine"])
def test_a_cache_that_another_program_wrote_passes_the_same_gate(
    machine: Path, archive: Path, tmp_path: Path, attack: str
) -> None:
    folder = machine / TINY
    shutil.copytree(archive / TINY, folder)
    data = yaml.safe_load((folder / "release.yaml").read_text("utf-8"))
    ATTACKS[attack](data)
    (folder / "release.yaml").write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    with pytest.raises(IntegrityError, match=r"release\.yaml, line \d+: .*(name|unsafe)"):
        nuanomaly.load("tiny")
    with pytest.raises(NuanomalyError, match="damaged"):
        fetch("tiny", tmp_path / "out", format="csv", offline=True)
    assert not (tmp_path / "out").exists()


def test_an_honest_mirror_stands_behind_a_lying_one(
    machine: Path, mirrored: Path, archive: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(mirrored, tmp_path / "forged")
    forge(other, ATTACKS["another name"])
    assert fetch("tiny", sources=[str(other), str(archive)]).is_dir()


def test_what_the_ledger_does_not_know_is_taken_only_when_told(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUANOMALY_UNLISTED")
    with pytest.raises(FetchError, match=r"tiny@2020-r1, which the ledger .* does not know: .*--unlisted"):
        fetch("tiny", sources=[str(mirrored)])
    with fetcher(sources=[str(mirrored)]) as made:
        assert made.available() == []
    assert fetch("tiny", sources=[str(mirrored)], unlisted=True).is_dir()
    with pytest.warns(loading.UnlistedReleaseWarning, match=r"tiny@2020-r1 is not in the ledger"):
        nuanomaly.load("tiny")


def test_what_the_ledger_knows_needs_nothing(
    machine: Path, mirrored: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NUANOMALY_UNLISTED")
    shutil.copyfile(archive / "catalog.yaml", tmp_path / "empty" / "catalog.yaml")
    assert fetch("tiny", sources=[str(mirrored)]).is_dir()
    assert nuanomaly.load("tiny").id == "tiny@2020-r1"
    forged = forge(shutil.copytree(mirrored, tmp_path / "forged"), lambda d: d.update(title="Forged"))
    with pytest.raises(FetchError, match="other files than the ledger"):
        fetch("tiny", tmp_path / "out", sources=[str(forged)])


def test_a_strange_group_is_not_taken_unless_told(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = json.loads((mirrored / "index.json").read_text("utf-8"))
    index["groups"] = {"some": ["tiny"]}
    (mirrored / "index.json").write_text(json.dumps(index), "utf-8")
    with fetcher(sources=[str(mirrored)]) as made:
        assert made.members("some") == ("tiny",)
    monkeypatch.delenv("NUANOMALY_UNLISTED")
    with fetcher(sources=[str(mirrored)]) as made, pytest.raises(FetchError, match="--unlisted"):
        made.members("some")


def test_a_changed_table_in_the_cache_is_named_and_never_used(machine: Path, mirrored: Path) -> None:
    folder = fetch("tiny", sources=[str(mirrored)])
    assert len(nuanomaly.load("tiny").table("ratios")) == 3
    (folder / "ratios.csv").write_text("ratio,label\n0.9,a\n0.3,b\nNaN,c\n")
    with pytest.raises(IntegrityError, match=r"table 'ratios' .*get it again with `nuanomaly fetch tiny"):
        nuanomaly.load("tiny").table("ratios")
    with pytest.raises(FetchError, match=r"the copy in .*tiny.2020-r1 is damaged"):
        fetch("tiny@2020-r1", offline=True, sources=[])
    repaired = fetch("tiny@2020-r1", sources=[str(mirrored)])
    assert nuanomaly.load("tiny").table("ratios")["ratio"][0] == 0.1
    assert repaired == folder


def test_a_changed_release_yaml_in_the_cache_is_named(
    machine: Path, mirrored: Path, archive: Path, tmp_path: Path
) -> None:
    shutil.copyfile(archive / "catalog.yaml", tmp_path / "empty" / "catalog.yaml")
    folder = fetch("tiny", sources=[str(mirrored)])
    file = folder / "release.yaml"
    file.write_text(file.read_text("utf-8").replace("A tiny release", "A giant release", 1), "utf-8")
    with pytest.raises(IntegrityError, match=r"is not what was released, .*fetch tiny@2020-r1"):
        nuanomaly.load("tiny")


def test_a_release_may_be_retracted_after_the_program_was_made(
    machine: Path, mirrored: Path, archive: Path, tmp_path: Path
) -> None:
    shutil.copyfile(archive / "catalog.yaml", tmp_path / "empty" / "catalog.yaml")
    folder = fetch("tiny", sources=[str(mirrored)])
    file = folder / "release.yaml"
    text = file.read_text("utf-8").replace("state: released", "state: retracted\nretracted: {reason: wrong}")
    file.write_text(text, "utf-8")
    with pytest.warns(loading.RetractedReleaseWarning, match="wrong"):
        nuanomaly.load("tiny")


def test_a_draft_in_a_checkout_that_changed_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_archive: Callable[..., Path]
) -> None:
    root = make_archive(tmp_path / "drafts", tiny="2020-r1 draft")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(root))
    (root / TINY / "ratios.csv").write_text("ratio,label\n0.9,a\n")
    with pytest.warns(release.UnsealedTableWarning, match="nuanomaly seal tiny@2020-r1"):
        assert nuanomaly.load("tiny").table("ratios")["ratio"][0] == 0.9


def test_sizes_that_no_release_has_are_refused_before_anything_is_fetched(
    machine: Path, mirrored: Path, serve: Serve, quick: Policy
) -> None:
    index = json.loads((mirrored / "index.json").read_text("utf-8"))
    index["releases"][0]["files"][0]["size"] = 1 << 40
    (mirrored / "index.json").write_text(json.dumps(index), "utf-8")
    server = serve(mirrored)
    with fetcher(sources=[server.url], policy=quick) as made, pytest.raises(FetchError, match="more than"):
        made.get("tiny")
    assert server.asked(f"{TINY}/release.yaml") == []


def test_what_the_catalogue_lists_byte_for_byte_is_not_read_again(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalogue was written from it; a release of other files, or of another ledger, is read."""
    from nuanomaly.archive.fetching import index

    folder = mirrored / TINY
    entry = index.describe(folder)
    ledger = {entry.id: index.digest(folder, entry)}
    monkeypatch.setattr("nuanomaly.archive.document.read", lambda file: pytest.fail("it was read"))
    gate.admitted(folder, entry, ledger, entry)
    other = ReleaseEntry("tiny", "2020-r1", "released", entry.files[:1])
    for known, listed in ((ledger, None), (ledger, other), ({}, entry)):
        with pytest.raises(pytest.fail.Exception, match="it was read"):
            gate.admitted(folder, entry, known, listed)


def test_the_words_of_somebody_else_do_not_steer_a_terminal() -> None:
    assert printable("a\x1b[31m\u202eb\x9b") == "a\\x1b[31m\\u202eb\\x9b"
    assert str(NuanomalyError("503 \x1b]0;owned\x07")) == "503 \\x1b]0;owned\\x07"


def test_the_gate_catches_nothing_that_it_does_not_name() -> None:
    """A catch-all would turn a fault of the gate itself into a release that passes, or into a wrong word."""
    package = Path(gate.__file__).parent
    # code that a package brings, which its user has installed, may raise anything when it is imported
    modules = set(package.rglob("*.py")) - {package / "outside.py"}
    assert len(modules) > 80
    for module in sorted(modules):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                named = ast.unparse(node.type) if node.type else ""
                raises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
                assert named not in ("", "Exception"), module
                assert named != "BaseException" or raises, module


def test_the_quick_ledger_is_the_ledger() -> None:
    file = Path(__file__).parents[2] / "catalog.yaml"
    assert dict(catalog_content.ledger(file)) == dict(catalog_content.read(file)["ledger"])


# --- lies of an index, and of tables ----------------------------------------------------------------------


def index_of(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def do(mirrored: Path) -> None:
        file = mirrored / "index.json"
        content = json.loads(file.read_text("utf-8"))
        change(content["releases"][0])
        file.write_text(json.dumps(content), "utf-8")

    return do


def entry_of(item: dict[str, Any], path: str) -> dict[str, Any]:
    return next(f for f in item["files"] if f["path"] == path)


def smaller(item: dict[str, Any]) -> None:
    entry_of(item, "ratios.csv")["size"] = 3


def larger(item: dict[str, Any]) -> None:
    entry_of(item, "ratios.csv")["size"] = 3_000_000


def of_another(item: dict[str, Any]) -> None:
    entry_of(item, "ratios.csv")["sha256"] = entry_of(item, "big/events.csv")["sha256"]


def twice_in_other_case(mirrored: Path) -> None:
    folder = mirrored / TINY
    (folder / "RATIOS.csv").write_bytes((folder / "ratios.csv").read_bytes())
    index_of(lambda item: item["files"].append({**entry_of(item, "ratios.csv"), "path": "RATIOS.csv"}))(
        mirrored
    )


def table_twice(mirrored: Path) -> None:
    file = mirrored / TINY / "release.yaml"
    text = file.read_text("utf-8")
    again = "  ratios: {file: ratios.csv, kind: table, status: official, source: x, columns: [{name: x}]}\n"
    file.write_text(text.replace("changes:", f"{again}changes:"), "utf-8")
    listed(mirrored)


def tables_of_one_name_but_for_case(mirrored: Path) -> None:
    forge(mirrored, lambda d: d["tables"].update({"RATIOS": dict(d["tables"]["ratios"])}))


def schema_of_the_future(mirrored: Path) -> None:
    forge(mirrored, lambda d: d.update(schema="99"))


def parquet_that_says_otherwise(mirrored: Path) -> None:
    """The file holds texts in a column of another name; its declaration and its hash say nothing of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = mirrored / TINY
    pq.write_table(pa.table({"other": ["a", "b", "c"]}), folder / "ratios.parquet")
    (folder / "ratios.csv").unlink()
    sha256 = hashlib.sha256((folder / "ratios.parquet").read_bytes()).hexdigest()
    index_of(lambda item: entry_of(item, "ratios.csv").update(path="ratios.parquet"))(mirrored)
    forge(mirrored, lambda d: d["tables"]["ratios"].update(file="ratios.parquet", sha256=sha256))


def packed_once_more(mirrored: Path) -> None:
    """A table that is a gzip of much in little: it is no table, and is never unpacked."""
    folder = mirrored / TINY
    (folder / "ratios.csv").write_bytes(gzip.compress(b"0" * 50_000_000, 9))
    sha256 = hashlib.sha256((folder / "ratios.csv").read_bytes()).hexdigest()
    forge(mirrored, lambda d: d["tables"]["ratios"].update(sha256=sha256))


AT_ONCE: dict[str, Callable[[Path], object]] = {
    "a size that is too small": index_of(smaller),
    "a size that is too large": index_of(larger),
    "the sha256 of another file": index_of(of_another),
    "two files that are one where case is nothing": twice_in_other_case,
    "a table that stands twice": table_twice,
    "two tables that are one where case is nothing": tables_of_one_name_but_for_case,
    "a schema of the future": schema_of_the_future,
}
WHEN_READ: dict[str, Callable[[Path], object]] = {
    "Parquet that holds other columns": parquet_that_says_otherwise,
    "much in little": packed_once_more,
}


@pytest.mark.parametrize("lie", AT_ONCE)
def test_a_lie_is_one_sentence_and_leaves_nothing(
    machine: Path, mirrored: Path, tmp_path: Path, lie: str
) -> None:
    AT_ONCE[lie](mirrored)
    with pytest.raises(NuanomalyError) as caught:
        fetch("tiny", tmp_path / "out", sources=[str(mirrored)])
    assert "\n" not in str(caught.value)
    assert not list((machine / "datasets").rglob("*"))
    assert not any(p.is_file() for p in (tmp_path / "out").rglob("*") if ".nuanomaly" not in p.parts)


def test_a_file_with_its_sha256_and_another_size_is_said(
    machine: Path, mirrored: Path, tmp_path: Path
) -> None:
    """Tried again, what had come was taken for whole: its sha256 is right."""
    index_of(larger)(mirrored)
    with pytest.raises(FetchError, match="has 46 bytes by its sha256, and is listed with 3000000"):
        fetch("tiny", sources=[str(mirrored)])


@pytest.mark.parametrize("lie", WHEN_READ)
def test_a_table_that_is_none_is_said_when_it_is_read(
    machine: Path, mirrored: Path, tmp_path: Path, lie: str
) -> None:
    WHEN_READ[lie](mirrored)
    with pytest.raises(NuanomalyError) as caught:
        fetch("tiny", tmp_path / "out", format="csv", sources=[str(mirrored)])
    assert "\n" not in str(caught.value)
    assert not any(p.is_file() for p in (tmp_path / "out").rglob("*") if ".nuanomaly" not in p.parts)


def test_a_bundle_with_a_link_or_two_members_of_one_name(
    machine: Path, mirrored: Path, tmp_path: Path
) -> None:
    file = tmp_path / "all.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(p for p in mirrored.rglob("*") if p.is_file()):
            name = path.relative_to(mirrored).as_posix()
            info = zipfile.ZipInfo(name)
            if name.endswith("ratios.csv"):
                info.external_attr = 0o120777 << 16
                archive.writestr(info, "/etc/hostname")
            else:
                archive.writestr(info, path.read_bytes())
    with pytest.raises(FetchError, match=r"ratios\.csv"):
        fetch("tiny", sources=[str(file)])
    assert not list((machine / "datasets").rglob("*"))
