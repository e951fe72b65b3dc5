import itertools

import numpy
import pytest

from spacy_clinical.heads.crf import constraints
from spacy_clinical.heads.decode import read_tags
from spacy_clinical.heads.labels import read_labels
from spacy_clinical.heads.spans import find_spans

BIO = ["O", "B-Age", "I-Age", "B-Drug", "I-Drug"]
BILOU = ["O", "B-Age", "I-Age", "L-Age", "U-Age", "U-Sex"]
SCHEMES = [BIO, BILOU, ["O", "Age", "Drug"], ["O", "B-Sex", "B-Age", "I-Age"]]


def probabilities(scores, transitions, scheme):
    """The probability of each entity, by going through all sequences of tags."""
    n_tokens, n_tags = scores.shape
    totals, z = {}, 0.0
    for path in itertools.product(range(n_tags), repeat=n_tokens):
        moves = itertools.pairwise([-1, *path, -1])
        energy = sum(transitions[a, b] for a, b in moves)
        weight = numpy.exp(energy + sum(scores[t, tag] for t, tag in enumerate(path)))
        z += weight
        for span in read_tags([scheme.tags[i] for i in path]):
            totals[span] = totals.get(span, 0.0) + weight
    return {span: total / z for span, total in totals.items()}


@pytest.mark.parametrize("columns", SCHEMES)
@pytest.mark.parametrize("n_tokens", [1, 2, 4])
@pytest.mark.parametrize("is_learned", [False, True])
def test_find_spans_gives_exact_probabilities(columns, n_tokens, is_learned):
    scheme = read_labels(columns)
    rng = numpy.random.default_rng(n_tokens)
    transitions = constraints(scheme)
    if is_learned:
        transitions += rng.normal(size=transitions.shape)
    scores = rng.normal(size=(n_tokens, len(scheme.tags))) * 3
    expected = probabilities(scores, transitions, scheme)
    found = find_spans(scores, transitions, scheme, threshold=0.5)
    assert {span[:3] for span in found} == {s for s, p in expected.items() if p >= 0.5}
    for span in found:
        assert span.score == pytest.approx(expected[span[:3]])
    # With a low threshold, the most probable come first.
    found = find_spans(scores, transitions, scheme, threshold=0.05)
    assert found[0].start == min(span.start for span in found)
    best = max(expected, key=expected.get)
    assert best in {span[:3] for span in found}
    for a, b in itertools.pairwise(found):
        assert a.end <= b.start


def test_find_spans_keeps_what_competing_readings_share():
    # Three readings of two tokens: the best sequence alone has probability 0.4.
    scheme = read_labels(["O", "B-Age", "I-Age", "B-Sex"])
    wanted = {"B-Age O": 0.4, "O O": 0.35, "O B-Sex": 0.25}
    scores = numpy.log(numpy.full((2, 4), 1e-9))
    scores[0, scheme.ids_by_tag["B-Age"]] = numpy.log(wanted["B-Age O"])
    scores[0, 0] = numpy.log(1 - wanted["B-Age O"])
    scores[1, 0] = 0.0
    assert find_spans(scores, constraints(scheme), scheme, threshold=0.5) == []
    [age] = find_spans(scores, constraints(scheme), scheme, threshold=0.3)
    assert age.label == "Age"
    assert age.score == pytest.approx(0.4)


def test_find_spans_of_a_long_entity():
    scheme = read_labels(["O", "B-Age", "I-Age"])
    scores = numpy.zeros((60, 3))
    scores[0, 1] = scores[1:50, 2] = scores[50:, 0] = 12.0
    [age] = find_spans(scores, constraints(scheme), scheme, threshold=0.5)
    assert age[:3] == (0, 50, "Age")
