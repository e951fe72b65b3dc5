"""Pairs of texts over tiny checkpoints, compared with plain transformers."""

import numpy
import pytest
import spacy
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from spacy_clinical.corpora.pairs import Pair, make_example
from spacy_clinical.errors import CodedValueError
from tests.conftest import NOTES
from tests.tiny import KINDS, make_document_classifier

HYPOTHESIS = "no fever of the patient"
NOTE = "The patient denies chest pain, and has no fever of 38. Aspirin 81 mg."
# Numbers of one digit: a window that starts inside a number isn't read as the text from
# there would be.
LONG = " ".join(
    f"the patient denies chest pain and fever {i % 10} mg." for i in range(40)
)
LABELS = ["contradiction", "entailment", "neutral"]
NAME = "clinical_pair_classifier"
# The first row of tiny checkpoints with the usual weights hardly depends on the others.
LARGE = {"initializer_range": 0.3, "sharpness": 1.0}


def make_nlp(checkpoint, *, encoder=None, **settings):
    nlp = spacy.blank("en")
    inner = {"checkpoint": str(checkpoint), "precision": "fp32", **(encoder or {})}
    nlp.add_pipe(NAME, config={**settings, "model": {"encoder": inner}})
    return nlp


def load_reference(folder):
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def run_reference(model, inputs, labels=LABELS):
    with torch.no_grad():
        scores = torch.softmax(model(**inputs).logits[0], dim=-1).tolist()
    return dict(zip(labels, scores, strict=True))


@pytest.mark.parametrize("statement_first", [False, True])
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"deberta"}))
def test_scores_are_those_of_transformers(kind, statement_first, tmp_path):
    folder = make_document_classifier(tmp_path, kind, LABELS, **LARGE)
    nlp = make_nlp(folder, statement_first=statement_first)
    model, tokenizer = load_reference(folder)
    pairs = [(NOTE, HYPOTHESIS), ("no pain", "pain"), ("x", "the patient denies fever")]
    found = nlp.get_pipe(NAME).classify(pairs)
    for (text, statement), scores in zip(pairs, found, strict=True):
        texts = (statement, text) if statement_first else (text, statement)
        expected = run_reference(model, tokenizer(*texts, return_tensors="pt"))
        assert scores == pytest.approx(expected, abs=1e-4)
    rows = [list(scores.values()) for scores in found]
    assert numpy.ptp(rows, axis=0).max() > 0.05
    # A Doc is read as its text is.
    doc = nlp.make_doc(NOTE)
    doc._.hypotheses = {"a": HYPOTHESIS}
    [statement] = nlp.get_pipe(NAME)(doc)._.statements
    assert statement["scores"] == pytest.approx(found[0], abs=1e-6)
    assert statement["label"] == max(found[0], key=found[0].get)
    assert statement["windows"][0]["start_char"] == 0


@pytest.mark.parametrize("n_words", [1, 30, 39, 40, 41, 42, 43, 90, 200])
def test_windows_are_read_as_transformers_read_them(tiny_nli, n_words):
    """Around the border of one window, and in many."""
    text = " ".join((LONG.split())[:n_words])
    nlp = make_nlp(tiny_nli, max_evidence=100)
    classifier = nlp.get_pipe(NAME)
    doc = nlp.make_doc(text)
    [[asked]] = classifier.score_asked([(doc, {"a": HYPOTHESIS})], "all")
    model, tokenizer = load_reference(tiny_nli)
    by_window = []
    for [(start, end)] in asked.scored.spans:
        inputs = tokenizer(text[start:end], HYPOTHESIS, return_tensors="pt")
        assert inputs["input_ids"].shape[1] <= 64
        by_window.append(run_reference(model, inputs))
    assert asked.scored.n_seen == asked.scored.n_pieces
    # The least neutral window decides.
    expected = min(by_window, key=lambda scores: scores["neutral"])
    doc._.hypotheses = {"a": HYPOTHESIS}
    [record] = classifier(doc)._.statements
    assert record["scores"] == pytest.approx(expected, abs=1e-4)
    label = max(expected, key=expected.get)
    assert record["label"] == label
    agreeing = [s[label] for s in by_window if max(s, key=s.get) == label]
    found = [one["score"] for one in record["windows"]]
    assert found == pytest.approx(sorted(agreeing, reverse=True), abs=1e-4)
    classifier.deciding = "mean"
    [record] = classifier(doc)._.statements
    for name, score in record["scores"].items():
        mean = numpy.mean([scores[name] for scores in by_window])
        assert score == pytest.approx(mean, abs=1e-4)


