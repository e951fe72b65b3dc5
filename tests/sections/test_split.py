import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.sections.split import split_sections
from spacy_clinical.sections.vocabulary import load_titles
from tests.conftest import find_corpus

DISCHARGE_SUMMARY = """\
Name:  ___                     Unit No:   ___

Admission Date:  ___              Discharge Date:   ___

Service: MEDICINE

Allergies:
___

Attending: ___.

Chief Complaint:
Weakness

Major Surgical or Invasive Procedure:
Paracentesis

History of Present Illness:
___ with cirrhosis. History of present illness is notable for falls. Allergies
were reviewed.

Past Medical History:
1. Cirrhosis
2. Hypertension

Social History:
___
Family History:
Mother with heart disease

Physical Exam:
VS: 98.1 107/61
General: in NAD
HEENT: anicteric
CV: RRR

Pertinent Results:
ADMISSION LABS:
GLUCOSE-109 UREA N-25

Brief hospital course:
Admitted with weakness.
# Ascites: tapped.
# HTN: held lisinopril.

Medications on Admission:
1. Furosemide 20 mg PO DAILY

Discharge Medications:
1. Furosemide 40 mg PO DAILY

Discharge Disposition:
Home With Service

Discharge Diagnosis:
Ascites

Discharge Condition:
Mental Status: Clear and coherent.
Activity Status: Ambulatory - Independent.

Discharge Instructions:
Dear Ms. ___,
Thank you.

Followup Instructions:
___
"""
OPERATIVE_NOTE = """\
PREOPERATIVE DIAGNOSIS: Cholelithiasis.
POSTOPERATIVE DIAGNOSIS: Same.
PROCEDURE PERFORMED: Laparoscopic cholecystectomy.
ANESTHESIA: General.
ESTIMATED BLOOD LOSS: 20 mL.
COMPLICATIONS: None.
INDICATIONS FOR PROCEDURE: Biliary colic.
DESCRIPTION OF PROCEDURE: The patient was brought to the room.
"""


@pytest.fixture(scope="module")
def titles():
    return load_titles()


def labels(text, titles, depth=1, **options):
    sections = split_sections(text, titles, **options)
    return [section.label for section in sections if section.depth == depth]


STYLES = {
    "capitals": "CHIEF COMPLAINT\nPain.\n\nALLERGIES\nNone known.",
    "capitals and colon": "CHIEF COMPLAINT: Pain.\nALLERGIES: None known.",
    "title case": "Chief Complaint\n\nPain.\n\nAllergies\n\nNone known.",
    "title case and colon": "Chief Complaint: Pain.\nAllergies: None known.",
    "lower case": "chief complaint: pain\nallergies: none known",
    "own line and colon": "Chief Complaint:\nPain.\nAllergies:\nNone known.",
    "markdown": "# Chief Complaint\nPain.\n## Allergies\nNone known.",
    "bold": "**Chief Complaint**\nPain.\n**Allergies:** None known.",
    "bold before colon": "**Chief Complaint**: Pain.\n__Allergies__: None known.",
    "numbers": "1. Chief Complaint: Pain.\n2) ALLERGIES: None known.",
    "roman numbers": "I. CHIEF COMPLAINT\nPain.\nII. ALLERGIES\nNone known.",
    "letters": "A. Chief Complaint: Pain.\nB. Allergies: None known.",
    "rulers": "-----\nChief Complaint\n-----\nPain.\n_____\nAllergies\n_____\nNone.",
    "framed": "=== CHIEF COMPLAINT ===\nPain.\n--- ALLERGIES ---\nNone known.",
    "one line": "CHIEF COMPLAINT: Pain. ALLERGIES: None known.",
    "commas": "CHIEF COMPLAINT: , Pain.,ALLERGIES: , None known.",
    "abbreviations": "CC: Pain.\nALL: None known.",
    "dashes": "CHIEF COMPLAINT - Pain.\nAllergies - None known.",
    "tabs": "CHIEF COMPLAINT\tPain.\nALLERGIES\tNone known.",
    "misspaced": "Chief  complaint :Pain.\nALLERGIES :None known.",
    "parenthesis": "CHIEF COMPLAINT (per wife): Pain.\nALLERGIES (reviewed): None.",
    "bullets": "- Chief Complaint: Pain.\n- Allergies: None known.",
    "Windows line ends": "CHIEF COMPLAINT\r\n\r\nPain.\r\n\r\nALLERGIES\r\n\r\nNone.",
    "hard spaces": "Chief\xa0Complaint:\xa0Pain.\n\u202fAllergies: None known.",
}


