"""Check that a clean text has nothing left of the identifiers that were found."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spacy_clinical.identifiers.words import fold, is_ordinary

# Shorter ones are in ordinary words and numbers: "12", "May".
MIN_LENGTH = 5


class Left(NamedTuple):
    """Where an identifier is left (characters, half open)."""

    start: int
    end: int


def find_left(
    text: str, identifiers: Iterable[str], *, free: Sequence[tuple[int, int]] = ()
) -> list[Left]:
    """Find identifiers in a text, character for character but without case.

    Those with digits are found anywhere, also within longer numbers; those of letters
    only are found as whole words. Short ones aren't looked for.

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
    """Check whether a place has digits, or whole words that aren't ordinary ones."""
    found = text[start:end]
    if any(map(str.isdigit, found)):
        # A long number within a longer one is still there; "12/12" in "112/120" isn't.
        n_digits = sum(map(str.isdigit, found))
        return n_digits > MIN_LENGTH or not (
            text[start - 1 : start].isdigit() or text[end : end + 1].isdigit()
        )
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if before.isalpha() or after.isalpha():
        return False
    return is_name or found != found.lower() or not is_ordinary(fold(found))


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
