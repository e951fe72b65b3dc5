import json
import time

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_clinical.extensions.assertion_attributes import (
    mark_assertion,
    register_assertion_extensions,
)
from spacy_clinical.relations.attachment import Drug
from spacy_clinical.relations.drug_names import names_drug
from spacy_clinical.relations.medication_records import bare_medication
from spacy_clinical.relations.medications import assemble_medications
from spacy_clinical.relations.regions import Lines, find_list_lines
from tests.relations.notes import make_doc, read, show_medication

# Notes in ten styles, and under each what it says of its drugs, worked out by hand.
EPIC = """Current Outpatient Medications
\u2022 [[metoprolol tartrate]] ([[LOPRESSOR]]) 25 mg tablet, Take 1 tablet by mouth 2 times daily.
\u2022 [[furosemide]] (LASIX) 40 mg tablet, Take 0.5 tablets (20 mg total) by mouth every morning. Disp: 30 tablet, Refills: 3
\u2022 [[albuterol]] (PROVENTIL HFA) 90 mcg/actuation inhaler, Inhale 2 puffs into the lungs every 6 hours as needed for wheezing.
"""
CERNER = """Home Medications (3) Active
[[amLODIPine]] 10 mg oral tablet, 10 mg = 1 tab, PO, Daily, 3 refills
[[metFORMIN]] 500 mg oral tablet, 1000 mg = 2 tab, PO, BID
[[acetaminophen]] 325 mg oral tablet, 650 mg, PO, q6hr, PRN as needed for pain
"""
MIMIC = """Discharge Medications:
1. [[Aspirin]] 81 mg Tablet Sig: One (1) Tablet PO DAILY (Daily).
2. [[Docusate Sodium]] 100 mg Capsule Sig: One (1) Capsule PO BID (2
times a day) as needed for constipation.
Disp:*60 Capsule(s)* Refills:*2*
3. [[Oxycodone]] 5 mg Tablet Sig: 1-2 Tablets PO Q4H (every 4 hours) as needed for pain.
"""
DICTATED = """The patient takes [[aspirin]] eighty one milligrams daily and [[metoprolol]] twenty five
milligrams twice a day. He was started on [[lisinopril]] and [[atorvastatin]]. [[Metformin]]
was stopped."""
MAR = """1/2 0800 [[heparin]] 5000 units SC given
[[Zofran]] 4 mg IV q8h prn nausea
[[NS]] @ 75 mL/hr
[[dopamine]] gtt at 5 mcg/kg/min
Scheduled: [[Lantus]] 20 units qhs; PRN: [[lorazepam]] 1 mg PO
"""
OPERATIVE = """Anesthesia was induced with [[propofol]] 200 mg IV, [[fentanyl]] 100 mcg and
[[rocuronium]] 50 mg. We infiltrated 10 mL of 0.25% [[bupivacaine]]. EBL 50 mL.
[[Cefazolin]] 2 g IV was given."""
LETTER = """Dear Dr Smith, she takes [[ramipril]] 5mg OD and [[bisoprolol]] 2.5mg BD, and we have
increased her [[furosemide]] to 80 mg OM. I have stopped her [[digoxin]]. [[Amitriptyline]]
10 mg nocte helps. Yours sincerely"""
PROSE = """He received 25 mg of [[metoprolol]] and 10 mg of [[diltiazem]] IV. BP 120/80, K 4.2,
EF 35 %. Given IV [[vancomycin]] 1 g q12h for cellulitis."""
SCALE = """[[Insulin lispro]] sliding scale: 151-200: 2 units, 201-250: 4 units, >400: 12 units
[[NPH]] 20 units in the morning and 10 units at bedtime
"""
DROPS = """[[timolol]] 0.5% 1 gtt OU BID; [[latanoprost]] 1 drop OD qhs; [[fentanyl]] 25 mcg/hr
patch q72h; [[Advair]] 250-50 mcg/dose 1 puff BID"""
UNMARKED = """Medications
[[enoxaparin]] 1 mg/kg SC [[Frequency:q12h]]
[[fentanyl]] 25 mcg/hr patch [[Frequency:q72h]]
[[levofloxacin]] 500 mg IV q24h
"""
HEADED = """STOP taking these medications:
- [[ibuprofen]] 600 mg tablet
- [[naproxen]]

CHANGE how you take these medications:
- [[prednisone]] 40 mg daily x 3 days, then 20 mg daily x 3 days, then stop

CONTINUE taking these medications:
- [[lisinopril]] 10 mg daily
"""
PIPES = """Drug | Dose | Route | Freq
[[aspirin]] | 81 mg | PO | daily
[[heparin]] | 5000 units | SC | TID
"""
TABS = "Medication\tDose\tFrequency\n[[lisinopril]]\t10 mg\tdaily\n[[warfarin]]\t5 mg\tQHS\n"
SPACES = """Drug          Dose (mg)     Frequency
[[lisinopril]]    10            daily
[[warfarin]]      2.5           MWF
"""
BELOW = """[[Amoxicillin]]
   Sig: Take 500 mg by mouth three times daily for 10 days
   Dispense: #30
   Refills: 0
[[Tylenol]]
   650 mg q6h prn
"""
INDIAN = "Tab. [[Ecosprin]] 75 mg 1-0-1, Inj. [[Ceftriaxone]] 1 g IV BD x 5 days"
SWITCHED = """He was switched from [[lisinopril]] 10 mg to [[losartan]] 50 mg daily. Stop [[ibuprofen]]
and start [[celecoxib]] 200 mg BID. [[Warfarin]] was held."""
FINDINGS = """On [[aspirin]], presented with [[Sign_symptom:cough]] for 2 weeks and took
[[ibuprofen]] 400 mg prn [[Sign_symptom:headache]]."""
VERBS = """[[Aspirin]] 81 mg for this. Patient was started on [[losartan]]. He takes [[insulin]] and was
switched to [[glargine]]. Continue [[metoprolol]], increase to 50 mg daily."""
CASES = {
    "epic": (
        EPIC,
        [
            "metoprolol tartrate = LOPRESSOR: strength 25 mg, tablet, 1 {tablet}, oral, 2 in 1 d",
            "furosemide: strength 40 mg, tablet, 0.5 {tablet}, oral, 1 in 1 d MORN, "
            "dispense 30 {tablet}, refills 3",
            "albuterol: strength 90 ug per 1 {actuation}, inhaler, 2 {puff}, inhalation, "
            "1 in 6 h, prn, for wheezing",
        ],
    ),
    "lines without marks": (
        UNMARKED,
        [
            "enoxaparin: 1 mg/kg, subcutaneous, 1 in 12 h",
            "fentanyl: strength 25 ug/h, patch, 25 ug/h, 1 in 72 h",
            "levofloxacin: 500 mg, intravenous, 1 in 24 h",
        ],
    ),
    "cerner": (
        CERNER,
        [
            "amLODIPine: strength 10 mg, tablet, 10 mg, oral, 1 in 1 d, refills 3",
            "metFORMIN: strength 500 mg, tablet, 1000 mg, oral, 2 in 1 d",
            "acetaminophen: strength 325 mg, tablet, 650 mg, oral, 1 in 6 h, prn, for pain",
        ],
    ),
    "mimic": (
        MIMIC,
        [
            "Aspirin: strength 81 mg, tablet, 1 {tablet}, oral, 1 in 1 d",
            "Docusate Sodium: strength 100 mg, capsule, 1 {capsule}, oral, 2 in 1 d, prn, "
            "for constipation, dispense 60 {capsule}, refills 2",
            "Oxycodone: strength 5 mg, tablet, 1-2 {tablet}, oral, 1 in 4 h, prn, for pain",
        ],
    ),
    "dictated": (
        DICTATED,
        [
            "aspirin: 81 mg, 1 in 1 d",
            "metoprolol: 25 mg, 2 in 1 d",
            "lisinopril: start",
            "atorvastatin: start",
            "Metformin: stop",
        ],
    ),
    "mar": (
        MAR,
        [
            "heparin: 5000 {unit}, subcutaneous",
            "Zofran: 4 mg, intravenous, 1 in 8 h, prn, for nausea",
            "NS: at 75 mL/h",
            "dopamine: at 5 ug/kg/min",
            "Lantus: 20 {unit}, 1 in 1 d HS",
            "lorazepam: 1 mg, oral, prn",
        ],
    ),
    "operative": (
        OPERATIVE,
        [
            "propofol: 200 mg, intravenous",
            "fentanyl: 100 ug",
            "rocuronium: 50 mg",
            "bupivacaine: strength 0.25 %, 10 mL",
            "Cefazolin: 2 g, intravenous",
        ],
    ),
    "letter": (
        LETTER,
        [
            "ramipril: 5 mg, 1 in 1 d",
            "bisoprolol: 2.5 mg, 2 in 1 d",
            "furosemide: 80 mg, 1 in 1 d MORN, change",
            "digoxin: stop",
            "Amitriptyline: 10 mg, 1 in 1 d NIGHT",
        ],
    ),
    "prose": (
        PROSE,
        [
            "metoprolol: 25 mg",
            "diltiazem: 10 mg, intravenous",
            "vancomycin: 1 g, intravenous, 1 in 12 h, for cellulitis",
        ],
    ),
    "scale": (
        SCALE,
        [
            "Insulin lispro: 2 {unit} (3 steps)",
            "NPH: 20 {unit}, 1 in 1 d MORN (2 steps)",
        ],
    ),
    "drops": (
        DROPS,
        [
            "timolol: strength 0.5 %, 1 [drp], ophthalmic, 2 in 1 d",
            "latanoprost: 1 [drp], ophthalmic, 1 in 1 d HS",
            "fentanyl: strength 25 ug/h, patch, 25 ug/h, 1 in 72 h",
            "Advair: strength 250+50 ug per 1 {dose}, 1 {puff}, 2 in 1 d",
        ],
    ),
    "headed": (
        HEADED,
        [
            "ibuprofen: strength 600 mg, tablet, stop",
            "naproxen: stop",
            "prednisone: 40 mg, 1 in 1 d, for 3 d, change (2 steps)",
            "lisinopril: 10 mg, 1 in 1 d, continue",
        ],
    ),
    "pipes": (
        PIPES,
        [
            "aspirin: 81 mg, oral, 1 in 1 d",
            "heparin: 5000 {unit}, subcutaneous, 3 in 1 d",
        ],
    ),
    "tabs": (TABS, ["lisinopril: 10 mg, 1 in 1 d", "warfarin: 5 mg, 1 in 1 d HS"]),
    "spaces": (
        SPACES,
        ["lisinopril: 10 mg, 1 in 1 d", "warfarin: 2.5 mg, 3 in 1 wk mon+wed+fri"],
    ),
    "below": (
        BELOW,
        [
            "Amoxicillin: 500 mg, oral, 3 in 1 d, for 10 d, dispense 30, refills 0",
            "Tylenol: 650 mg, 1 in 6 h, prn",
        ],
    ),
    "indian": (
        INDIAN,
        [
            "Ecosprin: tablet, 75 mg, 2 in 1 d MORN+NIGHT",
            "Ceftriaxone: injection, 1 g, intravenous, 2 in 1 d, for 5 d",
        ],
    ),
    "switched": (
        SWITCHED,
        [
            "lisinopril: 10 mg, stop",
            "losartan: 50 mg, 1 in 1 d, start",
            "ibuprofen: stop",
            "celecoxib: 200 mg, 2 in 1 d, start",
            "Warfarin: hold",
        ],
    ),
    "verbs": (
        VERBS,
        [
            "Aspirin: 81 mg",
            "losartan: start",
            "insulin: stop",
            "glargine: start",
            "metoprolol: 50 mg, 1 in 1 d, change",
        ],
    ),
    "findings": (FINDINGS, ["aspirin: ", "ibuprofen: 400 mg, prn, for headache"]),
}


