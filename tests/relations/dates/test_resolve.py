from datetime import date, datetime
from time import perf_counter

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Span

from spacy_clinical.relations.dates import resolve_dates
from spacy_clinical.relations.dates.anchors import find_anchors, find_meta_dates
from spacy_clinical.relations.dates.calendar_dates import Context
from spacy_clinical.relations.dates.find import find_calendar_dates, find_day_first
from tests.conftest import doc_from_markup

NLP = spacy.blank("en")


def resolve(markup, **settings):
    """The values of a marked-up note, by their texts."""
    doc = doc_from_markup(NLP, markup)
    return {
        doc.text[r["start_char"] : r["end_char"]]: r
        for r in resolve_dates(doc, **settings)
    }


def values(markup, **settings):
    return {text: r["value"] for text, r in resolve(markup, **settings).items()}


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("Date of Service: 3/14/2024", "2024-03-14"),
        ("DATE OF CONSULTATION:  05/16/2023\n", "2023-05-16"),
        ("Name: X     DOS: 2024-03-14", "2024-03-14"),
        (
            "Admission Date: [**2151-7-16**]   Discharge Date: [**2151-7-20**]",
            "2151-07-20",
        ),
        ("DATE OF OPERATION: 07/18/2023", "2023-07-18"),
        ("Hillside Practice\n\nJune 3, 2024\n\nDear Dr. Fictional,", "2024-06-03"),
        ("Dictated: 07/18/2023 12:01", "2023-07-18"),
        (
            "Electronically signed by Nora Sample, MD at 3/14/2024 10:42 AM",
            "2024-03-14",
        ),
    ],
)
def test_the_head_says_when_a_note_was_written(head, day):
    assert find_anchors(head, {})["note"] == date.fromisoformat(day)


@pytest.mark.parametrize(
    "head",
    [
        "Admission Date: 3/14/2024",
        "DOB: 3/14/1950",
        "Date of Service: 3/14/2024\nDate of Service: 3/15/2024",
        "Date of Service: 2/30/2024",
        "CT of 3/14/2024",
        "",
    ],
)
def test_otherwise_nothing_says_it(head):
    assert "note" not in find_anchors(head, {})


def test_metadata_count_more_than_the_head():
    known = {"note": date(2024, 3, 15)}
    assert find_anchors("Date of Service: 3/14/2024", known) == known


def test_find_meta_dates_reads_usual_columns():
    meta = {
        "CHARTDATE": "2151-07-16 00:00:00",
        "admit_time": datetime(2151, 7, 14, 3),
        "Date of Birth": "3/15/2080",
        "surgery date": date(2151, 7, 15),
        "dischtime": "3/4/2151",
        "dose": 5,
    }
    assert find_meta_dates(meta) == {
        "note": "2151-07-16",
        "admission": "2151-07-14",
        "surgery": "2151-07-15",
        "birth": "2080-03-15",
    }


def test_note_dates_stay_with_the_doc():
    doc = doc_from_markup(NLP, "Cough since <Date>yesterday</Date>.")
    doc._.note_dates = {"note": "2021-03-10"}
    [record] = resolve_dates(type(doc)(doc.vocab).from_bytes(doc.to_bytes()))
    assert (record["value"], record["mod"]) == ("2021-03-09", "START")
    assert record["label"] == "Date"
    assert (record["start_char"], record["end_char"]) == (12, 21)


def test_words_beside_an_entity_belong_to_it():
    assert values(
        "Date of Service: 3/14/2024\n"
        "Fever since <Date>2019</Date>, worse <Date>two weeks</Date> ago, <Age>58</Age> "
        "years old, rash <Date>3 days</Date> prior to admission, in <Date>March</Date>."
    ) == {
        "2019": "2019",
        "two weeks": "2024-02-29",
        "58": "P58Y",
        "3 days": None,
        "March": "2024-03",
    }


def test_a_day_before_an_entity_belongs_to_its_month():
    found = resolve(
        "Seen 29 <Date>Feb 2021</Date>. Fell on 5th of <Date>May 2021</Date>."
    )
    assert found["Feb 2021"]["reason"] == "no_such_date"
    assert found["May 2021"]["value"] == "2021-05-05"
    assert values("Room 12. <Date>Feb 2021</Date>") == {"Feb 2021": "2021-02"}


def test_days_in_hospital_are_read_wherever_the_borders_are():
    note = "Surgery 2/27/2021, admitted 2/26/2021. "
    [found] = resolve(f"{note}Hospital <Date>day 4</Date>").values()
    assert found["anchor"] == "admission"
    [found] = resolve(f"{note}Post-op <Date>day 2</Date>").values()
    assert found["anchor"] == "surgery"


def test_a_discharge_summary_has_its_admission():
    assert values(
        "Admission Date: [**2151-7-16**]   Discharge Date: [**2151-7-20**]\n"
        "Cough <Date>3 days PTA</Date>. On <Date>HD 2</Date> he walked. "
        "Sick contact <Date>7/10</Date>."
    ) == {"3 days PTA": "2151-07-13", "HD 2": "2151-07-17", "7/10": "2151-07-10"}


def test_an_operative_date_makes_days_after_it_dates():
    assert values("Date of surgery: 7/18/2023\n<Date>POD #3</Date>: drain out.") == {
        "POD #3": "2023-07-21"
    }


def test_the_next_day_is_that_after_a_date_of_the_same_sentence():
    found = values(
        "Seen on <Date>3/15/2021</Date> and admitted <Date>the next day</Date>.\n"
        "Better <Date>the following day</Date>."
    )
    assert found["the next day"] == "2021-03-16"
    # The story goes on.
    assert found["the following day"] == "2021-03-17"


