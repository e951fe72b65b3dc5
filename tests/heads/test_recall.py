"""The three decodings of ehr_deidentification, and spans that lose nothing."""

import json
from itertools import pairwise

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.heads.labels import read_labels
from spacy_clinical.heads.recall import (
    Neighbors,
    choose_tags,
    decode_types,
    join_types,
)
from tests.conftest import find_corpus

COLUMNS = ["B-LOC", "I-LOC", "O", "U-LOC", "B-DATE"]
SCHEME = read_labels(COLUMNS)
# Probabilities of three tokens: sure of O, in doubt, sure of LOC.
PROBABILITIES = numpy.asarray(
    [
        [0.0004, 0.0003, 0.9990, 0.0001, 0.0002],
        [0.10, 0.15, 0.60, 0.05, 0.10],
        [0.10, 0.10, 0.05, 0.70, 0.05],
    ]
)
LOGITS = numpy.log(PROBABILITIES)


@pytest.mark.parametrize(
    ("decoder", "threshold", "expected"),
    [
        ("argmax", 0.0, ["O", "O", "U-LOC"]),
        ("threshold_max", 0.15, ["O", "I-LOC", "U-LOC"]),
        ("threshold_max", 0.16, ["O", "O", "U-LOC"]),
        ("threshold_max", 0.0004, ["B-LOC", "I-LOC", "U-LOC"]),
        ("threshold_sum", 0.4, ["O", "I-LOC", "U-LOC"]),
        ("threshold_sum", 0.41, ["O", "O", "U-LOC"]),
        ("threshold_sum", 0.001, ["B-LOC", "I-LOC", "U-LOC"]),
        ("threshold_sum", 0.0, ["B-LOC", "I-LOC", "U-LOC"]),
    ],
)
def test_the_three_decodings(decoder, threshold, expected):
    # A hair below: a threshold is met by what equals it, but for rounding.
    chosen = choose_tags(
        LOGITS, SCHEME, decoder=decoder, threshold=threshold * (1 - 1e-9)
    )
    assert chosen.tags == expected


def test_a_score_is_the_probability_of_the_type():
    chosen = choose_tags(LOGITS, SCHEME, decoder="threshold_max", threshold=0.01)
    assert chosen.tags == ["O", "I-LOC", "U-LOC"]
    assert chosen.scores[1:] == pytest.approx([0.30, 0.90])


@pytest.mark.parametrize(
    ("scores", "marks", "starts", "expected"),
    [
        # Beside what was found, and in a row with it, but not elsewhere.
        ([0.2, 0.9, 0.2, 0.0, 0.2], "", "", [0, 1, 2]),
        ([0.2, 0.2, 0.2, 0.9], "", "", [0, 1, 2, 3]),
        ([0.2, 0.2, 0.2], "", "", []),
        # Behind a comma, but not on another line, nor below the lower threshold.
        ([0.9, 0.0, 0.2], "1", "", [0, 2]),
        ([0.9, 0.0, 0.2], "1", "2", [0]),
        ([0.2, 0.9], "", "1", [1]),
        ([0.9, 0.05], "", "", [0]),
    ],
)
def test_neighbors_of_what_was_found_need_less(scores, marks, starts, expected):
    scores = numpy.asarray(scores)
    is_mark, is_start = (
        numpy.isin(numpy.arange(len(scores)), [int(i) for i in places])
        for places in (marks, starts)
    )
    near = Neighbors(0.1, is_mark, is_start)
    assert numpy.flatnonzero(near.find(scores >= 0.5, scores)).tolist() == expected
    if not starts:
        near = Neighbors(0.1, is_mark, None)
        assert numpy.flatnonzero(near.find(scores >= 0.5, scores)).tolist() == expected


def test_the_threshold_of_neighbors_widens_spans():
    kwargs = {"decoder": "threshold_sum", "threshold": 0.9}
    kwargs |= {"is_mark": numpy.zeros(3, bool)}
    seen = numpy.ones(3, bool)
    [alone] = decode_types(LOGITS, seen, SCHEME, **kwargs)
    [wide] = decode_types(LOGITS, seen, SCHEME, neighbor_threshold=0.3, **kwargs)
    assert (alone.start, alone.end) == (2, 3)
    assert (wide.start, wide.end) == (1, 3)


TOKENS = ("B-LOC", "I-LOC", "L-LOC", "U-LOC", "B-DATE", "I-DATE", "O")


