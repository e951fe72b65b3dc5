"""A scale of time for drawings: where dates are, ticks, and long empty stretches cut
out."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from spacy_clinical.export.pages.wording import MONTHS
from spacy_clinical.relations.dates.periods import Period

# All in percent of the width.
_LEFT, _RIGHT = 4.0, 96.0
# Starts that are nearer to each other can't be told apart, so that a cut is worth it.
_CROWDED = 1.2
_CUT = 3.0
_TICK = 9.0
_MAX_CUTS = 5
_DAY, _MONTH, _YEAR = 1.0, 30.5, 365.25
# Steps of ticks: hours, days, months and years; each with its length in days.
_STEPS = (
    *((hours / 24, "hour", hours) for hours in (1, 3, 6, 12)),
    *((days * _DAY, "day", days) for days in (1, 2, 5, 10)),
    *((months * _MONTH, "month", months) for months in (1, 3, 6)),
    *((n * _YEAR, "year", n) for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)),
)
_LAST = date.max.toordinal()


class Tick(NamedTuple):
    """A mark of the scale.

    x (percent): Where it is.
    year: Written under it, where it changes; else "".
    """

    x: float
    words: str
    year: str = ""


class _Stretch(NamedTuple):
    """A part of the scale without a cut: times (days) and their places (percent)."""

    start: float
    end: float
    left: float
    right: float

    def place(self, time: float) -> float:
        share = (time - self.start) / (self.end - self.start)
        return self.left + (self.right - self.left) * share


class TimeScale:
    """Places times on a line from 0 to 100.

    Where dates are crowded, the longest empty stretch is cut out, if it is longer than all
    the rest together, and so on.

    periods: What will be drawn; at least one.
    """

    def __init__(self, periods: Sequence[Period]) -> None:
        covered = _merge(periods)
        starts = sorted({period.start for period in periods})
        cuts: list[int] = []
        self._stretches = self._lay_out(covered, cuts, starts)
        while len(cuts) < _MAX_CUTS and self._is_crowded(starts):
            gap = _find_cut(covered, cuts)
            if gap is None:
                break
            cuts = sorted([*cuts, gap])
            self._stretches = self._lay_out(covered, cuts, starts)

    @property
    def cuts(self) -> list[float]:
        """Places where stretches are cut out (percent)."""
        return [stretch.left - _CUT / 2 for stretch in self._stretches[1:]]

    def place(self, time: float) -> float:
        """Find where a time is (percent)."""
        starts = [stretch.start for stretch in self._stretches]
        stretch = self._stretches[max(0, bisect_right(starts, time) - 1)]
        return min(max(stretch.place(time), stretch.left), stretch.right)

    def list_ticks(self) -> list[Tick]:
        """List the marks of the scale, at least one in each stretch."""
        return [tick for stretch in self._stretches for tick in _list_ticks(stretch)]

    def _is_crowded(self, starts: Sequence[float]) -> bool:
        places = [self.place(start) for start in starts]
        return any(b - a < _CROWDED for a, b in pairwise(places))

    def _lay_out(
        self, covered: Sequence[Period], cuts: Sequence[int], starts: Sequence[float]
    ) -> list[_Stretch]:
        """Give each stretch a width: more to those with more dates."""
        borders = [0, *(cut + 1 for cut in cuts), len(covered)]
        parts = [
            (covered[first].start, covered[last - 1].end)
            for first, last in pairwise(borders)
        ]
        weights = [1 + sum(start <= s <= end for s in starts) for start, end in parts]
        space = _RIGHT - _LEFT - _CUT * len(cuts)
        stretches, left = [], _LEFT
        for (start, end), weight in zip(parts, weights, strict=True):
            # What is alone has some time around it.
            margin = (end - start) * (1.0 if len(covered) == 1 else 0.04) or 1 / 24
            right = left + space * weight / sum(weights)
            stretches.append(_Stretch(start - margin, end + margin, left, right))
            left = right + _CUT
        return stretches


def _merge(periods: Sequence[Period]) -> list[Period]:
    """Merge periods that touch."""
    merged: list[Period] = []
    for period in sorted(periods):
        if merged and period.start <= merged[-1].end:
            merged[-1] = Period(merged[-1].start, max(merged[-1].end, period.end))
        else:
            merged.append(period)
    return merged


def _find_cut(covered: Sequence[Period], cuts: Sequence[int]) -> int | None:
    """Find the empty stretch to cut out next: one that is longer than the rest."""
    gaps = {
        i: covered[i + 1].start - covered[i].end
        for i in range(len(covered) - 1)
        if i not in cuts
    }
    if not gaps:
        return None
    longest = max(gaps, key=lambda i: gaps[i])
    rest = sum(gaps.values()) - gaps[longest] + sum(p.end - p.start for p in covered)
    return longest if gaps[longest] > rest else None


def _list_ticks(stretch: _Stretch) -> Iterator[Tick]:
    most = max(1.0, (stretch.right - stretch.left) / _TICK)
    length = stretch.end - stretch.start
    steps = (step for step in _STEPS if length / step[0] <= most)
    _, unit, n = next(steps, _STEPS[-1])
    year, is_any = "", False
    for time, words in _list_times(stretch, unit, n):
        ordinal = min(max(int(time), 1), _LAST)
        own = "" if unit == "year" else str(date.fromordinal(ordinal).year)
        yield Tick(stretch.place(time), words, "" if own == year else own)
        year, is_any = own, True
    if not is_any:
        middle = (stretch.start + stretch.end) / 2
        day = date.fromordinal(min(max(int(middle), 1), _LAST))
        is_year = length >= _YEAR / 2
        words = str(day.year) if is_year else MONTHS[day.month - 1]
        x = (stretch.left + stretch.right) / 2
        yield Tick(x, words, "" if is_year else str(day.year))


def _list_times(stretch: _Stretch, unit: str, n: int) -> Iterator[tuple[float, str]]:
    """List round times within a stretch."""
    if unit == "hour":
        # Hours may be no exact fractions of a day.
        first = int(stretch.start * 24 / n)
        for number in range(first, int(stretch.end * 24 / n) + 2):
            time = number * n / 24
            if stretch.start <= time <= stretch.end:
                hour = number * n % 24
                day = date.fromordinal(min(max(number * n // 24, 1), _LAST))
                midnight = f"{day.day} {MONTHS[day.month - 1]}"
                yield time, f"{hour:02}:00" if hour else midnight
        return
    first_day = max(int(stretch.start), 1)
    last_day = min(int(stretch.end) + 1, _LAST)
    for day in _list_days(first_day, last_day, unit, n):
        time = day.toordinal()
        if stretch.start <= time <= stretch.end:
            yield time, _name(day, unit)


def _list_days(first: int, last: int, unit: str, n: int) -> Iterator[date]:
    begin, end = date.fromordinal(first), date.fromordinal(last)
    if unit == "day":
        for ordinal in range(first, last + 1):
            day = date.fromordinal(ordinal)
            # Days are counted within their month; the end of one is left out.
            if day.day == 1 or ((day.day - 1) % n == 0 and (n == 1 or day.day < 29)):
                yield day
    elif unit == "month":
        months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
        for month in months:
            if month % n == 0:
                yield date(month // 12, month % 12 + 1, 1)
    else:
        for year in range(begin.year - begin.year % n, end.year + 1, n):
            if year >= 1:
                yield date(year, 1, 1)


def _name(day: date, unit: str) -> str:
    if unit == "year":
        return str(day.year)
    month = MONTHS[day.month - 1]
    return month if unit == "month" else f"{day.day} {month}"
