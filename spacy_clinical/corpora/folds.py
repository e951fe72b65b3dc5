"""Folds of a corpus for cross-validation."""

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def choose_fold(
    items: Sequence[Item], *, fold: int | None, n_folds: int, held_out: bool
) -> list[Item]:
    """Choose the items of a fold, or all others.

    fold: Number of the fold, starting at 0. Items are assigned in the order of a fixed
        shuffle. None for all items.
    n_folds: Number of folds.
    held_out: Whether to choose only the items of the fold, instead of the others.
    """
    if fold is None:
        return list(items)
    order = list(range(len(items)))
    random.Random(0).shuffle(order)
    left_out = set(order[fold::n_folds])
    return [item for i, item in enumerate(items) if (i in left_out) == held_out]
