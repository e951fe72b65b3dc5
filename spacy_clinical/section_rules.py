"""What a phrase looks like: a title, a value, an item of a list, a heading."""

import re

from spacy_clinical.section_lines import (
    Phrase,
    has_break,
    precedes_blank_line,
)

_SMALL_WORDS = frozenset(
    (
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "of",
        "on",
        "or",
        "per",
        "the",
        "to",
        "with",
    )
)
_WORD = re.compile("[^\\W_]+(?:['\u2019][^\\W_]+)?")
_SOAP = re.compile(r"(?:^|\n)[ \t]*([SOAP])[ \t]*:")
# What a measure, a field or a choice is answered with, as against text.
_VALUE = re.compile(
    r"[ \t]*(?:[<>~\u2248+-]?[ \t]*\d|\[\*\*|_{3}|(?:normal|negative|positive|none|"
    r"neg|pos|within|elevated|wnl|n/?a|yes|no|nl)\b)",
    re.IGNORECASE,
)
# First words of sentences that a plan may have on lines of their own.
_SENTENCE_STARTS = re.compile(
    r"(?:the|he|she|they|it|we|i|this|that|these|there|patient|pt|mr|mrs|ms|dr|no|if|"
    r"all|continued?|start|stop|return|follow|will|please|call|today|as|denies|reports|"
    r"increase|decrease|hold|resume|take|obtain|consider|recommend|discussed|reviewed|"
    r"plan|status|given|due|per)\b(?!-)",
    re.IGNORECASE,
)
_NO_ITEM_MARKS = ("#", "**", "=", "_", "<", "[", '"', ">")


def looks_like_title(flat: str, phrase: Phrase) -> bool:
    """Say whether an unknown phrase is written as titles are."""
    text = phrase.text
    behind = flat[phrase.body_start : phrase.body_start + 3]
    if behind[:1] == ":" and (behind[1:2].isdigit() and text[-1:].isdigit()):
        return False
    if behind == "://" or len(text) < 3 or not is_title_case(text):
        return False
    if has_break(text):
        return False
    first = text.split(None, 1)[0].rstrip(".").lower()
    return first not in ("dr", "mr", "mrs", "ms")


def stands_alone(flat: str, phrase: Phrase) -> bool:
    """Say whether an unknown line in capitals has blank lines around it."""
    text = phrase.text
    if any(char.isdigit() for char in text) or not (" " in text or len(text) > 6):
        return False
    return phrase.after_blank and precedes_blank_line(flat, phrase.start)


def heads_list(flat: str, phrase: Phrase) -> bool:
    """Say whether text of another kind follows on the next line."""
    end = flat.find("\n", phrase.title_end)
    if end < 0 or precedes_blank_line(flat, phrase.start):
        return False
    stop = flat.find("\n", end + 1)
    below = flat[end + 1 : stop if stop >= 0 else len(flat)].strip()
    if below[:1] in "-•*·":
        return True
    return not below[:1].isdigit() and len(below) > len(phrase.text) + 10


def is_item(phrase: Phrase) -> bool:
    """Say whether a bullet or a number stands before a phrase."""
    mark = phrase.mark
    return bool(mark) and not mark.startswith(_NO_ITEM_MARKS)


def is_title_case(text: str) -> bool:
    """Say whether all words but the small ones start with a capital or digit."""
    words = _WORD.findall(text)
    return 0 < len(words) <= 8 and all(
        not word[0].islower() or word in _SMALL_WORDS for word in words
    )


def make_label(text: str) -> str:
    """Make a label of a title."""
    return "_".join(_WORD.findall(text.lower().replace("\u2019", "").replace("'", "")))[
        :64
    ]


def has_soap_letters(flat: str) -> bool:
    """Say whether S, O, A and P stand for the four parts of a note."""
    letters = set(_SOAP.findall(flat))
    return {"S", "O"} <= letters and bool(letters & {"A", "P"})


def has_value(flat: str, position: int) -> bool:
    """Say whether a measure's or field's value follows, and no text."""
    return _VALUE.match(flat, position) is not None


def is_sentence(text: str) -> bool:
    """Say whether a line starts as a sentence does."""
    return _SENTENCE_STARTS.match(text) is not None
