import subprocess
import sys

import spacy

from spacy_clinical.extensions.relation_attributes import RECORDS
from spacy_clinical.relations.records import RECORD_MAKERS
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
