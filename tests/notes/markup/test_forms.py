"""One note in many forms: its sections are those of the plain note."""

import pytest
import spacy

from spacy_clinical.notes.markup import convert_bytes, convert_text
from tests.notes.markup.written import FORMS, PLAIN, make_docx


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_section_splitter")
    return nlp


def find_sections(nlp, text):
    doc = nlp(text)
    return [
        (span.label_, " ".join(span._.section_body.text.split()))
        for span in doc.spans["sections"]
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_converted_note_has_the_sections_of_the_plain_one(nlp, form):
    found = convert_text(FORMS[form])
    assert found.source_format != "plain"
    expected = find_sections(nlp, PLAIN)
    assert [label for label, _ in expected] == [
        *("preamble", "chief_complaint", "history_of_present_illness"),
        *("past_medical_history", "medications", "assessment_and_plan"),
    ]
    assert find_sections(nlp, found.text) == expected
    assert "Ebenezer" not in found.text


@pytest.mark.parametrize("form", ["hl7", "hl7_lines", "literal", "rtf"])
def test_forms_that_have_lines_keep_them(form):
    assert convert_text(FORMS[form]).text.strip() == PLAIN.strip()


def test_a_word_document_has_the_lines_of_the_plain_note():
    found = convert_bytes(make_docx())
    assert found.source_format == "docx"
    assert found.text.strip() == PLAIN.strip()


def test_rows_of_tables_and_items_of_lists_stand_close_together():
    text = convert_text(FORMS["html"]).text
    assert "\nName\tDose\nAspirin\t81 mg\nMetformin\t500 mg\n" in text
    assert "\n- Hypertension\n- Diabetes mellitus\n" in text
    assert "\n1. Pneumonia: antibiotics.\n2. Follow up in a week." in text
