"""Cut a note into the stretches that cues may act in: sentences, and the items of lists."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

_BULLET = re.compile(
    r"\s*(?:[-*\u2022\u2023\u25e6\u25aa\u25cf\u25cb\u00b7+](?=\s|[^\W\d_])"
    r"|\(?\d{1,2}[.)](?=\s)|[a-z][.)]\s|\[[ xX*]?\]|[\u2610\u2611\u2612])"
)
_NUMBER = re.compile(r"\s*\(?(?:[2-9]|[12]\d)[.)]\s")
_LABEL = re.compile(r"[ \t]*[A-Z][^\n:.,;]{0,40}:(?!\d)")
# A line that ends with one of these goes on in the next.
_OPEN_WORDS = frozenset(
    word
    for words in (
        "and or nor of with for no the a an to in without any denies denied his her is",
        "was were are has had by from on",
    )
    for word in words.split()
)
_LINE_BREAK = re.compile(r"\n[ \t\r\n]*")
_MAX_ITEM = 80


class Units:
    """The stretches of a note, in order (characters, half open).

    text: Of the note.
    sentence_starts (characters): Sorted.
    """

    def __init__(self, text: str, sentence_starts: Sequence[int]) -> None:
        self.text = text
        borders = {start for start in sentence_starts if not self._goes_on(start)}
        if "\n" in text:
            borders.update(self._find_lines())
        self.starts = sorted({0, *borders})
        self.ends = [*self.starts[1:], len(text)]

    def find(self, place: int) -> int:
        """Find the number of the stretch that a character is in."""
        return bisect_right(self.starts, place) - 1

    def get(self, number: int) -> str:
        """Get the text of a stretch."""
        return self.text[self.starts[number] : self.ends[number]]

    def is_bullet(self, number: int) -> bool:
        """Check whether a stretch is an item with a mark or a number."""
        start = self.starts[number]
        is_capital = "A" <= self.text[start : start + 1] <= "Z"
        return not is_capital and _BULLET.match(self.text, start) is not None

    def starts_line(self, number: int) -> bool:
        """Check whether a line may start where a stretch does."""
        return number > 0 and not _is_inside_line(self.text, self.starts[number])

    def is_item(self, number: int, is_bullet: bool) -> bool:
        """Check whether a stretch may be an item of the list that a line above is the
        head of.

        is_bullet: Whether the list's items have marks. Others end at an empty line.
        """
        start = self.starts[number]
        before = self.text[max(start - 40, 0) : start]
        n_breaks = before[len(before.rstrip()) :].count("\n")
        if is_bullet and not n_breaks and number:
            # "PMH: 1. Gout. 2. Asthma."
            return _NUMBER.match(self.text, start) is not None
        if number == 0 or not n_breaks or self.is_bullet(number) != is_bullet:
            return False
        is_short = self.ends[number] - start <= _MAX_ITEM
        return is_bullet or (n_breaks == 1 and is_short and ":" not in self.get(number))

    def _goes_on(self, start: int) -> bool:
        """Check whether what a sentence splitter takes for a start belongs to what is
        before."""
        if not start:
            return False
        if _is_inside_line(self.text, start):
            return self.text[start - 2] == ":"
        before = self.text[max(start - 40, 0) : start]
        stripped = before.rstrip()
        gap = before[len(stripped) :]
        if "\n" not in gap:
            return stripped.endswith(":")
        if gap.count("\n") > 1 or _BULLET.match(self.text, start):
            return False
        words = stripped[-20:].split()
        return bool(words) and (
            words[-1][-1] in ",/(&" or words[-1].lower() in _OPEN_WORDS
        )

    def _find_lines(self) -> Iterable[int]:
        """Find the lines that surely begin something new."""
        for match in _LINE_BREAK.finditer(self.text):
            start = match.end()
            is_item = match[0].count("\n") > 1 or _BULLET.match(self.text, start)
            if is_item or (_LABEL.match(self.text, start) and not self._goes_on(start)):
                yield start


def _is_inside_line(text: str, place: int) -> bool:
    """Check whether a character surely is inside a line: one space is before it."""
    return place > 1 and text[place - 1] == " " and not text[place - 2].isspace()
