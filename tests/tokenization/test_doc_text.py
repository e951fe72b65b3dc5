import numpy
import spacy
from spacy.attrs import IDX, SENT_START

from spacy_clinical.tokenization.doc_text import DocText


def test_doc_text_is_the_text_of_the_doc(monkeypatch):
    monkeypatch.setattr("spacy_clinical.tokenization.doc_text._MAX_SPELLINGS", 3)
    nlp = spacy.blank("en")
    texts = DocText()
    for text in (
        "No fever.",
        "",
        " ",
        "no fever\n\nNo  chills",
        "\u0130 x",
        "No fever.",
    ):
        doc = nlp(text)
        assert texts.get(doc) == text
        assert texts.get(doc) == text


def test_doc_text_reads_attributes_on_the_way():
    doc = spacy.blank("en")("No fever. Cough")
    text, columns = DocText().read(doc, [IDX, SENT_START])
    assert text == doc.text
    assert numpy.array_equal(columns, doc.to_array([IDX, SENT_START]).T)