@pytest.mark.parametrize("style", STYLES)
def test_split_sections_knows_header_styles(style, titles):
    assert labels(STYLES[style], titles) == ["chief_complaint", "allergies"]


@pytest.mark.parametrize(
    "line",
    [
        "Glucose: 120",
        "Temp: 98.6",
        "BP: 120/80",
        "Hemoglobin: 12.1",
        "Plan to discharge tomorrow",
        "The plan: go home",
        "Allergies were reviewed.",
        "History of present illness is notable for falls.",
        "Assessment and plan were discussed with: the family",
        "Dr. Smith: please call",
        "10:30",
        "Seen at 10:30",
        "Note: fasting",
        "Doctor: How are you?",
        "Patient: Fine.",
        "- Aspirin 81 mg daily",
        "1. Lisinopril 10 mg",
        "2. Allergies",
        "medications",
        "https://example.org",
        "cc: Dr. Jones",
        "P: 80",
    ],
)
@pytest.mark.parametrize("start", ["", "He was seen.\n", "PLAN:\nGo on.\n"])
def test_split_sections_leaves_lines_that_are_no_titles(line, start, titles):
    before = labels(start, titles)
    assert labels(f"{start}{line}\nand so on", titles) == (before or ["preamble"])


def test_split_sections_does_not_depend_on_the_notes_before():
    for first in STYLES.values():
        fresh = load_titles()
        split_sections(first, fresh)
        for style in ("capitals", "title case and colon", "abbreviations"):
            assert labels(STYLES[style], fresh) == ["chief_complaint", "allergies"]


def test_split_sections_reads_a_discharge_summary(titles):
    assert labels(DISCHARGE_SUMMARY, titles) == [
        "preamble",
        "allergies",
        "other",
        "chief_complaint",
        "procedures",
        "history_of_present_illness",
        "past_medical_history",
        "social_history",
        "family_history",
        "physical_exam",
        "results",
        "results",
        "hospital_course",
        "admission_medications",
        "discharge_medications",
        "discharge_disposition",
        "discharge_diagnosis",
        "discharge_condition",
        "discharge_instructions",
        "follow_up",
    ]


def test_split_sections_finds_parts(titles):
    parts = [
        (section.parent, section.label)
        for section in split_sections(DISCHARGE_SUMMARY, titles)
        if section.depth == 2 and section.parent != "preamble"
    ]
    assert parts == [
        ("physical_exam", "vital_signs"),
        ("physical_exam", "general"),
        ("physical_exam", "head_eyes_ears_nose_throat"),
        ("physical_exam", "cardiovascular"),
        ("hospital_course", "ascites"),
        ("hospital_course", "htn"),
        ("discharge_condition", "mental_status"),
        ("discharge_condition", "functional_status"),
    ]


def test_split_sections_reads_an_operative_note(titles):
    assert labels(OPERATIVE_NOTE, titles) == [
        "preoperative_diagnosis",
        "postoperative_diagnosis",
        "procedures",
        "anesthesia",
        "estimated_blood_loss",
        "complications",
        "procedure_indications",
        "procedure_description",
    ]


def test_split_sections_reads_soap_letters_only_together(titles):
    assert labels("S: pain\nO: BP 120\nA: HTN\nP: rest", titles) == [
        "history_of_present_illness",
        "physical_exam",
        "assessment",
        "plan",
    ]
    assert labels("Q: pain?\nA: no", titles) == ["preamble"]


def test_split_sections_nests_parts_of_parts(titles):
    text = (
        "ASSESSMENT AND PLAN\n\n1. Gout.\n- Medical Reasoning: flare\n"
        "- Medical Treatment: colchicine\n\n2. Asthma.\n- Medical Treatment: inhaler\n"
    )
    found = [
        (section.depth, section.label, text[section.start : section.end].count("\n"))
        for section in split_sections(text, titles)
    ]
    assert found == [
        (1, "assessment_and_plan", 8),
        (2, "gout", 4),
        (3, "medical_reasoning", 1),
        (3, "medical_treatment", 2),
        (2, "asthma", 2),
        (3, "medical_treatment", 1),
    ]
    assert labels(text, titles, depth=3, max_depth=2) == []
    assert labels(text, titles, depth=2, max_depth=2) == ["gout", "asthma"]
    assert labels(text, titles, depth=2, max_depth=1) == []


