"""Split titles into words, vary them, and remove qualifiers."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile("[&+'\u2019]")
# A date or a time of day at the end of a title, and what goes with it.
_DATE = re.compile(r"\d{1,4}[/.:-]\d{1,2}(?:[/.:-]\d{1,4})?|\d{4}|\[\*\*.*\*\*\]")
_STAMP_WORDS = frozenset(
    ("at", "on", "of", "from", "am", "pm", "a.m.", "p.m.", "hrs", "h")
)


def split_words(phrase: str) -> list[str]:
    """Split a phrase into its words, in lower case."""
    return _WORD.findall(_JOINED.sub(_spell_out, phrase.lower()))


def _spell_out(match: re.Match[str]) -> str:
    return " and " if match[0] in "&+" else ""


def squeeze(phrase: str) -> str:
    """Write a phrase's words as one."""
    return "".join(split_words(phrase))


def read_synonyms(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read lists of words that stand for each other."""
    sets = [tuple(squeeze(word) for word in line.split(",")) for line in lines]
    return {word: words for words in sets for word in words}


def read_qualifiers(phrases: Iterable[str]) -> frozenset[tuple[str, ...]]:
    """Read phrases that change nothing about what a title means."""
    return frozenset(tuple(split_words(phrase)) for phrase in phrases)


def strip_qualifiers(
    words: tuple[str, ...],
    before: frozenset[tuple[str, ...]],
    after: frozenset[tuple[str, ...]],
) -> list[tuple[str, ...]]:
    """List the remainders of a phrase when qualifiers are removed from both ends."""
    starts = [i for i in range(min(len(words), 4)) if not i or words[:i] in before]
    ends = [
        i
        for i in range(len(words), max(len(words) - 6, 0), -1)
        if i == len(words) or words[i:] in after
    ]
    return [words[start:end] for start in starts for end in ends if start < end]


def change_number(word: str) -> str:
    """Find the plural of a singular word, and the other way round."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s"):
        return word[:-1]
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def drop_stamp(phrase: str) -> str:
    """Remove dates and times from the end of a phrase.

    RETURNS: The phrase itself if there are none.
    """
    words = phrase.split()
    n_words = len(words)
    has_date = False
    while n_words:
        word = words[n_words - 1].strip("(),@-")
        is_date = _DATE.fullmatch(word) is not None
        has_date = has_date or is_date
        if word and not is_date and word.lower() not in _STAMP_WORDS:
            break
        n_words -= 1
    return " ".join(words[:n_words]) if has_date and n_words else phrase
