"""Tell ordinary words from acronyms in vocabularies.

"mass" isn't the MASS of "MASS syndrome", nor is "cold" the COLD that stands for chronic
obstructive lung disease, though a vocabulary may have it in small letters.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

ORDINARY = Path(__file__).parents[1] / "resources" / "ordinary_words.txt"
# Longer acronyms are no ordinary words.
MAX_LETTERS = 7
_WORD = re.compile(r"[^\W\d_]+")
# Words of a name that give no letter to its acronym.
_MAX_MORE = 3


@cache
def load_ordinary() -> frozenset[str]:
    """Load short words of everyday English."""
    lines = ORDINARY.read_text(encoding="utf8").splitlines()
    return frozenset(
        word for line in lines if not line.startswith("#") for word in line.split()
    )


def list_ordinary(name: str) -> list[str]:
    """List the ordinary words in a name that it doesn't write in capitals.

    RETURNS: In small letters, and words on -s also without it.
    """
    ordinary = load_ordinary()
    found: list[str] = []
    for word in _WORD.findall(name):
        small = word.lower()
        single = small.removesuffix("s")
        if word[1:].islower() and (small in ordinary or single in ordinary):
            found += dict.fromkeys((small, single))
    return found


def may_have_acronym(words: Collection[str], name: str) -> bool:
    """Check whether a name has one of some words in capitals, or hardly anything else.

    words: Ordinary ones, in small letters.
    """
    if name.count(" ") < 2:
        parts = name.lower().split()
        return any(part in words or part.removesuffix("s") in words for part in parts)
    return not name.islower() and any(word.upper() in name for word in words)


def has_only_acronyms(words: Collection[str], names: Sequence[str]) -> bool:
    """Check whether the names of a concept have one of some words, but as acronyms only.

    words: Ordinary ones, in small letters.
    """
    texts = [_WORD.findall(name) for name in _drop_copies(names)]
    for word in words:
        forms = {part for parts in texts for part in parts if _is_form(part, word)}
        if forms and (
            all(map(is_acronym, forms))
            or any(is_initialism(word, parts) for parts in texts)
        ):
            return True
    return False


def _drop_copies(names: Sequence[str]) -> list[str]:
    """Drop names that are others again, but for their acronyms: "Mass phenotype" beside
    "MASS phenotype"."""
    kept: dict[str, str] = {}
    for name in sorted(names, key=_count_capitals, reverse=True):
        # Capitals throughout say nothing.
        kept.setdefault(name if name.isupper() else name.lower(), name)
    return list(kept.values())


def _count_capitals(name: str) -> int:
    return sum(map(str.isupper, name))


def _is_form(part: str, word: str) -> bool:
    small = part.lower()
    return small == word or small == f"{word}s"


def is_acronym(word: str) -> bool:
    """Check whether a word is in capitals, except for the -s of a plural."""
    return len(word) > 1 and word.removesuffix("s").isupper()


def is_initialism(word: str, parts: Sequence[str]) -> bool:
    """Check whether a word is made of the first letters of others, in any order:
    "all" of "leukemia, acute lymphocytic".

    word: In small letters.
    parts: The other words. A few of them may have no letter in it.
    """
    if not 3 <= len(word) <= len(parts) <= len(word) + _MAX_MORE:
        return False
    return not Counter(word) - Counter(part[0].lower() for part in parts)
