import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinical.errors import CodedValueError
from spacy_clinical.export.correction.annotated import (
    Mark,
    choose_longest,
    join_label,
    list_annotations,
    make_record,
    read_safely,
    split_label,
)
from spacy_clinical.export.docs import load_tokenizer, make_doc
from spacy_clinical.types import NoteFailure
from tests.export.correction.made import ANNOTATED, describe, make_made_record

PLACES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from("AB")),
    max_size=12,
)


def test_a_record_holds_what_is_annotated():
    record = make_made_record()
    assert describe(list_annotations(record)) == describe(ANNOTATED)
    assert [ent["label"] for ent in record["entities"]] == ["Sign_symptom", "Order"]
    assert [ent["label"] for ent in record["overlapping"]] == ["Medication", "Dosage"]


def test_a_doc_of_the_record_trains():
    doc = make_doc(make_made_record(), load_tokenizer())
    assert [(e.text, e.label_, e._.is_negated) for e in doc.ents] == [
        ("fever", "Sign_symptom", True),
        ("aspirin\n81 mg", "Order", False),
    ]
    assert [span.text for span in doc.spans["phi"]] == ["Smith"]
    [relation] = doc._.relations
    assert relation["head"]["label"] == "Medication"


@given(PLACES)
def test_choose_longest_leaves_out_only_what_overlaps(places):
    marks = {Mark("entities", s, s + n, label) for s, n, label in places}
    chosen = choose_longest(marks)
    taken = [i for mark in chosen for i in range(mark.start, mark.end)]
    assert len(taken) == len(set(taken))
    for mark in marks - chosen:
        longer = [c for c in chosen if c.start < mark.end and mark.start < c.end]
        assert max(c.end - c.start for c in longer) >= mark.end - mark.start


@pytest.mark.parametrize("place", [(-1, 2), (3, 3), (0, 10_000), (5, 2)])
def test_places_outside_of_the_text_are_refused(place):
    record = make_made_record()
    record["entities"][0] |= {"start": place[0], "end": place[1]}
    with pytest.raises(CodedValueError, match=rf"\[C761\].*{place[0]} to {place[1]}"):
        list_annotations(record)


def test_records_without_text_are_refused():
    record = make_made_record()
    del record["text"]
    with pytest.raises(CodedValueError, match=r"\[C325\]"):
        list_annotations(record)


def test_read_safely_quotes_nothing():
    failure = read_safely(lambda: {"fever": 1}["chills"], "a.json, task 1", "a format")
    assert failure == NoteFailure("a.json, task 1", failure.message)
    assert failure.message.startswith("[C760]")
    assert "KeyError" in failure.message
    assert "chills" not in failure.message


def test_labels_name_their_layer():
    for mark in ANNOTATED.marks[:5]:
        assert split_label(join_label(mark)) == (mark.layer, mark.label)


def test_no_annotations_make_a_record():
    record = make_record(ANNOTATED._replace(marks=[], links=[]))
    assert record["entities"] == record["relations"] == record["sections"] == []
