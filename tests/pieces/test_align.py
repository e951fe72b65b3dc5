import numpy
from spacy.tokens import Doc

from spacy_clinical.pieces.align import align_pieces
from spacy_clinical.pieces.text import read_doc
from tests.conftest import load_blank


def align_doc(doc, offsets):
    text = read_doc(doc)
    return align_pieces(text.text, text.tokens, list(range(len(offsets))), offsets)


def align(words, spaces, offsets):
    doc = Doc(load_blank().vocab, words=words, spaces=spaces)
    pieces = align_doc(doc, offsets)
    return list(zip(pieces.first.tolist(), pieces.stop.tolist(), strict=True))


def test_align_pieces_word_of_several_pieces():
    # dyspnea on: dys ##pnea on
    assert align(["dyspnea", "on"], [True, False], [(0, 3), (3, 7), (8, 10)]) == [
        (0, 2),
        (2, 3),
    ]


def test_align_pieces_piece_of_several_tokens():
    # 5mg is two tokens, one piece
    assert align(["5", "mg"], [False, False], [(0, 3)]) == [(0, 1), (0, 1)]


def test_align_pieces_token_without_pieces():
    # a \n b
    assert align(["a", "\n", "b"], [True, False, False], [(0, 1), (3, 4)]) == [
        (0, 1),
        (1, 1),
        (1, 2),
    ]


def test_align_pieces_byte_pieces_of_one_character():
    # An emoji is several byte-level pieces with the same offsets.
    assert align(["\U0001f915", "x"], [True, False], [(0, 1), (0, 1), (1, 3)]) == [
        (0, 2),
        (2, 3),
    ]


def test_align_pieces_ignores_the_space_before_a_word():
    assert align(["no", "pain"], [True, False], [(0, 2), (2, 7)]) == [(0, 1), (1, 2)]


def test_align_pieces_of_nothing():
    doc = Doc(load_blank().vocab)
    pieces = align_doc(doc, [])
    assert len(pieces) == 0
    assert len(pieces.is_seen) == 0


def test_find_starts_counts_in_pieces():
    doc = Doc(load_blank().vocab, words=["dyspnea", "on"])
    pieces = align_doc(doc, [(0, 3), (3, 7), (8, 10)])
    assert pieces.find_starts([0, 8]).tolist() == [0, 2]
    assert pieces.find_starts([0, 1, 7, 10]).tolist() == [0, 2]
    assert numpy.array_equal(pieces.is_seen, [True, True])