@pytest.mark.parametrize(
    ("tags", "marks", "expected"),
    [
        ("B-LOC U-LOC", "..", [(0, 2, "LOC")]),
        ("B-LOC I-LOC B-LOC", "...", [(0, 3, "LOC")]),
        ("I-LOC L-LOC", "..", [(0, 2, "LOC")]),
        ("U-LOC O U-LOC", ".,.", [(0, 3, "LOC")]),
        ("U-LOC O O U-LOC", ".,,.", [(0, 4, "LOC")]),
        ("U-LOC O U-LOC", "...", [(0, 1, "LOC"), (2, 3, "LOC")]),
        ("U-LOC O B-DATE", ".,.", [(0, 1, "LOC"), (2, 3, "DATE")]),
        ("U-LOC O O O", ".,,,", [(0, 1, "LOC")]),
        ("O O", ",,", []),
        ("B-LOC B-DATE I-LOC", "...", [(0, 1, "LOC"), (1, 2, "DATE"), (2, 3, "LOC")]),
    ],
)
def test_neighbors_of_one_type_are_one_span(tags, marks, expected):
    assert join_types(tags.split(), [mark == "," for mark in marks]) == expected


def test_another_line_begins_another_span_unless_the_tag_goes_on():
    is_start = [False, True]
    assert join_types(["U-LOC", "U-LOC"], [False] * 2, is_start) == [
        (0, 1, "LOC"),
        (1, 2, "LOC"),
    ]
    assert join_types(["B-LOC", "I-LOC"], [False] * 2, is_start) == [(0, 2, "LOC")]


@given(st.lists(st.sampled_from(TOKENS), max_size=12))
def test_no_tag_is_lost_whatever_the_sequence(tags):
    spans = join_types(tags, [False] * len(tags))
    inside = {i for start, end, _ in spans for i in range(start, end)}
    assert inside == {i for i, tag in enumerate(tags) if tag != "O"}
    for (_, end, label), (start, _, other) in pairwise(spans):
        assert end < start or label != other


@pytest.mark.parametrize(
    "columns", [["O", "LOC", "DATE"], ["O", "B-LOC", "I-LOC"], COLUMNS]
)
def test_any_inventory_can_be_decoded(columns):
    scheme = read_labels(columns)
    logits = numpy.full((4, len(columns)), -5.0)
    place = next(i for i, name in enumerate(columns) if "LOC" in name)
    logits[1:3, place] = 5.0
    logits[[0, 3], columns.index("O")] = 5.0
    [found] = decode_types(
        logits,
        numpy.asarray([True] * 4),
        scheme,
        decoder="argmax",
        is_mark=numpy.zeros(4, dtype=bool),
    )
    assert found[:3] == (1, 3, "LOC")


def test_white_space_is_passed_over():
    logits = LOGITS[[2, 0, 2]]
    [found] = decode_types(
        logits,
        numpy.asarray([True, False, True]),
        SCHEME,
        decoder="argmax",
        is_mark=numpy.zeros(3, dtype=bool),
    )
    assert found[:3] == (0, 3, "LOC")
    nothing = numpy.zeros((0, len(COLUMNS)))
    empty = numpy.zeros(0, dtype=bool)
    assert decode_types(nothing, empty, SCHEME, decoder="argmax", is_mark=empty) == []


TAGS = {"LOC": "LOCATION", "HOSP": "HOSPITAL"}


def test_the_authors_predictions_become_their_text():
    """Spans of the tags that a real checkpoint gave, beside the authors' own output."""
    folder = find_corpus("deid_obi")
    lines = {
        name: (folder / f"{name}.jsonl").read_text("utf8").splitlines()
        for name in ("notes", "deid", "predictions")
    }
    texts = {(d := json.loads(line))["meta"]["note_id"]: d for line in lines["notes"]}
    theirs = {(d := json.loads(line))["meta"]["note_id"]: d for line in lines["deid"]}
    n_spans = 0
    for line in lines["predictions"]:
        note = json.loads(line)
        text = texts[note["note_id"]]["text"]
        tokens = note["tokens"]
        marks = [not any(c.isalnum() for c in token["text"]) for token in tokens]
        written, end = "", 0
        for first, last, label in join_types(note["predictions"], marks):
            start, stop = tokens[first]["start"], tokens[last - 1]["end"]
            tag = TAGS.get(label, label)
            written += f"{text[end:start]}<<{tag}:{text[start:stop]}>>"
            end = stop
            n_spans += 1
        written += text[end:]
        assert " ".join(written.split()) == " ".join(
            theirs[note["note_id"]]["deid_text"].split()
        )
    assert n_spans > 60
