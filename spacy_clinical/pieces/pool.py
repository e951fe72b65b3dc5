"""Turn one row for each wordpiece into one for each token, or for a whole window."""

from typing import Literal

import numpy

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.types import Floats1d, Floats2d, Ints1d

Pooling = Literal["first", "mean"]
# What stands for a window: its first row ([CLS]), the mean of all, or that mean at
# length 1, as sentence-transformers' vectors are.
Summary = Literal["first", "mean", "unit_mean"]


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


def summarize(rows: Floats2d, summary: Summary) -> Floats1d:
    """Make one row (width) of those of a window (window length, width)."""
    if summary == "first":
        row: Floats1d = rows[0]
        return row
    row = rows.mean(axis=0)
    return row if summary == "mean" else row / _find_length(row)


def _find_length(row: Floats1d) -> float:
    return max(float(numpy.linalg.norm(row)), 1e-9)


def backprop_summary(d_row: Floats1d, rows: Floats2d, summary: Summary) -> Floats2d:
    """Give each row of a window its part of the gradient."""
    d_rows = numpy.zeros_like(rows)
    if summary == "first":
        d_rows[0] = d_row
        return d_rows
    if summary == "unit_mean":
        mean = rows.mean(axis=0)
        length = _find_length(mean)
        unit = mean / length
        d_row = (d_row - (d_row @ unit) * unit) / length
    d_rows[:] = d_row / len(rows)
    return d_rows
