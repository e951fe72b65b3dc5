"""Tables of medications in notes."""

import pytest

from spacy_clinical.relations.drug_tables import DrugTables, find_name
from spacy_clinical.relations.medications import assemble_medications
from tests.conftest import load_blank

ROWS = [
    ("Metformin", "1000 mg", "PO", "twice daily"),
    ("Lisinopril", "", "PO", "daily"),
    ("Zyxoprin XR", "12.5 mg", "", "at bedtime"),
]
HEAD = ("Drug", "Dose", "Route", "Frequency")


def write(mark):
    if mark == " ":
        rows = ["".join(f"{cell:16}" for cell in row) for row in (HEAD, *ROWS)]
    else:
        rows = [mark.join(row) for row in (HEAD, *ROWS)]
    return "Medications\n" + "\n".join(rows) + "\n\nAspirin was stopped."


def read(text, ents=()):
    doc = load_blank()(text)
    found = [doc.char_span(*ent, label="Medication") for ent in ents]
    assert None not in found
    doc.ents = found
    return [
        (
            record["drug"]["text"],
            record["dose"] and record["dose"]["low"],
            record["route"] and record["route"]["name"],
            record["frequency"] and record["frequency"]["frequency"],
        )
        for record in assemble_medications(doc)
    ]


READ = [
    ("Metformin", 1000, "oral", 2),
    ("Lisinopril", None, "oral", 1),
    ("Zyxoprin XR", 12.5, None, 1),
]


@pytest.mark.parametrize("mark", ["\t", " | ", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_row_is_read_under_its_heads(mark, end):
    assert read(write(mark).replace("\n", end)) == READ


def test_heads_are_no_drugs():
    text = write("\t")
    start = text.index("Drug\tDose")
    drug = text.index("Metformin")
    ents = [(start, start + len("Drug\tDose\tRoute")), (drug, drug + 9)]
    assert read(text, ents) == READ


def test_units_stand_in_the_head():
    text = (
        "Drug | Dose (mg) | Frequency\nLosartan | 50 | daily\nWarfarin | 2.5-5 | daily"
    )
    assert read(text) == [("Losartan", 50, None, 1), ("Warfarin", 2.5, None, 1)]


def test_what_goes_on_in_the_next_line_is_of_its_row():
    text = (
        "Drug        Dose     Frequency\n"
        "Metformin   500 mg   twice daily\n"
        "                     with meals\n"
        "Aspirin     81 mg    daily\n"
    )
    doc = load_blank()(text)
    first, second = assemble_medications(doc)
    assert first["frequency"]["when"] == ["C"]
    assert second["frequency"]["when"] == []


def test_rows_without_a_drug_are_none():
    text = "Drug | Dose | Route\nNone | |\nTotal | 3 |\n12 | 5 mg | PO\n"
    assert read(text) == []


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Metformin XR 500 mg tablet", "Metformin XR"),
        ("insulin glargine (Lantus)", "insulin glargine"),
        ("Aspirin", "Aspirin"),
        ("500 mg", None),
        ("n/a", None),
    ],
)
def test_names_have_no_strength(cell, name):
    text = f"Drug | Dose\n{cell} | 5 mg\n"
    [row] = DrugTables(text).rows
    found = find_name(row.drug, text)
    assert (found and text[slice(*found)]) == name


def test_prose_has_no_tables():
    text = "Drug allergies: none.\nDose of metformin was 500 mg, route PO."
    tables = DrugTables(text)
    assert (tables.heads, tables.rows) == ([], [])
