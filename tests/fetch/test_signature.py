"""A signed index: what its ledger has beyond ours is taken, by the user's keys alone."""

import json
import shutil
import warnings
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from nuanomaly.archive import loading, mirror, paths
from nuanomaly.archive.errors import IntegrityError, NuanomalyError
from nuanomaly.archive.fetch import FetchError, fetch
from nuanomaly.archive.loading import UnlistedReleaseWarning


def keys(folder: Path, name: str) -> tuple[Path, Path]:
    """The files of a new private key and of its public key."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def signed(archive: Path, machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signed mirror of a release that the machine does not know; its key is trusted, nothing else is."""
    private, public = keys(tmp_path, "ours")
    mirror.mirror(archive, tmp_path / "signed", private)
    monkeypatch.setenv("NUANOMALY_KEYS", str(public))
    monkeypatch.delenv("NUANOMALY_UNLISTED")
    monkeypatch.setenv("NUANOMALY_SOURCES", str(tmp_path / "signed"))
    return tmp_path / "signed"


def test_a_release_that_a_signed_ledger_knows_is_taken(signed: Path) -> None:
    assert fetch("tiny").name == "2020-r1"


def test_without_the_key_it_is_refused(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUANOMALY_KEYS")
    with pytest.raises(FetchError, match="ledger of this program does not know"):
        fetch("tiny")


def test_another_key_signs_for_nobody(signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANOMALY_KEYS", str(keys(tmp_path, "other")[1]))
    with pytest.raises(FetchError, match="none of the keys"):
        fetch("tiny")


def test_an_index_that_was_changed_after_signing_is_refused(signed: Path) -> None:
    file = signed / "index.json"
    content = json.loads(file.read_text())
    content["groups"] = {"mine": ["tiny@2020-r1"]}
    file.write_text(json.dumps(content))
    with pytest.raises(FetchError, match="none of the keys"):
        fetch("tiny")


def test_an_index_without_its_signature_is_as_any_other(signed: Path) -> None:
    (signed / "index.json.sig").unlink()
    with pytest.raises(FetchError, match="ledger of this program does not know"):
        fetch("tiny")


def test_a_signed_ledger_that_contradicts_ours_is_refused(signed: Path) -> None:
    ledger = 'schema: "1"\nreleases: []\nledger:\n  tiny@2020-r1: ' + "0" * 64 + "\n"
    paths.catalog_file().write_text(ledger, "utf-8")
    with pytest.raises(FetchError, match="does not say of tiny@2020-r1 what this program knows"):
        fetch("tiny")


def test_a_table_that_is_not_what_was_signed_is_refused(signed: Path) -> None:
    table = signed / "datasets" / "tiny" / "2020-r1" / "ratios.csv"
    table.write_text(table.read_text().replace("0.1", "0.2"))
    with pytest.raises(FetchError):
        fetch("tiny")


def test_a_key_that_is_none_is_one_sentence(
    signed: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no key\n")
    with pytest.raises(NuanomalyError, match=r"broken\.pem: is no private key"):
        mirror.mirror(archive, tmp_path / "again", broken)
    monkeypatch.setenv("NUANOMALY_KEYS", str(broken))
    with pytest.raises(FetchError, match="is no public key"):
        fetch("tiny")


def test_signing_again_without_a_key_removes_the_signature(signed: Path, archive: Path) -> None:
    mirror.mirror(archive, signed)
    assert not (signed / "index.json.sig").exists()


# --- what was proven when it was fetched is proven when it is loaded ----------------------------------------


@pytest.mark.parametrize("output", [None, "here"])
def test_what_a_signed_index_proved_is_loaded_without_a_warning(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    fetch("tiny", output)
    shutil.rmtree(signed)  # whoever loads it asks no mirror
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert loading.load("tiny").id == "tiny@2020-r1"


def test_a_key_that_is_taken_away_proves_nothing_any_more(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch("tiny")
    monkeypatch.setenv("NUANOMALY_KEYS", str(keys(tmp_path, "other")[1]))
    with pytest.warns(UnlistedReleaseWarning):
        loading.load("tiny")
    monkeypatch.delenv("NUANOMALY_KEYS")
    with pytest.warns(UnlistedReleaseWarning):
        loading.load("tiny")


def test_a_copy_that_was_changed_is_not_what_was_signed(signed: Path) -> None:
    file = fetch("tiny") / "release.yaml"
    file.write_text(file.read_text("utf-8").replace("experiment: ", "experiment: not "), "utf-8")
    with pytest.raises(IntegrityError, match="is not what was released"):
        loading.load("tiny")


def test_a_kept_index_that_was_changed_proves_nothing(signed: Path) -> None:
    folder = fetch("tiny")
    [kept] = (folder.parents[2] / ".nuanomaly" / "signed").glob("*.json")
    kept.write_text(kept.read_text("utf-8") + " ", "utf-8")
    with pytest.warns(UnlistedReleaseWarning):
        loading.load("tiny")


def test_a_bundle_is_signed_as_a_mirror_is(
    signed: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.bundle(archive, tmp_path / "signed.zip", tmp_path / "ours.pem")
    mirror.bundle(archive, tmp_path / "plain.zip")
    with pytest.raises(FetchError, match="ledger of this program does not know"):
        fetch("tiny", sources=[str(tmp_path / "plain.zip")])
    assert fetch("tiny", sources=[str(tmp_path / "signed.zip")]).name == "2020-r1"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loading.load("tiny")
