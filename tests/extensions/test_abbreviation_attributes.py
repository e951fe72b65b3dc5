"""What the attributes of abbreviations say, and how they get on with scispaCy's."""

import json
import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_clinical.extensions.abbreviation_attributes import (
    INVENTORY,
    UNKNOWN,
    ShortForm,
    drop_parts,
    list_abbreviations,
    register_abbreviation_extensions,
    set_abbreviations,
)
from spacy_clinical.extensions.span_groups import realign_spans

TEXT = "Acute renal failure (ARF) and HTN, MS/ARF."
ROWS = [
    ShortForm(21, 24, "Acute renal failure", "Disease_disorder", place=(0, 19)),
    ShortForm(30, 33, "high blood pressure", "Disease_disorder", INVENTORY),
    ShortForm(35, 37, "", "", UNKNOWN, None, ("mitral stenosis", "mental status")),
    ShortForm(38, 41, "Acute renal failure", "Disease_disorder", place=(0, 19)),
]
READ = ["Acute renal failure", "high blood pressure", "Acute renal failure"]


@pytest.fixture(autouse=True)
def _registered():
    yield
    register_abbreviation_extensions()


@pytest.fixture
def doc():
    doc = spacy.blank("en")(TEXT)
    set_abbreviations(doc, ROWS[::-1])
    return doc


def read(doc):
    return [span._.long_form.text for span in doc._.abbreviations]


def test_long_forms_are_spans_as_scispacy_has_them(doc):
    first, second, third = doc._.abbreviations
    assert [str(span) for span in doc._.abbreviations] == ["ARF", "HTN", "ARF"]
    assert isinstance(first._.long_form, Span)
    assert (first._.long_form.doc, first._.long_form.start_char) == (doc, 0)
    assert third._.long_form == first._.long_form
    # Of the inventory: a Doc of its own.
    assert isinstance(second._.long_form, Span)
    assert str(second._.long_form) == "high blood pressure"
    assert second._.long_form.doc is not doc
    assert second.label_ == "Disease_disorder"


def test_any_span_of_these_tokens_has_the_long_form(doc):
    places = {span.text: (span.start, span.end) for span in doc.spans["abbreviations"]}
    assert (
        Span(doc, *places["HTN"], label="X")._.long_form.text == "high blood pressure"
    )
    assert Span(doc, *places["MS"])._.long_form is None
    assert doc[0:1]._.long_form is None
    start, end = places["HTN"]
    assert doc[start - 1 : end]._.long_form is None


def test_unknown_forms_are_in_the_group_only(doc):
    assert list_abbreviations(doc) == ROWS
    assert len(doc.spans["abbreviations"]) == 4
    assert len(doc._.abbreviations) == 3


def to_docbin(doc):
    packed = DocBin(docs=[doc]).to_bytes()
    return next(DocBin().from_bytes(packed).get_docs(spacy.blank("en").vocab))


@pytest.mark.parametrize(
    "send",
    [
        to_docbin,
        lambda doc: Doc(doc.vocab).from_bytes(doc.to_bytes()),
        lambda doc: pickle.loads(pickle.dumps(doc)),
        Doc.copy,
    ],
)
def test_docs_keep_them_when_saved_and_sent(doc, send):
    sent = send(doc)
    assert list_abbreviations(sent) == ROWS
    assert read(sent) == READ
    assert sent._.abbreviations[0]._.long_form.doc is sent


def test_retokenized_docs_keep_them(doc):
    held = doc.spans["abbreviations"][0]
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:3])
        retokenizer.merge(doc.char_span(30, 33 + 1))
    assert read(doc) == READ
    assert held._.long_form.text == "Acute renal failure"
    realign_spans(doc)
    assert read(doc) == READ


def test_nothing_is_stored_but_plain_data(doc):
    kept = list(doc.user_data.values())
    assert json.loads(json.dumps(kept)) == kept
    for name, values in doc.spans["abbreviations"].attrs.items():
        assert all(isinstance(value, str | list) for value in values), name


def test_joined_docs_keep_them(doc):
    joined = Doc.from_docs([doc, doc])
    assert read(joined) == READ * 2
    places = [row.place for row in list_abbreviations(joined)]
    by = len(doc.text_with_ws) + 1
    assert places[4:] == [p and (p[0] + by, p[1] + by) for p in places[:4]]


def test_docs_without_them_have_none():
    doc = spacy.blank("en")("HTN")
    assert doc._.abbreviations == []
    assert doc[0:1]._.long_form is None
    assert list_abbreviations(doc) == []
    assert not doc.user_data
    set_abbreviations(doc, [])
    assert doc._.abbreviations == []
    # A group of another component.
    doc.spans["abbreviations"] = [doc[0:1]]
    assert doc._.abbreviations == []
    assert [row.source for row in list_abbreviations(doc)] == ["unknown"]


def test_parts_of_words_are_left_out():
    doc = Doc(spacy.blank("en").vocab, words=["preHTN", "(HTN)", "HTN"])
    rows = [ShortForm(i, i + 3, "hypertension") for i in (3, 8, 13)]
    assert drop_parts(doc, rows) == rows[1:]
    set_abbreviations(doc, rows)
    assert [str(span) for span in doc._.abbreviations] == ["preHTN", "(HTN)", "HTN"]


# As scispaCy's AbbreviationDetector does it.


def register_as_scispacy():
    Doc.set_extension("abbreviations", default=[], force=True)
    Span.set_extension("long_form", default=None, force=True)


def annotate_as_scispacy(doc, make_serializable=False):
    long_form = doc[0:3]
    short = doc.char_span(21, 24)
    short._.long_form = long_form
    doc._.abbreviations.append(short)
    if make_serializable:
        for span in doc._.abbreviations:
            span._.long_form = span._.long_form.text
        doc._.abbreviations = [{"short_text": s.text} for s in doc._.abbreviations]
    return doc


@pytest.mark.parametrize("is_theirs_last", [True, False])
def test_scispacys_docs_stay_as_they_are_beside_ours(is_theirs_last):
    nlp = spacy.blank("en")
    register_as_scispacy()
    before = annotate_as_scispacy(nlp(TEXT))
    if not is_theirs_last:
        register_abbreviation_extensions()
    after = annotate_as_scispacy(nlp(TEXT))
    for doc in (before, after):
        assert [str(span) for span in doc._.abbreviations] == ["ARF"]
        assert doc._.abbreviations[0]._.long_form.text == "Acute renal failure"
    # Ours count in Docs that we have annotated, in whatever order both are set up.
    doc = nlp(TEXT)
    set_abbreviations(doc, ROWS)
    assert read(doc) == READ
    assert read(before) == read(after) == ["Acute renal failure"]
    both = annotate_as_scispacy(nlp(TEXT))
    set_abbreviations(both, ROWS)
    assert read(both) == READ
    assert read(annotate_as_scispacy(nlp(TEXT))) == ["Acute renal failure"]


def test_scispacys_serializable_results_can_be_read():
    doc = annotate_as_scispacy(spacy.blank("en")(TEXT), make_serializable=True)
    assert doc._.abbreviations == [{"short_text": "ARF"}]
    assert doc.char_span(21, 24)._.long_form == "Acute renal failure"
    again = pickle.loads(pickle.dumps(doc))
    assert again._.abbreviations == doc._.abbreviations
