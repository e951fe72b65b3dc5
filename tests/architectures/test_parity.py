"""Our logits and entities against transformers, run plainly on the same files."""

from functools import cache

import numpy
import pytest
import spacy
import torch
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    pipeline,
)

from spacy_clinical.heads.labels import bio_labels
from tests.conftest import NOTES, add_ner
from tests.tiny import KINDS, make_token_classifier

LABELS = bio_labels(["Age", "Drug"])
SHORT = "The patient denies chest pain and fever, 5 mg of aspirin."


@pytest.fixture(scope="module", params=KINDS)
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return make_token_classifier(folder, request.param, LABELS, sharpness=30.0)


@pytest.fixture(scope="module")
def nlp(checkpoint):
    """A pipeline with `clinical_ner` over it, which is ready."""
    nlp = add_ner(spacy.blank("en"), checkpoint)
    nlp.initialize()
    return nlp


def with_global_attention(model, input_ids):
    """What transformers' Longformer must be told: the first piece sees everything."""
    inputs = {"input_ids": input_ids}
    if model.config.model_type == "big_bird":
        # It stays at full attention after one short sequence.
        model.base_model.set_attention_type("block_sparse")
    if model.config.model_type == "longformer":
        inputs["global_attention_mask"] = torch.zeros_like(input_ids)
        inputs["global_attention_mask"][:, 0] = 1
    return inputs


def assert_close(found, expected):
    """As pytest.approx says, which takes longer than an encoder on thousands of rows."""
    assert found.shape == expected.shape
    assert numpy.abs(found - expected).max(initial=0) <= 1e-4


