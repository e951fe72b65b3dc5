"""Long invented notes in ten styles, and the kinds of lines that such notes have."""

from itertools import pairwise
from pathlib import Path

import pytest

from spacy_clinical.sections.split import split_sections
from spacy_clinical.sections.titles import SectionTitles
from spacy_clinical.sections.vocabulary import load_titles
from spacy_clinical.tokenization.sentences import split_sentences

NOTES = Path(__file__).parents[1] / "data" / "notes"
NAMES = sorted(path.stem for path in NOTES.glob("*.txt"))
TITLES = load_titles()
# Texts that a sentence starts with, and some that none does.
SENTENCES = {
    "cerner_progress": (
        ["Day 3 of admission.", "This morning oriented", "Azithromycin"],
        ["dyspnea and abdominal", "aids in reach"],
    ),
    "dictated_consult": (
        ["He can walk", "He sleeps on", "PLAN:  Continue"],
        ["Placeholder would like", "Hospital that was read", "flight of stairs"],
    ),
    "epic_clinic": (
        ["He feels well overall.", "- Hyperlipidemia", "Checks his sugars"],
        ["(CMS/HCC)"],
    ),
    "mimic_discharge": (
        ["There the NIHSS was 3.", "He then asked", "2. Hypertension"],
        ["ED. There", "45. He", "anticoagulation, who"],
    ),
    "nursing": (["Pulses palp.", "IS to 750", "Support to pt"], ["incisional pain"]),
    "operative": (
        ["After induction", "The duct was clipped", "All counts were"],
        ["5 mm ports", "placed supine", "cholangiogram."],
    ),
    "radiology": (
        ["2. Stone of 4 mm", "Follow-up CT", "No free air."],
        ["after IV contrast", "of the chest in 12"],
    ),
    "referral_letter": (
        ["His wife noticed", "Omeprazole 20 mg", "I have sent anti-CCP"],
        ["sides, grip is weak", "serology and a chest"],
    ),
}


def label(text, **options):
    return [s.label for s in split_sections(text, TITLES, **options) if s.depth == 1]


def parts(text):
    return [s.label for s in split_sections(text, TITLES) if s.depth > 1]


def read_outline(name):
    """Read label and title of each section and part, with its depth."""
    lines = (NOTES / f"{name}.outline").read_text(encoding="utf8").splitlines()
    outline = []
    for line in lines:
        found, _, title = line.strip().partition(": ")
        depth = (len(line) - len(line.lstrip())) // 2 + 1
        outline.append((depth, found, title))
    return outline


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", NAMES)
def test_notes_have_the_sections_and_parts_of_their_outline(name, line_end):
    text = (NOTES / f"{name}.txt").read_text(encoding="utf8")
    text = text.replace("\n", line_end)
    found = [
        (s.depth, s.label, text[slice(*s.title)] if s.title else "")
        for s in split_sections(text, TITLES)
    ]
    assert found == read_outline(name)


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_of_notes_start_where_they_do(name):
    text = (NOTES / f"{name}.txt").read_text(encoding="utf8")
    starts = split_sentences(text)
    wanted, unwanted = SENTENCES[name]
    for start in wanted:
        place = text.lower().find(start.lower())
        assert place in starts, start
    for start in unwanted:
        assert text.find(start) not in starts, start


MIXED = (
    "PAST MEDICAL HISTORY|Hypertension and gout|SOCIAL HISTORY|No tobacco|"
    "Physical Exam|Lungs are clear|Assessment|Pneumonia on the right|"
    "Plan|Antibiotics for a week"
)


# issue 15
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n"])
def test_title_case_after_capitals_opens_sections(gap):
    assert label(MIXED.replace("|", gap)) == [
        "past_medical_history",
        "social_history",
        "physical_exam",
        "assessment",
        "plan",
    ]


@pytest.mark.parametrize(
    ("lines", "found", "inside"),
    [
        (
            "PHYSICAL EXAM|Constitutional|Well|Neck|Supple|PLAN|Rest",
            ["physical_exam", "plan"],
            ["general", "neck"],
        ),
        (
            "HOSPITAL COURSE|Cardiovascular|Stable.|Pulmonary|Stable.|PLAN|Rest",
            ["hospital_course", "plan"],
            ["cardiovascular", "respiratory"],
        ),
    ],
)
def test_lesser_titles_stay_parts_of_their_section(lines, found, inside):
    text = ("CHIEF COMPLAINT|Pain|ALLERGIES|None|" + lines).replace("|", "\n")
    assert label(text)[2:] == found
    assert parts(text) == inside


