"""Measurements by hand, as lines of notes have them, and what only looks like one."""

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.relations.measurements.scan import scan_measurements

# A line, and of each measurement: analyte, value, upper value, unit.
LINES = [
    ("EF 35 %", [("ejection_fraction", 35, None, "%")]),
    ("LVEF 35-40%", [("ejection_fraction", 35, 40, "%")]),
    ("ejection fraction was\nestimated at 55%", [("ejection_fraction", 55, None, "%")]),
    ("Na 138, K 4.2", [("sodium", 138, None, None), ("potassium", 4.2, None, None)]),
    ("Na: 138 mmol/L", [("sodium", 138, None, "mmol/L")]),
    ("sodium of 128 meq/l", [("sodium", 128, None, "meq/L")]),
    ("K 4.2", [("potassium", 4.2, None, None)]),
    ("K+ 5.1 mEq/L", [("potassium", 5.1, None, "meq/L")]),
    ("Potassium 4,2 mmol/l", [("potassium", 4.2, None, "mmol/L")]),
    ("T 98.6 F", [("body_temperature", 98.6, None, "[degF]")]),
    ("Temp 36.7 °C (98 °F)", [("body_temperature", 36.7, None, "Cel")]),
    ("Tmax 100.4", [("body_temperature", 100.4, None, None)]),
    ("HR 88", [("heart_rate", 88, None, None)]),
    ("HR 88 bpm", [("heart_rate", 88, None, "{beats}/min")]),
    ("HR 70s", [("heart_rate", 70, 79, None)]),
    ("pulse of 64", [("heart_rate", 64, None, None)]),
    ("RR 18", [("respiratory_rate", 18, None, None)]),
    ("respirations 14/min", [("respiratory_rate", 14, None, "/min")]),
    ("SpO2 97% on RA", [("oxygen_saturation", 97, None, "%")]),
    ("O2 sat on RA 97%", [("oxygen_saturation", 97, None, "%")]),
    ("sats 95-97%", [("oxygen_saturation", 95, 97, "%")]),
    (
        "P 72 R 16",
        [("heart_rate", 72, None, None), ("respiratory_rate", 16, None, None)],
    ),
    ("WBC 12.3", [("wbc", 12.3, None, None)]),
    ("WBC 12.3 x10^9/L", [("wbc", 12.3, None, "10*9/L")]),
    ("WBC 12.3 K/uL", [("wbc", 12.3, None, "10*3/uL")]),
    ("WBC 12.3 10*3/uL", [("wbc", 12.3, None, "10*3/uL")]),
    ("WBC 12,300/mm3", [("wbc", 12300, None, "/mm3")]),
    ("white blood cell count was 11.2", [("wbc", 11.2, None, None)]),
    ("RBC 4.21 M/uL", [("rbc", 4.21, None, "10*6/uL")]),
    ("Hgb 8.2 g/dL", [("hemoglobin", 8.2, None, "g/dL")]),
    ("HGB 13.1 GM/DL", [("hemoglobin", 13.1, None, "g/dL")]),
    ("Hgb on 3/4 was 8.2", [("hemoglobin", 8.2, None, None)]),
    ("hematocrit dropped to 24%", [("hematocrit", 24, None, "%")]),
    ("platelets 1,000", [("platelets", 1000, None, None)]),
    ("platelet count of 52 x 10^9/L", [("platelets", 52, None, "10*9/L")]),
    ("INR of 2.3", [("inr", 2.3, None, None)]),
    ("PT: 12.3 sec", [("prothrombin_time", 12.3, None, "s")]),
    ("creatinine was 1.2 mg/dl", [("creatinine", 1.2, None, "mg/dL")]),
    (
        "Cr 1.2 -> 1.8",
        [("creatinine", 1.2, None, None), ("creatinine", 1.8, None, None)],
    ),
    ("BUN/Cr pending, BUN 14", [("urea_nitrogen", 14, None, None)]),
    ("eGFR >60 mL/min/1.73m2", [("egfr", 60, None, "mL/min/{1.73_m2}")]),
    ("glucose 110-180", [("glucose", 110, 180, None)]),
    ("blood sugar of 312 mg/dl", [("glucose", 312, None, "mg/dL")]),
    ("HbA1c: 7.1%", [("hba1c", 7.1, None, "%")]),
    ("TSH 2.5 uIU/mL", [("tsh", 2.5, None, "u[IU]/mL")]),
    ("troponin <0.01", [("troponin", 0.01, None, None)]),
    ("trop 0.04 ng/mL", [("troponin", 0.04, None, "ng/mL")]),
    ("NT-proBNP 2300 pg/mL", [("nt_probnp", 2300, None, "pg/mL")]),
    (
        "AST 45 IU/L ALT 60 IU/L",
        [("ast", 45, None, "[IU]/L"), ("alt", 60, None, "[IU]/L")],
    ),
    ("T bili 1.2", [("bilirubin_total", 1.2, None, None)]),
    ("alk phos 88 U/L", [("alkaline_phosphatase", 88, None, "U/L")]),
    ("lactate 2.1", [("lactate", 2.1, None, None)]),
    (
        "ESR 38 mm/hr, CRP 21 mg/L",
        [("esr", 38, None, "mm/h"), ("crp", 21, None, "mg/L")],
    ),
    ("ferritin 12 µg/L", [("ferritin", 12, None, "ug/L")]),
    ("CA 19-9 37 U/mL", [("ca_19_9", 37, None, "U/mL")]),
    ("pH 7.32 pCO2 48", [("ph", 7.32, None, None), ("pco2", 48, None, None)]),
    ("vancomycin trough 15.2", [("vancomycin_level", 15.2, None, None)]),
    ("Wt 80 kg", [("body_weight", 80, None, "kg")]),
    ("weight 176 lbs", [("body_weight", 176, None, "[lb_av]")]),
    ("Ht 5'10\"", [("body_height", 70, None, "[in_i]")]),
    ("Birth weight 4 pounds 8 ounces", [("body_weight", 4.5, None, "[lb_av]")]),
    ("hemoglobin trended down to 7.9", [("hemoglobin", 7.9, None, None)]),
    ("Ht 178 cm", [("body_height", 178, None, "cm")]),
    ("BMI 29.84 kg/m²", [("body_mass_index", 29.84, None, "kg/m2")]),
    ("pain 7/10", [("pain_score", 7, None, "{score}")]),
    ("GCS 15", [("glasgow_coma_score", 15, None, None)]),
    ("UO 30-60cc/hr", [("urine_output", 30, 60, "mL/h")]),
    ("FEV1 2.1 L", [("fev1", 2.1, None, "L")]),
]


