"""Invented notes in the styles of many sources, with the sections they have."""

import pytest

from spacy_clinical.sections.split import split_sections
from spacy_clinical.sections.vocabulary import load_titles

TITLES = load_titles()

NOTES = {
    "MIMIC discharge summary": """\
Name: ___  Unit No: ___
Admission Date: [**2140-1-2**]  Discharge Date: [**2140-1-9**]
Service: SURGERY
Allergies:
Patient recorded as having No Known Allergies to Drugs
Attending:[**First Name3 (LF) 100**]
Chief Complaint:
abdominal pain
Major Surgical or Invasive Procedure:
Sigmoid colectomy
History of Present Illness:
60M with 3 days of LLQ pain. ROS: negative except as above.
Past Medical History:
PMH: HTN, DM2
PSH: appendectomy
Social History:
No tobacco
Family History:
NC
Physical Exam:
On admission:
VS: 98.6 80 120/80
Gen: NAD
CV: RRR
On discharge:
AVSS
Gen: comfortable
Pertinent Results:
[**2140-1-2**] 05:00AM BLOOD WBC-12.0
CT Abdomen: sigmoid diverticulitis
Brief Hospital Course:
Neuro: Pain was controlled with a PCA.
CV: The patient remained stable.
GI: Diet was advanced. Plan: regular diet.
Medications on Admission:
lisinopril 10
Discharge Medications:
1. Oxycodone 5 mg Tablet Sig: One (1) Tablet PO Q4H.
Discharge Disposition:
Home
Discharge Diagnosis:
Primary:
Diverticulitis
Secondary:
HTN
Discharge Condition:
Good
Discharge Instructions:
Call your doctor for: fever, chills.
Activity: no heavy lifting.
Medications: Resume your home medications.
Followup Instructions:
Dr. [**Last Name (STitle) 3**] in 2 weeks
Completed by:[**2140-1-9**]
""",
    "run-together operative note": (
        "PREOPERATIVE DIAGNOSES:, 1. Left carpal tunnel syndrome. 2. Trigger th"
        "umb.,POSTOPERATIVE DIAGNOSES:, Same.,PROCEDURES PERFORMED:,1. Carpal t"
        "unnel release.,2. Trigger thumb release.,ANESTHESIA: , General.,ESTIMA"
        "TED BLOOD LOSS:, Minimal.,TOURNIQUET TIME: , 20 minutes.,FINDINGS:, Th"
        "ickened ligament.,PROCEDURE: , The patient was taken to the operating "
        "room.,COMPLICATIONS:, None.,DISPOSITION: , Stable to recovery."
    ),
    "tokenized, lower-case note": """\
admission date :
1993-02-10
discharge date :
1993-02-20
HISTORY OF PRESENT ILLNESS :
the patient is a 61 year old male with chest pain .
past medical history :
significant for hypertension .
ALLERGIES :
no known drug allergies .
medications on admission :
lasix 40 mg po q.day .
PHYSICAL EXAMINATION :
heent : pupils equal .
chest : clear .
the extremities : without edema .
LABORATORY DATA :
sodium 140 , potassium 4.0 .
hospital course :
the patient was admitted .
1. cardiac : he ruled out .
DISCHARGE MEDICATIONS :
aspirin 81 mg po q.day .
condition on discharge :
stable .
""",
    "clinic note from a record system": """\
Subjective
Patient ID: 45 y.o. female.

HPI
She presents for follow-up of hypertension.

Current Outpatient Medications
Medication Sig
• lisinopril 10 mg tablet Take 1 tablet by mouth daily.

Objective
BP 120/80 | Pulse 70
Physical Exam
Constitutional: Well-developed.
HENT:
Head: Normocephalic.
Neurological: She is alert.

Assessment & Plan

# HTN
Continue lisinopril.

# Type 2 diabetes: A1c 7.0
- metformin

Return in about 3 months.
""",
    "numbered titles": """\
1. Chief complaint: Cough.
2. History of present illness: Two weeks of cough.
3. Past medical history: Asthma.
4. Allergies: None.
5. Physical examination: Lungs: wheeze. Heart: regular.
6. Assessment: Asthma flare.
7. Plan: Prednisone.
""",
    "markdown": """\
# Progress Note

## Subjective
Slept well. Pain: 3/10.

## Objective
**Vitals:** T 37, HR 80
**Exam:** Clear lungs.

**Allergies:** penicillin

## Assessment
Improving pneumonia.

## Plan
- Antibiotics: continue ceftriaxone
- Diet: regular
""",
    "nursing note by system": """\
NURSING NOTE 1900-0700
NEURO: A&Ox3, PERRL. Pain: denies.
CV: SR 70s, no ectopy.
RESP: LS clear, 2L NC.
GI: Abd soft, +BS. Diet: NPO.
GU: Foley patent, clear yellow urine.
SKIN: Intact.
ACCESS: 2 PIV.
SOCIAL: Wife at bedside.
PLAN: Wean O2, monitor I&O.
""",
    "consult letter": """\
Dear Dr. Smith,

Thank you for asking me to see Mrs. Jones in consultation.

Reason for consultation: Anemia.

History: She is 70 and has felt tired. Her medications: iron and aspirin. She said: no bleeding.

Past history: Hypertension, osteoarthritis.

Medications: Iron, aspirin.

Examination: Pale. Heart sounds normal. Abdomen soft.

Investigations: Hb 8.2, MCV 70.

Impression: Iron deficiency anemia.

Recommendations: Colonoscopy.

Thank you for this referral.

Sincerely,
A. Brown, MD
""",
    "pathology report": """\
SURGICAL PATHOLOGY REPORT
Accession No: S-1
CLINICAL HISTORY: Breast mass.
SPECIMENS SUBMITTED: A. Left breast core biopsy. B. Node.
GROSS DESCRIPTION: Received in formalin are three cores.
MICROSCOPIC DESCRIPTION: Infiltrating ductal carcinoma.
FINAL DIAGNOSIS:
A. Left breast: Invasive ductal carcinoma, grade 2.
COMMENT: ER and PR pending.
""",
    "psychiatric evaluation": """\
PSYCHIATRIC EVALUATION

IDENTIFYING DATA: 34-year-old man.

CHIEF COMPLAINT: "I can't sleep."

HISTORY OF PRESENT ILLNESS: Three weeks of low mood.

PAST PSYCHIATRIC HISTORY: One admission.

SUBSTANCE USE HISTORY: Alcohol on weekends.

MEDICAL HISTORY: None.

FAMILY HISTORY: Mother with depression.

MENTAL STATUS EXAMINATION:
Appearance: Neat.
Mood: "Low."
Affect: Constricted.
Thought process: Linear.
Insight: Fair.

DIAGNOSES:
Axis I: Major depression.
Axis II: Deferred.

PLAN: Start sertraline.
""",
    "well-child visit": """\
9 month well child check

Concerns: none.
Interval history: ear infection.
Nutrition: breast milk and solids.
Elimination: normal.
Sleep: through the night.
Development: sits, crawls.
Immunizations: up to date.
Physical exam:
General: alert
HEENT: TMs clear
Hips: stable
Assessment: Well 9 month old.
Plan: Flu vaccine today. Return at 12 months.
Anticipatory guidance: choking, car seat.
""",
    "obstetric admission": """\
OB H&P
HPI: 28 yo G2P1 at 39w2d with contractions.
PNC: uncomplicated. GBS: negative.
OBHx: SVD 2019
GynHx: no abnormal Paps
PMH: none
PSH: none
Meds: PNV
All: NKDA
SHx: no tobacco
PE: BP 110/70
SVE: 5/80/-1
FHT: 140s, moderate variability
Toco: q3min
A/P: 28 yo G2P1 in active labor
1. Admit to L&D
2. FWB: category I
3. Pain: epidural
""",
    "radiology report in capitals": """\
EXAM: XR KNEE 3 VIEWS LEFT

INDICATION: Pain after a fall.

COMPARISON: None.

FINDINGS: No fracture. Small effusion.

IMPRESSION: Small joint effusion.
""",
    "radiology report in mixed case": """\
Examination: MRI of the lumbar spine without contrast
History: Low back pain
Technique: Sagittal T1 and T2
Findings:
L4-L5: Disc bulge.
Impression:
Mild spondylosis.
""",
    "history and physical": """\
HISTORY AND PHYSICAL

PATIENT: Doe, Jane
DATE OF ADMISSION: 01/02/2020

CHIEF COMPLAINT: Fall.
HISTORY OF PRESENT ILLNESS: 80-year-old woman fell.
PAST MEDICAL HISTORY: Osteoporosis.
PAST SURGICAL HISTORY: Hip replacement.
MEDICATIONS: Calcium.
ALLERGIES: Sulfa.
SOCIAL HISTORY: Lives alone.
FAMILY HISTORY: Noncontributory.
REVIEW OF SYSTEMS: Otherwise negative.
PHYSICAL EXAMINATION: GENERAL: Frail. VITAL SIGNS: Stable. HEENT: Normal. LUNGS: Clear. HEART: Regular.
LABORATORY DATA: Hemoglobin 11.
X-RAYS: Hip fracture.
ASSESSMENT: Hip fracture.
PLAN: Surgery.
""",
    "assessment and plan on lines": """\
Assessment: Hypertension, controlled.
Plan: Continue lisinopril.
Follow-up: 3 months.
""",
}
SECTIONS = {
    "MIMIC discharge summary": "preamble allergies other chief_complaint procedures history_of_present_illness review_of_systems past_medical_history past_medical_history past_surgical_history social_history family_history physical_exam results hospital_course admission_medications discharge_medications discharge_disposition discharge_diagnosis discharge_condition discharge_instructions follow_up signature",
    "run-together operative note": "preoperative_diagnosis postoperative_diagnosis procedures anesthesia estimated_blood_loss other operative_findings procedure_description complications discharge_disposition",
    "tokenized, lower-case note": "preamble history_of_present_illness past_medical_history allergies admission_medications physical_exam results hospital_course discharge_medications discharge_condition",
    "clinic note from a record system": "history_of_present_illness history_of_present_illness medications physical_exam physical_exam assessment_and_plan",
    "numbered titles": "chief_complaint history_of_present_illness past_medical_history allergies physical_exam assessment plan",
    "markdown": "preamble history_of_present_illness physical_exam physical_exam allergies assessment plan",
    "nursing note by system": "preamble medical_equipment social_history plan",
    "consult letter": "preamble reason_for_visit history_of_present_illness past_medical_history medications physical_exam results assessment plan",
    "pathology report": "preamble history_of_present_illness specimens specimens specimens assessment",
    "psychiatric evaluation": "preamble chief_complaint history_of_present_illness past_medical_history social_history past_medical_history family_history mental_status assessment plan",
    "well-child visit": "preamble chief_complaint history_of_present_illness nutrition past_medical_history immunizations physical_exam assessment plan plan",
    "obstetric admission": "preamble history_of_present_illness obstetric_history obstetric_history obstetric_history past_medical_history past_surgical_history medications allergies social_history physical_exam assessment_and_plan",
    "radiology report in capitals": "imaging imaging_indication imaging_comparison imaging_findings imaging_impression",
    "radiology report in mixed case": "imaging imaging_indication imaging_technique imaging_findings imaging_impression",
    "history and physical": "preamble chief_complaint history_of_present_illness past_medical_history past_surgical_history medications allergies social_history family_history review_of_systems physical_exam results assessment plan",
    "assessment and plan on lines": "assessment plan follow_up",
}


