"""Words of a text as they are compared: without case, accents, and look-alike letters."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from spacy.lang.en.stop_words import STOP_WORDS

_WORDS = Path(__file__).parents[2] / "resources" / "identifier_words.cfg"
# Cyrillic and Greek letters that look like Latin ones.
_LOOK_ALIKES = str.maketrans(
    {
        "\u0430": "a",
        "\u0441": "c",
        "\u0435": "e",
        "\u043e": "o",
        "\u0440": "p",
        "\u0445": "x",
        "\u0443": "y",
        "\u0456": "i",
        "\u0458": "j",
        "\u0455": "s",
        "\u04bb": "h",
        "\u0501": "d",
        "\u051b": "q",
        "\u051d": "w",
        "\u0432": "b",
        "\u043a": "k",
        "\u043c": "m",
        "\u043d": "h",
        "\u0442": "t",
        "\u03b1": "a",
        "\u03bf": "o",
        "\u03bd": "v",
        "\u03b9": "i",
        "\u03c1": "p",
        "\u03c5": "u",
        "\u03c4": "t",
        "\u03c7": "x",
        "\u03ba": "k",
        "\u03b2": "b",
        "\u03b5": "e",
        "\u03b7": "h",
        "\u03bc": "m",
        "\u03b6": "z",
        "\u0131": "i",
    }
)
# Digits of a number that is an identifier within a longer one, too.
LONG_NUMBER = 6
_LATIN = re.compile("[a-z]")
_LETTER = r"[^\W\d_]"
# In words: marks, and signs that only say how letters are joined or ordered.
_JOINERS = "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"


class Word(NamedTuple):
    """A run of letters, or of digits (characters, half open)."""

    start: int
    end: int
    folded: str


def list_words(text: str) -> Iterator[Word]:
    """List the runs of letters and of digits of a text."""
    for match in _compile().finditer(text):
        yield Word(match.start(), match.end(), fold(match[0]))


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """Fold a word: small letters without marks, Latin ones for those that look so.

    Digits of all scripts become those of ASCII.
    """
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    kept = [c for c in parts if unicodedata.category(c) not in ("Mn", "Cf", "Me")]
    folded = "".join(
        str(unicodedata.digit(c, c)) if c.isdigit() else c for c in kept
    ).casefold()
    # A word of one other alphabet stays as it is.
    return folded.translate(_LOOK_ALIKES) if _LATIN.search(folded) else folded


def is_ordinary(folded: str) -> bool:
    """Check whether a word in small letters is more often no name."""
    return len(folded) < 3 or folded in STOP_WORDS or folded in load_words("ordinary")


@cache
def load_words(name: str) -> frozenset[str]:
    """Load a list of words from resources/identifier_words.cfg."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(_WORDS.read_text(encoding="utf8"))
    return frozenset(parser[name]["words"].split())


@cache
def _compile() -> "re.Pattern[str]":
    inside = f"(?:{_LETTER}|[{_list_marks()}{_JOINERS}])"
    return re.compile(rf"{_LETTER}{inside}*|\d+")


def _list_marks() -> str:
    """List all combining marks as ranges of a set of characters."""
    ranges: list[list[int]] = []
    for code in range(0x300, min(0x1F000, sys.maxunicode)):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
