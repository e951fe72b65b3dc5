"""Checkpoints that are carried to machines without a network."""

import json
import shutil
import socket
import tarfile
from types import SimpleNamespace

import pytest
import spacy
import torch
from typer.testing import CliRunner

from spacy_clinical.checkpoints import get_checkpoint, is_offline_ready
from spacy_clinical.checkpoints.store import (
    MANIFEST,
    STORE_VARIABLE,
    find_sha256,
    verify,
    write_manifest,
)
from spacy_clinical.cli import app
from spacy_clinical.commands import checkpoints as commands
from spacy_clinical.encoders.convert import convert_weights
from tests.tiny import make_bare_bert, make_core


def run(*arguments):
    result = CliRunner().invoke(app, ["checkpoints", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def offline(monkeypatch):
    """Whoever opens a socket fails."""

    def refuse(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


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
    assert "bio_clinicalbert: as its manifest says" in result.output


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
