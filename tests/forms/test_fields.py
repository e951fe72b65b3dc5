import spacy
from spacy.tokens import Span

from spacy_clinical.forms import make_form_doc, make_pages, read_form
from spacy_clinical.forms.fields import clean_key, make_fields
from spacy_clinical.forms.linking import Link
from tests.conftest import load_blank
from tests.forms.papers import make_pdf


def make_doc(*words):
    boxes = [(10.0 * i, 5.0, 10.0 * i + 8, 10.0) for i in range(len(words))]
    pages = make_pages(words, boxes, width=400, height=100)
    return make_form_doc(load_blank().vocab, pages)


def fields_of(doc, *parts, links=()):
    spans = [Span(doc, start, end, label=label) for start, end, label in parts]
    found = make_fields(
        spans, [0.9] * len(spans), [Link(q, a, score) for q, a, score in links]
    )
    return found


Q, A = "QUESTION", "ANSWER"


def test_a_question_with_its_answer_is_a_field():
    doc = make_doc("Name:", "Jane", "Roe")
    [field] = fields_of(doc, (0, 1, Q), (1, 3, A), links=[(0, 1, 0.7)])
    assert field == {
        "key": "Name",
        "option": "",
        "value": "Jane Roe",
        "page": 1,
        "key_box": (0.0, 5.0, 8.0, 10.0),
        "value_box": (10.0, 5.0, 28.0, 10.0),
        "score": 0.7,
        "group": None,
    }


def test_several_answers_are_lines_of_one_value():
    doc = make_doc("Drugs:", "aspirin", "heparin")
    links = [(0, 2, 1.0), (0, 1, 1.0)]
    [field] = fields_of(doc, (0, 1, Q), (1, 2, A), (2, 3, A), links=links)
    assert field["value"] == "aspirin\nheparin"


def test_a_question_without_an_answer_has_an_empty_value():
    [field] = fields_of(make_doc("Name:"), (0, 1, Q))
    assert (field["value"], field["value_box"], field["score"]) == ("", None, 0.9)


def test_boxes_to_tick_are_true_or_false():
    doc = make_doc("Smoker:", "[", "]", "yes", "[x]", "no")
    found = fields_of(doc, (0, 1, Q), (1, 6, A), links=[(0, 1, 1.0)])
    told = [(f["key"], f["option"], f["value"]) for f in found]
    assert told == [("Smoker", "yes", False), ("Smoker", "no", True)]
    assert found[1]["value_box"] == (50.0, 5.0, 58.0, 10.0)


def test_boxes_need_no_question():
    [first, _] = fields_of(make_doc("☒", "Asthma", "☐", "Gout"), (0, 4, A))
    assert (first["key"], first["option"], first["value"]) == ("", "Asthma", True)
    assert fields_of(make_doc("loose"), (0, 1, A)) == []


def test_keys_lose_what_ends_them():
    assert clean_key("Date of\nbirth : ____") == "Date of birth"
    assert clean_key("Why?") == "Why?"


def test_a_whole_form():
    items = [
        (60, 100, 12, "Name:"),
        (150, 100, 12, "Jane Roe"),
        (60, 130, 12, "Address:"),
        (150, 130, 12, "12 High Street"),
        (150, 145, 12, "Townville"),
        (60, 170, 12, "Smoker:"),
        (150, 170, 12, "[ ] yes"),
        (230, 170, 12, "[x] no"),
        (60, 200, 12, "Pregnant:"),
    ]
    nlp = spacy.blank("en")
    config = {"model": {"@architectures": "spacy-clinical.FormRules.v1"}}
    nlp.add_pipe("clinical_form_extractor", config=config)
    doc = nlp(read_form(make_pdf([items]), nlp.vocab))
    told = [(f["key"], f["option"], f["value"]) for f in doc._.form_fields]
    assert told == [
        ("Name", "", "Jane Roe"),
        ("Address", "", "12 High Street\nTownville"),
        ("Smoker", "yes", False),
        ("Smoker", "no", True),
        ("Pregnant", "", ""),
    ]


def test_keys_of_two_lines_are_one():
    words = ["How", "did", "it", "happen?", "fell"]
    boxes = [(10, 10, 30, 20), (32, 10, 50, 20), (10, 23, 20, 33), (22, 23, 60, 33)]
    boxes += [(100, 23, 120, 33)]
    pages = make_pages(words, boxes, width=400, height=100)
    doc = make_form_doc(load_blank().vocab, pages)
    parts = (0, 2, Q), (3, 5, Q), (5, 6, A)
    [field] = fields_of(doc, *parts, links=[(1, 2, 1.0)])
    assert (field["key"], field["value"]) == ("How did it happen?", "fell")
    # What has an end or an answer of its own stays a field.
    linked = fields_of(doc, *parts, links=[(0, 2, 1.0)])
    assert [f["key"] for f in linked] == ["How did", "it happen?"]


def test_a_box_that_can_not_be_read_is_neither_ticked_nor_not():
    doc = make_doc("Risk:", "L]", "Low", "LJ", "Medium", "X", "High")
    parts = (0, 1, Q), (1, 3, A), (3, 5, A), (5, 7, A)
    links = [(0, 1, 0.9), (0, 2, 0.9), (0, 3, 0.9)]
    found = fields_of(doc, *parts, links=links)
    told = [(f["key"], f["option"], f["value"]) for f in found]
    assert told == [
        ("Risk", "Low", False),
        ("Risk", "Medium", None),
        ("Risk", "High", True),
    ]
    assert [f["score"] for f in found] == [0.9, 0.3, 0.9]
