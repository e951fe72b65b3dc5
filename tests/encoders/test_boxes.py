"""Encoders that are told where words are, against transformers' own forward pass."""

import numpy
import pytest
import spacy
import torch
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    LayoutLMConfig,
    LayoutLMForTokenClassification,
)

from spacy_clinical.architectures.encoder import build_hf_encoder, get_shim, plan_for
from spacy_clinical.architectures.token_classifier import build_token_classifier
from spacy_clinical.checkpoints import Checkpoint, get_checkpoint
from spacy_clinical.encoders.loading import load_checkpoint
from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.forms.pages import FormPage, Word
from spacy_clinical.heads.labels import read_labels
from spacy_clinical.pieces.text import read_doc
from tests.conftest import load_blank
from tests.tiny import make_token_classifier, write_vocab

BIO = ["O", *(f"{r}-{n}" for n in ("HEADER", "QUESTION", "ANSWER") for r in "BI")]
BIOES = ["O", *(f"{r}-{n}" for n in ("ANSWER", "HEADER", "QUESTION") for r in "BIES")]
SIZE = (400.0, 200.0)


def make_words(n_lines: int, *, top: float = 5.0) -> list[Word]:
    words = []
    for line in range(n_lines):
        y = top + 4 * line
        words.append(Word("pain:", (20.0, y, 60.0, y + 3)))
        words.append(Word("denies", (80.0, y, 130.0, y + 3)))
        words.append(Word("fever", (134.0, y, 180.0, y + 3)))
    return words


def make_doc(*pages: list[Word]):
    vocab = spacy.blank("en").vocab
    return make_form_doc(vocab, [FormPage(*SIZE, "px", words) for words in pages])


def make_model(folder, **settings):
    encoder = build_hf_encoder(str(folder), precision="fp32", **settings)
    model = build_token_classifier(encoder)
    head = get_shim(encoder).head
    output = model.get_ref("output_layer")
    output.set_dim("nO", len(head.columns))
    model.initialize()
    output.set_param("W", head.W)
    output.set_param("b", head.b)
    return model


