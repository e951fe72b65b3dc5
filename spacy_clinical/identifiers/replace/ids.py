"""Ids and names of files that hold identifiers, and pseudonyms for them."""

from collections.abc import Iterable

from spacy_clinical.identifiers.replace.keys import Key
from spacy_clinical.identifiers.replace.words import is_ordinary, list_words, load_words

MIN_LETTERS, MIN_DIGITS = 3, 5


def make_pseudonym(text: str, key: Key) -> str:
    """Make an id that follows from another one and the key, and says nothing of it."""
    return f"{key.draw('id', text) >> 192:016x}"


def holds_any(text: str, identifiers: Iterable[str]) -> bool:
    """Check whether an id or the name of a file holds a word of any identifier.

    Short words and numbers, titles and ordinary words don't count.
    """
    words = {word.folded for word in list_words(text)}
    return any(
        word.folded in words and _is_telling(word.folded)
        for identifier in identifiers
        for word in list_words(identifier)
    )


def _is_telling(word: str) -> bool:
    if word.isdigit():
        return len(word) >= MIN_DIGITS
    is_name = not is_ordinary(word) and word not in load_words("titles")
    return is_name and len(word) >= MIN_LETTERS and word not in load_words("kinds")
