"""Rules on whole notes in ten styles, on hostile text, and on text of any sort."""

import time

import pytest

from spacy_clinical.identifiers.rules import find_identifiers
from tests.identifiers.marked import find, read_marked, show
from tests.identifiers.styles import STYLES


@pytest.mark.parametrize("style", STYLES)
def test_whole_notes_of_each_style(style):
    text, expected = read_marked(STYLES[style])
    rows = find(text)
    found = [i for row in rows for i in range(row.start, row.end)]
    missed = []
    place = 0
    for identifier in expected:
        place = text.index(identifier, place)
        inside = range(place, place + len(identifier))
        if any(text[i].isalnum() and i not in set(found) for i in inside):
            missed.append(identifier)
        place += len(identifier)
    assert missed == []
    # Nothing beside what is marked.
    marked = set("".join(expected).split()) | {w for e in expected for w in e.split()}
    assert [w for w in show(text, rows) if not set(w.split()) & marked] == []


# Each is repeated up to the length.
HOSTILE = (
    *(
        "1",
        "1-",
        "1/",
        "1 ",
        "a@",
        "a.",
        "A ",
        "Aa-",
        "Mr. ",
        "Dr. A B C D E F ",
        "[**",
    ),
    *("(((", "MRN: ", "\n", "Patient: A-A-A-A ", "12 Main Main Main ", "-\n", "May 1 "),
    *(
        "lives at 1 Aa Aa Aa ",
        "a . a . ",
        "a dot ",
        "01 ",
        "01-",
        "user a",
        "plate A1 A1 ",
    ),
    *("last four of ", "Regards Aa Aa ", "Client A. A. Aa ", "1 rue de la ", "Aa NSW "),
    *("e\u0301", "::::", "XXX-", "St. of ", "555-1", "and Center ", "0x0:"),
)


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_time_is_linear_in_the_length_of_hostile_text(piece):
    def measure(n_chars: int) -> float:
        text = (piece * n_chars)[:n_chars]
        start = time.process_time()
        find_identifiers(text)
        return time.process_time() - start

    measure(1000)
    # Ten times the text takes ten times as long, by far not a hundred times.
    assert measure(60_000) < 40 * max(measure(6000), 0.005)


def test_nothing_is_found_in_a_note_without_identifiers():
    text = (
        "HPI: The patient denies chest pain, s/p CABG x3. BP 120/80, HR 72, RR 16, T 98.6,"
        " SpO2 98% on 2L. Strength 5/5, reflexes 2+. Grade 3/6 systolic murmur.\n"
        "Labs: Na 140, K 4.2, Cr 1.1, WBC 8.4, Hgb 13.2, Plt 250, INR 1.1, A1c 7.2%.\n"
        "Meds: metoprolol 25 mg 1/2 tab BID, oxycodone 5-10 mg q4-6h prn, vitamin B12.\n"
        "Imaging: T12-L1 fracture, 3.2 x 2.1 cm mass. Ratio 1:2. EF 45-50%. GCS 15.\n"
        "Plan: Return in 6 weeks. Foley 16 Fr. Parkinson disease, Crohn's. Apgars 8/9.\n"
        "ICD-10 E11.9, CPT 99213. May need MRI. Continue IV fluids at 125 mL/hr, 24/7.\n"
    )
    assert show(text, find(text)) == []
