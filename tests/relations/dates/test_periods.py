from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.relations.dates.periods import Period, find_period


def days(first, last):
    """From a day to the one before another."""
    return Period(date(*first).toordinal(), date(*last).toordinal())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2019-02-03", days((2019, 2, 3), (2019, 2, 4))),
        ("2019-12-31", days((2019, 12, 31), (2020, 1, 1))),
        ("2020-02", days((2020, 2, 1), (2020, 3, 1))),
        ("2019-12", days((2019, 12, 1), (2020, 1, 1))),
        ("2019", days((2019, 1, 1), (2020, 1, 1))),
        ("201X", days((2010, 1, 1), (2020, 1, 1))),
        ("19XX", days((1900, 1, 1), (2000, 1, 1))),
        ("2019-SU", days((2019, 6, 1), (2019, 9, 1))),
        ("2019-WI", days((2019, 12, 1), (2020, 3, 1))),
        ("2019-W01", days((2018, 12, 31), (2019, 1, 7))),
    ],
)
def test_find_period_covers_all_that_a_date_says(value, expected):
    assert find_period(value) == expected


def test_find_period_knows_times_of_the_day():
    day = date(2019, 2, 3).toordinal()
    assert find_period("2019-02-03T06:00") == Period(day + 0.25, day + 0.25 + 1 / 1440)
    assert find_period("2019-02-03T12") == Period(day + 0.5, day + 0.5 + 1 / 24)
    assert find_period("2019-02-03T06:00:30") == find_period("2019-02-03T06:00")


@pytest.mark.parametrize(
    "value",
    [
        *("", "P6M", "T14:30", "XXXX-03", "XXXX-03-04", "20190203", "2019-2-3"),
        *("2019-13", "2019-02-30", "2019-W54", "2019-00", "0000", "00XX", "000X"),
        *("2019-02-03T25:00", "2019-02-03T10:60", " 2019", "2019\n", "\u0662019"),
    ],
)
def test_find_period_leaves_out_what_is_at_no_one_time(value):
    assert find_period(value) is None


@settings(deadline=None)
@given(st.dates())
def test_find_period_of_a_day_lies_in_its_month_and_year(day):
    periods = [find_period(day.isoformat()[:length]) for length in (10, 7, 4)]
    for inner, outer in pairwise(periods):
        assert outer.start <= inner.start < inner.end <= outer.end
    assert date.fromordinal(int(periods[0].start)) == day


def test_find_period_takes_the_last_year():
    end = date.max.toordinal() + 1
    for value in ("9999", "9999-12", "9999-12-31", "999X", "99XX", "9999-WI"):
        assert find_period(value).end == end
    assert find_period("9999-12-31").start == (date.max - timedelta(0)).toordinal()
