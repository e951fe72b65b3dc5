"""Identifiers are written to a span group, and read from anybody's."""

import pickle

import spacy
from spacy.tokens import Doc, Span

from spacy_clinical.identifiers.found import (
    PHI_KEY,
    Identifier,
    list_identifiers,
    set_identifiers,
)


def make_doc():
    return spacy.blank("en")("Seen by Dr. Ann Lee on 3/4, MRN 1234567.")


def test_what_is_written_is_read_in_the_order_of_the_text():
    doc = make_doc()
    date = Identifier(23, 26, "DATE", "date", 0.9, "dates")
    name = Identifier(12, 19, "STAFF", "", 0.8, "model")
    set_identifiers(doc, [date, name])
    assert list_identifiers(doc) == [name, date]
    copies = [
        doc.copy(),
        Doc(doc.vocab).from_bytes(doc.to_bytes()),
        pickle.loads(pickle.dumps(doc)),
    ]
    for copy in copies:
        assert list_identifiers(copy) == [name, date]


def test_a_part_of_a_token_becomes_the_token():
    doc = make_doc()
    set_identifiers(doc, [Identifier(13, 19, "STAFF")])
    assert [(row.start, row.end) for row in list_identifiers(doc)] == [(12, 19)]


def test_spans_of_other_components_have_defaults():
    doc = make_doc()
    assert list_identifiers(doc) == []
    doc.spans[PHI_KEY] = [Span(doc, 3, 5, label="STAFF")]
    (row,) = list_identifiers(doc)
    assert (row.label, row.kind, row.score, row.source) == ("STAFF", "", 1.0, "")
    assert doc.text[row.start : row.end] == doc[3:5].text


def test_follows_a_doc_that_was_retokenized():
    doc = make_doc()
    set_identifiers(doc, [Identifier(12, 19, "STAFF")])
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert [(row.start, row.end) for row in list_identifiers(doc)] == [(12, 19)]
