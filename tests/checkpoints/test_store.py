"""Checkpoints that are carried to machines without a network."""

import json
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import spacy
import torch
from huggingface_hub.utils import RevisionNotFoundError
from typer.testing import CliRunner

from spacy_clinical.checkpoints import get_checkpoint, is_offline_ready
from spacy_clinical.checkpoints import hub as hubs
from spacy_clinical.checkpoints import store as stores
from spacy_clinical.checkpoints.bundle import write_bundle
from spacy_clinical.checkpoints.store import (
    MANIFEST,
    STORE_VARIABLE,
    verify,
    write_manifest,
)
from spacy_clinical.cli import app
from spacy_clinical.commands import checkpoints as commands
from spacy_clinical.encoders import loading
from spacy_clinical.encoders.convert import convert_weights
from spacy_clinical.encoders.loading import load_checkpoint
from spacy_clinical.files.digests import find_sha256
from tests.tiny import make_bare_bert, make_core


def run(*arguments):
    result = CliRunner().invoke(app, ["checkpoints", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def offline(refuse):
    """Whoever opens a socket fails."""
    for opening in ("socket.socket", "socket.create_connection"):
        refuse(opening, OSError("no network here"))


@pytest.fixture
def store(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    make_bare_bert(folder / "bio_clinicalbert")
    make_core(folder / "DATEXIS--CORe-clinical-diagnosis-prediction", ["401", "250"])
    for path in folder.iterdir():
        write_manifest(path, {"checkpoint": path.name})
    monkeypatch.setenv(STORE_VARIABLE, str(folder))
    return folder


def test_cards_are_found_in_a_store(store, offline):
    card = get_checkpoint("bio_clinicalbert")
    assert card.name == "emilyalsentzer/Bio_ClinicalBERT"
    assert card.lower_case is False
    assert card.location == str((store / "bio_clinicalbert").resolve())
    assert is_offline_ready(card)
    by_hub_id = get_checkpoint("DATEXIS/CORe-clinical-diagnosis-prediction")
    assert by_hub_id == get_checkpoint("core_diagnosis")
    assert "CORe" in by_hub_id.location
    assert not is_offline_ready(get_checkpoint("medbert"))


@pytest.mark.filterwarnings(r"ignore:\[W00[12]\]")
def test_a_pipeline_works_from_a_store_without_a_network(store, offline):
    nlp = spacy.blank("en")
    encoder = {"checkpoint": "core_diagnosis"}
    config = {"model": {"encoder": encoder}, "threshold": 0.0}
    nlp.add_pipe("clinical_icd9_categorizer", config=config)
    doc = nlp("Hypertension.")
    assert set(doc.cats) == {"401", "250"}
    provenance = doc._.clinical_provenance["clinical_icd9_categorizer"]
    assert provenance["checkpoint"] == "DATEXIS/CORe-clinical-diagnosis-prediction"
    assert str(store) not in json.dumps(doc._.clinical_provenance)


def test_several_stores_are_searched_in_order(store, tmp_path, monkeypatch):
    other = tmp_path / "other"
    shutil.copytree(store / "bio_clinicalbert", other / "bio_clinicalbert")
    monkeypatch.setenv(STORE_VARIABLE, f"{other}:{store}")
    location = get_checkpoint("bio_clinicalbert").location
    assert location == str((other / "bio_clinicalbert").resolve())


def test_ids_without_a_card_are_found_too(store):
    shutil.copytree(store / "bio_clinicalbert", store / "some--bert")
    assert get_checkpoint("some/bert").location == str((store / "some--bert").resolve())


@pytest.mark.parametrize("harm", ["change", "remove", "add", "manifest", "none"])
def test_verify_finds_what_was_changed(store, harm):
    folder = store / "bio_clinicalbert"
    if harm == "change":
        (folder / "vocab.txt").write_text("x")
    elif harm == "remove":
        (folder / "vocab.txt").unlink()
    elif harm == "add":
        (folder / "evil.py").write_text("x")
    elif harm == "manifest":
        (folder / MANIFEST).write_text("[]")
    if harm == "none":
        assert verify(folder)["checkpoint"] == "bio_clinicalbert"
        return
    names = {"add": "evil", "manifest": "MANIFEST"}
    with pytest.raises(ValueError, match=rf"\[C021\].*{names.get(harm, 'vocab')}"):
        verify(folder)


def test_weights_are_converted_once_and_stay_the_same(store):
    folder = store / "bio_clinicalbert"
    before = torch.load(folder / "pytorch_model.bin", weights_only=True)
    result = run("convert", folder)
    assert result.exit_code == 0, result.output
    assert not (folder / "pytorch_model.bin").exists()
    from safetensors.torch import load_file

    after = load_file(folder / "model.safetensors")
    assert set(after) == set(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert not convert_weights(folder)
    verify(folder)


def test_weights_that_hold_code_are_not_run(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(), protocol=2))
    (tmp_path / "config.json").write_text("{}")
    result = run("convert", tmp_path)
    assert result.exit_code == 1
    assert "C003" in result.output
    assert "run\n" not in result.output
    assert not (tmp_path / "model.safetensors").exists()


def test_bundles_can_be_carried(store, tmp_path, monkeypatch, offline):
    bundle = tmp_path / "bundle.tar"
    names = "bio_clinicalbert", "core_diagnosis"
    assert run("bundle", *names, "--output", bundle).exit_code == 0
    first = find_sha256(bundle)
    assert run("bundle", *names, "--output", bundle).exit_code == 0
    assert find_sha256(bundle) == first
    there = tmp_path / "there"
    with tarfile.open(bundle) as archive:
        archive.extractall(there, filter="data")
    monkeypatch.setenv(STORE_VARIABLE, str(there))
    result = run("verify", *names)
    assert result.exit_code == 0, result.output
    (there / "core_diagnosis" / "vocab.txt").write_text("x")
    result = run("verify", *names)
    assert result.exit_code == 1
    assert "C021" in result.output
    assert "bio_clinicalbert: matches its manifest" in result.output


def test_what_is_not_here_can_not_be_bundled_or_verified(tmp_path, monkeypatch):
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    assert run("bundle", "medbert", "--output", tmp_path / "x.tar").exit_code == 2
    assert run("verify", "medbert").exit_code == 1
    assert run("show", "no_such_card").exit_code == 2


def test_cards_are_listed_and_shown(store):
    listed = run("list").output
    rows = {line.split()[0]: line.split()[1] for line in listed.splitlines()}
    assert rows["bio_clinicalbert"] == rows["layoutlm_forms_sm"] == "ready"
    assert rows["medbert"] == "-"
    shown = run("show", "core_diagnosis").output
    for text in ("9,237", "none stated", "van Aken", "without a network"):
        assert text in shown


def test_every_card_says_what_it_is_for():
    from spacy_clinical.checkpoints import list_checkpoints

    for name in list_checkpoints():
        card = get_checkpoint(name)
        assert card.purpose
        assert card.parameters
        assert card.source
        assert card.license


# Manifests, and what lies beside what they name


@pytest.fixture
def cache(tmp_path):
    """A folder of a hub's cache, as its library makes it: links into blobs."""
    root = tmp_path / "hub" / "models--owner--bert"
    files = make_bare_bert(tmp_path / "files")
    snapshot = root / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (root / "blobs").mkdir()
    for path in files.iterdir():
        digest = find_sha256(path)
        shutil.move(path, root / "blobs" / digest)
        (snapshot / path.name).symlink_to(f"../../blobs/{digest}")
    return snapshot


COMMIT = "0123456789abcdef" * 2 + "01234567"
ELSEWHERE = (
    "../../x",
    "/etc/hostname",
    "a/../../x",
    "",
    ".",
    "a//b",
    "C:x",
    "a\\b",
    "a\0",
)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_manifest_that_names_files_elsewhere_is_refused(store, tmp_path, name):
    (tmp_path / "x").write_text("x")
    folder = store / "bio_clinicalbert"
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][name] = {"sha256": find_sha256(tmp_path / "x"), "bytes": 1}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"\[C021\] .*outside the folder"):
        verify(folder)
    result = run("bundle", folder, "--output", tmp_path / "x.tar")
    assert result.exit_code == 1
    assert "C021" in result.output
    with pytest.raises(ValueError, match=r"\[C021\]"):
        load_checkpoint(get_checkpoint("bio_clinicalbert"))


@pytest.mark.parametrize("place", ["", "inner/", ".hidden/", "inner/.git/"])
@pytest.mark.parametrize("kind", ["file", "hidden", "pipe", "link", "link to a folder"])
def test_verify_looks_at_everything(store, tmp_path, kind, place):
    folder = store / "bio_clinicalbert"
    (folder / place).mkdir(parents=True, exist_ok=True)
    path = folder / place / (".x" if kind == "hidden" else "x")
    if kind in ("file", "hidden"):
        path.write_text("x")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path if "folder" in kind else "/etc/hostname")
    with pytest.raises(ValueError, match=rf"\[C021\].*{path.name} is not in its"):
        verify(folder)
    # None of it is packed.
    bundle = tmp_path / "bundle.tar"
    assert run("bundle", "bio_clinicalbert", "--output", bundle).exit_code == 0
    with tarfile.open(bundle) as archive:
        assert f"bio_clinicalbert/{place}{path.name}" not in archive.getnames()
        assert all(member.isreg() or member.isdir() for member in archive)


