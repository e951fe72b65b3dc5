import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.concepts.abbreviations import load_abbreviations
from spacy_clinical.concepts.resolve import (
    merge_forms,
    resolve_defined,
    resolve_undefined,
)
from spacy_clinical.extensions.abbreviation_attributes import ShortForm


@pytest.fixture(scope="module")
def blank():
    return spacy.blank("en")


def test_what_a_note_defines_has_its_place_and_a_type(blank):
    text = "Acute renal\nfailure (ARF), quite odd problem (QOP)."
    first, second = resolve_defined(blank(text), text, load_abbreviations())
    assert first.long_form == "Acute renal failure"
    assert first.label == "Disease_disorder"
    assert first.place is not None
    assert text[slice(*first.place)] == "Acute renal\nfailure"
    assert (second.label, second.source) == ("", "note")


def test_unknown_forms_name_their_readings(blank):
    [form] = resolve_undefined(blank("Has MS."), "Has MS.", load_abbreviations())
    assert (form.long_form, form.label, form.source) == ("", "", "unknown")
    assert form.readings[:2] == ("multiple sclerosis", "mitral stenosis")


def test_entities_types_and_context_decide_where_they_may(blank):
    doc = blank("MS given, flare")
    doc.ents = [Span(doc, 0, 1, label="Medication")]

    def resolve(**settings):
        [form] = resolve_undefined(doc, doc.text, load_abbreviations(), **settings)
        return form.long_form

    assert resolve() == "morphine sulfate"
    assert resolve(use_ents=False) == "multiple sclerosis"
    assert resolve(use_ents=False, use_context=False) == ""
    assert resolve(use_ents=False, types={"Sign_symptom"}) == "mental status"


def test_definitions_win_where_forms_overlap():
    def make(start, end, long_form):
        return ShortForm(start, end, long_form)

    defined = [make(20, 23, "d"), make(5, 8, "c")]
    others = [make(0, 5, "a"), make(7, 9, "x"), make(5, 8, "y"), make(8, 9, "b")]
    merged = merge_forms(defined, [*others, make(30, 31, "e"), make(19, 24, "z")])
    assert [row.long_form for row in merged] == ["a", "c", "b", "d", "e"]
    assert merge_forms([], []) == []