@pytest.mark.parametrize(("marked", "expected"), CASES.values(), ids=CASES)
def test_notes_in_many_styles(marked, expected):
    doc = make_doc(marked)
    records = assemble_medications(doc)
    assert [show_medication(record, doc.text) for record in records] == expected


@pytest.mark.parametrize("marked", [note for note, _ in CASES.values()], ids=CASES)
def test_records_are_plain_data_with_places_in_the_text(marked):
    doc = make_doc(marked)
    for record in assemble_medications(doc):
        assert json.loads(json.dumps(record)) == record
        assert read(doc.text, record["drug"]) == record["drug"]["text"]
        for place in list_places(record):
            assert record["start_char"] <= place["start_char"] < place["end_char"]
            assert place["end_char"] <= record["end_char"] <= len(doc.text)


STATUSES = [
    ("Aspirin was not given.", "not_taken"),
    ("He never took his [[Keppra]].", "not_taken"),
    ("Patient refused [[enoxaparin]].", "not_taken"),
    ("She declined a [[statin]].", "not_taken"),
    ("[[Colace]] refused.", "not_taken"),
    ("Avoid [[NSAIDs]].", "not_taken"),
    ("He is not taking [[aspirin]].", "not_taken"),
    ("He was not given any [[heparin]].", "not_taken"),
    ("[[Lopressor]] held for SBP<100.", "hold"),
    ("Holding [[metformin]].", "hold"),
    ("Held: lisinopril, [[metformin]]", "hold"),
    ("Off [[Plavix]] for 1 week.", "stop"),
    ("[[Plavix]] d/c'd.", "stop"),
    ("He stopped taking [[allopurinol]].", "stop"),
    ("Ran out of [[lisinopril]].", "stop"),
    ("No longer taking [[metoprolol]].", "stop"),
    ("[[Warfarin]] was discontinued in 2021.", "stop"),
    ("[[Ceftriaxone]] and [[azithromycin]] were discontinued.", "stop"),
    ("[[Heparin]] started at 1430, stopped at 2200.", "stop"),
    ("Past trials: [[Prozac]]", "stop"),
    ("Previously tried [[sulfasalazine]].", "stop"),
    ("STARTED: [[amlodipine]] 5 mg daily", "start"),
    ("[[Norvasc]] was started 3 weeks ago.", "start"),
    ("Continue [[amlodipine]].", "continue"),
    ("Will continue [[amlodipine]].", "continue"),
    ("Decreased [[metoprolol]].", "change"),
    ("Will increase [[gabapentin]].", "planned"),
    ("Plan to start [[dapagliflozin]].", "planned"),
    ("Consider starting [[empagliflozin]].", "planned"),
    ("Would suggest adding [[spironolactone]].", "planned"),
    ("[[Insulin]] will be started.", "planned"),
    ("Consider [[biologics]].", "planned"),
    ("He is allergic to [[penicillin]].", "allergy"),
    ("[[Penicillin]] causes a rash.", "allergy"),
    ("Would hold off on [[spironolactone]].", "not_taken"),
    ("Tried [[Wellbutrin]], didn't tolerate.", "stop"),
    ("Increasing [[Tegretol]] next week.", "planned"),
    ("BP low (hold [[metoprolol]] if SBP < 90).", None),
    # What says nothing of whether it is taken.
    ("[[Furosemide]] 40 mg daily, hold if SBP<100", None),
    ("[[Levophed]] 0.08 mcg/kg/min, titrate to MAP >65", None),
    ("[[Prednisone]] taper 60 mg x 5 days, 40 mg x 5 days", None),
    ("Do not stop [[aspirin]].", None),
    ("Consider stopping [[aspirin]].", None),
    ("He takes [[aspirin]].", None),
    ("He fell off a ladder. [[Aspirin]] 81 mg", None),
    ("Stop A and use [[Tylenol]] prn.", None),
]