@pytest.mark.parametrize("kind", ["out", "up", "pipe", "folder", "loop", "device"])
def test_named_files_that_are_links_out_or_no_files_are_refused(store, tmp_path, kind):
    folder = store / "bio_clinicalbert"
    path = folder / "vocab.txt"
    path.rename(tmp_path / "vocab.txt")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        up = "../../vocab.txt"
        targets = {"out": tmp_path / "vocab.txt", "up": up, "loop": "vocab.txt"}
        path.symlink_to(targets.get(kind, "/dev/zero"))
    with pytest.raises(ValueError, match=r"\[C021\] .*vocab.txt"):
        verify(folder)
    bundle = tmp_path / "bundle.tar"
    result = run("bundle", "bio_clinicalbert", "--output", bundle)
    assert result.exit_code == 1
    assert "C021" in result.output
    assert not [p.name for p in tmp_path.iterdir() if "bundle" in p.name]


def test_a_folder_of_the_hub_s_cache_is_packed_as_files(cache, tmp_path, monkeypatch):
    assert run("convert", cache).exit_code == 0
    os.link(cache / "MANIFEST.json", tmp_path / "a second name of it")
    (cache / "a link out").symlink_to("/etc/hostname")
    bundle, there = tmp_path / "bundle.tar", tmp_path / "there"
    result = run("bundle", cache, "--output", bundle)
    assert result.exit_code == 0, result.output
    with tarfile.open(bundle) as archive:
        assert all(member.isreg() or member.isdir() for member in archive)
        archive.extractall(there, filter="data")
    [folder] = there.iterdir()
    assert folder.name == "owner--bert"
    assert verify(folder)["revision"] == COMMIT
    assert (folder / "vocab.txt").stat().st_size > 100
    monkeypatch.setenv(STORE_VARIABLE, str(there))
    assert run("verify", "owner/bert").exit_code == 0


