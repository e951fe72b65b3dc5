"""What FHIR and OMOP claim of a finding follows its section and its line."""

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinical.export import fhir, omop
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.types import Note
from tests.conftest import doc_from_markup
from tests.export.test_fhir import by_type, check, make

KINDS = {
    "d": "Disease_disorder",
    "m": "Medication",
    "s": "Sign_symptom",
    "v": "Lab_value",
    "t": "Diagnostic_procedure",
}


def make_one(markup: str):
    """Make the record of a note: <d>, <m>, <s>, <v> and <t> stand around entities."""
    for short, label in KINDS.items():
        markup = markup.replace(f"<{short}>", f"<{label}>")
        markup = markup.replace(f"</{short}>", f"</{label}>")
    nlp = spacy.blank("en")
    splitter = nlp.add_pipe("clinical_section_splitter")
    doc: Doc = splitter(doc_from_markup(nlp, markup))
    return make_record(Note("n", doc.text, {}, "x.txt"), doc)


def find(markup: str):
    bundle = make(make_one(markup))
    check(bundle)
    return by_type(bundle)


def test_drugs_under_allergies_are_allergies_with_their_reactions():
    found = find(
        "ALLERGIES:\n<m>Penicillin</m> - <s>hives</s>, <d>anaphylaxis</d>\n"
        "<m>Sulfa</m>\n<s>rash</s> with <m>codeine</m>\n\nMEDICATIONS:\n<m>aspirin</m>\n"
    )
    [statement] = found["MedicationStatement"]
    assert statement["medicationCodeableConcept"]["text"] == "aspirin"
    assert "Condition" not in found
    assert [
        (
            allergy["code"]["text"],
            [r["manifestation"][0]["text"] for r in allergy.get("reaction", ())],
        )
        for allergy in found["AllergyIntolerance"]
    ] == [("Penicillin", ["hives", "anaphylaxis"]), ("Sulfa", []), ("codeine", [])]


@pytest.mark.parametrize(
    "body",
    ["NKDA", "NKDA.", "No known drug allergies", "none", "Denies any allergies", "NKA"],
)
def test_no_known_allergies(body):
    found = find(f"ALLERGIES: {body}\n\nPLAN:\nRest.\n")
    [allergy] = found["AllergyIntolerance"]
    assert allergy["code"]["coding"][0]["code"] == "716186003"


@pytest.mark.parametrize(
    "note",
    [
        "ALLERGIES: see chart\n",
        "ALLERGIES: <m>penicillin</m>. No known food allergies.\n",
        "HPI: NKDA per patient\n",
        "ALLERGIES:\n",
    ],
)
def test_nothing_else_says_that_no_allergy_is_known(note):
    for allergy in find(note).get("AllergyIntolerance", ()):
        assert allergy["code"] == {"text": "penicillin"}


def test_disorders_of_the_family_are_not_the_patients():
    found = find(
        "FAMILY HISTORY:\nMother with <d>stroke</d> and <d>diabetes</d>. Father died of "
        "<d>cancer</d>.\n<d>Asthma</d> in several.\nTakes <m>statins</m>.\n\n"
        "PMH:\n<d>gout</d>\n"
    )
    [condition] = found["Condition"]
    assert condition["code"]["text"] == "gout"
    assert "MedicationStatement" not in found
    relatives = {
        history["relationship"]["coding"][0]["code"]: [
            disorder["code"]["text"] for disorder in history["condition"]
        ]
        for history in found["FamilyMemberHistory"]
    }
    assert relatives == {
        "MTH": ["stroke", "diabetes"],
        "FTH": ["cancer"],
        "FAMMEMB": ["Asthma"],
    }


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("<m>lisinopril</m> 10 mg daily", "unknown"),
        ("Stopped <m>lisinopril</m> last week", "stopped"),
        ("<m>lisinopril</m> was discontinued", "stopped"),
        ("D/C'd <m>lisinopril</m>", "stopped"),
        ("no longer taking <m>lisinopril</m>", "stopped"),
        ("hold <m>lisinopril</m> before surgery", "on-hold"),
        ("not taking <m>lisinopril</m>", "not-taken"),
        ("will start <m>lisinopril</m>", "intended"),
        ("completed a course of <m>lisinopril</m>", "completed"),
        # Look-alikes: of another drug, another clause, another word.
        ("Stopped smoking. Takes <m>lisinopril</m>", "unknown"),
        ("<m>lisinopril</m>; stopped drinking", "unknown"),
        ("<m>lisinopril</m>, stopped aspirin", "unknown"),
        ("household <m>lisinopril</m>", "unknown"),
    ],
)
def test_medications_that_are_not_taken_are_not_active(line, status):
    [statement] = find(f"MEDICATIONS:\n{line}\n")["MedicationStatement"]
    assert statement["status"] == status


