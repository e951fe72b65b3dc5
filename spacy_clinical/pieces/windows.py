"""Cut a note's wordpieces into windows that fit an encoder."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy

from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.types import Ints1d


class Window(NamedTuple):
    """A window of wordpieces for an encoder, and the part of its output to keep.

    start, stop (pieces): The encoder's input, half open.
    keep_start, keep_stop (pieces): The part whose output is used. The kept parts
        of a note's windows follow each other without gap or overlap.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int


def plan_windows(
    n_pieces: int,
    *,
    size: int,
    stride: int,
    borders: Sequence[Sequence[int]] = (),
) -> list[Window]:
    """Cut a note into overlapping windows, and choose which part of each to keep.

    n_pieces: Length of the note, without the model's special tokens.
    size (pieces): Length of a window. The last one may be shorter.
    stride (pieces): Maximum distance between the starts of two windows, as in spaCy.
        (In Hugging Face tokenizers, `stride` is the overlap: size - stride.)
    borders: Preferred places to cut (index of the piece after the cut, ascending), best
        kind first: sections, sentences, tokens. A border is used if it lies in the
        second half of what the window could keep; one of the last kind anywhere.
    RETURNS: The windows in the note's order; none for an empty note.
    RAISES ValueError: C001, if the windows would leave gaps.
    """
    if not 1 <= stride <= size:
        raise CodedValueError(Errors.C001.format(size=size, stride=stride))
    # With size=6 and stride=4, an overlap is shared out between its two windows,
    # so that each kept wordpiece has context on both sides:
    #
    #   pieces   0 1 2 3 4 5 6 7 8 9
    #   first    [- - - - -|.]
    #   second           [.|- - - - -]
    before = (size - stride) // 2
    after = size - stride - before
    windows = []
    kept = 0
    while kept < n_pieces:
        start = max(0, kept - before)
        if n_pieces - start <= size:
            windows.append(Window(start, n_pieces, kept, n_pieces))
            break
        cut = _choose_cut(kept, start + size - after, borders)
        windows.append(Window(start, cut + after, kept, cut))
        kept = cut
    return windows


def plan_part(
    start: int,
    stop: int,
    *,
    size: int,
    stride: int,
    borders: Sequence[Ints1d] = (),
) -> list[Window]:
    """Cut a part of a note into windows, like `plan_windows` for a whole note.

    start, stop (pieces): The part, half open.
    size, stride (pieces): See `plan_windows`.
    borders: Preferred places to cut, relative to `start`.
    RETURNS: Windows with indices in the note.
    """
    kinds = [kind.tolist() for kind in borders]
    windows = plan_windows(stop - start, size=size, stride=stride, borders=kinds)
    return [Window(*(start + i for i in window)) for window in windows]


def take_between(places: Ints1d, start: int, stop: int) -> Ints1d:
    """Get the places inside a part by binary search.

    places: Ascending.
    RETURNS: The places, relative to `start`.
    """
    first, last = numpy.searchsorted(places, (start, stop))
    return places[first:last] - start


def _choose_cut(kept: int, limit: int, borders: Sequence[Sequence[int]]) -> int:
    """Find the best place to cut, after `kept` and up to `limit`."""
    for kind in borders:
        earliest = kept if kind is borders[-1] else (kept + limit) // 2
        i = bisect_right(kind, limit) - 1
        if i >= 0 and kind[i] > earliest:
            return kind[i]
    return limit