def test_files_with_two_names_are_packed_twice(store, tmp_path):
    folder = store / "bio_clinicalbert"
    os.link(folder / "vocab.txt", folder / "again.txt")
    write_manifest(folder, {})
    bundle, there = tmp_path / "bundle.tar", tmp_path / "there"
    assert run("bundle", "bio_clinicalbert", "--output", bundle).exit_code == 0
    with tarfile.open(bundle) as archive:
        assert not [member for member in archive if member.islnk()]
        archive.extractall(there, filter="data")
    verify(there / "bio_clinicalbert")


def test_two_folders_of_one_name_are_not_packed(store, tmp_path):
    other = shutil.copytree(store / "bio_clinicalbert", tmp_path / "bio_clinicalbert")
    names = (store / "bio_clinicalbert", other)
    result = run("bundle", *names, "--output", tmp_path / "x.tar")
    assert result.exit_code == 1
    assert "C027" in result.output


@pytest.mark.parametrize("harm", ["change", "add", "remove", "same size"])
def test_a_checkpoint_that_was_changed_is_not_loaded(store, harm, monkeypatch):
    folder = store / "bio_clinicalbert"
    card = get_checkpoint("bio_clinicalbert")
    load_checkpoint(card)
    path = folder / {"add": "special_tokens_map.json"}.get(harm, "pytorch_model.bin")
    if harm == "remove":
        path.unlink()
    elif harm == "same size":
        data = bytearray(path.read_bytes())
        data[-500] ^= 1
        path.write_bytes(data)
    else:
        path.write_text("{}")

    def refuse(*args, **kwargs):
        raise AssertionError("it is parsed")

    monkeypatch.setattr(loading, "list_files", refuse)
    with pytest.raises(ValueError, match=rf"\[C021\] .*{path.name}"):
        load_checkpoint(card)


