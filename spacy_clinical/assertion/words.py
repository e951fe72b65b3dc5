"""Split texts into the words that cues are looked up by."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import sub

# Of a text in lower case. A hyphen inside a word splits it, and is no word.
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|-(?![^\W\d_])|(?<![^\W_])-|[^\w\s-]|_+")
# Number of stretches that are kept before the table is emptied, and their maximum length.
_MAX_STRETCHES = 100_000
_MAX_LENGTH = 40


def split_words(text: str) -> list[str]:
    """Split a phrase into the words that it is looked up by."""
    return WORD.findall(text.lower().replace("\u2019", "'"))


class Stretches(dict[str, list[str]]):
    """The words of stretches without white space, each split once."""

    def __missing__(self, stretch: str) -> list[str]:
        words: list[str] = WORD.findall(stretch)
        if len(stretch) <= _MAX_LENGTH:
            if len(self) > _MAX_STRETCHES:
                self.clear()
            self[stretch] = words
        return words

    def split(self, stretches: Iterable[str]) -> list[str]:
        """Split a text.

        stretches: Of the text in lower case, as `str.split` has them.
        """
        return list(chain.from_iterable(map(self.__getitem__, stretches)))


def locate_words(
    words: Sequence[str], text: str, start: int
) -> tuple[list[int], list[int]]:
    """Find where the words of a text start, and where they end (characters).

    text: In lower case.
    start (characters): Where the first of them may start.
    """
    # Between two words there is only white space, or a hyphen that a letter follows.
    find, end = text.find, start
    lengths = list(map(len, words))
    ends = [
        end := find(word, end) + length
        for word, length in zip(words, lengths, strict=True)
    ]
    return list(map(sub, ends, lengths)), ends