@pytest.mark.parametrize(
    ("markup", "value"),
    [
        (
            "Admitted on <Date>3/15/2024</Date>. <Date>Two days later</Date> better.",
            "2024-03-17",
        ),
        (
            "Admitted on <Date>3/15/2024</Date>. Went home <Date>the day after</Date>.",
            "2024-03-16",
        ),
        (
            "Fell on <Date>3/15/2024</Date>. No pain <Date>since then</Date>.",
            "2024-03-15",
        ),
        # Of another story, of something else, or of what isn't a day.
        (
            "Admitted on <Date>3/15/2024</Date>.\n\n<Date>Two days later</Date> better.",
            None,
        ),
        (
            "Seen <Date>3/15/2024</Date>. Home <Date>the day after</Date> the biopsy.",
            None,
        ),
        ("Ill in <Date>2021</Date>. <Date>Two days later</Date> he had hives.", None),
        ("Seen <Date>3/15/2024</Date>. Ill <Date>2 weeks earlier</Date>.", None),
    ],
)
def test_times_are_counted_on_from_the_date_before(markup, value):
    *_, last = resolve(markup).values()
    assert last["value"] == value
    assert last["resolved"] is (value is not None)


@pytest.mark.parametrize(
    ("markup", "value"),
    [
        ("Given at <Date>2000</Date>.", "T20:00"),
        ("Stopped <Date>@ 0300</Date>.", "T03:00"),
        ("Ill in <Date>2000</Date>.", "2000"),
    ],
)
def test_clocks_are_no_years(markup, value):
    [found] = resolve(markup).values()
    assert found["value"] == value


def test_words_for_months_show_their_place():
    assert find_day_first("14 March 2023. Seen 5/3/23.") is True
    assert find_day_first("March 14, 2023. Seen 5/3/23.") is False
    assert find_day_first("14-Mar-2023. Seen 5/3/23.") is None
    # Numbers are surer.
    assert find_day_first("14 March 2023. Seen 3/25/23.") is False


def test_after_something_that_is_named_is_not_after_the_date_before_it():
    found = resolve(
        "On <Date>3/15/2021</Date> and <Date>one week after</Date> the biopsy he bled."
    )
    assert found["one week after"]["anchor"] == "unknown"
    assert found["one week after"]["value"] is None


def test_an_appointment_is_after_the_note():
    markup = (
        "Date of Service: 3/14/2024\nSurgery is scheduled for <Date>May 20</Date>.\n"
        "Seen on <Date>May 21</Date>."
    )
    assert values(markup) == {"May 20": "2024-05-20", "May 21": "2023-05-21"}


def test_other_dates_of_the_note_show_which_number_is_the_month():
    assert values("Seen <Date>3/4/2020</Date> and <Date>25/4/2020</Date>.") == {
        "3/4/2020": "2020-04-03",
        "25/4/2020": "2020-04-25",
    }
    found = resolve("Seen <Date>3/4/2020</Date>.")["3/4/2020"]
    assert (found["value"], found["reason"]) == ("2020-03-04", "ambiguous_order")
    assert (found["other"], found["resolved"]) == ("2020-04-03", False)


def test_dates_that_disagree_show_no_order():
    assert find_day_first("25/4/2020 and 4/25/2020") is None
    assert find_day_first("4/25/2020") is False
    assert find_day_first("BP 120/80, 3/4") is None


def test_times_of_other_labels_are_passed_over():
    assert resolve("<Sign_symptom>yesterday</Sign_symptom> <Date>soon</Date>") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CT of 3/14/2024 and 5-Mar-2020.", ["2024-03-14", "2020-03-05"]),
        ("[**2151-7-16**] 05:30AM BLOOD", ["2151-07-16T05:30"]),
        ("2/30/2024, 555-0142, 1.2.3, 120/80, 12/05/23", ["2023-12-05"]),
        ("call 1-800-555-0142 or 10-20-30-40", []),
    ],
)
def test_find_calendar_dates(text, found):
    dates = find_calendar_dates(text, Context(date(2024, 3, 14), day_first=False))
    assert [one.value.value for one in dates] == found


@given(st.text(alphabet="Date of Service: 3/14-0\n[**]Jan ", max_size=200))
@settings(max_examples=100, deadline=None)
def test_reading_a_head_never_fails(text):
    for one in find_calendar_dates(text, Context(), with_short=True):
        assert 0 <= one.start < one.end <= len(text)
    assert set(find_anchors(text, {})) <= {"note", "birth", "admission"}


@pytest.mark.parametrize("part", ["Date ", "signed by x ", "1/1/", "[**", "12-", " "])
def test_long_notes_take_linear_time(part):
    def measure(n):
        text = part * (n // len(part))
        start = perf_counter()
        find_anchors(text, {})
        find_day_first(text)
        assert all(one.value for one in find_calendar_dates(text, Context()))
        return perf_counter() - start

    small = max(min(measure(100_000) for _ in range(2)), 0.01)
    assert measure(1_000_000) < 10 * small * 5


@given(st.text(max_size=60), st.sampled_from(["Date", "Time", "Duration", "Age"]))
@settings(max_examples=100, deadline=None)
def test_records_are_of_the_entities(text, label):
    doc = NLP.make_doc(f"Seen on 3/14/2021 {text}")
    spans = [Span(doc, i, len(doc), label=label) for i in range(0, len(doc), 3)]
    places = {(span.start_char, span.end_char) for span in spans}
    for record in resolve_dates(doc, spans=spans):
        assert (record["start_char"], record["end_char"]) in places
        assert record["resolved"] or record["reason"]
