"""Notes as they are typed: capitals, misspellings, missing spaces."""

import itertools
import random
from collections.abc import Sequence

from deid_notes.marked import Part

_KEYS = "qwertyuiopasdfghjklzxcvbnm"
# How often whole notes are in lower or upper case.
_LOWER, _UPPER = 0.12, 0.06
_RUN_TOGETHER = 0.015
_MISSPELLED = 0.03


def add_noise(parts: Sequence[Part], chance: random.Random) -> list[Part]:
    """Write parts as they may be typed.

    parts: Those of a note.
    """
    kind = chance.random()
    if kind < _LOWER:
        parts = [Part(part.text.lower(), part.label) for part in parts]
    elif kind < _LOWER + _UPPER:
        parts = [Part(part.text.upper(), part.label) for part in parts]
    noisy = [_change(part, chance) for part in parts]
    return _run_together(noisy, chance)


def _change(part: Part, chance: random.Random) -> Part:
    text, label = part
    if label in ("PATIENT", "STAFF", "LOC", "HOSP", "PATORG"):
        kind = chance.random()
        if kind < 0.06:
            text = text.upper()
        elif kind < 0.1:
            text = text.lower()
        elif kind < 0.1 + _MISSPELLED:
            text = misspell(text, chance)
    elif label == "DATE" and chance.random() < 0.05:
        text = text.lower() if chance.random() < 0.6 else text.upper()
    return Part(text, label)


def misspell(text: str, chance: random.Random) -> str:
    """Make one typing error.

    text: Such as a name.
    """
    places = [i for i in range(1, len(text)) if text[i].isalpha()]
    if len(places) < 3:
        return text
    i = chance.choice(places)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:i] + text[i + 1 :]
    if kind == 1:
        return text[:i] + text[i] + text[i:]
    if kind == 2:
        return text[:i] + chance.choice(_KEYS) + text[i + 1 :]
    return text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :]


def _run_together(parts: list[Part], chance: random.Random) -> list[Part]:
    """Leave out white space after some identifiers."""
    for i, (before, after) in enumerate(itertools.pairwise(parts)):
        is_number = before.label in ("DATE", "ID", "PHONE")
        starts_word = after.text[:1] in " \n" and after.text[1:2].isalpha()
        if is_number and starts_word and chance.random() < _RUN_TOGETHER:
            parts[i + 1] = Part(after.text[1:], after.label)
    return parts
