import json
import re
from pathlib import Path
from time import perf_counter

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin, Span

from spacy_clinical.relations.measurements import assemble_measurements
from tests.conftest import doc_from_markup

NLP = spacy.blank("en")
NOTES = Path(__file__).parents[2] / "data" / "notes"
SPACED = """\
Test         Result   Flag   Reference range   Units
-----------------------------------------------------
Hemoglobin   8.2      L      12.0 - 16.0       g/dL
WBC          12.3            4.0-11.0          K/uL
Sodium       138             135-145           mmol/L
Foo factor   <5              <10               U/mL
HBsAg        Negative
"""
DATED = """\
| Test | 3/14/2021 | 3/15/2021 |
|------|-----------|-----------|
| Na   | 138       | 140       |
| K    | 4.2 (H)   |           |
"""
TABBED = "Component\tValue\tRef Range\nGlucose\t180 (H)\t70 - 99 mg/dL\nTSH\t2.5\t0.4 - 4.0 uIU/mL\n"
MIMIC = """\
[**2151-7-16**] 05:30AM BLOOD WBC-12.3* RBC-3.45* Hgb-10.2*
[**2151-7-16**] 05:30AM BLOOD Glucose-112* UreaN-14 Creat-0.8 Na-138 K-4.2
"""


def read(text, **settings):
    return assemble_measurements(NLP.make_doc(text), **settings)


def show(records, *keys):
    return [(r["analyte"]["key"], *(r[key] for key in keys)) for r in records]


def test_a_table_of_spaces_is_read_by_its_head():
    keys = ("value", "comparator", "unit", "range_low", "range_high", "flag")
    assert show(read(SPACED), *keys) == [
        ("hemoglobin", 8.2, None, "g/dL", 12, 16, "L"),
        ("wbc", 12.3, None, "10*3/uL", 4, 11, "H"),
        ("sodium", 138, None, "mmol/L", 135, 145, "N"),
        (None, 5, "<", "U/mL", None, 10, None),
        (None, None, None, None, None, None, None),
    ]
    sources = [record["flag_source"] for record in read(SPACED)]
    assert sources == ["written", "computed", "computed", None, None]
    assert read(SPACED)[-1]["value_text"] == "Negative"


def test_columns_of_dates_date_their_values():
    assert show(read(DATED), "value", "flag", "date") == [
        ("sodium", 138, None, "2021-03-14"),
        ("sodium", 140, None, "2021-03-15"),
        ("potassium", 4.2, "H", "2021-03-14"),
    ]


def test_a_table_of_tabs_is_read_by_its_head():
    assert show(read(TABBED), "value", "unit", "range_low", "flag") == [
        ("glucose", 180, "mg/dL", 70, "H"),
        ("tsh", 2.5, "u[IU]/mL", 0.4, "N"),
    ]


def test_a_column_may_date_the_rows():
    text = "Test\tResult\tDate\nNa\t138\t3/14/2021\nK\t4.2\t3/15/2021\n"
    assert show(read(text), "value", "date") == [
        ("sodium", 138, "2021-03-14"),
        ("potassium", 4.2, "2021-03-15"),
    ]


WIDE = """\
Date        WBC    Hgb     Comment
3/14/2021   8.1    10.2 L  fasting
3/15/2021   9.4            none
"""


@pytest.mark.parametrize("mark", ["spaces", "\t", "|"])
def test_analytes_may_be_heads_of_columns(mark):
    text = WIDE
    if mark != "spaces":
        text = WIDE.replace("9.4            ", "9.4        -        ")
        lines = [re.split(r"  +", line) for line in text.splitlines()]
        text = "".join(mark.join(cells) + "\n" for cells in lines)
    records = read(text)
    assert show(records, "value", "flag", "date") == [
        ("wbc", 8.1, None, "2021-03-14"),
        ("hemoglobin", 10.2, "L", "2021-03-14"),
        ("wbc", 9.4, None, "2021-03-15"),
    ]
    for record in records:
        assert text.startswith(record["value_text"], record["start_char"])
        analyte = record["analyte"]
        assert text[analyte["start_char"] : analyte["end_char"]] in ("WBC", "Hgb")


