import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.relations.sig.find import find_parts
from spacy_clinical.relations.sig.parse import parse_sig
from spacy_clinical.relations.sig.records import describe_sig
from spacy_clinical.relations.sig.sig import Found, Place
from tests.relations.sigs import show_sig

# Sigs, and under each what it says, worked out by hand.
SIGS = """
metoprolol tartrate 25 mg PO BID x 30 days #60 RF 2
25 mg, oral, 2 in 1 d, for 30 d | dispense 60, refills 2
1-2 tabs q4-6h prn pain
1-2 {tablet}, 1 in 4-6 h, prn, for pain
1/2 tab PO daily
0.5 {tablet}, oral, 1 in 1 d
5-10 mg PO q6h
5-10 mg, oral, 1 in 6 h
heparin 5,000 units SC TID
5000 {unit}, subcutaneous, 3 in 1 d
vitamin D3 1,000 IU daily
1000 [iU], 1 in 1 d
lorazepam 0.5mg po qhs
0.5 mg, oral, 1 in 1 d, HS
digoxin 0,125 mg daily
0.125 mg, 1 in 1 d
L-thyroxin 1,5 mg daily
1.5 mg, 1 in 1 d
ceftriaxone 1 gram IV q24h
1 g, intravenous, 1 in 24 h
2 puffs q4h prn wheezing or shortness of breath
2 {puff}, 1 in 4 h, prn, for wheezing or shortness of breath
dopamine 5 mcg/kg/min
at 5 ug/kg/min
amoxicillin 250 mg/5 mL, 5 mL TID
strength 250 mg per 5 mL | 5 mL, 3 in 1 d
metoprolol tartrate 25 mg tablet: take 2 tabs by mouth twice a day
strength 25 mg, tablet | 2 {tablet}, oral, 2 in 1 d
prednisone 40 mg x 3d, then 20 mg x 3d, then stop
40 mg, for 3 d then 20 mg, for 3 d
prednisone 40 mg daily x 3 days, 30 mg daily x 3 days, 20 mg daily x 3 days
40 mg, 1 in 1 d, for 3 d then 30 mg, 1 in 1 d, for 3 d then 20 mg, 1 in 1 d, for 3 d
acetaminophen 650 mg q6h prn, max 4 g/day
650 mg, 1 in 6 h, prn, max 4 g in 1 d
metoprolol tartrate (LOPRESSOR) 25 mg tablet, Take 1 tablet by mouth 2 times daily.
strength 25 mg, tablet | 1 {tablet}, oral, 2 in 1 d
lisinopril 10 mg tablet Take 0.5 tablets (5 mg total) by mouth every morning.
strength 10 mg, tablet | 0.5 {tablet}, (5 mg), oral, 1 in 1 d, MORN
Aspirin 81 mg Tablet Sig: One (1) Tablet PO DAILY (Daily).
strength 81 mg, tablet | 1 {tablet}, oral, 1 in 1 d
Senna 8.6 mg Tablet Sig: 1-2 Tablets PO BID (2 times a day) as needed for constipation. Disp:*60 Tablet(s)* Refills:*2*
strength 8.6 mg, tablet | 1-2 {tablet}, oral, 2 in 1 d, prn, for constipation | dispense 60 {tablet}, refills 2
aspirin eighty one milligrams daily
81 mg, 1 in 1 d
metoprolol twenty five milligrams twice a day
25 mg, 2 in 1 d
warfarin two point five milligrams every evening
2.5 mg, 1 in 1 d, EVE
ramipril 5mg OD
5 mg, 1 in 1 d
bisoprolol 2.5mg BD
2.5 mg, 2 in 1 d
amoxicillin 500 mg TDS
500 mg, 3 in 1 d
paracetamol 1 g QDS
1 g, 4 in 1 d
simvastatin 40 mg nocte
40 mg, 1 in 1 d, NIGHT
prednisolone 30 mg mane
30 mg, 1 in 1 d, MORN
amitriptyline 10 mg ON
10 mg, 1 in 1 d, NIGHT
NS @ 75 mL/hr
at 75 mL/h
1 gtt OU QID
1 [drp], ophthalmic, both eyes, 4 in 1 d
1 drop OD TID
1 [drp], ophthalmic, right eye, 3 in 1 d
timolol 0.5% 1 drop in left eye twice daily
strength 0.5 % | 1 [drp], ophthalmic, left eye, 2 in 1 d
hydrocodone-acetaminophen 5-325 mg 1 tab q6h prn
strength 5+325 mg | 1 {tablet}, 1 in 6 h, prn
TMP-SMX 800/160 mg 1 tablet BID for 10 days
strength 800+160 mg | 1 {tablet}, 2 in 1 d, for 10 d
warfarin 5 mg MWF and 2.5 mg Tu/Th
5 mg, 3 in 1 wk, mon+wed+fri and 2.5 mg, 2 in 1 wk, tue+thu
furosemide 40 mg in the morning and 20 mg in the afternoon
40 mg, 1 in 1 d, MORN and 20 mg, 1 in 1 d, AFT
Insulin lispro sliding scale: 151-200: 2 units, 201-250: 4 units, >400: 12 units
if 151-200, 2 {unit} and if 201-250, 4 {unit} and if 400-None, 12 {unit}
vancomycin 1 g in 250 mL NS IV over 1 hour q12h
1 g, intravenous, 1 in 12 h, over 1 h
lasix 40 po bid
40, oral, 2 in 1 d
Take two 25 mg tablets daily
strength 25 mg, tablet | 2 {tablet}, 1 in 1 d
2 x 500 mg tablets qds
strength 500 mg, tablet | 2 {tablet}, 4 in 1 d
2 x 500 mg TID
1000 mg, 3 in 1 d
aspirin 81 mg tablet daily
strength 81 mg, tablet | 81 mg, 1 in 1 d
methotrexate 15 mg once weekly
15 mg, 1 in 1 wk
alendronate 70 mg every other week
70 mg, 1 in 2 wk
prednisone 20 mg every other day
20 mg, 1 in 2 d
prednisone 20 mg QOD
20 mg, 1 in 2 d
1 tablet at bedtime
1 {tablet}, 1 in 1 d, HS
metformin 500 mg BID with meals
500 mg, 2 in 1 d, C
sevelamer 800 mg TID AC
800 mg, 3 in 1 d, AC
pantoprazole 40 mg before breakfast
40 mg, 1 in 1 d, ACM
take 1 tab at 8 am and 8 pm
1 {tablet}, 2 in 1 d, 08:00:00+20:00:00
levodopa 100 mg at 0800, 1200 and 1800
100 mg, 3 in 1 d, 08:00:00+12:00:00+18:00:00
azithromycin 500 mg once, then 250 mg daily x 4 days
500 mg, x1 then 250 mg, 1 in 1 d, for 4 d
clindamycin 300 mg q8h for 3 doses
300 mg, 1 in 8 h, x3
fentanyl 25 mcg/hr patch, apply 1 patch q72h
strength 25 ug/h, patch | 1 {patch}, 1 in 72 h
voriconazole 6 mg/kg/12h
6 mg/kg/(12.h)
paclitaxel 60 mg/m2 every 3 weeks
60 mg/m2, 1 in 3 wk
lisinopril decreased from 20 mg to 10 mg daily
10 mg, 1 in 1 d | status change, former 20 mg
increase metformin from 500 mg BID to 1000 mg BID
1000 mg, 2 in 1 d | status change, former 500 mg, 2 in 1 d
metoprolol 25 mg PO BID, increased to 50 mg BID
50 mg, oral, 2 in 1 d | status change, former 25 mg, oral, 2 in 1 d
metoprolol 25 mg BID, increased to 50
50 mg, 2 in 1 d | status change, former 25 mg, 2 in 1 d
lasix 40 mg daily (was 20 mg daily)
40 mg, 1 in 1 d | former 20 mg, 1 in 1 d
lisinopril 10 mg -> 20 mg daily
20 mg, 1 in 1 d | former 10 mg
furosemide 40 mg, previously 20 mg
40 mg | former 20 mg
valsartan 80/40 mg AM/PM
80 mg, 1 in 1 d, MORN and 40 mg, 1 in 1 d, EVE
lithium 300 mg AM and 600 mg HS
300 mg, 1 in 1 d, MORN and 600 mg, 1 in 1 d, HS
warfarin 5 mg q M, W and F
5 mg, 3 in 1 wk, mon+wed+fri
warfarin 5 mg M/W/F, 2.5 mg other days
5 mg, 3 in 1 wk, mon+wed+fri and 2.5 mg, 4 in 1 wk, tue+thu+sat+sun
coumadin 5 mg QHS (M,W,F), 2.5 mg all other days
5 mg, 3 in 1 wk, HS+mon+wed+fri and 2.5 mg, 4 in 1 wk, tue+thu+sat+sun
warfarin 5 mg daily except 2.5 mg on Monday and Friday
5 mg, 5 in 1 wk, tue+wed+thu+sat+sun and 2.5 mg, 2 in 1 wk, mon+fri
methotrexate 15 mg once weekly on Fri
15 mg, 1 in 1 wk, fri
folic acid 5 mg weekly on Su
5 mg, 1 in 1 wk, sun
furosemide 40 mg om
40 mg, 1 in 1 d, MORN
morphine 2 mg IV given at 1015
2 mg, intravenous
morphine 4 mg IV @1430
4 mg, intravenous
insulin 20 units daily at 2200
20 {unit}, 1 in 1 d, 22:00:00
atorvastatin 40 mg nightly. Disp: 30 tablet, Rfl: 2
40 mg, 1 in 1 d, NIGHT | dispense 30 {tablet}, refills 2
amlodipine 10 mg tablet Take 1 tablet by mouth daily. 90 tablet 3
strength 10 mg, tablet | 1 {tablet}, oral, 1 in 1 d | dispense 90 {tablet}
furosemide 40 mg daily, hold if SBP<100
40 mg, 1 in 1 d
levophed 0.08 mcg/kg/min, titrate to MAP >65
at 0.08 ug/kg/min
lactulose 20 g TID titrate to 3 BM/day
20 g, 3 in 1 d
phenylephrine 100 mcg boluses, total 600 mcg
100 ug
vancomycin 1 g q12 (#3)
1 g, 1 in 12 h
hydrocortisone 1% cream apply to affected area BID
strength 1 %, cream | topical, 2 in 1 d
epinephrine 0.3 mg IM x1
0.3 mg, intramuscular, x1
ii tabs po bid
2 {tablet}, oral, 2 in 1 d
1 po qd
1, oral, 1 in 1 d
one and a half tablets every morning
1.5 {tablet}, 1 in 1 d, MORN
5 mL po q 8 hrs prn cough
5 mL, oral, 1 in 8 h, prn, for cough
up to 3 times a day as needed for itching
-3 in 1 d, prn, for itching
albuterol HFA 90 mcg/actuation inhaler: 2 puffs inhaled every 4 to 6 hours as needed
strength 90 ug per 1 {actuation}, inhaler | 2 {puff}, inhalation, 1 in 4-6 h, prn
nitroglycerin 0.4 mg SL q5min prn chest pain, max 3 doses
0.4 mg, sublingual, 1 in 5 min, prn, for chest pain, max 3 {dose} in None None
insulin glargine 100 units/mL: inject 20 units subcutaneously at bedtime
strength 100 {unit} per 1 mL | 20 {unit}, subcutaneous, 1 in 1 d, HS
\u00bd tablet po daily
0.5 {tablet}, oral, 1 in 1 d
2 \u00bd tabs daily
2.5 {tablet}, 1 in 1 d
levothyroxine 75 \u00b5g once a day
75 ug, 1 in 1 d
take 1 capsule 3 times a week
1 {capsule}, 3 in 1 wk
q.i.d. p.o.
oral, 4 in 1 d
Ecosprin 75 mg 1-0-1
75 mg, 2 in 1 d, MORN+NIGHT
6 hourly
1 in 6 h
ibuprofen 400-600 mg every 6 to 8 hours as needed for fever, not to exceed 2400 mg per day
400-600 mg, 1 in 6-8 h, prn, for fever, max 2400 mg in 1 d
penicillin G 2.4 million units IM once
2400000 {unit}, intramuscular, x1
500 mg to 1 g q6h
0.5-1 g, 1 in 6 h
ciprofloxacin 500 mg tablet, 1 tab BID x 7 days, dispense 14 tablets, no refills
strength 500 mg, tablet | 1 {tablet}, 2 in 1 d, for 7 d | dispense 14 {tablet}, refills 0
KCl 20 mEq PO daily
20 meq, oral, 1 in 1 d
enoxaparin 1 mg/kg SQ q12h
1 mg/kg, subcutaneous, 1 in 12 h
prednisone 20 mg/day
20 mg/d
fluticasone 50 mcg 2 sprays each nostril daily
strength 50 ug | 2 {spray}, nasal, 1 in 1 d
amlodipine 5 mg daily for high blood pressure
5 mg, 1 in 1 d, for high blood pressure
ketorolac 30 mg IV stat
30 mg, intravenous, x1
1 tab every morning before breakfast
1 {tablet}, 1 in 1 d, ACM
300 mg every night at bedtime
300 mg, 1 in 1 d, HS
5 mg every evening at bedtime
5 mg, 1 in 1 d, HS
500 mg in the evening and at bedtime
500 mg, 2 in 1 d, EVE+HS
1 tab before and after breakfast, after dinner
1 {tablet}, 2 in 1 d, PCM+PCV
25 mg tablet twice per day (1 in the morning, 1 in the evening)
strength 25 mg, tablet | 1 {tablet}, 1 in 1 d, MORN and 1 {tablet}, 1 in 1 d, EVE
40 mg, now 10 mg daily
10 mg, 1 in 1 d | former 40 mg
2.5 mg od and suggest increasing to 5 mg od
2.5 mg, 1 in 1 d then 5 mg, 1 in 1 d | status planned
2.5 mg od, increased to 5 mg od
5 mg, 1 in 1 d | status change, former 2.5 mg, 1 in 1 d
1:1000 0.3 mg IM once
0.3 mg, intramuscular, x1
"""
LOOKALIKES = """
K 4.2
K 4.2 mEq/L
BP 120/80
BP 120/80 mmHg
EF 35 %
SpO2 95% on room air
A1c 7.5%
age 60
60 year old man
seen 3/4/2021
03/04/21
call 555-123-4567
#60 street
POD #3
2 x 3 cm mass
glucose 120 mg/dL
creatinine 1.2 mg/dl
hemoglobin 12 g/dL
vancomycin trough 15 mcg/mL
TSH 2.1
urine output 500 mL
EBL 200 cc
weighs 70 kg
HR 80, RR 16
WBC 12.3
L4-5 disc
100/60
Apgars 8 and 9
3/5 strength
troponin 35 ng/L
taper by 10 mg every 3 days
5/10 M/F patients
nitro x2 w/o relief
given at 1015
"""
CASES = [
    (text.encode().decode("unicode_escape") if "\\" in text else text, expected)
    for text, expected in zip(
        SIGS.strip().split("\n")[::2], SIGS.strip().split("\n")[1::2], strict=True
    )
]


