import pickle
import warnings
from itertools import pairwise

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from transformers import AutoModelForTokenClassification, AutoTokenizer

from spacy_clinical.heads.labels import OUTSIDE
from spacy_clinical.identifiers.clinical import leave_out_clinical
from spacy_clinical.identifiers.found import LABELS, PHI_KEY, list_identifiers
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note
from tests.tiny import make_token_classifier

# The inventory of obi/deid_bert_i2b2: 45 labels, sorted.
COLUMNS = sorted([OUTSIDE, *(f"{role}-{name}" for name in LABELS for role in "BILU")])
TEXT = (
    "Patient: Anders Lindqvist, MRN: 4481239, DOB: 3/4/1951. The patient denies chest "
    "pain and fever. Seen by Dr. Lee on 3/14/2023 in Boston."
)
FOUND = [
    ("PATIENT", "Anders Lindqvist"),
    ("ID", "4481239"),
    ("DATE", "3/4/1951"),
    ("STAFF", "Lee"),
    ("DATE", "3/14/2023"),
]


@pytest.fixture(scope="module")
def tiny_deid(tmp_path_factory):
    """A tiny checkpoint with the real labels."""
    folder = tmp_path_factory.mktemp("tiny_deid")
    return make_token_classifier(folder, "bert", COLUMNS, sharpness=20.0)


def make(checkpoint=None, **settings):
    """Make a pipeline, over a checkpoint if one is given."""
    nlp = spacy.blank("en")
    if checkpoint is not None:
        encoder = {
            "@architectures": "spacy-clinical.HFEncoder.v1",
            "checkpoint": str(checkpoint),
            "precision": "fp32",
        }
        settings["model"] = {
            "@architectures": "spacy-clinical.TokenClassifier.v1",
            "encoder": encoder,
        }
    nlp.add_pipe("clinical_deidentifier", config=settings)
    return nlp


def show(doc):
    return [(row.label, doc.text[row.start : row.end]) for row in list_identifiers(doc)]


def test_the_labels_are_those_of_the_published_checkpoint():
    assert len(COLUMNS) == 45
    assert COLUMNS.index(OUTSIDE) == 33
    assert COLUMNS[:2] == ["B-AGE", "B-DATE"]


def test_rules_alone_need_no_checkpoint():
    doc = make()(TEXT)
    assert show(doc) == FOUND
    facts = doc._.clinical_provenance["clinical_deidentifier"]
    assert facts == {"decide": "rules", "rules_version": "4"}
    assert doc._.clinical_pieces is None


def test_logits_are_those_of_transformers(tiny_deid):
    nlp = make(tiny_deid, decide="model", decoder="argmax")
    words = [
        "the",
        "patient",
        "denies",
        "chest",
        "pain",
        "and",
        "fever",
        "of",
        "the",
        "pain",
    ]
    doc = Doc(nlp.vocab, words=words)
    pipe = nlp.get_pipe("clinical_deidentifier")
    [(_, scored)] = pipe.predict([doc])
    tokenizer = AutoTokenizer.from_pretrained(tiny_deid)
    model = AutoModelForTokenClassification.from_pretrained(tiny_deid).eval()
    pieces = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    first = [pieces.word_ids().index(i) for i in range(len(words))]
    with torch.no_grad():
        expected = model(**pieces).logits[0][first].numpy()
    numpy.testing.assert_allclose(scored.X, expected, atol=1e-4)
    best = [COLUMNS[i] for i in expected.argmax(axis=1)]
    tagged = {i for i, tag in enumerate(best) if tag != OUTSIDE}
    pipe.set_annotations([doc], pipe.predict([doc]))
    assert {t.i for span in doc.spans[PHI_KEY] for t in span} == tagged


@pytest.mark.parametrize("decoder", ["threshold_max", "threshold_sum"])
def test_a_threshold_of_nothing_takes_all(tiny_deid, decoder):
    doc = make(tiny_deid, decide="model", decoder=decoder, threshold=0.0)(TEXT)
    taken = {t.i for span in doc.spans[PHI_KEY] for t in span}
    assert {t.i for t in doc if t.is_alpha or t.is_digit} <= taken
    none = make(tiny_deid, decide="model", decoder=decoder, threshold=1.0)(TEXT)
    assert show(none) == []


def test_thresholds_that_nobody_published_must_be_set(tiny_deid):
    nlp = make(tiny_deid, decoder="threshold_sum")
    with pytest.raises(ValueError, match=r"\[C880\].*'clinical_deidentifier'.*_sum"):
        nlp(TEXT)
    doc = make(tiny_deid)(TEXT)
    facts = doc._.clinical_provenance["clinical_deidentifier"]
    assert (facts["decoder"], facts["threshold"]) == ("argmax", 0.0)


def test_the_cards_have_the_published_thresholds(tiny_deid, monkeypatch):
    from spacy_clinical.checkpoints import get_checkpoint
    from spacy_clinical.pipeline import deidentifier

    card = get_checkpoint("deid_roberta_i2b2")
    assert card.name == "obi/deid_roberta_i2b2"
    assert card.threshold_max == pytest.approx(2.436e-05, rel=1e-3)
    assert card.threshold_sum == pytest.approx(5.892e-05, rel=1e-3)
    monkeypatch.setattr(deidentifier, "get_checkpoint", lambda name: card)
    doc = make(tiny_deid)(TEXT)
    facts = doc._.clinical_provenance["clinical_deidentifier"]
    assert (facts["decoder"], facts["threshold"]) == (
        "threshold_max",
        card.threshold_max,
    )


