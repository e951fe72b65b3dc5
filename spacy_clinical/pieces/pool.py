"""Turn one row for each wordpiece into one row for each token."""

from typing import Literal

import numpy

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.types import Floats2d, Ints1d

Pooling = Literal["first", "mean"]


def pool(X: Floats2d, pieces: Pieces, pooling: Pooling) -> Floats2d:
    """Represent each token by its first wordpiece or the mean of all of them.

    X (n_pieces, width): One row for each wordpiece.
    RETURNS (n_tokens, width): A token without wordpieces gets zeros.
    """
    Y = numpy.zeros((len(pieces.first), X.shape[1]), dtype=X.dtype)
    seen = numpy.flatnonzero(pieces.is_seen)
    if pooling == "first":
        Y[seen] = X[pieces.first[seen]]
        return Y
    rows, tokens, counts = _members(pieces)
    numpy.add.at(Y, tokens, X[rows])
    Y[seen] /= counts[seen, None]
    return Y


def backprop_pool(dY: Floats2d, pieces: Pieces, pooling: Pooling) -> Floats2d:
    """Give each wordpiece its part of its tokens' gradient.

    dY (n_tokens, width). RETURNS (n_pieces, width).
    """
    dX = numpy.zeros((len(pieces), dY.shape[1]), dtype=dY.dtype)
    seen = numpy.flatnonzero(pieces.is_seen)
    if pooling == "first":
        numpy.add.at(dX, pieces.first[seen], dY[seen])
        return dX
    rows, tokens, counts = _members(pieces)
    numpy.add.at(dX, rows, dY[tokens] / counts[tokens, None])
    return dX


def _members(pieces: Pieces) -> tuple[Ints1d, Ints1d, Ints1d]:
    """List all pairs of a wordpiece and its token, and count them by token."""
    counts = pieces.stop - pieces.first
    tokens = numpy.repeat(numpy.arange(len(counts)), counts)
    ends = numpy.cumsum(counts)
    rows = numpy.arange(len(tokens)) - numpy.repeat(ends - counts, counts)
    return rows + pieces.first[tokens], tokens, counts
