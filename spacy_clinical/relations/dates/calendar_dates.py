"""Read dates of the calendar, whole or in part: "3/4/21", "March of 2018", "2010s".

Names and arithmetic are those of dateutil. Its parser, and those built on it, aren't used:
they fill in what the text doesn't say from another date.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from dateutil.parser import parserinfo
from dateutil.relativedelta import relativedelta

from spacy_clinical.relations.dates.clock import CLOCK, read_clock
from spacy_clinical.relations.dates.forms import join_forms, read_groups
from spacy_clinical.relations.dates.value import TimeValue

_INFO = parserinfo()
_NAMES = sorted((n.lower() for names in _INFO.MONTHS for n in names), key=len)
MONTH = rf"(?:{'|'.join(reversed(_NAMES))})(?![^\W\d_])"
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?(?![^\W\d_]))"
_SEASONS = {
    "spring": "SP",
    "summer": "SU",
    "fall": "FA",
    "autumn": "FA",
    "winter": "WI",
}
SEASON = rf"(?:{'|'.join(_SEASONS)})"
# Why a date isn't resolved that may be of two months.
AMBIGUOUS = "ambiguous_order"
# Without a reference, years of two digits are of this century up to this one.
PIVOT = 49
_LATEST = date.max.year

_TH = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:1[89]|2\d)\d\d"
_SHORT = rf"(?P<year>{_YEAR}|'?\d\d)"
_DAYS = rf"(?P<day>\d{{1,2}}){_TH}(?: ?(?:-|to|and|&) ?(?P<last>\d{{1,2}}){_TH})?"
_GAP = r"[ ,./-]{0,3}"
_AT = rf"(?:[, ]{{1,2}}(?:at |@ ?)?|t)(?P<clock>{CLOCK})"
_FORMS = [
    # 2019-01-31, 2019/1/31, 20190131
    rf"(?P<year>{_YEAR})(?P<sep>[-/.])(?P<month>\d\d?)(?P=sep)(?P<day>\d\d?)",
    rf"(?P<year>{_YEAR})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])",
    # 1/31/2019, 31.01.19
    r"(?P<a>\d\d?) ?(?P<sep>[-/.]) ?(?P<b>\d\d?) ?(?P=sep) ?(?P<year>\d{4}|'?\d\d)",
    # 2/2019, 2019-02
    rf"(?P<month>\d\d?)[/-](?P<year>{_YEAR})",
    rf"(?P<year>{_YEAR})[-/](?P<month>0[1-9]|1[0-2])",
    # 5/92
    r"(?P<month>0?[1-9]|1[0-2])/(?P<year>3[2-9]|[4-9]\d)",
    # 3/4
    r"(?P<a>\d\d?)[/-](?P<b>\d\d?)",
    # 31 January 2019, 31st of Jan, 5-7 March
    rf"{_DAYS}(?:{_GAP}| of )(?P<name>{MONTH})\.?(?:{_GAP}(?:of )?{_SHORT})?",
    # January 31, 2019; Jan 31st; January 5-7
    rf"(?P<name>{MONTH})\.?{_GAP}(?:the )?{_DAYS}(?![\d:])(?:{_GAP}{_SHORT})?",
    # January of 2019, Jan '19, January
    rf"(?P<name>{MONTH})\.?(?:{_GAP}(?:of )?(?P<year>{_YEAR}|'\d\d))?",
    rf"(?P<season>{SEASON})(?:{_GAP}(?:of )?(?P<year>{_YEAR}|'\d\d))?",
    rf"(?:(?:the )?(?:year )?(?:of )?)(?P<year>{_YEAR}|'\d\d)",
    r"(?:the )?(?P<decade>(?:1[89]|20)\d)0'?s",
]
_DATE = join_forms(_FORMS)
_PREFIX = re.compile(rf"{WEEKDAY}\.?,? (?:the )?(?=\w)")
_SUFFIX = re.compile(_AT + "$")
_RANGE = re.compile(r" ?- ?| (?:to|through|thru|until|till|and) ")
_OPEN = re.compile(r"(?:from|between|during|the period|in|on) (?:of )?")


class Context(NamedTuple):
    """The context that a date is read in.

    reference: The date of the note.
    day_first: Whether "3/4" is the third of April; None if the note doesn't show.
    is_future: Whether the text speaks of something to come.
    """

    reference: date | None = None
    day_first: bool | None = None
    is_future: bool = False


def read_calendar_date(folded: str, context: Context) -> TimeValue | None:
    """Read a text that is a date, or a range of dates; None if it isn't one.

    folded: As `fold` writes it.
    """
    found = _read_with_time(folded, context)
    return found or _read_range(_OPEN.sub("", folded, count=1), context)


def _read_with_time(folded: str, context: Context) -> TimeValue | None:
    folded = _PREFIX.sub("", folded, count=1)
    found = _read_one(folded, context)
    if found is not None:
        return found
    suffix = _SUFFIX.search(folded)
    if suffix and suffix.start():
        found = _read_one(folded[: suffix.start()], context)
        time = read_clock(suffix["clock"])
        if found and found.day and time:
            return replace(found, type="TIME", value=f"{found.value}{time}")
    return None


def _read_range(folded: str, context: Context) -> TimeValue | None:
    for mark in _RANGE.finditer(folded):
        first, last = folded[: mark.start()], folded[mark.end() :]
        end = _read_with_time(last, context)
        if end is None or end.value is None or end.value_end:
            continue
        # "January to July 2013": both are of the year that is said once.
        year = re.match(r"\d{4}", end.value)
        start = None
        if year and re.search(r"\d{4}", last) and not re.search(r"\d{4}", first):
            start = _read_with_time(f"{first} {year[0]}", context) or _read_with_time(
                f"{first}/{year[0]}", context
            )
        start = start or _read_with_time(first, context)
        if start and start.value and not start.value_end:
            return replace(
                start,
                value_end=end.value,
                is_resolved=start.is_resolved and end.is_resolved,
                reason=start.reason or end.reason,
            )
    return None


def _read_one(folded: str, context: Context) -> TimeValue | None:
    match = _DATE.fullmatch(folded)
    if match is None:
        return None
    parts = read_groups(match)
    if decade := parts.get("decade"):
        return TimeValue("DATE", f"{decade}X")
    year, reason = _read_year(parts.get("year"), context)
    if season := parts.get("season"):
        known = "XXXX" if year is None else f"{year:04}"
        return _finish(f"{known}-{_SEASONS[season]}", year, reason)
    if "a" in parts:
        a, b = int(parts["a"]), int(parts["b"])
        month, day, order = _order(a, b, context.day_first)
        reason = order or reason
    else:
        name = parts.get("name")
        number = _INFO.month(name) if name else int(parts.get("month", 0))
        month, day = number or 0, int(parts.get("day", 0))
    if not month:
        return None if year is None else _finish(f"{year:04}", year, reason)
    last = int(parts.get("last", 0))
    if year is None:
        year = infer_year(month, day, context)
        reason = reason or ("no_year" if year is None else "assumed_year")
    if not all(_exists(year, month, number) for number in (day or 1, last or 1)):
        return TimeValue("DATE", None, is_resolved=False, reason="no_such_date")
    found = _finish(_write(year, month, day), year, reason)
    if reason == AMBIGUOUS:
        return replace(found, other=_write(year, day, month), is_resolved=False)
    day_of_it = found.day
    if context.reference and day_of_it and day_of_it > context.reference and not reason:
        found = replace(found, reason="after_note")
    return replace(found, value_end=_write(year, month, last)) if last else found


def _finish(value: str, year: int | None, reason: str) -> TimeValue:
    return TimeValue(
        "DATE",
        value,
        is_resolved=year is not None,
        reason=reason if year is not None else reason or "no_year",
    )


def _write(year: int | None, month: int, day: int) -> str:
    known = "XXXX" if year is None else f"{year:04}"
    return f"{known}-{month:02}-{day:02}" if day else f"{known}-{month:02}"


def _exists(year: int | None, month: int, day: int) -> bool:
    try:
        # A leap year, where none is known.
        date(year or 2000, month, day)
    except ValueError:
        return False
    return True


def _order(a: int, b: int, day_first: bool | None) -> tuple[int, int, str]:
    """Say which of two numbers is the month, and why if that isn't sure."""
    if a > 12 >= b:
        return b, a, ""
    if b > 12 or a == b:
        return a, b, ""
    if day_first is None:
        return a, b, AMBIGUOUS
    return (b, a, "") if day_first else (a, b, "")