def plain_logits(checkpoint, text):
    """Logits of each piece of a text that fits, without special tokens."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForTokenClassification.from_pretrained(checkpoint).eval()
    with torch.no_grad():
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        return model(**with_global_attention(model, ids)).logits[0, 1:-1].numpy()


def our_logits(nlp, docs):
    """Logits of each piece, from the encoder and the head of the component."""
    model = nlp.get_pipe("clinical_ner").model
    output = model.get_ref("output_layer")
    return [output.predict(e.X) for e in model.get_ref("encoder").predict(docs)]


def test_logits_equal_those_of_transformers(nlp, checkpoint):
    [ours] = our_logits(nlp, [nlp.make_doc(SHORT)])
    assert ours == pytest.approx(plain_logits(checkpoint, SHORT), abs=1e-4)


def test_logits_do_not_depend_on_the_batch(nlp):
    docs = [nlp.make_doc(text) for text in [*NOTES, SHORT]]
    together = our_logits(nlp, docs)
    for doc, logits in zip(docs, together, strict=True):
        [alone] = our_logits(nlp, [doc])
        assert_close(logits, alone)


def test_windows_equal_transformers_on_each_window(nlp):
    doc = nlp.make_doc(" ".join([SHORT] * 9))
    encoder = nlp.get_pipe("clinical_ner").model.get_ref("encoder")
    [encoded] = encoder.predict([doc])
    assert len(encoded.windows) > 2
    shim = encoder.shims[0]
    model = shim.loaded.model
    before, after = shim.loaded.tokenizer.specials
    for start, stop, keep_start, keep_stop in encoded.windows:
        ids = torch.tensor([[*before, *encoded.pieces.ids[start:stop], *after]])
        with torch.no_grad():
            output = model(**with_global_attention(model, ids))
        plain = output.last_hidden_state[0].numpy()
        plain = plain[len(before) + keep_start - start :][: keep_stop - keep_start]
        assert_close(encoded.X[keep_start:keep_stop], plain)


# 512 positions, or 4,096, less two special tokens.
LONG = {
    "bert": {"max_position_embeddings": 512},
    "distilbert": {"max_position_embeddings": 512},
    "roberta": {"max_position_embeddings": 514},
    "longformer": {"max_position_embeddings": 4098, "attention_window": 512},
    "big_bird": {"max_position_embeddings": 4096, "block_size": 64},
}
# Around the ends of a window, and around BigBird's 704 pieces, up to which it sees all.
BORDERS = {
    510: [1, 510, 511, 512, 2_000],
    4094: [1, 704, 705, 4094, 4095, 4096, 4097, 9_000],
}


@pytest.fixture(scope="module", params=LONG)
def long_nlp(request, tmp_path_factory):
    """Few and narrow layers, but windows as long as the published ones."""
    folder = tmp_path_factory.mktemp(f"long_{request.param}")
    make_token_classifier(folder, request.param, LABELS, **LONG[request.param])
    nlp = add_ner(spacy.blank("en"), folder)
    nlp.initialize()
    return nlp


def test_notes_of_any_length_equal_transformers_on_their_windows(long_nlp):
    encoder = long_nlp.get_pipe("clinical_ner").model.get_ref("encoder")
    loaded = encoder.shims[0].loaded
    before, after = loaded.tokenizer.specials

    # Windows of most lengths are the same.
    @cache
    def encode_plainly(pieces):
        ids = torch.tensor([[*before, *pieces, *after]])
        with torch.no_grad():
            output = loaded.model(**with_global_attention(loaded.model, ids))
        return output.last_hidden_state[0, len(before) :].numpy()

    for n_pieces in BORDERS[encoder.shims[0].window[0]]:
        check_windows(long_nlp, encoder, n_pieces, encode_plainly)


def check_windows(nlp, encoder, n_pieces, encode_plainly):
    [encoded] = encoder.predict([nlp.make_doc(" pain" * n_pieces)])
    assert len(encoded.pieces) == n_pieces
    size = encoder.shims[0].window[0]
    assert (len(encoded.windows) == 1) is (n_pieces <= size)
    kept = [i for w in encoded.windows for i in range(w.keep_start, w.keep_stop)]
    assert kept == list(range(n_pieces))
    # The first and the last show all lengths that windows have.
    for start, stop, keep_start, keep_stop in {encoded.windows[0], encoded.windows[-1]}:
        plain = encode_plainly(tuple(encoded.pieces.ids[start:stop]))
        plain = plain[keep_start - start :][: keep_stop - keep_start]
        assert_close(encoded.X[keep_start:keep_stop], plain)


def as_tuples(doc):
    return [(e.start_char, e.end_char, e.label_) for e in doc.ents]


def test_entities_equal_those_of_the_pipeline_where_words_are_the_same(tiny_ner):
    # On words that are spaCy tokens and tokenizer words alike, the pipeline's
    # "first" strategy is right, and the greedy decoder finds the same.
    text = "the patient denies chest pain and fever and 5 mg of aspirin"
    nlp = add_ner(spacy.blank("en"), tiny_ner, decoder="greedy")
    with pytest.warns(UserWarning, match=r"\[W002\] 2 labels"):
        nlp.initialize()
    tag = pipeline("ner", model=str(tiny_ner), aggregation_strategy="first")
    theirs = [(e["start"], e["end"], e["entity_group"]) for e in tag(text)]
    doc = nlp(text)
    assert len(theirs) > 2
    assert as_tuples(doc) == theirs
    scores = [float(e["score"]) for e in tag(text)]
    assert [e._.score for e in doc.ents] == pytest.approx(scores, abs=1e-4)


def test_entities_where_the_pipeline_splits_words(tiny_ner):
    # transformers' default strategy may end an entity inside a word; ours cannot.
    text = "Dyspnea, paresthesia and hypercholesterolemia since Tuesday."
    nlp = add_ner(spacy.blank("en"), tiny_ner)
    with pytest.warns(UserWarning, match=r"\[W002\]"):
        nlp.initialize()
    tag = pipeline("ner", model=str(tiny_ner), aggregation_strategy="simple")
    doc = nlp(text)
    borders = {t.idx for t in doc} | {t.idx + len(t) for t in doc}
    theirs = {border for e in tag(text) for border in (e["start"], e["end"])}
    assert not theirs <= borders
    ours = {border for e in doc.ents for border in (e.start_char, e.end_char)}
    assert ours <= borders


def test_entities_beyond_the_length_where_the_pipeline_stops(tiny_ner):
    text = "the patient denies chest pain . " * 20
    nlp = add_ner(spacy.blank("en"), tiny_ner)
    with pytest.warns(UserWarning, match=r"\[W002\]"):
        nlp.initialize()
    doc = nlp(text)
    record = doc._.clinical_pieces["clinical_ner"]
    assert record["pieces"] > 64
    assert record["not_seen"] == 0
    assert doc.ents[-1].end_char > len(text) - 40


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_gradients_equal_those_of_transformers(kind, tmp_path):
    folder = make_token_classifier(tmp_path / kind, kind, LABELS)
    nlp = add_ner(spacy.blank("en"), folder)
    nlp.initialize()
    encoder = nlp.get_pipe("clinical_ner").model.get_ref("encoder")
    shim = encoder.shims[0]
    for module in shim.loaded.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    shim.loaded.model.config.attention_probs_dropout_prob = 0.0
    [encoded], backprop = encoder.begin_update([nlp.make_doc(SHORT)])
    d_rows = numpy.random.default_rng(0).normal(size=encoded.X.shape)
    backprop([d_rows.astype("float32")])
    weight = "encoder.layer.0.attention.self.query.weight"
    ours = dict(shim.loaded.model.named_parameters())[weight].grad.numpy().copy()

    plain = AutoModelForTokenClassification.from_pretrained(folder).base_model.eval()
    encoding = AutoTokenizer.from_pretrained(folder)(SHORT, return_tensors="pt")
    hidden = plain(**encoding).last_hidden_state[0, 1:-1]
    (hidden * torch.from_numpy(d_rows).float()).sum().backward()
    theirs = dict(plain.named_parameters())[weight].grad.numpy()
    assert ours == pytest.approx(theirs, abs=1e-4)
