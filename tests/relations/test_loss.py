import numpy
import pytest

from spacy_clinical.relations.loss import compute_loss, mark_gold
from tests.heads.test_span_pairs import N_OUTPUTS, make_input

N_LABELS = N_OUTPUTS // 2


@pytest.fixture
def pairs():
    return make_input(numpy.random.default_rng(1))


ALL = numpy.ones(N_OUTPUTS, dtype=bool)


def make_gold(pairs):
    marked = mark_gold(pairs, {(0, 0, 1), (1, 3, 2), (0, 0, 2), (0, 5, 0)}, N_LABELS)
    assert marked.sum() <= 3
    return marked


def test_gold_is_marked_by_direction(pairs):
    free = pairs._replace(can_be=numpy.ones_like(pairs.can_be))
    marked = mark_gold(free, {(0, 0, 1), (1, 3, 2), (1, 0, 8)}, N_LABELS)
    found = [
        (int(pairs.first[i]), int(pairs.second[i]), int(column))
        for i, column in zip(*numpy.nonzero(marked), strict=True)
    ]
    # The last pair is none of the candidates.
    assert found == [(0, 1, 0), (2, 3, 3)]
    assert not mark_gold(pairs._replace(can_be=~free.can_be), {(0, 0, 1)}, 2).any()


def test_the_gradient_is_that_of_the_loss(pairs):
    random = numpy.random.default_rng(2)
    logits, gold = random.normal(0, 2, pairs.can_be.shape), make_gold(pairs)
    _, gradient = compute_loss(logits, gold, pairs, ALL)
    for at in zip(*(random.integers(0, n, 30) for n in logits.shape), strict=True):
        kept, step = logits[at], 1e-3
        logits[at] = kept + step
        above, _ = compute_loss(logits, gold, pairs, ALL)
        logits[at] = kept - step
        below, _ = compute_loss(logits, gold, pairs, ALL)
        logits[at] = kept
        slope = (above - below) / (2 * step)
        assert gradient[at] == pytest.approx(slope, rel=0.05, abs=0.01)


def test_what_is_right_has_little_loss(pairs):
    gold = make_gold(pairs)
    right = numpy.where(gold > 0, 12.0, -12.0)
    loss, gradient = compute_loss(right, gold, pairs, ALL)
    assert loss < 0.01
    assert abs(gradient).max() < 0.01
    assert compute_loss(-right, gold, pairs, ALL)[0] > 10


def test_extreme_logits_do_not_overflow(pairs):
    logits = numpy.where(make_gold(pairs) > 0, -500, 500).astype("float32")
    loss, gradient = compute_loss(logits, make_gold(pairs), pairs, ALL)
    assert numpy.isfinite(loss)
    assert numpy.isfinite(gradient).all()


def test_unknown_labels_and_impossible_ones_do_not_count(pairs):
    random = numpy.random.default_rng(3)
    logits, gold = random.normal(0, 2, pairs.can_be.shape), make_gold(pairs)
    nothing = numpy.zeros(N_OUTPUTS, dtype=bool)
    loss, gradient = compute_loss(logits, gold, pairs, nothing)
    assert loss == 0
    assert not gradient.any()
    _, gradient = compute_loss(logits, gold, pairs, ALL)
    assert not gradient[~pairs.can_be].any()
