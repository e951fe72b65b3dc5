import time

import pytest

from spacy_clinical.export.timeline import make_timeline
from tests.export.made import make_related

NONE = dict.fromkeys(("value", "value_end", "mod", "anchor", "offset", "freq"))


def make_record(text, *, entities, relations=(), measurements=(), sentences=None):
    """A record with entities (words, label, date), found in the text in this order."""
    rows, at = [], 0
    for words, label, value in entities:
        start = text.index(words, at)
        at = start + len(words)
        date = None
        if value is not None:
            known = value if isinstance(value, dict) else {"value": value}
            resolved = {"type": "DATE", "resolved": True, "reason": ""}
            date = {**NONE, **resolved, **known}
        place = {"start": start, "end": at}
        rows.append({"label": label, "text": words, **place, "date": date})
    pairs = [
        {"label": name, "child": rows[child], "head": rows[head], "score": 0.9}
        for name, child, head in relations
    ]
    starts = [0] if sentences is None else sentences
    return {
        **{"text": text, "entities": rows, "relations": pairs, "sentences": starts},
        "measurements": list(measurements),
    }


def read(record):
    """The dates, with what has them; "~" before what only stands near."""
    return {
        moment.value: [
            "~" * event.is_near + record["text"][event.start : event.end]
            for event in moment.events
        ]
        for moment in make_timeline(record).moments
    }


def test_relations_say_what_has_a_date():
    record = make_record(
        "Cough in 2019, then gout.",
        entities=[
            ("Cough", "Sign_symptom", None),
            ("2019", "Date", "2019"),
            ("gout", "Disease_disorder", None),
        ],
        relations=[("MODIFY", 1, 2), ("OVERLAP", 1, 2), ("BEFORE", 1, 0)],
    )
    assert read(record) == {"2019": ["~Cough", "gout"]}


def test_without_relations_the_nearest_date_of_the_sentence_counts():
    text = (
        "Knee replacement in 2014 and an arthroscopy of the other in May 2018. "
        "On 6/2 echo showed effusion, and on 6/4 CT. Pain.\nGout."
    )
    record = make_record(
        text,
        entities=[
            ("replacement", "Therapeutic_procedure", None),
            ("2014", "Date", "2014"),
            ("arthroscopy", "Diagnostic_procedure", None),
            ("May 2018", "Date", "2018-05"),
            ("6/2", "Date", "2020-06-02"),
            ("echo", "Diagnostic_procedure", None),
            ("effusion", "Sign_symptom", None),
            ("6/4", "Date", "2020-06-04"),
            ("CT", "Diagnostic_procedure", None),
            ("Pain", "Sign_symptom", None),
            ("Gout", "Disease_disorder", None),
        ],
        sentences=[0, text.index("On"), text.index("Pain"), text.index("Gout")],
    )
    assert read(record) == {
        "2014": ["~replacement"],
        "2018-05": ["~arthroscopy"],
        "2020-06-02": ["~echo", "~effusion"],
        "2020-06-04": ["~CT"],
    }


def test_what_is_far_or_no_event_has_no_date():
    record = make_record(
        f"Cough {'x ' * 60}2019. left",
        entities=[
            ("Cough", "Sign_symptom", None),
            ("2019", "Date", "2019"),
            ("left", "Biological_structure", None),
        ],
    )
    [words] = read(record)["2019"]
    assert words.startswith("~")
    assert "2019" in words
    assert "Cough" not in words


def test_a_date_of_nothing_shows_the_words_around_it():
    record = make_record(
        "Seen:\nDate of visit: 3/4/2020\nWell.",
        entities=[("3/4/2020", "Date", "2020-03-04")],
    )
    assert read(record) == {"2020-03-04": ["~Date of visit: 3/4/2020"]}


@pytest.mark.parametrize(
    "date",
    [
        {"value": "XXXX-03", "resolved": False, "reason": "no_year"},
        {"value": None, "resolved": False, "reason": "no_reference"},
        {"value": "2019-02-30"},
        {"type": "TIME", "value": "T16:00"},
    ],
)
def test_dates_that_cannot_be_placed_are_counted(date):
    record = make_record("Cough in March", entities=[("March", "Date", date)])
    assert make_timeline(record) == ([], 1)


@pytest.mark.parametrize("kind", ["SET", "DURATION", "AGE"])
def test_durations_ages_and_frequencies_are_no_dates(kind):
    date = {"type": kind, "value": "P6W"}
    record = make_record("for 6 weeks", entities=[("6 weeks", "Duration", date)])
    assert make_timeline(record) == ([], 0)


def test_measurements_with_a_date_are_on_it_once():
    text = "Na 128 on 2/3/2020. K 4.1"
    row = {"start": 0, "end": 6, "analyte": {"key": "sodium", "start": 0, "end": 2}}
    record = make_record(
        text,
        entities=[
            ("Na", "Diagnostic_procedure", None),
            ("128", "Lab_value", None),
            ("2/3/2020", "Date", "2020-02-03"),
        ],
        measurements=[{**row, "date": "2020-02-03"}, {**row, "date": None}],
    )
    [moment] = make_timeline(record).moments
    assert [event.measurement for event in moment.events if not event.is_near] == [0]
    assert all(event.entity is None for event in moment.events)


def test_dates_are_sorted_and_the_same_ones_are_together():
    record = make_record(
        "Gout 2019. Cough 5/2019. Fever since 2019. Pain 2019.",
        entities=[
            ("Gout", "Disease_disorder", None),
            ("2019", "Date", "2019"),
            ("Cough", "Sign_symptom", None),
            ("5/2019", "Date", "2019-05"),
            ("Fever", "Sign_symptom", None),
            ("2019", "Date", {"value": "2019", "mod": "START"}),
            ("Pain", "Sign_symptom", None),
            ("2019", "Date", "2019"),
        ],
        sentences=[0, 11, 25, 43],
    )
    moments = make_timeline(record).moments
    found = [(m.value, m.mod, len(m.events), m.dates) for m in moments]
    assert found == [
        ("2019", None, 2, [1, 7]),
        ("2019", "START", 1, [5]),
        ("2019-05", None, 1, [3]),
    ]


def test_parts_of_years_and_ranges_are_covered():
    record = make_record(
        "early 2019, 2020 to 2021",
        entities=[
            ("2019", "Date", {"value": "2019", "mod": "EARLY"}),
            ("2020 to 2021", "Date", {"value": "2020", "value_end": "2021"}),
        ],
    )
    early, years = (moment.period for moment in make_timeline(record).moments)
    assert early.end - early.start == pytest.approx(365 / 3)
    assert years.end - years.start == 366 + 365


def test_make_timeline_reads_what_components_wrote():
    record = make_related()
    found = read(record)
    assert [words.strip("~") for words in found["2019-02-03"]] == ["pain"]
    assert any("Troponin" in words for words in found["2020-03-01"])
    bare = {**record, "text": None, "relations": [], "measurements": []}
    bare["entities"] = [{**ent, "date": None} for ent in record["entities"]]
    assert make_timeline(bare) == ([], 0)


def test_make_timeline_takes_time_in_proportion():
    def measure(n):
        record = make_record(
            "Cough 2019 " * n,
            entities=[("Cough", "Sign_symptom", None), ("2019", "Date", "2019")] * n,
        )
        times = []
        for _ in range(3):
            start = time.process_time()
            [moment] = make_timeline(record).moments
            times.append(time.process_time() - start)
            assert len(moment.events) == n
        return min(times)

    assert measure(16_000) < 30 * measure(2000)