def test_dates_may_stand_under_an_empty_head():
    text = "\tNa\tK\n3/14/2021\t138\t4.1\n3/15/2021\t135\t\n"
    assert show(read(text), "value", "date") == [
        ("sodium", 138, "2021-03-14"),
        ("potassium", 4.1, "2021-03-14"),
        ("sodium", 135, "2021-03-15"),
    ]


def test_vital_signs_may_be_a_table():
    text = "Time    BP       HR   SpO2\n08:00   120/80   88   98%\n"
    pressure, *others = read(text)
    assert [part["value"] for part in pressure["components"]] == [120, 80]
    assert show(others, "value") == [("heart_rate", 88), ("oxygen_saturation", 98)]


def test_lines_under_names_of_analytes_are_read_as_text():
    text = "CBC   Troponin   Glucose\nCreatinine 1.2  BUN 14\n"
    found = [("creatinine", 1.2), ("urea_nitrogen", 14)]
    assert show(read(text), "value") == found


def test_entities_over_other_cells_of_a_row_are_no_values():
    text = "Test   Result  Range      Units\nNa     138     135 - 145  mmol/L\n"
    text += "\nDate       BP      HR\n3/14/2021  120/80  88\n"
    doc = NLP.make_doc(text)

    def mark(words, label):
        start = text.index(words)
        return doc.char_span(start, start + len(words), label=label)

    alone = assemble_measurements(doc)
    doc.ents = [
        mark("Na     138", "Diagnostic_procedure"),
        mark("135 - 145  mmol/L", "Lab_value"),
        mark("BP", "Diagnostic_procedure"),
        mark("HR", "Lab_value"),
    ]
    assert assemble_measurements(doc) == alone
    assert len(alone) == 3


def test_lines_of_results_have_the_date_before_them():
    records = read(MIMIC)
    assert {record["date"] for record in records} == {"2151-07-16T05:30"}
    assert show(records, "value", "flag")[:4] == [
        ("wbc", 12.3, "A"),
        ("rbc", 3.45, "A"),
        ("hemoglobin", 10.2, "A"),
        ("glucose", 112, "A"),
    ]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Creatinine was 1.2 on 3/14/2021.", "2021-03-14"),
        ("On 3/14/2021 creatinine was 1.2.", "2021-03-14"),
        ("Seen on 3/14/2021. Creatinine was 1.2.", None),
        ("Labs 3/14/2021\n  Creatinine 1.2", "2021-03-14"),
        ("Labs 3/14/2021\n\n  Creatinine 1.2", None),
        ("Date of Service: 3/20/2021\n\nCr on 3/14 was 1.2", "2021-03-14"),
        ("Creatinine on 3/14 was 1.2", None),
        ("Creatinine 1.2 on 2/30/2021", None),
        ("Creatinine 1.2 mg/dl. Echo on 3/14/2021 was normal.", None),
        ("eGFR 72 ml/min; seen on 3/14/2021", None),
    ],
)
def test_a_date_near_a_measurement_is_its_date(text, date):
    [record] = read(text)
    assert record["date"] == date


def test_records_say_where_things_are():
    text = "Labs: Hgb 8.2 g/dL (12.0-16.0) today."
    [record] = read(text)
    assert text[record["start_char"] : record["end_char"]] == "Hgb 8.2 g/dL (12.0-16.0)"
    analyte = record["analyte"]
    assert text[analyte["start_char"] : analyte["end_char"]] == "Hgb"
    assert analyte["loinc"] == "718-7"
    assert (record["value_text"], record["unit_text"]) == ("8.2", "g/dL")


def test_other_spaces_part_units_from_numbers():
    [record] = read("weight was 2.3\u2009kg")
    assert (record["unit"], record["start_char"]) == ("kg", 0)


def test_a_code_of_loinc_fits_the_unit():
    assert read("glucose 112 mg/dL")[0]["analyte"]["loinc"] == "2345-7"
    assert read("glucose 6.2 mmol/L")[0]["analyte"]["loinc"] is None
    assert read("creatinine 88 umol/L")[0]["analyte"]["loinc"] is None
    assert read("troponin 0.04")[0]["analyte"]["loinc"] is None


