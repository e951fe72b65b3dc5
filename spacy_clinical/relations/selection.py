"""Select the parts of a sig that are said of a drug, from those near it."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from spacy_clinical.relations.sig.parts import Part

_WORD = re.compile(r"[^\W_]+")
# Words that may stand between a drug and what is said of it.
_FILLERS = frozenset(
    word
    for words in (
        "a an the of at in on to as is was were be been has had dose doses dosage daily",
        "total sig take takes taking taken give given giving administered received",
        "receiving started treated treatment therapy with for by per and then his her",
        "their this tablet tablets capsule capsules tabs caps oral drug medication home",
        "use inject apply inhale instill place chew dissolve every each currently only",
    )
    for word in words.split()
)
_STOPS = re.compile(r"\n\s*\n")


class Reach(NamedTuple):
    """Limits of how far from a drug parts are looked for.

    words: How many words that say nothing of doses may stand between two parts.
    lead_words: The same, before the drug.
    """

    words: int
    lead_words: int


PROSE, ITEM, ROW = Reach(3, 1), Reach(10, 2), Reach(30, 30)


def select_after(
    text: str, parts: Sequence[Part], end: int, barriers: Sequence[int], reach: Reach
) -> list[Part]:
    """Select the parts that follow a drug, each near the one before it.

    parts: In the order of the text, all after the drug.
    end (characters): Of the drug.
    barriers (characters): Sorted starts of what is no part: findings, tests, sentences.
    """
    selected: list[Part] = []
    for part in parts:
        gap = text[end : part.start]
        is_barred = bisect_left(barriers, end) != bisect_left(barriers, part.start)
        if is_barred or count_words(gap) > reach.words or _STOPS.search(gap):
            break
        selected.append(part)
        end = max(end, part.end)
    return selected


def select_before(
    text: str, parts: Sequence[Part], start: int, reach: Reach
) -> list[Part]:
    """Select the parts that lead to a drug: "25 mg of metoprolol".

    parts: In the order of the text, all before the drug.
    start (characters): Of the drug.
    """
    selected: list[Part] = []
    for part in reversed(parts):
        if count_words(text[part.end : start]) > reach.lead_words:
            break
        selected.append(part)
        start = min(start, part.start)
    return selected[::-1]


def count_words(gap: str) -> int:
    """Count the words that say something else than how drugs are taken."""
    return sum(word.lower() not in _FILLERS for word in _WORD.findall(gap))
