"""Tell which names of a note are of the same person."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.identifiers.replace.words import Word, list_words, load_words

# Suffixes that keep a comma from parting the last name from the first: "Quill, Jr".
_SUFFIXES = frozenset(
    {"jr", "sr", "ii", "iii", "iv", "md", "do", "rn", "np", "pa", "phd"}
)


_HYPHENS = frozenset({"-", "\u2010", "\u2011"})


class Name(NamedTuple):
    """The words of a name as it is written, without titles.

    given: First and middle names, and initials.
    last: Last names; those of a single word, too.
    """

    given: tuple[str, ...]
    last: tuple[str, ...]


def parse_name(text: str) -> Name:
    """Tell the first names of a person from the last name.

    text: Such as "Quill, Jane A." or "Dr. Jane Quill".
    """
    parts = [_list_parts(part) for part in text.split(",")]
    words = [part for part in parts if part]
    if len(words) > 1:
        # "Quill, Jane": what stands before the comma is the last name.
        return Name(tuple(w for part in words[1:] for w in part), tuple(words[0]))
    only = words[0] if words else []
    # All words of "Okonkwo-Reyes" are the last name.
    n_last = _count_last(text) if len(only) > 1 else 1
    n_last = n_last if n_last < len(only) else 1
    return Name(tuple(only[: len(only) - n_last]), tuple(only[len(only) - n_last :]))


def _count_last(text: str) -> int:
    """Count the words that hyphens join to the last word of a name."""
    words = [
        word
        for word in list_words(text)
        if word.folded not in load_words("titles") and word.folded not in _SUFFIXES
    ]
    n_last = 1
    for before, after in pairwise(reversed(words)):
        if text[after.end : before.start].strip() not in _HYPHENS:
            break
        n_last += 1
    return n_last


def _list_parts(text: str) -> list[str]:
    words = [word.folded for word in list_words(text) if not word.folded.isdigit()]
    return [
        word
        for word in words
        if word not in load_words("titles") and word not in _SUFFIXES
    ]


def list_name_words(text: str) -> list[tuple[Word, bool]]:
    """List the words of a name, and whether each is a first name; without titles."""
    name = parse_name(text)
    left = list(name.given)
    rows = []
    for word in list_words(text):
        folded = word.folded
        if folded.isdigit() or folded in load_words("titles") or folded in _SUFFIXES:
            continue
        is_given = folded in left and not (folded in name.last and len(left) == 0)
        if is_given:
            left.remove(folded)
        rows.append((word, is_given))
    return rows


class Persons:
    """The persons of a note, numbered as they are first named.

    "Jane Quill", "QUILL, JANE", "J. Quill" and "Quill" are one person, as far as no other
    one has that name; then "Quill" is the one who was named last.
    """

    def __init__(self) -> None:
        self._n_persons = 0
        # By first and last name, by initial and last name, and by any name.
        self._by_names: dict[tuple[str, str], int] = {}
        self._by_initial: dict[tuple[str, str], int] = {}
        self._by_word: dict[str, int] = {}
        # Those of whose first name only the initial is known.
        self._bare: dict[tuple[str, str], int] = {}

    def add_all(self, texts: Sequence[str]) -> list[int]:
        """Find out which person each name is of.

        texts: Names of one kind of person, in the order of the text.
        RETURNS: For each the number of its person, from 1 on.
        """
        names = [parse_name(text) for text in texts]
        owners = [-1] * len(names)
        # Full names first, or "Quill" would be a person of its own before "Jane Quill".
        for i, name in enumerate(names):
            if name.given:
                owners[i] = self._find_full(name)
        last_named: dict[str, int] = {}
        for i, name in enumerate(names):
            if not name.given:
                owners[i] = self._find_single(name, last_named)
            for word in (*name.given, *name.last):
                last_named[word] = owners[i]
        order: dict[int, int] = {}
        return [order.setdefault(owner, len(order) + 1) for owner in owners]

    def _find_full(self, name: Name) -> int:
        """Find the person of a first and a last name, or add one."""
        first = name.given[0]
        keys = [(first, last) for last in name.last]
        initials = [(first[0], last) for last in name.last]
        if len(first) > 1:
            known = [self._by_names.get(key) for key in keys]
            known += [self._bare.pop(key, None) for key in initials]
        else:
            known = [self._by_initial.get(key) for key in initials]
        found = [number for number in known if number is not None]
        number = found[0] if found else self._add()
        by_key = self._by_names if len(first) > 1 else self._bare
        for key in keys:
            if len(first) > 1 or not found:
                by_key.setdefault(key, number)
        for key in initials:
            self._by_initial.setdefault(key, number)
        for word in (*name.given, *name.last):
            self._by_word.setdefault(word, number)
        return number

    def _find_single(self, name: Name, last_named: Mapping[str, int]) -> int:
        """Find the person of a single name, or add one. One of titles only is new."""
        for word in name.last:
            number = last_named.get(word, self._by_word.get(word))
            if number is not None:
                return number
        number = self._add()
        for word in name.last:
            self._by_word[word] = number
        return number

    def _add(self) -> int:
        self._n_persons += 1
        return self._n_persons
