import json
import os
import pickle
import shutil
from types import SimpleNamespace

import pytest
import spacy
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel, T5Config, ViTConfig

from spacy_clinical.checkpoints import get_checkpoint, hub, list_checkpoints
from spacy_clinical.encoders import tokenizer_files
from spacy_clinical.encoders.loading import load_checkpoint
from spacy_clinical.heads.labels import bio_labels
from tests.tiny import make_bare_bert, make_token_classifier

LONG = "The patient denies chest pain and fever. " * 100


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Folders as on the hub: .bin with vocab.txt, and safetensors with all files."""
    root = tmp_path_factory.mktemp("published")
    return {
        "bin": make_bare_bert(root / "bin"),
        "safetensors": make_token_classifier(
            root / "safetensors", "distilbert", bio_labels(["Age"])
        ),
    }


@pytest.fixture
def copy(published, tmp_path):
    def copy_folder(kind):
        return shutil.copytree(published[kind], tmp_path / "copy")

    return copy_folder


def load(folder):
    return load_checkpoint(get_checkpoint(str(folder)))


def edit_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


FILES = [
    ("bin", "config.json"),
    ("bin", "pytorch_model.bin"),
    ("bin", "vocab.txt"),
    ("safetensors", "config.json"),
    ("safetensors", "model.safetensors"),
]


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
@pytest.mark.parametrize(("kind", "name"), FILES)
def test_a_missing_file_is_named(copy, kind, name):
    folder = copy(kind)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=rf"\[C003\] .*copy': .*{name}.*missing"):
        load(folder)


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize(("kind", "name"), [*FILES, ("safetensors", "tokenizer.json")])
def test_a_truncated_file_is_named(copy, kind, name, share):
    folder = copy(kind)
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    # Of a vocabulary, nothing says how long it was but the embedding table.
    found = r"\[C005\] .* 206 rows" if name == "vocab.txt" else rf"\[C003\] .*: {name} "
    with pytest.raises(ValueError, match=found):
        load(folder)


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
@pytest.mark.parametrize("is_zip", [True, False])
def test_code_in_the_weights_is_not_run(copy, tmp_path, is_zip):
    folder, proof = copy("bin"), tmp_path / "was run"
    content = {"embeddings.word_embeddings.weight": Malicious(proof)}
    path = folder / "pytorch_model.bin"
    if is_zip:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(ValueError, match=r"\[C003\] .*pytorch_model.bin .*not run"):
        load(folder)
    assert not proof.exists()


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_code_beside_the_weights_is_not_run(copy):
    folder = copy("bin")
    edit_config(folder, auto_map={"AutoModel": "modeling_own.OwnModel"})
    (folder / "modeling_own.py").write_text("raise SystemExit('was run')")
    assert load(folder).max_pieces == 64


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden_size": 64}, r"\[C003\] .* fit each other or its config.json"),
        ({"vocab_size": 50}, r"\[C003\] .* fit each other or its config.json"),
        ({"model_type": "nonsense"}, r"\[C003\] .* config.json"),
        ({"num_hidden_layers": 5}, r"\[C004\] .* is missing 48 weights"),
    ],
)
def test_a_config_of_other_weights(copy, values, message):
    folder = copy("bin")
    edit_config(folder, **values)
    with pytest.raises(ValueError, match=message):
        load(folder)


@pytest.mark.parametrize("config", [T5Config(), ViTConfig()], ids=["t5", "vit"])
def test_a_config_for_another_task(copy, config):
    folder = copy("safetensors")
    (folder / "config.json").write_text(config.to_json_string(use_diff=False))
    with pytest.raises(ValueError, match=rf"\[C017\] .*'{config.model_type}'"):
        load(folder)


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_a_vocabulary_larger_than_the_embedding_table(copy):
    folder = copy("bin")
    with (folder / "vocab.txt").open("a", encoding="utf8") as file:
        file.write("\nanother\nword")
    with pytest.raises(ValueError, match=r"\[C005\] .*knows 208 pieces.* 206 rows"):
        load(folder)


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_a_vocabulary_without_the_pieces_that_every_text_needs(copy):
    folder = copy("bin")
    path = folder / "vocab.txt"
    words = path.read_text(encoding="utf8")
    path.write_text(words.replace("[CLS]", "one").replace("[UNK]", "two"), "utf8")
    with pytest.raises(ValueError, match=r"\[C0(05|18)\] "):
        load(folder)


def test_a_cased_vocabulary_is_read_with_its_case(published):
    with pytest.warns(UserWarning, match=r"\[W001\]") as caught:
        loaded = load(published["bin"])
    assert len(caught) == 1
    [cased, lower] = loaded.tokenizer.encode(["Patient", "patient"])
    assert cased.ids != lower.ids
    assert cased.tokens == ["Patient"]


def test_a_length_limit_that_the_tokenizer_lacks_is_not_needed(published):
    # Its model_max_length is 1e30: the positions of the model count.
    nlp = spacy.blank("en")
    model = {"checkpoint": str(published["bin"])}
    nlp.add_pipe("clinical_transformer", config={"model": model})
    with pytest.warns(UserWarning, match=r"\[W001\]"):
        nlp.initialize()
    doc = nlp(LONG)
    pieces = doc._.clinical_pieces["clinical_transformer"]
    assert pieces["pieces"] > 600
    assert pieces["windows"] > 10
    assert pieces["not_seen"] == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 63}, r"\[C013\] Windows of 63 .*maximum is 62"),
        ({"size": 20, "stride": 21}, r"\[C001\] .*windows of 20 .*every 21:"),
        ({"size": 20, "stride": -1}, r"\[C001\] .*windows of 20 .*every -1:"),
    ],
)
def test_windows_that_don_t_do_are_refused_before_any_note(
    published, settings, message
):
    nlp = spacy.blank("en")
    model = {"checkpoint": str(published["safetensors"]), **settings}
    nlp.add_pipe("clinical_transformer", config={"model": model})
    with pytest.raises(ValueError, match=message):
        nlp.initialize()


def test_weights_in_several_files(copy):
    folder = copy("safetensors")
    expected = load(folder).model.state_dict()
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for name, of_part in parts.items():
        save_file({n: weights[n] for n in of_part}, folder / name, {"format": "pt"})
    places = {n: name for name, of_part in parts.items() for n in of_part}
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = load(folder).model.state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    (folder / "b.safetensors").unlink()
    with pytest.raises(ValueError, match=r"\[C003\] .*b.safetensors is missing"):
        load(folder)


@pytest.mark.filterwarnings(r"ignore:\[W001\]")
def test_the_revision_of_a_card_is_asked_for_and_nothing_else(monkeypatch, published):
    """One commit is asked for, once; everything is then read from that folder."""
    card = get_checkpoint("bio_clinicalbert")
    asked, read = [], []

    def model_info(self, name, *, revision, timeout=None):
        asked.append(("model_info", name, revision))
        siblings = [SimpleNamespace(rfilename=n) for n in os.listdir(published["bin"])]
        return SimpleNamespace(sha=revision, siblings=siblings)

    def download(name, *, revision, allow_patterns):
        asked.append(("snapshot_download", name, revision))
        assert "pytorch_model.bin" in allow_patterns
        assert not [pattern for pattern in allow_patterns if "*" in pattern]
        return str(published["bin"])

    def record(auto_class):
        original = auto_class.from_pretrained

        def from_pretrained(path, *args, **options):
            read.append(path)
            assert options["local_files_only"]
            assert options["trust_remote_code"] is False
            return original(path, *args, **options)

        monkeypatch.setattr(auto_class, "from_pretrained", from_pretrained)

    monkeypatch.setattr(hub.HfApi, "model_info", model_info)
    monkeypatch.setattr(hub, "snapshot_download", download)
    record(BertModel)
    record(tokenizer_files.AutoTokenizer)
    loaded = load_checkpoint(card)
    assert loaded.commit == card.revision
    kinds = ("model_info", "snapshot_download")
    assert asked == [(kind, card.name, card.revision) for kind in kinds]
    assert len(read) == 2
    assert all(os.path.isabs(path) for path in read)


def test_no_network_is_one_error_at_once(refuse):
    refuse("socket.getaddrinfo", OSError("no network"))
    refuse("time.sleep", AssertionError("it waits to try again"))
    with pytest.raises(ValueError, match=r"\[C009\] .*'nobody/nothing'.* network"):
        load("nobody/nothing")


def test_saved_pipelines_need_no_network_nor_the_checkpoint(copy, tmp_path, refuse):
    folder = copy("bin")
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_transformer", config={"model": {"checkpoint": str(folder)}})
    with pytest.warns(UserWarning, match=r"\[W001\]"):
        nlp.initialize()
    expected = nlp("Chest pain")._.trf_data.model_output["last_hidden_state"]
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(folder)
    folder = tmp_path / "saved" / "clinical_transformer"
    saved = {path.name for path in folder.rglob("*") if path.is_file()}
    assert "model.safetensors" in saved
    assert not {name for name in saved if name.endswith((".bin", ".pkl", ".pt"))}

    for opening in ("socket.socket.connect", "socket.getaddrinfo"):
        refuse(opening, AssertionError("a socket was opened"))
    # The case is kept without another warning.
    loaded = spacy.load(tmp_path / "saved")
    found = loaded("Chest pain")._.trf_data.model_output["last_hidden_state"]
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", list_checkpoints())
def test_cards_say_what_their_users_must_know(name):
    card = get_checkpoint(name)
    assert card.name.count("/") == 1
    assert card.revision
    assert card.license
    assert len(card.source) > 20
    assert card.max_pieces in (512, 4096)
    assert get_checkpoint(card.name) == card