def parts_of(name, label):
    return [
        section.label
        for section in split_sections(NOTES[name], TITLES)
        if section.depth == 2 and section.parent == label
    ]


@pytest.mark.parametrize("name", NOTES)
def test_split_sections_reads_notes_of_many_styles(name):
    sections = split_sections(NOTES[name], TITLES)
    found = [section.label for section in sections if section.depth == 1]
    assert found == SECTIONS[name].split()


@pytest.mark.parametrize(
    ("name", "label", "parts"),
    [
        (
            "MIMIC discharge summary",
            "discharge_diagnosis",
            ["primary_diagnosis", "secondary_diagnosis"],
        ),
        (
            "MIMIC discharge summary",
            "discharge_instructions",
            ["functional_status", "medications"],
        ),
        ("tokenized, lower-case note", "hospital_course", ["cardiovascular"]),
        (
            "clinic note from a record system",
            "assessment_and_plan",
            ["htn", "type_2_diabetes"],
        ),
        ("numbered titles", "physical_exam", ["respiratory", "cardiovascular"]),
        ("markdown", "plan", ["medications", "nutrition"]),
        ("obstetric admission", "assessment_and_plan", ["fwb", "pain"]),
    ],
)
def test_split_sections_nests_parts_in_their_sections(name, label, parts):
    assert parts_of(name, label) == parts


