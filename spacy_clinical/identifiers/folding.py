"""A text as rules read it: plain letters, digits and hyphens, without what is invisible.

Rules look for "555-0199", not for the dozen ways of writing it with other hyphens, spaces,
digits or zero-width characters. Places in the folded text are found again in the text.
"""

import re
import unicodedata
from functools import cache

import numpy

from spacy_clinical.types import Ints1d

# Letters that look like Latin ones, in the order of `LATIN`: Cyrillic, then Greek.
_LOOKALIKES = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a"
    "\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u03bf\u0391\u0392\u0395"
    "\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
_LATIN = "aeopcyxijsABEKMHOPCTXIJSoABEZHIKMNOPTYX"
_SAME = {
    **dict(zip(_LOOKALIKES, _LATIN, strict=True)),
    **dict.fromkeys("\u2018\u2019\u02bc\u2032\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u2033", '"'),
    "\u2212": "-",
    **dict.fromkeys("\u2028\u2029\x85\x0b\x0c", "\n"),
    "\u2044": "/",
    "\u2024": ".",
    "\uff20": "@",
}
# Accents, vowel points, zero-width characters and marks of direction.
_REMOVED = frozenset({"Mn", "Me", "Cf"})
# What a line break splits: a hyphenated word, a number, an e-mail address.
_BROKEN = re.compile(
    r"(?<=[^\W\d_])-\r?\n ?(?=[a-z])|(?<=\d-)\n ?(?=\d)|(?<=[\w.]@)\n ?(?=\w)"
    r"|(?<=\w)\n(?=@\w)"
)


class FoldedText:
    """A text as rules read it.

    text: The folded text. Its only white space is spaces and line feeds.
    """

    def __init__(self, original: str) -> None:
        """Fold a text.

        original: Any text.
        """
        characters = set(original)
        text = original.translate({ord(c): _fold(c) for c in characters if _fold(c)})
        removed = "".join(c for c in characters if _is_removed(c))
        is_kept = None
        if removed:
            gone = re.compile(f"[{re.escape(removed)}]")
            is_kept = numpy.ones(len(text), dtype=bool)
            is_kept[[match.start() for match in gone.finditer(text)]] = False
            text = gone.sub("", text)
        places = None if is_kept is None else numpy.flatnonzero(is_kept)
        broken = [match.span() for match in _BROKEN.finditer(text)]
        if broken:
            keep = numpy.ones(len(text), dtype=bool)
            for start, end in broken:
                keep[start:end] = False
            places = numpy.flatnonzero(keep) if places is None else places[keep]
            text = _BROKEN.sub("", text)
        self.text = text
        self._places: Ints1d | None = places
        self._original = original

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Find a place of the folded text in the original (characters, half open).

        Accents and invisible characters after its last one belong to it.
        """
        if self._places is None or start >= end:
            return start, end
        first, last = int(self._places[start]), int(self._places[end - 1]) + 1
        while last < len(self._original) and _is_removed(self._original[last]):
            last += 1
        return first, last


@cache
def _fold(character: str) -> str:
    """Fold a character; "" for those that stay."""
    if " " < character < "\x7f" or character in " \n":
        return ""
    if character in _SAME:
        return _SAME[character]
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t" or category == "Cc":
        return " "
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain != character else ""


@cache
def _is_removed(character: str) -> bool:
    return character > "\x7f" and unicodedata.category(character) in _REMOVED
