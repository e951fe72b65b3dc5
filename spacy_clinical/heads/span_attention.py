"""A small attention layer that classifies places in a text, in plain NumPy.

Each place asks the rows around it: its own mean row is the query, and a bias for each
distance lets near words count for more.

SOURCE: Vaswani et al. 2017; biases by distance as in Raffel et al. 2020.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy

from spacy_clinical.types import Floats2d, Ints2d

# By name; see `make_weights`.
Weights: TypeAlias = Mapping[str, Floats2d]

# Longer places are read from their first rows only.
MAX_ROWS = 32
MASKED = -1e4
# Places whose surroundings are in memory at once.
CHUNK = 256


def make_weights(
    size: int, n_heads: int, reach: int, n_labels: int
) -> dict[str, Floats2d]:
    """Make random weights.

    size: Width of a row, a multiple of `n_heads`.
    reach: Number of rows before and after a place that it reads.
    RETURNS: query, key and value (size, size), distance (n_heads, 2 * reach + 1),
        hidden (4 * size + 1, size) and output (size + 1, n_labels); in the last two,
        the last row is the bias. The output starts at zero.
    """
    random = numpy.random

    def make(n_in: int, n_out: int) -> Floats2d:
        bound = (6.0 / (n_in + n_out)) ** 0.5
        return random.uniform(-bound, bound, (n_in, n_out)).astype("float32")

    hidden = make(4 * size + 1, size)
    hidden[-1] = 0
    return {
        **{name: make(size, size) for name in ("query", "key", "value")},
        "distance": numpy.zeros((n_heads, 2 * reach + 1), dtype="float32"),
        "hidden": hidden,
        "output": numpy.zeros((size + 1, n_labels), dtype="float32"),
    }


def read_places(
    rows: Floats2d, places: Ints2d, weights: Weights
) -> tuple[Floats2d, Callable[[Floats2d], tuple[Floats2d, dict[str, Floats2d]]]]:
    """Classify places by the rows in and around them.

    rows (n_rows, size): The rows of a text.
    places (n_places, 4): For each place its start and stop, and those of what it may
        read (its sentence), as indices of rows. None is empty.
    weights: Those of `make_weights`.
    RETURNS (n_places, n_labels): Logits, and a callback that turns their gradients into
        those of the rows and the weights.
    """
    keys, values = rows @ weights["key"], rows @ weights["value"]
    chunks = [
        _Chunk(rows, keys, values, places[start : start + CHUNK], weights)
        for start in range(0, len(places), CHUNK)
    ]
    n_labels = weights["output"].shape[1]
    logits = [chunk.logits for chunk in chunks]
    joined = numpy.concatenate([numpy.zeros((0, n_labels), "float32"), *logits])

    def backprop(d_logits: Floats2d) -> tuple[Floats2d, dict[str, Floats2d]]:
        d_rows, d_keys, d_values = (numpy.zeros_like(rows) for _ in range(3))
        d_weights = {name: numpy.zeros_like(W) for name, W in weights.items()}
        for number, chunk in enumerate(chunks):
            part = d_logits[number * CHUNK : (number + 1) * CHUNK]
            chunk.backprop(part, d_rows, d_keys, d_values, d_weights)
        for name, gradient in (("key", d_keys), ("value", d_values)):
            d_weights[name] += rows.T @ gradient
            d_rows += gradient @ weights[name].T
        return d_rows, d_weights

    return joined, backprop


class _Chunk:
    """Some places with what they read."""

    def __init__(
        self,
        rows: Floats2d,
        keys: Floats2d,
        values: Floats2d,
        places: Ints2d,
        weights: Weights,
    ) -> None:
        self.weights = weights
        self.n_heads, n_distances = weights["distance"].shape
        self._find_rows(places, (n_distances - 1) // 2)
        own = numpy.add.reduceat(rows[self.inside], self.firsts, axis=0)
        self.own = own / self.lengths[:, None]
        query = self._split(self.own @ weights["query"])[..., None]
        # (n_places, n_heads, n_rows, size of a head), without copies.
        key, value = (
            self._split(X[self.at]).transpose(0, 2, 1, 3) for X in (keys, values)
        )
        scale = key.shape[-1] ** -0.5
        scores = (key @ query)[..., 0] * scale
        scores += weights["distance"][:, self.distances].transpose(1, 0, 2)
        scores += numpy.where(self.mask, numpy.float32(0), numpy.float32(MASKED))[
            :, None
        ]
        scores = numpy.exp(scores - scores.max(axis=2, keepdims=True))
        attention = scores / scores.sum(axis=2, keepdims=True)
        read = (attention[:, :, None] @ value).reshape(len(places), -1)
        before, after = (
            numpy.where(has[:, None], rows[at], numpy.float32(0))
            for at, has in self.neighbours
        )
        one = numpy.ones((len(places), 1), dtype="float32")
        self.joined = numpy.concatenate([self.own, read, before, after, one], axis=1)
        self.hidden = numpy.maximum(self.joined @ weights["hidden"], 0)
        self.logits = numpy.concatenate([self.hidden, one], axis=1) @ weights["output"]
        self.parts = query, key, value, attention, scale

    def _find_rows(self, places: Ints2d, reach: int) -> None:
        """Find the rows around each place, padded to the same number."""
        start, stop, first, last = places.T
        stop = numpy.minimum(stop, start + MAX_ROWS)
        first, last = numpy.minimum(first, start), numpy.maximum(last, stop)
        begin = numpy.maximum(first, start - reach)
        end = numpy.minimum(last, stop + reach)
        width = int((end - begin).max())
        at = begin[:, None] + numpy.arange(width)[None]
        self.mask = at < end[:, None]
        self.at = numpy.where(self.mask, at, start[:, None])
        # The rows of each place, one after the other.
        self.lengths = (stop - start).astype("float32")
        counts = stop - start
        self.firsts = numpy.cumsum(counts) - counts
        self.inside = numpy.repeat(start - self.firsts, counts) + numpy.arange(
            counts.sum()
        )
        distances = numpy.where(
            at < start[:, None],
            at - start[:, None],
            numpy.maximum(at - stop[:, None] + 1, 0),
        )
        self.distances = numpy.clip(distances, -reach, reach) + reach
        self.neighbours = (
            (numpy.maximum(start - 1, 0), start > first),
            (numpy.minimum(stop, last - 1), stop < last),
        )

    def _split(self, X: Floats2d) -> Floats2d:
        return X.reshape(*X.shape[:-1], self.n_heads, -1)

    def backprop(
        self,
        d_logits: Floats2d,
        d_rows: Floats2d,
        d_keys: Floats2d,
        d_values: Floats2d,
        d_weights: dict[str, Floats2d],
    ) -> None:
        """Add the gradients of the rows, their keys and values, and the weights to
        those given."""
        weights, n = self.weights, len(d_logits)
        query, key, value, attention, scale = self.parts
        one = numpy.ones((n, 1), dtype="float32")
        d_weights["output"] += (
            numpy.concatenate([self.hidden, one], axis=1).T @ d_logits
        )
        d_hidden = (d_logits @ weights["output"][:-1].T) * (self.hidden > 0)
        d_weights["hidden"] += self.joined.T @ d_hidden
        d_joined = (d_hidden @ weights["hidden"].T)[:, :-1]
        d_own, d_read, *d_neighbours = numpy.split(d_joined, 4, axis=1)
        d_read = self._split(d_read)[:, :, None]
        d_attention = (value @ d_read.swapaxes(2, 3))[..., 0]
        inner = (attention * d_attention).sum(axis=2, keepdims=True)
        d_scores = attention * (d_attention - inner)
        numpy.add.at(
            d_weights["distance"].T, self.distances, d_scores.transpose(0, 2, 1)
        )
        d_query = (d_scores[:, :, None] @ key).reshape(n, -1) * scale
        d_weights["query"] += self.own.T @ d_query
        d_own = d_own + d_query @ weights["query"].T
        d_key = d_scores[..., None] * query.swapaxes(2, 3) * scale
        d_value = attention[..., None] * d_read
        for total, gradient in ((d_keys, d_key), (d_values, d_value)):
            flat = gradient.transpose(0, 2, 1, 3).reshape(*self.at.shape, -1)
            numpy.add.at(total, self.at, flat * self.mask[..., None])
        shared = d_own / self.lengths[:, None]
        counts = self.lengths.astype("int64")
        numpy.add.at(d_rows, self.inside, numpy.repeat(shared, counts, axis=0))
        for (at, has), gradient in zip(self.neighbours, d_neighbours, strict=True):
            numpy.add.at(d_rows, at, gradient * has[:, None])
