"""Batches of windows from many notes, for one pass through an encoder."""

from collections.abc import Sequence
from typing import NamedTuple

from spacy_clinical.types import Ints1d, Ints2d


class Partner(NamedTuple):
    """The other text of a pair, which is read with each window of the first.

    ids: Ids of its pieces.
    is_first: Whether it stands before the window.
    is_question: Whether it asks something of the window. Encoders with a sliding window
        give a question global attention, and BigBird marks it by token types.
    """

    ids: Ints1d
    is_first: bool = True
    is_question: bool = False


class Input(NamedTuple):
    """Input of an encoder: one window.

    ids (length): Ids of the pieces, including special tokens.
    global_at: Indices of the pieces with global attention, ascending, for encoders with
        a sliding window. They attend to all others and are attended to by all.
    boxes (length, 4): Boxes of the pieces on their page (0 to 1000), for encoders with
        layout.
    partner: The other text of a pair. Framed inputs have it among their ids.
    types (length): Token types of the pieces, where texts of a pair are told apart by
        them.
    """

    ids: Ints1d
    global_at: Ints1d
    boxes: Ints2d | None = None
    partner: Partner | None = None
    types: Ints1d | None = None


def plan_batches(
    lengths: Sequence[int], *, budget: int, is_padded: bool = False
) -> list[list[int]]:
    """Group sequences of similar length.

    lengths (pieces): Length of each sequence.
    budget (pieces): Size of the largest batch. A longer sequence gets its own batch.
    is_padded: Whether all sequences of a batch are padded to its longest.
    RETURNS: Indices of the sequences in each batch. The longest come first, so that
        memory peaks at the start.
    """
    batches: list[list[int]] = []
    n_pieces = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        # The first sequence of a batch is its longest.
        length = lengths[batches[-1][0]] if batches and is_padded else lengths[i]
        if batches and n_pieces + length <= budget:
            batches[-1].append(i)
            n_pieces += length
        else:
            batches.append([i])
            n_pieces = lengths[i]
    return batches