@pytest.mark.parametrize(("marked", "status"), STATUSES)
def test_statuses(marked, status):
    marked = marked if "[[" in marked else f"[[{marked[:7]}]]{marked[7:]}"
    records = assemble_medications(make_doc(marked))
    assert [record["status"] for record in records] == [status] * len(records)


def test_a_verb_is_not_said_of_the_next_drug():
    doc = make_doc("Stop taking [[ibuprofen]] and use [[Tylenol]] as needed.")
    assert [r["status"] for r in assemble_medications(doc)] == ["stop", None]
    doc = make_doc("[[Aspirin]] was stopped and [[warfarin]] begun.")
    assert [r["status"] for r in assemble_medications(doc)] == ["stop", "start"]


def test_records_say_what_relatives_take():
    doc = make_doc("Mother takes [[metformin]] 500 mg. He takes [[aspirin]].")
    records = assemble_medications(doc)
    assert [record["assertion"] for record in records] == [["is_family"], []]


def test_words_of_sigs_are_no_drugs():
    doc = make_doc(
        "[[bisoprolol]] 2.5 mg [[od]], [[statin]] 80 mg [[nocte]]\n[[Rfl]]: 2"
    )
    shown = [show_medication(record, doc.text) for record in assemble_medications(doc)]
    assert shown == ["bisoprolol: 2.5 mg, 1 in 1 d", "statin: 80 mg, 1 in 1 d NIGHT"]


