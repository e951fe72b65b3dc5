import numpy
import pytest

from spacy_clinical.heads import span_attention
from spacy_clinical.heads.span_attention import make_weights, read_places

# Start, stop, and the sentence.
PLACES = numpy.asarray(
    [[3, 5, 0, 9], [0, 1, 0, 9], [12, 14, 9, 20], [19, 20, 9, 20], [4, 5, 4, 5]]
)


@pytest.fixture
def rows():
    return numpy.random.RandomState(0).normal(size=(20, 8))


@pytest.fixture
def weights():
    random = numpy.random.RandomState(1)
    shapes = make_weights(8, 2, 3, 2)
    return {name: random.normal(size=W.shape) for name, W in shapes.items()}


def test_gradients_are_those_of_small_changes(rows, weights, monkeypatch):
    monkeypatch.setattr(span_attention, "CHUNK", 2)
    logits, backprop = read_places(rows, PLACES, weights)
    d_logits = numpy.random.RandomState(2).normal(size=logits.shape)
    d_rows, d_weights = backprop(d_logits)

    def loss():
        return (read_places(rows, PLACES, weights)[0] * d_logits).sum()

    for array, gradient in (
        (rows, d_rows),
        *((weights[n], d_weights[n]) for n in weights),
    ):
        for place in list(numpy.ndindex(array.shape))[::7]:
            kept = array[place]
            array[place] = kept + 1e-5
            more = loss()
            array[place] = kept - 1e-5
            less = loss()
            array[place] = kept
            assert gradient[place] == pytest.approx((more - less) / 2e-5, abs=1e-5)


def test_places_read_their_own_sentence_and_no_further_than_they_reach(rows, weights):
    before, _ = read_places(rows, PLACES, weights)
    changed = rows.copy()
    changed[9:] += 1
    after, _ = read_places(changed, PLACES, weights)
    assert (before[[0, 1, 4]] == after[[0, 1, 4]]).all()
    assert (before[[2, 3]] != after[[2, 3]]).all()
    changed = rows.copy()
    changed[4] += 1
    # Row 4 is four rows after the place at row 0.
    assert (read_places(changed, PLACES, weights)[0][1] == before[1]).all()


def test_other_places_change_nothing_but_the_last_bits(rows, weights):
    together, _ = read_places(rows, PLACES, weights)
    alone = [read_places(rows, PLACES[i : i + 1], weights)[0] for i in range(5)]
    assert numpy.allclose(together, numpy.concatenate(alone), atol=1e-12)


def test_without_places_there_are_no_logits(rows, weights):
    logits, backprop = read_places(rows, PLACES[:0], weights)
    assert logits.shape == (0, 2)
    d_rows, d_weights = backprop(logits)
    assert not d_rows.any()
    assert not any(d.any() for d in d_weights.values())


def test_long_places_are_read_from_their_first_rows(weights):
    rows = numpy.random.RandomState(0).normal(size=(5000, 8))
    place = numpy.asarray([[10, 5000, 0, 5000]])
    logits, _ = read_places(rows, place, weights)
    rows[10 + span_attention.MAX_ROWS + 3 :] = 0
    assert (read_places(rows, place, weights)[0] == logits).all()
