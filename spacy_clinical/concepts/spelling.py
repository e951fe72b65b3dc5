"""Canonical spellings of names: one for all ways in which a name is usually written."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from spacy_clinical.concepts.normalize import (
    SMALL_WORDS,
    drop_possessives,
    make_singular,
    normalize_name,
    strip_accents,
)

SYNONYMS = Path(__file__).parents[1] / "resources" / "word_synonyms.tsv"
# Number of words that are kept before the table is emptied.
_MAX_WORDS = 200_000
# A name goes on after these, but what it names stands before them.
_LINKS = re.compile(
    r"\b(?:of|in|with|without|due|to|by|for|from|on|at|caused|associated)\b|,",
    re.IGNORECASE,
)
_GREEK = {
    **{0x3B1: "alpha", 0x3B2: "beta", 0x3B3: "gamma", 0x3B4: "delta", 0x3B5: "epsilon"},
    **{0x3BA: "kappa", 0x3BB: "lambda", 0x3BC: "mu", 0xB5: "mu", 0x3C9: "omega"},
}
_LETTERS = {code: f"{name} " for code, name in _GREEK.items()}
_NUMERALS = {
    **{"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7"},
    **{"viii": "8", "ix": "9", "one": "1", "two": "2", "three": "3"},
}
# British and American spelling, and adjectives of Greek nouns.
_SPELLINGS = (
    (re.compile("ae|oe"), "e"),
    (re.compile("our(?=s?$)"), "or"),
    (re.compile("sulph"), "sulf"),
    (re.compile("ys(?=e|ed|ing)"), "yz"),
    (re.compile("is(?=ation|ed$|ing$)"), "iz"),
    (re.compile("(?<=..)emic$"), "emia"),
    (re.compile("(?<=..)otic$"), "osis"),
    (re.compile("(?<=..)itic$"), "itis"),
    (re.compile("(?<=..)plegic$"), "plegia"),
    (re.compile("(?<=..)pathic$"), "pathy"),
    (re.compile("(?<=..)eptic$"), "epsy"),
    (re.compile("(?<=..)tensive$"), "tension"),
)
_LETTER_AND_NUMBER = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


class Spelling(NamedTuple):
    """A name as it is compared to others.

    key: Its canonical words in order of the alphabet, without small words.
    head: The word that says what it names: "carcinoma" in "carcinoma of the breast".
    """

    key: str
    head: str


class Speller:
    """Finds canonical spellings of names.

    Spelled alike are names that differ in the order of words, plurals, accents, small
    words, British and American spelling, Roman and Arabic numerals, Greek letters, and
    words that mean the same, such as "renal" and "kidney".

    synonyms: For words in their canonical spelling, another one that means the same.
        None for those that ship.
    digest: SHA-256 of the synonyms.
    """

    def __init__(self, synonyms: dict[str, str] | None = None) -> None:
        self._synonyms = load_synonyms() if synonyms is None else synonyms
        rows = "".join(f"{one}\t{other}\n" for one, other in self._synonyms.items())
        self.digest = hashlib.sha256(rows.encode("utf8")).hexdigest()
        self._words: dict[str, str] = {}

    def spell(self, name: str) -> Spelling:
        """Find the canonical spelling of a name."""
        plain = name if name.isascii() else strip_accents(name.translate(_LETTERS))
        plain = drop_possessives(plain)
        link = _LINKS.search(plain, 1)
        words = self._list_words(plain)
        if link is None:
            head = words[-1]
        else:
            head = (self._list_words(plain[: link.start()]) or words)[-1]
        return Spelling(" ".join(sorted(words)), head)

    def _list_words(self, text: str) -> list[str]:
        words = normalize_name(text).split()
        kept = [word for word in words if word not in SMALL_WORDS] or words
        return " ".join(map(self._spell_word, kept)).split() or ["-"]

    def _spell_word(self, word: str) -> str:
        spelled = self._words.get(word)
        if spelled is None:
            spelled = spell_word(word)
            spelled = self._synonyms.get(spelled, spelled)
            if len(self._words) > _MAX_WORDS:
                self._words.clear()
            self._words[word] = spelled
        return spelled


def spell_word(word: str) -> str:
    """Find the canonical spelling of a normalized word, without synonyms.

    RETURNS: One word or, for one with letters and numbers, several with blanks.
    """
    if word in _NUMERALS:
        return _NUMERALS[word]
    parts = _LETTER_AND_NUMBER.sub(" ", word).split()
    return " ".join(map(_spell_part, parts))


def _spell_part(word: str) -> str:
    word = make_singular(word)
    if len(word) > 3:
        for pattern, spelling in _SPELLINGS:
            word = pattern.sub(spelling, word)
    return word


@cache
def load_synonyms() -> dict[str, str]:
    """Load the words that ship with another one that means the same."""
    rows = SYNONYMS.read_text(encoding="utf8").splitlines()
    pairs = (row.split("\t") for row in rows if row and row[0] != "#")
    return {word: spelling for word, spelling, *_ in pairs}
