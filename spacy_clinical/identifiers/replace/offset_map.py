"""Where the places of a text are after parts of it were replaced, and back."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """A replacement of a part of a text (characters, half open)."""

    start: int
    end: int
    text: str


class Replaced(NamedTuple):
    """Where a part of a text was, and where what replaces it is (characters)."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class OffsetMap:
    """Maps places of an old text to a new one, and back.

    A place that starts or ends inside of what was replaced gets all of it. All other
    places are exact both ways.

    replaced: The replaced parts, in the order of the text, without overlap.
    """

    def __init__(self, replaced: Iterable[Replaced] = ()) -> None:
        self.replaced = list(replaced)
        self._old = _Side([row[:2] for row in self.replaced])
        self._new = _Side([row[2:] for row in self.replaced])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OffsetMap):
            return NotImplemented
        return self.replaced == other.replaced

    def to_new(self, start: int, end: int) -> tuple[int, int]:
        """Find where a place of the old text is in the new one.

        start, end (characters): Half open.
        """
        return self._old.move(start, end, self._new)

    def to_old(self, start: int, end: int) -> tuple[int, int]:
        """Find where a place of the new text is in the old one.

        start, end (characters): Half open.
        """
        return self._new.move(start, end, self._old)


class _Side:
    """The replaced parts in one of the two texts."""

    def __init__(self, places: Iterable[tuple[int, int]]) -> None:
        places = list(places)
        self.starts = [start for start, _ in places]
        self.ends = [end for _, end in places]

    def move(self, start: int, end: int, other: "_Side") -> tuple[int, int]:
        """Find where a place is in the other text."""
        k = bisect_right(self.ends, start)
        if k < len(self.starts) and self.starts[k] < start:
            first = other.starts[k]
        else:
            first = start + self._shift(k, other)
        k = bisect_left(self.starts, end)
        if k and self.ends[k - 1] > end:
            last = other.ends[k - 1]
        else:
            last = end + self._shift(k, other)
        return first, max(first, last)

    def _shift(self, k: int, other: "_Side") -> int:
        """How far the text after k replaced parts was moved."""
        return other.ends[k - 1] - self.ends[k - 1] if k else 0


def replace_parts(text: str, edits: Iterable[Edit]) -> tuple[str, OffsetMap]:
    """Replace parts of a text.

    edits: In the order of the text, without overlap.
    RETURNS: The new text, and where the places of the old one are in it.
    """
    parts: list[str] = []
    replaced = []
    done = length = 0
    for start, end, new in edits:
        parts += [text[done:start], new]
        length += start - done
        replaced.append(Replaced(start, end, length, length + len(new)))
        length += len(new)
        done = end
    return "".join([*parts, text[done:]]), OffsetMap(replaced)
