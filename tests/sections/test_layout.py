import pytest
from spacy.tokens import Span, SpanGroup

from spacy_clinical.pipeline.ner import find_layout, trim_entities
from spacy_clinical.types import SpanPrediction
from tests.conftest import load_blank


def make_doc():
    nlp = load_blank("clinical_section_splitter")
    return nlp("HISTORY :\n\n Smokes\n1. asthma\n12.5 mg\n PLAN : rest")


def test_find_layout_marks_titles_numbers_and_white_space():
    doc = make_doc()
    layout = find_layout(doc)
    text = [t.text for t, is_layout in zip(doc, layout, strict=True) if not is_layout]
    assert text == ["Smokes", "asthma", "12.5", "mg", "rest"]


def test_find_layout_of_a_doc_without_sections():
    doc = load_blank()("PLAN : rest")
    assert not find_layout(doc).any()
    assert len(find_layout(load_blank()(""))) == 0


def test_find_layout_knows_titles_from_their_group():
    doc = load_blank()("Plan rest")
    doc.spans["sections"] = SpanGroup(doc, spans=[Span(doc, 0, 2, label="plan")])
    doc.spans["section_titles"] = SpanGroup(doc, spans=[Span(doc, 0, 1, label="plan")])
    assert find_layout(doc).tolist() == [True, False]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("HISTORY", "Smokes", "Smokes"),
        ("HISTORY", ":", None),
        ("Smokes", "asthma", "Smokes\n1. asthma"),
        ("12.5", "PLAN", "12.5 mg"),
    ],
)
def test_trim_entities(first, last, expected):
    doc = make_doc()
    places = {token.text: token.i for token in reversed(doc)}
    entity = SpanPrediction(places[first], places[last] + 1, "History", 0.5)
    trimmed = trim_entities(doc, [entity])
    texts = [doc[start:end].text for start, end, _, _ in trimmed]
    assert texts == ([expected] if expected else [])
