import numpy
import pytest

from spacy_clinical.heads.decode import cut_outside, decode, read_tags
from spacy_clinical.heads.labels import read_labels

BIO = ["O", "B-Age", "I-Age", "B-Drug", "I-Drug"]


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


@pytest.mark.parametrize("decoder", ["greedy", "viterbi", "posterior"])
def test_decode_long_notes_in_parts(decoder, monkeypatch):
    tags = (["B-Age", "I-Age", "I-Age", "O", "B-Drug", "O"] * 20)[:-1]
    logits = logits_for(tags, BIO)
    seen = numpy.ones(len(tags), dtype=bool)
    scheme = read_labels(BIO)
    whole = decode(logits, seen, scheme, decoder=decoder, threshold=0.5)
    monkeypatch.setattr("spacy_clinical.heads.decode.PART_TOKENS", 10)
    parts = decode(logits, seen, scheme, decoder=decoder, threshold=0.5)
    assert [p[:3] for p in parts] == [w[:3] for w in whole]
    assert len(whole) == 40


def test_cut_outside_keeps_every_token_once():
    logits = numpy.random.default_rng(0).normal(size=(10_000, 5))
    tokens = numpy.arange(0, 10_000, 1)
    parts = cut_outside(logits, tokens, 0)
    assert numpy.array_equal(numpy.concatenate(parts), tokens)
    assert max(map(len, parts)) <= 4096
    assert cut_outside(logits, tokens[:0], 0) == []