def reference_logits(folder, doc):
    """Logits of the first wordpieces of words, as transformers' users would find them."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    words = [token for token in doc if not token.is_space]
    ids, boxes, first = [tokenizer.cls_token_id], [[0] * 4], []
    for i, word in enumerate(words):
        # A byte-level tokenizer knows a word inside a text by the space before it.
        text = f" {word.text}" if tokenizer.__class__.__name__.startswith("R") else None
        text = word.text if text is None or i == 0 else text
        pieces = tokenizer(text, add_special_tokens=False)["input_ids"]
        first.append(len(ids))
        ids += pieces
        boxes += [list(word._.box_1000)] * len(pieces)
    inputs = {
        "input_ids": torch.tensor([[*ids, tokenizer.sep_token_id]]),
        "bbox": torch.tensor([[*boxes, [1000] * 4]]),
    }
    with torch.no_grad():
        logits = model(**inputs).logits[0].numpy()
    return logits[first]


def save_base_shaped(folder, labels):
    """A LayoutLM of the base shape, but for its number of layers, as older ones are
    published: vocab.txt and .bin only."""
    torch.manual_seed(1)
    write_vocab(folder)
    n_ids = len((folder / "vocab.txt").read_text(encoding="utf8").split("\n"))
    config = LayoutLMConfig(
        vocab_size=n_ids,
        num_hidden_layers=2,
        architectures=["LayoutLMForTokenClassification"],
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    model = LayoutLMForTokenClassification(config)
    with torch.no_grad():
        model.classifier.weight.mul_(20)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(config.to_json_string(), encoding="utf8")
    return folder


@pytest.mark.parametrize("labels", [BIO, BIOES], ids=["7", "13"])
def test_logits_of_layoutlm_are_transformers_own(tmp_path, labels):
    folder = save_base_shaped(tmp_path, labels)
    doc = make_doc(make_words(20))
    [scored] = make_model(folder).predict([doc])
    seen = scored.pieces.is_seen
    numpy.testing.assert_allclose(
        scored.X[seen], reference_logits(folder, doc), atol=2e-4
    )
    assert read_labels(labels).types == ["ANSWER", "HEADER", "QUESTION"]


def test_logits_of_lilt_are_transformers_own(tmp_path):
    folder = make_token_classifier(tmp_path, "lilt", BIO, sharpness=20.0)
    page = [Word("pain", (20, 5, 60, 9)), Word("fever", (70, 5, 99, 9))]
    doc = make_doc(page)
    [scored] = make_model(folder).predict([doc])
    # Byte-level pieces: the line has a space between its words.
    numpy.testing.assert_allclose(scored.X, reference_logits(folder, doc), atol=2e-4)


def test_long_pages_are_cut_into_windows_that_keep_every_piece_once(tiny_layoutlm):
    encoder = build_hf_encoder(str(tiny_layoutlm))
    doc = make_doc(make_words(40), make_words(3, top=50))
    plan = plan_for(get_shim(encoder), [read_doc(doc)])
    [windows] = plan.windows
    kept = [i for w in windows for i in range(w.keep_start, w.keep_stop)]
    assert kept == list(range(len(plan.pieces[0])))
    assert len(windows) > 3
    # No window looks at two pages.
    second = plan.pieces[0].first[[t.i for t in doc if t._.page == 2]].min()
    assert all(w.stop <= second or w.start >= second for w in windows)
    assert max(w.stop - w.start for w in windows) <= 62


def test_a_page_is_labelled_alike_whatever_other_pages_say(tiny_layoutlm):
    model = make_model(tiny_layoutlm)
    [alone] = model.predict([make_doc(make_words(5))])
    [second] = model.predict([make_doc(make_words(30), make_words(5))])
    numpy.testing.assert_allclose(second.X[-len(alone.X) :], alone.X, atol=1e-5)


def test_boxes_outside_of_the_page_are_moved_onto_it(tiny_layoutlm):
    words = ["pain", "fever", "no"]
    boxes = [(-50, -5, 900, 4), (60, 30, 20, 10), (10, 500, 20, 900)]
    pages = make_pages(words, boxes, width=400, height=200)
    doc = make_form_doc(load_blank().vocab, pages)
    shim = get_shim(build_hf_encoder(str(tiny_layoutlm)))
    [framed], [n_before] = shim.frame(plan_for(shim, [read_doc(doc)]).inputs)
    assert framed.boxes.min() >= 0
    assert framed.boxes.max() <= 1000
    assert (framed.boxes[:, 2:] >= framed.boxes[:, :2]).all()
    assert framed.boxes[0].tolist() == [0] * 4
    assert framed.boxes[-1].tolist() == [1000] * 4
    assert n_before == 1
    [scored] = make_model(tiny_layoutlm).predict([doc])
    assert numpy.isfinite(scored.X).all()


def test_pieces_can_have_the_box_of_their_segment(tiny_layoutlm):
    doc = make_doc(make_words(1))
    shim = get_shim(build_hf_encoder(str(tiny_layoutlm), boxes="segment"))
    [window] = plan_for(shim, [read_doc(doc)]).inputs
    assert len({tuple(box) for box in window.boxes.tolist()}) == 2
    assert tuple(window.boxes[-1]) == (200, 25, 450, 40)


def test_text_without_boxes_is_placed_as_it_looks(tiny_layoutlm):
    doc = load_blank()("pain: no\nfever: the")
    shim = get_shim(build_hf_encoder(str(tiny_layoutlm)))
    [window] = plan_for(shim, [read_doc(doc)]).inputs
    tops = window.boxes[:, 1].tolist()
    assert tops == sorted(tops)
    assert len(set(tops)) == 2


@pytest.mark.learns
def test_frozen_parameters_stay_as_they_are(tiny_layoutlm):
    from thinc.api import Adam

    encoder = build_hf_encoder(str(tiny_layoutlm), frozen=["word_embeddings"])
    shim = get_shim(encoder)
    model = make_model(tiny_layoutlm, frozen=["word_embeddings"])
    shim = get_shim(model.get_ref("encoder"))
    table = shim.loaded.model.embeddings
    words = table.word_embeddings.weight.detach().clone()
    places = table.x_position_embeddings.weight.detach().clone()
    scored, backprop = model.begin_update([make_doc(make_words(2))])
    backprop([numpy.ones_like(s.X) for s in scored])
    model.finish_update(Adam(0.1))
    assert torch.equal(table.word_embeddings.weight, words)
    assert not torch.equal(table.x_position_embeddings.weight, places)


@pytest.mark.parametrize("kind", ["layoutlmv2", "layoutlmv3"])
def test_checkpoints_that_look_at_pictures_are_refused(tmp_path, kind):
    (tmp_path / "config.json").write_text(f'{{"model_type": "{kind}"}}')
    with pytest.raises(ValueError, match=r"\[C019\].*CC BY-NC-SA"):
        load_checkpoint(Checkpoint(str(tmp_path)))


def test_forms_have_cards():
    assert get_checkpoint("layoutlm_funsd").task == "token-classification"
    assert get_checkpoint("layoutlm_base").license == "MIT"
    assert get_checkpoint("lilt_base").name == "SCUT-DLVCLab/lilt-roberta-en-base"
