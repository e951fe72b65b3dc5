import pytest
import spacy
from spacy.tokens import Span

from spacy_clinical.concepts.abbreviations import Abbreviations, load_abbreviations
from spacy_clinical.concepts.readings import read_short_forms

WIDE = frozenset(
    [
        "-",
        "Biological_structure",
        "Diagnostic_procedure",
        "Disease_disorder",
        "Medication",
        "Sign_symptom",
        "Therapeutic_procedure",
    ]
)


@pytest.fixture(scope="module")
def blank():
    return spacy.blank("en")


def read(blank, text, ent=None, label="", **settings):
    doc = blank(text)
    if ent is not None:
        start = text.index(ent)
        doc.ents = [
            doc.char_span(start, start + len(ent), label=label, alignment_mode="expand")
        ]
    settings = {"labels": WIDE, **settings}
    readings = read_short_forms(doc, doc.text, load_abbreviations(), **settings)
    return {text[r.start : r.end]: r.long_form for r in readings}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PMH: HTN, CHF.", {"HTN": "hypertension", "CHF": "congestive heart failure"}),
        ("htn", {"htn": "hypertension"}),
        (
            "HTN/HLD w/ afib",
            {
                "HTN": "hypertension",
                "HLD": "hyperlipidemia",
                "w/": "with",
                "afib": "atrial fibrillation",
            },
        ),
        # The usual one of several readings.
        ("DM, MI", {"DM": "diabetes mellitus", "MI": "myocardial infarction"}),
        # Two spellings of one reading.
        ("Afib, aFIB", {"Afib": "atrial fibrillation", "aFIB": "atrial fibrillation"}),
        # None is usual.
        ("MS, PE, RA and CP", {}),
        ("PT evaluated. MS: no edema. OR at 9.", {}),
        ("or as it is, all of us", {}),
        # Capitals say nothing where all is in capitals.
        ("HE HAS ALL OF HIS PADS OR A PAD", {}),
        ("PMH: HTN, PAD", {"HTN": "hypertension", "PAD": "peripheral artery disease"}),
        # A marker, not Crohn's disease.
        ("CD 20 positive, CD-3+, CD", {"CD": "Crohn's disease"}),
        ("ID: 77, IV, 25 mg bid po, R, L", {"ID": "infectious diseases"}),
        ("", {}),
    ],
)
def test_only_clear_forms_are_read(blank, text, expected):
    assert read(blank, text) == expected


@pytest.mark.parametrize(
    ("text", "ent", "label", "long_form"),
    [
        ("acute PE today", "acute PE", "Disease_disorder", "pulmonary embolism"),
        ("acute PE today", "acute PE", "DISEASE", "pulmonary embolism"),
        ("PE normal", "PE", "Diagnostic_procedure", "physical examination"),
        ("on RA now", "RA", "PROBLEM", "rheumatoid arthritis"),
        ("MS given", "MS", "Medication", "morphine sulfate"),
        ("has CP", "CP", "Sign_symptom", "chest pain"),
        # Two diseases; no reading of that type; an entity elsewhere.
        ("MS noted", "MS", "Disease_disorder", None),
        ("PE noted", "PE", "Medication", None),
        ("PE noted", "noted", "Disease_disorder", None),
        # The only reading stays, whatever an entity says.
        ("HTN noted", "HTN", "Diagnostic_procedure", "hypertension"),
        ("DM noted", "DM", "Medication", "diabetes mellitus"),
    ],
)
def test_an_entity_says_which_reading_fits(blank, text, ent, label, long_form):
    form = next(word for word in text.split() if word.isupper())
    assert read(blank, text, ent, label).get(form) == long_form


def test_what_a_note_explains_stands_for_that(blank):
    text = (
        "Multiple sclerosis (MS) since 2001. MS flare. Acute renal failure (ARF). ARF."
    )
    doc = blank(text)
    readings = read_short_forms(doc, text, load_abbreviations())
    assert [(text[r.start : r.end], r.start, r.long_form) for r in readings] == [
        ("MS", text.index("MS flare"), "multiple sclerosis"),
        ("ARF", text.index("ARF."), "acute renal failure"),
    ]
    # It means something that the inventory doesn't know.
    assert read(blank, "High threshold neurons (HTN). HTN fire.") == {}


def test_titles_are_read_only_if_they_name_a_condition(blank):
    text = "CV: fine\nGI: fine\nHTN: lisinopril"
    starts = [0, text.index("GI"), text.index("HTN")]
    titles = [(start, text.index(":", start) + 1) for start in starts]
    assert read(blank, text, titles=titles) == {"HTN": "hypertension"}
    assert "GI" in read(blank, text)


def test_conditions_are_read_unless_other_types_are_asked_for(blank):
    text = "HTN s/p CABG on ASA, SOB, CXR"
    doc = blank(text)
    readings = read_short_forms(doc, text, load_abbreviations())
    assert [r.long_form for r in readings] == ["hypertension", "shortness of breath"]
    assert len(read(blank, text)) == 6


def test_an_inventory_of_ones_own(blank):
    rows = [row for row in load_abbreviations() if row.short == "HTN"]
    doc = blank("HTN and CHF")
    [reading] = read_short_forms(doc, doc.text, Abbreviations(rows))
    assert (reading.start, reading.end) == (0, 3)
    assert read_short_forms(doc, doc.text, Abbreviations(rows), labels={"-"}) == []


def test_entities_of_a_doc_stay(blank):
    doc = blank("acute PE")
    doc.ents = [Span(doc, 0, 2, label="Disease_disorder")]
    before = doc.to_bytes()
    read_short_forms(doc, doc.text, load_abbreviations())
    assert doc.to_bytes() == before
