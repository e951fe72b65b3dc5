"""Vectors of the mentions of a text, each read with those around it; in plain NumPy."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy

from spacy_clinical.heads.gather import (
    backprop_sums,
    drop_some,
    scatter_add,
    sum_before,
)
from spacy_clinical.types import Floats2d, Ints1d, Ints2d

# By name; see `make_mention_weights`.
Weights: TypeAlias = Mapping[str, Floats2d]
Gradients: TypeAlias = dict[str, Floats2d]

# Mentions before and after each that are read with it, in each layer of context.
REACH = 3
N_LAYERS = 2
# Rows that a mention is read from: their mean, the first, the last, those beside it.
N_PARTS = 5


class MentionInput(NamedTuple):
    """Mentions of a text, in its order.

    places (n_mentions, 2): First and last row of each, half open. None is empty.
    types (n_mentions): Index of its type.
    before, after (n_mentions): Index of the word before it, and of the one after it.
    """

    places: Ints2d
    types: Ints1d
    before: Ints1d
    after: Ints1d


def make_random(n_in: int, n_out: int) -> Floats2d:
    """Make the weights of a layer (n_in, n_out) at random."""
    bound = (6.0 / (n_in + n_out)) ** 0.5
    return numpy.random.uniform(-bound, bound, (n_in, n_out)).astype("float32")


def make_table(n_rows: int, width: int) -> Floats2d:
    """Make a table of vectors (n_rows, width) at random."""
    return numpy.random.normal(0, 0.1, (n_rows, width)).astype("float32")


def make_mention_weights(
    size: int, width: int, n_types: int, n_words: int
) -> Gradients:
    """Make random weights.

    size: Width of a row of the text.
    width: Of the vector of a mention.
    n_types, n_words: Number of types, and of words.
    RETURNS: own (N_PARTS * size + 1, width), types (n_types, width), before and after
        (n_words, width), and context0 and so on ((2 * REACH + 1) * width + 1, width);
        in own and context, the last row is the bias.
    """
    own = make_random(N_PARTS * size + 1, width)
    own[-1] = 0
    weights = {
        "own": own,
        "types": make_table(n_types, width),
        "before": make_table(n_words, width),
        "after": make_table(n_words, width),
    }
    for number in range(N_LAYERS):
        layer = make_random((2 * REACH + 1) * width + 1, width)
        layer[-1] = 0
        weights[f"context{number}"] = layer
    return weights


def read_mentions(
    rows: Floats2d, given: MentionInput, weights: Weights, *, drop: float = 0.0
) -> tuple[Floats2d, Callable[[Floats2d, Gradients], Floats2d]]:
    """Compute the vectors of mentions.

    rows (n_rows, size): The rows of a text.
    weights: Those of `make_mention_weights`; others are passed over.
    drop: Dropout rate.
    RETURNS (n_mentions, width): The vectors, and a callback that turns their gradients
        into those of the rows, and adds those of the weights to what it is given.
    """
    first, stop = given.places.T
    last, left = stop - 1, numpy.maximum(first - 1, 0)
    right = numpy.minimum(stop, len(rows) - 1)
    lengths = (stop - first).astype("float32")[:, None]
    sums = sum_before(rows)
    mean = (sums[stop] - sums[first]) / lengths
    # As layers have a bias: their input ends in ones.
    one = numpy.ones((len(first), 1), dtype="float32")
    singles = (first, last, left, right)
    parts = numpy.concatenate([mean, *(rows[at] for at in singles), one], axis=1)
    added = (
        ("types", given.types),
        ("before", given.before),
        ("after", given.after),
    )
    Z = parts @ weights["own"]
    for name, index in added:
        Z = Z + weights[name][index]
    X, backprop_drop = drop_some(numpy.maximum(Z, 0), drop)
    layers = []
    for number in range(N_LAYERS):
        X, backprop_layer = _add_context(X, f"context{number}", weights, drop)
        layers.append(backprop_layer)

    def backprop(dX: Floats2d, gradients: Gradients) -> Floats2d:
        for backprop_layer in reversed(layers):
            dX = backprop_layer(dX, gradients)
        dZ = backprop_drop(dX) * (Z > 0)
        for name, index in added:
            scatter_add(gradients[name], index, dZ)
        gradients["own"] += parts.T @ dZ
        d_mean, *d_singles = numpy.split(dZ @ weights["own"][:-1].T, N_PARTS, axis=1)
        d_sums = numpy.zeros_like(sums)
        scatter_add(d_sums, stop, d_mean / lengths)
        scatter_add(d_sums, first, -d_mean / lengths)
        d_rows = backprop_sums(d_sums)
        for at, gradient in zip(singles, d_singles, strict=True):
            scatter_add(d_rows, at, gradient)
        return d_rows

    return X, backprop


def _add_context(
    X: Floats2d, name: str, weights: Weights, drop: float
) -> tuple[Floats2d, Callable[[Floats2d, Gradients], Floats2d]]:
    """Add to each vector what a layer makes of it and of those around it."""
    n, width = X.shape
    padded = numpy.pad(X, ((REACH, REACH), (0, 0)))
    shifts = range(2 * REACH + 1)
    one = numpy.ones((n, 1), dtype="float32")
    joined = numpy.concatenate([*(padded[k : k + n] for k in shifts), one], axis=1)
    Z = joined @ weights[name]
    read, backprop_drop = drop_some(numpy.maximum(Z, 0), drop)

    def backprop(dY: Floats2d, gradients: Gradients) -> Floats2d:
        dZ = backprop_drop(dY) * (Z > 0)
        gradients[name] += joined.T @ dZ
        d_joined = dZ @ weights[name][:-1].T
        d_padded = numpy.zeros_like(padded)
        for k in shifts:
            d_padded[k : k + n] += d_joined[:, k * width : (k + 1) * width]
        return dY + d_padded[REACH : REACH + n]

    return X + read, backprop
