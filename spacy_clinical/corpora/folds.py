"""Folds of a corpus for cross-validation."""

import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class Folds(NamedTuple):
    """Folds of a corpus, and which of them to read.

    fold: Number of the fold to leave out, starting at 0. Items are assigned in the order
        of a fixed shuffle. None for all items.
    n_folds: Number of folds.
    held_out: Whether to read only the items of the fold, instead of the others.
    """

    fold: int | None = None
    n_folds: int = 5
    held_out: bool = False

    def choose(self, items: Sequence[Item]) -> list[Item]:
        """Choose the items to read."""
        if self.fold is None:
            return list(items)
        order = list(range(len(items)))
        random.Random(0).shuffle(order)
        left_out = set(order[self.fold :: self.n_folds])
        return [x for i, x in enumerate(items) if (i in left_out) == self.held_out]