def show(text):
    return [
        (
            one.analyte.key,
            one.amount.low,
            one.amount.high,
            one.unit,
        )
        for one in scan_measurements(text)
    ]


@pytest.mark.parametrize(("text", "expected"), LINES)
def test_scan_measurements_reads_lines_of_notes(text, expected):
    assert show(text) == expected


@pytest.mark.parametrize(
    ("text", "high", "low"),
    [
        ("BP 120/80", (120, None), (80, None)),
        ("BP120/80", (120, None), (80, None)),
        ("Blood pressure (sitting) was 134/76 mmHg", (134, None), (76, None)),
        ("BP 110-130s/60s", (110, 139), (60, 69)),
        ("BP: (!) 152/90", (152, None), (90, None)),
    ],
)
def test_a_blood_pressure_has_two_components(text, high, low):
    [one] = scan_measurements(text)
    assert (one.analyte.key, one.unit) == ("blood_pressure", "mm[Hg]")
    assert [(part.key, part.value, part.value_high) for part in one.parts] == [
        ("systolic_blood_pressure", *high),
        ("diastolic_blood_pressure", *low),
    ]


@pytest.mark.parametrize(
    ("text", "sides", "unit"),
    [
        ("a 2 x 3 cm mass", [2, 3], "cm"),
        ("18×22×22 cm", [18, 22, 22], "cm"),
        ("2 cm x 3 cm", [2, 3], "cm"),
        ("4.2 by 3.1 mm", [4.2, 3.1], "mm"),
    ],
)
def test_a_size_has_its_sides(text, sides, unit):
    [one] = scan_measurements(text)
    assert [part.value for part in one.parts] == sides
    assert (one.unit, one.amount.low) == (unit, max(sides))


