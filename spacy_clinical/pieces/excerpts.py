"""The wordpieces of a text that fit into one window with two places that must be read."""

import numpy

from spacy_clinical.types import Ints1d


def choose_pieces(
    n_pieces: int, first: tuple[int, int], second: tuple[int, int], *, size: int
) -> Ints1d:
    """Choose the wordpieces to read of a text that may be too long for one window.

    Both places are kept; then what stands between them, if all of it fits; then what is
    nearest to one of them.

    n_pieces: Length of the text.
    first, second (pieces, half open): The places, in the order of the text.
    size (pieces): Length of a window, at least that of both places.
    RETURNS: Indices, ascending.
    """
    pieces = numpy.arange(n_pieces)
    if n_pieces <= size:
        return pieces
    distances = numpy.minimum(*(_measure(pieces, *place) for place in (first, second)))
    if second[1] - first[0] <= size:
        distances[first[0] : second[1]] = 0
    kept = numpy.argsort(distances, kind="stable")[:size]
    return numpy.sort(kept)


def _measure(pieces: Ints1d, start: int, stop: int) -> Ints1d:
    """Measure how far pieces are from a place."""
    return numpy.maximum(0, numpy.maximum(start - pieces, pieces - stop + 1))
