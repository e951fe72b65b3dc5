import subprocess
import sys

import spacy
from spacy.tokens import Doc

from spacy_clinical.extensions.relation_attributes import RECORDS
from spacy_clinical.relations.records import RECORD_MAKERS, write_records
from spacy_clinical.scale.stream import annotate_notes
from spacy_clinical.types import Note

TEXT = "HPI: fever 3 days ago.\nMEDICATIONS: aspirin 81 mg daily\nLABS: K 5.4 (H)"
PATTERNS = [
    {"label": "Medication", "pattern": "aspirin"},
    {"label": "Date", "pattern": "3 days ago"},
]


def make_pipeline():
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(PATTERNS)
    nlp.add_pipe("clinical_relations")
    return nlp


def test_all_makers_have_an_attribute_to_write_to():
    assert set(RECORD_MAKERS) == set(RECORDS)


def test_docs_get_medications_measurements_and_dates():
    doc = make_pipeline()(TEXT)
    assert doc._.medications[0]["dose"]["low"] == 81
    assert [m["analyte"]["key"] for m in doc._.measurements] == ["potassium"]
    (date,) = [ent._.date for ent in doc.ents if ent.label_ == "Date"]
    assert not date["resolved"]


def test_dates_are_counted_from_what_the_metadata_say():
    note = Note("a", TEXT, {"note_date": "2021-03-10"}, "notes.csv:1")
    ((_, doc),) = annotate_notes(make_pipeline(), [note])
    (date,) = [ent._.date for ent in doc.ents if ent.label_ == "Date"]
    assert date["value"] == "2021-03-07"


def test_factories_do_not_compile_the_patterns_of_records():
    script = (
        "import sys, spacy; spacy.blank('en').add_pipe('clinical_relations');"
        "print([m for m in sys.modules if m.startswith(('dateutil', "
        "'spacy_clinical.relations.sig', 'spacy_clinical.relations.dates', "
        "'spacy_clinical.relations.measurements'))])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"


def test_concepts_reach_medications_whenever_they_are_linked():
    doc = make_pipeline()("MEDICATIONS: aspirin 81 mg daily")
    assert doc._.medications[0]["drug"]["kb_id"] == ""
    [drug] = [ent for ent in doc.ents if ent.label_ == "Medication"]
    drug.kb_id_ = "D001241"
    doc.ents = [drug]
    assert doc._.medications[0]["drug"]["kb_id"] == "D001241"
    again = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert again._.medications[0]["drug"]["kb_id"] == "D001241"


def test_the_order_of_dates_can_be_set():
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "Date", "pattern": "5/3/24"}])
    nlp.add_pipe("clinical_relations", config={"day_first": True})
    doc = nlp("Seen 5/3/24: K 5.4 on 5/3/24")
    assert doc.ents[0]._.date["value"] == "2024-03-05"
    assert doc._.measurements[0]["date"] == "2024-03-05"


def test_dates_of_an_unknown_order_date_nothing():
    doc = spacy.blank("en")("Seen. K 5.4 on 5/3/24")
    write_records(doc)
    assert doc._.measurements[0]["date"] is None


def test_records_survive_joined_docs():
    nlp = make_pipeline()
    docs = [nlp(TEXT), nlp("MEDICATIONS: aspirin 5 mg. INR 2.1 (was 3.4)")]
    joined = Doc.from_docs(docs)
    assert [m["dose"]["low"] for m in joined._.medications] == [81, 5]
    assert [m["former"] for m in joined._.measurements] == [False, False, True]
    for record in (*joined._.medications, *joined._.measurements):
        assert 0 <= record["start_char"] < record["end_char"] <= len(joined.text)
