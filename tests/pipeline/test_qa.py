"""Question answering over tiny checkpoints, compared with plain transformers."""

import numpy
import pytest
import spacy
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from spacy_clinical.pieces.text import OtherText, read_doc
from tests.tiny import KINDS, make_question_answerer

QUESTION = "no fever of the patient?"
NOTE = "The patient denies chest pain, and has no fever of 38. Aspirin 81 mg."
LONG = " ".join(f"the patient denies chest pain and fever {i} mg." for i in range(40))
# Window and stride, together with the question.
SIZE = {"size": 50, "stride": 36}


def make_nlp(checkpoint, *, encoder=None, **settings):
    nlp = spacy.blank("en")
    inner = {"checkpoint": str(checkpoint), "precision": "fp32"}
    # A tiny window, instead of the one of BioBERT's authors.
    inner |= {"size": None, "stride": None, **(encoder or {})}
    nlp.add_pipe("clinical_qa", config={**settings, "model": {"encoder": inner}})
    return nlp


def get_pipe(nlp):
    return nlp.get_pipe("clinical_qa")


def score(nlp, text, question=QUESTION):
    """What the model makes of a text."""
    qa = get_pipe(nlp)
    qa.prepare_head()
    doc = nlp.make_doc(text)
    other = OtherText(question, is_question=True)
    [scored] = qa.model.predict([read_doc(doc, other=other)])
    return scored


def load_reference(folder):
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def run_reference(model, inputs):
    with torch.no_grad():
        output = model(**inputs)
    return numpy.stack([output.start_logits[0], output.end_logits[0]], axis=1)


def best_spans(rows, inside, max_length):
    """All spans of a list of (window logits, rows of its pieces, kept pieces), the
    slow way: (logit, first, last), the best first."""
    found = []
    for logits, first_row, window in rows:
        for i in range(window.keep_start, window.keep_stop):
            for j in range(i, min(i + max_length, window.stop)):
                a, b = first_row + i - window.start, first_row + j - window.start
                found.append((float(logits[a, 0] + logits[b, 1]), i, j))
    return sorted(found, key=lambda one: (-one[0], one[1], one[2]))


# Parity


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        *((kind, {}) for kind in sorted(KINDS)),
        # Without a forward pass of our own.
        ("bert", {"position_embedding_type": "relative_key"}),
    ],
)
def test_logits_are_those_of_transformers(kind, settings, tmp_path):
    folder = make_question_answerer(tmp_path, kind, sharpness=20.0, **settings)
    scored = score(make_nlp(folder), NOTE)
    model, tokenizer = load_reference(folder)
    inputs = tokenizer(QUESTION, NOTE, return_tensors="pt")
    assert 33 < inputs["input_ids"].shape[1] <= 64
    expected = run_reference(model, inputs)
    [logits] = scored.logits
    [before] = scored.starts
    # BigBird takes all of the question from the competition.
    inside = slice(before, before + len(scored.pieces))
    assert logits[inside] == pytest.approx(expected[inside], abs=2e-4)
    assert logits[0] == pytest.approx(expected[0], abs=2e-4)
    spread = expected[inside].std(axis=0)
    assert (spread > 0.05).all()


def test_texts_of_a_pair_are_told_apart_by_types(tiny_squad):
    scored = score(make_nlp(tiny_squad), NOTE)
    model, tokenizer = load_reference(tiny_squad)
    inputs = tokenizer(QUESTION, NOTE, return_tensors="pt")
    inputs["token_type_ids"] *= 0
    assert numpy.abs(run_reference(model, inputs) - scored.logits[0]).max() > 0.1


@pytest.mark.parametrize("kind", ["bert", "roberta", "longformer", "big_bird"])
def test_every_window_of_a_long_note_is_read_as_transformers_read_it(kind, tmp_path):
    folder = make_question_answerer(tmp_path, kind, sharpness=20.0)
    scored = score(make_nlp(folder, encoder=SIZE), LONG)
    model, tokenizer = load_reference(folder)
    frame = tokenizer.build_inputs_with_special_tokens
    question = tokenizer(QUESTION, add_special_tokens=False)["input_ids"]
    assert len(scored.windows) > 10
    for logits, before, window in zip(
        scored.logits, scored.starts, scored.windows, strict=True
    ):
        ids = scored.pieces.ids[window.start : window.stop].tolist()
        assert len(question) + len(ids) <= 50
        framed = frame(question, ids)
        inputs = {"input_ids": torch.tensor([framed])}
        if kind == "bert":
            types = tokenizer.create_token_type_ids_from_sequences(question, ids)
            inputs["token_type_ids"] = torch.tensor([types])
        expected = run_reference(model, inputs)
        inside = slice(before, before + len(ids))
        assert logits[inside] == pytest.approx(expected[inside], abs=2e-4)
    kept = [i for w in scored.windows for i in range(w.keep_start, w.keep_stop)]
    assert kept == list(range(len(scored.pieces)))


@pytest.mark.parametrize("n_words", [1, 2, 24, 25, 26, 39, 40, 41, 42, 60, 61, 90])
def test_spans_and_scores_at_every_border(tiny_squad, n_words):
    """Against all spans of all windows, found the slow way."""
    text = " ".join((LONG.split() * 2)[:n_words])
    nlp = make_nlp(tiny_squad, encoder=SIZE, max_answer=9)
    scored = score(nlp, text)
    rows = list(zip(scored.logits, scored.starts, scored.windows, strict=True))
    slow = best_spans(rows, None, 9)
    spans = scored.find_spans(9)
    n = min(200, len(slow))
    assert spans.logits[:n] == pytest.approx([one[0] for one in slow[:n]], abs=1e-5)
    assert (spans.first[0], spans.last[0]) == slow[0][1:]
    total = numpy.logaddexp.reduce([one[0] for one in slow])
    assert spans.log_total == pytest.approx(total)
    scores, null = spans.find_scores(with_null=False)
    assert scores[0] == pytest.approx(numpy.exp(slow[0][0] - total))
    assert null == 0.0
    nulls = [logits[0].sum() for logits in scored.logits]
    assert spans.null == pytest.approx(min(nulls), abs=1e-5)
    [answer] = get_pipe(nlp).ask(nlp(text), QUESTION)
    first, last = slow[0][1:]
    start, end = scored.pieces.offsets[first][0], scored.pieces.offsets[last][1]
    assert answer["start_char"] <= start
    assert end <= answer["end_char"]
    assert answer["score"] == pytest.approx(scores[0])
    assert answer["text"] == text[answer["start_char"] : answer["end_char"]]
