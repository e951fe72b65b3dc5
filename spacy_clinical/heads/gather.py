"""Rows of tables by index, and their gradients."""

from collections.abc import Callable

import numpy

from spacy_clinical.types import Floats2d, Ints1d


def scatter_add(total: Floats2d, index: Ints1d, values: Floats2d) -> None:
    """Add rows to those of a table: what `numpy.add.at` does, but many times as fast.

    total (n_rows, width): The table, which is changed.
    index (n): A row of the table for each of the values.
    values (n, width): What is added.
    """
    if not len(index):
        return
    order = numpy.argsort(index, kind="stable")
    ordered = index[order]
    starts = numpy.flatnonzero(numpy.diff(ordered, prepend=-1))
    total[ordered[starts]] += numpy.add.reduceat(values[order], starts, axis=0)


def sum_before(X: Floats2d) -> Floats2d:
    """Sum the rows before each row, and all of them (n_rows + 1, width): the sum of rows
    from `i` to `j` is the difference of two."""
    sums = numpy.zeros((len(X) + 1, X.shape[1]), dtype=X.dtype)
    numpy.cumsum(X, axis=0, out=sums[1:])
    return sums


def backprop_sums(d_sums: Floats2d) -> Floats2d:
    """Turn the gradient of `sum_before` into that of the rows."""
    return numpy.cumsum(d_sums[:0:-1], axis=0)[::-1]


def drop_some(
    X: Floats2d, rate: float
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """Drop values at random, and scale up the others: dropout.

    rate: Share of values to drop; 0 for none.
    RETURNS: What is left, and a callback for gradients.
    """
    if not rate:
        return X, lambda dY: dY
    mask = (numpy.random.random(X.shape) >= rate).astype("float32") / (1 - rate)
    return X * mask, lambda dY: dY * mask
