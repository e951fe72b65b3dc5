"""Annotations of a note are those of its clean text, and none of them quotes it."""

import pytest
import spacy
from spacy.tokens import Span, SpanGroup

from spacy_clinical.export.docs import set_note
from spacy_clinical.extensions.assertion_attributes import set_assertion
from spacy_clinical.extensions.attributes import add_to
from spacy_clinical.extensions.concept_attributes import list_concepts, set_concept
from spacy_clinical.identifiers import deidentify
from spacy_clinical.identifiers.found import PHI_KEY, list_identifiers
from spacy_clinical.identifiers.replace import carry
from spacy_clinical.types import Note
from tests.conftest import load_blank
from tests.identifiers.replace.notes import KEY, NOTE, SECRETS, make_doc


@pytest.fixture(scope="module")
def nlp():
    return load_blank("clinical_section_splitter", "clinical_sentencizer")


MARKED = (
    "Quill notes:\nSeen.\n\nHISTORY OF PRESENT ILLNESS:\n<PATIENT:name>Jane Quill</> denies "
    "fever since <DATE:date>07/01/2019</>. Her sister has chest pain.\n\nPLAN: aspirin.\n"
)


def annotate(doc):
    text = doc.text
    fever = doc.char_span(text.index("fever"), text.index("fever") + 5, "Sign_symptom")
    pain = doc.char_span(text.index("chest"), text.index("pain.") + 4, "Sign_symptom")
    fever.kb_id_ = "C0015967"
    pain.id_ = "Quill"
    doc.ents = [fever, pain]
    doc.spans["ner"] = SpanGroup(
        doc,
        name="ner",
        spans=[fever, pain],
        attrs={"scores": [0.9, 0.8], "words": ["Quill"]},
    )
    cue = {
        "start": text.index("denies"),
        "end": text.index("denies") + 6,
        "category": "negated",
        "direction": "before",
        "rule": "denies",
    }
    set_assertion(fever, {"is_negated": 1.0}, cues=[cue])
    set_assertion(pain, {"is_family": 1.0})
    doc.cats = {"428": 0.7}
    doc._.icd9 = [
        {
            "code": "428",
            "score": 0.7,
            "evidence": [
                {
                    "start": fever.start_char,
                    "end": fever.end_char,
                    "score": 0.5,
                    "section": "other",
                }
            ],
        }
    ]
    add_to(doc, "clinical_provenance", "clinical_ner", {"checkpoint": "tiny"})
    set_note(doc, Note("quill-1", text, {"name": "Jane Quill"}, "quill.txt"))
    doc.user_data["words"] = "Jane Quill"
    return doc


@pytest.mark.parametrize("mode", ["mask", "surrogate", "keep"])
def test_words_of_a_name_that_was_found_in_two_parts_stay_two(mode):
    nlp = spacy.blank("en")
    doc = make_doc("Seen: <PATIENT:name>Jane</> <PATIENT:name>Quill</> left.", nlp)
    doc.ents = [Span(doc, 2, 3, "First"), Span(doc, 3, 4, "Last")]
    result = deidentify(doc, mode, key=KEY, nlp=nlp)
    first, last = result.text.removeprefix("Seen: ").removesuffix(" left.").split()
    rows = [(ent.text, ent.label_) for ent in result.doc.ents]
    if mode == "mask":
        # The tokenizer takes stars for signs.
        assert [row[1] for row in rows] == ["First", "Last"]
    else:
        assert rows == [(first, "First"), (last, "Last")]
    whole = result.offsets.to_old(6, 6 + len(f"{first} {last}"))
    assert whole == (6, 16)


def test_a_name_that_became_one_tag_is_one_place():
    nlp = spacy.blank("en")
    doc = make_doc("Seen: <PATIENT:name>Jane</> <PATIENT:name>Quill</> left.", nlp)
    result = deidentify(doc, "tag", nlp=nlp)
    assert result.offsets.to_new(6, 10) == result.offsets.to_new(11, 16) == (6, 15)