@pytest.mark.parametrize("kind", ["longformer", "big_bird"])
def test_long_inputs_take_one_window(kind, tmp_path):
    """Longer than the attention of these encoders is wide."""
    folder = make_document_classifier(
        tmp_path, kind, LABELS, max_position_embeddings=514, **LARGE
    )
    [scores] = make_nlp(folder).get_pipe(NAME).classify([(LONG[:900], HYPOTHESIS)])
    model, tokenizer = load_reference(folder)
    inputs = tokenizer(LONG[:900], HYPOTHESIS, return_tensors="pt")
    assert inputs["input_ids"].shape[1] > 200
    assert scores == pytest.approx(run_reference(model, inputs), abs=1e-3)


def test_a_pair_gives_the_same_alone_and_in_any_batch(tiny_nli):
    classifier = make_nlp(tiny_nli).get_pipe(NAME)
    pairs = [(text or "x", words) for text in NOTES for words in (HYPOTHESIS, "pain")]
    together = classifier.classify(pairs)
    for pair, scores in zip(pairs, together, strict=True):
        assert classifier.classify([pair]) == [scores]
    assert classifier.classify([]) == []


def test_notes_without_text_have_no_label(tiny_nli):
    nlp = make_nlp(tiny_nli, hypotheses={"a": HYPOTHESIS})
    for note in ("", " \n"):
        [record] = nlp(note)._.statements
        assert (record["label"], record["scores"], record["windows"]) == ("", {}, [])


def test_sections_limit_what_is_read(tiny_nli):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    model = {"encoder": {"checkpoint": str(tiny_nli)}}
    nlp.add_pipe(
        NAME,
        config={
            "model": model,
            "sections": ["plan"],
            "hypotheses": {"a": HYPOTHESIS},
        },
    )
    note = "HPI:\nChest pain.\n\nPLAN:\nno fever.\n"
    [record] = nlp(note)._.statements
    [place] = record["windows"]
    assert note[place["start_char"] :].startswith("PLAN")


def test_statements_without_words_or_room_are_refused(tiny_nli):
    with pytest.raises(CodedValueError, match=r"\[C962\]"):
        make_nlp(tiny_nli, hypotheses={"a": "?"})
    classifier = make_nlp(tiny_nli).get_pipe(NAME)
    with pytest.raises(CodedValueError, match=r"\[C961\].* of 90 wordpieces"):
        classifier.classify([(LONG, "fever " * 90)])


def test_heads_for_other_tasks_are_refused(tmp_path, tiny_ner):
    for name, labels, problem in (
        ("several", LABELS, "multi_label_classification"),
        ("one", ["score"], None),
    ):
        folder = make_document_classifier(
            tmp_path / name, "bert", labels, problem_type=problem
        )
        with pytest.raises(CodedValueError, match=rf"\[C971\].*\({len(labels)} labels"):
            make_nlp(folder).get_pipe(NAME).classify([(NOTE, HYPOTHESIS)])
    with pytest.raises(CodedValueError, match=r"\[C402\]"):
        make_nlp(tiny_ner).get_pipe(NAME).classify([(NOTE, HYPOTHESIS)])


def test_encoders_of_docs_are_refused():
    nlp = spacy.blank("en")
    model = {"encoder": {"@architectures": "spacy.Tok2VecListener.v1", "width": 8}}
    with pytest.raises(CodedValueError, match=r"\[C970\]"):
        nlp.add_pipe(NAME, config={"model": model})


@pytest.mark.learns
@pytest.mark.parametrize("deciding", ["window", "mean"])
def test_training_overfits_and_reloads(deciding, tiny_ner, tmp_path):
    """A new head, for the labels of the data."""
    nlp = make_nlp(tiny_ner, deciding=deciding, statement_first=True)
    rows = [
        ("the patient denies pain", "pain", "no"),
        ("chest pain", "pain", "yes"),
        ("aspirin 81 mg " * 30, "pain", "maybe"),
        ("no fever", "fever", "no"),
    ]
    examples = [
        make_example(nlp.make_doc(text), Pair(str(i), text, statement, label))
        for i, (text, statement, label) in enumerate(rows)
    ]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.005
    assert nlp.get_pipe(NAME).labels == ("maybe", "no", "yes")
    losses = {}
    for _ in range(60):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses)
    assert losses[NAME] < 0.1
    assert nlp.evaluate(examples)["pairs_acc"] == 1.0
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).evaluate(examples)["pairs_acc"] == 1.0
    unknown = [make_example(nlp.make_doc("x"), Pair("1", "x", "pain", "often"))]
    with pytest.raises(CodedValueError, match=r"\[C012\].*'often'"):
        nlp.update(unknown, sgd=optimizer)