@pytest.mark.parametrize(
    "title",
    ["Patient Active Problem List", "Active Problem List:", "**Problem List**"],
)
@pytest.mark.parametrize(
    "columns",
    [
        "Diagnosis\tDate Noted",
        "Diagnosis   Date Noted   Resolved",
        "DIAGNOSIS\tDATE",
        "Diagnosis Date Noted",
        "Problem\tStatus",
        "| Diagnosis | Date Noted |",
        "Diagnosis",
    ],
)
def test_columns_of_a_problem_list_open_nothing(title, columns):
    text = f"{title}\n{columns}\n- Hypertension\t2016\n- Gout\n\nALLERGIES: none"
    assert label(text) == ["problem_list", "allergies"]


@pytest.mark.parametrize(
    ("title", "columns", "found"),
    [
        ("Past Medical History:", "Diagnosis\tDate", "past_medical_history"),
        ("Past Surgical History", "Procedure\tLaterality", "past_surgical_history"),
        ("Family History", "Problem\tRelation\tAge of Onset", "family_history"),
        ("Current Outpatient Medications", "Medication\tSig", "medications"),
        ("Allergies", "Allergen\tReactions", "allergies"),
        ("Lab Results", "Component\tValue\tDate", "results"),
    ],
)
def test_columns_of_other_tables_open_nothing(title, columns, found):
    text = f"{title}\n{columns}\n• One\tTwo\n"
    assert label(text) == [found]
    assert parts(text) == []


def test_titles_before_a_tab_still_open_sections():
    assert label("ALLERGIES\tNone known.\nDiagnosis\tGout") == [
        "allergies",
        "assessment",
    ]


@pytest.mark.parametrize("comment", ["Comment: quit", "COMMENTS: quit", "Comment:\nx"])
def test_comments_belong_to_their_section(comment):
    for title in ("Social History", "LAB RESULTS:", "Allergies:"):
        text = f"{title}\nas told\n{comment}\n"
        assert len(label(text)) == 1
        assert parts(text)[-1] == "comment"


@pytest.mark.parametrize(
    "line",
    [
        "Results for orders placed or performed in visit on 03/14/24",
        "Results for orders placed or performed during the hospital encounter of "
        "01/02/24 (from the past 24 hour(s))",
        "RESULTS FOR ORDERS PLACED OR PERFORMED IN VISIT ON 03/14/24: BMP",
        "Results for orders placed in visit on 3/4/24 10:30",
        "Recent Results (from the past 240 hour(s))",
    ],
)
def test_results_for_orders_open_results(line):
    assert label(f"HPI: ill\n{line}\nGlucose 100\n\nPLAN: rest") == [
        "history_of_present_illness",
        "results",
        "plan",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Results for orders placed yesterday are pending.",
        "Results for orders placed in the clinic were normal",
        "The results for orders placed in visit on 3/4/24",
    ],
)
def test_sentences_on_results_open_nothing(line):
    assert label(f"HPI: ill\n{line}\nand more") == ["history_of_present_illness"]


@pytest.mark.parametrize(
    "line",
    [
        "BP 138/82 (BP Location: Left arm, Patient Position: Sitting) | Pulse 76",
        "BP (!) 138/82 (Site: L arm, Cuff Size: Adult)   Pulse 76",
        "Pulse 80 (Source: Monitor)",
        "Wt 94.3 kg (208 lb) BMI: 29",
    ],
)
@pytest.mark.parametrize("title", ["Vitals:", "Objective", "PHYSICAL EXAM:"])
def test_measures_with_remarks_are_no_titles(line, title):
    text = f"{title}\n{line}\n"
    assert len(label(text)) == 1
    assert parts(text) == []


@pytest.mark.parametrize("title", ["Followup Instructions:", "FOLLOW-UP:"])
def test_appointments_stay_in_follow_up(title):
    fields = (
        "Department: NEUROLOGY\nWhen: MONDAY at 1:30 PM\nWith: Dr. X\nBuilding: A\n\n"
        "Department: CARDIOLOGY\nName: Y, MD\nLocation: B\nAppointment: 1/2 10:30 AM\n"
    )
    assert label(f"Plan: rest\n\n{title}\n{fields}") == ["plan", "follow_up"]


def test_fields_of_the_head_still_end_other_sections():
    note = "Name: X\nAllergies:\nnone\nAttending: Dr. Y\nHPI: ill"
    assert label(note)[1:3] == ["allergies", "other"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Addendum:", "addendum"),
        ("ADDENDUM: CT shows a clot.", "addendum"),
        ("ADDENDUM 01/02/2024 14:30: CT shows a clot.", "addendum"),
        ("Addendum by Jane Roe, MD on 1/2/2024", "addendum"),
        ("**Addendum**", "addendum"),
        ("Attestation:", "attestation"),
        ("ATTENDING ATTESTATION: I saw her.", "attestation"),
        ("Teaching Physician Attestation", "attestation"),
        ("Attestation signed by Jane Roe, MD at 1/2/2024 3:00 PM", "attestation"),
        ("Electronically signed by Jane Roe, MD at 1/2/2024", "signature"),
        ("Scribe attestation: as dictated", "signature"),
    ],
)
def test_addenda_and_attestations_are_no_signatures(line, found):
    assert label(f"PLAN: rest\n\n{line}\nmore\n") == ["plan", found]


