import numpy
import pytest
import spacy
from spacy.tokens import Span, SpanGroup

from spacy_clinical.sections.labels import is_title, list_shipped_labels
from spacy_clinical.sections.layout import find_borders
from tests.conftest import load_blank


def make_doc():
    nlp = load_blank("clinical_section_splitter")
    return nlp("HISTORY :\n\n Smokes\n1. asthma\n12.5 mg\n PLAN : rest")


def texts(doc, mask):
    return [token.text for token, is_marked in zip(doc, mask, strict=True) if is_marked]


def test_layout_is_titles_marks_and_white_space():
    doc = make_doc()
    _, layout = find_borders(doc)
    assert texts(doc, ~layout) == ["Smokes", "asthma", "12.5", "mg", "rest"]


def test_borders_are_sections_titles_and_items():
    doc = make_doc()
    borders, layout = find_borders(doc)
    # A border on layout is one for the text after it.
    passed = numpy.cumsum(borders)[~layout]
    assert texts(doc[:], ~layout)[0] == "Smokes"
    assert (numpy.diff(passed) > 0).tolist() == [True, False, False, True]


def test_a_doc_without_sections_and_sentences():
    doc = load_blank()("PLAN : rest")
    borders, layout = find_borders(doc)
    assert not layout.any()
    assert texts(doc, borders) == ["PLAN"]
    doc = load_blank()("fever\n\n- chest pain\n- cough")
    borders, layout = find_borders(doc)
    assert texts(doc, borders) == ["fever", "-", "-"]
    assert texts(doc, ~layout) == ["fever", "chest", "pain", "cough"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_line_ends_of_all_kinds(end):
    doc = load_blank()(f"chest{end}pain{end}{end}fever{end}-\xa0cough")
    borders, layout = find_borders(doc)
    passed = numpy.cumsum(borders)[~layout]
    assert texts(doc, ~layout) == ["chest", "pain", "fever", "cough"]
    assert (numpy.diff(passed) > 0).tolist() == [False, True, True]


@pytest.mark.parametrize("text", ["", " ", "\n \n"])
def test_a_doc_without_words(text):
    doc = load_blank()(text)
    borders, layout = find_borders(doc)
    assert len(borders) == len(layout) == len(doc)
    assert layout.all()


def test_titles_are_known_from_their_group():
    doc = load_blank()("Plan rest")
    doc.spans["sections"] = SpanGroup(doc, spans=[Span(doc, 0, 2, label="plan")])
    doc.spans["section_titles"] = SpanGroup(doc, spans=[Span(doc, 0, 1, label="plan")])
    _, layout = find_borders(doc)
    assert layout.tolist() == [True, False]


def test_sentences_of_any_component_are_borders():
    doc = load_blank("sentencizer")("He fell . She stood . ")
    borders, _ = find_borders(doc)
    assert texts(doc, borders) == ["He", "She"]


def find_text(text):
    doc = load_blank("clinical_section_splitter")(text)
    _, layout = find_borders(doc)
    return " ".join(texts(doc, ~layout))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PMH:\nGout", "Gout"),
        ("Past Medical History: Gout", "Gout"),
        ("PHYSICAL EXAM:\nLungs: clear\nHeart: regular", "clear regular"),
        # Problems that stand as titles do.
        ("PLAN:\n1. Diabetes: metformin", "Diabetes : metformin"),
        ("PLAN:\n# Sepsis: fluids", "Sepsis : fluids"),
        ("PLAN:\nID: fluids", "fluids"),
        ("REVIEW OF SYSTEMS:\nFever: none", "Fever : none"),
        ("ASTHMA EXACERBATION:\nsteroids", "ASTHMA EXACERBATION : steroids"),
    ],
)
def test_only_known_titles_are_layout(text, expected):
    assert find_text(text) == expected


def test_titles_that_a_user_adds_are_layout():
    nlp = spacy.blank("en")
    splitter = nlp.add_pipe("clinical_section_splitter")
    splitter.add_titles("tumor_board", ["tumor board"])
    splitter.add_titles("dressing", ["bandage"], is_part=True, within=["tumor_board"])
    doc = nlp("Tumor board:\nBandage: dry\nPleura: wet")
    _, layout = find_borders(doc)
    assert texts(doc, ~layout) == ["dry", "Pleura", ":", "wet"]


def test_is_title():
    known = list_shipped_labels()
    assert is_title("PMH", "past_medical_history", known, is_part=False)
    assert is_title("Lungs", "respiratory", known, is_part=True)
    assert not is_title("Chest pain", "chest_pain", known, is_part=True)
    # The splitter was told not to use the category.
    assert is_title("PMH", "other", known, is_part=False)
    assert not is_title("ASTHMA", "other", known, is_part=False)
