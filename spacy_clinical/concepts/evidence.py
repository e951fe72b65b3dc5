"""Find out whether a text says what an undefined short form in it stands for.

Two or three letters may be the acronym of anything. A vocabulary knows some rare disease
by each of them, which says little about a note.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from spacy_clinical.concepts.abbreviations import Abbreviations
from spacy_clinical.concepts.normalize import (
    SMALL_WORDS,
    drop_possessives,
    make_singular,
    normalize_name,
)

# Longer acronyms are seldom those of several things.
_MAX_LETTERS = 3
# A single word is less telling than several.
_MIN_LETTERS = 6
# Words that a text may leave out of a name of several others.
_KINDS = frozenset({"disease", "disorder", "syndrome", "type"})


def needs_evidence(text: str) -> bool:
    """Check whether a mention is a short form that may stand for anything.

    text: Of the mention.
    """
    letters = [character for character in text if character.isalpha()]
    return (
        1 <= len(letters) <= _MAX_LETTERS
        and len(text) <= _MAX_LETTERS + 1
        and sum(map(str.isupper, letters)) * 2 > len(letters)
    )


class Evidence:
    """Evidence of a text on its short forms, which is read on first use.

    text: All of it.
    inventory: Of short forms and what they may stand for; None where a component has
        looked there already, and couldn't tell.
    """

    def __init__(self, text: str, inventory: Abbreviations | None = None) -> None:
        self._text = text
        self._inventory = inventory

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_list_words(self._text))

    def supports(self, short: str, names: Sequence[str]) -> bool:
        """Check whether the text or the inventory has a concept of a short form in full.

        names: Of the concept.
        """
        return (
            has_short_names_only(names)
            or self.has_any(names)
            or self._is_reading(short, names)
        )

    def has_any(self, names: Iterable[str]) -> bool:
        """Check whether the text has all words of a name, in any order and form.

        names: Short ones are passed over.
        """
        return any(self._has(name) for name in names)

    def _has(self, name: str) -> bool:
        words = _list_words(name)
        telling = [word for word in words if word not in _KINDS]
        if len(telling) > 1:
            words = telling
        is_enough = len(words) > 1 or len("".join(words)) >= _MIN_LETTERS
        return is_enough and self._words.issuperset(words)

    def _is_reading(self, short: str, names: Iterable[str]) -> bool:
        if self._inventory is None:
            return False
        readings = self._inventory.find_short(short)
        longs = {normalize_name(long) for row in readings for long in row.long_forms}
        return not longs.isdisjoint(map(normalize_name, names))


def has_short_names_only(names: Iterable[str]) -> bool:
    """Check whether a concept has no name in full that a text could have.

    names: Of the concept.
    """
    return all(map(needs_evidence, names))


def share_words(long_form: str, names: Iterable[str]) -> bool:
    """Check whether one of some names has a telling word of a long form.

    names: Of a concept.
    """
    words = {word for word in _list_words(long_form) if len(word) > _MAX_LETTERS}
    words -= _KINDS
    return any(not words.isdisjoint(_list_words(name)) for name in names)


def _list_words(text: str) -> list[str]:
    words = normalize_name(drop_possessives(text)).split()
    return [make_singular(word) for word in words if word not in SMALL_WORDS]
