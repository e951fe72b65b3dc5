"""The time that a date covers: a day, a month, a year."""

import re
from datetime import date
from typing import NamedTuple

# Months of the seasons of TIMEX3; winter goes on into the next year.
_SEASONS = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}
_SEASON_MONTHS = 3
_VALUE = re.compile(
    r"(?P<year>\d{4})(?:-(?:W(?P<week>\d\d)|(?P<season>SP|SU|FA|WI)"
    r"|(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::\d\d)?)?)?)?))?"
    r"|(?P<decade>\d{3})X|(?P<century>\d\d)XX",
    re.ASCII,
)
_LAST = date.max.toordinal() + 1


class Period(NamedTuple):
    """The days that a date covers, half open.

    start, end (days): As `date.toordinal` counts them, with the time of day as a fraction.
    """

    start: float
    end: float


def find_period(value: str) -> Period | None:
    """Find what a date covers: "2019-02" is all of that month.

    value: As `TimeValue` has it.
    RETURNS: None for what isn't at one time, such as "P6M", or not known, such as
        "XXXX-03"; and for dates that don't exist.
    """
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    parts = {name: int(v) for name, v in match.groupdict("").items() if v.isdigit()}
    try:
        if "decade" in parts:
            return _cover_years(parts["decade"] * 10, 10)
        if "century" in parts:
            return _cover_years(parts["century"] * 100, 100)
        year = parts["year"]
        if "week" in parts:
            first = date.fromisocalendar(year, parts["week"], 1).toordinal()
            return Period(first, min(first + 7, _LAST))
        if match["season"]:
            return _cover_months(year, _SEASONS[match["season"]], _SEASON_MONTHS)
        if "month" not in parts:
            return _cover_years(year, 1)
        if "day" not in parts:
            return _cover_months(year, parts["month"], 1)
        day = date(year, parts["month"], parts["day"]).toordinal()
    except ValueError:
        return None
    if "hour" not in parts:
        return Period(day, day + 1)
    hour, minute = parts["hour"], parts.get("minute", 0)
    if hour > 24 or minute > 59:
        return None
    length = 1 / 1440 if "minute" in parts else 1 / 24
    start = day + hour / 24 + minute / 1440
    return Period(start, start + length)


def _cover_years(year: int, n_years: int) -> Period:
    return Period(date(year, 1, 1).toordinal(), _get_first(year + n_years, 1))


def _cover_months(year: int, month: int, n_months: int) -> Period:
    after = month - 1 + n_months
    end = _get_first(year + after // 12, after % 12 + 1)
    return Period(date(year, month, 1).toordinal(), end)


def _get_first(year: int, month: int) -> int:
    """Get the first day of a month, which may come after the last year there is."""
    return _LAST if year > date.max.year else date(year, month, 1).toordinal()
