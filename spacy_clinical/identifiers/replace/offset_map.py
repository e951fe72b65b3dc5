"""Map the places of a text to where they are after parts of it were replaced, and back."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spacy_clinical.identifiers.replace.words import list_words


class Edit(NamedTuple):
    """A replacement of a part of a text (characters, half open).

    by_word: Whether each word has the place of the word that replaces it, if there are
        as many.
    """

    start: int
    end: int
    text: str
    by_word: bool = False


class Replaced(NamedTuple):
    """The place of a part of a text, and that of what replaces it (characters)."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class OffsetMap:
    """Maps places of an old text to a new one, and back.

    A place that starts or ends inside of what was replaced gets all of it. All other
    places are exact both ways.

    replaced: The replaced parts, in the order of the text, without overlap.
    words: The same with a row for each word where those of a part have places of their
        own, as "Jane" and "Quill" have in "Gail Neelin"; None if none have.
    """

    def __init__(
        self,
        replaced: Iterable[Replaced] = (),
        words: Iterable[Replaced] | None = None,
    ) -> None:
        self.replaced = list(replaced)
        rows = self.replaced if words is None else list(words)
        self._old = _Side([row[:2] for row in rows])
        self._new = _Side([row[2:] for row in rows])

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
        """Compute how far the text after k replaced parts was moved."""
        return other.ends[k - 1] - self.ends[k - 1] if k else 0


def replace_parts(text: str, edits: Iterable[Edit]) -> tuple[str, OffsetMap]:
    """Replace parts of a text.

    edits: In the order of the text, without overlap.
    RETURNS: The new text, and where the places of the old one are in it.
    """
    parts: list[str] = []
    replaced: list[Replaced] = []
    words: list[Replaced] = []
    done = length = 0
    for start, end, new, by_word in edits:
        parts += [text[done:start], new]
        length += start - done
        row = Replaced(start, end, length, length + len(new))
        replaced.append(row)
        words += _split(row, text[start:end], new) if by_word else [row]
        length += len(new)
        done = end
    return "".join([*parts, text[done:]]), OffsetMap(replaced, words)


def _split(row: Replaced, old: str, new: str) -> list[Replaced]:
    """Split a replaced part into its words; itself if they don't match."""
    old_words, new_words = _list_places(old), _list_places(new)
    if len(old) == len(new) and len(old_words) != len(new_words):
        # Masked, sign by sign.
        new_words = old_words
    if _list_gaps(old, old_words) != _list_gaps(new, new_words):
        return [row]
    return [
        Replaced(
            *(row.old_start + place for place in word),
            *(row.new_start + place for place in other),
        )
        for word, other in zip(old_words, new_words, strict=True)
    ]


def _list_places(text: str) -> list[tuple[int, int]]:
    return [(word.start, word.end) for word in list_words(text)]


def _list_gaps(text: str, words: Sequence[tuple[int, int]]) -> list[str]:
    """List what stands before, between and after words."""
    borders = [0, *(place for word in words for place in word), len(text)]
    return [
        text[start:end].strip()
        for start, end in zip(borders[::2], borders[1::2], strict=True)
    ]