def _read_year(text: str | None, context: Context) -> tuple[int | None, str]:
    if not text:
        return None, ""
    number = int(text.lstrip("'"))
    if len(text.lstrip("'")) == 4:
        return number, ""
    reference = context.reference
    if reference is None:
        return number + (2000 if number <= PIVOT else 1900), "assumed_century"
    # The last one that is no more than a year after the note.
    year = reference.year // 100 * 100 + number
    return (year - 100 if year > reference.year + 1 else year), ""


def infer_year(month: int, day: int, context: Context) -> int | None:
    """Find the year of a day or month: the last one up to the note's date.

    day: 0 for a month.
    context: Of something to come, it is the next one.
    """
    reference = context.reference
    if reference is None:
        return None
    year = reference.year
    place, here = (month, day), (reference.month, reference.day if day else 0)
    if context.is_future:
        year += place < here
    else:
        year -= place > here
    step = 1 if context.is_future else -1
    for candidate in range(year, year + 9 * step, step):
        # The 29th of February isn't in every year.
        if 1 <= candidate <= _LATEST and _exists(candidate, month, day or 1):
            return candidate
    return None


def read_weekday(name: str) -> int:
    """Read the name of a weekday: 0 for Monday."""
    number = _INFO.weekday(name[:3])
    return 0 if number is None else int(number)


def read_month(name: str) -> int:
    """Read the name of a month: 1 for January."""
    number = _INFO.month(name)
    return 1 if number is None else int(number)


def move(day: date, number: float, unit: str) -> date | None:
    """Move a date by a number of units; None if that is no date of the calendar.

    unit: D, W, M or Y. Fractions of months and years count by their days.
    """
    days_in = {"D": 1.0, "W": 7.0, "M": 30.44, "Y": 365.25}
    whole = int(number)
    names = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}
    rest = round((number - whole) * days_in[unit])
    make: Callable[..., relativedelta] = relativedelta
    try:
        return day + make(**{names[unit]: whole}) + make(days=rest)
    except (ValueError, OverflowError):
        return None