@pytest.mark.parametrize(
    ("text", "flag", "is_computed", "low", "high"),
    [
        ("WBC 12.3 (H)", "H", False, None, None),
        ("WBC 12.3 H", "H", False, None, None),
        ("WBC   H 12.3", "H", False, None, None),
        ("Plt LL 9 K/uL", "LL", False, None, None),
        ("K 3.1 L", "L", False, None, None),
        ("K+ 6.9 (HH)", "HH", False, None, None),
        ("Hgb-10.2*", "A", False, None, None),
        ("WBC  11.2 K/uL  HI", "H", False, None, None),
        ("Hgb 8.2 g/dL (12.0-16.0)", "L", True, 12, 16),
        ("sodium 138 (ref 135-145)", "N", True, 135, 145),
        ("TSH 5.5 uIU/mL [0.4-4.0]", "H", True, 0.4, 4),
        ("LDL 130 mg/dL (<100)", "H", True, None, 100),
        ("sodium 138, normal 135-145", "N", True, 135, 145),
        ("Hgb 6.6 g/dl (normal range: 12–16 g/dl)", "L", True, 12, 16),
        ("BP 152/90 mmHg (H)", "H", False, None, None),
        ("Hgb 8.2 (16-12)", None, False, None, None),
        ("HR: 88 (76 - 102)", None, False, None, None),
    ],
)
def test_flags_are_written_or_found_from_the_range(text, flag, is_computed, low, high):
    [one] = scan_measurements(text)
    assert (one.flag, one.is_computed) == (flag, is_computed)
    assert (one.low, one.high) == (low, high)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("urine sodium 40, sodium 138", ["urine_sodium", "sodium"]),
        ("CSF glucose 45 mg/dL", ["csf_glucose"]),
        ("pleural fluid LDH 300", ["fluid_ldh"]),
        (
            "[**2151-7-16**] 05:30AM URINE UreaN-312 Na-22",
            ["urine_urea_nitrogen", "urine_sodium"],
        ),
        ("URINE clear\nNa 138", ["sodium"]),
        ("CSF: WBC 5, glucose 60. Na 138", ["csf_wbc", "csf_glucose", "sodium"]),
        (
            "Urine studies: Na 20, Cr 90; serum Na 138",
            ["urine_sodium", "urine_creatinine", "sodium"],
        ),
    ],
)
def test_what_isnt_of_blood_says_so(text, keys):
    found = scan_measurements(text)
    assert [one.analyte.key for one in found] == keys
    assert all(one.analyte.loinc == "" for one in found if "_" in one.analyte.key)


def test_comparators_are_kept():
    text = "troponin <0.01, eGFR > 60, CRP about 5, LDH less than 100, ESR ≥ 30"
    signs = [one.amount.comparator for one in scan_measurements(text)]
    assert signs == ["<", ">", "~", "<", ">="]


@pytest.mark.parametrize(
    "text",
    [
        "metoprolol 25 mg, aspirin 81",
        "potassium chloride 20 mEq PO",
        "potassium 20 mEq PO daily",
        "calcium 500 mg daily",
        "iron 325 mg",
        "vitamin K 5 mg",
        "vitamin D 1000 units daily",
        "vitamin D 2000 IU per day",
        "weight is up about 14 pounds",
        "weight decreased 5 kg",
        "magnesium 2 g IV",
        "PT 3 times a week",
        "PT 12 visits",
        "P 2",
        "T3 N1 M0",
        "T 4 vertebra",
        "K 2 lesion",
        "L4-5 and stage 2",
        "Q12, room 412",
        "goal INR 2-3",
        "keep SBP > 100",
        "Call HO for UO < 30cc/hr or T > 101.5.",
        "WBC 1.2.3",
        "WBC\n2. CHF",
        "1. HTN 2. DM",
        "seen 3/4/2021, call 555-0142",
        "58-year-old, weight loss",
        "glucose 5/10/2021",
        "delirium (ICD10-CM R41.0)",
        "K21.9, T81.4",
        "sodium 9999",
        "BP 80/120",
        "hemoglobin electrophoresis 2019",
        "pain 3 days",
        "positive for AFP, CK7 and CK19",
        "94% lymphocytes and 2% monocytes",
        "platelets",
        "",
    ],
)
def test_look_alikes_are_no_measurements(text):
    assert show(text) == []


_PIECES = st.sampled_from(
    [
        *[
            "BP",
            "Na",
            "K",
            "T",
            "WBC",
            "Hgb",
            ":",
            "-",
            "120/80",
            "4.2",
            "1,000",
            "<0.01",
            "(H)",
            "mg/dL",
            "x10^9/L",
            "%",
            "x",
            "2",
            "cm",
        ],
        *["was ", "\n", "(ref 1-2)", "->", "5'10\"", "10^3", ". ", "\u200f", "\x00"],
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=12).map(" ".join)))
@settings(max_examples=300, deadline=None)
def test_places_are_inside_the_text(text):
    done = 0
    for one in scan_measurements(text):
        assert 0 <= one.start <= one.value[0] < one.value[1] <= one.end <= len(text)
        assert one.value[0] >= done
        done = one.end


@pytest.mark.parametrize("part", ["BP ", "1 x ", "WBC 12 ", "Na (", "12,", "K\t", " "])
def test_long_notes_take_linear_time(part):
    def measure(n):
        start = perf_counter()
        scan_measurements(part * (n // len(part)))
        return perf_counter() - start

    small = max(min(measure(20_000) for _ in range(2)), 0.01)
    assert measure(200_000) < 10 * small * 5
