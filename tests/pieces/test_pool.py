import numpy
import pytest

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.pool import backprop_pool, backprop_summary, pool, summarize

# Tokens: two pieces, none, one piece that the fourth token shares.
PIECES = Pieces(
    ids=numpy.asarray([5, 6, 7]),
    offsets=numpy.asarray([[0, 1], [1, 2], [2, 4]]),
    first=numpy.asarray([0, 2, 2, 2]),
    stop=numpy.asarray([2, 2, 3, 3]),
)
X = numpy.asarray([[1.0, 2.0], [3.0, 6.0], [5.0, 5.0]], dtype="float32")


@pytest.mark.parametrize(
    ("pooling", "first_row"), [("first", [1.0, 2.0]), ("mean", [2.0, 4.0])]
)
def test_pool(pooling, first_row):
    assert pool(X, PIECES, pooling).tolist() == [
        first_row,
        [0.0, 0.0],
        [5.0, 5.0],
        [5.0, 5.0],
    ]


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_backprop_pool_is_the_transpose_of_pool(pooling):
    rng = numpy.random.default_rng(0)
    dY = rng.normal(size=(4, 2))
    forward = (pool(X, PIECES, pooling) * dY).sum()
    assert (backprop_pool(dY, PIECES, pooling) * X).sum() == pytest.approx(forward)


@pytest.mark.parametrize("summary", ["first", "mean", "unit_mean"])
def test_gradient_of_a_summary(summary):
    random = numpy.random.default_rng(0)
    rows, d_row = random.normal(size=(3, 4)), random.normal(size=4)
    d_rows = backprop_summary(d_row, rows, summary)
    for place in numpy.ndindex(rows.shape):
        step = numpy.zeros_like(rows)
        step[place] = 1e-6
        change = summarize(rows + step, summary) - summarize(rows - step, summary)
        assert d_rows[place] == pytest.approx(change @ d_row / 2e-6, abs=1e-6)


def test_unit_means_have_length_one():
    rows = numpy.random.default_rng(0).normal(size=(3, 4))
    assert numpy.linalg.norm(summarize(rows, "unit_mean")) == pytest.approx(1)
