"""Detect problem headings: short lines over a paragraph or list of a plan."""

import re

from spacy_clinical.sections.lines import (
    MAX_PHRASE,
    SENTENCE_ENDS,
    Phrase,
    precedes_blank_line,
)

_PROBLEM_MARKS = frozenset("#(0123456789")
# First words of sentences that a plan may have on lines of their own.
_SENTENCE_STARTS = re.compile(
    r"(?:the|he|she|they|it|we|i|this|that|these|there|patient|pt|mr|mrs|ms|dr|no|if|"
    r"all|continued?|start|stop|return|follow|will|please|call|today|as|denies|reports|"
    r"increase|decrease|hold|resume|take|obtain|consider|recommend|discussed|reviewed|"
    r"plan|status|given|due|per)\b(?!-)",
    re.IGNORECASE,
)


def may_head_problem(line: str, after_blank: bool) -> bool:
    """Check whether a line that ends as sentences do may head a plan's problem."""
    if len(line) > MAX_PHRASE or line[-1] not in SENTENCE_ENDS:
        return False
    first = line.lstrip(" \t")[:1]
    if first.isalpha():
        return after_blank and line.count(" ") <= 9
    return first in _PROBLEM_MARKS


def heads_problem(flat: str, position: int, phrase: Phrase) -> bool:
    """Check whether a phrase inside a plan is the heading of a problem."""
    text, mark = phrase.text, phrase.mark
    n_words = text.count(" ") + 1
    if phrase.inline or n_words > 10 or _SENTENCE_STARTS.match(text):
        return False
    if mark.startswith("#"):
        return True
    if mark[:1].isdigit() or mark[:1] == "(":
        return phrase.has_colon or _heads_list(flat, position, phrase)
    if mark or phrase.has_colon or phrase.spaced or phrase.capitals:
        return False
    return phrase.after_blank and n_words <= 8 and _heads_list(flat, position, phrase)


def _heads_list(flat: str, position: int, phrase: Phrase) -> bool:
    """Check whether text of another kind follows on the next line."""
    end = flat.find("\n", position + phrase.title_end)
    if end < 0 or precedes_blank_line(flat, end):
        return False
    stop = flat.find("\n", end + 1)
    below = flat[end + 1 : stop if stop >= 0 else len(flat)].strip()
    if below[:1] in "-•*·":
        return True
    return not below[:1].isdigit() and len(below) > len(phrase.text) + 10