def list_places(value):
    """All places in the parts of a sig."""
    if isinstance(value, (Found, Place)):
        yield value.start, value.end
    elif isinstance(value, tuple):
        for item in value:
            yield from list_places(item)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_sigs_are_parsed(text, expected):
    assert show_sig(parse_sig(text), text) == expected


@pytest.mark.parametrize("text", LOOKALIKES.strip().split("\n"))
def test_what_looks_like_a_dose_is_none(text):
    sig = parse_sig(text)
    amounts = [d for d in sig.dosages if d.dose or d.amount or d.rate or d.max_dose]
    assert amounts == []
    assert sig.dispense is None
    assert sig.strength is None or sig.strength.value.per


def test_places_are_those_of_the_text():
    text = "Metoprolol 25 mg PO BID x 30 days #60 RF 2"
    sig = parse_sig(text)
    dosage = sig.first
    found = [dosage.dose, dosage.route, dosage.frequency, dosage.duration]
    shown = [text[one.start : one.end] for one in [*found, sig.dispense, sig.refills]]
    assert shown == ["25 mg", "PO", "BID", "x 30 days", "#60", "RF 2"]


def test_lines_are_wrapped_anywhere():
    text = "take 1 tablet by\nmouth 2\ttimes\u00a0daily"
    assert show_sig(parse_sig(text), text) == "1 {tablet}, oral, 2 in 1 d"


