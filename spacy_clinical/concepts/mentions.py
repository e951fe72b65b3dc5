"""The names of mentions in a text, with the abbreviations in them spelled out."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc

from spacy_clinical.extensions.abbreviation_attributes import (
    ABBREVIATIONS_KEY,
    list_abbreviations,
)

# The start and end of a short form (characters), and what it stands for.
Short = tuple[int, int, str]
_EMPTY_BRACKETS = re.compile(r"[\(\[]\s*[\)\]]")


def list_short_forms(doc: Doc) -> list[Short]:
    """List the short forms of a Doc whose long forms are known, also those that scispaCy
    has found, in the order of the text."""
    if ABBREVIATIONS_KEY in doc.spans:
        rows = list_abbreviations(doc)
        found = [(row.start, row.end, row.long_form) for row in rows if row.long_form]
    else:
        spans = doc._.abbreviations
        found = [(s.start_char, s.end_char, _get_text(s._.long_form)) for s in spans]
    return sorted(found)


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
        first, last, long_form = shorts[number]
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
