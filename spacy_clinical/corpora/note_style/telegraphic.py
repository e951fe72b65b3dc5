"""Sentences as clinicians jot them down: without articles, subjects and copulas."""

import random
import re
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
    starts: set[int] = set()
    dropped: list[tuple[int, int]] = []
    for pattern in (_SUBJECT_VERB, _SUBJECT, _THERE):
        for match in pattern.finditer(text):
            if random.random() < SHARE and match.start() not in starts:
                starts.add(match.start())
                dropped.append(match.span())
    for pattern in (_ARTICLE, _COPULA, _POSSESSIVE):
        for match in pattern.finditer(text):
            if random.random() >= SHARE:
                continue
            before = text[max(0, match.start() - 12) : match.start()]
            if match[0] in ("A ", "a ") and _LETTER.search(before):
                continue
            dropped.append(match.span())
    dropped.sort()
    end = 0
    for place in dropped:
        if place[0] < end:
            continue
        end = place[1]
        yield Edit(*place, "")
        is_start = text[place[0]].isupper()
        next_is_dropped = any(other[0] == end for other in dropped)
        if is_start and not next_is_dropped and text[end].islower():
            yield Edit(end, end + 1, text[end].upper())
