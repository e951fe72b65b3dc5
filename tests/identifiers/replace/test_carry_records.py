"""What belongs together in a note does so in its clean text, without days that are gone."""

import json

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.identifiers import deidentify
from spacy_clinical.relations.records import keep_meta_dates, write_records
from tests.identifiers.replace.notes import KEY, make_doc

MARKED = (
    "Date of Service: <DATE:date>03/14/2024</>\nMrs. <PATIENT:name>Quill</>\n\n"
    "Admitted <DATE:date>3/10/2024</> with fever. Started aspirin 81 mg daily for 3 days. "
    "Two days ago Hgb was 8.2 g/dL (12.0-16.0). Mrs. <PATIENT:name>Quill</> is better.\n"
)
ENTS = {
    "03/14/2024": "Date",
    "3/10/2024": "Date",
    "aspirin": "Medication",
    "Two days ago": "Date",
    "3 days": "Duration",
}


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_sentencizer")
    nlp.add_pipe("clinical_relations")
    return nlp


def annotate(nlp, marked=MARKED, ents=ENTS, meta=None):
    doc = make_doc(marked, nlp)
    doc.ents = [
        doc.char_span(doc.text.index(words), doc.text.index(words) + len(words), label)
        for words, label in ents.items()
    ]
    keep_meta_dates(doc, meta or {})
    write_records(doc)
    head, child = doc.ents[2], doc.ents[3]
    doc._.relations = [
        {
            "label": "OVERLAP",
            "head": locate(head),
            "child": locate(child),
            "score": 0.9,
        }
    ]
    return doc


def locate(span):
    place = {"start_char": span.start_char, "end_char": span.end_char}
    return {"label": span.label_, **place}


def read(doc, place):
    return doc.text[place["start_char"] : place["end_char"]]


@pytest.mark.parametrize("mode", ["tag", "mask", "shift", "surrogate", "numbered"])
def test_places_are_those_of_the_clean_text(nlp, mode):
    doc = annotate(nlp)
    new = deidentify(doc, mode, key=KEY, nlp=nlp).doc
    [drug] = new._.medications
    assert (read(new, drug["drug"]), drug["drug"]["text"]) == ("aspirin", "aspirin")
    assert read(new, drug["dose"]) == "81 mg"
    assert read(new, drug["dosages"][0]["frequency"]) == "daily"
    assert read(new, drug["duration"]) == "for 3 days"
    [hemoglobin] = new._.measurements
    assert hemoglobin["value_text"] in read(new, hemoglobin)
    assert read(new, hemoglobin["analyte"]) == "Hgb"
    assert (hemoglobin["value"], hemoglobin["range_low"]) == (8.2, 12.0)
    [relation] = new._.relations
    assert read(new, relation["head"]) == "aspirin"
    assert "uill" not in json.dumps([new._.medications, new._.measurements])


def read_dates(doc):
    return [ent._.date and ent._.date["value"] for ent in doc.ents if ent._.date]


def test_days_are_gone_with_the_dates_of_the_note(nlp):
    doc = annotate(nlp)
    assert read_dates(doc) == ["2024-03-14", "2024-03-10", "P3D", "2024-03-12"]
    new = deidentify(doc, "tag", nlp=nlp).doc
    dates = [ent._.date for ent in new.ents if ent._.date]
    assert [date["value"] for date in dates] == [None, None, "P3D", None]
    assert [date["reason"] for date in dates] == ["removed", "removed", "", "removed"]
    assert dates[-1]["offset"] == "-P2D"
    assert b"2024-" not in new.to_bytes()


@pytest.mark.parametrize("mode", ["shift", "surrogate"])
def test_days_move_with_the_dates_of_the_note(nlp, mode):
    doc = annotate(nlp)
    new = deidentify(doc, mode, key=KEY, nlp=nlp).doc
    assert read_dates(new) != read_dates(doc)
    first, *_ = [ent for ent in new.ents if ent.label_ == "Date"]
    # What the clean text says.
    assert new.text.startswith(f"Date of Service: {first.text}")
    month, day, year = first.text.split("/")
    assert first._.date["value"] == f"{year}-{month:>02}-{day:>02}"
    assert b"2024-03-1" not in new.to_bytes()


def test_only_years_stay_of_dates_that_are_generalized(nlp):
    doc = annotate(nlp)
    new = deidentify(doc, "generalize", nlp=nlp).doc
    assert read_dates(new)[:2] == ["2024", "2024"]
    assert b"2024-" not in new.to_bytes()


def test_dates_that_are_kept_stay(nlp):
    doc = annotate(nlp)
    new = deidentify(doc, {"DATE": "keep", "*": "tag"}, nlp=nlp).doc
    assert read_dates(new) == read_dates(doc)


def test_days_of_metadata_are_gone(nlp):
    ents = {"3 days ago": "Date", "aspirin": "Medication"}
    doc = make_doc("<PATIENT:name>Quill</>: fever 3 days ago, aspirin. 2019", nlp)
    doc.ents = [
        doc.char_span(doc.text.index(words), doc.text.index(words) + len(words), label)
        for words, label in ents.items()
    ]
    keep_meta_dates(doc, {"note_date": "2021-03-10"})
    write_records(doc)
    assert read_dates(doc) == ["2021-03-07"]
    assert read_dates(deidentify(doc, "tag", nlp=nlp).doc) == [None]
    assert read_dates(deidentify(doc, {"DATE": "keep"}, nlp=nlp).doc) == ["2021-03-07"]


def test_drugs_that_are_identifiers_are_left_out(nlp):
    doc = make_doc("<PATIENT:name>Quillin</> 81 mg and aspirin 5 mg daily", nlp)
    doc.ents = [Span(doc, 0, 1, "Medication"), doc.char_span(18, 25, "Medication")]
    write_records(doc)
    assert len(doc._.medications) == 2
    new = deidentify(doc, "tag", nlp=nlp).doc
    assert [m["drug"]["text"] for m in new._.medications] == ["aspirin"]


def test_a_doc_without_records_gets_none(nlp):
    doc = make_doc("<PATIENT:name>Quill</>: pain", nlp)
    new = deidentify(doc, "tag", nlp=nlp).doc
    assert new._.medications == new._.measurements == new._.relations == []