@pytest.mark.parametrize("mode", ["tag", "mask", "surrogate"])
def test_annotations_move_with_their_words(nlp, mode):
    doc = annotate(make_doc(MARKED, nlp))
    result = deidentify(doc, mode, key=KEY, nlp=nlp)
    new = result.doc
    assert new.text == result.text
    assert [(ent.text, ent.label_) for ent in new.ents] == [
        ("fever", "Sign_symptom"),
        ("chest pain", "Sign_symptom"),
    ]
    fever, pain = new.ents
    assert fever.kb_id_ == "C0015967"
    assert fever._.score == 0.9
    assert fever._.is_negated
    assert not pain._.is_negated
    assert pain._.is_family
    (cue,) = fever._.assertion["cues"]
    assert new.text[cue["start"] : cue["end"]] == "denies"
    assert fever._.section == "history_of_present_illness"
    assert fever._.section == doc.ents[0]._.section
    for old, section in zip(doc.spans["sections"], new.spans["sections"], strict=True):
        assert (old._.section_title is None) == (section._.section_title is None)
        assert section.end - section.start > 0
    assert new.spans["sections"][1]._.section_body.text.startswith(
        result.text[result.spans[1].start : result.spans[1].end]
    )
    assert [s.text[:3] for s in new.sents][-1] == [s.text[:3] for s in doc.sents][-1]
    assert len(list(new.sents)) == len(list(doc.sents))
    assert new.cats == {"428": 0.7}
    place = new._.icd9[0]["evidence"][0]
    assert new.text[place["start"] : place["end"]] == "fever"
    assert new._.clinical_provenance["clinical_ner"] == {"checkpoint": "tiny"}
    assert [row.label for row in list_identifiers(new)] == [
        s.label for s in result.spans
    ]
    assert PHI_KEY in new.spans


@pytest.mark.parametrize("marked", [MARKED, NOTE])
@pytest.mark.parametrize("mode", ["tag", "surrogate", "shift"])
def test_no_byte_of_an_identifier_is_in_the_new_doc(nlp, marked, mode):
    doc = make_doc(marked, nlp)
    if marked is MARKED:
        annotate(doc)
    assert b"uill" in doc.to_bytes()
    data = deidentify(doc, mode, key=KEY, nlp=nlp).doc.to_bytes().lower()
    for secret in SECRETS:
        assert secret.encode() not in data


def test_the_original_stays_as_it_is(nlp):
    doc = annotate(make_doc(MARKED, nlp))
    before = doc.to_bytes()
    deidentify(doc, "tag", nlp=nlp)
    assert doc.to_bytes() == before


def test_a_doc_that_quotes_an_identifier_is_thrown_away(nlp, monkeypatch):
    def quote(doc, finder):
        finder.doc.user_data["words"] = "of Jane Quill"

    monkeypatch.setattr(carry, "_copy_assertions", quote)
    with pytest.raises(RuntimeError, match=r"\[C897\].*in 1 labels"):
        deidentify(make_doc(MARKED, nlp), "tag", nlp=nlp)


def test_spans_of_identifiers_only_go_along_with_what_replaces_them(nlp):
    doc = make_doc("<PATIENT:name>Jane Quill</>: pain", nlp)
    doc.ents = [Span(doc, 0, 2, "PERSON")]
    new = deidentify(doc, "tag", nlp=nlp).doc
    assert [(ent.text, ent.label_) for ent in new.ents] == [("[PATIENT]", "PERSON")]


FEVER = {
    **{"id": "C0015967", "name": "Fever", "vocabulary": "umls", "version": "2025AA"},
    **{"types": ["T184"], "xrefs": {"HP": ["0001945"]}, "score": 1.0, "how": "exact"},
}


@pytest.mark.parametrize("mode", ["tag", "mask", "surrogate"])
def test_concepts_move_with_their_words(nlp, mode):
    doc = annotate(make_doc(MARKED, nlp))
    set_concept(doc.ents[0], [("C0015967", 1.0)], FEVER)
    new = deidentify(doc, mode, key=KEY, nlp=nlp).doc
    assert new.ents[0]._.concept == FEVER
    assert new.ents[0]._.kb_ents == [("C0015967", 1.0)]
    assert new.spans["ner"][0]._.concept == FEVER
    assert new.ents[1]._.concept is None
    assert len(list_concepts(new)) == 1


@pytest.mark.parametrize(
    ("candidates", "concept"),
    [
        ([("C0015967", 1.0)], {**FEVER, "name": "Quill fever"}),
        ([("QUILL", 1.0)], FEVER),
        ([], {**FEVER, "xrefs": {"Quill": ["1"]}}),
        ([], {**FEVER, "parts": [{**FEVER, "types": ["of Quill"]}]}),
    ],
)
def test_concepts_that_hold_an_identifier_are_dropped(nlp, candidates, concept):
    doc = annotate(make_doc(MARKED, nlp))
    set_concept(doc.ents[0], candidates, concept)
    new = deidentify(doc, "tag", nlp=nlp).doc
    assert list_concepts(new) == []
    assert new.ents[0].text == "fever"
