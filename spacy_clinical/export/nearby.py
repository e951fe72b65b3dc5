"""Find the entity next to a place of a note."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

# Characters between two related entities, at most.
NEAR = 60


class NearbyEntities:
    """Entities in note order, to find the one next to a place, on the same line.

    ents: Records of entities.
    text: Of the note.
    """

    def __init__(self, ents: list[Mapping[str, Any]], text: str) -> None:
        self.ents = ents
        self.text = text
        self.starts = [ent["start"] for ent in ents]
        self.ends = [ent["end"] for ent in ents]

    def find_after(self, end: int) -> Mapping[str, Any] | None:
        """Find the entity that follows a place (character); None if it is far."""
        index = bisect_left(self.starts, end)
        return self._check(index, end, *self.starts[index : index + 1])

    def find_before(self, start: int) -> Mapping[str, Any] | None:
        """Find the entity that ends before a place (character); None if it is far."""
        index = bisect_right(self.ends, start) - 1
        if index < 0:
            return None
        return self._check(index, self.ends[index], start)

    def _check(self, index: int, *gap: int) -> Mapping[str, Any] | None:
        if len(gap) < 2 or gap[1] - gap[0] > NEAR:
            return None
        return None if "\n" in self.text[slice(*gap)] else self.ents[index]
