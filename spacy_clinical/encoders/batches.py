"""Put windows of many notes together so that little of a batch is padding."""

from collections.abc import Sequence


def plan_batches(lengths: Sequence[int], *, budget: int) -> list[list[int]]:
    """Group sequences of similar length.

    lengths (pieces): Length of each sequence.
    budget (pieces): Largest batch, padding included. A longer sequence makes a
        batch of its own.
    RETURNS: Indices of the sequences in each batch, longest first, so that the
        peak of memory comes at once.
    """
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        # Sorted so, the first sequence of a batch is its longest.
        if batches and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= budget:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
