"""Long notes take time in proportion to their length, whatever they hold."""

import sys

import numpy
import pytest

from spacy_clinical.forms.places import Places
from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.plan import cut_text
from spacy_clinical.pieces.text import PLACEHOLDER, Text, read_note
from spacy_clinical.pieces.windows import plan_windows, take_between
from spacy_clinical.sections.split import split_sections
from spacy_clinical.tokenization.sentences import split_sentences
from tests.conftest import load_blank

SHORT, LONG = 4_000, 16_000
# Lines, calls and loops of Python grow four times, and not sixteen times.
MOST = 6.0


def count_lines(work):
    """Count the lines of Python that are run."""
    n_lines = 0

    def count(frame, event, argument):
        nonlocal n_lines
        n_lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return n_lines


def grows_evenly(make_work):
    short, long = (count_lines(make_work(n)) for n in (SHORT, LONG))
    return long <= MOST * max(short, 100)


def make_note(n_chars, unit="window"):
    """A text of words and sentences of one length, and its wordpieces."""
    starts = numpy.arange(0, n_chars, 4)
    numbers = numpy.arange(len(starts))
    offsets = numpy.stack([starts, starts + 3], axis=1)
    text = Text(
        "aaa " * len(starts),
        sentences=list(range(0, n_chars, 40)),
        token_ids=numbers,
        tokens=offsets,
        unit=unit,
    )
    return text, Pieces(numbers, offsets, numbers, numbers + 1)


@pytest.mark.parametrize("unit", ["window", "sentence", "first"])
def test_texts_are_cut_in_time_with_their_length(unit):
    def make_work(n_chars):
        text, pieces = make_note(n_chars, unit)
        return lambda: cut_text(text, pieces, size=64, stride=64)

    assert grows_evenly(make_work)


@pytest.mark.parametrize("size", [3, 7, 64])
def test_sentences_are_cut_as_if_alone(size):
    windows = cut_text(*make_note(2_000, "sentence"), size=size, stride=size)
    expected = []
    for start in range(0, 500, 10):
        borders = [list(range(1, 10))]
        for window in plan_windows(10, size=size, stride=size, borders=borders):
            expected.append(tuple(start + i for i in window))
    assert [tuple(window) for window in windows] == expected


def test_pages_are_cut_in_time_with_their_number():
    def make_work(n_chars):
        text, pieces = make_note(n_chars)
        tokens = numpy.arange(len(pieces))
        boxes = numpy.zeros((len(tokens), 4), dtype="int64")
        places = Places(boxes, tokens // 20 + 1, tokens // 5, tokens < 0, 0)
        return lambda: cut_text(text, pieces, size=64, stride=64, places=places)

    assert grows_evenly(make_work)


def test_take_between_counts_from_the_start():
    places = numpy.asarray([0, 3, 4, 9, 12])
    assert take_between(places, 3, 9).tolist() == [0, 1]
    assert take_between(places, 5, 9).tolist() == []


SHAPES = {
    "prose": "She has had a cough for two days, and no fever. ",
    "one word": "a",
    "line breaks": "\n",
    "titles": "HISTORY OF PRESENT ILLNESS:\n",
    "inline titles": "Plan: rest. Impression: flu. ",
    "sections": "PLAN: rest.\n\nHPI: cough for two days.\n\n",
    "items": "- aspirin 81 mg\n",
    "numbers": "1. aspirin 81 mg\n",
    "spaces": " ",
    "digits": "1234567890",
    "parentheses": "(",
    "stops": ". ",
    "colons": "a: ",
    "unclosed placeholders": "[** a ",
    "emoji": "\U0001f600",
}


def repeat(shape, n_chars):
    return (SHAPES[shape] * (n_chars // len(SHAPES[shape]) + 1))[:n_chars]


@pytest.fixture(scope="module")
def nlp():
    return load_blank("clinical_section_splitter", "clinical_sentencizer")


@pytest.mark.parametrize("shape", SHAPES)
def test_rules_take_time_with_the_length_of_the_note(shape, nlp):
    titles = nlp.get_pipe("clinical_section_splitter").titles

    def make_work(n_chars):
        text = repeat(shape, n_chars)
        return lambda: (split_sections(text, titles), split_sentences(text))

    make_work(SHORT)()
    assert grows_evenly(make_work)


@pytest.mark.parametrize("shape", ["titles", "sections", "inline titles", "prose"])
@pytest.mark.parametrize("chosen", ["all", "admission"])
def test_a_note_is_read_once(shape, chosen, nlp):
    docs = [nlp(repeat(shape, n_chars)) for n_chars in (SHORT, LONG)]
    short, long = (count_tokens(doc, lambda d: read_note(d, chosen)) for doc in docs)
    assert long <= MOST * short


def count_tokens(doc, work):
    """Count the tokens that are looked at, in compiled code too."""
    counted = CountingDoc(doc)
    work(counted)
    return counted.n_tokens


class CountingDoc:
    """A Doc that counts what is read of it as a whole."""

    def __init__(self, doc):
        self.doc = doc
        self.n_tokens = 1

    def __getattr__(self, name):
        value = getattr(self.doc, name)
        if name in ("text", "sents", "to_array", "has_annotation"):
            self.n_tokens += len(self.doc)
        return value

    def __len__(self):
        return len(self.doc)

    def __getitem__(self, key):
        return self.doc[key]


def test_an_unclosed_placeholder_is_looked_for_once():
    for text, rest in [
        ("[**Name**] a", "  a"),
        ("[**First\nName**]", " "),
        ("___ b", "  b"),
        ("[**a [**b**] c", "[**a   c"),
        ("[** a", "[** a"),
    ]:
        assert PLACEHOLDER.sub(" ", text) == rest
    # Two megabytes would take minutes if each were looked for to the end.
    assert PLACEHOLDER.sub(" ", "[** " * 500_000) == "[** " * 500_000
