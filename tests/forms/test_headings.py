"""Headings that look like questions."""

from pathlib import Path

import pytest
import spacy

from spacy_clinical.forms import make_form_doc, make_pages, read_form
from spacy_clinical.forms.headings import find_size, name_headings
from spacy_clinical.forms.labels import Labelled
from spacy_clinical.forms.linking import Link
from spacy_clinical.forms.places import find_places
from spacy_clinical.forms.segments import find_segments
from tests.conftest import load_blank

EXAMPLES = Path(__file__).parents[2] / "examples/forms"
# Text, left edge, top and height.
LINES = [
    ("Request", 50, 100, 12),
    ("Name", 50, 130, 9),
    ("Phone", 50, 160, 9),
    ("Address", 50, 190, 9),
    ("Agency", 50, 220, 9),
]


def name(lines, links=(), bold=(), first="QUESTION"):
    words, boxes = [], []
    for text, x, y, size in lines:
        for i, word in enumerate(text.split()):
            # As their letters go: up, and below the line.
            down = 0.21 * size if set(word) & set("gqpy") else 0.0
            words.append(word)
            boxes.append((x + 60 * i, y, x + 60 * i + 50, y + 0.72 * size + down))
    pages = make_pages(words, boxes, width=1000, height=1000)
    [page] = pages
    page.words[:] = [w._replace(is_bold=w.text in bold) for w in page.words]
    doc = make_form_doc(load_blank().vocab, pages)
    places = find_places(doc)
    segments = find_segments(doc, places)
    parts = [Labelled(s.start, s.end, "QUESTION", 0.5) for s in segments]
    parts[0] = parts[0]._replace(label=first)
    named = name_headings(doc, parts, links, places, segments)
    return [doc[p.start : p.end].text for p in named if p.label == "HEADER"]


def test_what_is_larger_and_asks_for_nothing_is_a_heading():
    assert name(LINES) == ["Request"]


def test_what_is_bold_as_few_questions_are_is_a_heading():
    lines = [("Request", 50, 100, 9), *LINES[1:]]
    assert name(lines, bold=["Request"]) == ["Request"]
    assert name(lines, [Link(0, 1, 0.9)], bold=["Request"]) == []
    assert name(lines, bold=["Request", "Name", "Phone"]) == []


def test_so_is_a_larger_answer_to_nothing():
    assert name(LINES, first="ANSWER") == ["Request"]
    assert name(LINES, [Link(1, 0, 0.9)], first="ANSWER") == []


def test_what_has_an_answer_is_none():
    assert name(LINES, [Link(0, 1, 0.9)]) == []


@pytest.mark.parametrize(
    "first",
    [
        ("Request:", 50, 100, 12),
        ("Request", 50, 100, 9),
        ("1234", 50, 100, 12),
        ("one two three four five six seven eight nine ten eleven", 50, 100, 12),
    ],
)
def test_questions_and_text_are_none(first):
    assert name([first, *LINES[1:]]) == []


def test_headings_are_alone_in_their_line():
    assert name([*LINES, ("Extension", 400, 100, 12)]) == []


def test_a_few_questions_say_nothing():
    assert name(LINES[:3][:2]) == []


def test_sizes_dont_depend_on_letters():
    lines = [("gap", 50, 100, 10), ("Name", 50, 130, 10), ("Page", 50, 160, 10)]
    words = [text for text, *_ in lines]
    boxes = [(50, 100, 99, 107.3), (50, 130, 99, 137.2), (50, 160, 99, 169.3)]
    pages = make_pages(words, boxes, width=1000, height=1000)
    doc = make_form_doc(load_blank().vocab, pages)
    places = find_places(doc)
    parts = [Labelled(t.i, t.i + 1, "QUESTION", 1.0) for t in doc if not t.is_space]
    sizes = [find_size(doc, part, places) for part in parts]
    assert max(sizes) <= 1.12 * min(sizes)


def test_the_example_has_its_headings_and_its_table():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_form_extractor")
    doc = nlp(read_form(EXAMPLES / "referral_form.pdf", nlp.vocab))
    headers = [span.text for span in doc.spans["form"] if span.label_ == "HEADER"]
    expected = ["Patient", "Request", "Current medications", "Referring physician"]
    assert headers == ["CARDIOLOGY REFERRAL", *expected]
    [table] = doc._.form_tables
    assert table["heads"] == ["Drug", "Dose", "Frequency", "Since"]
    assert [row[3] for row in table["rows"]] == [
        "03/2016",
        "11/2019",
        "11/2019",
        "09/2026",
    ]
    assert "Request" not in {field["key"] for field in doc._.form_fields}
