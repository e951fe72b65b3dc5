"""Times by hand: what each says for a note of Wednesday, March 10, 2021."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.relations.dates import normalize_time
from spacy_clinical.relations.dates.normalize import KINDS

NOTE = date(2021, 3, 10)
ANCHORS = {
    "admission": date(2021, 3, 5),
    "surgery": date(2021, 3, 6),
    "previous": date(2021, 3, 1),
}
# Text, label, type, value.
PLAIN = [
    ("3/15/2020", "Date", "DATE", "2020-03-15"),
    ("15/3/2020", "Date", "DATE", "2020-03-15"),
    ("2020-03-15", "Date", "DATE", "2020-03-15"),
    ("20200315", "Date", "DATE", "2020-03-15"),
    ("15.03.20", "Date", "DATE", "2020-03-15"),
    ("05-Mar-2020", "Date", "DATE", "2020-03-05"),
    ("March 5, 2020", "Date", "DATE", "2020-03-05"),
    ("the 5th of March 2020", "Date", "DATE", "2020-03-05"),
    ("Tuesday, March 3rd 2020", "Date", "DATE", "2020-03-03"),
    ("Feb. 18, 2016", "Date", "DATE", "2016-02-18"),
    ("[**2151-7-16**]", "Date", "DATE", "2151-07-16"),
    ("March of 2018", "Date", "DATE", "2018-03"),
    ("2/2019", "Date", "DATE", "2019-02"),
    ("2019-02", "Date", "DATE", "2019-02"),
    ("2019", "Date", "DATE", "2019"),
    ("year of 2013", "Date", "DATE", "2013"),
    ("2010s", "Date", "DATE", "201X"),
    ("winter 2019", "Date", "DATE", "2019-WI"),
    ("2/25", "Date", "DATE", "2021-02-25"),
    ("11/18", "Date", "DATE", "2020-11-18"),
    ("Nov 18", "Date", "DATE", "2020-11-18"),
    ("2/29", "Date", "DATE", "2020-02-29"),
    ("October", "Date", "DATE", "2020-10"),
    ("today", "Date", "DATE", "2021-03-10"),
    ("yesterday", "Date", "DATE", "2021-03-09"),
    ("the day before yesterday", "Date", "DATE", "2021-03-08"),
    ("tomorrow", "Date", "DATE", "2021-03-11"),
    ("on Tuesday", "Date", "DATE", "2021-03-09"),
    ("Wednesday", "Date", "DATE", "2021-03-03"),
    ("last March", "Date", "DATE", "2020-03"),
    ("last February", "Date", "DATE", "2021-02"),
    ("next June", "Date", "DATE", "2021-06"),
    ("last week", "Date", "DATE", "2021-W09"),
    ("last month", "Date", "DATE", "2021-02"),
    ("last year", "Date", "DATE", "2020"),
    ("two weeks ago", "Date", "DATE", "2021-02-24"),
    ("3 months ago", "Date", "DATE", "2020-12"),
    ("Thirty years ago", "Date", "DATE", "1991"),
    ("3 days PTA", "Date", "DATE", "2021-03-02"),
    ("Three days before admission", "Date", "DATE", "2021-03-02"),
    ("POD #3", "Date", "DATE", "2021-03-09"),
    ("postoperative day two", "Date", "DATE", "2021-03-08"),
    ("9th POD", "Date", "DATE", "2021-03-15"),
    ("HD 2", "Date", "DATE", "2021-03-06"),
    ("first hospital day", "Date", "DATE", "2021-03-05"),
    ("day of surgery", "Date", "DATE", "2021-03-06"),
    ("admission", "Date", "DATE", "2021-03-05"),
    ("at the time of surgery", "Date", "DATE", "2021-03-06"),
    ("the next day", "Date", "DATE", "2021-03-02"),
    ("2 days later", "Date", "DATE", "2021-03-03"),
    ("3/15/2020 14:30", "Date", "TIME", "2020-03-15T14:30"),
    ("2020-03-15T05:30", "Date", "TIME", "2020-03-15T05:30"),
    ("this morning", "Time", "TIME", "2021-03-10TMO"),
    ("last night", "Time", "TIME", "2021-03-09TNI"),
    ("14:30", "Time", "TIME", "T14:30"),
    ("2 pm", "Time", "TIME", "T14:00"),
    ("12:15 a.m.", "Time", "TIME", "T00:15"),
    ("0530", "Time", "TIME", "T05:30"),
    ("noon", "Time", "TIME", "T12:00"),
    ("6-month history", "Duration", "DURATION", "P6M"),
    ("x3d", "Duration", "DURATION", "P3D"),
    ("two and a half years", "Duration", "DURATION", "P2.5Y"),
    ("2½ months", "Duration", "DURATION", "P2.5M"),
    ("1 year and 6 months", "Duration", "DURATION", "P1Y6M"),
    ("past 20 years", "Duration", "DURATION", "P20Y"),
    ("for a year", "Duration", "DURATION", "P1Y"),
    ("10 seconds", "Duration", "DURATION", "PT10S"),
    ("48 hours", "Duration", "DURATION", "PT48H"),
    ("two decades", "Duration", "DURATION", "P20Y"),
    ("58-year-old", "Age", "AGE", "P58Y"),
    ("58yo M", "Age", "AGE", "P58Y"),
    ("58 y/o", "Age", "AGE", "P58Y"),
    ("75–year–old", "Age", "AGE", "P75Y"),
    ("6 mo old", "Age", "AGE", "P6M"),
    ("4 and a half years old", "Age", "AGE", "P4.5Y"),
    ("at the age of thirteen", "Date", "AGE", "P13Y"),
    ("58F", "Age", "AGE", "P58Y"),
    ("newborn", "Age", "AGE", "P0D"),
    ("gestational age 34+2 weeks", "Age", "AGE", "P34W2D"),
    ("34 2/7 weeks", "Age", "AGE", "P34W2D"),
    ("q8h", "Frequency", "SET", "PT8H"),
    ("every other day", "Frequency", "SET", "P2D"),
    ("every 3 months", "Frequency", "SET", "P3M"),
    ("three-weekly", "Frequency", "SET", "P3W"),
    ("monthly", "Frequency", "SET", "P1M"),
]


@pytest.mark.parametrize(("text", "kind", "type_", "value"), PLAIN)
def test_normalize_time_reads_what_is_sure(text, kind, type_, value):
    found = normalize_time(text, NOTE, kind, anchors=ANCHORS)
    assert (found["type"], found["value"]) == (type_, value)
    assert found["resolved"]


@pytest.mark.parametrize(
    ("text", "kind", "value", "end"),
    [
        ("for 2-3 weeks", "Duration", "P2W", "P3W"),
        ("over 2–3 weeks", "Duration", "P2W", "P3W"),
        ("q4-6h", "Frequency", "PT4H", "PT6H"),
        ("every 6 or 12 months", "Frequency", "P6M", "P12M"),
        ("1/15/2020 - 1/20/2020", "Date", "2020-01-15", "2020-01-20"),
        ("January to July 2013", "Date", "2013-01", "2013-07"),
        ("March 5-7, 2019", "Date", "2019-03-05", "2019-03-07"),
        ("2012-2014", "Date", "2012", "2014"),
        ("between April and June", "Date", "2020-04", "2020-06"),
        ("2-3 days ago", "Date", "2021-03-07", "2021-03-08"),
        ("her 50s", "Age", "P50Y", "P59Y"),
    ],
)
def test_ranges_have_an_end(text, kind, value, end):
    found = normalize_time(text, NOTE, kind)
    assert (found["value"], found["value_end"]) == (value, end)


@pytest.mark.parametrize(
    ("text", "kind", "mod", "value"),
    [
        ("since 2019", "Date", "START", "2019"),
        ("until June 2015", "Date", "END", "2015-06"),
        ("early 2015", "Date", "EARLY", "2015"),
        ("beginning of August 2006", "Date", "EARLY", "2006-08"),
        ("mid-October", "Date", "MID", "2020-10"),
        ("late January, 2017", "Date", "LATE", "2017-01"),
        ("sometime in 2014", "Date", "APPROX", "2014"),
        ("before 3/15/2020", "Date", "BEFORE", "2020-03-15"),
        ("just before admission", "Date", "BEFORE", None),
        ("more than 10 days", "Duration", "MORE_THAN", "P10D"),
        ("<2 weeks", "Duration", "LESS_THAN", "P2W"),
        ("~3 days", "Duration", "APPROX", "P3D"),
        ("since 5 years", "Duration", "START", "P5Y"),
        ("over 50", "Age", "MORE_THAN", "P50Y"),
        ("younger than 50 years old", "Age", "LESS_THAN", "P50Y"),
        ("early 70s", "Age", "EARLY", "P70Y"),
    ],
)
def test_modifiers_stand_beside_the_value(text, kind, mod, value):
    found = normalize_time(text, NOTE, kind)
    assert (found["mod"], found["value"]) == (mod, value)


@pytest.mark.parametrize(
    ("text", "value", "freq"),
    [
        ("BID", "P1D", "2"),
        ("t.i.d.", "P1D", "3"),
        ("twice weekly", "P1W", "2"),
        ("2–3 times per week", "P1W", "2-3"),
        ("3x/day", "P1D", "3"),
        ("once a week", "P1W", "1"),
    ],
)
def test_sets_say_how_often(text, value, freq):
    found = normalize_time(text, None, "Frequency")
    assert (found["type"], found["value"], found["freq"]) == ("SET", value, freq)


@pytest.mark.parametrize(
    ("text", "anchor", "offset"),
    [
        ("two weeks ago", "note", "-P2W"),
        ("yesterday", "note", "-P1D"),
        ("3 days PTA", "admission", "-P3D"),
        ("HD 2", "admission", "P1D"),
        ("POD #3", "surgery", "P3D"),
        ("3 days before the operation", "surgery", "-P3D"),
        ("Four hours postpartum", "birth", "PT4H"),
        ("3 months later", "previous", "P3M"),
        ("the same day", "previous", "P0D"),
        ("one week after the diagnosis", "unknown", "P1W"),
        ("day 15", "unknown", "P15D"),
        ("12th week", "unknown", "P12W"),
        ("2-3 days ago", "note", "-P2D/-P3D"),
        ("a few hours later", "previous", "PTXH"),
    ],
)
def test_what_is_relative_to_something_unknown_is_not_resolved(text, anchor, offset):
    found = normalize_time(text, None, "Date")
    assert (found["anchor"], found["offset"]) == (anchor, offset)
    assert (found["resolved"], found["value"]) == (False, None)
    assert found["reason"]


@pytest.mark.parametrize(
    ("text", "value", "is_resolved", "reason"),
    [
        ("3/15", "XXXX-03-15", False, "no_year"),
        ("June", "XXXX-06", False, "no_year"),
        ("on Tuesday", None, False, "no_reference"),
        ("2/30/2020", None, False, "no_such_date"),
        ("Feb 30, 2020", None, False, "no_such_date"),
        ("2/29/2021", None, False, "no_such_date"),
        ("31/4/2020", None, False, "no_such_date"),
        ("25/13/2020", None, False, "no_such_date"),
        ("3/4/2020", "2020-03-04", False, "ambiguous_order"),
        ("3/3/2020", "2020-03-03", True, ""),
        ("3/15/21", "2021-03-15", True, "assumed_century"),
        ("3/15/62", "1962-03-15", True, "assumed_century"),
    ],
)
def test_nothing_is_guessed_without_a_reference(text, value, is_resolved, reason):
    found = normalize_time(text, None, "Date")
    assert found["value"] == value
    assert (found["resolved"], found["reason"]) == (is_resolved, reason)


def test_the_reference_says_the_century():
    def read(text, reference):
        return normalize_time(text, reference, "Date")["value"]

    assert read("7/16/51", date(2151, 7, 20)) == "2151-07-16"
    assert read("7/16/51", NOTE) == "1951-07-16"
    assert read("7/16/22", NOTE) == "2022-07-16"
    assert read("7/16/23", NOTE) == "1923-07-16"


def test_a_date_after_the_note_is_marked():
    found = normalize_time("3/15/2022", NOTE, "Date")
    assert (found["value"], found["reason"]) == ("2022-03-15", "after_note")


def test_what_is_to_come_is_after_the_note():
    def read(text):
        return normalize_time(text, NOTE, "Date", is_future=True)["value"]

    assert read("5/20") == "2021-05-20"
    assert read("1/20") == "2022-01-20"
    assert read("Friday") == "2021-03-12"
    assert read("in 2 weeks") == "2021-03-24"


def test_day_first_is_a_setting():
    def read(**settings):
        return normalize_time("3/4/2020", NOTE, "Date", **settings)

    assert read(day_first=True)["value"] == "2020-04-03"
    assert read(day_first=False)["value"] == "2020-03-04"
    assert read(day_first=True)["reason"] == read(day_first=False)["reason"] == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "Date"),
        ("  ", "Date"),
        ("soon", "Date"),
        ("at that time", "Date"),
        ("25:00", "Time"),
        ("13/45", "Date"),
        ("555-0142", "Date"),
        ("1.2.3.4", "Date"),
        ("intermittent", "Frequency"),
        ("Q12", "Frequency"),
        ("child", "Age"),
        ("\u05e9\u05dc\u05d5\u05dd", "Date"),
        ("1" * 5000, "Date"),
    ],
)
def test_other_texts_are_no_times(text, kind):
    found = normalize_time(text, NOTE, kind)
    assert found is None or found["value"] is None


_PIECES = st.sampled_from(
    [
        "3",
        "/",
        "4",
        "-",
        ".",
        "2019",
        "March",
        "last",
        "next",
        "week",
        "days",
        "ago",
        "after",
        "since",
        "POD",
        "#",
        "30",
        "x",
        "q",
        "h",
        "99",
        ":",
        "am",
        "half",
        "and",
        "a",
        "½",
        "year",
        "old",
        "'s",
        "th",
        "admission",
        "to",
    ]
)


@given(
    st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=8).map(" ".join)),
    st.sampled_from(["", *sorted(KINDS)]),
    st.sampled_from([None, NOTE, date.min, date.max]),
)
@settings(max_examples=300, deadline=None)
def test_normalize_time_never_fails(text, kind, reference):
    anchors = {"previous": reference} if reference else {}
    found = normalize_time(text, reference, kind, anchors=anchors)
    if found is not None and not found["resolved"]:
        assert found["reason"]
    if found is not None and found["resolved"]:
        assert found["value"]
