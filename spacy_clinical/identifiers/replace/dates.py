"""Move dates by a number of days, as they are written.

All dates of a place are moved: full ones, those without a year ("3/4", "03-Apr"), months
("May 2019"), years and weekdays. What else stands there, such as times, stays.
"""

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = [name.lower() for name in calendar.month_name][1:]
DAYS = [name.lower() for name in calendar.day_name]
# As they are shortened; the first is how they are written after a move.
_SHORT_MONTHS = {name[:3]: i for i, name in enumerate(MONTHS)} | {"sept": 8}
_SHORT_DAYS = {
    **{name[:3]: i for i, name in enumerate(DAYS)},
    **{"tues": 1, "thur": 3, "thurs": 3, "weds": 2},
}
_LONG_SHORT_DAYS = {1: "tues", 3: "thurs"}
# The year of dates of a note that names none.
PLAIN_YEAR, LEAP_YEAR = 2001, 2000
# Two digits are years up to this one, or of the century before.
PIVOT = 49

_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|{'|'.join(sorted(_SHORT_MONTHS, key=len, reverse=True))})(?![^\W\d_])"
_DAY = r"(?P<day>\d{1,2})(?P<ordinal>st|nd|rd|th)?(?!\d)"
_LONG_YEAR = r"(?P<year>(?:1[5-9]|2[01])\d\d)(?![\ds])"
_SHORT_YEAR = r"(?P<short>\d\d)(?![\d:])"
_YEAR = rf"(?:{_LONG_YEAR}|{_SHORT_YEAR})"
_LEFT, _RIGHT = r"(?<![\w])", r"(?![\d])"
# Forms of dates; of several that fit at a place, the first counts.
_FORMS = [
    # 2019-01-31, 2019/1/31
    rf"(?<!\d){_LONG_YEAR}(?P<sep>[-/.])(?P<mm>\d\d?)(?P=sep)(?P<dd>\d\d?){_RIGHT}",
    # 1/31/2019, 31.01.19
    rf"(?<!\d)(?P<a>\d\d?)(?P<sep>\s?[-/.]\s?)(?P<b>\d\d?)(?P=sep)(?:'?{_YEAR})",
    # 20190131
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mm>0[1-9]|1[0-2])(?P<dd>0[1-9]|[12]\d|3[01])(?!\d)",
    # 31 January 2019, 31-Jan-19, 31st of January
    rf"(?<!\d){_DAY}[\s\-/.]*(?:of\s+)?{_MONTH}\.?(?:[\s,\-/.]*{_LONG_YEAR}|[\s,]*[-/'\u2019]\s*{_SHORT_YEAR})?",
    # January 31, 2019; Jan 31st
    rf"{_LEFT}{_MONTH}\.?[\s\-/]*{_DAY}(?:[\s,\-/.]*{_LONG_YEAR}|\s*,?\s*[-/'\u2019]\s*{_SHORT_YEAR})?",
    # January 2019, Jan '19
    rf"{_LEFT}{_MONTH}\.?(?:[\s,\-/.'\u2019]*(?:of\s+)?{_LONG_YEAR}|[\s,]*['\u2019\-]{_SHORT_YEAR})",
    # 1/2019, 2019-01
    rf"(?<!\d)(?P<mm>\d\d?)(?P<sep>[-/.]){_LONG_YEAR}",
    rf"(?<!\d){_LONG_YEAR}(?P<sep>[-/.])(?P<mm>\d\d?){_RIGHT}",
    # 1/31
    r"(?<![\d.])(?P<a>\d\d?)(?P<sep>[-/.])(?P<b>\d\d?)(?![\d:]|(?P=sep)\d)",
    rf"{_LEFT}{_MONTH}",
    rf"(?<!\d){_LONG_YEAR}",
    r"(?<!\w)['\u2019](?P<short>\d\d)(?![\ds])",
    rf"{_LEFT}(?P<weekday>{'|'.join(DAYS)}|{'|'.join(sorted(_SHORT_DAYS, key=len, reverse=True))})(?P<plural>s?)(?![^\W\d_])",
]
_COMPILED = [re.compile(form, re.IGNORECASE) for form in _FORMS]
_WORD = re.compile("[a-z]+")
# Where any of them may start.
_START = re.compile(r"\d|['\u2019]|[a-z]+", re.IGNORECASE)
# What may stand between dates: separators, times of day, and words that join them.
_BESIDE = re.compile(
    r"(?:[\s,.;:()\[\]/\\\u2013\u2014'\u2019-]|\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?|\d{4}\s?(?:hrs?|h)\b"
    r"|\b(?:a\.?m|p\.?m|at|to|and|or|of|on|the|through|thru|until|till|from|between"
    r"|since|by|t|z|hrs?|h|est|edt|cst|cdt|mst|mdt|pst|pdt|utc|gmt)\b|(?<=\d)[tz](?=\d|\W|$)"
    r"|[+-]\d\d:?\d\d\b)*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class DateStyle:
    """The way the dates of a note are written.

    is_day_first: Whether "3/4" is the third of April.
    is_padded: Whether numbers below ten have a zero.
    is_short: Whether months are shortened, which "May" doesn't say.
    """

    is_day_first: bool = False
    is_padded: bool = True
    is_short: bool = False


def find_style(dates: Iterable[str]) -> DateStyle:
    """Find out how the dates of a note are written, from those that can only be one."""
    n_day_first = n_month_first = n_padded = n_plain = n_short = n_long = 0
    for text in dates:
        for match in _COMPILED[1].finditer(text):
            a, b = match["a"], match["b"]
            n_day_first += int(a) > 12 >= int(b)
            n_month_first += int(b) > 12 >= int(a)
            n_padded += "0" in (a[0], b[0])
            n_plain += 1 in (len(a), len(b))
        for word in _WORD.findall(text.lower()):
            n_short += word in _SHORT_MONTHS and word not in MONTHS
            n_long += word in MONTHS and word not in _SHORT_MONTHS
    return DateStyle(
        is_day_first=n_day_first > n_month_first,
        is_padded=n_padded >= n_plain,
        is_short=n_short > n_long,
    )


class DateShift:
    """Moves the dates of a note, in the order of the text.

    A date without a year is taken to be of the year that was written last before it, or
    else of the first one of the note.

    days: How far.
    texts: All dates of the note, from which their style and first year are read.
    """

    def __init__(self, days: int, texts: Iterable[str] = ()) -> None:
        texts = list(texts)
        self.days = days
        self.style = find_style(texts)
        self._has_leap_day = False
        self._year = self._find_first_year(texts)

    def move(self, text: str) -> str | None:
        """Move all dates of a place.

        RETURNS: The same with other dates; None if something there isn't a date that can
            be moved, such as "yesterday".
        """
        parts: list[str] = []
        done = 0
        year = self._year
        for start, end, new in self._list_moved(text):
            if not _BESIDE.fullmatch(text, done, start):
                self._year = year
                return None
            parts += [text[done:start], new]
            done = end
        if not parts or not _BESIDE.fullmatch(text, done):
            self._year = year
            return None
        return "".join([*parts, text[done:]])

    def _list_moved(self, text: str) -> Iterable[tuple[int, int, str]]:
        place = 0
        while (start := _START.search(text, place)) is not None:
            place = start.end()
            for form in _COMPILED:
                match = form.match(text, start.start())
                new = None if match is None else self._move_match(match)
                if match is not None and new is not None:
                    yield match.start(), match.end(), new
                    place = match.end()
                    break
            else:
                # A number that is no date as a whole isn't one in part.
                place = _skip(text, start.start(), place)

    def _move_match(self, match: "re.Match[str]") -> str | None:
        """Move a single date; None if there is no such day."""
        found = match.groupdict()
        if found.get("weekday"):
            return self._move_weekday(match)
        try:
            return self._write(match, *self._read(found))
        except (ValueError, OverflowError):
            return None

    def _read(self, found: dict[str, str | None]) -> tuple[date, bool]:
        """Read a date. RETURNS: It, and whether its numbers are day and month."""
        year = self._read_year(found)
        is_day_first = self.style.is_day_first
        a, b = found.get("a"), found.get("b")
        if a and b:
            if int(a) > 12 >= int(b):
                is_day_first = True
            elif int(b) > 12 >= int(a):
                is_day_first = False
            day, month = (int(a), int(b)) if is_day_first else (int(b), int(a))
        else:
            day = int(found.get("day") or found.get("dd") or 15)
            month = _read_month(found)
        if year is None:
            year = self._guess_year(month, day)
        else:
            self._year = year
        return date(year, month, day), is_day_first

    def _read_year(self, found: dict[str, str | None]) -> int | None:
        if long := found.get("year"):
            return int(long)
        if short := found.get("short"):
            return int(short) + (2000 if int(short) <= PIVOT else 1900)
        return None

    def _guess_year(self, month: int, day: int) -> int:
        year = self._year or LEAP_YEAR
        if (month, day) == (2, 29):
            self._has_leap_day = True
            near = sorted(range(year - 4, year + 5), key=lambda near: abs(near - year))
            return next(filter(calendar.isleap, near), year)
        return year

    def _find_first_year(self, texts: Iterable[str]) -> int:
        self._year = 0
        for text in texts:
            for _ in self._list_moved(text):
                pass
            if self._year:
                return self._year
        return LEAP_YEAR if self._has_leap_day else PLAIN_YEAR

    def _move_weekday(self, match: "re.Match[str]") -> str:
        word = match["weekday"].lower()
        number = DAYS.index(word) if word in DAYS else _SHORT_DAYS[word]
        moved = (number + self.days) % 7
        new = DAYS[moved]
        if word not in DAYS:
            is_long = len(word) > 3
            new = _LONG_SHORT_DAYS.get(moved, new[:3]) if is_long else new[:3]
        return _copy_case(match["weekday"], new) + match["plural"]

    def _write(self, match: "re.Match[str]", old: date, is_day_first: bool) -> str:
        """Write a date like another one."""
        new = old + timedelta(days=self.days)
        first, second = (new.day, new.month) if is_day_first else (new.month, new.day)
        is_padded = self._is_padded(match)
        pad: Callable[[int], str] = lambda n: f"{n:02}" if is_padded else str(n)  # noqa: E731
        values = {
            "a": pad(first),
            "b": pad(second),
            "mm": pad(new.month),
            "dd": pad(new.day),
            "day": pad(new.day),
            "year": f"{new.year:04}",
            "short": f"{new.year % 100:02}",
            "ordinal": _make_ordinal(new.day),
        }
        found = match.groupdict()
        if found.get("month"):
            is_short = self.style.is_short
            values["month"] = _write_month(match["month"], new.month, is_short=is_short)
        if found.get("ordinal"):
            values["ordinal"] = _copy_case(match["ordinal"], values["ordinal"])
            values["day"] = str(new.day)
        groups = sorted(
            (match.start(name), match.end(name), name)
            for name, value in found.items()
            if value is not None and name in values
        )
        parts, done = [], match.start()
        for start, end, name in groups:
            parts += [match.string[done:start], values[name]]
            done = end
        return "".join([*parts, match.string[done : match.end()]])

    def _is_padded(self, match: "re.Match[str]") -> bool:
        found = match.groupdict()
        numbers = [found.get(name) for name in ("a", "b", "mm", "dd", "day")]
        given = [number for number in numbers if number]
        if any(len(number) == 1 for number in given):
            return False
        if any(number[0] == "0" for number in given):
            return True
        # In words, "January 5" is more usual than "January 05".
        return self.style.is_padded if not found.get("month") else False


def _skip(text: str, start: int, place: int) -> int:
    """Find the end of a run of digits or of a word."""
    while place < len(text) and text[start].isdigit() and text[place].isdigit():
        place += 1
    return max(place, start + 1)


def _read_month(found: dict[str, str | None]) -> int:
    if number := found.get("mm"):
        return int(number)
    name = (found.get("month") or "").lower()
    if name:
        return (MONTHS.index(name) if name in MONTHS else _SHORT_MONTHS[name]) + 1
    # A year alone is its middle.
    return 7


def _write_month(old: str, month: int, *, is_short: bool) -> str:
    name = MONTHS[month - 1]
    if old.lower() not in MONTHS or (old.lower() == "may" and is_short):
        name = "sept" if month == 9 and len(old) == 4 else name[:3]
    return _copy_case(old, name)


def _make_ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _copy_case(old: str, new: str) -> str:
    if old.isupper():
        return new.upper()
    return new if old.islower() else new.capitalize()


def find_years(text: str) -> list[int]:
    """Find the years of four digits in dates."""
    return [int(year) for year in re.findall(_LONG_YEAR.replace("?P<year>", ""), text)]
