"""Pool the vectors of wordpieces into vectors of tokens or windows."""

from typing import Literal

import numpy

from spacy_clinical.pieces.align import Pieces
from spacy_clinical.types import Floats1d, Floats2d, Ints1d

Pooling = Literal["first", "mean"]
# The vector of a window: its first row ([CLS]), the mean of all rows, or the mean
# scaled to length 1, as in sentence-transformers.
Summary = Literal["first", "mean", "unit_mean"]


def pool(X: Floats2d, pieces: Pieces, pooling: Pooling) -> Floats2d:
    """Compute the vector of each token from its wordpieces.

    X (n_pieces, width): One row for each wordpiece.
    pooling: "first" for a token's first wordpiece, "mean" for the mean of all.
    RETURNS (n_tokens, width): One row for each token; zeros without wordpieces.
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
    """Compute the gradient of wordpieces from that of tokens.

    dY (n_tokens, width): Gradient of the output of `pool`.
    RETURNS (n_pieces, width): Gradient of its input.
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
    """List all pairs of a wordpiece and its token, and count them for each token."""
    counts = pieces.stop - pieces.first
    tokens = numpy.repeat(numpy.arange(len(counts)), counts)
    ends = numpy.cumsum(counts)
    rows = numpy.arange(len(tokens)) - numpy.repeat(ends - counts, counts)
    return rows + pieces.first[tokens], tokens, counts


def summarize(rows: Floats2d, summary: Summary) -> Floats1d:
    """Compute the vector (width) of a window from its rows (window length, width)."""
    if summary == "first":
        row: Floats1d = rows[0]
        return row
    row = rows.mean(axis=0)
    return row if summary == "mean" else row / _find_length(row)


def _find_length(row: Floats1d) -> float:
    return max(float(numpy.linalg.norm(row)), 1e-9)


def backprop_summary(d_row: Floats1d, rows: Floats2d, summary: Summary) -> Floats2d:
    """Compute the gradient of a window's rows from that of its vector."""
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
