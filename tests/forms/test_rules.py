import pytest

from spacy_clinical.forms import read_form
from spacy_clinical.forms.rules import label_by_rules
from tests.conftest import load_blank
from tests.forms.papers import INTAKE, make_pdf


def label(doc):
    parts = label_by_rules(doc)
    ends = [0, *(part.end for part in parts)]
    assert all(part.start >= end for part, end in zip(parts, ends, strict=False))
    return [(part.label, doc[part.start : part.end].text) for part in parts]


def test_questions_have_answers_beside_them(vocab):
    found = label(read_form(make_pdf([INTAKE]), vocab))
    assert found == [
        ("HEADER", "PATIENT INTAKE FORM"),
        ("QUESTION", "Name:"),
        ("ANSWER", "Jane Roe"),
        ("QUESTION", "Date of birth:"),
        ("ANSWER", "02/03/1961"),
        ("QUESTION", "Allergies:"),
        ("ANSWER", "penicillin"),
        ("QUESTION", "Blood group:"),
        ("ANSWER", "AB"),
        ("QUESTION", "Reason for visit:"),
        ("ANSWER", "shortness of breath on stairs"),
    ]


def test_answers_go_on_below(vocab):
    items = [
        (60, 100, 12, "Address:"),
        (150, 100, 12, "12 High Street"),
        (150, 115, 12, "Townville"),
        (60, 140, 12, "Comments:"),
        (60, 155, 12, "seen by the nurse"),
        (60, 170, 12, "and sent home"),
    ]
    found = label(read_form(make_pdf([items]), vocab))
    assert ("ANSWER", "12 High Street\nTownville") in found
    assert ("ANSWER", "seen by the nurse\nand sent home") in found


def test_tables_have_questions_on_top(vocab):
    rows = [("Test", "Result", "Units"), ("Sodium", "140", "mmol/L")]
    rows += [("Glucose", "99", "mg/dL"), ("Calcium", "9.1", "mg/dL")]
    items = [
        (60 + 150 * column, 100 + 20 * row, 12, text)
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
    ]
    found = label(read_form(make_pdf([items]), vocab))
    assert found[:3] == [("QUESTION", text) for text in rows[0]]
    assert {kind for kind, _ in found[3:]} == {"ANSWER"}
    assert len(found) == 12


def test_lines_to_write_on_are_no_answers(vocab):
    items = [(60, 100, 12, "Signature:"), (150, 100, 12, "__________")]
    items += [(60, 130, 12, "Date: ......")]
    assert label(read_form(make_pdf([items]), vocab)) == [
        ("QUESTION", "Signature:"),
        ("QUESTION", "Date:"),
    ]


def test_plain_text_is_read_as_it_looks():
    text = "REFERRAL\n\nName: Jane Roe      Age: 63\nSmoker: [ ] yes [x] no\n"
    found = label(load_blank()(text))
    assert ("HEADER", "REFERRAL") in found
    assert ("ANSWER", "Jane Roe") in found
    assert ("ANSWER", "63") in found


@pytest.mark.parametrize("text", ["", "\n\n", "x", ":", "::::\n....", "\x00\x07", "—"])
def test_odd_texts_do_no_harm(text):
    label(load_blank()(text))


def test_lines_go_on_with_the_answer_above_them_not_with_the_one_before(vocab):
    items = [
        (60, 100, 12, "Address:"),
        (150, 100, 12, "12 High Street"),
        (330, 100, 12, "Phone:"),
        (400, 100, 12, "555-0100"),
        (150, 115, 12, "Townville"),
    ]
    found = label(read_form(make_pdf([items]), vocab))
    assert ("ANSWER", "555-0100") in found
    assert ("ANSWER", "Townville") in found