def test_the_last_dose_is_the_current_one():
    doc = make_doc("[[Metoprolol]] was increased from 25 mg to 50 mg BID.")
    [record] = assemble_medications(doc)
    assert [dosage["dose"]["low"] for dosage in record["dosages"]] == [50]
    assert [dosage["dose"]["low"] for dosage in record["former"]] == [25]
    assert read(doc.text, record["former"][0]["dose"]) == "25 mg"


def test_a_time_without_a_drug_is_no_course_of_it():
    [record] = assemble_medications(make_doc("Off [[methadone]] x 3 months."))
    assert (record["status"], record["duration"]) == ("stop", None)
    [record] = assemble_medications(make_doc("[[Amoxicillin]] 500 mg x 10 days"))
    assert record["duration"]["low"] == 10


def list_places(value):
    if isinstance(value, dict):
        if "start_char" in value:
            yield value
        for item in value.values():
            yield from list_places(item)
    elif isinstance(value, list):
        for item in value:
            yield from list_places(item)


def list_texts(value):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from [item] if name == "text" else list_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from list_texts(item)


@pytest.mark.parametrize("marked", [note for note, _ in CASES.values()], ids=CASES)
def test_bare_records_have_no_words_of_the_note(marked):
    for record in assemble_medications(make_doc(marked)):
        names = [record["drug"]["text"], *(n["text"] for n in record["other_names"])]
        assert list(list_texts(record)) == names
        bare = bare_medication(record)
        assert list(list_texts(bare)) == []
        assert not any(name in json.dumps(bare) for name in names)
        assert record["drug"]["text"] == names[0]


