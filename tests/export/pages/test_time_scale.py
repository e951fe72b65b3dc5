from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.export.pages.time_scale import TimeScale
from spacy_clinical.relations.dates.periods import find_period

VALUES = st.one_of(
    st.dates().map(str),
    st.dates().map(lambda day: str(day)[:7]),
    st.dates().map(lambda day: str(day)[:4]),
    st.datetimes().map(lambda time: time.isoformat()[:16]),
)


def make_scale(*values):
    return TimeScale([find_period(value) for value in values])


def place(scale, value):
    period = find_period(value)
    return scale.place(period.start), scale.place(period.end)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=12))
def test_places_keep_the_order_of_time(values):
    periods = [find_period(value) for value in values]
    scale = TimeScale(periods)
    times = sorted(time for period in periods for time in period)
    places = [scale.place(time) for time in times]
    assert places == sorted(places)
    assert 2 <= places[0] <= places[-1] <= 98
    # What comes later is further on.
    for (a, x), (b, y) in pairwise(zip(times, places, strict=True)):
        assert a == b or x < y
    ticks = scale.list_ticks()
    assert ticks
    assert [tick.x for tick in ticks] == sorted(tick.x for tick in ticks)
    assert all(2 <= tick.x <= 98 for tick in ticks)
    assert len(ticks) <= 40


def test_equal_times_have_equal_lengths():
    scale = make_scale("2010", "2012", "2015")
    lengths = [b - a for a, b in (place(scale, v) for v in ("2010", "2011", "2015"))]
    assert lengths == pytest.approx([lengths[0]] * 3, rel=0.01)
    assert not scale.cuts


def test_a_date_alone_is_in_the_middle():
    left, right = place(make_scale("2012"), "2012")
    assert (left + right) / 2 == pytest.approx(50)
    words = [tick.year or tick.words for tick in make_scale("2012").list_ticks()]
    assert "2012" in words


def test_long_empty_times_are_cut_out_where_dates_are_crowded():
    days = [f"2118-06-{day:02}" for day in (2, 3, 4, 8)]
    scale = make_scale("1998", *days)
    [cut] = scale.cuts
    assert place(scale, "1998")[1] < cut < place(scale, days[0])[0]
    starts = [place(scale, day)[0] for day in days]
    assert all(b - a > 1.2 for a, b in pairwise(starts))
    # The rest keeps its scale: one day, one day, four days.
    gaps = [b - a for a, b in pairwise(starts)]
    assert gaps == pytest.approx([gaps[0], gaps[0], 4 * gaps[0]])


def test_nothing_is_cut_out_where_there_is_room():
    assert not make_scale("1998", "2118").cuts
    assert not make_scale(*(f"2019-{m:02}" for m in range(1, 13))).cuts


def test_ticks_are_round_and_name_their_year_once():
    ticks = make_scale("2019-11", "2020-03").list_ticks()
    assert [(tick.words, tick.year) for tick in ticks] == [
        *(("Nov", "2019"), ("Dec", ""), ("Jan", "2020"), ("Feb", "")),
        *(("Mar", ""), ("Apr", "")),
    ]
    hours = make_scale("2019-03-31T23:00", "2019-04-01T09:30").list_ticks()
    assert [tick.words for tick in hours] == ["1 Apr", "03:00", "06:00", "09:00"]
    assert [tick.year for tick in hours] == ["2019", "", "", ""]


def test_the_first_and_the_last_day_have_a_scale():
    first, last = str(date.min), str(date.max)
    scale = make_scale(first, last)
    assert place(scale, first)[0] < place(scale, last)[0]
    assert scale.list_ticks()
    assert make_scale(last).list_ticks()
    assert make_scale(first).list_ticks()