def test_digests_are_compared_once_in_a_process(store, monkeypatch):
    hashed = []
    monkeypatch.setattr(
        stores, "find_sha256", lambda path: hashed.append(path) or find_sha256(path)
    )
    card = get_checkpoint("bio_clinicalbert")
    for _ in range(3):
        load_checkpoint(card)
    assert len(hashed) == 3
    # What isn't read doesn't matter, but is looked for.
    (store / "bio_clinicalbert" / "notes.txt").write_text("x")
    load_checkpoint(card)
    assert len(hashed) == 6


# The hub


class Hub:
    """A hub with one checkpoint, of some commits; the last is main."""

    def __init__(self, source, commits):
        self.source = source
        self.commits = commits
        self.asked = []

    def model_info(self, api, name, *, revision, timeout=None):
        self.asked.append(revision)
        known = {
            **{commit: commit for commit in self.commits},
            "main": self.commits[-1],
        }
        if revision not in known:
            # What its initializer wants depends on the version of the library.
            raise RevisionNotFoundError.__new__(RevisionNotFoundError)
        paths = filter(Path.is_file, self.source.rglob("*"))
        names = [path.relative_to(self.source).as_posix() for path in paths]
        siblings = [SimpleNamespace(rfilename=name) for name in names]
        return SimpleNamespace(sha=known[revision], siblings=siblings)

    def download(self, name, *, revision, allow_patterns, local_dir=None):
        assert revision in self.commits
        local_dir = local_dir or self.source.parent / "snapshots" / revision
        (local_dir / ".cache" / "huggingface").mkdir(parents=True)
        (local_dir / ".cache" / "huggingface" / ".gitignore").write_text("*")
        for path in self.source.iterdir():
            if path.name in allow_patterns:
                shutil.copy(path, local_dir)
        return str(local_dir)


PINNED = "d5892b39a4adaed74b92212a44081509db72f87b"


@pytest.fixture
def make_hub(tmp_path, monkeypatch):
    monkeypatch.delenv(STORE_VARIABLE, raising=False)

    def make(*commits):
        made = Hub(make_bare_bert(tmp_path / "source"), commits)
        monkeypatch.setattr(
            hubs.HfApi,
            "model_info",
            lambda api, name, **kw: made.model_info(api, name, **kw),
        )
        monkeypatch.setattr(hubs, "snapshot_download", made.download)
        monkeypatch.setattr(commands, "snapshot_download", made.download)
        return made

    return make


