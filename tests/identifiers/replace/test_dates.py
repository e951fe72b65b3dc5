"""Dates are moved as they are written, and all intervals stay."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.identifiers.replace.dates import (
    DateShift,
    DateStyle,
    find_style,
    find_years,
)

DAYS = st.dates(date(1900, 1, 1), date(2090, 12, 31))
SHIFTS = st.integers(-365, 365).filter(bool)
# How dates are written, and read again.
FORMATS = [
    "%m/%d/%Y",
    "%Y-%m-%d",
    "%Y%m%d",
    "%B %d, %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d %Y",
    "%m-%d-%Y",
]


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("10/12/1982", "10/22/1982"),
        ("1/3/2019", "1/13/2019"),
        ("01/03/2019", "01/13/2019"),
        ("12/25/19", "01/04/20"),
        ("3/4", "3/14"),
        ("03-Apr", "13-Apr"),
        ("03-APR-19", "13-APR-19"),
        ("Jan. 5", "Jan. 15"),
        ("January 3rd", "January 13th"),
        ("the 3rd of January 2019", "the 13th of January 2019"),
        ("SEPT 30, 2019", "OCT 10, 2019"),
        ("2019-02-28T12:30:00Z", "2019-03-10T12:30:00Z"),
        ("12/31/99 10:30 PM", "01/10/00 10:30 PM"),
        ("10/12/1982 - 10/22/1982", "10/22/1982 - 11/01/1982"),
        ("Tues", "Fri"),
        ("TUESDAY", "FRIDAY"),
        ("mon-thurs", "thu-sun"),
        ("Fridays", "Mondays"),
        ("Friday, March 1st", "Monday, March 11th"),
        # Parts of dates: the middle of a month, and of a year.
        ("May 2019", "May 2019"),
        ("25 May", "4 June"),
        ("25 May, 3 Feb", "4 Jun, 13 Feb"),
        ("2019", "2019"),
        # 29 February, of a leap year where none is written.
        ("02/29", "03/10"),
        ("2/29/2020", "3/10/2020"),
    ],
)
def test_dates_are_moved_as_they_are_written(text, moved):
    assert DateShift(10, [text]).move(text) == moved


@pytest.mark.parametrize(
    "text",
    [
        *(
            "yesterday",
            "the 3rd",
            "13/45/2019",
            "2/29/2019",
            "31 June 2019",
            "1980s",
            "",
        ),
        *("12345", "Easter", "day 5", "May 1 or Ann Lee", "04/05/2019 MRN 123456"),
    ],
)
def test_what_is_no_date_is_not_moved_in_part(text):
    assert DateShift(10).move(text) is None


def test_years_are_those_around():
    shift = DateShift(1, ["2/28", "3/1/2020"])
    # 2020 has a 29 February.
    assert shift.move("2/28") == "2/29"
    assert shift.move("3/1/2019") == "3/2/2019"
    assert shift.move("2/28") == "3/1"


def test_a_note_says_which_number_is_the_day():
    assert DateShift(1, ["25/12/2019", "3/4/2019"]).move("3/4/2019") == "4/4/2019"
    assert DateShift(1, ["12/25/2019", "3/4/2019"]).move("3/4/2019") == "3/5/2019"
    style = DateStyle(is_day_first=True, is_short=True)
    assert find_style(["25/12/2019", "03/04/2019", "3 Jan"]) == style


@settings(deadline=None)
@given(DAYS, DAYS, SHIFTS, st.sampled_from(FORMATS), st.sampled_from(FORMATS))
def test_every_interval_is_kept(first, second, days, one, other):
    texts = [first.strftime(one), second.strftime(other)]
    shift = DateShift(days, texts)
    # A number that may be a day or a month is read as the other dates are.
    moved = [
        _read(shift.move(text), form)
        for text, form in zip(texts, (one, other), strict=True)
    ]
    assert moved == [first + timedelta(days=days), second + timedelta(days=days)]


@settings(deadline=None)
@given(DAYS, SHIFTS)
def test_weekdays_move_with_their_dates(day, days):
    text = day.strftime("%A, %B %d, %Y")
    moved = DateShift(days, [text]).move(text)
    new = day + timedelta(days=days)
    assert moved.split(",")[0] == new.strftime("%A")
    short = DateShift(days).move(day.strftime("%a"))
    assert short == new.strftime("%a")


@settings(deadline=None)
@given(DAYS, st.integers(0, 300), SHIFTS)
def test_dates_without_a_year_keep_their_distance_to_those_with_one(
    day, distance, days
):
    """Both in one year, and the distance counted through it."""
    other = min(day + timedelta(days=distance), date(day.year, 12, 31))
    texts = [day.strftime("%Y-%m-%d"), other.strftime("%m/%d")]
    shift = DateShift(days, texts)
    first = date.fromisoformat(shift.move(texts[0]))
    month, day_of_month = map(int, shift.move(texts[1]).split("/"))
    found = {
        date(year, month, day_of_month) - first
        for year in (first.year - 1, first.year, first.year + 1)
        if (month, day_of_month) != (2, 29) or not year % 4
    }
    assert other - day in found


def test_long_and_hostile_places_take_no_time():
    for text in ("am." * 20_000 + "x", "1/" * 50_000, "Jan " * 20_000, "9" * 100_000):
        DateShift(10, [text]).move(text)


def test_years_are_found():
    assert find_years("10/12/1982 to May 2019, not 12345 or the 1980s") == [1982, 2019]


def _read(text, form):
    """Read a date. Of "May", the form doesn't say whether other months are shortened."""
    try:
        return datetime.strptime(text, form).date()
    except ValueError:
        other = form.translate(str.maketrans("bB", "Bb"))
        return datetime.strptime(text, other).date()
