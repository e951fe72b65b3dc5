import re

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.errors import Errors, is_own_message
from spacy_clinical.extensions.attributes import record_error

CODES = sorted(code for code in vars(Errors) if code.startswith("C"))


def fill(code):
    template = getattr(Errors, code)
    names = re.findall(r"(?<!\{)\{(\w+)[^{}]*\}(?!\})", template)
    return template.format(**dict.fromkeys(names, 7))


@pytest.mark.parametrize("code", CODES)
def test_the_packages_own_messages_are_known(code):
    assert is_own_message(fill(code))


@given(code=st.sampled_from(CODES), text=st.text())
def test_what_only_begins_with_a_code_is_no_message_of_ours(code, text):
    assert not is_own_message(f"[{code}] {text} Jane Roe")
    assert not is_own_message(text)


def test_the_message_of_an_own_error_is_kept_and_that_of_others_is_not():
    nlp = spacy.blank("en")
    doc = nlp("Jane Roe")
    message = Errors.C502.format(name="a.pdf")
    record_error(doc, "read_form", ValueError(message))
    assert doc._.clinical_error == {
        "component": "read_form",
        "code": "C502",
        "type": "ValueError",
        "message": message,
    }
    for text in ("[C502] Jane Roe", "[E999] Jane Roe", "Jane Roe", "[C999] Jane Roe"):
        doc = nlp("Jane Roe")
        record_error(doc, "ner", ValueError(text))
        assert "Jane" not in str(doc._.clinical_error)
        assert doc._.clinical_error["message"].startswith("[C312] Component 'ner'")
