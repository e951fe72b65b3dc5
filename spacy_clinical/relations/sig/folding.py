"""Fold a text as the patterns of sigs read it: each character stays in its place."""

import unicodedata
from functools import cache

_SAME = {
    "\u2212": "-",
    "\u00ad": "-",
    "\u00d7": "x",
    # Micro sign and Greek mu, both of which stand before a g.
    "\u00b5": "u",
    "\u03bc": "u",
    "\u2019": "'",
    "\u2044": "/",
    "\u00b2": "2",
}


def fold(text: str) -> str:
    """Fold a text to lower case, plain spaces, hyphens and digits.

    RETURNS: A text of the same length.
    """
    return text.translate({ord(c): _fold(c) for c in set(text) if _fold(c) != c})


@cache
def _fold(character: str) -> str:
    if character in _SAME:
        return _SAME[character]
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp", "Cc", "Cf"):
        return " "
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    lower = character.lower()
    return lower if len(lower) == 1 else character
