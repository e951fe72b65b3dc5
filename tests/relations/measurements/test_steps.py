import pytest

from spacy_clinical.relations.measurements.scan import scan_measurements


def show(text):
    return [
        (one.analyte.key, one.amount.low, one.is_former)
        for one in scan_measurements(text)
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("INR 1.1 (was 3.4)", [("inr", 1.1, False), ("inr", 3.4, True)]),
        ("A1c 7.9, was 8.6", [("hba1c", 7.9, False), ("hba1c", 8.6, True)]),
        ("WBC 14.1 (16.3)", [("wbc", 14.1, False), ("wbc", 16.3, True)]),
        (
            "Hct 27.8 (down from 30.1)",
            [("hematocrit", 27.8, False), ("hematocrit", 30.1, True)],
        ),
        (
            "Hgb 10.2 (preop 12.8)",
            [("hemoglobin", 10.2, False), ("hemoglobin", 12.8, True)],
        ),
        (
            "potassium 5.9 -> 5.1 -> 4.6",
            [
                ("potassium", 5.9, True),
                ("potassium", 5.1, True),
                ("potassium", 4.6, False),
            ],
        ),
        ("FSBS 0800 142, 1200 188", [("glucose", 142, False), ("glucose", 188, False)]),
        ("FSBS 0800 = 178", [("glucose", 178, False)]),
        ("FSBS at 0800", []),
        ("Lactate 4.4 (from 6.1)", [("lactate", 4.4, False), ("lactate", 6.1, True)]),
        ("Cr 2.2 from 1.4", [("creatinine", 2.2, False), ("creatinine", 1.4, True)]),
        ("Hgb 7.8 < 8.9", [("hemoglobin", 7.8, False), ("hemoglobin", 8.9, True)]),
        ("glucose 54 -> D50 -> 132", [("glucose", 54, True), ("glucose", 132, False)]),
        (
            "WBC   H 12.3 (MAR 05) 9.8 (MAR 04)",
            [("wbc", 12.3, False), ("wbc", 9.8, True)],
        ),
        (
            "Hgb L 9.1 (3/5) L 9.4 (3/4)",
            [("hemoglobin", 9.1, False), ("hemoglobin", 9.4, True)],
        ),
        ("PSA 4.2 (3.1 in 2021)", [("psa", 4.2, False), ("psa", 3.1, True)]),
        ("BNP 1,240, K 4.0", [("bnp", 1240, False), ("potassium", 4, False)]),
        (
            "SpO2 88% RA -> 95% 4L NC",
            [("oxygen_saturation", 88, True), ("oxygen_saturation", 95, False)],
        ),
        (
            "T 98.1, 97% 2L",
            [("body_temperature", 98.1, False), ("oxygen_saturation", 97, False)],
        ),
        ("Hgb 10.1 (12.0-16.0)", [("hemoglobin", 10.1, False)]),
        ("Temp 98.4 F, 97% of meals", [("body_temperature", 98.4, False)]),
        ("Weight was 182 pounds", [("body_weight", 182, False)]),
        ("INR was 2.1 on 3/4", [("inr", 2.1, False)]),
    ],
)
def test_values_before_and_after(text, values):
    assert show(text) == values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("WBC 5.6 4.0-11.0 K/uL", (5.6, 4.0, 11.0, "10*3/uL", "N")),
        ("Hemoglobin 10.1 L 12.0-16.0 g/dL", (10.1, 12.0, 16.0, "g/dL", "L")),
        ("Potassium 5.6 H 3.5-5.0 mmol/L", (5.6, 3.5, 5.0, "mmol/L", "H")),
        ("Lipase 34 13-60 U/L", (34, 13, 60, "U/L", "N")),
        # No range: two numbers, or not at the end of a column.
        ("Potassium 4.2 3-4 times", (4.2, None, None, None, None)),
    ],
)
def test_ranges_in_columns_of_their_own(text, found):
    [one] = scan_measurements(text)
    assert (one.amount.low, one.low, one.high, one.unit, one.flag) == found


@pytest.mark.parametrize(
    "text",
    ["sodium chloride 75 mL/hr", "Potassium chloride 20 mEq", "chloride 75 mL/hr"],
)
def test_infusions_of_salts_are_no_measurements(text):
    assert scan_measurements(text) == []


def test_pressures_in_words():
    [one] = scan_measurements("blood pressure today is 136 over 82")
    assert [part.value for part in one.parts] == [136, 82]
