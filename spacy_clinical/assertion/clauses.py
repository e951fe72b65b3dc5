"""The borders of clauses in a sentence, as far as they matter for the scopes of cues."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

_BORDERS = frozenset([",", ";", ":", "and", "&", "or", "nor", "plus"])
_PREPOSITIONS = frozenset(["in", "for", "by", "from", "with"])
# What a word may be, as bits.
# OPENER begins a cue where a clause starts.
BORDER, VERB, PREPOSITION, CUE, OPENER = 1, 2, 4, 8, 16
# Clauses are looked at so far.
_MAX_WORDS = 30


class Grammar:
    """The words that tell clauses from the items of lists: lists of the resource file."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self.verbs = frozenset(words.get("verbs", ()))
        self.passive = frozenset(words.get("passive", ()))
        self.found = frozenset(words.get("found", ()))
        self.predicates = frozenset(words.get("predicates", ()))
        self.events = frozenset(words.get("events", ()))
        self.relatives = frozenset(words.get("relatives", ()))
        self.subjects = frozenset(words.get("subjects", ()))
        self.articles = frozenset(words.get("articles", ()))

    def find_bits(self, word: str) -> int:
        """Find what a word may be for the borders of clauses."""
        return (
            BORDER * (word in _BORDERS)
            | VERB * (word in self.verbs)
            | PREPOSITION * (word in _PREPOSITIONS)
        )


class Clauses:
    """The stretches between the borders of a sentence's clauses and lists.

    words: In lower case.
    bits: What each of them may be.
    """

    def __init__(
        self, words: Sequence[str], bits: Sequence[int], grammar: Grammar
    ) -> None:
        self.words, self.bits, self.grammar = words, bits, grammar

    @cached_property
    def borders(self) -> list[int]:
        """The words that separate clauses and items of lists."""
        words = self.words
        return [
            i
            for i, bit in enumerate(self.bits)
            if bit & BORDER and (words[i] != ":" or not self._is_time(i))
        ]

    @cached_property
    def border_set(self) -> frozenset[int]:
        """The same, to look them up."""
        return frozenset(self.borders)

    def is_start(self, i: int) -> bool:
        """Check whether a clause or an item of a list starts with a word."""
        return i == 0 or (bool(self.bits[i - 1] & BORDER) and i - 1 in self.border_set)

    def opens_clause(self, i: int) -> bool:
        """Check whether a new clause, or a label with its colon, follows a border.

        i: The border. What goes on with a list is no clause.
        """
        words, grammar = self.words, self.grammar
        index = bisect_left(self.borders, i + 1)
        end = self.borders[index] if index < len(self.borders) else len(words)
        if i + 1 >= end or words[i] in ("or", "nor"):
            return False
        if end < len(words) and words[end] == ":" and end - i <= 5:
            return True
        first, second = [*words[i + 1 : i + 3], ""][:2]
        if first in grammar.subjects or (
            first in grammar.articles and second.removesuffix("'s") in ("patient", "pt")
        ):
            return True
        return self.has_verb(i + 1, end)

    def has_verb_before(self, i: int) -> bool:
        """Check whether what ends with a border has a verb."""
        index = bisect_left(self.borders, i) - 1
        return self.has_verb(self.borders[index] + 1 if index >= 0 else 0, i)

    def has_verb(self, start: int, end: int) -> bool:
        """Check whether a stretch of words has a verb that makes it a clause of its
        own."""
        words, grammar = self.words, self.grammar
        for i in range(start, min(end, start + _MAX_WORDS)):
            word = words[i]
            if word in grammar.relatives:
                return False
            if word in grammar.predicates and i > start and i + 1 == end:
                return True
            if self.bits[i] & VERB:
                is_list = word in grammar.passive
                return not (
                    is_list and not grammar.found.isdisjoint(words[i + 1 : i + 4])
                )
        return False

    def _is_time(self, i: int) -> bool:
        around = (*self.words[i - 1 : i], *self.words[i + 1 : i + 2])
        return len(around) == 2 and all(word.isdigit() for word in around)
