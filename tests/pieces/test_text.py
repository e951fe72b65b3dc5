import itertools

import pytest

from spacy_clinical.pieces.text import read_note
from tests.conftest import load_blank

NOTE = """\
Admission Date: [**2161-3-4**]

Allergies:
Penicillin

Chief Complaint:
Chest pain

History of Present Illness:
A 67-year-old woman with
chest pain. It came today.

Past Medical History:
1. Hypertension
2. Diabetes

Physical Exam:
Afebrile.

Brief Hospital Course:
She had an infarction.

Discharge Medications:
Aspirin

Discharge Instructions:
Rest.
"""
ADMISSION = (
    "CHIEF COMPLAINT: Chest pain\n\n"
    "PRESENT ILLNESS: A 67-year-old woman with chest pain. It came today.\n\n"
    "MEDICAL HISTORY: 1. Hypertension 2. Diabetes\n\n"
    "MEDICATION ON ADMISSION: \n\n"
    "ALLERGIES: Penicillin\n\n"
    "PHYSICAL EXAM: Afebrile.\n\n"
    "FAMILY HISTORY: \n\n"
    "SOCIAL HISTORY: "
)


@pytest.fixture(scope="module")
def nlp():
    return load_blank("clinical_section_splitter", "clinical_sentencizer")


def test_admission_note_is_as_core_was_trained(nlp):
    assert read_note(nlp(NOTE), "admission").text == ADMISSION


def test_every_character_comes_from_where_it_says(nlp):
    for sections in ("admission", "all", ["chief_complaint", "physical_exam"]):
        note = read_note(nlp(NOTE), sections)
        for i, character in enumerate(note.text):
            for start, end in note.find_sources(i, i + 1):
                assert end == start + 1
                assert character in (NOTE[start], " " if NOTE[start] == "\n" else "")


def test_sources_of_a_stretch_leave_out_what_is_not_in_the_note(nlp):
    note = read_note(nlp(NOTE), "admission")
    start = note.text.index("Chest pain")
    end = note.text.index("67-year")
    quoted = [NOTE[a:b] for a, b in note.find_sources(start, end)]
    assert quoted == ["Chest pain", "A "]
    assert note.find_sources(0, len("CHIEF COMPLAINT:")) == []
    assert note.find_sources(5, 5) == []


def test_only_the_first_section_of_a_kind_is_admission(nlp):
    doc = nlp(NOTE + "\nPhysical Exam:\nOn discharge well.\n")
    assert read_note(doc, "admission").text == ADMISSION


def test_home_medications_stand_in_for_those_on_admission(nlp):
    doc = nlp("Chief Complaint: pain\n\nMedications:\nAspirin 81 mg\n")
    assert (
        "MEDICATION ON ADMISSION: Aspirin 81 mg\n" in read_note(doc, "admission").text
    )


def test_a_note_without_admission_sections_is_read_whole(nlp):
    for text in ("No sections here.", "Impression:\nPneumonia.\n"):
        note = read_note(nlp(text), "admission")
        assert note.text == text
        assert note.find_sources(0, len(text)) == [(0, len(text))]


def test_sections_that_are_asked_for_come_in_the_notes_order(nlp):
    note = read_note(nlp(NOTE), ["physical_exam", "chief_complaint", "goals"])
    assert note.text == (
        "Chief Complaint:\nChest pain\n\nPhysical Exam:\nAfebrile.\n\n"
    )
    # Only those that the Doc has not.
    assert note.titles == []


def test_sections_can_be_left_out(nlp):
    text = "HPI:\nWell.\n\nFamily History:\nSister with cancer.\n\nPlan:\nRest.\n"
    doc = nlp(text)
    assert read_note(doc, "all").text == text
    left = read_note(doc, "all", exclude=["family_history"]).text
    assert left == "HPI:\nWell.\n\nPlan:\nRest.\n"
    assert read_note(doc, ["family_history"], exclude=["family_history"]).text == ""
    assert "Sister" not in read_note(doc, "admission", exclude=["family_history"]).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\n",
        "ALLERGIES:\n\nMEDICATIONS:\n",
        "[**First Name**] [**Last Name**] ___",
        "Electronically signed by: J. Doe, MD\n",
        "12/3 - 4.5",
    ],
)
@pytest.mark.parametrize("sections", ["admission", "all", ["allergies"]])
def test_boilerplate_alone_is_nothing_to_read(nlp, text, sections):
    assert read_note(nlp(text), sections).text == ""


def test_a_dictated_note_is_no_signature(nlp):
    said = "The patient has had a cough and fever since Monday. " * 20
    doc = nlp(f"DICTATED BY: Dr. Y\n{said}")
    assert [span.label_ for span in doc.spans["sections"]] == ["signature"]
    assert "cough and fever" in read_note(doc, "all").text


def test_a_title_and_a_bullet_go_with_the_sentence_after_them(nlp):
    note = read_note(nlp("HPI:\nWell today. No pain.\n\nPlan:\n# Rest.\n"))
    starts = [*note.sentences, len(note.text)]
    found = [note.text[a:b] for a, b in itertools.pairwise(starts)]
    assert [sentence.strip() for sentence in found] == [
        "HPI:\nWell today.",
        "No pain.",
        "Plan:\n# Rest.",
    ]


def test_notes_without_any_components_are_read_whole():
    doc = load_blank()("One. Two.")
    note = read_note(doc, "admission")
    assert (note.text, note.sections, note.sentences) == ("One. Two.", [], [])
    assert note.tokens[:, 0].tolist() == [0, 3, 5, 8]


def test_a_problem_is_a_sentence_by_itself_but_an_organ_is_not(nlp):
    text = (
        "Physical Exam:\nLUNGS: Clear.\n\nHospital Course:\nBetter.\n"
        "# Heart failure: Diuresis.\n"
    )
    note = read_note(nlp(text))
    found = [
        text[a:b].strip() for a, b in itertools.pairwise([*note.sentences, len(text)])
    ]
    assert found == [
        "Physical Exam:\nLUNGS: Clear.",
        "Hospital Course:\nBetter.",
        "# Heart failure:",
        "Diuresis.",
    ]
