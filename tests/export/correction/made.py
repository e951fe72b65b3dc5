"""A record, and comparisons, that the tests of correction share."""

from spacy_clinical.export.correction.annotated import (
    Annotated,
    Link,
    Mark,
    make_record,
)
from spacy_clinical.types import Note

# Characters outside of the basic plane before the marks, and markup, which is text here.
TEXT = "\U0001f915 HPI:\r\nNo <b>fever</b>.\nTakes aspirin\n81 mg. Dr. Smith."


def find(words):
    start = TEXT.index(words)
    return start, start + len(words)


MARKS = [
    Mark("entities", *find("fever"), "Sign_symptom", ("is_negated",)),
    Mark("entities", *find("aspirin"), "Medication", (), (("C0004057", "Aspirin"),)),
    Mark("entities", *find("81 mg"), "Dosage"),
    # Overlaps both, and spans a line.
    Mark("entities", *find("aspirin\n81 mg"), "Order", ("is_historical",)),
    Mark("identifiers", *find("Smith"), "STAFF"),
    Mark("sections", 0, len(TEXT), "history_of_present_illness"),
]
LINKS = [Link("MODIFY", 2, 1)]
ANNOTATED = Annotated(Note("n/1", TEXT, {}, "notes.csv:1"), MARKS, LINKS)


def make_made_record():
    """Make the record of these annotations."""
    return make_record(ANNOTATED)


def describe(annotated):
    """What has to come back, without regard to the order of marks."""
    marks = [mark._replace(score=None) for mark in annotated.marks]
    links = {
        (link.label, marks[link.child], marks[link.head]) for link in annotated.links
    }
    return annotated.note.id, annotated.note.text, set(marks), links