def test_rules_are_always_on_top_of_the_model(tiny_deid):
    alone = make(tiny_deid, decide="model", threshold=0.02)(TEXT)
    doc = make(tiny_deid, threshold=0.02)(TEXT)
    rows = list_identifiers(doc)
    words = {(row.label, doc.text[row.start : row.end]) for row in rows}
    dates = {found for found in FOUND if found[0] in ("DATE", "ID")}
    assert dates <= {(r.label, doc.text[r.start : r.end]) for r in rows} | {
        found for found in FOUND if any(found[1] in text for _, text in words)
    }
    covered = {i for r in rows for i in range(r.start, r.end)}
    for row in leave_out_clinical(list_identifiers(alone), doc.text):
        inside = range(row.start, row.end)
        assert {i for i in inside if doc.text[i].isalnum()} <= covered
    for before, after in pairwise(rows):
        assert before.end <= after.start


def test_what_is_known_of_the_patient_is_found():
    nlp = make(record_columns={"nickname": "names", "mrn": ""})
    pipe = nlp.get_pipe("clinical_deidentifier")
    doc = nlp.make_doc("anders was seen; Lindqvisl came too; Bosse")
    pipe.take_meta(
        doc, {"Patient Name": "Anders Lindqvist", "nickname": "Bosse", "MRN": "77"}
    )
    assert doc._.known_identifiers == {"names": ["Anders Lindqvist", "Bosse"]}
    doc = nlp(doc)
    assert show(doc) == [
        ("PATIENT", "anders"),
        ("PATIENT", "Lindqvisl"),
        ("PATIENT", "Bosse"),
    ]
    assert {row.source for row in list_identifiers(doc)} == {"record"}
    wrong = nlp.make_doc("x")
    wrong._.known_identifiers = {"name": ["x"]}
    with pytest.raises(ValueError, match=r"\[C882\].*names, ids, dates"):
        nlp(wrong)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"decide": "model"}, r"\[C881\]"),
        ({"threshold": 1.5}, r"\[C104\]"),
        ({"neighbor_threshold": -0.1}, r"\[C104\].*neighbor_threshold"),
        ({"record_columns": {"a": "phone"}}, r"\[C854\].*phone"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, code):
    with pytest.raises(ValueError, match=code):
        make(**settings)


def test_settings_of_rules():
    text = "A 45-year-old was seen at 10:30 at Christmas; a 93-year-old too."
    found = [word for _, word in show(make()(text))]
    assert found == ["45", "10:30", "Christmas", "93"]
    few = make(times=False, holidays=False, ages="over_89")(text)
    assert show(few) == [("AGE", "93")]


def test_whole_tokens_are_taken():
    nlp = make()
    doc = Doc(nlp.vocab, words=["MC", "#", "0937884Date", ":", "07/01/19x"])
    assert [span.text for span in nlp(doc).spans[PHI_KEY]] == [
        "0937884Date",
        "07/01/19x",
    ]


def test_metadata_of_notes_are_told_to_the_component():
    nlp = make()
    note = Note("1", "anders was seen", {"first_name": "Anders"}, "notes.csv:2")
    [(_, doc)] = annotate_notes(nlp, [note])
    assert show(doc) == [("PATIENT", "anders")]


def test_a_long_note_is_found_to_its_end(tiny_deid):
    text = "The patient denies fever. " * 400 + "MRN: 4481239"
    doc = make(tiny_deid)(text)
    assert doc._.clinical_pieces["clinical_deidentifier"]["not_seen"] == 0
    assert "4481239" in doc.spans[PHI_KEY][-1].text


def test_survives_everything(tiny_deid, tmp_path):
    nlp = make(tiny_deid, threshold=0.05)
    doc = nlp(TEXT)
    nlp.to_disk(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for copy in (spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp))):
            assert list_identifiers(copy(TEXT)) == list_identifiers(doc)
    [packed] = DocBin(docs=[doc], store_user_data=True).get_docs(nlp.vocab)
    assert list_identifiers(packed) == list_identifiers(doc)


@pytest.mark.parametrize("use_ents", [True, False])
def test_learns_from_the_span_group_or_the_entities(tiny_deid, use_ents):
    nlp = make(tiny_deid, decide="model", decoder="argmax")
    gold = nlp.make_doc("the patient denies chest pain")
    span = Span(gold, 3, 5, label="PATIENT")
    if use_ents:
        gold.ents = [span]
    else:
        gold.spans[PHI_KEY] = [span]
    example = Example(nlp.make_doc(gold.text), gold)
    optimizer = nlp.initialize(lambda: [example])
    assert set(nlp.get_pipe("clinical_deidentifier").labels) == set(LABELS)
    losses = [
        nlp.update([example], sgd=optimizer)["clinical_deidentifier"] for _ in range(2)
    ]
    assert losses[1] < losses[0]
    scores = nlp.evaluate([Example(nlp.make_doc(gold.text), gold)])
    assert 0 <= scores["phi_chars_r"] <= 1
    assert set(scores["phi_per_type"]) >= {"PATIENT"}


def test_scores_are_of_places_and_of_letters():
    nlp = make()
    reference = nlp.make_doc("Mr. Lee came on 3/4/2021 to Boston")
    reference.spans[PHI_KEY] = [
        reference.char_span(4, 7, "PATIENT"),
        reference.char_span(16, 24, "DATE"),
        reference.char_span(28, 34, "LOC"),
    ]
    scores = nlp.evaluate([Example(nlp.make_doc(reference.text), reference)])
    assert (scores["phi_p"], scores["phi_r"]) == pytest.approx((1.0, 2 / 3))
    # 3 letters, 6 digits; the 6 letters of Boston have leaked.
    assert scores["phi_chars_r"] == pytest.approx(9 / 15)
    assert scores["phi_per_type"]["LOC"]["r"] == 0
