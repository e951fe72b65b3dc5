"""Windows of many notes, put together for one pass through an encoder."""

from collections.abc import Sequence
from typing import NamedTuple

from spacy_clinical.types import Ints1d, Ints2d


class Input(NamedTuple):
    """What an encoder sees at once.

    ids (length): Pieces, special tokens included.
    global_at (ascending positions): The pieces that attend to all others and are
        attended to by all, in encoders with a sliding window.
    boxes (length, 4): Where the pieces are on their page (0 to 1000), for encoders
        that know.
    """

    ids: Ints1d
    global_at: Ints1d
    boxes: Ints2d | None = None


def plan_batches(
    lengths: Sequence[int], *, budget: int, is_padded: bool = False
) -> list[list[int]]:
    """Group sequences of similar length.

    lengths (pieces): Length of each sequence.
    budget (pieces): Largest batch. A longer sequence makes a batch of its own.
    is_padded: Whether all sequences of a batch will be made as long as its longest.
    RETURNS: Indices of the sequences in each batch, longest first, so that the
        peak of memory comes at once.
    """
    batches: list[list[int]] = []
    n_pieces = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        # Sorted so, the first sequence of a batch is its longest.
        length = lengths[batches[-1][0]] if batches and is_padded else lengths[i]
        if batches and n_pieces + length <= budget:
            batches[-1].append(i)
            n_pieces += length
        else:
            batches.append([i])
            n_pieces = lengths[i]
    return batches
