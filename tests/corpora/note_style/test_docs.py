import pytest
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from spacy_clinical.corpora.brat import BratCorpus
from spacy_clinical.corpora.note_style.docs import make_doc, make_draft
from spacy_clinical.corpora.note_style.edits import Edit
from spacy_clinical.extensions.assertion_attributes import (
    get_known_attributes,
    set_assertion,
    set_known_attributes,
)
from tests.conftest import doc_from_markup
from tests.corpora.note_style.conftest import make_augmenter

TEXT = "Denies <Sign_symptom>chest pain</Sign_symptom>, has <Disease_disorder>hypertension</Disease_disorder>."


def change(nlp, doc, *edits):
    draft = make_draft([doc])
    assert draft.apply(edits) == list(edits)
    return make_doc(nlp, doc, draft)


@pytest.fixture
def doc(clinical):
    return doc_from_markup(clinical, TEXT)


def test_entities_keep_labels_and_ids(clinical, doc):
    ent = doc.ents[1]
    doc.ents = [Span(doc, ent.start, ent.end, "X", kb_id="C1", span_id="T1")]
    new = change(clinical, doc, Edit(0, 6, "No"), Edit(23, 35, "HTN"))
    [ent] = new.ents
    assert (ent.text, ent.label_, ent.kb_id_, ent.id_) == ("HTN", "X", "C1", "T1")


def test_groups_keep_overlapping_spans_and_their_data(clinical, doc):
    spans = [Span(doc, 1, 3, "A"), Span(doc, 1, 2, "B"), Span(doc, 2, 5, "C")]
    doc.spans["ner"] = SpanGroup(doc, name="ner", spans=spans, attrs={"n": 1})
    new = change(clinical, doc, Edit(7, 12, "breast"), Edit(13, 17, "ache"))
    group = new.spans["ner"]
    assert [(s.text, s.label_) for s in group] == [
        ("breast ache", "A"),
        ("breast", "B"),
        ("ache, has", "C"),
    ]
    assert group.attrs == {"n": 1}
    # The edit of a whole span that another one has a part of is left out.
    draft = make_draft([doc])
    assert not draft.apply([Edit(7, 17, "CP")])


def test_attributes_stay_with_their_entities(clinical, doc):
    doc.ents[0]._.is_negated = True
    doc.user_data["._.", "sure", 7, None] = 1
    doc.user_data["free"] = 2
    set_known_attributes(doc, ["is_negated"])
    new = change(clinical, doc, Edit(0, 0, "- "), Edit(7, 17, "CP"), Edit(35, 36, ""))
    assert [ent._.is_negated for ent in new.ents] == [True, False]
    assert get_known_attributes(new) == {"is_negated"}
    assert new.user_data["._.", "clinical_known_attributes", 0, len(new.text)]
    assert new.user_data["._.", "sure", 9, None] == 1
    assert new.user_data["free"] == 2


def test_cues_of_attributes_stay_where_they_are(clinical, doc):
    cue = {"start": 0, "end": 6, "category": "negated"}
    set_assertion(doc.ents[0], {"is_negated": 1.0}, cues=[cue])
    new = change(clinical, doc, Edit(0, 6, "No"), Edit(7, 17, "CP"))
    [moved] = new.ents[0]._.assertion["cues"]
    assert new.text[moved["start"] : moved["end"]] == "No"


def test_unknown_entities_stay_unknown(clinical):
    doc = clinical.make_doc("has chest pain and fever")
    doc.set_ents([Span(doc, 1, 3, "X")], missing=[doc[4:5]], default="outside")
    new = change(clinical, doc, Edit(4, 14, "CP"))
    assert [token.ent_iob_ for token in new] == ["O", "B", "O", ""]


def test_categories_are_kept_and_entities_not_made_up(clinical):
    doc = clinical.make_doc("He has hypertension")
    doc.cats = {"401": 1.0}
    new = change(clinical, doc, Edit(7, 19, "HTN"))
    assert new.cats == {"401": 1.0}
    assert not new.has_annotation("ENT_IOB")


def test_the_whole_text_may_be_one_entity(clinical):
    doc = doc_from_markup(clinical, "<Sign_symptom>chest pain</Sign_symptom>")
    doc.ents[0]._.is_negated = True
    new = change(clinical, doc, Edit(0, 0, "- "))
    assert [(e.text, e._.is_negated) for e in new.ents] == [("chest pain", True)]


def test_what_readers_give_the_predicted_doc_moves_too(clinical, tmp_path):
    (tmp_path / "1.txt").write_text("No hypertension.", encoding="utf8")
    ann = "T1\tDisease_disorder 3 15\thypertension\nA1\tNegated T1\n"
    (tmp_path / "1.ann").write_text(ann, encoding="utf8")
    augmenter = make_augmenter(abbreviate=1.0)
    corpus = BratCorpus(tmp_path, gold_entities=True, augmenter=augmenter)
    (example,) = corpus(clinical)
    for doc in (example.predicted, example.reference):
        assert [ent.text.lower() for ent in doc.ents] == ["htn"]
    assert example.reference.ents[0]._.is_negated
    assert [span.id_ for span in example.reference.spans["ner"]] == ["T1"]


def test_other_words_in_the_predicted_doc_do_not_matter(clinical):
    words, spaces = ["Has", "hypertension"], [True, False]
    doc = Doc(clinical.vocab, words=words, spaces=spaces)
    other = Doc(
        clinical.vocab, words=["Has", "hyper", "tension"], spaces=[True, False, False]
    )
    (example,) = make_augmenter(abbreviate=1.0)(clinical, Example(other, doc))
    assert example.predicted.text == example.reference.text in ("Has HTN", "Has htn")