def test_data_of_a_sig_has_no_words_of_it():
    text = "zolpidem 5 mg qhs prn insomnia"
    record = describe_sig(parse_sig(text), 100)
    [dosage] = record["dosages"]
    assert dosage["reason"] == {"start_char": 122, "end_char": 130}
    assert dosage["dose"] == {
        "low": 5,
        "high": 5,
        "unit": "mg",
        "ingredients": [],
        "per": None,
        "start_char": 109,
        "end_char": 113,
    }
    assert "insomnia" not in repr(record)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\x00", "\u202e25 mg\u202c", "9" * 5000]
)
def test_odd_texts_are_parsed(text):
    sig = parse_sig(text)
    assert all(0 <= start < end <= len(text) for start, end in list_places(sig))


WORDS = st.sampled_from(
    [
        "M, W and F",
        "on",
        "every",
        "and",
        "th",
        "take",
        "1",
        "2",
        "1/2",
        "0,5",
        "1,000",
        "25",
        "mg",
        "mcg",
        "tab",
        "tabs",
        "mL",
        "/",
        "-",
        "(",
        ")",
        ",",
        ".",
        ";",
        ":",
        "to",
        "or",
        "and",
        "then",
        "po",
        "bid",
        "q4h",
        "q",
        "every",
        "hours",
        "daily",
        "prn",
        "pain",
        "for",
        "x",
        "30",
        "days",
        "#",
        "60",
        "refills",
        "max",
        "units",
        "151-200",
        ">",
        "%",
        "one",
        "half",
        "eighty",
        "½",
        "×",
        "µg",
        "İ",
        "💊",
        "at",
        "8",
        "am",
        "od",
        "ou",
        "drops",
        "by",
        "from",
    ]
)


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_places_are_inside_the_text(text):
    sig = parse_sig(text)
    assert all(0 <= start < end <= len(text) for start, end in list_places(sig))
    parts = find_parts(text)
    ends = [0, *(part.end for part in parts)]
    assert all(part.start >= end for part, end in zip(parts, ends, strict=False))


@pytest.mark.parametrize(
    "unit",
    [
        "1-2 tabs q4-6h prn pain, ",
        "1,",
        "1/",
        "one ",
        "for ",
        "(",
        "5 mg ",
        "mon/",
        "1 x ",
        "q ",
        " ",
        "twenty and ",
        "prn ",
    ],
)
def test_long_texts_take_linear_time(unit):
    def measure(n):
        text = unit * (n // len(unit))
        start = time.process_time()
        parse_sig(text)
        return time.process_time() - start

    measure(1000)
    short = min(measure(5_000) for _ in range(3))
    # Once will do: other programs may slow down any of them.
    assert any(measure(40_000) < 24 * short + 0.5 for _ in range(3))
