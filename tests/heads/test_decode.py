import itertools

import numpy
import pytest

from spacy_clinical.heads.decode import (
    decode,
    find_best_path,
    is_well_formed,
    read_tags,
    tag_rules,
)
from spacy_clinical.heads.labels import read_labels

BIO = ["O", "B-Age", "I-Age", "B-Drug", "I-Drug"]
BILOU = ["O", "B-Age", "I-Age", "L-Age", "U-Age", "B-Drug", "I-Drug", "L-Drug"]
SCHEMES = [BIO, BILOU, ["O", "Age", "Drug"], ["O", "B-Sex", "B-Age", "I-Age"]]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O B-Age I-Age O", [(1, 3, "Age")]),
        ("B-Age B-Age", [(0, 1, "Age"), (1, 2, "Age")]),
        ("I-Age I-Age O I-Drug", [(0, 2, "Age"), (3, 4, "Drug")]),
        ("B-Age I-Drug", [(0, 1, "Age"), (1, 2, "Drug")]),
        ("B-Age L-Age U-Age I-Age", [(0, 2, "Age"), (2, 3, "Age"), (3, 4, "Age")]),
        ("O O", []),
    ],
)
def test_read_tags_as_conlleval(tags, spans):
    assert read_tags(tags.split()) == spans


@pytest.mark.parametrize("columns", SCHEMES)
@pytest.mark.parametrize("n_tokens", [1, 2, 4])
def test_find_best_path_is_the_best_of_all(columns, n_tokens):
    scheme = read_labels(columns)
    rules = tag_rules(scheme)
    rng = numpy.random.default_rng(n_tokens)
    for _ in range(5):
        scores = rng.normal(size=(n_tokens, len(scheme.tags)))
        rows = numpy.arange(n_tokens)
        every = itertools.product(range(len(scheme.tags)), repeat=n_tokens)
        legal = [p for p in every if is_well_formed(numpy.asarray(p), rules)]
        best = max(legal, key=lambda path: scores[rows, list(path)].sum())
        assert find_best_path(scores, rules).tolist() == list(best)


@pytest.mark.parametrize(
    ("columns", "tags", "expected"),
    [
        (BIO, "O B-Age I-Age", True),
        (BIO, "I-Age O O", False),
        (BIO, "B-Drug I-Age O", False),
        (BILOU, "B-Age I-Age L-Age", True),
        (BILOU, "B-Age I-Age I-Age", False),
        (BILOU, "O U-Age O", True),
        (["O", "Age"], "I-Age I-Age O", True),
    ],
)
def test_is_well_formed(columns, tags, expected):
    scheme = read_labels(columns)
    path = numpy.asarray([scheme.ids_by_tag[tag] for tag in tags.split()])
    assert is_well_formed(path, tag_rules(scheme)) is expected


def logits_for(tags, columns, *, strength=9.0):
    logits = numpy.zeros((len(tags), len(columns)), dtype="float32")
    for i, tag in enumerate(tags):
        logits[i, columns.index(tag)] = strength
    return logits


def test_decode_passes_over_white_space():
    tags = ["B-Age", "O", "I-Age", "O"]
    seen = numpy.asarray([True, False, True, True])
    scheme = read_labels(BIO)
    found = decode(logits_for(tags, BIO), seen, scheme, decoder="greedy")
    assert [(e.start, e.end, e.label) for e in found] == [(0, 3, "Age")]


def test_decode_scores_are_mean_probabilities():
    logits = numpy.log(
        numpy.asarray([[0.1, 0.8, 0.1, 0, 0], [0.3, 0, 0.7, 0, 0]]) + 1e-9
    )
    seen = numpy.ones(2, dtype=bool)
    found = decode(logits, seen, read_labels(BIO), decoder="viterbi")
    assert found[0][:3] == (0, 2, "Age")
    assert found[0].score == pytest.approx(0.75, abs=1e-6)


def test_decode_viterbi_mends_what_greedy_splits():
    # The second token alone looks like the inside of another type.
    probabilities = numpy.asarray(
        [[0.05, 0.9, 0.02, 0.02, 0.01], [0.02, 0.02, 0.46, 0.02, 0.48]]
    )
    logits = numpy.log(probabilities)
    seen = numpy.ones(2, dtype=bool)
    scheme = read_labels(BIO)
    greedy = decode(logits, seen, scheme, decoder="greedy")
    viterbi = decode(logits, seen, scheme, decoder="viterbi")
    assert [e.label for e in greedy] == ["Age", "Drug"]
    assert [(e.start, e.end, e.label) for e in viterbi] == [(0, 2, "Age")]


def test_decode_nothing():
    logits = numpy.zeros((2, 5), dtype="float32")
    seen = numpy.zeros(2, dtype=bool)
    assert decode(logits, seen, read_labels(BIO), decoder="viterbi") == []
    assert decode(logits[:0], seen[:0], read_labels(BIO), decoder="greedy") == []