def test_doses_in_a_list_of_medications_are_no_measurements():
    doc = NLP.make_doc("Vitamin D 400. Sodium 138.")
    for label, n in (("discharge_medications", 0), ("results", 2)):
        doc.spans["sections"] = [Span(doc, 0, len(doc), label=label)]
        records = assemble_measurements(doc)
        assert len(records) == n
        assert {record["section"] for record in records} <= {label}


MARKUP = (
    "The <Diagnostic_procedure>biopsy index</Diagnostic_procedure> was "
    "<Lab_value>12 mg/dL</Lab_value> and <Diagnostic_procedure>ECG</Diagnostic_procedure> "
    "<Lab_value>normal</Lab_value>."
)


def test_entities_are_tests_and_their_values():
    doc = doc_from_markup(NLP, MARKUP)
    records = assemble_measurements(doc)
    assert show(records, "value", "unit", "value_text", "flag") == [
        (None, 12, "mg/dL", "12 mg/dL", None),
        (None, None, None, "normal", "N"),
    ]
    names = [record["analyte"]["start_char"] for record in records]
    assert names == [doc.ents[0].start_char, doc.ents[2].start_char]


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [
        (("T-score", "-2.5", ""), -2.5, None),
        (("base excess", "-5.2", ""), -5.2, None),
        (("CD4", "250", ""), 250, None),
        (("Visual acuity", "0.2", " in one eye"), 0.2, None),
        (("width", "2 in", ""), 2, "[in_i]"),
        (("skin", "35.1\u2103", ""), 35.1, "Cel"),
    ],
)
def test_values_of_entities(words, value, unit):
    test, written, rest = words
    markup = (
        f"<Diagnostic_procedure>{test}</Diagnostic_procedure> "
        f"<Lab_value>{written}</Lab_value>{rest}"
    )
    [record] = assemble_measurements(doc_from_markup(NLP, markup))
    assert (record["value"], record["unit"]) == (value, unit)


def test_a_known_name_beside_a_value_counts_more_than_an_entity():
    doc = doc_from_markup(
        NLP,
        "<Diagnostic_procedure>Sodium</Diagnostic_procedure> and urine "
        "<Diagnostic_procedure>potassium</Diagnostic_procedure> <Lab_value>4.2</Lab_value>",
    )
    [record] = assemble_measurements(doc)
    assert (record["analyte"]["key"], record["value"]) == ("urine_potassium", 4.2)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Na 138 K 5.2 Cl 101 HCO3 24 BUN 18", (138, 5.2, 101, 24, 18)),
        ("WBC 8.2 Hgb 12.1 Hct 36.4 Plt 210", (8.2, 12.1, 36.4, 210)),
        ("AST 45 ALT 67 ALP 110 Tbili 1.2", (45, 67, 110, 1.2)),
        ("HR 72 RR 16 SpO2 98%", (72, 16, 98)),
    ],
)
def test_values_in_a_line_without_commas_stay_with_the_names_before(line, values):
    words = line.split()
    markup = " ".join(
        f"<{label}>{word}</{label}>"
        for name, value in zip(words[::2], words[1::2], strict=True)
        for label, word in (("Diagnostic_procedure", name), ("Lab_value", value))
    )
    doc = doc_from_markup(NLP, markup)
    records = assemble_measurements(doc)
    found = [
        (doc.text[r["analyte"]["start_char"] : r["analyte"]["end_char"]], r["value"])
        for r in records
    ]
    assert found == list(zip(words[::2], values, strict=True))


def test_records_are_plain_data():
    doc = NLP.make_doc(SPACED + MIMIC + "BP 120/80")
    records = assemble_measurements(doc)
    assert json.loads(json.dumps(records)) == records
    doc.user_data["measurements"] = records
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [copy] = DocBin().from_bytes(data).get_docs(NLP.vocab)
    assert json.loads(json.dumps(copy.user_data["measurements"])) == records


