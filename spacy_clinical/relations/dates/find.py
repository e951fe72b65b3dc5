"""Find dates of the calendar in a text, by rules alone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from spacy_clinical.relations.dates.calendar_dates import (
    MONTH,
    Context,
    read_calendar_date,
)
from spacy_clinical.relations.dates.clock import CLOCK
from spacy_clinical.relations.dates.value import TimeValue
from spacy_clinical.relations.dates.words import fold

_YEAR = r"(?:1[89]|2\d)\d\d"
_NUMERIC = (
    rf"(?:{_YEAR}(?P<s>[-/])\d{{1,2}}(?P=s)\d{{1,2}}"
    r"|\d{1,2}(?P<p>[-/.])\d{1,2}(?P=p)(?:\d{4}|\d{2}))(?![\d/]|[-.]\d)"
)
_NAMED = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[ -]?(?:of )?{MONTH}\.?[ ,-]{{0,2}}{_YEAR}"
    rf"|{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR})(?!\d)"
)
# Without a year; only where something else shows that it is a date.
SHORT = r"\d{1,2}/\d{1,2}(?![\d/]|[-.]\d)"
# A whole date; MIMIC-III's are in [** **].
WHOLE = rf"(?<![\w./-])(?:{_NUMERIC}|{_NAMED})"
_CLOCK = rf"(?:(?:\*\*\])?(?:,? (?:at )?|T)(?P<clock>{CLOCK})(?![\w:]))?"
_DATE = re.compile(rf"{WHOLE}{_CLOCK}", re.IGNORECASE)
_WITH_SHORT = re.compile(rf"(?:{WHOLE}|(?<![\w./-]){SHORT}){_CLOCK}", re.IGNORECASE)
# Before "8/10" and "4/5" that say how much, not when.
_GRADED = re.compile(
    r"\b(?:pain|strength|pulses?|power|motor|reflexes|dtrs?|scale|score|grade|severity"
    r"|tone|murmur|edema)\b[^.;\n\d]{0,20}$",
    re.IGNORECASE,
)
_MAX_GRADED = 40
# What tells the order of day and month.
_PAIR = re.compile(
    r"(?<![\w./-])(\d{1,2})([/.-])(\d{1,2})\2(?:\d{4}|\d{2})(?![\d/]|[-.]\d)"
)
# Short names of months are after the day in any country.
_MONTHS = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_IN_WORDS = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {_MONTHS}|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?),? "
    rf"{_YEAR}\b"
)


class FoundDate(NamedTuple):
    """A date in a text (characters, half open)."""

    start: int
    end: int
    value: TimeValue


def find_calendar_dates(
    text: str, context: Context, *, with_short: bool = False
) -> Iterator[FoundDate]:
    """Find the dates of a text that exist.

    with_short: Also those without a year, such as "3/4".
    """
    pattern = _WITH_SHORT if with_short else _DATE
    for match in pattern.finditer(text):
        if is_grade(text, match.start(), match.end()):
            continue
        value = read_calendar_date(fold(match[0]), context)
        if value is not None and value.value is not None:
            yield FoundDate(match.start(), match.end(), value)


def is_grade(text: str, start: int, end: int) -> bool:
    """Check whether a place that looks like a date without a year is a grade."""
    if not re.fullmatch(SHORT, text[start:end]):
        return False
    before = text[max(start - _MAX_GRADED, 0) : start]
    return _GRADED.search(before) is not None


def find_day_first(text: str) -> bool | None:
    """Find whether a note writes the day before the month: by its numbers, or else by how
    it writes months in words ("March 14, 2024", "14 March 2024").

    RETURNS: None if no date shows it, or if they don't agree.
    """
    orders: set[bool] = set()
    for match in _PAIR.finditer(text):
        first, second = int(match[1]), int(match[3])
        if 12 < first <= 31 and 1 <= second <= 12:
            orders.add(True)
        elif 12 < second <= 31 and 1 <= first <= 12:
            orders.add(False)
    if not orders:
        orders = {match["day"] is not None for match in _IN_WORDS.finditer(text)}
    return orders.pop() if len(orders) == 1 else None