@pytest.mark.parametrize("value", ["2L NC", "40% FM", "LS clear", "RA, sats 97%"])
def test_breathing_is_a_system_as_the_others_are(value):
    lines = ["Neuro: intact", "CV: SR", f"Resp: {value}", "GI: soft", "GU: foley"]
    for order in (lines, lines[2:] + lines[:2]):
        systems = parts("\n".join(order))
        assert len(systems) == 5
        assert "respiratory" in systems


@pytest.mark.parametrize("value", ["18", "(!) 24", "16 | SpO2: 98%", "20 per minute"])
def test_rates_of_breathing_are_measures(value):
    assert "respiratory" not in parts(f"CV: SR\nResp: {value}\nGI: soft")


REPORT = "TECHNIQUE: CT.|COMPARISON: None.|FINDINGS: Clear.|IMPRESSION: Normal."
REPORT_LABELS = [
    "imaging_technique",
    "imaging_comparison",
    "imaging_findings",
    "imaging_impression",
]


@pytest.mark.parametrize("change", [str.upper, str.title])
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n"])
def test_a_radiology_report_has_labels_of_its_own(change, gap):
    head = "EXAMINATION:\nCT CHEST|INDICATION: Cough.|CONTRAST: None.|"
    text = change(head + REPORT).replace("|", gap)
    assert label(text) == [
        "imaging",
        "imaging_indication",
        "imaging_contrast",
        *REPORT_LABELS,
    ]
    codes = {s.label: s.loinc for s in split_sections(text, TITLES)}
    assert codes["imaging_technique"] == "55111-9"
    assert codes["imaging_comparison"] == "18834-2"
    assert codes["imaging_findings"] == "18782-3"
    assert codes["imaging_impression"] == "19005-8"
    assert codes["imaging_indication"] == "18785-6"


def test_a_report_inside_a_note_does_not_change_what_comes_after():
    note = f"HPI: ill|IMAGING: CT chest.|{REPORT}|ASSESSMENT: Well.|PLAN: Rest."
    found = label(note.replace("|", "\n"))
    assert found[-6:] == [*REPORT_LABELS, "assessment", "plan"]
    clinic = "HPI: ill|IMAGING: CT shows a nodule.|IMPRESSION: Nodule.|PLAN: CT."
    assert label(clinic.replace("|", "\n"))[-2:] == ["assessment", "plan"]


def test_a_pathologists_final_diagnosis_is_an_assessment_wherever_it_stands():
    parts_of_report = ["FINAL DIAGNOSIS: Carcinoma.", "GROSS DESCRIPTION: One core."]
    for order in (parts_of_report, parts_of_report[::-1]):
        assert "assessment" in label("\n".join(order))


@pytest.mark.parametrize("gap", [" ", "\n", "  "])
def test_titles_in_a_line_open_what_they_open_on_lines(gap):
    note = "IMPRESSION: Gout, acute.|PLAN: Colchicine.|ALLERGIES: None."
    assert label(note.replace("|", gap)) == ["assessment", "plan", "allergies"]


@pytest.mark.parametrize(
    "text", ["see PLAN: below.", "BP: 120/80 HR: 80.", "Dr. Plan: please call."]
)
def test_words_in_a_line_that_are_no_titles(text):
    assert label(f"ASSESSMENT: Well, {text}") == ["assessment"]
    assert parts(f"ASSESSMENT: Well, {text}") == []


@pytest.mark.parametrize("gap", [", ", ". ", "\n", "; ", "\n\n"])
def test_telegraphic_notes_have_no_sections(gap):
    items = ["62M c/o CP x2h", "PMH HTN DM", "NKDA", "VSS", "EKG nl", "s/p PCI"]
    assert label(gap.join(items)) == ["preamble"]


def test_rules_that_lack_later_settings_are_still_read():
    saved = TITLES.to_dict()
    for group in saved["groups"]:
        del group["starts"], group["follows"]
    old = SectionTitles.from_dict(saved)
    assert old.find("PMH").label == "past_medical_history"
    assert old.find_opener("Addendum by X") is None


def test_outlines_are_whole():
    assert len(NAMES) == 10
    for name in NAMES:
        for (depth, *_), (other, *_) in pairwise(read_outline(name)):
            assert other - depth <= 1