def test_what_is_planned_is_not_done():
    found = find(
        "PLAN:\n<m>metformin</m> 500 mg\nWatch for <d>lactic acidosis</d>.\n"
        "<t>A1c</t> below <v>7</v>\n<d>Diabetes</d>: continue.\n\n"
        "DISCHARGE INSTRUCTIONS:\nReturn if <d>pneumonia</d>. <m>Tylenol</m> as needed.\n"
    )
    statuses = [row["status"] for row in found["MedicationStatement"]]
    assert statuses == ["intended", "intended"]
    assert [c["code"]["text"] for c in found["Condition"]] == ["Diabetes"]
    assert "Observation" not in found


@pytest.mark.parametrize(
    ("line", "n_conditions"),
    [
        ("r/o <d>PE</d>", 0),
        ("to rule out <d>PE</d>", 0),
        ("if <d>PE</d> is found", 0),
        ("at risk for <d>PE</d>", 0),
        ("<d>PE</d>", 1),
        ("If worse, call. Has <d>PE</d>", 1),
        ("life-threatening <d>PE</d>", 1),
    ],
)
def test_what_may_come_is_no_condition(line, n_conditions):
    assert len(find(f"HPI:\n{line}\n").get("Condition", ())) == n_conditions


def test_codes_whose_evidence_is_all_in_the_family_are_left_out():
    record = make_one("FAMILY HISTORY:\nstroke\n\nHPI:\nstroke\n")
    family, own = (record["sections"][i]["body_start"] for i in (0, 1))
    code = {"code": "434", "title": "Stroke", "score": 0.9, "icd10": []}

    def count(places):
        evidence = [{"start": place, "end": place + 6, "score": 1} for place in places]
        made = make({**record, "codes": [{**code, "evidence": evidence}]})
        return len(by_type(made).get("Condition", ()))

    assert [count([family]), count([own]), count([family, own]), count([])] == [
        0,
        1,
        1,
        1,
    ]


def test_omop_says_of_whom_and_whether():
    record = make_one(
        "FAMILY HISTORY: <d>stroke</d>\n\nALLERGIES: <m>sulfa</m>\n\nHPI: r/o <d>PE</d>. "
        "Has <d>gout</d>.\n\nPLAN: <m>colchicine</m> for <d>gout</d>\n"
    )
    rows = list(omop.list_rows(record, date="2026-09-14"))
    assert [(row["term_exists"], row["term_temporal"]) for row in rows] == [
        ("N", ""),
        ("N", ""),
        ("N", ""),
        ("", ""),
        ("", "Future"),
        ("", ""),
    ]
    said = [row["term_modifiers"].split(",")[2] for row in rows[:3]]
    assert said == ["subject=family", "allergy=true", "conditional=true"]


def test_without_text_sections_still_count():
    record = make_one("FAMILY HISTORY: <d>stroke</d>\n\nALLERGIES: NKDA\n")
    bundle = fhir.make_bundle(without_text(record), subject=None, date="2026-09-14")
    check(bundle)
    assert {"Condition", "AllergyIntolerance"}.isdisjoint(by_type(bundle))
    [row] = omop.list_rows(without_text(record), date="2026-09-14")
    assert row["term_exists"] == "N"
