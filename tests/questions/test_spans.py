"""Spans of answers by hand, and the loss of transformers."""

import numpy
import pytest
import torch
from torch.nn.functional import cross_entropy

from spacy_clinical.pieces.windows import Window
from spacy_clinical.questions.spans import (
    GoldSpan,
    Spans,
    find_spans,
    get_loss,
    place_gold,
)

# Two windows of a text of five pieces: the first keeps 0 to 2, the second 3 and 4.
WINDOWS = [Window(0, 4, 0, 3), Window(2, 5, 3, 5)]
LOGITS = [
    numpy.asarray([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [9.0, 4.0]]),
    numpy.asarray([[8.0, 8.0], [2.0, 0.0], [0.0, 5.0]]),
]


def test_find_spans_by_hand():
    """Piece 3 starts with 9 in the first window, but has more context in the second;
    piece 2 ends with 8 there, but no span that starts before the kept part counts."""
    spans = find_spans(WINDOWS, LOGITS, [4.0, -1.0], max_length=2)
    found = list(zip(spans.first, spans.last, spans.logits, strict=True))
    assert found == [
        (2, 3, 7.0),  # in the first window, over the border
        (3, 4, 7.0),
        (4, 4, 5.0),
        (2, 2, 4.0),
        (0, 1, 3.0),
        (1, 1, 2.0),
        (3, 3, 2.0),
        (0, 0, 1.0),
        (1, 2, 1.0),
    ]
    assert spans.log_total == pytest.approx(numpy.logaddexp.reduce(spans.logits))
    # The least of the two windows.
    assert spans.null == -1.0
    scores, null = spans.find_scores(with_null=False)
    assert scores.sum() == pytest.approx(1.0)
    assert null == 0.0
    scores, null = spans.find_scores(with_null=True)
    assert scores.sum() + null == pytest.approx(1.0)
    assert null == pytest.approx(scores[0] * numpy.exp(-1.0 - 7.0))


def test_find_spans_of_nothing():
    assert len(find_spans([], [], [], max_length=3).logits) == 0
    scores, null = Spans().find_scores(with_null=False)
    assert (len(scores), null) == (0, 0.0)


@pytest.mark.parametrize("n_pieces", [1, 199, 200, 201, 1000])
def test_the_best_spans_are_kept_however_many_there_are(n_pieces):
    rng = numpy.random.default_rng(0)
    logits = rng.normal(size=(n_pieces, 2)).round(1)
    window = Window(0, n_pieces, 0, n_pieces)
    spans = find_spans([window], [logits], [0.0], max_length=7)
    slow = sorted(
        (
            (logits[i, 0] + logits[j, 1], -i, -j)
            for i in range(n_pieces)
            for j in range(i, min(n_pieces, i + 7))
        ),
        reverse=True,
    )[:200]
    assert spans.logits == pytest.approx([row[0] for row in slow])
    found = zip(spans.first.tolist(), spans.last.tolist(), strict=True)
    # Of equal ones, the first.
    assert list(found) == [(-i, -j) for _, i, j in slow]


def test_place_gold():
    """Windows without all of the answer have none, which the first row stands for."""
    assert place_gold(WINDOWS, [5, 6], (2, 3)) == [GoldSpan(7, 8), GoldSpan(6, 7)]
    assert place_gold(WINDOWS, [5, 6], (3, 4)) == [GoldSpan(0, 0), GoldSpan(7, 8)]
    assert place_gold(WINDOWS, [5, 6], None) == [GoldSpan(0, 0), GoldSpan(0, 0)]


def test_loss_and_gradient_are_those_of_torch():
    rng = numpy.random.default_rng(1)
    logits = [rng.normal(size=(n, 2)) for n in (6, 9)]
    gold = [GoldSpan(0, 0), GoldSpan(3, 8)]
    loss, gradients = get_loss(logits, gold)
    rows = [torch.tensor(one, requires_grad=True) for one in logits]
    parts = [
        cross_entropy(X[None, :, side], torch.tensor([place[side]]))
        for X, place in zip(rows, gold, strict=True)
        for side in (0, 1)
    ]
    expected = sum(parts) / 4
    expected.backward()
    assert loss == pytest.approx(expected.item())
    for X, gradient in zip(rows, gradients, strict=True):
        assert gradient == pytest.approx(X.grad.numpy())
