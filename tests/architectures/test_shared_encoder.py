from types import SimpleNamespace

import spacy

from spacy_clinical.architectures import shared_encoder
from spacy_clinical.architectures.shared_encoder import WaitingRows


def make_rows(n_pieces):
    return SimpleNamespace(pieces=range(n_pieces))


def test_rows_are_taken_once():
    waiting, doc, rows = WaitingRows(), spacy.blank("en")("No fever."), make_rows(4)
    assert waiting.take(doc) is None
    waiting.put(doc, make_rows(3))
    waiting.put(doc, rows)
    assert (len(waiting), waiting.n_pieces) == (1, 4)
    assert waiting.take(doc.copy()) is None
    assert waiting.take(doc) is rows
    assert waiting.take(doc) is None
    assert (len(waiting), waiting.n_pieces) == (0, 0)


def test_rows_of_other_tokens_are_not_handed_over():
    waiting, doc = WaitingRows(), spacy.blank("en")("No fever.")
    waiting.put(doc, make_rows(4))
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[:2])
    assert waiting.take(doc) is None
    assert (len(waiting), waiting.n_pieces) == (0, 0)


def test_rows_can_be_dropped():
    waiting, doc = WaitingRows(), spacy.blank("en")("No fever.")
    waiting.put(doc, make_rows(4))
    assert waiting.drop(doc) is not None
    assert waiting.drop(doc) is None
    assert (len(waiting), waiting.n_pieces) == (0, 0)


def test_the_oldest_rows_make_room(monkeypatch):
    monkeypatch.setattr(shared_encoder, "MAX_WAITING", 10)
    waiting, nlp = WaitingRows(), spacy.blank("en")
    docs = [nlp(text) for text in ("Fever.", "Cough.", "Gout.")]
    for doc in docs:
        waiting.put(doc, make_rows(5))
    assert waiting.n_pieces == 10
    assert [waiting.take(doc) is None for doc in docs] == [True, False, False]