@pytest.mark.parametrize(
    "text", ["", "25 mg daily", "K 4.2, 25 mg of nothing", "[[Dosage:25 mg]] daily"]
)
def test_no_dose_makes_a_drug(text):
    assert assemble_medications(make_doc(text)) == []


def test_what_is_not_said_is_none():
    [record] = assemble_medications(make_doc("on [[aspirin]]"))
    empty = {
        k: v for k, v in record.items() if k not in ("drug", "start_char", "end_char")
    }
    assert not any(empty.values())


def test_a_dose_of_a_procedure_is_no_drugs():
    doc = make_doc(
        "[[Etoposide]] and craniospinal [[Therapeutic_procedure:radiation]] ([[Dosage:5 g]])"
    )
    [record] = assemble_medications(doc)
    assert record["dose"] is None


def test_what_stands_right_behind_an_items_drug_is_its_own():
    text = "- [[acetaminophen]] 650 mg PO/PR [[Frequency:q4h]] [[Frequency:PRN]] [[Diagnostic_procedure:temp]]"
    doc = make_doc(text)
    [record] = assemble_medications(doc)
    shown = show_medication(record, doc.text)
    assert shown == "acetaminophen: 650 mg, oral, 1 in 4 h, prn, for temp"
    doc = make_doc(
        "- [[Lasix]] 40 mg, [[Frequency:weekly]] [[Diagnostic_procedure:BMP]]"
    )
    [record] = assemble_medications(doc)
    assert show_medication(record, doc.text) == "Lasix: 40 mg"