def test_split_sections_keeps_unknown_titles_as_other(titles):
    text = "PLAN: rest\n\nSURGICAL ATTIRE:\nnone\n"
    assert labels(text, titles, min_confidence=0.6)[-1:] == ["plan"]
    text = "ALLERGIES: none\n\nSURGICAL ATTIRE:\nnone\n"
    section = split_sections(text, titles)[-1]
    assert section.label == "other"
    assert text[slice(*section.title)] == "SURGICAL ATTIRE"
    assert labels(text, titles, unknown_titles=False) == ["allergies"]
    assert labels(text, titles, min_confidence=0.75) == ["allergies"]


def test_split_sections_takes_only_the_categories_asked_for(titles):
    text = "HPI: pain\nMEDICATIONS: aspirin\nALLERGIES: none"
    found = labels(text, titles, categories=["medications"])
    assert found == ["other", "medications", "other"]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("PLAN: rest", "rest"),
        ("**PLAN:** rest", "rest"),
        ("PLAN\n=====\n- rest", "- rest"),
        ("Allergies: ___", "___"),
        ("Allergies:\n___\n", "___\n"),
        ("PLAN - rest", "rest"),
        ("PLAN:", ""),
    ],
)
def test_split_sections_says_where_the_body_starts(text, body, titles):
    section = split_sections(text, titles)[0]
    assert text[section.body_start : section.end] == body


def assert_tiles(text, sections):
    tops = [section for section in sections if section.depth == 1]
    borders = [(section.start, section.end) for section in tops]
    assert "".join(text[start:end] for start, end in borders) == text
    for section in sections:
        assert section.start <= section.body_start <= section.end
        if section.title:
            assert section.start <= section.title[0] < section.title[1] <= section.end


@given(
    st.lists(
        st.sampled_from(
            [
                "HPI",
                "Plan",
                ":",
                "\n",
                "\r\n",
                " ",
                "\t",
                "-",
                "#",
                "1.",
                "*",
                "pain",
                "\u2028",
                "\xa0",
                "\x00",
                "_",
                "(",
                ")",
                ".",
                "é",
                "😀",
                "ALLERGIES",
            ]
        ),
        max_size=60,
    ).map("".join)
)
@settings(max_examples=300, deadline=None)
def test_split_sections_loses_no_character(text):
    assert_tiles(text, split_sections(text, TITLES, min_confidence=0.0))


TITLES = load_titles()


@pytest.mark.parametrize(
    "unit",
    ["x", " ", "\n", "-", "A", ":", "A:", "a ", "# ", "1.", "**", "\t", "- ", "PLAN: "],
)
def test_split_sections_takes_linear_time(unit, titles):
    def seconds(n_chars):
        text = unit * (n_chars // len(unit))
        start = time.process_time()
        sections = split_sections(text, titles)
        assert_tiles(text, sections)
        return time.process_time() - start

    short = min(seconds(10_000) for _ in range(3))
    # Ten times the length; quadratic time would be a hundred times as long.
    assert min(seconds(100_000) for _ in range(2)) < 40 * max(short, 0.002)


def paper_titles(text):
    """The titles that the splitter of the Bio_ClinicalBERT paper would find.

    A phrase at the start of a line, up to a colon, of which every word but of, on
    and or starts with a capital.
    """
    found = []
    for match in re.finditer(r"^([A-Za-z ]+):(?=\s|$)", text, re.MULTILINE):
        words = [word for word in match[1].split() if word not in ("of", "on", "or")]
        if words and all(word[0].isupper() for word in words):
            found.append(match[1])
    return found


def test_split_sections_finds_what_the_clinicalbert_paper_finds(titles):
    for note in (DISCHARGE_SUMMARY, OPERATIVE_NOTE):
        found = {
            note[slice(*section.title)]
            for section in split_sections(note, titles)
            if section.title
        }
        expected = paper_titles(note)
        assert len(expected) >= 8
        # Vital signs' short name is a title to us too.
        assert set(expected) <= found


def test_split_sections_rarely_cuts_case_reports(titles):
    reports = list(find_corpus("maccrobat2020").glob("*/*.txt"))
    cut = [
        path.name
        for path in reports
        if len(labels(path.read_text(encoding="utf8"), titles)) > 1
    ]
    assert len(reports) == 160
    assert len(cut) <= 3
