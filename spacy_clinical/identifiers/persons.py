"""Who is who among the names of a note."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spacy_clinical.identifiers.words import Word, list_words, load_words

# Suffixes that keep a comma from parting the last name from the first: "Quill, Jr".
_SUFFIXES = frozenset(
    {"jr", "sr", "ii", "iii", "iv", "md", "do", "rn", "np", "pa", "phd"}
)


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
    return Name(tuple(only[:-1]), tuple(only[-1:]))


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
        self._names: list[Name] = []
        self._by_word: dict[str, list[int]] = {}

    def add_all(self, texts: Sequence[str]) -> list[int]:
        """Find out which person each name is of.

        texts: Names of one kind of person, in the order of the text.
        RETURNS: For each the number of its person, from 1 on.
        """
        names = [parse_name(text) for text in texts]
        owners: list[int] = [-1] * len(names)
        # Full names first, or "Quill" would be a person of its own before "Jane Quill".
        for is_full in (True, False):
            last_of: dict[str, int] = {}
            for i, name in enumerate(names):
                if bool(name.given) is is_full:
                    owners[i] = self._find(name, last_of)
                if owners[i] >= 0:
                    for word in (*name.given, *name.last):
                        last_of[word] = owners[i]
        order: dict[int, int] = {}
        return [order.setdefault(owner, len(order) + 1) for owner in owners]

    def _find(self, name: Name, last_of: dict[str, int]) -> int:
        """Find the person of a name, or add one."""
        words = (*name.given, *name.last)
        if not words:
            # Of titles only: each of them is one that is known by nothing else.
            return self._add(name)
        near = next((last_of[w] for w in reversed(words) if w in last_of), None)
        candidates = self._by_word.get(words[-1], []) + self._by_word.get(words[0], [])
        fitting = [i for i in candidates if _fits(name, self._names[i])]
        if near is not None and near in fitting:
            return self._widen(near, name)
        return self._widen(fitting[0], name) if fitting else self._add(name)

    def _add(self, name: Name) -> int:
        self._names.append(Name((), ()))
        return self._widen(len(self._names) - 1, name)

    def _widen(self, number: int, name: Name) -> int:
        """Let a person have the words of another name, too."""
        own = self._names[number]
        if not own.given and not own.last:
            own = name
        elif name.given:
            full = [w for w in name.given if len(w) > 1 and w not in own.given]
            kept = [w for w in own.given if not _is_initial_of(w, full)]
            own = Name((*kept, *full), own.last)
        self._names[number] = own
        for word in {*own.given, *own.last}:
            rows = self._by_word.setdefault(word, [])
            if number not in rows[-8:]:
                rows.append(number)
        return number


def _is_initial_of(word: str, names: Iterable[str]) -> bool:
    return len(word) == 1 and any(name.startswith(word) for name in names)


def _fits(name: Name, other: Name) -> bool:
    """Check whether a name may be that of a person who is known by another one."""
    if not name.given:
        return set(name.last) <= {*other.given, *other.last}
    if not other.given:
        return set(other.last) <= {*name.given, *name.last}
    if not set(name.last) & set(other.last):
        return False
    first, second = name.given[0], other.given[0]
    return (
        first == second
        or _is_initial_of(first, other.given)
        or (_is_initial_of(second, name.given))
    )
