"""Heads of tables, and headings, that only their bold font tells from the rest."""

import pickle

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinical.forms import read_form
from spacy_clinical.forms.places import find_places
from tests.forms.papers import make_pdf
from tests.forms.tables.sheets import YS, make_sheet, place, rule

XS = [60, 200, 340]
ROWS = [["Test", "Value"], ["Sodium", "low"], ["Glucose", "high"], ["Urea", "high"]]
FORM = [
    (60, 60, 10, "Request"),
    (60, 90, 10, "Name:"),
    (60, 120, 10, "Phone:"),
    (60, 150, 10, "Address:"),
]
RULES = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}


@pytest.fixture(scope="module")
def read():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor", config=RULES)
    return lambda data: nlp(read_form(data, nlp.vocab, ocr="never"))


def list_bold(doc):
    return [token.text for token in doc if find_places(doc).is_bold[token.i]]


def test_words_in_bold_fonts_are_known():
    vocab = spacy.blank("en").vocab
    doc = read_form(make_pdf([FORM], bold=["Request", "Phone:"]), vocab)
    assert list_bold(doc) == ["Request", "Phone:"]
    for again in (
        Doc(vocab).from_bytes(doc.to_bytes()),
        pickle.loads(pickle.dumps(doc)),
        doc.copy(),
    ):
        assert list_bold(again) == ["Request", "Phone:"]
    assert list_bold(read_form(make_pdf([FORM]), vocab)) == []


@pytest.mark.parametrize("lines", [rule(XS, YS), []], ids=["ruled", "aligned"])
def test_a_bold_row_is_the_head_of_a_table(read, lines):
    doc = read(make_sheet(place(XS, YS, ROWS), lines, bold=ROWS[0]))
    [table] = doc._.form_tables
    assert (table["heads"], table["rows"]) == (ROWS[0], ROWS[1:])
    plain = read(make_sheet(place(XS, YS, ROWS), lines))
    assert [table["heads"] for table in plain._.form_tables] != [ROWS[0]]


@pytest.mark.parametrize("lines", [rule(XS, YS), []], ids=["ruled", "aligned"])
def test_where_all_is_bold_it_says_nothing(read, lines):
    texts = [text for row in ROWS for text in row]
    doc = read(make_sheet(place(XS, YS, ROWS), lines, bold=texts))
    plain = read(make_sheet(place(XS, YS, ROWS), lines))
    assert doc._.form_tables == plain._.form_tables