@pytest.mark.parametrize(
    ("note", "keys"),
    [
        (
            "cerner_progress",
            "body_temperature heart_rate blood_pressure respiratory_rate oxygen_saturation "
            "wbc hemoglobin creatinine",
        ),
        (
            "dictated_consult",
            "blood_pressure heart_rate respiratory_rate potassium creatinine",
        ),
        (
            "ed_triage",
            "pain_score pain_score blood_pressure pain_score troponin pain_score "
            "blood_pressure heart_rate respiratory_rate oxygen_saturation",
        ),
        (
            "epic_clinic",
            "blood_pressure heart_rate body_temperature body_height body_weight "
            "oxygen_saturation body_mass_index hba1c",
        ),
        (
            "mimic_discharge",
            "nihss body_temperature blood_pressure heart_rate respiratory_rate "
            "oxygen_saturation wbc rbc hemoglobin glucose urea_nitrogen creatinine "
            "ejection_fraction",
        ),
        (
            "nursing",
            "blood_pressure potassium oxygen_saturation urine_output body_temperature "
            "oxygen_saturation urine_output",
        ),
        ("operative", ""),
        ("pathology", "None None"),
        ("radiology", "None None None None"),
        ("referral_letter", "blood_pressure heart_rate esr crp"),
    ],
)
def test_notes_of_ten_styles(note, keys):
    text = (NOTES / f"{note}.txt").read_text(encoding="utf8")
    assert [str(key) for (key,) in show(read(text))] == keys.split()


_LINES = st.sampled_from(
    [
        *SPACED.splitlines(),
        *DATED.splitlines(),
        *TABBED.splitlines(),
        *MIMIC.splitlines(),
        *[
            "",
            "\t|\t",
            "Test\tResult\t",
            "K 4.2 on 3/4",
            "BP 120/80 \u202e",
            "| |",
            "  x   y",
        ],
    ]
)


@given(st.one_of(st.lists(_LINES, max_size=8).map("\n".join), st.text(max_size=80)))
@settings(max_examples=150, deadline=None)
def test_places_are_inside_the_text(text):
    doc = NLP.make_doc(text)
    for record in assemble_measurements(doc):
        assert 0 <= record["start_char"] < record["end_char"] <= len(text)
        analyte = record["analyte"]
        if analyte["start_char"] is not None:
            assert record["start_char"] <= analyte["start_char"] < analyte["end_char"]


def test_a_long_note_takes_linear_time():
    def measure(n):
        text = (SPACED + MIMIC + "BP 120/80, seen on 3/14/2021.\n") * n
        doc = NLP.make_doc(text)
        start = perf_counter()
        assert len(assemble_measurements(doc)) > n
        return perf_counter() - start

    small = min(measure(20) for _ in range(2))
    assert measure(400) < 20 * small * 4


@pytest.mark.parametrize(
    "text",
    ["Hold for SBP < 100 or HR < 60.", "Goal INR 2-3", "labetalol prn SBP > 160"],
)
def test_values_that_something_is_to_be_done_at_are_no_measurements(text):
    assert assemble_measurements(NLP.make_doc(text)) == []


def test_a_range_of_the_inr_is_a_goal():
    assert show(read("On warfarin (INR 2-3), INR 3.4, PTT 40"), "value") == [
        ("inr", 3.4),
        ("aptt", 40),
    ]


def test_cells_in_a_field_are_of_urine():
    markup = (
        "<Lab_value>40</Lab_value> <Diagnostic_procedure>WBC</Diagnostic_procedure>/hpf"
    )
    [record] = assemble_measurements(doc_from_markup(NLP, markup))
    assert record["analyte"]["key"] == "urine_wbc"


def test_a_date_in_the_next_column_is_that_of_its_own_row():
    rows = "HbA1c 8.1 (H) 03/01/2024\nLDL 134 (H) 11/20/2023\nK 4.9 03/01/2024"
    found = [r["date"] for r in assemble_measurements(NLP.make_doc(rows))]
    assert found == ["2024-03-01", "2023-11-20", "2024-03-01"]


def test_the_day_of_discharge_is_not_that_of_the_values_below():
    text = "Admission Date: 2024-03-10\nDischarge Date: 2024-03-20\nLabs: K 5.4"
    [record] = assemble_measurements(NLP.make_doc(text))
    assert record["date"] is None


def test_grades_are_no_dates():
    text = "Date: 03/14/2024\nPain 8/10, K 4.1."
    dates = {r["date"] for r in assemble_measurements(NLP.make_doc(text))}
    assert "2023-08-10" not in dates
