"""Vectors of names: as transformers computes them, and as BioSyn scores them."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from spacy_clinical.architectures.concept_encoder import build_concept_encoder
from spacy_clinical.checkpoints import hub
from spacy_clinical.concepts.dense import DenseScorer, compare_grams
from spacy_clinical.encoders.sparse_weight import read_sparse_weight
from tests.tiny import N_POSITIONS, SIZES, always_the_same, write_vocab

NAMES = ["Chest pain", "FEVER, and chest-pain!", "no", "pain " * 40]
PLAIN = ["chest pain", "fever and chest pain", "no", "pain " * 40]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A tiny BERT with BioSyn's other files."""
    folder = tmp_path_factory.mktemp("biosyn")
    write_vocab(folder)
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    n_ids = len((folder / "vocab.txt").read_text(encoding="utf8").split("\n"))
    config = BertConfig(vocab_size=n_ids, max_position_embeddings=N_POSITIONS, **SIZES)
    with always_the_same():
        torch.save(BertModel(config).state_dict(), folder / "pytorch_model.bin")
    config.to_json_file(folder / "config.json", use_diff=False)
    torch.save(torch.tensor([0.25]), folder / "sparse_weight.pt")
    (folder / "sparse_encoder.pk").write_bytes(pickle.dumps(Trap()))
    return folder


class Trap:
    """Fails where it is unpickled."""

    def __reduce__(self):
        return exec, ("raise SystemExit('sparse_encoder.pk was opened')",)


def encode_plainly(folder, names):
    """Encode names as the authors do."""
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    model = BertModel.from_pretrained(folder).eval()
    inputs = tokenizer(
        names, padding=True, truncation=True, max_length=25, return_tensors="pt"
    )
    with torch.no_grad():
        return model(**inputs).last_hidden_state[:, 0].numpy()


def test_vectors_are_those_of_transformers(checkpoint):
    model = build_concept_encoder(str(checkpoint))
    found = np.stack(model.predict(NAMES))
    np.testing.assert_allclose(found, encode_plainly(checkpoint, PLAIN), atol=1e-5)


def test_scores_are_the_weighted_sum(checkpoint):
    model = build_concept_encoder(str(checkpoint))
    model.initialize()
    assert model.attrs["sparse_weight"] == 0.25
    scorer = DenseScorer(model.predict, model.attrs["sparse_weight"])
    found = scorer.score(NAMES[0], NAMES[1:])
    vectors = encode_plainly(checkpoint, PLAIN)
    sparse = compare_grams(PLAIN[0], PLAIN[1:])
    assert sparse[1] == 0
    assert sparse[0] > 0
    expected = vectors[1:] @ vectors[0] + 0.25 * sparse
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_compares_grams_by_their_cosine():
    assert compare_grams("pain", ["pain", "fever"]).tolist() == [1.0, 0.0]
    # " pa" of four, and of three.
    assert compare_grams("pain", ["pal"]) == pytest.approx(1 / 12**0.5)


def test_scores_by_hand():
    # Grams of " pain ": " pa", "pai", "ain", "in "; of " pal ": " pa", "pal", "al ".
    vectors = {"pain": [1.0, 2.0], "pal": [3.0, -1.0], "pain pal": [0.5, 0.5]}
    scorer = DenseScorer(lambda names: [np.array(vectors[n]) for n in names], 2.0)
    found = scorer.score("Pain", ["pal", "pain", "pain, pal"])
    # Dense 1, 5 and 1.5; shared grams 1 of 4 and 3, 4 of 4 and 4, 4 of 4 and 6, as the
    # first one of "pal" is there already.
    sparse = [1 / 12**0.5, 1.0, 4 / 24**0.5]
    np.testing.assert_allclose(found, np.array([1, 5, 1.5]) + 2 * np.array(sparse))


def test_the_weight_comes_with_a_download(checkpoint, monkeypatch):
    asked = []

    def download(name, *, revision, allow_patterns):
        asked.extend(allow_patterns)
        return str(checkpoint)

    def ask(api, card, **kwargs):
        return SimpleNamespace(sha="0" * 40, siblings=[])

    monkeypatch.setattr(hub, "ask_hub", ask)
    monkeypatch.setattr(hub, "snapshot_download", download)
    model = build_concept_encoder("someone/names")
    assert model.attrs["sparse_weight"] is None
    model.initialize()
    assert model.attrs["sparse_weight"] == 0.25
    assert "sparse_weight.pt" in asked
    assert not any("sparse_encoder" in pattern for pattern in asked)


def test_weight_of_the_setting_wins(checkpoint, tmp_path):
    model = build_concept_encoder(str(checkpoint), sparse_weight=2.0)
    assert model.attrs["sparse_weight"] == 2.0
    assert read_sparse_weight(tmp_path) == 0.0


@pytest.mark.parametrize("value", [[1.0, 2.0], [float("nan")], "text", None])
def test_refuses_other_weights(tmp_path, value):
    kept = torch.tensor(value) if isinstance(value, list) else value
    torch.save(kept, tmp_path / "sparse_weight.pt")
    with pytest.raises(ValueError, match="C926"):
        read_sparse_weight(tmp_path)


def test_runs_no_code_of_a_weight(tmp_path):
    (tmp_path / "sparse_weight.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="C926"):
        read_sparse_weight(tmp_path)


def test_gradients_reach_the_encoder(checkpoint):
    model = build_concept_encoder(str(checkpoint))
    rows, backprop = model.begin_update(["chest pain", "fever"])
    backprop([np.ones_like(row) for row in rows])
    gradients = [p.grad for p in model.shims[0].loaded.model.parameters()]
    assert any(g is not None and float(g.abs().sum()) > 0 for g in gradients)


def test_linker_ranks_by_vectors_and_keeps_them(checkpoint, heart_vocabulary, tmp_path):
    nlp = spacy.blank("en")
    model = {"@architectures": "spacy-clinical.ConceptEncoder.v1"}
    config = {
        "vocabularies": [str(heart_vocabulary)],
        "model": {**model, "checkpoint": str(checkpoint)},
        "threshold": 0.0,
    }
    nlp.add_pipe("clinical_linker", config=config)

    def link(nlp):
        doc = nlp.make_doc("Heart failur and heart failure")
        doc.ents = [doc.char_span(0, 12, label="X"), doc.char_span(17, 30, label="X")]
        doc = nlp(doc)
        return [(e._.kb_ents, e._.concept["how"]) for e in doc.ents]

    found = link(nlp)
    assert [how for _, how in found] == ["dense", "exact"]
    nlp.to_disk(tmp_path / "nlp")
    again = link(spacy.load(tmp_path / "nlp"))
    blank = spacy.blank("en")
    blank.add_pipe("clinical_linker", config=config)
    for other in (again, link(blank.from_bytes(nlp.to_bytes()))):
        for (ids, how), (other_ids, other_how) in zip(found, other, strict=True):
            assert how == other_how
            assert [key for key, _ in ids] == [key for key, _ in other_ids]
            scores = [score for _, score in ids]
            assert scores == pytest.approx([s for _, s in other_ids], abs=1e-4)
