import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_clinical.forms import make_form_doc, make_pages
from spacy_clinical.forms.pages import FormPage, Word
from tests.conftest import load_blank

WORDS = ["Name:", "Jane", "Roe", "Age:", "63"]
BOXES = [
    (10, 10, 50, 20),
    (60, 10, 90, 20),
    (95, 10, 120, 20),
    (10, 40, 40, 50),
    (60, 40, 75, 50),
]


@pytest.fixture
def doc():
    pages = make_pages(WORDS, BOXES, width=200, height=100)
    second = FormPage(
        100.0, 50.0, "pt", [Word("Signed", (20, 10, 60, 20), 0.75)], "tesseract"
    )
    empty = FormPage(0.0, 0.0, "", error="[C507] x")
    return make_form_doc(load_blank().vocab, [*pages, empty, second], source="a.pdf")


def test_text_is_readable_and_offsets_are_exact(doc):
    assert doc.text == "Name: Jane Roe\nAge: 63\n\nSigned"
    for token in doc:
        assert doc.text[token.idx : token.idx + len(token)] == token.text


def test_tokens_have_places(doc):
    name = doc[0]
    assert name._.box == (10, 10, 50, 20)
    assert name._.box_1000 == (50, 100, 250, 200)
    assert (name._.page, name._.confidence) == (1, None)
    signed = doc[-1]
    assert signed._.box_1000 == (200, 200, 600, 400)
    assert (signed._.page, signed._.confidence) == (3, 0.75)
    line_break = doc[3]
    assert line_break.text == "\n"
    assert (line_break._.box, line_break._.box_1000) == (None, (0, 0, 0, 0))


def test_pages_and_lines_are_spans(doc):
    found = [(s.label_, s.text, s._.page) for s in doc.spans["layout"]]
    assert found == [
        ("line", "Name: Jane Roe", 1),
        ("line", "Age: 63", 1),
        ("page", "Name: Jane Roe\nAge: 63", 1),
        ("line", "Signed", 3),
        ("page", "Signed", 3),
    ]
    line = doc.spans["layout"][0]
    assert line._.box == (10, 10, 120, 20)
    assert line._.layout == (10, 10, 110, 10, 1)
    assert line._.layout.page_no == 1


def test_pages_are_described(doc):
    first, broken, last = doc._.pages
    assert (first["number"], first["width"], first["unit"], first["n_words"]) == (
        1,
        200,
        "px",
        5,
    )
    assert (broken["n_words"], broken["error"]) == (0, "[C507] x")
    assert (last["source"], last["n_words"]) == ("tesseract", 1)


def describe(doc):
    return {
        "text": doc.text,
        "tokens": [(t._.box, t._.box_1000, t._.page, t._.confidence) for t in doc],
        "layout": [(s.label_, s._.box, s._.page) for s in doc.spans["layout"]],
        "pages": doc._.pages,
    }


def test_survives_everything(doc):
    vocab = spacy.blank("en").vocab
    packed = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [unpacked] = DocBin().from_bytes(packed).get_docs(vocab)
    assert describe(unpacked) == describe(doc)
    assert describe(Doc(vocab).from_bytes(doc.to_bytes())) == describe(doc)
    assert describe(pickle.loads(pickle.dumps(doc))) == describe(doc)


def test_survives_processes(doc):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_sentencizer")
    found = list(nlp.pipe([doc.copy(), doc.copy()], n_process=2))
    assert [describe(d) for d in found] == [describe(doc)] * 2


def test_boxes_beside_the_page_are_put_on_it():
    pages = make_pages(
        ["a", "b"], [(-9, 5, 500, 900), (30, 30, 20, 20)], width=99, height=50
    )
    doc = make_form_doc(load_blank().vocab, pages)
    boxes = [t._.box_1000 for t in doc if t._.box]
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 <= x1 <= 1000
        assert 0 <= y0 <= y1 <= 1000


def test_a_word_with_white_space_inside_is_one_token():
    pages = make_pages(["1 000\u00a0mg"], [(0, 0, 10, 10)], width=99, height=50)
    assert [t.text for t in make_form_doc(load_blank().vocab, pages)] == ["1000mg"]


def test_other_docs_have_no_places():
    doc = load_blank()("No form.")
    assert doc._.pages == []
    assert (doc[0]._.box, doc[0]._.page, doc[0]._.confidence) == (None, 0, None)
    assert (doc[0:1]._.box, doc[0:1]._.layout, doc[0:1]._.page) == (None, None, 0)


def test_no_pages_make_an_empty_doc():
    doc = make_form_doc(load_blank().vocab, [])
    assert (doc.text, doc._.pages, len(doc.spans["layout"])) == ("", [], 0)