PUBLISHED = {
    "emilyalsentzer/Bio_ClinicalBERT": PINNED,
    "dmis-lab/biobert-v1.1": "551ca18efd7f052c8dfa0b01c94c2a8e68bc5488",
    "microsoft/layoutlm-base-uncased": "30e3cdd39c11f09757b0fcf7598533d05052acef",
    "yikuan8/Clinical-Longformer": "5e2ebe8f6e98d4751eaf71a8514e0edbe73989a2",
    "d4data/biomedical-ner-all": "015a4050c9ac99722e61c547aa9b4282bcbedc7f",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_cards_pin_the_commits_that_are_known(name):
    assert get_checkpoint(name).revision == PUBLISHED[name]


def test_fetch_asks_for_the_pinned_commit_and_says_it(make_hub, tmp_path):
    hub = make_hub(PINNED, COMMIT)
    result = run("fetch", "bio_clinicalbert", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert hub.asked == [PINNED]
    assert PINNED in result.output
    assert "revision = " not in result.output
    folder = tmp_path / "out" / "bio_clinicalbert"
    manifest = verify(folder)
    assert manifest["revision"] == PINNED
    files = {path.name for path in folder.iterdir()} - {MANIFEST}
    assert {name: f["sha256"] for name, f in manifest["files"].items()} == {
        name: find_sha256(folder / name) for name in files
    }


def test_fetch_offers_the_line_for_a_card_that_says_main(make_hub, tmp_path):
    hub = make_hub(COMMIT)
    result = run("fetch", "medbert", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert hub.asked == ["main"]
    assert f'revision = "{COMMIT}"' in result.output


@pytest.mark.parametrize("files", [["model.onnx"], ["onnx/model_int8.onnx"]])
def test_onnx_exports_are_not_fetched(make_hub, files, tmp_path):
    hub = make_hub(COMMIT)
    for path in hub.source.glob("*.bin"):
        path.unlink()
    for name in files:
        (hub.source / name).parent.mkdir(exist_ok=True)
        (hub.source / name).write_bytes(b"\x08\x07")
    result = run("fetch", "owner/bert-onnx", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "[C032]" in result.output
    assert "'owner/bert'" in " ".join(result.output.split())
    with pytest.raises(ValueError, match=r"\[C032\] .* the original: 'owner/bert'"):
        hubs.find_folder(get_checkpoint("owner/bert-onnx"))


def test_fetch_takes_main_where_the_pinned_commit_is_gone(make_hub, tmp_path):
    hub = make_hub(COMMIT)
    result = run("fetch", "bio_clinicalbert", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert hub.asked == [PINNED, "main"]
    assert result.output.count("[W003]") == 1
    assert COMMIT in result.output
    assert verify(tmp_path / "out" / "bio_clinicalbert")["revision"] == COMMIT


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_a_branch_that_is_gone_is_an_error(make_hub, tmp_path):
    make_hub(COMMIT)
    card = replace(get_checkpoint("medbert"), revision="dev")
    with pytest.raises(ValueError, match=r"\[C009\] .*dev"):
        load_checkpoint(card)


def find_revision(name):
    nlp = spacy.blank("en")
    model = {"checkpoint": name, "precision": "fp32"}
    nlp.add_pipe("clinical_transformer", config={"model": model})
    nlp.initialize()
    doc = nlp("Chest pain")
    found = doc._.clinical_provenance["clinical_transformer"]
    assert found["checkpoint"] == get_checkpoint(name).name
    return found["revision"]


def test_provenance_names_the_commit_of_a_hub_s_checkpoint(make_hub):
    make_hub(COMMIT)
    assert find_revision("medbert") == COMMIT


def test_provenance_names_the_commit_that_took_the_pinned_one_s_place(make_hub):
    make_hub(COMMIT)
    with pytest.warns(UserWarning, match=rf"\[W003\] .*{PINNED}") as caught:
        assert find_revision("bio_clinicalbert") == COMMIT
    assert len(caught) == 1


def test_provenance_names_the_commit_of_a_fetched_checkpoint(
    make_hub, tmp_path, monkeypatch, offline
):
    make_hub(COMMIT)
    run("fetch", "medbert", "--output", tmp_path / "out")
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "out"))
    assert get_checkpoint("medbert").revision == "main"
    assert find_revision("medbert") == COMMIT


@pytest.fixture
def hub(store, monkeypatch):
    """A hub that has what the store has."""
    source = store / "bio_clinicalbert"
    (source / "flax_model.msgpack").write_text("not needed")

    def model_info(self, name, *, revision, timeout=None):
        names = [path.name for path in source.iterdir()]
        return SimpleNamespace(
            sha="abc123", siblings=[SimpleNamespace(rfilename=n) for n in names]
        )

    def download(name, *, revision, allow_patterns, local_dir):
        assert revision == "abc123"
        local_dir.mkdir(parents=True)
        for path in source.iterdir():
            if path.name in allow_patterns:
                shutil.copy(path, local_dir)

    monkeypatch.setattr(commands.HfApi, "model_info", model_info)
    monkeypatch.setattr(commands, "snapshot_download", download)
    return source


def test_fetched_checkpoints_have_safe_weights_and_a_manifest(hub, tmp_path):
    out = tmp_path / "out"
    result = run("fetch", "bio_clinicalbert", "--output", out)
    assert result.exit_code == 0, result.output
    folder = out / "bio_clinicalbert"
    assert {path.name for path in folder.iterdir()} == {
        *("config.json", "vocab.txt", "model.safetensors", MANIFEST)
    }
    manifest = verify(folder)
    assert manifest["revision"] == "abc123"
    assert manifest["license"] == "MIT"
    assert run("verify", folder).exit_code == 0


def test_without_a_network_fetching_says_so(tmp_path, offline):
    result = run("fetch", "medbert", "--output", tmp_path)
    assert result.exit_code == 1
    assert "C020" in result.output


def fail(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_a_bundle_that_can_not_be_written_leaves_the_old_one(
    store, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.tar").write_text("old")
    monkeypatch.setattr(tarfile.TarFile, "addfile", fail)
    folder = next(path for path in sorted(store.iterdir()) if path.is_dir())
    with pytest.raises(OSError, match="No space"):
        write_bundle([("a", folder)], out / "a.tar")
    assert [path.name for path in out.iterdir()] == ["a.tar"]
    assert (out / "a.tar").read_text() == "old"


def test_a_manifest_that_can_not_be_written_leaves_the_old_one(store, monkeypatch):
    folder = next(path for path in sorted(store.iterdir()) if path.is_dir())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_manifest(folder, {})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
