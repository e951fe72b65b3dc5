"""Notes as they shouldn't be: what rules find in them is gone in every mode, and no more."""

import pytest
import spacy

from spacy_clinical.identifiers import deidentify
from spacy_clinical.identifiers.found import PHI_KEY
from tests.identifiers.replace.notes import KEY

MODES = ["mask", "tag", "numbered", "surrogate", "shift", "generalize"]
# Notes, and what must not be left of them.
NOTES = {
    "identifiers alone": (
        "Dr. Ann Lee 3/14/2021 617-555-0199 MRN 4482911",
        ["ann", "lee", "3/14/2021", "0199", "4482911"],
    ),
    "combining marks": ("Mr. Jose\u0301 Nu\u0301n\u0303ez came.", ["jose", "nu\u0301"]),
    "right to left": (
        "Patient: \u05d3\u05d5\u05d3 \u05db\u05d4\u05df, DOB 3/14/1951",
        ["\u05d3\u05d5\u05d3", "\u05db\u05d4\u05df", "3/14/1951"],
    ),
    "homoglyphs": ("Mr. \u041a\u0435lly has pain.", ["lly"]),
    "over line ends": (
        "Call her at 617-555-\n0199 or a.lee@\nlakeside.org for the results.",
        ["617-555", "0199", "a.lee", "lakeside.org"],
    ),
    "lines as on Windows": (
        "MRN:\t4482911\r\nDOB:\t3/14/1951\r\nNa\t138\r\n",
        ["4482911", "3/14/1951"],
    ),
    "control characters": (
        "MRN:\x00 4482911\x07, SSN 412-55-9087",
        ["4482911", "412-55"],
    ),
    "no such day": ("Seen 2/30/2021 and 2/29/2021.", ["2/30", "2/29"]),
    "two patients": (
        "Patient: Jane Quill, MRN 4482911.\nPatient: Tom Zebulon, MRN 7719220.",
        ["quill", "zebulon", "4482911", "7719220"],
    ),
}


@pytest.fixture(scope="module")
def finder():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_deidentifier")
    return nlp


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", NOTES)
def test_nothing_is_left_of_bad_notes(finder, name, mode):
    text, secrets = NOTES[name]
    result = deidentify(finder(text), mode, key=KEY)
    assert [s for s in secrets if s in text.lower() and s in result.text.lower()] == []
    assert all(secret in text.lower() for secret in secrets)
    # What was no identifier is the same on both sides.
    end = 0
    for row in result.offsets.replaced:
        first, last = result.offsets.to_new(end, row.old_start)
        assert (
            end == row.old_start or result.text[first:last] == text[end : row.old_start]
        )
        end = row.old_end


@pytest.mark.parametrize(
    "text", ["", " \n\t", "No identifiers: chest pain.", "\x00\u202e"]
)
@pytest.mark.parametrize("mode", MODES)
def test_notes_without_identifiers_stay_as_they_are(finder, text, mode):
    doc = finder(text)
    assert list(doc.spans[PHI_KEY]) == []
    assert deidentify(doc, mode, key=KEY).text == text


def test_two_patients_of_a_note_are_told_apart(finder):
    text = NOTES["two patients"][0] + "\nQuill is well. Zebulon isn't."
    clean = deidentify(finder(text), "numbered", key=KEY).text
    first, second = clean.splitlines()[:2]
    quill, zebulon = (line.split()[1].rstrip(",") for line in (first, second))
    assert quill != zebulon
    assert clean.splitlines()[2] == f"{quill} is well. {zebulon} isn't."
