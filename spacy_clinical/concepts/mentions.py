"""The names of mentions in a text, with the abbreviations in them spelled out."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc

from spacy_clinical.extensions.abbreviation_attributes import (
    ABBREVIATIONS_KEY,
    NOTE,
    list_abbreviations,
)

_EMPTY_BRACKETS = re.compile(r"[\(\[]\s*[\)\]]")


class Short(NamedTuple):
    """A short form in a text (characters, half open), and what it stands for.

    is_defined: Whether the text itself says so.
    """

    start: int
    end: int
    long_form: str
    is_defined: bool


def list_short_forms(doc: Doc) -> list[Short]:
    """List the short forms of a Doc whose long forms are known, also those that scispaCy
    has found, in the order of the text."""
    if ABBREVIATIONS_KEY in doc.spans:
        rows = list_abbreviations(doc)
        found = [
            Short(row.start, row.end, row.long_form, row.source == NOTE)
            for row in rows
            if row.long_form
        ]
    else:
        spans = doc._.abbreviations
        found = [
            Short(s.start_char, s.end_char, _get_text(s._.long_form), True)
            for s in spans
        ]
    return sorted(found)


def find_short_form(text: str, start: int, shorts: Sequence[Short]) -> Short | None:
    """Find the short form that a mention is; None if it is anything else or more.

    text: Of the mention.
    start: Where it starts (characters).
    shorts: Of the Doc, in order.
    """
    place = bisect_left(shorts, (start,))
    if place < len(shorts) and shorts[place][:2] == (start, start + len(text)):
        return shorts[place]
    return None


def _get_text(long_form: Any) -> str:
    return "" if long_form is None else str(long_form)


def spell_out(text: str, start: int, shorts: Sequence[Short]) -> str:
    """Replace the short forms in a mention by what they stand for.

    A short form that only repeats what stands before it is dropped: "renal failure (RF)"
    becomes "renal failure".

    text: Of the mention.
    start: Where it starts (characters).
    shorts: Of the Doc, in order.
    RETURNS: The same text if there are none.
    """
    end = start + len(text)
    parts: list[str] = []
    done = start
    for number in range(bisect_left(shorts, (start,)), len(shorts)):
        first, last, long_form, _ = shorts[number]
        if first >= end:
            break
        if last > end or first < done or not long_form:
            continue
        before = text[: first - start]
        parts.append(text[done - start : first - start])
        if long_form.lower() not in before.lower():
            parts.append(long_form)
        done = last
    if done == start:
        return text
    parts.append(text[done - start :])
    return " ".join(_EMPTY_BRACKETS.sub(" ", "".join(parts)).split()) or text
