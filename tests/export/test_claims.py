"""What FHIR and OMOP claim of a finding follows its section and its line."""

import pytest
from spacy.tokens import Doc

from spacy_clinical.export import fhir, omop
from spacy_clinical.export.records import make_record, without_text
from spacy_clinical.types import Note
from tests.conftest import doc_from_markup, load_blank
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
    nlp = load_blank("clinical_section_splitter")
    [(_, splitter)] = nlp.pipeline
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
        ("Did not take <m>lisinopril</m>", "not-taken"),
        ("He is not on <m>lisinopril</m>", "not-taken"),
        ("isn't taking any <m>lisinopril</m>", "not-taken"),
        ("has not been taking his <m>lisinopril</m>", "not-taken"),
        ("completed a course of <m>lisinopril</m>", "completed"),
        # Look-alikes: of another drug, another clause, another word.
        ("Stopped smoking. Takes <m>lisinopril</m>", "unknown"),
        ("<m>lisinopril</m>; stopped drinking", "unknown"),
        ("<m>lisinopril</m>, stopped aspirin", "unknown"),
        ("He is on <m>lisinopril</m>", "unknown"),
        ("not on aspirin, takes <m>lisinopril</m>", "unknown"),
        ("not on hold: <m>lisinopril</m>", "unknown"),
        ("He did not stop <m>lisinopril</m>", "unknown"),
        ("household <m>lisinopril</m>", "unknown"),
        ("Held 0.5 tablets of <m>lisinopril</m>", "on-hold"),
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


@pytest.mark.parametrize(
    ("note", "n_conditions"),
    [
        ("PLAN: Rule out pneumonia. Watch for diabetes.\n", 0),
        ("PLAN:\nr/o PE\n", 0),
        ("HPI: Admitted to rule out MI.\n", 0),
        ("PLAN: CT chest to rule out PE.\n", 0),
        ("HPI: If pneumonia develops, call.\n", 0),
        # Look-alikes: something is stated too.
        ("PLAN: Rule out pneumonia. Diabetes.\n", 1),
        ("PLAN: Pneumonia, watch for sepsis.\n", 1),
        ("PLAN: Rule out PE, but has gout.\n", 1),
        ("HPI: CT showed pneumonia, will rule out PE.\n", 1),
        ("PLAN: Diabetes.\n", 1),
    ],
)
def test_codes_of_what_is_only_to_be_ruled_out_are_left_out(note, n_conditions):
    record = make_one(note)
    evidence = [{"start": 0, "end": len(note), "score": 1}]
    code = {"code": "486", "title": "x", "score": 0.9, "icd10": []}
    made = make({**record, "codes": [{**code, "evidence": evidence}]})
    check(made)
    assert len(by_type(made).get("Condition", ())) == n_conditions


@pytest.mark.parametrize(
    ("line", "allergies"),
    [
        (
            "<m>penicillin</m> (tolerates <m>amoxicillin</m>). No known food allergies.",
            {"penicillin": []},
        ),
        (
            "<m>morphine</m>. Tolerated <m>oxycodone</m> without <s>reaction</s>.",
            {"morphine": []},
        ),
        ("<m>iodine</m> tolerated well, <m>codeine</m>", {"codeine": []}),
        # Look-alikes.
        (
            "tolerates <m>amoxicillin</m>, <m>penicillin</m> - <s>rash</s>",
            {"penicillin": ["rash"]},
        ),
        ("does not tolerate <m>codeine</m>", {"codeine": []}),
        ("<m>sulfa</m> (tolerated cephalexin)", {"sulfa": []}),
        ("<m>NSAIDs</m> (<m>ibuprofen</m>)", {"NSAIDs": [], "ibuprofen": []}),
    ],
)
def test_tolerated_drugs_are_no_allergies(line, allergies):
    assert list_allergies(f"ALLERGIES: {line}\n") == allergies


@pytest.mark.parametrize(
    ("line", "allergies"),
    [
        (
            "<m>Penicillin</m> (<m>hives</m>), <m>sulfa</m> - <m>rash</m>",
            {"Penicillin": ["hives"], "sulfa": ["rash"]},
        ),
        ("<m>Penicillin</m> (hives), sulfa - <s>rash</s>", {"Penicillin": ["hives"]}),
        ("<m>codeine</m> causes <m>blue toes</m>", {"codeine": ["blue toes"]}),
        ("<m>codeine</m> - <s>rash</s>; <s>cough</s>", {"codeine": ["rash"]}),
        ("<m>codeine</m>. Today <s>fever</s>", {"codeine": []}),
        ("<m>codeine</m>, no known <d>food allergies</d>", {"codeine": []}),
    ],
)
def test_reactions_are_known_by_their_place(line, allergies):
    assert list_allergies(f"ALLERGIES: {line}\n") == allergies


def list_allergies(note: str) -> dict[str, list[str]]:
    return {
        allergy["code"]["text"]: [
            reaction["manifestation"][0]["text"]
            for reaction in allergy.get("reaction", ())
        ]
        for allergy in find(note).get("AllergyIntolerance", ())
    }


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("Discontinued Medications:", "stopped"),
        ("Stop taking these medications:", "stopped"),
        ("STOP taking:", "stopped"),
        ("Medications stopped", "stopped"),
        ("Held medications", "on-hold"),
        ("MEDICATIONS ON HOLD", "on-hold"),
        ("Medications held on admission:", "on-hold"),
        # Look-alikes.
        ("START taking:", "unknown"),
        ("Continue taking", "unknown"),
        ("CHANGE how you take:", "unknown"),
        ("Do not stop taking:", "unknown"),
        ("He stopped his medications", "unknown"),
    ],
)
def test_drugs_of_a_list_have_the_status_of_its_title(title, status):
    note = (
        f"HPI:\nWell.\n\n{title}\n<m>lisinopril</m> 10 mg\n- <m>aspirin</m>\n\n"
        "Home medications:\n<m>warfarin</m>\n"
    )
    found = [row["status"] for row in find(note)["MedicationStatement"]]
    assert found == [status, status, "unknown"]
    rows = list(omop.list_rows(make_one(note), date="2026-09-14"))
    past = "Past" if status == "stopped" else ""
    assert [row["term_temporal"] for row in rows] == [past, past, ""]
    said = [f"status={status}" in row["term_modifiers"] for row in rows]
    assert said == [status != "unknown", status != "unknown", False]


def test_a_list_ends_where_sentences_follow():
    found = find(
        "Held medications:\n<m>warfarin</m>\n\nHe takes <m>aspirin</m> daily.\n"
    )
    statuses = [row["status"] for row in found["MedicationStatement"]]
    assert statuses == ["on-hold", "unknown"]


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