def test_split_sections_leaves_measures_named_as_systems_alone():
    systems = ["neurologic", "cardiovascular", "respiratory", "gastrointestinal"]
    assert parts_of("nursing note by system", "preamble")[:4] == systems
    note = "NEURO: alert.\nResp: 18\n"
    found = [section.label for section in split_sections(note, TITLES)]
    assert "respiratory" not in found


def test_findings_are_what_the_note_is_about():
    operation = "PREOPERATIVE DIAGNOSIS: Gallstones.\n\nFINDINGS: One stone.\n"
    report = "COMPARISON: None.\n\nFINDINGS: One stone.\n"
    for note, label in (
        (operation, "operative_findings"),
        (report, "imaging_findings"),
    ):
        assert split_sections(note, TITLES)[-1].label == label


@pytest.mark.parametrize(
    ("note", "label"),
    [
        ("EXAM: CT head without contrast\n", "imaging"),
        ("EXAMINATION: Left knee radiographs, 2 views\n", "imaging"),
        ("EXAM: Lungs clear, heart regular.\n", "physical_exam"),
        ("HPI: fell\nPMH: none\nEXAM: CT of the chest was normal.\n", "physical_exam"),
    ],
)
def test_an_exam_is_a_study_if_it_names_one(note, label):
    assert split_sections(note, TITLES)[-1].label == label


def test_inline_words_in_narrative_open_nothing():
    note = (
        "The patient came in for pain. Of note: she fell. Her plan: to return. He was "
        "told the results: normal. Social work saw her; family: at bedside. Problem: "
        "none. Impression was good. Vitals: BP 120/80. Exam was normal.\n"
    )
    assert [section.label for section in split_sections(note, TITLES)] == ["preamble"]


def test_titles_keep_their_brackets_whole():
    note = "IMAGING:\nCXR ([**3-4**]): Clear.\n"
    part = split_sections(note, TITLES)[-1]
    assert note[slice(*part.title)] == "CXR ([**3-4**])"
    assert part.label == "imaging"


@pytest.mark.parametrize("name", NOTES)
def test_split_sections_gives_the_same_however_often_it_is_asked(name):
    # What titles mean is remembered by their context: it must not leak from one note
    # or setting into another.
    for options in ({}, {"min_confidence": 0.0}, {"unknown_titles": False}):
        fresh = split_sections(NOTES[name], load_titles(), **options)
        assert split_sections(NOTES[name], TITLES, **options) == fresh
