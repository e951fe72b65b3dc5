"""Texts become windows, and rows of windows become rows of texts."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.plan import Plan, cut_text, find_global_pieces, hide_words
from spacy_clinical.pieces.text import Text, read_doc
from spacy_clinical.pieces.windows import plan_windows
from tests.conftest import load_blank


def make_pieces(first, stop, n_pieces):
    """Wordpieces of one character each, for tokens that have some of them."""
    places = numpy.arange(n_pieces)
    offsets = numpy.stack([places, places + 1], axis=1)
    return Pieces(places + 10, offsets, numpy.asarray(first), numpy.asarray(stop))


def make_letters(unit, *, n=20, tokens=None, **starts):
    """A text whose pieces are its characters, and so are its tokens if none are given."""
    first = numpy.arange(n) if tokens is None else numpy.asarray(tokens)
    stop = numpy.append(first[1:], [n] * bool(n)).astype("int64")
    text = Text(
        "x" * n,
        unit=unit,
        token_ids=numpy.arange(len(first)),
        tokens=numpy.stack([first, stop], axis=1),
        **starts,
    )
    return text, make_pieces(first, stop, n)


def kept(windows):
    return [i for w in windows for i in range(w.keep_start, w.keep_stop)]


def test_sentences_are_windows():
    note = make_letters("sentence", sections=[0], sentences=[0, 7, 9])
    windows = cut_text(*note, size=10, stride=8)
    assert [(w.start, w.stop) for w in windows[:2]] == [(0, 7), (7, 9)]
    # The last one is too long for a window.
    assert windows[2].start == 9
    assert len(windows) == 4
    assert max(w.stop - w.start for w in windows) <= 10
    assert kept(windows) == list(range(20))


def test_a_section_starts_a_sentence():
    note = make_letters("sentence", sections=[0, 4], sentences=[0, 12])
    windows = cut_text(*note, size=20, stride=20)
    assert [(w.start, w.stop) for w in windows] == [(0, 4), (4, 12), (12, 20)]


def test_windows_are_as_long_as_may_be():
    note = make_letters("window", sections=[0], sentences=[0, 9])
    windows = cut_text(*note, size=12, stride=10)
    assert kept(windows) == list(range(20))
    assert len(windows) == 2


@pytest.mark.parametrize(("size", "stop"), [(12, 12), (20, 20), (30, 20)])
def test_only_the_first_window_is_read_where_that_is_asked_for(size, stop):
    note = make_letters("first", sections=[0], sentences=[0, 9])
    [window] = cut_text(*note, size=size, stride=10)
    assert window == (0, stop, 0, stop)


@pytest.mark.parametrize("unit", ["window", "sentence", "first"])
def test_an_empty_text_has_no_windows(unit):
    assert cut_text(*make_letters(unit, n=0), size=5, stride=4) == []


def test_without_sentences_windows_are_cut_at_words():
    note = make_letters("sentence", tokens=[0, 5, 10, 15])
    windows = cut_text(*note, size=12, stride=12)
    assert [(w.start, w.stop) for w in windows] == [(0, 10), (10, 20)]


@pytest.mark.parametrize("has_sections", [True, False])
def test_windows_end_where_sections_or_else_sentences_end(has_sections):
    doc = Doc(
        load_blank().vocab,
        words=["No", "pain", "or", "fever", ".", "Plan", ":", "rest"],
        sent_starts=[True, False, False, False, True, True, False, False],
    )
    if has_sections:
        doc.spans["sections"] = [doc[0:5], doc[5:8]]
    tokens = numpy.arange(8)
    starts = numpy.asarray([t.idx for t in doc])
    offsets = numpy.stack([starts, starts + [len(t) for t in doc]], axis=1)
    pieces = Pieces(tokens, offsets, tokens, tokens + 1)
    windows = cut_text(read_doc(doc), pieces, size=6, stride=6)
    # A section ends in the second half of what the first window could keep.
    assert windows[0].keep_stop == 5
    assert kept(windows) == list(range(8))


TOKENS = make_pieces(range(0, 2000, 2), range(2, 2002, 2), 2000)


@pytest.mark.learns
def test_hide_words_hides_whole_words():
    ids = hide_words(TOKENS, 0.25, 4)
    hidden = (ids == 4).reshape(-1, 2)
    assert (hidden[:, 0] == hidden[:, 1]).all()
    assert 0.2 < hidden[:, 0].mean() < 0.3
    assert (ids[ids != 4] == TOKENS.ids[ids != 4]).all()
    assert TOKENS.ids[0] == 10


@pytest.mark.parametrize("n_pieces", [0, 1, 6, 7, 23])
def test_stitch_puts_each_row_in_its_place(n_pieces):
    rows = numpy.arange(n_pieces * 2, dtype="float32").reshape(n_pieces, 2)
    pieces = make_pieces([], [], n_pieces)
    windows = plan_windows(n_pieces, size=6, stride=4)
    places = [(0, window) for window in windows]
    plan = Plan([Text("")], [pieces], [windows], [], places)
    outputs = [(i, rows[w.start : w.stop]) for i, w in enumerate(windows)]
    [encoded] = plan.stitch(reversed(outputs), width=2)
    assert numpy.array_equal(encoded.X, rows)
    [encoded] = plan.stitch(outputs, width=1, project=lambda X: X[:, :1] + X[:, 1:])
    assert numpy.array_equal(encoded.X, rows.sum(axis=1, keepdims=True))
    # Each row's gradient goes to the one window that it was kept of.
    cut = plan.cut_gradients([rows], [output for _, output in outputs])
    joined = [d[w.keep_start - w.start :] for d, w in zip(cut, windows, strict=True)]
    joined = [
        d[: w.keep_stop - w.keep_start] for d, w in zip(joined, windows, strict=True)
    ]
    assert numpy.array_equal(numpy.concatenate([rows[:0], *joined]), rows)
    assert sum(abs(d).sum() for d in cut) == abs(rows).sum()


def test_find_global_pieces():
    doc = spacy.blank("en").make_doc("PLAN : rest and fluids")
    text = read_doc(doc)
    # Two pieces for each token but the second, which has none.
    pieces = make_pieces([0, 2, 2, 4, 6], [2, 2, 4, 6, 8], 8)

    def find(global_attention):
        return find_global_pieces(text, pieces, global_attention).tolist()

    assert find("sections") == []
    doc.spans["section_titles"] = [Span(doc, 0, 2, label="plan")]
    doc.spans["questions"] = [doc[2:4], doc[3:5]]
    assert find("sections") == [0, 1]
    assert find("first") == []
    assert find("questions") == [2, 3, 4, 5, 6, 7]
    assert find("missing") == []
    assert find([4, 0, 1, 99]) == [0, 1, 6, 7]


def test_written_titles_have_global_attention():
    text, pieces = make_letters("window", titles=[(2, 5), (9, 11)])
    assert find_global_pieces(text, pieces, "sections").tolist() == [2, 3, 4, 9, 10]
    assert find_global_pieces(text, pieces, "first").tolist() == []
