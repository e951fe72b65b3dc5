"""Sentences as clinicians jot them down: without articles, subjects and copulas."""

import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from spacy_clinical.corpora.note_style.edits import Draft, Edit

# How many of the words that may go do go.
SHARE = 0.85

# Where a sentence begins.
_START = r"(?:(?<=[.!?;:]\s)|(?<=\n)|\A)"
_VERBS = (
    "has|had|have|was|is|were|are|denies|denied|reports|reported|presents|presented"
    "|complains|complained|underwent|received|developed|states|stated|takes|took"
    "|appears|appeared|remains|remained|tolerated|endorses|endorsed|notes|noted"
    "|describes|described|continues|continued|started|reached|smokes|drinks|lives"
)
_PATIENT = r"(?:The |the |This |Our )?[Pp]atients?|The pt|[Pp]t|He|She|They"
_SUBJECT = re.compile(rf"{_START}(?:{_PATIENT}) (?=(?:{_VERBS})\b)")
# "He has a fever": the verb goes with its subject.
_SUBJECT_VERB = re.compile(
    rf"{_START}(?:{_PATIENT}) (?:has had|has been|had been|has|had|was|is) (?=\w)"
)
_THERE = re.compile(rf"{_START}There (?:is|was|are|were|has been|had been) (?=\w)")
_ARTICLE = re.compile(r"(?<![\w-])(?:[Tt]he|[Aa]n?) (?=[\w(])")
# "hepatitis A virus", "group A streptococcus": a letter, not an article.
_LETTER = re.compile(
    r"(?:hepatitis|vitamin|type|group|factor|class|grade|influenza|protein|stage) \Z",
    re.I,
)
_COPULA = re.compile(
    r"(?<=\w )(?:is|was|are|were|has been|have been|had been) (?=[a-z0-9])(?!(?:not|n't|no)\b)"
)
_POSSESSIVE = re.compile(
    r"(?<=\b(?:of|in|on|to|at) )(?:his|her|their) (?=[a-z])"
    r"|(?<=\b(?:with|from|over) )(?:his|her|their) (?=[a-z])"
)


def shorten_sentences(draft: Draft) -> Iterator[Edit]:
    """Find words that jotted sentences don't have.

    A sentence that loses its first words begins with a capital all the same.
    """
    text = draft.text
    found = [
        match.span()
        for pattern in (_SUBJECT_VERB, _SUBJECT, _THERE, _ARTICLE, _COPULA, _POSSESSIVE)
        for match in pattern.finditer(text)
        if not (pattern is _ARTICLE and _is_letter(text, match))
    ]
    borders = sorted({border for place in draft.places for border in place[:2]})
    # The longest first at each place.
    found.sort(key=lambda place: (place[0], -place[1]))
    end, is_start = 0, False
    for place in found:
        is_cut = bisect_right(borders, place[0]) < bisect_left(borders, place[1])
        if place[0] < end or is_cut or random.random() >= SHARE:
            continue
        if is_start and place[0] > end:
            yield from _capitalize(text, end)
        is_start = text[place[0]].isupper() or (is_start and place[0] == end)
        end = place[1]
        yield Edit(*place, "")
    if is_start:
        yield from _capitalize(text, end)


def _is_letter(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 12) : match.start()]
    return match[0] in ("A ", "a ") and bool(_LETTER.search(before))


def _capitalize(text: str, place: int) -> Iterator[Edit]:
    if text[place : place + 1].islower():
        yield Edit(place, place + 1, text[place].upper())
