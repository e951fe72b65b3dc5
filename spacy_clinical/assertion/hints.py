"""Find the targets of which a learned head may change what the rules say."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

from spacy_clinical.assertion.words import split_words
from spacy_clinical.extensions.assertion_attributes import CONTEXT_ATTRIBUTES

# Number of stretches of text that are kept before the table is emptied.
_MAX_STRETCHES = 100_000
_BITS = {name: 1 << number for number, name in enumerate(CONTEXT_ATTRIBUTES)}


class Hints:
    """Words without which the head adds no attribute to what the rules say.

    words: By attribute, in whatever case. The head may add others to any sentence.
    """

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self.words = dict(words)
        self._always = sum(bit for name, bit in _BITS.items() if name not in words)
        self._by_word: dict[str, int] = {}
        # By stretch of text without white space.
        self._known: dict[str, int] = {}

    def find(self, text: str) -> int:
        """Find the attributes that the head may add in a sentence, as bits."""
        stretches = text.split()
        known = self._known
        try:
            return reduce(or_, map(known.__getitem__, stretches), self._always)
        except KeyError:
            if len(known) > _MAX_STRETCHES:
                known.clear()
            for stretch in stretches:
                if stretch not in known:
                    known[stretch] = self._look_up(stretch)
            return reduce(or_, map(known.__getitem__, stretches), self._always)

    def _look_up(self, stretch: str) -> int:
        if not self._by_word:
            for name, hints in self.words.items():
                for word in (word for hint in hints for word in split_words(hint)):
                    self._by_word[word] = self._by_word.get(word, 0) | _BITS[name]
        words = split_words(stretch)
        return reduce(or_, (self._by_word.get(word, 0) for word in words), 0)

    def find_asked(
        self,
        text: str,
        sentence_starts: Sequence[int],
        places: Iterable[int],
        said: Sequence[Sequence[int]],
        names: Sequence[str],
    ) -> Sequence[int]:
        """Find the targets that the head is to be asked of.

        sentence_starts (characters): Sorted.
        places (characters): The starts of the targets, sorted.
        said (n_targets, n_attributes): What the rules say: 1 if the head may reject it,
            2 if it may not, 0 for nothing.
        names: The attributes of the columns.
        RETURNS: Indices of targets.
        """
        if not self.words:
            return range(len(said))
        asked = []
        bits = [_BITS[name] for name in names]
        known = reduce(or_, bits, 0)
        end, hinted = -1, 0
        for number, (place, row) in enumerate(zip(places, said, strict=True)):
            if place >= end:
                index = bisect_right(sentence_starts, place)
                start = sentence_starts[index - 1] if index else 0
                is_last = index == len(sentence_starts)
                end = len(text) if is_last else sentence_starts[index]
                hinted = self.find(text[start:end]) & known
            if 1 in row or (
                hinted
                and any(
                    bit & hinted for one, bit in zip(row, bits, strict=True) if not one
                )
            ):
                asked.append(number)
        return asked


def is_hints(words: object) -> bool:
    """Check whether a value has a list of words by attribute."""
    return isinstance(words, Mapping) and all(
        isinstance(hints, list | tuple) and all(isinstance(one, str) for one in hints)
        for hints in words.values()
    )
