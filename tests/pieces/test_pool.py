import numpy
import pytest

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.pieces.pool import backprop_pool, pool

# Tokens: two pieces, none, one piece that the fourth token shares.
PIECES = Pieces(
    ids=numpy.asarray([5, 6, 7]),
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
