"""A small layer that scores pairs of mentions in a text, in plain NumPy.

Each mention is read with those around it (`heads/mentions.py`). A pair is read from the
vectors of both, and from what stands between them: sums over words, types and rows, which
cost the same for near and for distant pairs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy

from spacy_clinical.heads.gather import (
    backprop_sums,
    drop_some,
    scatter_add,
    sum_before,
)
from spacy_clinical.heads.mentions import (
    Gradients,
    MentionInput,
    Weights,
    make_mention_weights,
    make_random,
    make_table,
    read_mentions,
)
from spacy_clinical.types import Bools2d, Floats2d, Ints1d, Ints2d

# Logit of a label that a pair of types can't have.
NEVER = -20.0
# Logit of all others before training: most pairs have none.
RARE = -3.0
# Numbers of buckets, by what is put into them.
BUCKETS = {"n_words": 18, "n_mentions": 16, "n_units": 4, "likeness": 3}


class PairInput(NamedTuple):
    """Pairs of mentions in a text.

    words (n_tokens): Index of the word that each token of the text is.
    tokens (n_mentions, 2): First and last token of each mention, half open.
    types (n_mentions): Index of its type.
    first, second (n_pairs): The mentions of each pair, in the order of the text.
    kinds (n_pairs): Index of the two types, of all pairs of types that can have a label.
    n_words, n_mentions, n_units (n_pairs): In buckets, how many words, mentions, and ends
        of sentences or lines stand between them.
    likeness (n_pairs): 2 for mentions of the same words, 1 for the same last word, or 0.
    can_be (n_pairs, n_outputs): Which labels a pair of such types can have: those where
        the first mention is the child, then those where the second is.
    """

    words: Ints1d
    tokens: Ints2d
    types: Ints1d
    first: Ints1d
    second: Ints1d
    kinds: Ints1d
    n_words: Ints1d
    n_mentions: Ints1d
    n_units: Ints1d
    likeness: Ints1d
    can_be: Bools2d


def make_weights(
    size: int,
    width: int,
    hidden: int,
    n_outputs: int,
    *,
    n_types: int,
    n_kinds: int,
    n_words: int,
) -> Gradients:
    """Make random weights.

    size: Width of a row of the text.
    width: Of the vector of a mention.
    hidden: Width of the vector of a pair.
    n_types, n_kinds, n_words: Number of types, of pairs of types, and of words.
    RETURNS: Those of `make_mention_weights`; first (width + 1, hidden), second and product
        (width, hidden); between (size, hidden); by word, words_between, by type,
        types_between, by kind, kinds, and a table for each of `BUCKETS` (all hidden wide);
        output (hidden + 1, n_outputs) and prior (n_kinds, n_outputs). In first and output,
        the last row is the bias.
    """
    first, output = make_random(width + 1, hidden), make_random(hidden + 1, n_outputs)
    first[-1], output[-1] = 0, RARE
    return {
        **make_mention_weights(size, width, n_types, n_words),
        "first": first,
        "second": make_random(width, hidden),
        "product": make_random(width, hidden),
        "between": make_random(size, hidden),
        "words_between": make_table(n_words, hidden),
        "types_between": make_table(n_types, hidden),
        **{name: make_table(n, hidden) for name, n in BUCKETS.items()},
        "output": output,
        "kinds": numpy.zeros((n_kinds, hidden), dtype="float32"),
        "prior": numpy.zeros((n_kinds, n_outputs), dtype="float32"),
    }


def score_pairs(
    rows: Floats2d,
    places: Ints2d,
    given: PairInput,
    weights: Weights,
    *,
    drop: float = 0.0,
) -> tuple[Floats2d, Callable[[Floats2d, Gradients], Floats2d]]:
    """Score pairs of mentions.

    rows (n_rows, size): The rows of a text.
    places (n_mentions, 2): First and last row of each mention, half open.
    weights: Those of `make_weights`.
    drop: Dropout rate.
    RETURNS (n_pairs, n_outputs): Logits, and a callback that turns their gradients into
        those of the rows, and adds those of the weights to what it is given.
    """
    rows, backprop_rows = drop_some(rows, drop)
    X, backprop_mentions = read_mentions(
        rows, _list_mentions(places, given), weights, drop=drop
    )
    Z, backprop_between = _read_between(rows, places, given, weights)
    first, second = given.first, given.second
    one = numpy.ones((len(X), 1), dtype="float32")
    with_one = numpy.concatenate([X, one], axis=1)
    product = X[first] * X[second]
    Z += (with_one @ weights["first"])[first]
    Z += (X @ weights["second"])[second]
    Z += product @ weights["product"]
    H, backprop_drop = drop_some(numpy.maximum(Z, 0), drop)
    logits = H @ weights["output"][:-1] + weights["output"][-1]
    logits += weights["prior"][given.kinds]
    logits = numpy.where(given.can_be, logits, numpy.float32(NEVER))

    def backprop(d_logits: Floats2d, gradients: Gradients) -> Floats2d:
        d_logits = d_logits * given.can_be
        scatter_add(gradients["prior"], given.kinds, d_logits)
        gradients["output"][:-1] += H.T @ d_logits
        gradients["output"][-1] += d_logits.sum(axis=0)
        dZ = backprop_drop(d_logits @ weights["output"][:-1].T) * (Z > 0)
        gradients["product"] += product.T @ dZ
        d_product = dZ @ weights["product"].T
        dX = numpy.zeros_like(X)
        for name, index, other in (("first", first, second), ("second", second, first)):
            d_side = numpy.zeros((len(X), dZ.shape[1]), dtype=dZ.dtype)
            scatter_add(d_side, index, dZ)
            side = with_one if name == "first" else X
            gradients[name] += side.T @ d_side
            dX += d_side @ weights[name][: X.shape[1]].T
            scatter_add(dX, index, d_product * X[other])
        d_rows = backprop_between(dZ, gradients)
        return backprop_rows(d_rows + backprop_mentions(dX, gradients))

    return logits, backprop


def _list_mentions(places: Ints2d, given: PairInput) -> MentionInput:
    starts, ends = given.tokens.T
    return MentionInput(
        places,
        given.types,
        given.words[numpy.maximum(starts - 1, 0)],
        given.words[numpy.minimum(ends, len(given.words) - 1)],
    )


def _read_between(
    rows: Floats2d, places: Ints2d, given: PairInput, weights: Weights
) -> tuple[Floats2d, Callable[[Floats2d, Gradients], Floats2d]]:
    """Compute what stands between the mentions of pairs (n_pairs, hidden)."""
    first, second = given.first, given.second
    start, stop = given.tokens[first, 1], given.tokens[second, 0]
    stop = numpy.maximum(start, stop)
    scale = numpy.maximum(stop - start, 1).astype("float32")[:, None] ** -0.5
    words = sum_before(weights["words_between"][given.words])
    Z = (words[stop] - words[start]) * scale
    types = sum_before(weights["types_between"][given.types])
    Z += types[second] - types[first + 1]
    begin, end = places[first, 1], places[second, 0]
    end = numpy.maximum(begin, end)
    lengths = numpy.maximum(end - begin, 1).astype("float32")[:, None]
    sums = sum_before(rows)
    mean = (sums[end] - sums[begin]) / lengths
    Z += mean @ weights["between"]
    buckets = {name: getattr(given, name) for name in (*BUCKETS, "kinds")}
    for name, index in buckets.items():
        Z += weights[name][index]

    def backprop(dZ: Floats2d, gradients: Gradients) -> Floats2d:
        for name, index in buckets.items():
            scatter_add(gradients[name], index, dZ)
        for name, index, values, low, high in (
            ("words_between", given.words, dZ * scale, start, stop),
            ("types_between", given.types, dZ, first + 1, second),
        ):
            d_sums = numpy.zeros((len(index) + 1, dZ.shape[1]), dtype=dZ.dtype)
            scatter_add(d_sums, high, values)
            scatter_add(d_sums, low, -values)
            scatter_add(gradients[name], index, backprop_sums(d_sums))
        gradients["between"] += mean.T @ dZ
        d_mean = dZ @ weights["between"].T / lengths
        d_sums = numpy.zeros_like(sums)
        scatter_add(d_sums, end, d_mean)
        scatter_add(d_sums, begin, -d_mean)
        return backprop_sums(d_sums)

    return Z, backprop
