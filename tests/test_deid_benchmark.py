"""How benchmarks/deid.py counts."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import deid
from identifier_scores import Scores, format_scores, list_words

TEXT = "Seen by Dr. Hope Brown-Lee on 3/4/2020 in Boston."


def _span(words, label):
    start = TEXT.index(words)
    return start, start + len(words), label


def test_words_count_whatever_tokens_they_are_in():
    gold = [_span("Hope Brown-Lee", "STAFF"), _span("3/4/2020", "DATE")]
    found = [_span("Dr. Hope Brown", "PATIENT"), _span("3/4/2020 in", "DATE")]
    scores = Scores()
    scores.add(TEXT, gold, found)
    result = scores.summarize()
    staff, every = result["STAFF"], result["all"]
    assert (staff["words"], staff["hit"], staff["leaked"]) == (3, 2, 1)
    assert staff["typed_recall"] == 0
    assert staff["whole"] == 0
    assert result["DATE"]["recall"] == result["DATE"]["whole_share"] == 1
    # "Dr" and "in" are no identifiers.
    assert (every["taken"], every["right"]) == (7, 5)
    assert result["DATE"]["precision"] == 0.75
    assert "| STAFF | us | 1 | 1 of 3 | 0.6667 |" in format_scores({"us": result})


def test_types_of_others_may_stand_for_several():
    scores = Scores(deid._Types(deid.PRESIDIO))
    found = [_span("Hope Brown-Lee", "PERSON"), _span("3/4/2020", "US_SSN")]
    scores.add(TEXT, [_span("Hope Brown-Lee", "STAFF")], found)
    result = scores.summarize()
    assert result["STAFF"]["typed_recall"] == 1
    assert result["all"]["precision"] == 0.5


def test_part_of_a_word_is_the_word():
    start = TEXT.index("oston")
    assert list_words(TEXT, start, start + 2) == [TEXT.index("Boston")]
    assert list_words(TEXT, 4, 5) == []


def test_authors_tags_are_read_and_corrected():
    tagged = "Seen by Dr. <<STAFF:Hope Brown-Lee on>> 3/4/2020 in <<LOCATION:Boston>>."
    spans = deid.read_tagged(TEXT, tagged)
    assert [TEXT[s:e] for s, e, _ in spans] == ["Hope Brown-Lee on", "Boston"]
    assert spans[1][2] == "LOC"
    fixed = deid.correct(TEXT, spans, (("on 3/4/2020", "DATE"), ("Boston", "")))
    assert [(TEXT[s:e].strip(), label) for s, e, label in fixed] == [
        ("Hope Brown-Lee", "STAFF"),
        ("on 3/4/2020", "DATE"),
    ]


def test_what_is_lost_of_notes_without_names():
    entities = [_span("Hope", "Sign_symptom"), _span("3/4/2020", "Date")]
    taken = [_span("Hope", "PATIENT"), _span("3/4/2020", "DATE")]
    row = deid.measure_losses([(TEXT, entities)], {"us": lambda texts: [taken]})["us"]
    assert (row["taken"], row["entities"], row["lost"]) == (1, 1, 1.0)
    assert row["taken_per_1000"] == pytest.approx(1000 / row["words"])
