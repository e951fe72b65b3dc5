"""Typing errors in words."""

import random
import re
from collections.abc import Iterator

from spacy_clinical.corpora.note_style.edits import Draft, Edit

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Long enough to be read all the same; no numbers, and no short forms in capitals.
_WORD = re.compile(r"(?<![\w.@/-])[A-Za-z][a-z]{4,}(?![\w@/])")


def _list_neighbors() -> dict[str, str]:
    neighbors: dict[str, str] = {}
    for y, row in enumerate(_ROWS):
        for x, key in enumerate(row):
            beside = row[max(0, x - 1) : x] + row[x + 1 : x + 2]
            if y:
                beside += _ROWS[y - 1][x : x + 2]
            if y + 1 < len(_ROWS):
                beside += _ROWS[y + 1][max(0, x - 1) : x + 1]
            neighbors[key] = beside
    return neighbors


NEIGHBORS = _list_neighbors()


def make_typos(draft: Draft, rate: float) -> Iterator[Edit]:
    """Find words to mistype: a key beside the right one, two swapped, one left out or
    twice. The first letter stays.

    rate (0 to 1): Probability for each word of five letters or more.
    """
    for match in _WORD.finditer(draft.text):
        if random.random() >= rate:
            continue
        word = match[0]
        at = random.randrange(1, len(word) - 1)
        place = match.start() + at
        kind = random.randrange(4)
        if kind == 0:
            yield Edit(place, place + 1, random.choice(NEIGHBORS[word[at]]))
        elif kind == 1:
            yield Edit(place, place + 2, word[at + 1] + word[at])
        elif kind == 2:
            yield Edit(place, place + 1, "")
        else:
            yield Edit(place, place + 1, word[at] * 2)