def test_the_next_line_of_an_item_is_its_own():
    text = (
        "[[lisinopril]] 20 mg tablet\n  Take 1/2 tablet ([[Dosage:10 mg]]) "
        "[[Administration:by mouth]] [[Frequency:once daily]]\n\n[[warfarin]] 5 mg tablet"
    )
    doc = make_doc(text)
    for token in doc:
        token.is_sent_start = token.text in ("lisinopril", "Take", "warfarin")
    records = [show_medication(r, doc.text) for r in assemble_medications(doc)]
    assert records == [
        "lisinopril: strength 20 mg, tablet, 0.5 {tablet}, oral, 1 in 1 d",
        "warfarin: strength 5 mg, tablet",
    ]


@pytest.mark.parametrize("end", [",", " and", " of"])
def test_a_line_that_goes_on_with_a_sentence_is_no_item(end):
    lines = f"He stopped [[aspirin]]{end}\n[[heparin]]{end}\n[[warfarin]]"
    doc = make_doc(lines)
    drugs = [Drug(ent.start_char, ent.end_char) for ent in doc.ents]
    assert find_list_lines(Lines(doc.text), drugs) == []


def test_records_say_whether_a_drug_is_taken_and_where_it_stands():
    register_assertion_extensions()
    doc = make_doc("no [[penicillin]], [[aspirin]] daily")
    mark_assertion(doc.ents[0], ["is_negated"])
    records = assemble_medications(doc)
    assert [record["assertion"] for record in records] == [["is_negated"], []]
    assert [record["section"] for record in records] == ["", ""]


def test_labels_of_drugs_can_be_chosen():
    doc = make_doc("[[Chemical:aspirin]] 81 mg")
    assert assemble_medications(doc) == []
    [record] = assemble_medications(doc, drug_labels={"Chemical"})
    assert record["dose"]["low"] == 81


@pytest.mark.parametrize("separator", [", ", "\n", "\n- ", " and ", " | ", "; "])
def test_many_drugs_take_linear_time(separator):
    def measure(n):
        marked = separator.join(["aspirin 81 mg daily prn pain x 3 days"] * n)
        doc = spacy.blank("en").make_doc(marked)
        doc.ents = [
            Span(doc, t.i, t.i + 1, "Medication") for t in doc if t.text == "aspirin"
        ]
        start = time.process_time()
        records = assemble_medications(doc)
        assert [r["dose"]["low"] for r in records] == [81] * n
        return time.process_time() - start

    measure(10)
    short, long = min(measure(60) for _ in range(3)), measure(600)
    assert long < 30 * short + 0.5


TOKENS = st.sampled_from(
    [
        "aspirin",
        "81",
        "mg",
        "daily",
        "\n",
        "|",
        "\t",
        ",",
        ".",
        "-",
        "and",
        "of",
        "(",
        ")",
        "to",
        "from",
        "switched",
        "STOP",
        "medications:",
        "prn",
        "1/2",
        "q4h",
        "\xa0",
    ]
)


@given(st.lists(TOKENS, max_size=40), st.data())
@settings(max_examples=150, deadline=None)
def test_any_entities_give_records(words, data):
    doc = Doc(spacy.blank("en").vocab, words=words)
    labels = st.sampled_from(["Medication", "Dosage", "Frequency", "Sign_symptom", ""])
    doc.ents = [
        Span(doc, i, i + 1, label)
        for i, label in enumerate(data.draw(st.tuples(*[labels] * len(words))))
        if label and words[i].strip()
    ]
    records = assemble_medications(doc)
    n_names = sum(1 + len(record["other_names"]) for record in records)
    assert n_names == sum(
        ent.label_ == "Medication" and names_drug(ent.text) for ent in doc.ents
    )
    for record in records:
        for place in list_places(record):
            assert 0 <= place["start_char"] < place["end_char"] <= len(doc.text)
