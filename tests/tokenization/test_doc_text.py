import spacy

from spacy_clinical.tokenization.doc_text import DocText, find_sentence_starts


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


def test_long_docs_have_their_text_too(monkeypatch):
    monkeypatch.setattr("spacy_clinical.tokenization.doc_text._MIN_TOKENS", 0)
    test_doc_text_is_the_text_of_the_doc(monkeypatch)


def test_sentences_start_where_the_doc_has_them_or_the_text():
    nlp = spacy.blank("en")
    doc = nlp("No fever. Cough")
    assert find_sentence_starts(doc, doc.text) == [0, 10]
    doc[1].is_sent_start = True
    assert find_sentence_starts(doc, doc.text) == [0, 3]
    assert find_sentence_starts(nlp(""), "") == []
