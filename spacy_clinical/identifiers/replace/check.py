"""Check that a clean text has nothing left of the identifiers that were found."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spacy_clinical.identifiers.replace.words import LONG_NUMBER, fold, is_ordinary

# Shorter ones are in ordinary words and numbers: "12", "May".
MIN_LENGTH = 5


class Left(NamedTuple):
    """A place where an identifier is left (characters, half open)."""

    start: int
    end: int


def find_left(
    text: str, identifiers: Iterable[str], *, free: Sequence[tuple[int, int]] = ()
) -> list[Left]:
    """Find identifiers in a text, character for character but without case.

    Long numbers are found within longer ones, too, and others as whole words and numbers.
    Short ones aren't looked for.

    identifiers: What must not be there.
    free (characters): What was put in their places, in the order of the text. It doesn't
        count: a date that was moved may be another one of the same note.
    """
    wanted: dict[str, set[str]] = {}
    # Those that were found in small letters are no ordinary words in these.
    small: set[str] = set()
    for identifier in identifiers:
        low = lower(identifier.strip())
        if len(low) >= MIN_LENGTH and any(map(str.isalnum, low)):
            wanted.setdefault(low[:MIN_LENGTH], set()).add(low)
            if low == identifier.strip():
                small.add(low)
    if not wanted:
        return []
    sizes = {start: sorted({len(w) for w in rows}) for start, rows in wanted.items()}
    folded = lower(text)
    left = []
    for i in range(len(folded) - MIN_LENGTH + 1):
        start = folded[i : i + MIN_LENGTH]
        if start not in wanted:
            continue
        for size in sizes[start]:
            found = folded[i : i + size]
            if found not in wanted[start]:
                continue
            if _stands_out(text, i, i + size, is_name=found in small):
                left.append(Left(i, i + size))
    return _leave_out(left, free)


def lower(text: str) -> str:
    """Write a text in small letters, without a change of its length."""
    small = text.lower()
    if len(small) == len(text):
        return small
    pairs = ((char, char.lower()) for char in text)
    return "".join(low if len(low) == 1 else char for char, low in pairs)


def _stands_out(text: str, start: int, end: int, *, is_name: bool) -> bool:
    """Check whether a place has whole words and numbers, and not only ordinary words."""
    found = text[start:end]
    if found.isdecimal() and len(found) >= LONG_NUMBER:
        # It is still there within a longer number.
        return True
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if _joins(before, found[0]) or _joins(found[-1], after):
        return False
    if any(map(str.isdigit, found)):
        return True
    return is_name or found != found.lower() or not is_ordinary(fold(found))


def _joins(char: str, after: str) -> bool:
    """Check whether two characters are of one word or one number."""
    both = char, after
    return all(map(str.isalpha, both)) or all(map(str.isdigit, both))


def _leave_out(left: Sequence[Left], free: Sequence[tuple[int, int]]) -> list[Left]:
    """Leave out what is inside of a free place."""
    kept = []
    k = 0
    for place in left:
        while k < len(free) and free[k][1] <= place.start:
            k += 1
        is_free = (
            k < len(free) and free[k][0] <= place.start and place.end <= free[k][1]
        )
        if not is_free:
            kept.append(place)
    return kept
